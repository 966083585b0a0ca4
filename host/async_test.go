package host

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// relayModule exports the async function get, which passes its parameter on to
// the imported async function fetch. A call that waits has a slot: +0 its
// ready handle until it is done, +4 the cancel handle of fetch, +8 the value,
// +12 its cancel handle once it is being cancelled. The slot's address is its
// number. If the parameter is 1000, get listens to nothing, so that it waits
// for ever; +8 is 1 then.
const relayModule = `(module
  (import "i" "make-task" (func $make-task (param i32)))
  (import "i" "state" (func $state (param i32) (result i32)))
  (import "i" "drop-cancel" (func $drop-cancel (param i32)))
  (import "i" "drop-ready" (func $drop-ready (param i32)))
  (import "h" "fetch-start" (func $fetch-start (param i32 i32)))
  (import "h" "fetch-result" (func $fetch-result (param i32) (result i32)))
  (memory (export "memory") 8)
  (global $outputs (mut i32) (i32.const 0))
  (global $slots (mut i32) (i32.const 65536))

  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8192))

  (func $push (param $tag i32) (param $a i32) (param $b i32) (local $p i32)
    (local.set $p (i32.add (i32.const 4096) (i32.mul (global.get $outputs) (i32.const 12))))
    (i32.store8 (local.get $p) (local.get $tag))
    (i32.store offset=4 (local.get $p) (local.get $a))
    (i32.store offset=8 (local.get $p) (local.get $b))
    (global.set $outputs (i32.add (global.get $outputs) (i32.const 1))))

  (func (export "get-start") (param $x i32) (result i32) (local $slot i32)
    (local.set $slot (global.get $slots))
    (global.set $slots (i32.add (local.get $slot) (i32.const 16)))
    (if (i32.eq (local.get $x) (i32.const 1000)) (then
      (call $make-task (i32.const 16))
      (i32.store (local.get $slot) (i32.load (i32.const 24)))
      (i32.store offset=8 (local.get $slot) (i32.const 1))
      (call $push (i32.const 2) (local.get $slot) (i32.load (i32.const 20)))
      (i32.store (i32.const 0) (i32.const 1))
      (i32.store (i32.const 4) (i32.load (i32.const 16)))
      (return (i32.const 0))))
    (call $fetch-start (local.get $x) (i32.const 0))
    (if (i32.load8_u (i32.const 0)) (then
      (call $push (i32.const 1) (local.get $slot) (i32.load (i32.const 4)))
      (call $make-task (i32.const 16))
      (i32.store (local.get $slot) (i32.load (i32.const 24)))
      (call $push (i32.const 2) (local.get $slot) (i32.load (i32.const 20)))
      (i32.store (i32.const 4) (i32.load (i32.const 16)))))
    (i32.const 0))

  (func (export "get-result") (param $ready i32) (result i32) (local $slot i32)
    (local.set $slot (call $state (local.get $ready)))
    (call $drop-ready (local.get $ready))
    (i32.load offset=8 (local.get $slot)))

  (func $input (param $e i32) (local $slot i32) (local $h i32)
    (local.set $slot (i32.load offset=4 (local.get $e)))
    (local.set $h (i32.load offset=8 (local.get $e)))
    (block $cancel-complete (block $cancel (block $ready (block $listening
      (br_table $listening $ready $cancel $cancel-complete (i32.load8_u (local.get $e))))
      (if (i32.load offset=12 (local.get $slot))
        (then (call $push (i32.const 3) (local.get $h) (i32.const 0)))
        (else (i32.store offset=4 (local.get $slot) (local.get $h))))
      (return))
      (if (i32.load offset=4 (local.get $slot))
        (then (call $drop-cancel (i32.load offset=4 (local.get $slot)))))
      (if (i32.load offset=12 (local.get $slot))
        (then (call $drop-cancel (i32.load offset=12 (local.get $slot)))))
      (i32.store offset=8 (local.get $slot) (call $fetch-result (local.get $h)))
      (call $push (i32.const 0) (local.get $slot) (i32.load (local.get $slot)))
      (i32.store (local.get $slot) (i32.const 0))
      (return))
      (if (i32.eqz (i32.load (local.get $slot)))
        (then (call $drop-cancel (local.get $h)) (return)))
      (if (i32.load offset=8 (local.get $slot))
        (then
          (call $drop-ready (i32.load (local.get $slot)))
          (call $push (i32.const 4) (local.get $h) (i32.const 0))
          (return)))
      (i32.store offset=12 (local.get $slot) (local.get $h))
      (if (i32.load offset=4 (local.get $slot))
        (then
          (call $push (i32.const 3) (i32.load offset=4 (local.get $slot)) (i32.const 0))
          (i32.store offset=4 (local.get $slot) (i32.const 0))))
      (return))
    (call $drop-ready (i32.load (local.get $slot)))
    (call $push (i32.const 4) (i32.load offset=12 (local.get $slot)) (i32.const 0)))

  (func (export "poll") (param $p i32) (param $n i32) (result i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (call $input (local.get $p))
        (local.set $p (i32.add (local.get $p) (i32.const 12)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (i32.store (i32.const 32) (i32.const 4096))
    (i32.store (i32.const 36) (global.get $outputs))
    (global.set $outputs (i32.const 0))
    (i32.const 32)))`

