package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A stage runs the router with components that are scripts.
type stage struct {
	*testing.T
	in    *Instance
	names []string // of components, in poll order
	play  map[string]func() []pollOutput
	tasks map[*task]string
	trace []string
	text  bytes.Buffer // of an observer
	eager bool         // every component is polled in each round
}

// newStage makes a stage with components polled in the order of names.
func newStage(t *testing.T, names ...string) *stage {
	s := &stage{T: t, names: names, play: map[string]func() []pollOutput{}, tasks: map[*task]string{}}
	ctx, cancel := context.WithCancel(context.Background())
	s.in = &Instance{pre: &InstancePre{c: &Component{name: "test"}}, ctx: ctx, cancel: cancel}
	s.in.drv.role.Store(roleTaken) // the stage is the driver
	s.in.router.names, s.in.router.observer = names, NewTextObserver(&s.text)
	s.in.router.init(s, len(names))
	for i := range names {
		s.in.router.comps[i].polls = true
	}
	return s
}

func (s *stage) comp(name string) int { return slices.Index(s.names, name) }

func (s *stage) name(t *task, name string) *task {
	s.tasks[t] = name
	return t
}

// on sets what a poll with the given inputs does; without one it answers
// nothing.
func (s *stage) on(call string, f func() []pollOutput) { s.play[call] = f }

func (s *stage) poll(i int, in []pollInput) ([]pollOutput, error) {
	var ins, outs []string
	for _, e := range in {
		ins = append(ins, s.inputName(e))
	}
	call := fmt.Sprintf("%s[%s]", s.names[i], strings.Join(ins, " "))
	var out []pollOutput
	if f := s.play[call]; f != nil {
		out = f()
		delete(s.play, call)
	}
	for _, e := range out {
		outs = append(outs, s.outputName(e))
	}
	if len(outs) > 0 {
		call += " -> [" + strings.Join(outs, " ") + "]"
	}
	s.trace = append(s.trace, call)
	return out, nil
}

func (s *stage) inputName(e pollInput) string {
	switch e.Case {
	case inListening:
		return fmt.Sprintf("listening(%d,%s)", e.Listening.State, s.tasks[e.Listening.Task])
	case inReady:
		return fmt.Sprintf("ready(%d,%s)", e.Ready.State, s.tasks[e.Ready.Task])
	case inCancel:
		return fmt.Sprintf("cancel(%d,%s)", e.Cancel.State, s.tasks[e.Cancel.Task])
	}
	return fmt.Sprintf("cancel-complete(%d)", e.CancelComplete)
}

func (s *stage) outputName(e pollOutput) string {
	switch e.Case {
	case outReady:
		return fmt.Sprintf("ready(%d,%s)", e.Ready.State, s.tasks[e.Ready.Task])
	case outListen:
		return fmt.Sprintf("listen(%d,%s)", e.Listen.State, s.tasks[e.Listen.Task])
	case outPending:
		return fmt.Sprintf("pending(%d,%s)", e.Pending.State, s.tasks[e.Pending.Task])
	case outCancel:
		return fmt.Sprintf("cancel(%s)", s.tasks[e.Cancel])
	}
	return fmt.Sprintf("cancel-complete(%s)", s.tasks[e.CancelComplete])
}

func (s *stage) mayEnter(int) bool { return true }

func (s *stage) resume(o *op, t *task) {
	s.trace = append(s.trace, "result "+s.tasks[t])
	t.released(readyHandle)
	o.finish(nil)
}

// settle runs until nothing is left to do.
func (s *stage) settle() {
	for {
		if s.eager && s.in.router.work.n > 0 {
			for i := range s.names {
				s.in.router.enter(i)
			}
		}
		if w := s.in.drv.take(); w != nil {
			w.run(s.in)
		} else if !s.in.step() {
			return
		}
	}
}

// want compares the trace so far and forgets it.
func (s *stage) want(lines ...string) {
	s.Helper()
	if d := cmp.Diff(lines, s.trace); d != "" {
		s.Errorf("trace (-want +got):\n%s", d)
	}
	s.trace = nil
}

// empty checks that nothing is left over.
func (s *stage) empty() {
	s.Helper()
	if got := s.in.router.stats(); got != (InstanceStats{}) {
		s.Errorf("left over: %v", got)
	}
	if !s.in.router.idle() {
		s.Error("the router is not idle")
	}
	if s.in.trap != nil {
		s.Error(s.in.trap)
	}
	if len(s.play) > 0 {
		s.Errorf("never called: %v", s.play)
	}
}

// An event is a PollSource that tests fire.
type event struct {
	fired   bool
	wakes   []func()
	stopped int
}

