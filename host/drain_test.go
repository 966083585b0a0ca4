package host

import (
	"context"
	"errors"
	"testing"
	"time"
)

// refused checks that a call was answered before it began.
func refused(t *testing.T, ch <-chan answer, why error) {
	t.Helper()
	select {
	case a := <-ch:
		if refused := (*RefusedError)(nil); !errors.As(a.err, &refused) || !errors.Is(a.err, why) {
			t.Errorf("%v, want it refused with %v", a.err, why)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the call still waits")
	}
}

func sharedInstance(t *testing.T, pre *InstancePre) *Instance {
	t.Helper()
	in, err := pre.Instantiate(context.Background(), InstanceConfig{Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(context.Background()) })
	return in
}

// An instance whose guest does not return is drained: calls that wait for it
// are refused at once, and the guest may come to its end.
func TestDrain(t *testing.T) {
	checkGoroutines(t)
	entered, leave := make(chan bool), make(chan bool)
	pre := addProgram(t).link(defineTwice(func(c *Call, p single) (uint32, error) {
		entered <- true
		<-leave
		return 2 * p.A, nil
	}))
	add := export[pair, uint32](t, pre, "add")
	in := sharedInstance(t, pre)
	if computing, blocking := in.AtWork(); computing != 0 || blocking != 0 {
		t.Errorf("an instance at rest has been at work for %v, %v", computing, blocking)
	}
	first := async(add, t.Context(), in, pair{1, 2})
	<-entered
	if computing, blocking := in.AtWork(); computing == 0 || blocking != 0 {
		t.Errorf("at work for %v, %v", computing, blocking)
	}
	second, third := async(add, t.Context(), in, pair{1, 2}), async(add, t.Context(), in, pair{1, 2})
	waitParked(t, in, 2)
	in.Drain()
	refused(t, second, errDrained)
	refused(t, third, errDrained)
	refused(t, async(add, t.Context(), in, pair{1, 2}), errDrained)
	close(leave)
	if a := <-first; a.n != 6 || a.err != nil {
		t.Errorf("%d, %v", a.n, a.err)
	}
	checkEmpty(t, in)
	refused(t, async(add, t.Context(), in, pair{1, 2}), errDrained)
	if computing, _ := in.AtWork(); computing != 0 {
		t.Errorf("at work for %v at the end", computing)
	}
	if err := in.Err(); err != nil {
		t.Error(err)
	}
}

// Calls in line for a component instance that blocks are refused; what blocks
// goes on, and so do its calls of others.
func TestDrainBlocked(t *testing.T) {
	checkGoroutines(t)
	s := newNaps()
	pre := napProgram(t, 2).link(s.define)
	outer, inner := export[single, uint32](t, pre, "nap-2"), export[single, uint32](t, pre, "nap-1")
	in := sharedInstance(t, pre)
	first := async(outer, t.Context(), in, single{1})
	s.expect(t, 1)
	second, third := async(outer, t.Context(), in, single{2}), async(inner, t.Context(), in, single{3})
	waitParked(t, in, 2) // the goroutine of the first has its stack
	in.Drain()
	refused(t, second, errDrained)
	refused(t, third, errDrained)
	for _, late := range []*ExportFunc[single, uint32]{outer, inner} {
		refused(t, async(late, t.Context(), in, single{4}), errDrained)
	}
	for {
		computing, blocking := in.AtWork()
		if computing == 0 && blocking > 0 {
			break // it may just be looked at
		}
		time.Sleep(time.Millisecond)
	}
	s.get(1).set()
	s.answered(t, first, 2)
	checkEmpty(t, in)
}

// Calls that wait when the instance fails or is closed are refused; those that
// have begun fail.
func TestRefusedByFailure(t *testing.T) {
	checkGoroutines(t)
	s := newNaps()
	pre := napProgram(t, 1).link(s.define)
	nap := export[single, uint32](t, pre, "nap-1")
	for _, unlucky := range []bool{true, false} {
		s.mu.Lock()
		clear(s.wakes)
		s.mu.Unlock()
		in := sharedInstance(t, pre)
		first := async(nap, t.Context(), in, single{13})
		s.expect(t, 13)
		second := async(nap, t.Context(), in, single{2})
		waitParked(t, in, 1)
		why := ErrClosed
		if unlucky {
			s.get(13).set()
			<-in.Context().Done()
			why = in.Err()
		} else {
			in.Close(context.Background())
		}
		refused(t, second, why)
		var refused *RefusedError
		if a := <-first; !errors.Is(a.err, why) || errors.As(a.err, &refused) {
			t.Errorf("the first call: %v", a.err)
		}
	}
}

// A shared instance outlives a cancelled call, although its engine may be
// interrupted, and ends when it is closed.
func TestSharedIsNotInterrupted(t *testing.T) {
	checkGoroutines(t)
	entered, leave := make(chan bool), make(chan bool)
	pre := addProgram(t).linkWith(Config{Interruptible: true}, defineTwice(func(c *Call, p single) (uint32, error) {
		entered <- true
		<-leave
		return 2 * p.A, nil
	}))
	add := export[pair, uint32](t, pre, "add")
	in := sharedInstance(t, pre)
	ctx, cancel := context.WithCancel(t.Context())
	first := async(add, ctx, in, pair{1, 2})
	<-entered
	cancel()
	time.Sleep(2 * interruptGrace)
	close(leave)
	if a := <-first; a.n != 6 || a.err != nil {
		t.Errorf("%d, %v", a.n, a.err)
	}

	pre = busyProgram(t).linkWith(Config{Interruptible: true}, func(l *Linker) {
		l.Instance("test:busy/host").Func("tick", Func(func(*Call, struct{}) (struct{}, error) { return struct{}{}, nil }))
	})
	spin := export[struct{}, struct{}](t, pre, "spin")
	in = sharedInstance(t, pre)
	ended := make(chan error)
	go func() {
		_, err := spin.Call(t.Context(), in, struct{}{})
		ended <- err
	}()
	for computing := time.Duration(0); computing == 0; computing, _ = in.AtWork() {
		time.Sleep(time.Millisecond)
	}
	in.Close(context.Background())
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}
