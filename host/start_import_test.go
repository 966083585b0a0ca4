package host_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
)

// TestStartImported has functions of the host as start functions: of numbers
// alone, of what lies in memory, and with more parameters than are passed flat.
func TestStartImported(t *testing.T) {
	text := `(component
		(type $p' (record (field "name" string) (field "tags" (list string))))
		(import "point" (type $p (eq $p')))
		(import "twice" (func $twice (param "n" u32) (result u32)))
		(import "join" (func $join (param "a" string) (param "p" $p) (result $p)))
		(import "sum" (func $sum (param "a" u8) (param "b" u8) (param "c" u8) (param "d" u8) (param "e" u8) (param "f" u8) (param "g" u8)
			(param "h" u8) (param "i" u8) (param "j" u8) (param "k" u8) (param "l" u8) (param "m" u8) (param "n" u8) (param "o" u8) (param "p" u8)
			(param "s" string) (result u64)))
		(import "seen" (func $seen (param "s" (list string))))
		(value $n u32 21)
		(start $twice (value $n) (result (value $n2)))
		(start $twice (value $n2) (result (value $n4)))
		(export "n" (value $n4))
		(component $c
			(import "point" (type $p (eq $p')))
			(import "join" (func $join (param "a" string) (param "p" $p) (result $p)))
			(import "p" (value $p $p))
			(value $a string "a")
			(start $join (value $a) (value $p) (result (value $q)))
			(export "q" (value $q)))
		(value $p $p (record "" (list "x" "y")))
		(instance $i (instantiate $c (with "point" (type $p)) (with "join" (func $join)) (with "p" (value $p))))
		(export "q" (value $i "q"))
		(value $1 u8 1) (value $2 u8 2) (value $3 u8 3) (value $4 u8 4) (value $5 u8 5) (value $6 u8 6) (value $7 u8 7) (value $8 u8 8)
		(value $9 u8 9) (value $10 u8 10) (value $11 u8 11) (value $12 u8 12) (value $13 u8 13) (value $14 u8 14) (value $15 u8 15) (value $16 u8 16)
		(value $s string "17")
		(start $sum (value $1) (value $2) (value $3) (value $4) (value $5) (value $6) (value $7) (value $8)
			(value $9) (value $10) (value $11) (value $12) (value $13) (value $14) (value $15) (value $16) (value $s) (result (value $all)))
		(export "all" (value $all))
		(value $l (list string) (list "` + strings.Repeat("long", 30_000) + `" ""))
		(start $seen (value $l)))`
	lab := newValueLab(t)
	var seen []string
	pre, in, err := lab.instantiate(text, func(l *host.Linker) {
		type number struct{ N uint32 }
		type point struct {
			Name string
			Tags []string
		}
		l.Instance("").Func("twice", host.Func(func(_ *host.Call, p number) (uint32, error) { return 2 * p.N, nil })).
			Func("join", host.Func(func(_ *host.Call, p struct {
				A string
				P point
			}) (point, error) {
				return point{p.A + strings.Join(p.P.Tags, ""), append(p.P.Tags, p.A)}, nil
			})).
			Func("sum", host.Func(func(_ *host.Call, args []any) (any, error) {
				sum := uint64(len(args[16].(string)))
				for _, a := range args[:16] {
					sum += uint64(a.(uint8))
				}
				return sum, nil
			})).
			Func("seen", host.Func(func(_ *host.Call, p struct{ S []string }) (struct{}, error) { seen = p.S; return struct{}{}, nil }))
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		want any
	}{
		{"n", uint32(84)}, {"all", uint64(138)},
		{"q", host.Record{{Name: "name", Value: "axy"}, {Name: "tags", Value: []string{"x", "y", "a"}}}},
	} {
		if got := lab.get(pre, in, "", c.name); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %#v, want %#v", c.name, got, c.want)
		}
	}
	if len(seen) != 2 || len(seen[0]) != 120_000 {
		t.Errorf("seen: %d strings", len(seen))
	}
}