func (e *event) Ready() bool { return e.fired }
func (e *event) Notify(wake func()) func() {
	e.wakes = append(e.wakes, wake)
	return func() { e.stopped++ }
}
func (e *event) fire() {
	e.fired = true
	for _, wake := range e.wakes {
		wake()
	}
}

// wait is block-isyswasfa-start for something not ready.
func (s *stage) wait(e *event, name string) *task {
	t := s.in.router.newTask(waitTask, 0)
	t.src = e
	t.watch(s.in)
	s.in.router.started(t)
	return s.name(t, name)
}

// host is the start of an async host function.
func (s *stage) host(name string) (*task, *hostWork) {
	w := &hostWork{in: s.in}
	t, _ := w.pend(func() *task { return s.in.router.newTask(hostTask, 0) })
	t.work, t.fn = w, "host function"
	s.in.router.started(t)
	return s.name(t, name), w
}

// makeTask is make-task by a component.
func (s *stage) makeTask(comp, name string) *task {
	t, err := s.in.router.makeTask(s.comp(comp))
	if err != nil {
		s.Fatal(err)
	}
	return s.name(t, name)
}

// enter is a call into a component from outside.
func (s *stage) enter(comp string) { s.in.router.enter(s.comp(comp)) }

// await is the host that waits for what a start function answered.
func (s *stage) await(t *task) *op {
	o := &op{in: s.in}
	s.in.router.awaitTask(o, t)
	return o
}

// take is the result function of a host task or wait, called by its listener,
// which then drops its cancel handle.
func (s *stage) take(t *task, kind taskKind) {
	s.Helper()
	if err := t.take(kind); err != nil {
		s.Error(err)
	}
	t.released(readyHandle)
	t.released(cancelHandle)
}

// result is the result function of a component's task.
func (s *stage) result(comp string, t *task) {
	s.Helper()
	s.enter(comp)
	if _, err := t.ownersState(s.comp(comp)); err != nil {
		s.Error(err)
	}
	t.released(readyHandle)
}

func outs(o ...pollOutput) []pollOutput { return o }

func oReady(state uint32, t *task) pollOutput {
	return pollOutput{Case: outReady, Ready: stateHandle{state, t}}
}
func oListen(state uint32, t *task) pollOutput {
	return pollOutput{Case: outListen, Listen: stateHandle{state, t}}
}
func oPending(state uint32, t *task) pollOutput {
	return pollOutput{Case: outPending, Pending: stateHandle{state, t}}
}
func oCancel(t *task) pollOutput { return pollOutput{Case: outCancel, Cancel: t} }
func oCancelComplete(t *task) pollOutput {
	return pollOutput{Case: outCancelComplete, CancelComplete: t}
}

// A cancel that crosses the ready of the same task is dropped.
func TestRouteCancelCrossesReady(t *testing.T) {
	s := newStage(t, "A", "B")
	t1, work := s.host("T1")
	t2 := s.makeTask("B", "T2")
	e := &event{}
	t3 := s.wait(e, "T3")
	s.enter("A")
	s.enter("B")
	s.on("A[]", func() []pollOutput { return outs(oListen(1, t1), oListen(2, t2), oListen(3, t3)) })
	s.on("B[]", func() []pollOutput { return outs(oPending(20, t2)) })
	s.settle()
	s.want("A[] -> [listen(1,T1) listen(2,T2) listen(3,T3)]", "B[] -> [pending(20,T2)]",
		"A[listening(1,T1) listening(3,T3) listening(2,T2)]")

	s.on("A[ready(3,T3)]", func() []pollOutput {
		s.take(t3, waitTask)
		work.settle(nil, nil) // too late for the cancel, which wins
		return outs(oCancel(t1))
	})
	e.fire()
	s.settle()
	s.want("A[ready(3,T3)] -> [cancel(T1)]", "A[cancel-complete(1)]")

	s.enter("A")
	s.enter("B")
	s.on("A[]", func() []pollOutput { return nil })
	s.on("B[]", func() []pollOutput { return outs(oReady(21, t2)) })
	s.settle()
	s.want("A[]", "B[] -> [ready(21,T2)]", "A[ready(2,T2)]")
	// A has the ready handle, but had asked to cancel. B learns that nobody
	// wants the result.
	s.enter("A")
	s.on("A[]", func() []pollOutput {
		t2.released(readyHandle)
		return outs(oCancel(t2))
	})
	s.on("B[cancel(20,T2)]", func() []pollOutput { return outs(oCancelComplete(t2)) })
	s.settle()
	s.want("A[] -> [cancel(T2)]", "B[cancel(20,T2)] -> [cancel-complete(T2)]")
	s.empty()
}

