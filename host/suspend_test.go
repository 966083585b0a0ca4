package host

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// napModule exports nap, which calls the host function wait and answers its
// parameter plus 1. It keeps it on a stack in its memory, as compiled code
// does, and traps if that is not as it was.
const napModule = `(module
  (import "h" "wait" (func $wait (param i32)))
  (memory (export "memory") 1)
  (global $sp (mut i32) (i32.const 1024))
  (func (export "nap") (param $n i32) (result i32) (local $sp i32)
    (local.set $sp (global.get $sp))
    (global.set $sp (i32.add (local.get $sp) (i32.const 16)))
    (i32.store (local.get $sp) (local.get $n))
    (call $wait (local.get $n))
    (if (i32.ne (global.get $sp) (i32.add (local.get $sp) (i32.const 16))) (then (unreachable)))
    (global.set $sp (local.get $sp))
    (i32.add (i32.load (local.get $sp)) (i32.const 1)))
  (func (export "drop") (param $n i32) (call $wait (local.get $n)))
  (func (export "peek") (result i32) (global.get $sp)))`

// wake is a source that a test makes ready.
type wake struct {
	mu     sync.Mutex
	ready  bool
	notify map[int]func()
	n      int
}

func (w *wake) Ready() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ready
}

func (w *wake) Notify(f func()) func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ready {
		f()
		return func() {}
	}
	if w.notify == nil {
		w.notify = map[int]func(){}
	}
	n := w.n
	w.n++
	w.notify[n] = f
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.notify, n)
	}
}

func (w *wake) set() {
	w.mu.Lock()
	w.ready = true
	list := w.notify
	w.notify = nil
	w.mu.Unlock()
	for _, f := range list {
		f()
	}
}

// naps are the sources that the guests of a test wait for: number n by wait(n).
// Those that come are sent to called.
type naps struct {
	mu     sync.Mutex
	wakes  map[uint32]*wake
	called chan uint32
}

func newNaps() *naps { return &naps{wakes: map[uint32]*wake{}, called: make(chan uint32, 1000)} }

func (s *naps) get(n uint32) *wake {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wakes[n] == nil {
		s.wakes[n] = new(wake)
	}
	return s.wakes[n]
}

// define gives wait, which traps for 13, and get, which needs no wait.
func (s *naps) define(l *Linker) {
	l.Instance("test:nap/nap").Func("wait", BlockingFunc(func(c *Call, p single) (struct{}, error) {
		s.called <- p.A
		err := c.Block(s.get(p.A))
		if p.A == 13 && err == nil {
			err = errors.New("unlucky")
		}
		return struct{}{}, err
	}))
}

