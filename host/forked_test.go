package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// asyncBridge exports the async function fetch, which calls nap and so has
// always answered when it returns.
const asyncBridge = `(module
  (import "h" "nap" (func $nap (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "start") (param i32) (result i32)
    (i32.store (i32.const 4) (call $nap (local.get 0)))
    (i32.const 0))
  (func (export "result") (param i32) (result i32) (unreachable)))`

// syncBridge exports nap, which calls get and waits for it.
const syncBridge = `(module
  (import "h" "start" (func $start (param i32 i32)))
  (import "h" "result" (func $result (param i32) (result i32)))
  (import "b" "wait" (func $wait (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "nap") (param i32) (result i32)
    (call $start (local.get 0) (i32.const 0))
    (if (i32.load8_u (i32.const 0))
      (then (return (call $result (call $wait (i32.load (i32.const 4)))))))
    (i32.load (i32.const 4))))`

// chain builds a program whose component instances call each other.
type chain struct {
	*program
	c *convention
}

func newChain(t testing.TB) *chain {
	p := newProgram(t)
	return &chain{p, p.convention()}
}

// add adds a component instance and gives its number.
func (p *chain) add() int {
	n := len(p.prog.Instances)
	p.prog.Instances = append(p.prog.Instances, component.InstanceInfo{Name: fmt.Sprintf("root/%d", n-1)})
	return n
}

// relay adds a relay between fetch and get.
func (p *chain) relay(fetch [2]*component.Func) (get [2]*component.Func) {
	return p.relayOf(relayModule, fetch)
}

// relayOf is relay for a module like relayModule.
func (p *chain) relayOf(text string, fetch [2]*component.Func) (get [2]*component.Func) {
	sub, step := p.add(), len(p.prog.Steps)
	mem := memory(step)
	p.module(sub, text,
		lower("i", "make-task", sub, p.c.makeTask, mem),
		lower("i", "state", sub, p.c.state, mem),
		drop("i", "drop-cancel", sub, p.c.cancel),
		drop("i", "drop-ready", sub, p.c.ready),
		lower("h", "fetch-start", sub, fetch[0], mem),
		lower("h", "fetch-result", sub, fetch[1], mem))
	p.prog.Polls = append(p.prog.Polls, &component.PollFunc{Instance: sub, Name: "isyswasfa-poll", Func: lift(sub, step, "poll", p.c.poll, mem)})
	return p.async(sub, step, "get", mem)
}

func (p *chain) async(sub, step int, name string, mem component.Options) (f [2]*component.Func) {
	return p.asyncOf(sub, step, name, mem, u32, u32)
}

// asyncOf is async for other types.
func (p *chain) asyncOf(sub, step int, name string, mem component.Options, of *abi.Type, params ...*abi.Type) (f [2]*component.Func) {
	start, result := p.c.halves(of, params...)
	prefix := ""
	if name == "get" {
		prefix = "get-"
	}
	f = [2]*component.Func{lift(sub, step, prefix+"start", start, mem), lift(sub, step, prefix+"result", result, mem)}
	f[0].Name, f[1].Name = "test:chain/chain "+name+startSuffix, "test:chain/chain "+name+resultSuffix
	return f
}

// hostFetch is the async host function.
func (p *chain) hostFetch() [2]*component.Func {
	start, result := p.c.halves(u32, u32)
	return [2]*component.Func{
		p.imported("test:fetch/fetch", "fetch"+startSuffix, start),
		p.imported("test:fetch/fetch", "fetch"+resultSuffix, result),
	}
}

// napper adds a component instance with a nap that calls wait, or another nap.
func (p *chain) napper(inner *component.Func) *component.Func {
	sub := p.add()
	if inner != nil {
		m := p.module(sub, `(module
		  (import "h" "nap" (func $nap (param i32) (result i32)))
		  (func (export "nap") (param i32) (result i32) (call $nap (local.get 0))))`,
			lower("h", "nap", sub, inner, memoryless))
		return lift(sub, m, "nap", fn(u32, u32), memoryless)
	}
	wait := p.imported("test:nap/nap", "wait", fn(none, u32))
	m := p.module(sub, napModule, lower("h", "wait", sub, wait, memoryless))
	return lift(sub, m, "nap", fn(u32, u32), memoryless)
}

// toAsync adds a bridge that makes a nap an async function.
func (p *chain) toAsync(nap *component.Func) [2]*component.Func {
	sub := p.add()
	m := p.module(sub, asyncBridge, lower("h", "nap", sub, nap, memoryless))
	return p.async(sub, m, "fetch", component.Options{Memory: core(m, "memory")})
}