// B has finished before it sees the cancellation, and throws the result away:
// the listener, a component or the host, gets no handle that is worth anything.
func TestRouteCancelFindsReady(t *testing.T) {
	s := newStage(t, "A", "B")
	t1, t2 := s.makeTask("B", "T1"), s.makeTask("B", "T2")
	s.enter("A")
	s.enter("B")
	op := s.await(t2)
	s.on("A[]", func() []pollOutput { return outs(oListen(1, t1)) })
	s.on("B[]", func() []pollOutput { return outs(oPending(2, t1), oPending(3, t2)) })
	_, work := s.host("T3") // something outside, so that it is no deadlock
	s.settle()
	s.trace = nil
	op.abandoned.Store(true)
	s.in.router.cancelOp(op)
	s.enter("A")
	s.on("A[]", func() []pollOutput { return outs(oCancel(t1)) })
	s.on("B[cancel(3,T2) cancel(2,T1)]", func() []pollOutput {
		return outs(oReady(4, t1), oReady(5, t2), oCancelComplete(t2), oCancelComplete(t1))
	})
	s.on("A[ready(1,T1)]", func() []pollOutput {
		t1.released(readyHandle)
		return nil
	})
	s.settle()
	s.want("A[] -> [cancel(T1)]", "B[cancel(3,T2) cancel(2,T1)] -> [ready(4,T1) ready(5,T2) cancel-complete(T2) cancel-complete(T1)]",
		"A[ready(1,T1)]")
	work.task.released(pendingHandle)
	s.empty()
}

// A task may be ready before anybody listens.
func TestRouteReadyFirst(t *testing.T) {
	s := newStage(t, "A", "B")
	t1, work := s.host("T1")
	t2 := s.makeTask("B", "T2")
	work.settle(nil, nil)
	s.enter("B")
	s.on("B[]", func() []pollOutput { return outs(oPending(20, t2), oReady(21, t2)) })
	s.settle()
	s.want("B[] -> [pending(20,T2) ready(21,T2)]")
	s.enter("A")
	s.on("A[]", func() []pollOutput { return outs(oListen(1, t1), oListen(2, t2)) })
	s.on("A[ready(1,T1) ready(2,T2)]", func() []pollOutput {
		if err := t1.take(hostTask); err != nil {
			t.Error(err)
		}
		t1.released(readyHandle)
		s.result("B", t2)
		return nil
	})
	s.settle()
	s.want("A[] -> [listen(1,T1) listen(2,T2)]", "A[ready(1,T1) ready(2,T2)]", "B[]")

	// The same for the host: a second call whose task was ready during the
	// first one.
	t3 := s.makeTask("A", "T3")
	s.enter("A")
	s.on("A[]", func() []pollOutput { return outs(oPending(3, t3), oReady(4, t3)) })
	s.settle()
	op := s.await(t3)
	s.settle()
	s.want("A[] -> [pending(3,T3) ready(4,T3)]", "result T3")
	if !op.done {
		t.Error("the call did not end")
	}
	s.empty()
}

// Waits and host functions whose handles are dropped are cancelled; two waits
// for one thing both end.
func TestRouteDrop(t *testing.T) {
	s := newStage(t, "A")
	e := &event{}
	t1 := s.wait(e, "T1")
	t1.released(pendingHandle)
	if e.stopped != 1 {
		t.Errorf("stopped %d times", e.stopped)
	}
	t2, work := s.host("T2")
	t2.released(pendingHandle)
	if work.settle(nil, nil) {
		t.Error("a result nobody can take was accepted")
	}
	s.settle()
	s.empty()
}

// The host cancels a call: before the guest has told its number, after, and
// when the guest finishes all the same.
func TestRouteHostCancel(t *testing.T) {
	s := newStage(t, "A")
	t1 := s.makeTask("A", "T1")
	s.enter("A")
	op := s.await(t1)
	op.abandoned.Store(true)
	s.in.router.cancelOp(op)
	s.on("A[]", func() []pollOutput { return outs(oPending(1, t1)) })
	s.on("A[cancel(1,T1)]", func() []pollOutput {
		t1.released(readyHandle)
		return outs(oCancelComplete(t1))
	})
	s.settle()
	s.want("A[] -> [pending(1,T1)]", "A[cancel(1,T1)] -> [cancel-complete(T1)]")
	s.empty()

	t2 := s.makeTask("A", "T2")
	s.enter("A")
	op = s.await(t2)
	_, work := s.host("T3") // something outside, so that it is no deadlock
	s.on("A[]", func() []pollOutput { return outs(oPending(2, t2)) })
	s.settle()
	op.abandoned.Store(true)
	s.in.router.cancelOp(op)
	s.on("A[cancel(2,T2)]", func() []pollOutput {
		t2.released(cancelHandle)
		return outs(oReady(3, t2))
	})
	s.settle()
	s.want("A[] -> [pending(2,T2)]", "A[cancel(2,T2)] -> [ready(3,T2)]", "result T2")
	work.task.released(pendingHandle)
	s.empty()
}