// expect waits for calls of wait.
func (s *naps) expect(t *testing.T, ns ...uint32) {
	t.Helper()
	for _, n := range ns {
		select {
		case got := <-s.called:
			if got != n {
				t.Errorf("the guest waits for %d, want %d", got, n)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("the guest does not wait for %d", n)
		}
	}
}

// napProgram has component instances that nap; number 1 with the host's wait,
// those after it each with the nap of the one before, and the last one with
// nothing to wait for.
func napProgram(t testing.TB, n int) *program {
	names := []string{"root"}
	for i := range n + 1 {
		names = append(names, fmt.Sprintf("root/%d", i))
	}
	p := newProgram(t, names...)
	wait := p.imported("test:nap/nap", "wait", fn(none, u32))
	for i := range n {
		sub := i + 1
		lowered := lower("h", "wait", sub, wait, memoryless)
		if i > 0 {
			lowered = lower("h", "nap", sub, lift(i, i-1, "nap", fn(u32, u32), memoryless), memoryless)
			p.module(sub, `(module
			  (import "h" "nap" (func $nap (param i32) (result i32)))
			  (func (export "nap") (param i32) (result i32) (call $nap (local.get 0))))`, lowered)
		} else {
			p.module(sub, napModule, lowered)
		}
		p.export(fmt.Sprintf("nap-%d", sub), lift(sub, i, "nap", fn(u32, u32), memoryless))
	}
	m := p.module(n+1, addModule2)
	p.export("add", lift(n+1, m, "add", fn(u32, u32, u32), memoryless))
	p.export("peek", lift(1, 0, "peek", fn(u32), memoryless))
	return p
}

const addModule2 = `(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))`

type answer struct {
	n   uint32
	err error
}

// async makes a call on a goroutine of its own.
func async[P any](f *ExportFunc[P, uint32], ctx context.Context, in *Instance, p P) <-chan answer {
	ch := make(chan answer, 1)
	go func() {
		n, err := f.Call(ctx, in, p)
		ch <- answer{n, err}
	}()
	return ch
}

func (s *naps) answered(t *testing.T, ch <-chan answer, want uint32) {
	t.Helper()
	select {
	case a := <-ch:
		if a.n != want || a.err != nil {
			t.Errorf("answer %d, %v, want %d", a.n, a.err, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("no answer, want %d", want)
	}
}

// A component instance that blocks leaves the others alone, and calls of it,
// direct ones and through others, wait in line.
func TestBlock(t *testing.T) {
	checkGoroutines(t)
	s := newNaps()
	pre := napProgram(t, 2).link(s.define)
	if fmt.Sprint(pre.blocks) != "[false true true false]" {
		t.Errorf("may block: %v", pre.blocks)
	}
	if n := len(pre.steps[1].host); n != 1 {
		t.Errorf("%d imports go through the host: the call of what blocks must", n)
	}
	in := instance(t, pre)
	ctx := context.Background()
	nap, outer := export[single, uint32](t, pre, "nap-1"), export[single, uint32](t, pre, "nap-2")
	add := export[pair, uint32](t, pre, "add")
	first := async(outer, ctx, in, single{1})
	s.expect(t, 1)
	lined := []<-chan answer{async(nap, ctx, in, single{2})}
	waitLine(t, in, 1, 1)
	lined = append(lined, async(outer, ctx, in, single{3}))
	waitLine(t, in, 2, 1)
	lined = append(lined, async(nap, ctx, in, single{4}))
	waitLine(t, in, 1, 2)
	for i := range uint32(3) {
		if n, err := add.Call(ctx, in, pair{i, 1}); n != i+1 || err != nil {
			t.Errorf("add beside: %d, %v", n, err)
		}
	}
	if in.Idle() {
		t.Error("idle while a guest waits")
	}
	for _, n := range []uint32{4, 3, 2} { // whose turn has not come
		s.get(n).set()
	}
	s.get(1).set()
	s.answered(t, first, 2)
	s.answered(t, lined[0], 3)
	s.answered(t, lined[2], 5)
	s.answered(t, lined[1], 4)
	s.expect(t, 2, 4, 3) // 3 waited for another instance first
	checkEmpty(t, in)
}

// waitLine waits until so many wait in line for a component instance.
func waitLine(t *testing.T, in *Instance, sub, want int) {
	t.Helper()
	for range 1000 {
		n := 0
		in.onDriver(func() { n = len(in.subs[sub].gate.line) })
		if n == want {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("not %d in line for component instance %d", want, sub)
}

// What ends the instance ends what is paused and what waits in line.
func TestBlockEnds(t *testing.T) {
	checkGoroutines(t)
	for _, how := range []string{"close", "trap", "cancel"} {
		s := newNaps()
		pre := napProgram(t, 2).link(s.define)
		in := instance(t, pre)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		nap, outer := export[single, uint32](t, pre, "nap-1"), export[single, uint32](t, pre, "nap-2")
		first := async(outer, context.Background(), in, single{13})
		s.expect(t, 13)
		second := async(nap, ctx, in, single{2})
		waitLine(t, in, 1, 1)
		switch how {
		case "close":
			if err := in.Close(context.Background()); err != nil {
				t.Error(err)
			}
			for _, ch := range []<-chan answer{first, second} {
				if a := <-ch; !errors.Is(a.err, ErrClosed) {
					t.Errorf("closed: %v", a.err)
				}
			}
		case "trap":
			s.get(13).set()
			for _, ch := range []<-chan answer{first, second} {
				if a := <-ch; a.err == nil || !strings.Contains(a.err.Error(), "unlucky") {
					t.Errorf("trap: %v", a.err)
				}
			}
		case "cancel": // of a call in line, which leaves it
			cancel()
			if a := <-second; !errors.Is(a.err, context.Canceled) {
				t.Errorf("cancelled: %v", a.err)
			}
			waitLine(t, in, 1, 0)
			third := async(nap, context.Background(), in, single{3})
			waitLine(t, in, 1, 1)
			s.get(3).set()
			in.Close(context.Background())
			if a := <-first; !errors.Is(a.err, ErrClosed) {
				t.Errorf("closed: %v", a.err)
			}
			if a := <-third; !errors.Is(a.err, ErrClosed) {
				t.Errorf("closed: %v", a.err)
			}
		}
		if n := len(s.get(13).notify); n != 0 {
			t.Errorf("%s: %d still want to be told", how, n)
		}
	}
}

// A trap in one component instance ends what waits in another.
func TestTrapBeside(t *testing.T) {
	checkGoroutines(t)
	s := newNaps()
	p := newProgram(t, "root", "root/0", "root/1")
	wait := p.imported("test:nap/nap", "wait", fn(none, u32))
	for sub := 1; sub <= 2; sub++ {
		m := p.module(sub, napModule, lower("h", "wait", sub, wait, memoryless))
		p.export(fmt.Sprintf("nap-%d", sub), lift(sub, m, "nap", fn(u32, u32), memoryless))
	}
	pre := p.link(s.define)
	in := instance(t, pre)
	a := async(export[single, uint32](t, pre, "nap-1"), context.Background(), in, single{1})
	s.expect(t, 1)
	b := async(export[single, uint32](t, pre, "nap-2"), context.Background(), in, single{13})
	s.expect(t, 13)
	s.get(13).set()
	for _, ch := range []<-chan answer{a, b} {
		if a := <-ch; a.err == nil || !strings.Contains(a.err.Error(), "unlucky") {
			t.Errorf("got %v", a.err)
		}
	}
}

// An interruptible guest is interrupted where it waits, too.
func TestInterruptPaused(t *testing.T) {
	checkGoroutines(t)
	s := newNaps()
	pre := napProgram(t, 2).linkWith(Config{Interruptible: true}, s.define)
	in := instance(t, pre)
	ctx, cancel := context.WithCancel(context.Background())
	first := async(export[single, uint32](t, pre, "nap-2"), ctx, in, single{1})
	s.expect(t, 1)
	cancel()
	if a := <-first; !errors.Is(a.err, errInterrupted) {
		t.Errorf("got %v", a.err)
	}
}

// While a component instance with tasks is paused it is not polled; a caller
// is not kept by what it drove for others.
func TestBlockBesideTasks(t *testing.T) {
	checkGoroutines(t)
	s := newNaps()
	p := relayProgramOf(newProgram(t, "root", "root/0"), u32, chained)
	p.prog.Instances = append(p.prog.Instances, p.prog.Instances[1])
	wait := p.imported("test:nap/nap", "wait", fn(none, u32))
	m := p.module(2, napModule, lower("h", "wait", 2, wait, memoryless))
	p.export("nap", lift(2, m, "nap", fn(u32, u32), memoryless))
	later := make(chan *Completion[uint32], 10)
	pre := p.link(func(l *Linker) {
		s.define(l)
		defineFetch(func(_ *Call, p single, done *Completion[uint32]) error {
			later <- done
			return nil
		})(l)
	})
	in := instance(t, pre)
	ctx := context.Background()
	get, nap := export[single, uint32](t, pre, "get"), export[single, uint32](t, pre, "nap")
	got := async(get, ctx, in, single{5})
	done := <-later
	waitParked(t, in, 1)
	napping := async(nap, ctx, in, single{1}) // may be driven by the first caller
	s.expect(t, 1)
	done.Resolve(6)
	s.answered(t, got, 6)
	second := async(get, ctx, in, single{7})
	(<-later).Resolve(8)
	s.answered(t, second, 8)
	s.get(1).set()
	s.answered(t, napping, 2)
	checkEmpty(t, in)
}

// waitParked waits until so many calls wait without driving.
func waitParked(t *testing.T, in *Instance, want int) {
	t.Helper()
	for range 1000 {
		n := 0
		in.drv.mu.Lock()
		for o := in.drv.parked.first; o != nil; o = o.next {
			n++
		}
		in.drv.mu.Unlock()
		if n == want {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("not %d calls wait", want)
}

// Many guests wait and are woken in random order.
func TestBlockAtRandom(t *testing.T) {
	checkGoroutines(t)
	const subs, calls = 5, 2000
	p := newProgram(t, "root", "root/0", "root/1", "root/2", "root/3", "root/4")
	wait := p.imported("test:nap/nap", "wait", fn(none, u32))
	for sub := 1; sub <= subs; sub++ {
		m := p.module(sub, napModule, lower("h", "wait", sub, wait, memoryless))
		p.export(fmt.Sprintf("nap-%d", sub), lift(sub, m, "nap", fn(u32, u32), memoryless))
	}
	s := newNaps()
	pre := p.link(s.define)
	in := instance(t, pre)
	var fs []*ExportFunc[single, uint32]
	for sub := 1; sub <= subs; sub++ {
		fs = append(fs, export[single, uint32](t, pre, fmt.Sprintf("nap-%d", sub)))
	}
	go func() {
		rnd := rand.New(rand.NewPCG(1, 2))
		var open []uint32
		for range calls {
			open = append(open, <-s.called)
			for len(open) > 0 && (len(s.called) == 0 || rnd.IntN(3) == 0) {
				i := rnd.IntN(len(open))
				n := open[i]
				open = append(open[:i], open[i+1:]...)
				if rnd.IntN(8) == 0 {
					runtime.Gosched()
				}
				s.get(n).set()
			}
		}
		for _, n := range open {
			s.get(n).set()
		}
	}()
	var wg sync.WaitGroup
	for w := range 20 {
		wg.Go(func() {
			for i := range calls / 20 {
				n := uint32(100 + w*calls + i)
				if got, err := fs[(w+i)%subs].Call(context.Background(), in, single{n}); got != n+1 || err != nil {
					t.Errorf("nap %d: %d, %v", n, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
	checkEmpty(t, in)
}

// Destructors of a component instance that is paused wait in line, too.
func TestBlockDestructor(t *testing.T) {
	checkGoroutines(t)
	s := newNaps()
	p := newProgram(t, "root", "root/0")
	wait := p.imported("test:nap/nap", "wait", fn(none, u32))
	r := p.defined("thing", 1)
	m := p.module(1, napModule, lower("h", "wait", 1, wait, memoryless))
	maker := p.module(1, `(module
	  (import "r" "new" (func $new (param i32) (result i32)))
	  (func (export "make") (param i32) (result i32) (call $new (local.get 0))))`, newOf("r", "new", 1, r))
	p.dtor(r, core(m, "drop"))
	p.export("nap", lift(1, m, "nap", fn(u32, u32), memoryless))
	p.export("make", lift(1, maker, "make", fn(handle(abi.Own, r), u32), memoryless))
	pre := p.link(s.define)
	in := instance(t, pre)
	ctx := context.Background()
	nap := export[single, uint32](t, pre, "nap")
	thing, err := export[single, Ref](t, pre, "make").Call(ctx, in, single{2})
	if err != nil {
		t.Fatal(err)
	}
	first := async(nap, ctx, in, single{1})
	s.expect(t, 1)
	dropped := make(chan error, 1)
	go func() { dropped <- in.DropRef(thing) }()
	waitLine(t, in, 1, 1)
	s.get(1).set()
	s.answered(t, first, 2)
	s.expect(t, 2) // in the destructor
	s.get(2).set()
	if err := <-dropped; err != nil {
		t.Error(err)
	}
	checkEmpty(t, in)
}

// What is in a composite may be entered while something else in it is paused,
// though the composite must not be entered twice by calls that run.
func TestBlockInComposite(t *testing.T) {
	checkGoroutines(t)
	s := newNaps()
	p := newProgram(t, "root", "root/0", "root/0/0", "root/0/1", "root/1")
	p.prog.Instances[2].Parent, p.prog.Instances[3].Parent = 1, 1
	// A parent that calls a child which calls it: its children are watched.
	square := p.module(0, addModule2)
	child := p.module(4, addModuleOf, lower("h", "add", 4, lift(0, square, "add", fn(u32, u32, u32), memoryless), memoryless))
	p.module(0, addModuleOf, lower("h", "add", 0, lift(4, child, "add", fn(u32, u32, u32), memoryless), memoryless))
	wait := p.imported("test:nap/nap", "wait", fn(none, u32))
	m := p.module(2, napModule, lower("h", "wait", 2, wait, memoryless))
	p.export("nap", lift(2, m, "nap", fn(u32, u32), memoryless))
	m = p.module(3, addModule2)
	p.export("add", lift(3, m, "add", fn(u32, u32, u32), memoryless))
	pre := p.link(s.define)
	in := instance(t, pre)
	add := export[pair, uint32](t, pre, "add")
	if add.start.enters == nil {
		t.Error("the composite is not watched")
	}
	napping := async(export[single, uint32](t, pre, "nap"), context.Background(), in, single{1})
	s.expect(t, 1)
	if n, err := add.Call(context.Background(), in, pair{1, 2}); n != 3 || err != nil {
		t.Errorf("beside it: %d, %v", n, err)
	}
	s.get(1).set()
	s.answered(t, napping, 2)
	checkEmpty(t, in)
}

const addModuleOf = `(module
  (import "h" "add" (func $add (param i32 i32) (result i32)))
  (func (export "add") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1))))`

// Calls of what imports a known blocking function are compiled once.
func TestLooksBlocking(t *testing.T) {
	for path, want := range map[string]bool{
		"wasi:io/poll@0.2.0/poll":                                              true,
		"wasi:io/poll@0.2.6/[method]pollable.block":                            true,
		"wasi:io/poll@0.2.6/[method]pollable.ready":                            false,
		"wasi:io/streams@0.2.0/[method]output-stream.blocking-write-and-flush": true,
		"wasi:io/streams@0.2.0/[method]output-stream.write":                    false,
		"isyswasfa:bridge/bridge/wait":                                         true,
		"wasi:clocks/monotonic-clock@0.2.0/subscribe-duration":                 false,
	} {
		i := strings.LastIndex(path, "/")
		if got := looksBlocking([]string{path[:i], path[i+1:]}); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	p := newProgram(t, "root", "root/0", "root/1")
	wait := p.imported(bridgeInterface, "wait", fn(none, u32))
	m := p.module(1, napModule, lower("h", "wait", 1, wait, memoryless))
	p.module(2, `(module (import "h" "nap" (func $nap (param i32) (result i32))))`,
		lower("h", "nap", 2, lift(1, m, "nap", fn(u32, u32), memoryless), memoryless))
	pre := p.link(func(l *Linker) {
		l.Instance(bridgeInterface).Func("wait", BlockingFunc(func(*Call, single) (struct{}, error) { return struct{}{}, nil }))
	})
	if &pre.steps[0] != &pre.c.steps[0] || len(pre.steps[1].host) != 1 {
		t.Error("the caller was compiled again, or calls directly")
	}
}