// convention is the import of isyswasfa:isyswasfa/isyswasfa.
type convention struct {
	pending, cancel, ready *component.Resource
	makeTask, state        *component.Func
	poll                   *abi.FuncType
}

func handle(kind abi.Kind, r *component.Resource) *abi.Type {
	return &abi.Type{Kind: kind, Resource: r}
}

func record(kind abi.Kind, fields ...*abi.Type) *abi.Type {
	t := &abi.Type{Kind: kind}
	for i, f := range fields {
		t.Fields = append(t.Fields, abi.Field{Name: string(rune('a' + i)), Type: f})
	}
	return t
}

func variant(kind abi.Kind, cases ...*abi.Type) *abi.Type {
	t := &abi.Type{Kind: kind}
	for i, c := range cases {
		t.Cases = append(t.Cases, abi.Case{Name: string(rune('a' + i)), Type: c})
	}
	return t
}

func list(t *abi.Type) *abi.Type { return &abi.Type{Kind: abi.List, Elem: t} }

func (p *program) convention() *convention {
	const inst = "isyswasfa:isyswasfa/isyswasfa"
	c := &convention{pending: p.resource(inst, "pending"), cancel: p.resource(inst, "cancel"), ready: p.resource(inst, "ready")}
	pending, cancel, ready := handle(abi.Own, c.pending), handle(abi.Own, c.cancel), handle(abi.Own, c.ready)
	c.makeTask = p.imported(inst, "make-task", fn(record(abi.Tuple, pending, cancel, ready)))
	c.state = p.imported(inst, "[method]ready.state", fn(u32, handle(abi.Borrow, c.ready)))
	rec := func(h *abi.Type) *abi.Type { return record(abi.Record, u32, h) }
	in := variant(abi.Variant, rec(cancel), rec(ready), rec(cancel), u32)
	out := variant(abi.Variant, rec(ready), rec(pending), rec(cancel), cancel, cancel)
	c.poll = fn(list(out), list(in))
	return c
}

// halves gives the types of the halves of an async function.
func (c *convention) halves(result *abi.Type, params ...*abi.Type) (start, res *abi.FuncType) {
	return fn(variant(abi.Result, result, handle(abi.Own, c.pending)), params...), fn(result, handle(abi.Own, c.ready))
}

func relayProgram(t testing.TB) *program { return relayProgramOf(newProgram(t), u32, chained) }

// A wiring tells what the relays of a program call.
type wiring int

const (
	chained wiring = iota // the one before, and the first one the host
	beside                // the host
)

