package test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/internal/wast"
	"github.com/isyswasfa/isyswasfa/transform/compose"
)

// plainBaz is a component that exports component:test/baz with a plain foo: it
// sleeps as long as its parameter says, by blocking in wasi:io/poll, and
// appends " - slept". The parameter is a number of milliseconds below 10 as
// the first character. With ASK, it gives the result to the foo that it
// imports, and answers what that says and " - asked".
const plainBaz = `(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $p))
    (export "pollable" (type $pollable (eq $p)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
  IMPORT
  (core module $Memory
    (memory (export "memory") 4)
    (global $top (mut i32) (i32.const 64))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $p i32)
      (local.set $p (global.get $top))
      (global.set $top (i32.add (local.get $p) (i32.add (local.get 3) (i32.const 64))))
      (local.get $p))
    (func (export "free") (param i32) (global.set $top (i32.const 64))))
  (core instance $memory (instantiate $Memory))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $after (canon lower (func $clock "subscribe-duration")))
  (core func $drop (canon resource.drop $pollable))
  LOWER
  (core module $Main
    (import "m" "memory" (memory 1))
    (import "h" "block" (func $block (param i32)))
    (import "h" "after" (func $after (param i64) (result i32)))
    (import "h" "drop" (func $drop (param i32)))
    (import "h" "ask" (func $ask (param i32 i32 i32)))
    (data (i32.const 32) " - slept - asked")
    (func $append (param $p i32) (param $n i32) (param $from i32)
      (memory.copy (i32.add (local.get $p) (local.get $n)) (local.get $from) (i32.const 8))
      (i32.store (i32.const 16) (local.get $p))
      (i32.store (i32.const 20) (i32.add (local.get $n) (i32.const 8))))
    (func (export "foo") (param $p i32) (param $n i32) (result i32) (local $timer i32)
      (local.set $timer (call $after (i64.mul (i64.const 1000000)
        (i64.sub (i64.load8_u (local.get $p)) (i64.const 48)))))
      (call $block (local.get $timer))
      (call $drop (local.get $timer))
      (call $append (local.get $p) (local.get $n) (i32.const 32))
      (call $ask (i32.load (i32.const 16)) (i32.load (i32.const 20)) (i32.const 16))
      (i32.const 16)))
  (core instance $main (instantiate $Main
    (with "m" (instance $memory))
    (with "h" (instance (export "block" (func $block)) (export "after" (func $after)) (export "drop" (func $drop))
      (export "ask" (func $ask))))))
  (func $foo (param "s" string) (result string)
    (canon lift (core func $main "foo") (memory $memory "memory") (realloc (func $memory "realloc")) (post-return (func $memory "free"))))
  (instance $out (export "foo" (func $foo)))
  (export "component:test/baz" (instance $out)))`

// askNobody stands for the import of a component that asks nobody.
const askNobody = `(core module $Ask (func (export "ask") (param i32 i32 i32)))
  (core instance $asker (instantiate $Ask))
  (alias core export $asker "ask" (core func $ask))`

const importBaz = `(import "component:test/baz" (instance $baz
    (export "foo" (func (param "s" string) (result string)))))`

const askBaz = `(core func $foo-of-baz (canon lower (func $baz "foo") (memory $memory "memory") (realloc (func $memory "realloc"))))
  (core module $Ask
    (import "h" "foo" (func $foo (param i32 i32 i32)))
    (import "m" "memory" (memory 1))
    (import "m" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
    (func (export "ask") (param $p i32) (param $n i32) (param $ret i32)
      (call $foo (local.get $p) (local.get $n) (local.get $ret))
      (local.set $n (i32.load offset=4 (local.get $ret)))
      (local.set $p (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.add (local.get $n) (i32.const 8))))
      (memory.copy (local.get $p) (i32.load (local.get $ret)) (local.get $n))
      (memory.copy (i32.add (local.get $p) (local.get $n)) (i32.const 40) (i32.const 8))
      (i32.store (local.get $ret) (local.get $p))
      (i32.store offset=4 (local.get $ret) (i32.add (local.get $n) (i32.const 8)))))
  (core instance $asker (instantiate $Ask
    (with "m" (instance $memory)) (with "h" (instance (export "foo" (func $foo-of-baz))))))
  (alias core export $asker "ask" (core func $ask))`

func plainBazComponent(t testing.TB, asks bool) compose.Input {
	t.Helper()
	text := strings.NewReplacer("IMPORT", "", "LOWER", askNobody).Replace(plainBaz)
	if asks {
		text = strings.NewReplacer("IMPORT", importBaz, "LOWER", askBaz).Replace(plainBaz)
	}
	bin, err := wast.Assemble(text)
	if err != nil {
		t.Fatal(err)
	}
	return compose.Input{Name: "plain", Data: bin}
}