// TestStartFails ends an instance by a start function, of a component within:
// by a trap of its own, of its realloc, and by an error of the host's.
func TestStartFails(t *testing.T) {
	const text = `(component
		(import "door" (type $door (sub resource)))
		(import "a" (value $a (own $door))) (import "b" (value $b (own $door))) (import "s" (value $s string))
		(import "f" (func $f (param "s" string)))
		(component $c
			(import "door" (type $door (sub resource)))
			(import "a" (value $a (own $door))) (import "b" (value $b (own $door))) (import "s" (value $s string))
			(import "f" (func $f (param "s" string)))
			(core module $m (memory (export "m") 1)
				(func (export "realloc") (param i32 i32 i32 i32) (result i32) REALLOC)
				(func (export "start") (param i32 i32 i32) START))
			(core instance $i (instantiate $m))
			(func $g (param "a" (own $door)) (param "s" string) (canon lift (core func $i "start") (memory $i "m") (realloc (core func $i "realloc"))))
			(value $t string "t")
			(start $f (value $s))
			(start $g (value $a) (value $t))
			(export "b" (value $b)))
		(instance $i (instantiate $c (with "door" (type $door)) (with "a" (value $a)) (with "b" (value $b)) (with "s" (value $s)) (with "f" (func $f))))
		(export "b" (value $i "b")))`
	lab := newValueLab(t)
	refused := errors.New("refused")
	for _, c := range []struct {
		realloc, start string
		err            error
		want           string
	}{
		{"(i32.const 0)", "unreachable", nil, "lab: start function of component instance root/0: unreachable"},
		{"unreachable", "", nil, "lab: start function of component instance root/0: param 2 (s): realloc: "},
		{"(i32.const -1)", "", nil, "lab: start function of component instance root/0: param 2 (s): "},
		{"(i32.const 0)", "", refused, "lab: start function of component instance root/0: host function f: refused"},
	} {
		drops := 0
		define := func(l *host.Linker) {
			open := func(*host.Instance) (any, error) { return &door{&drops}, nil }
			l.Instance("").Resource("door", host.NewResource("door", func(*host.Instance, *door) { drops++ })).
				ValueFunc("a", open).ValueFunc("b", open).Value("s", "s").
				Func("f", host.Func(func(*host.Call, []any) (any, error) { return nil, c.err }))
		}
		_, _, err := lab.instantiate(strings.NewReplacer("REALLOC", c.realloc, "START", c.start).Replace(text), define)
		var trap *host.Trap
		if !errors.As(err, &trap) || !strings.HasPrefix(trap.Error(), c.want) || c.err != nil && !errors.Is(err, c.err) {
			t.Errorf("got %v, want %s", err, c.want)
		}
		if drops != 2 {
			t.Errorf("%s: %d doors dropped, want 2", c.want, drops)
		}
	}
	if n := lab.engine.Stats().Instances; n != 0 {
		t.Errorf("%d instances are left", n)
	}
}

// TestStartBlocks has a start function that waits for the host.
func TestStartBlocks(t *testing.T) {
	const text = `(component
		(import "wait" (func $wait (param "n" u32) (result u32)))
		(core func $wait' (canon lower (func $wait)))
		(core module $m (import "" "wait" (func $wait (param i32) (result i32)))
			(func (export "start") (param i32) (result i32) (i32.add (call $wait (local.get 0)) (i32.const 1))))
		(core instance $i (instantiate $m (with "" (instance (export "wait" (func $wait'))))))
		(func $own (param "n" u32) (result u32) (canon lift (core func $i "start")))
		(value $n u32 5)
		(start $own (value $n) (result (value $m)))
		(start $wait (value $m) (result (value $k)))
		(export "k" (value $k)))`
	lab := newValueLab(t)
	waited := 0
	pre, in, err := lab.instantiate(text, func(l *host.Linker) {
		l.Instance("").Func("wait", host.BlockingFunc(func(c *host.Call, p struct{ N uint32 }) (uint32, error) {
			waited++
			s := &later{ready: make(chan struct{})}
			time.AfterFunc(time.Millisecond, func() { close(s.ready) })
			return 10 * p.N, c.Block(s)
		}))
	})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close(lab.ctx)
	if got := lab.get(pre, in, "", "k"); got != uint32(510) || waited != 2 {
		t.Errorf("got %v after %d waits", got, waited)
	}
	ctx, cancel := context.WithCancel(lab.ctx)
	lab.ctx = ctx
	_, _, err = lab.instantiate(text, func(l *host.Linker) {
		l.Instance("").Func("wait", host.BlockingFunc(func(c *host.Call, _ struct{ N uint32 }) (uint32, error) {
			cancel()
			return 0, c.Block(&later{})
		}))
	})
	if err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// later is ready when its channel, if it has one, is closed.
type later struct{ ready chan struct{} }

func (l *later) Ready() bool {
	select {
	case <-l.ready:
		return true
	default:
		return false
	}
}

func (l *later) Notify(wake func()) func() {
	if l.ready != nil {
		go func() { <-l.ready; wake() }()
	}
	return func() {}
}
