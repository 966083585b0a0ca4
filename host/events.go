package host

import (
	"fmt"
	"slices"
)

// output is one event from the poll function of component i. The handle in it
// was moved out of the component's table: it is in hand.
func (r *router) output(i int, o pollOutput) error {
	var err error
	switch o.Case {
	case outReady:
		err = r.outReady(i, o.Ready.State, o.Ready.Task)
	case outListen:
		err = r.outListen(i, o.Listen.State, o.Listen.Task)
	case outPending:
		err = r.outPending(i, o.Pending.State, o.Pending.Task)
	case outCancel:
		err = r.outCancel(o.Cancel)
	case outCancelComplete:
		err = r.outCancelComplete(i, o.CancelComplete)
	}
	return err
}

func protocolError(format string, args ...any) error {
	return fmt.Errorf("isyswasfa protocol: "+format, args...)
}

// outReady: the owner has finished a task.
func (r *router) outReady(i int, state uint32, t *task) error {
	if t.kind != guestTask || t.owner != i || t.state != taskPending {
		return protocolError("event ready for a task that the component does not run")
	}
	t.state, t.guest = taskReady, state
	t.ended(Returned)
	t.dropCancel()
	if t.canceling && r.takeCancel(t) {
		t.canceling = false
		t.released(cancelHandle)
	}
	switch {
	case t.listen.set:
		r.deliver(t)
	case t.pend > 0:
		t.readyHeld = true
	default:
		t.released(readyHandle)
	}
	return nil
}

// deliver gives a ready handle in hand to the listener.
func (r *router) deliver(t *task) {
	if r.observer != nil {
		r.observeWait(EventWake, t)
	}
	l := r.unlisten(t)
	if l.op != nil {
		r.ops.remove(l.op)
		r.done = append(r.done, readyOp{l.op, t})
		return
	}
	t.heard = true
	r.input(l.comp, pollInput{Case: inReady, Ready: stateHandle{l.state, t}})
}

// outListen: a component waits for a task. The pending handle it gave ends
// here, or becomes the handle of the answer.
func (r *router) outListen(i int, state uint32, t *task) error {
	if t.state == taskOver || t.listen.set {
		return protocolError("event listen for a task that has a listener already")
	}
	r.listen(t, listener{comp: i, state: state})
	return nil
}

func (r *router) listen(t *task, l listener) {
	l.set = true
	t.listen = l
	r.waits++
	if r.observer != nil {
		r.observeWait(EventWait, t)
	}
	switch {
	case t.kind == guestTask:
		r.listenGuest(t)
	case t.state == taskReady:
		t.became()
		r.deliver(t)
	case l.op != nil:
		t.became() // the op keeps it as the right to cancel
	default:
		t.became()
		r.input(l.comp, pollInput{Case: inListening, Listening: stateHandle{l.state, t}})
	}
}

func (r *router) listenGuest(t *task) {
	t.released(pendingHandle)
	switch {
	case t.readyHeld:
		t.readyHeld = false
		r.deliver(t)
	case t.cancel.held && t.listen.op == nil:
		t.cancel.held = false
		r.input(t.listen.comp, pollInput{Case: inListening, Listening: stateHandle{t.listen.state, t}})
	}
}

// outPending: the owner has told the number under which it knows a task.
func (r *router) outPending(i int, state uint32, t *task) error {
	if t.kind != guestTask || t.owner != i || t.state != taskPending || t.cancel.set {
		return protocolError("event pending for a task that is not pending")
	}
	t.cancel = canceler{set: true, state: state}
	switch {
	case t.listen.set && t.listen.op == nil:
		r.input(t.listen.comp, pollInput{Case: inListening, Listening: stateHandle{t.listen.state, t}})
	case t.listen.set && t.listen.op.abandoned.Load():
		r.requestCancel(t)
	case t.listen.set || t.pend > 0:
		t.cancel.held = true
	default:
		t.released(cancelHandle)
	}
	return nil
}

// outCancel: a listener does not want the task any more. If the answer ready
// is under way already, that one counts.
func (r *router) outCancel(t *task) error {
	if r.observer != nil && t.listen.set {
		r.observeWait(EventCancel, t)
	}
	switch {
	case !t.listen.set:
		t.released(cancelHandle)
	case t.kind == guestTask:
		if !t.cancel.set {
			return protocolError("event cancel before the task was pending")
		}
		r.requestCancel(t)
	default:
		l := r.unlisten(t)
		t.abort()
		t.released(cancelHandle)
		r.input(l.comp, pollInput{Case: inCancelComplete, CancelComplete: l.state})
	}
	return nil
}

// requestCancel passes a cancel handle in hand to the owner.
func (r *router) requestCancel(t *task) {
	t.canceling = true
	r.input(t.owner, pollInput{Case: inCancel, Cancel: stateHandle{t.cancel.state, t}})
}

// outCancelComplete: the owner has cancelled a task and everything it waited
// for. It may have said before that the task was ready, and has thrown the
// result away now.
func (r *router) outCancelComplete(i int, t *task) error {
	if t.kind != guestTask || t.owner != i || !t.canceling || t.state == taskOver {
		return protocolError("event cancel-complete for a task that was not cancelled")
	}
	if t.state == taskReady {
		t.state = taskOver
		r.retract(t)
		t.released(cancelHandle)
		return nil
	}
	t.state = taskOver
	t.ended(Cancelled)
	if t.listen.set {
		if l := r.unlisten(t); l.op != nil {
			r.ops.remove(l.op)
			l.op.task = nil
		} else {
			r.input(l.comp, pollInput{Case: inCancelComplete, CancelComplete: l.state})
		}
	}
	t.released(cancelHandle)
	return nil
}

// retract makes sure that no op asks for the result of a task that was ready.
// A component that was told so does not, for it has cancelled the task.
func (r *router) retract(t *task) {
	for i, d := range r.done {
		if d.t == t {
			r.done = slices.Delete(r.done, i, i+1)
			d.o.task = nil
			t.released(readyHandle)
			return
		}
	}
}

// dropCancel ends the cancel handle that the router holds.
func (t *task) dropCancel() {
	if t.cancel.held {
		t.cancel.held = false
		t.released(cancelHandle)
	}
}

func (r *router) unlisten(t *task) listener {
	l := t.listen
	t.listen = listener{}
	r.waits--
	return l
}

// awaitTask makes an op wait for a task whose pending handle is in hand.
func (r *router) awaitTask(o *op, t *task) {
	o.task = t
	r.ops.add(o)
	r.listen(t, listener{op: o})
}

// cancelOp tells the guest that nobody waits for the op's task any more. If
// the task gets ready all the same, its result is taken and thrown away.
func (r *router) cancelOp(o *op) {
	r.ops.remove(o)
	t := o.task
	if t == nil || !t.listen.set || t.listen.op != o {
		return
	}
	if r.observer != nil {
		r.observeWait(EventCancel, t)
	}
	switch {
	case t.kind != guestTask:
		o.task = nil
		r.unlisten(t)
		t.abort()
		t.released(cancelHandle)
	case t.cancel.held:
		t.cancel.held = false
		r.requestCancel(t)
	}
}
