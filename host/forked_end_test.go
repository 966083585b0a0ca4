package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// A lender is a program whose callee blocks and gets a resource and a nap to
// take, from an async caller.
type lender struct {
	*chain
	naps
	in      *Instance
	use     *ExportFunc[lent, uint32]
	callee  int
	dropped int
	clumsy  bool // dropping a thing panics
}

type (
	lent struct {
		T *lentThing
		N uint32
	}
	lentThing struct{ l *lender }
)

func (v *lentThing) drop() {
	v.l.dropped++
	if v.l.clumsy {
		panic("clumsy")
	}
}

// newLender makes the relay of a forked function of a thing and a number, which
// answers what nap does.
func newLender(t *testing.T) *lender {
	return newLenderOf(t, u32, "(call $drop (local.get 0)) (i32.store (i32.const 4) (i32.add (local.get 1) (i32.const 1)))", relayModule)
}

// newLenderOf is newLender for another result, which answer stores at 4; nil
// stands for a thing and a character.
func newLenderOf(t *testing.T, of *abi.Type, answer, relay string) *lender {
	l := &lender{chain: newChain(t), naps: *newNaps()}
	res := l.resource("test:nap/nap", "thing")
	wait := l.imported("test:nap/nap", "wait", fn(none, u32))
	l.callee = l.add()
	m := l.module(l.callee, `(module
	  (import "h" "wait" (func $wait (param i32)))
	  (import "h" "drop" (func $drop (param i32)))
	  (memory (export "memory") 1)
	  (func (export "start") (param i32 i32) (result i32)
	    (call $wait (local.get 1))
	    `+answer+`
	    (i32.const 0))
	  (func (export "result") (param i32) (result i32) (unreachable)))`,
		lower("h", "wait", l.callee, wait, memoryless), drop("h", "drop", l.callee, res))
	own := handle(abi.Own, res)
	if of == nil {
		of = record(abi.Tuple, own, &abi.Type{Kind: abi.Char})
	}
	use := l.asyncOf(l.callee, m, "use", component.Options{Memory: core(m, "memory")}, of, own, u32)
	l.export("use"+startSuffix, use[0])
	l.export("use"+resultSuffix, use[1])
	sub, step := l.add(), len(l.prog.Steps)
	mem := memory(step)
	text := strings.Replace(relay, `"fetch-start" (func $fetch-start (param i32 i32))`, `"fetch-start" (func $fetch-start (param i32 i32 i32))`, 1)
	text = strings.Replace(text, `"get-start") (param $x i32)`, `"get-start") (param $x i32) (param $n i32)`, 1)
	text = strings.Replace(text, "(call $fetch-start (local.get $x) ", "(call $fetch-start (local.get $x) (local.get $n) ", 1)
	l.module(sub, text, lower("i", "make-task", sub, l.c.makeTask, mem), lower("i", "state", sub, l.c.state, mem),
		drop("i", "drop-cancel", sub, l.c.cancel), drop("i", "drop-ready", sub, l.c.ready),
		lower("h", "fetch-start", sub, use[0], mem), lower("h", "fetch-result", sub, use[1], mem))
	l.prog.Polls = append(l.prog.Polls, &component.PollFunc{Instance: sub, Name: "isyswasfa-poll", Func: lift(sub, step, "poll", l.c.poll, mem)})
	l.exportGet(l.asyncOf(sub, step, "get", mem, u32, own, u32))
	pre := l.link(func(k *Linker) {
		l.define(k)
		k.Instance("test:nap/nap").Resource("thing", NewResource("thing", func(_ *Instance, v *lentThing) { v.drop() }))
	})
	l.in = instance(t, pre)
	l.use = export[lent, uint32](t, pre, "get")
	return l
}

// call calls it with a thing.
func (l *lender) call(ctx context.Context, n uint32) <-chan answer {
	return async(l.use, ctx, l.in, lent{&lentThing{l}, n})
}

// gone checks that nothing waits for the sources any more, and that all things
// of the calls are dropped.
func (l *lender) gone(t *testing.T, calls int) {
	t.Helper()
	for n, w := range l.wakes {
		w.mu.Lock()
		if len(w.notify) > 0 {
			t.Errorf("somebody waits for %d", n)
		}
		w.mu.Unlock()
	}
	if l.dropped != calls {
		t.Errorf("%d things dropped, want %d", l.dropped, calls)
	}
}

// A deadline is a context whose deadline passes when the test says so.
type deadline struct {
	context.Context
	passed chan struct{}
}

func (d *deadline) Done() <-chan struct{} { return d.passed }