// asyncBaz is round-trip, which has an async foo.
func asyncBaz(t testing.TB) compose.Input {
	t.Helper()
	data, err := os.ReadFile(component(t, "round-trip"))
	if err != nil {
		t.Fatal(err)
	}
	return compose.Input{Name: "round-trip", Data: data}
}

// stacked is chainOf for component:test/baz.
func stacked(t testing.TB, list ...compose.Input) *compose.Result {
	t.Helper()
	return chainOf(t, "component:test/baz", list...)
}

// chainOf composes components that each import an interface of the next one.
func chainOf(t testing.TB, iface string, list ...compose.Input) *compose.Result {
	t.Helper()
	o := compose.Options{Instantiations: map[string]compose.Instantiation{}}
	for i := range list {
		name := fmt.Sprint("level-", i)
		if i == 0 {
			name = compose.RootName
		}
		if i+1 < len(list) {
			o.Instantiations[name] = compose.Instantiation{Dependency: name, Arguments: map[string]compose.Argument{
				iface: {Instance: fmt.Sprint("level-", i+1)},
			}}
		}
	}
	o.Find = func(name string) (compose.Input, error) {
		for i := range list {
			if name == fmt.Sprint("level-", i) {
				return list[i], nil
			}
		}
		return compose.Input{}, compose.ErrNotFound
	}
	r, err := compose.Compose(list[0], o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A baz is an instance of a composition.
type baz struct {
	in  *host.Instance
	foo *host.Function
}

func startBaz(t testing.TB, r *compose.Result) *baz {
	t.Helper()
	ctx := context.Background()
	compiled(t, "round-trip")
	c, err := engine.Compile(ctx, "composed", r.Component)
	if err != nil {
		t.Fatal(err)
	}
	l := host.NewLinker(engine)
	wasi.AddToLinker(l)
	l.Instance("component:test/baz").Async("foo", host.AsyncFunc(func(_ *host.Call, p struct{ S string }, done *host.Completion[string]) error {
		time.AfterFunc(2*time.Millisecond, func() { done.Resolve(p.S + " - host") })
		return nil
	}))
	pre, err := l.Link(c)
	if err != nil {
		t.Fatal(err)
	}
	in, err := pre.Instantiate(ctx, host.InstanceConfig{Values: wasi.With(nil, wasi.Config{Stderr: os.Stderr})})
	if err != nil {
		t.Fatal(err)
	}
	foo, err := pre.Function("component:test/baz", "foo")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close(ctx)
		pre.Close(ctx)
	})
	return &baz{in, foo}
}

// TestColour stacks components of both colours on each other: async on plain,
// plain on async, and three of them; the last one asks the host.
func TestColour(t *testing.T) {
	goes := func(inner string) string { return " - entered guest" + inner + " - exited guest" }
	for _, c := range []struct {
		name  string
		stack []compose.Input
		want  string
		notes int
	}{
		{"async on plain", []compose.Input{asyncBaz(t), plainBazComponent(t, false)}, goes(" - slept"), 1},
		{"plain on async", []compose.Input{plainBazComponent(t, true), asyncBaz(t)}, " - slept" + goes(" - host") + " - asked", 1},
		{"async on plain on async", []compose.Input{asyncBaz(t), plainBazComponent(t, true), asyncBaz(t)},
			goes(" - slept" + goes(" - host") + " - asked"), 3}, // and one on the poll functions
	} {
		t.Run(c.name, func(t *testing.T) {
			r := stacked(t, c.stack...)
			for _, note := range r.Notes {
				t.Log(note)
			}
			if len(r.Notes) != c.notes {
				t.Errorf("%d notes, want %d", len(r.Notes), c.notes)
			}
			b := startBaz(t, r)
			var wg sync.WaitGroup
			for i := range 20 {
				wg.Go(func() {
					s := fmt.Sprintf("%d ms, call %d", i%4, i)
					if got, err := b.foo.Call(context.Background(), b.in, s); err != nil || got != s+c.want {
						t.Errorf("%q, %v; want %q", got, err, s+c.want)
					}
				})
			}
			wg.Wait()
			for range 10 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
				if got, err := b.foo.Call(ctx, b.in, "5 ms"); err == nil && got != "5 ms"+c.want || err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%q, %v", got, err)
				}
				cancel()
			}
			if got, err := b.foo.Call(context.Background(), b.in, "1"); err != nil || got != "1"+c.want {
				t.Errorf("after what was cancelled: %q, %v", got, err)
			}
			nothingIsOpen(t, b.in)
		})
	}
}