// Three calls wait for tasks of A: one for nothing outside, one for two tasks
// of B, of which one waits for C, and one for a task that A waits for in a poll.
func TestRouteDeadlock(t *testing.T) {
	s := newStage(t, "A", "B", "C")
	start := func(comp, fn string, by caller) *task {
		outer := s.in.router.beginStart(s.comp(comp), fn+startSuffix, by)
		t := s.makeTask(comp, fn)
		s.in.router.endStart(s.comp(comp), outer)
		s.enter(comp)
		return t
	}
	outside := caller{comp: -1}
	a1, a2, a3 := start("A", "a1", outside), start("A", "a2", outside), start("A", "a3", outside)
	by := caller{s.comp("A"), a2.id}
	b1, b2 := start("B", "b1", by), start("B", "b2", by)
	c1 := start("C", "c1", caller{s.comp("B"), b1.id})
	s.on("A[]", func() []pollOutput {
		a4 := start("B", "b3", caller{comp: s.comp("A")}) // nobody knows for which task
		return outs(oPending(1, a1), oListen(2, b1), oListen(3, b2), oPending(4, a2), oPending(5, a3), oListen(6, a4))
	})
	s.on("B[]", func() []pollOutput { return outs(oListen(1, c1), oPending(2, b1), oPending(3, b2)) })
	s.on("C[]", func() []pollOutput { return outs(oPending(1, c1)) })
	ops := []*op{s.await(a1), s.await(a2), s.await(a3)}
	s.settle()
	lines := []string{
		"a1 of component instance A waits, and so does its component for b3 of component instance B",
		"a2 of component instance A waits for b1 of component instance B; b2 of component instance B",
		"a3 of component instance A waits, and so does its component for b3 of component instance B",
	}
	for i, o := range ops {
		want := "guest task is pending with no pending host tasks: " + lines[i] + "; 3 calls wait in all: " + strings.Join(lines, "; ")
		if !o.done || !errors.Is(o.err, errDeadlock) || o.err.Error() != want {
			t.Errorf("op done %v:\n got %v\nwant %s", o.done, o.err, want)
		}
	}

	// A chain.
	s = newStage(t, "A", "B", "C")
	a1 = start("A", "a1", outside)
	b1 = start("B", "b1", caller{s.comp("A"), a1.id})
	c1 = start("C", "c1", caller{s.comp("B"), b1.id})
	s.on("A[]", func() []pollOutput { return outs(oListen(1, b1), oPending(2, a1)) })
	s.on("B[]", func() []pollOutput { return outs(oListen(3, c1), oPending(4, b1)) })
	s.on("C[]", func() []pollOutput { return outs(oPending(5, c1)) })
	for _, c := range []struct {
		call string
		task *task
		out  pollOutput
	}{
		{"A[cancel(2,a1)]", a1, oCancel(b1)},
		{"B[cancel(4,b1)]", b1, oCancel(c1)},
		{"C[cancel(5,c1)]", c1, oCancelComplete(c1)},
		{"B[cancel-complete(3)]", nil, oCancelComplete(b1)},
		{"A[cancel-complete(1)]", nil, oCancelComplete(a1)},
	} {
		s.on(c.call, func() []pollOutput {
			if c.task != nil {
				c.task.released(readyHandle)
			}
			return outs(c.out)
		})
	}
	op := s.await(a1)
	s.settle()
	want := "guest task is pending with no pending host tasks: a1 of component instance A waits for b1 of component instance B," +
		" which waits for c1 of component instance C, which waits for nothing outside its component"
	if !op.done || op.err == nil || op.err.Error() != want {
		t.Errorf("op done %v:\n got %v\nwant %s", op.done, op.err, want)
	}
	s.empty()
}

// Events that break the protocol trap.
func TestRouteErrors(t *testing.T) {
	for name, script := range map[string]func(s *stage) pollOutput{
		"ready of a host task":  func(s *stage) pollOutput { t, _ := s.host("T"); return oReady(1, t) },
		"ready of another's":    func(s *stage) pollOutput { return oReady(1, s.makeTask("B", "T")) },
		"pending of another's":  func(s *stage) pollOutput { return oPending(1, s.makeTask("B", "T")) },
		"cancel-complete unbid": func(s *stage) pollOutput { return oCancelComplete(s.makeTask("A", "T")) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "A", "B")
			s.enter("A")
			s.on("A[]", func() []pollOutput { return outs(script(s)) })
			s.settle()
			if s.in.trap == nil || !strings.Contains(s.in.trap.Error(), "isyswasfa protocol") {
				t.Errorf("got %v", s.in.trap)
			}
		})
	}
}