// relayProgramOf relays results of any type that is one i32 in core, through
// one relay in each component instance but the root if there are several. The
// last one is exported.
func relayProgramOf(p *program, of *abi.Type, w wiring) *program {
	c := p.convention()
	start, result := c.halves(of, u32)
	hostStart := p.imported("test:fetch/fetch", "fetch-isyswasfa-start", start)
	hostResult := p.imported("test:fetch/fetch", "fetch-isyswasfa-result", result)
	fetchStart, fetchResult := hostStart, hostResult
	for sub := min(1, len(p.prog.Instances)-1); sub < len(p.prog.Instances); sub++ {
		step := len(p.prog.Steps)
		mem := memory(step)
		if w == beside {
			fetchStart, fetchResult = hostStart, hostResult
		}
		p.module(sub, relayModule,
			lower("i", "make-task", sub, c.makeTask, mem),
			lower("i", "state", sub, c.state, mem),
			drop("i", "drop-cancel", sub, c.cancel),
			drop("i", "drop-ready", sub, c.ready),
			lower("h", "fetch-start", sub, fetchStart, mem),
			lower("h", "fetch-result", sub, fetchResult, mem))
		fetchStart = lift(sub, step, "get-start", start, mem)
		fetchResult = lift(sub, step, "get-result", result, mem)
		fetchStart.Name, fetchResult.Name = "test:fetch/fetch fetch"+startSuffix, "test:fetch/fetch fetch"+resultSuffix
		p.prog.Polls = append(p.prog.Polls, &component.PollFunc{
			Instance: sub, Name: "isyswasfa-poll", Func: lift(sub, step, "poll", c.poll, mem),
		})
	}
	p.export("get-isyswasfa-start", fetchStart)
	p.export("get-isyswasfa-result", fetchResult)
	return p
}

// relays runs a test with one component, and with a chain of three.
func relays(t *testing.T, f func(t *testing.T, p *program)) {
	t.Run("single", func(t *testing.T) { f(t, relayProgram(t)) })
	t.Run("chain", func(t *testing.T) {
		f(t, relayProgramOf(newProgram(t, "root", "root/0", "root/1", "root/2"), u32, chained))
	})
}

func defineFetch(fetch func(c *Call, p single, done *Completion[uint32]) error) func(*Linker) {
	return func(l *Linker) { l.Instance("test:fetch/fetch").Async("fetch", AsyncFunc(fetch)) }
}

// later answers x+1, at once for even x and from another goroutine for odd x.
func later(_ *Call, p single, done *Completion[uint32]) error {
	if p.A%2 == 0 {
		done.Resolve(p.A + 1)
		return nil
	}
	go func() {
		time.Sleep(time.Duration(p.A%7) * time.Millisecond / 4)
		done.Resolve(p.A + 1)
	}()
	return nil
}

// checkGoroutines fails if there are more goroutines at the end than before.
func checkGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for range 100 {
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
	})
}

func checkEmpty(t *testing.T, in *Instance) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := in.WaitIdle(ctx); err != nil {
		t.Errorf("%v: %v", err, in.Stats())
	}
	if got := in.Stats(); got != (InstanceStats{}) {
		t.Errorf("left over: %v", got)
	}
}

func TestAsyncCalls(t *testing.T) { relays(t, asyncCalls) }