// toSync adds a bridge that makes an async function a nap.
func (p *chain) toSync(f [2]*component.Func) *component.Func {
	sub, step := p.add(), len(p.prog.Steps)
	mem := component.Options{Memory: core(step, "memory")}
	wait := p.imported("isyswasfa:bridge/bridge", "wait", fn(handle(abi.Own, p.c.ready), handle(abi.Own, p.c.pending)))
	p.module(sub, syncBridge, lower("h", "start", sub, f[0], mem), lower("h", "result", sub, f[1], mem),
		lower("b", "wait", sub, wait, mem))
	return lift(sub, step, "nap", fn(u32, u32), mem)
}

// export exports an async function of the name get.
func (p *chain) exportGet(f [2]*component.Func) {
	p.export("get"+startSuffix, f[0])
	p.export("get"+resultSuffix, f[1])
}

// An async component calls a synchronous one that blocks: it goes on with
// other calls, which wait in line for the callee.
func TestAsyncCallsSync(t *testing.T) {
	checkGoroutines(t)
	s := newNaps()
	p := newChain(t)
	nap := p.napper(nil)
	p.exportGet(p.relay(p.toAsync(nap)))
	p.export("nap", nap)
	pre := p.link(s.define)
	if fmt.Sprint(pre.blocks) != "[false true true false]" {
		t.Errorf("may block: %v", pre.blocks)
	}
	in := instance(t, pre)
	ctx := context.Background()
	get, direct := export[single, uint32](t, pre, "get"), export[single, uint32](t, pre, "nap")
	s.get(9).set()
	if n, err := get.Call(ctx, in, single{9}); n != 10 || err != nil { // never pauses
		t.Errorf("%d, %v", n, err)
	}
	s.expect(t, 9)
	var calls []<-chan answer
	for i := range uint32(3) {
		calls = append(calls, async(get, ctx, in, single{i}))
		if i == 0 {
			s.expect(t, 0)
		}
		waitLine(t, in, 2, int(i))
	}
	calls = append(calls, async(direct, ctx, in, single{3}))
	waitLine(t, in, 1, 1)
	if len(s.called) > 0 {
		t.Error("the callee was entered while it was paused")
	}
	for i := range uint32(4) {
		s.get(i).set()
	}
	for i, ch := range calls {
		s.answered(t, ch, uint32(i)+1)
	}
	s.expect(t, 3, 1, 2) // the direct call is first: the others wait for the bridge
	checkEmpty(t, in)
}

// The caller of what is paused, or in line, is cancelled.
func TestCancelForked(t *testing.T) {
	checkGoroutines(t)
	s := newNaps()
	p := newChain(t)
	p.exportGet(p.relay(p.toAsync(p.napper(nil))))
	pre := p.link(s.define)
	in := instance(t, pre)
	get := export[single, uint32](t, pre, "get")
	first, cancelFirst := context.WithCancel(context.Background())
	a := async(get, first, in, single{1})
	s.expect(t, 1)
	second, cancelSecond := context.WithCancel(context.Background())
	b := async(get, second, in, single{2})
	waitLine(t, in, 2, 1)
	c := async(get, context.Background(), in, single{3})
	waitLine(t, in, 2, 2)
	cancelFirst()
	cancelSecond()
	for _, ch := range []<-chan answer{a, b} {
		if x := <-ch; !errors.Is(x.err, context.Canceled) {
			t.Errorf("%d, %v", x.n, x.err)
		}
	}
	waitLine(t, in, 2, 1) // the second one leaves the line
	s.get(3).set()
	s.get(1).set()
	s.answered(t, c, 4)
	s.expect(t, 3) // and not 2
	checkEmpty(t, in)
}

// A trap of the callee, and Close, while the caller's task is pending.
func TestEndForked(t *testing.T) {
	checkGoroutines(t)
	for _, closing := range []bool{false, true} {
		s := newNaps()
		p := newChain(t)
		p.exportGet(p.relay(p.toAsync(p.napper(nil))))
		pre := p.link(s.define)
		in := instance(t, pre)
		get := export[single, uint32](t, pre, "get")
		a := async(get, context.Background(), in, single{13})
		s.expect(t, 13)
		b := async(get, context.Background(), in, single{2})
		waitLine(t, in, 2, 1)
		if closing {
			in.Close(context.Background())
		} else {
			s.get(13).set()
		}
		for _, ch := range []<-chan answer{a, b} {
			switch x := <-ch; {
			case closing && !errors.Is(x.err, ErrClosed):
				t.Errorf("closed: %v", x.err)
			case !closing && (x.err == nil || !strings.Contains(x.err.Error(), "unlucky")):
				t.Errorf("trap: %v", x.err)
			}
		}
	}
}