func (d *deadline) Err() error {
	select {
	case <-d.passed:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// TestForkedGivenUp gives calls up, by cancelling and by a deadline: one whose
// callee is paused goes on to its end, those in line leave it at once with what
// they own, and the instance is as good as before.
func TestForkedGivenUp(t *testing.T) {
	checkGoroutines(t)
	l := newLender(t)
	ctx, cancel := context.WithCancel(context.Background())
	first := l.call(ctx, 1)
	l.expect(t, 1)
	late := &deadline{context.Background(), make(chan struct{})}
	second := l.call(late, 2)
	waitLine(t, l.in, l.callee, 1)
	third := l.call(context.Background(), 3)
	waitLine(t, l.in, l.callee, 2)
	close(late.passed)
	if a := <-second; !errors.Is(a.err, context.DeadlineExceeded) {
		t.Errorf("%d, %v", a.n, a.err)
	}
	waitLine(t, l.in, l.callee, 1)
	l.in.onDriver(func() {
		if l.dropped != 1 {
			t.Errorf("%d things dropped with the call that left the line", l.dropped)
		}
	})
	cancel()
	if a := <-first; !errors.Is(a.err, context.Canceled) {
		t.Errorf("%d, %v", a.n, a.err)
	}
	l.get(1).set()
	l.expect(t, 3)
	l.get(3).set()
	l.answered(t, third, 4)
	checkEmpty(t, l.in)
	l.gone(t, 3)
	l.get(5).set()
	l.answered(t, l.call(context.Background(), 5), 6)
	l.gone(t, 4)
}

// A call of the host's that is given up leaves the line, too.
func TestLineGivenUp(t *testing.T) {
	checkGoroutines(t)
	l := newLender(t)
	first := l.call(context.Background(), 1)
	l.expect(t, 1)
	ctx, cancel := context.WithCancel(context.Background())
	second := async(export[lent, uint32](t, l.in.pre, "use"), ctx, l.in, lent{&lentThing{l}, 2})
	waitLine(t, l.in, l.callee, 1)
	cancel()
	if a := <-second; !errors.Is(a.err, context.Canceled) {
		t.Errorf("%d, %v", a.n, a.err)
	}
	waitLine(t, l.in, l.callee, 0)
	l.get(1).set()
	l.answered(t, first, 2)
	checkEmpty(t, l.in)
	l.gone(t, 2)
}

// A call that is given up before it is made drops what it owns, even if the
// instance is closed.
func TestGivenUpAtOnce(t *testing.T) {
	checkGoroutines(t)
	l := newLender(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for i := range 2 {
		if a := <-l.call(ctx, 1); !errors.Is(a.err, context.Canceled) {
			t.Errorf("%d, %v", a.n, a.err)
		}
		l.in.onDriver(func() { l.gone(t, i+1) })
		l.in.Close(context.Background())
	}
}

// TestForkedLost ends the instance while a callee is paused and others wait for
// it, by closing and by a trap of the callee: that discards the stack, and
// everybody gets the reason.
func TestForkedLost(t *testing.T) {
	for _, closing := range []bool{true, false} {
		checkGoroutines(t)
		l := newLender(t)
		calls := []<-chan answer{l.call(context.Background(), 13)}
		l.expect(t, 13)
		for i := range 3 {
			calls = append(calls, l.call(context.Background(), uint32(i)))
			waitLine(t, l.in, l.callee, i+1)
		}
		if closing {
			if err := l.in.Close(context.Background()); err != nil {
				t.Error(err)
			}
		} else {
			l.get(13).set()
		}
		calls = append(calls, l.call(context.Background(), 7)) // too late
		for i, ch := range calls {
			switch a := <-ch; {
			case closing && !errors.Is(a.err, ErrClosed):
				t.Errorf("call %d of a closed instance: %v", i, a.err)
			case !closing && (a.err == nil || !strings.HasSuffix(a.err.Error(), "host function test:nap/nap wait: unlucky")):
				t.Errorf("call %d after a trap: %v", i, a.err)
			}
		}
		if err := l.in.Close(context.Background()); err != nil {
			t.Error(err)
		}
		l.gone(t, 4) // the last one was not taken
		if s := l.in.Stats(); s != (InstanceStats{}) {
			t.Errorf("left over: %v", s)
		}
	}
}

// Destructors that panic do not keep an instance from its end.
func TestForkedLostClumsily(t *testing.T) {
	for _, closing := range []bool{true, false} {
		checkGoroutines(t)
		l := newLender(t)
		l.clumsy = true
		calls := []<-chan answer{l.call(context.Background(), 13)}
		l.expect(t, 13)
		for i := range 3 {
			calls = append(calls, l.call(context.Background(), uint32(i)))
			waitLine(t, l.in, l.callee, i+1)
		}
		if !closing {
			l.get(13).set()
			<-l.in.Context().Done()
		}
		if err := l.in.Close(context.Background()); err != nil {
			t.Error(err)
		}
		for i, ch := range calls {
			if a := <-ch; a.err == nil {
				t.Errorf("call %d: %d", i, a.n)
			}
		}
		l.gone(t, 4)
	}
}

// An answer that its caller does not wait for is dropped if it cannot be taken:
// as the callee gives only a part of it, or the caller has no room for it.
func TestForkedAnswersInVain(t *testing.T) {
	for _, c := range []struct {
		char, room int
		err        string
	}{
		{0xd800, 32, "0xd800"},
		{'x', -8, "0xfffffff8"},
	} {
		checkGoroutines(t)
		relay := strings.NewReplacer("$fetch-result (param i32) (result i32)", "$fetch-result (param i32 i32)",
			"(call $fetch-result (local.get $h))", fmt.Sprintf("(call $fetch-result (local.get $h) (i32.const %d)) (i32.const 0)", c.room)).Replace(relayModule)
		l := newLenderOf(t, nil, fmt.Sprintf("(i32.store (i32.const 4) (local.get 0)) (i32.store (i32.const 8) (i32.const %d))", c.char), relay)
		call := l.call(context.Background(), 1)
		l.expect(t, 1)
		l.in.Stats() // when the callee has paused, and its caller has gone on
		l.get(1).set()
		if a := <-call; a.err == nil || !strings.Contains(a.err.Error(), c.err) {
			t.Errorf("%d, %v", a.n, a.err)
		}
		l.in.Close(context.Background())
		l.gone(t, 1)
	}
}