func asyncCalls(t *testing.T, p *program) {
	checkGoroutines(t)
	ctx := context.Background()
	pre := p.link(defineFetch(later))
	get := export[single, uint32](t, pre, "get")
	in := instance(t, pre)
	for x := range uint32(4) {
		if got, err := get.Call(ctx, in, single{x}); err != nil || got != x+1 {
			t.Fatalf("get(%d): %d, %v", x, got, err)
		}
	}
	checkEmpty(t, in)
	var wg sync.WaitGroup
	for g := range uint32(8) {
		wg.Go(func() {
			for i := range uint32(100) {
				if got, err := get.Call(ctx, in, single{g*100 + i}); err != nil || got != g*100+i+1 {
					t.Errorf("get(%d): %d, %v", g*100+i, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
	checkEmpty(t, in)
}

func TestAsyncCancel(t *testing.T) { relays(t, asyncCancel) }

func asyncCancel(t *testing.T, p *program) {
	checkGoroutines(t)
	var cancelled sync.WaitGroup
	pre := p.link(defineFetch(func(c *Call, q single, done *Completion[uint32]) error {
		if q.A == 0 {
			done.Resolve(1)
			return nil
		}
		cancelled.Add(1)
		done.OnCancel(cancelled.Done)
		ctx := done.Context()
		go func() {
			<-ctx.Done()
			if done.Resolve(7) {
				t.Error("a result was accepted after the cancellation")
			}
		}()
		return nil
	}))
	get := export[single, uint32](t, pre, "get")
	in := instance(t, pre)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i+1)*5*time.Millisecond)
			defer cancel()
			if _, err := get.Call(ctx, in, single{1}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
	}
	wg.Wait()
	cancelled.Wait()
	checkEmpty(t, in)
	if got, err := get.Call(context.Background(), in, single{0}); err != nil || got != 1 {
		t.Errorf("after cancellation: %d, %v", got, err)
	}
}

func TestAsyncCloseWithPending(t *testing.T) { relays(t, asyncCloseWithPending) }

func asyncCloseWithPending(t *testing.T, p *program) {
	checkGoroutines(t)
	started := make(chan struct{})
	ended := make(chan struct{})
	pre := p.link(defineFetch(func(c *Call, q single, done *Completion[uint32]) error {
		done.OnCancel(func() { close(ended) })
		close(started)
		return nil
	}))
	get := export[single, uint32](t, pre, "get")
	in := instance(t, pre)
	go func() {
		<-started
		in.Close(context.Background())
	}()
	if _, err := get.Call(context.Background(), in, single{1}); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	<-ended
	if _, err := get.Call(context.Background(), in, single{1}); !errors.Is(err, ErrClosed) {
		t.Errorf("call after close: %v", err)
	}
	if got := in.Stats(); got != (InstanceStats{}) {
		t.Errorf("left over: %v", got)
	}
}

func TestAsyncFailure(t *testing.T) { relays(t, asyncFailure) }

func asyncFailure(t *testing.T, p *program) {
	checkGoroutines(t)
	boom := errors.New("boom")
	pre := p.link(defineFetch(func(c *Call, q single, done *Completion[uint32]) error {
		if q.A == 2 {
			go done.Fail(boom)
		}
		return nil
	}))
	get := export[single, uint32](t, pre, "get")
	in := instance(t, pre)
	var wg sync.WaitGroup
	for x := range uint32(3) {
		wg.Go(func() {
			if _, err := get.Call(context.Background(), in, single{x}); !errors.Is(err, boom) || !strings.Contains(err.Error(), "host function ") {
				t.Errorf("get(%d): %v", x, err)
			}
		})
	}
	wg.Wait()
}

func TestAsyncDeadlock(t *testing.T) {
	checkGoroutines(t)
	pre := relayProgram(t).link(defineFetch(later))
	get := export[single, uint32](t, pre, "get")
	in := instance(t, pre)
	want := "guest task is pending with no pending host tasks: get of component instance root waits for nothing outside its component"
	if _, err := get.Call(context.Background(), in, single{1000}); !errors.Is(err, errDeadlock) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	checkEmpty(t, in)

	// A cancellation may come, or something that is held.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := get.Call(ctx, in, single{1000}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled: %v", err)
	}
	checkEmpty(t, in)
	released := false
	release := in.Hold()
	time.AfterFunc(10*time.Millisecond, func() { in.Post(func() { released = true }); release() })
	if _, err := get.Call(context.Background(), in, single{1000}); !errors.Is(err, errDeadlock) || !released {
		t.Errorf("held: %v, released %v", err, released)
	}
	checkEmpty(t, in)
}

// A host function cannot call its own instance: it would wait for itself.
func TestAsyncReentry(t *testing.T) {
	var get *ExportFunc[single, uint32]
	pre := relayProgram(t).link(defineFetch(func(c *Call, p single, done *Completion[uint32]) error {
		_, err := get.Call(c.Context(), c.Instance(), single{2})
		if err == nil || !strings.Contains(err.Error(), "calls its own instance") {
			t.Errorf("got %v", err)
		}
		done.Resolve(0)
		return nil
	}))
	get = export[single, uint32](t, pre, "get")
	if _, err := get.Call(context.Background(), instance(t, pre), single{1}); err != nil {
		t.Error(err)
	}
}

type thing struct{ dropped *int }

// Resources in results that nobody takes are dropped.
func TestAsyncDiscard(t *testing.T) {
	p := newProgram(t)
	res := p.resource("test:fetch/fetch", "thing")
	p = relayProgramOf(p, handle(abi.Own, res), chained)
	dropped := 0
	cancel := func() {}
	rt := NewResource("thing", func(_ *Instance, v *thing) { *v.dropped++ })
	pre := p.link(func(l *Linker) {
		l.Instance("test:fetch/fetch").Resource("thing", rt).Async("fetch",
			AsyncFunc(func(c *Call, p single, done *Completion[*thing]) error {
				cancel() // takes effect when the guest has returned
				switch p.A {
				case 0: // the guest gets the result, the caller does not
					c.Instance().Post(func() { done.Resolve(&thing{&dropped}) })
				case 1: // the guest gets the cancellation before the result
					done.OnCancel(func() {
						if done.Resolve(&thing{&dropped}) {
							t.Error("a result was accepted after the cancellation")
						}
					})
				case 2:
					done.Resolve(&thing{&dropped})
				case 3: // as 1, but nobody keeps the result
					done.OnCancel(func() { done.Give(&thing{&dropped}) })
				}
				return nil
			}))
	})
	get := export[single, *thing](t, pre, "get")
	in := instance(t, pre)
	for _, x := range []uint32{0, 1, 3} {
		var ctx context.Context
		ctx, cancel = context.WithCancel(context.Background())
		if _, err := get.Call(ctx, in, single{x}); !errors.Is(err, context.Canceled) {
			t.Errorf("get(%d): %v", x, err)
		}
		checkEmpty(t, in)
	}
	if dropped != 2 {
		t.Errorf("%d things dropped, want 2: a result that Resolve refuses stays with the host", dropped)
	}
	cancel = func() {}
	v, err := get.Call(context.Background(), in, single{2})
	if err != nil || v == nil || dropped != 2 {
		t.Errorf("got %v, %v, %d dropped", v, err, dropped)
	}
	checkEmpty(t, in)
}

func BenchmarkCallAsync(b *testing.B) {
	pre := relayProgram(b).link(defineFetch(func(c *Call, p single, done *Completion[uint32]) error {
		if p.A == 0 {
			done.Resolve(0)
		} else {
			c.Instance().Post(func() { done.Resolve(0) })
		}
		return nil
	}))
	get := export[single, uint32](b, pre, "get")
	for name, x := range map[string]uint32{"immediate": 0, "pending": 1} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			in, n := instance(b, pre), 0
			for b.Loop() {
				if n++; n > 20000 {
					in, n = instance(b, pre), 0
				}
				if _, err := get.Call(context.Background(), in, single{x}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Calls, cancellations, failures and closings at random times; run with -race.
func TestAsyncStress(t *testing.T) { relays(t, asyncStress) }

func asyncStress(t *testing.T, p *program) {
	checkGoroutines(t)
	pre := p.link(defineFetch(func(c *Call, q single, done *Completion[uint32]) error {
		done.OnDiscard(func(uint32) {})
		switch q.A % 4 {
		case 0:
			done.Resolve(q.A)
		case 1:
			c.Instance().Post(func() { done.Resolve(q.A) })
		case 2:
			timer := time.AfterFunc(time.Duration(rand.IntN(500))*time.Microsecond, func() { done.Resolve(q.A) })
			done.OnCancel(func() { timer.Stop() })
		case 3:
			ctx := done.Context()
			go func() {
				select {
				case <-ctx.Done():
				case <-time.After(time.Duration(rand.IntN(500)) * time.Microsecond):
				}
				done.Resolve(q.A)
			}()
		}
		return nil
	}))
	get := export[single, uint32](t, pre, "get")
	for round := range 10 {
		in := instance(t, pre)
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				for range 100 {
					ctx, cancel := context.WithCancel(context.Background())
					if rand.IntN(2) == 0 {
						ctx, cancel = context.WithTimeout(context.Background(), time.Duration(rand.IntN(400))*time.Microsecond)
					}
					x := uint32(rand.IntN(900))
					got, err := get.Call(ctx, in, single{x})
					cancel()
					switch {
					case err == nil && got != x:
						t.Errorf("get(%d): %d", x, got)
					case err != nil && !errors.Is(err, ErrClosed) && !errors.Is(err, context.DeadlineExceeded):
						t.Errorf("get(%d): %v", x, err)
					}
				}
			})
		}
		if round%2 == 1 {
			time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
			in.Close(context.Background())
		}
		wg.Wait()
		if round%2 == 0 {
			checkEmpty(t, in)
		}
	}
}