// A synchronous component calls an async one, by a bridge; and an async one
// calls that.
func TestSyncCallsAsync(t *testing.T) {
	checkGoroutines(t)
	p := newChain(t)
	nap := p.napper(p.toSync(p.relay(p.hostFetch())))
	get := p.relay(p.toAsync(nap))
	p.exportGet(get)
	p.export("nap", nap)
	pending := make(chan *Completion[uint32], 10)
	pre := p.link(defineFetch(func(_ *Call, p single, done *Completion[uint32]) error {
		if p.A < 100 {
			done.Resolve(p.A + 1)
			return nil
		}
		pending <- done
		return nil
	}))
	in := instance(t, pre)
	ctx := context.Background()
	outer, direct := export[single, uint32](t, pre, "get"), export[single, uint32](t, pre, "nap")
	for _, f := range []*ExportFunc[single, uint32]{outer, direct} {
		if n, err := f.Call(ctx, in, single{5}); n != 6 || err != nil {
			t.Errorf("at once: %d, %v", n, err)
		}
	}
	var s naps
	a := async(direct, ctx, in, single{100})
	first := <-pending
	b := async(outer, ctx, in, single{200})
	waitLine(t, in, 3, 1)
	first.Resolve(101)
	s.answered(t, a, 101)
	(<-pending).Resolve(201)
	s.answered(t, b, 201)
	checkEmpty(t, in)

	cancelled, cancel := context.WithCancel(ctx)
	a = async(outer, cancelled, in, single{300})
	first = <-pending
	cancel()
	if x := <-a; !errors.Is(x.err, context.Canceled) {
		t.Errorf("%d, %v", x.n, x.err)
	}
	first.Resolve(301) // the stack goes on to its end
	checkEmpty(t, in)

	a = async(outer, ctx, in, single{1000}) // the async component at the end waits for nothing
	if x := <-a; !errors.Is(x.err, errDeadlock) {
		t.Errorf("%d, %v", x.n, x.err)
	}
}

// A deadlock behind a forked call is told of to the end.
func TestDeadlockForked(t *testing.T) {
	checkGoroutines(t)
	p := newChain(t)
	nap := p.napper(p.toSync(p.relay(p.hostFetch())))
	next := strings.Replace(relayModule, "(call $fetch-start (local.get $x)", "(call $fetch-start (i32.add (local.get $x) (i32.const 1))", 1)
	p.exportGet(p.relayOf(next, p.toAsync(nap)))
	pre := p.link(defineFetch(later))
	_, err := export[single, uint32](t, pre, "get").Call(context.Background(), instance(t, pre), single{999})
	const outer = "get of component instance root/4 waits for test:chain/chain fetch of component instance root/3, which has not answered"
	want := errDeadlock.Error() + ": " + outer + "; 2 calls wait in all: " + outer +
		"; test:chain/chain get of component instance root/0 waits for nothing outside its component"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Many calls through a chain of all kinds.
func TestForkedAtRandom(t *testing.T) {
	checkGoroutines(t)
	p := newChain(t)
	p.exportGet(p.relay(p.toAsync(p.napper(p.toSync(p.relay(p.hostFetch()))))))
	pre := p.link(defineFetch(later))
	in := instance(t, pre)
	get := export[single, uint32](t, pre, "get")
	var wg sync.WaitGroup
	for w := range uint32(8) {
		wg.Go(func() {
			for i := range uint32(50) {
				x := w*50 + i
				if n, err := get.Call(context.Background(), in, single{x}); n != x+1 || err != nil {
					t.Errorf("get %d: %d, %v", x, n, err)
					return
				}
			}
		})
	}
	wg.Wait()
	checkEmpty(t, in)
}

// An async component that blocks makes nobody wait but those whose stack it is
// on: others that call it meanwhile are told that it is pending.
func TestAsyncCallsPaused(t *testing.T) {
	checkGoroutines(t)
	s := newNaps()
	p := newChain(t)
	f := p.toAsync(p.napper(nil))
	bridge := f[0].Instance
	m := p.module(bridge, `(module (memory (export "memory") 1)
	  (func (export "poll") (param i32 i32) (result i32) (i32.const 0))
	  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8)))`)
	p.prog.Polls = append(p.prog.Polls, &component.PollFunc{Instance: bridge, Name: "isyswasfa-poll", Func: lift(bridge, m, "poll", p.c.poll, memory(m))})
	get := p.relay(f)
	p.exportGet(get)
	p.export("fetch"+startSuffix, f[0])
	p.export("fetch"+resultSuffix, f[1])
	pre := p.link(s.define)
	in := instance(t, pre)
	ctx := context.Background()
	outer, inner := export[single, uint32](t, pre, "get"), export[single, uint32](t, pre, "fetch")
	for _, cancelled := range []bool{false, true} {
		first := async(inner, ctx, in, single{1})
		s.expect(t, 1)
		mine, cancel := context.WithCancel(ctx)
		defer cancel()
		second := async(outer, mine, in, single{2})
		waitLine(t, in, bridge, 1)
		in.onDriver(func() {
			if in.busy(get[0].Instance) {
				t.Error("its caller waits, too")
			}
		})
		if cancelled {
			cancel()
			if a := <-second; !errors.Is(a.err, context.Canceled) {
				t.Errorf("%d, %v", a.n, a.err)
			}
		}
		s.get(2).set()
		s.get(1).set()
		s.answered(t, first, 2)
		if !cancelled {
			s.answered(t, second, 3)
			s.expect(t, 2)
		}
		checkEmpty(t, in)
		s.wakes = map[uint32]*wake{}
		for len(s.called) > 0 {
			<-s.called
		}
	}
	s.get(5).set()
	if n, err := outer.Call(ctx, in, single{5}); n != 6 || err != nil { // directly
		t.Errorf("%d, %v", n, err)
	}
}

// What is lent to a forked call stays lent until its start half returns.
func TestForkedBorrow(t *testing.T) {
	checkGoroutines(t)
	p := newChain(t)
	thing := p.resource("test:nap/nap", "thing")
	wait := p.imported("test:nap/nap", "wait", fn(none, u32))
	start := fn(variant(abi.Result, none, handle(abi.Own, p.c.pending)), handle(abi.Borrow, thing))
	callee := p.add()
	m := p.module(callee, `(module
	  (import "h" "wait" (func $wait (param i32)))
	  (import "h" "drop" (func $drop (param i32)))
	  (memory (export "memory") 1)
	  (func (export "start") (param i32) (result i32)
	    (call $wait (i32.const 1)) (call $drop (local.get 0)) (i32.const 0)))`,
		lower("h", "wait", callee, wait, memoryless), drop("h", "drop", callee, thing))
	f := lift(callee, m, "start", start, component.Options{Memory: core(m, "memory")})
	f.Name = "test:nap/nap use" + startSuffix
	sub := p.add()
	caller := p.module(sub, `(module
	  (import "h" "start" (func $start (param i32 i32)))
	  (import "h" "drop" (func $drop (param i32)))
	  (import "h" "drop-pending" (func $drop-pending (param i32)))
	  (memory (export "memory") 1)
	  (global $thing (mut i32) (i32.const 0))
	  (func (export "begin") (param i32) (result i32)
	    (global.set $thing (local.get 0))
	    (call $start (local.get 0) (i32.const 0))
	    (i32.load8_u (i32.const 0)))
	  (func (export "end")
	    (call $drop (global.get $thing))
	    (call $drop-pending (i32.load (i32.const 4)))))`,
		lower("h", "start", sub, f, component.Options{Memory: core(len(p.prog.Steps), "memory")}),
		drop("h", "drop", sub, thing), drop("h", "drop-pending", sub, p.c.pending))
	p.export("begin", lift(sub, caller, "begin", fn(u32, handle(abi.Own, thing)), memoryless))
	p.export("end", lift(sub, caller, "end", fn(none), memoryless))
	type object struct{}
	s := newNaps()
	pre := p.link(func(l *Linker) {
		s.define(l)
		l.Instance("test:nap/nap").Resource("thing", NewResource[object]("thing", nil))
	})
	begin := export[struct{ T *object }, uint32](t, pre, "begin")
	end := export[struct{}, struct{}](t, pre, "end")
	for _, early := range []bool{false, true} {
		in := instance(t, pre)
		if n, err := begin.Call(context.Background(), in, struct{ T *object }{new(object)}); n != 1 || err != nil {
			t.Fatalf("not pending: %d, %v", n, err)
		}
		s.expect(t, 1)
		if early {
			if _, err := end.Call(context.Background(), in, struct{}{}); err == nil || !strings.Contains(err.Error(), "lent") {
				t.Errorf("dropped what is lent: %v", err)
			}
			continue
		}
		s.get(1).set()
		waitLine(t, in, callee, 0)
		for in.Stats().HostWork > 0 {
			time.Sleep(time.Millisecond)
		}
		if _, err := end.Call(context.Background(), in, struct{}{}); err != nil {
			t.Error(err)
		}
		checkEmpty(t, in)
		s.wakes = map[uint32]*wake{}
	}
}

// Nothing is lent any more to a forked call whose start half has returned, even
// if the call is given up before it is over.
func TestForkedBorrowPending(t *testing.T) {
	checkGoroutines(t)
	p := newChain(t)
	thing := p.resource("test:nap/nap", "thing")
	start := fn(variant(abi.Result, u32, handle(abi.Own, p.c.pending)), handle(abi.Borrow, thing))
	_, result := p.c.halves(u32)
	fetch := p.hostFetch()
	callee := p.add()
	mem := component.Options{Memory: core(len(p.prog.Steps), "memory")}
	m := p.module(callee, `(module
	  (import "h" "wait" (func $wait (param i32)))
	  (import "h" "drop" (func $drop (param i32)))
	  (import "h" "fetch" (func $fetch (param i32 i32)))
	  (import "h" "fetched" (func $fetched (param i32) (result i32)))
	  (memory (export "memory") 1)
	  (func (export "start") (param i32) (result i32)
	    (call $drop (local.get 0)) (call $fetch (i32.const 1) (i32.const 0)) (i32.const 0))
	  (func (export "result") (param i32) (result i32) (call $fetched (local.get 0))))`,
		lower("h", "wait", callee, p.imported("test:nap/nap", "wait", fn(none, u32)), memoryless), drop("h", "drop", callee, thing),
		lower("h", "fetch", callee, fetch[0], mem), lower("h", "fetched", callee, fetch[1], mem))
	f := lift(callee, m, "start", start, mem)
	f.Name = "test:nap/nap use" + startSuffix
	r := lift(callee, m, "result", result, mem)
	r.Name = "test:nap/nap use" + resultSuffix
	sub := p.add()
	mem = component.Options{Memory: core(len(p.prog.Steps), "memory")}
	caller := p.module(sub, `(module
	  (import "h" "start" (func $start (param i32 i32)))
	  (import "h" "result" (func $result (param i32) (result i32)))
	  (import "h" "drop" (func $drop (param i32)))
	  (import "h" "drop-pending" (func $drop-pending (param i32)))
	  (memory (export "memory") 1)
	  (func (export "try") (param i32) (result i32)
	    (call $start (local.get 0) (i32.const 0))
	    (call $drop-pending (i32.load (i32.const 4)))
	    (call $drop (local.get 0))
	    (i32.load8_u (i32.const 0))))`,
		lower("h", "start", sub, f, mem), lower("h", "result", sub, r, mem),
		drop("h", "drop", sub, thing), drop("h", "drop-pending", sub, p.c.pending))
	p.export("try", lift(sub, caller, "try", fn(u32, handle(abi.Own, thing)), memoryless))
	type object struct{}
	cancelled := 0
	pre := p.link(func(l *Linker) {
		newNaps().define(l)
		l.Instance("test:nap/nap").Resource("thing", NewResource[object]("thing", nil))
		defineFetch(func(_ *Call, _ single, done *Completion[uint32]) error {
			done.OnCancel(func() { cancelled++ })
			return nil
		})(l)
	})
	in := instance(t, pre)
	try := export[struct{ T *object }, uint32](t, pre, "try")
	if n, err := try.Call(context.Background(), in, struct{ T *object }{new(object)}); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	checkEmpty(t, in)
	if cancelled != 1 {
		t.Errorf("the function that was waited for is told %d times", cancelled)
	}
}

// A callee that drops the task of a forked call unfinished fails the caller.
func TestForkedDropped(t *testing.T) {
	s := newStage(t, "A")
	task := s.makeTask("A", "T1")
	c := &forkedCall{host: hostWork{in: s.in}}
	c.left = true
	c.op = op{in: s.in, f: c}
	s.in.router.awaitTask(&c.op, task)
	task.released(readyHandle)
	task.released(cancelHandle)
	if err := c.host.outcome(); !c.op.done || err != errDropped {
		t.Errorf("done %t, caller told %v", c.op.done, err)
	}
	s.empty()
}
