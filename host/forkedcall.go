package host

import (
	"errors"
	"unsafe"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// A forkedCall is one call of a forked function.
type forkedCall struct {
	fork
	op  op
	x   *forked
	sub int    // the caller
	by  caller // the same, for observers

	// While the caller waits, for the start half to pause or to return.
	from  *Call
	stack []uint64 // the caller's

	parcel *abi.Parcel // parameters while the call is in line; the result for a caller that does not wait
	host   hostWork    // of the caller's task
	over   bool        // the start half has returned
	late   bool        // and has answered "pending" itself
	unlend func()      // ends the loan of handles to the start half
	answer Result[any, *task]
	job    func()      // work
	next   *forkedCall // in Instance.forks
}

// callForked calls the start half for a component instance, whose stack it is.
func (in *Instance) callForked(x *forked, sub, opts int, enters []int, stack []uint64) error {
	if err := in.checkEntry(enters); err != nil {
		return err
	}
	from := in.takeCall(opts)
	c := in.takeFork()
	c.x, c.sub, c.by, c.from, c.stack = x, sub, in.router.caller(sub), from, stack
	c.enters, c.top = enters, x.start.enters
	c.op = op{in: in, sub: x.start.sub, f: c}
	err := c.startOrWait()
	switch {
	case err != nil:
	case c.op.done:
		in.router.answered(sub, x.start.name)
		in.keepFork(c)
	default:
		c.left, c.from, c.stack = true, nil, nil
		if !c.over {
			c.unlend = from.abi.TakeLent()
		}
		c.answer.IsErr, c.answer.Err = true, c.makeTask()
		err = x.pending.LowerResult(&from.abi, stack, unsafe.Pointer(&c.answer))
	}
	if end := from.abi.End(); err == nil {
		err = end
	}
	from.busy = err != nil
	return err
}

// startOrWait runs the start half until it pauses, or has the call wait in
// line.
func (c *forkedCall) startOrWait() error {
	in := c.op.in
	if !in.busy(c.op.sub) || in.trap != nil {
		in.start(c)
		return firstError(c.op.err, in.trap, nil)
	}
	c.parcel = new(abi.Parcel)
	if err := c.x.startPlan.PackParams(&c.from.abi, c.stack, c.parcel); err != nil {
		c.discard()
		return err
	}
	in.waitInLine(c.op.sub, &c.op)
	return nil
}

// makeTask makes the task that the caller waits for.
func (c *forkedCall) makeTask() *task {
	in := c.op.in
	t := in.router.newTask(hostTask, c.sub)
	c.host = hostWork{in: in, task: t, cancel: c.cancel, discard: c.discard}
	t.fn, t.work, t.done, t.host, t.owner = c.x.start.name, &c.host, c, c.x, c.op.sub
	in.router.hosts.discount(t)
	in.router.started(t)
	return t
}

// run is what its worker does.
func (c *forkedCall) run(in *Instance) { c.op.enter(in) }

func (c *forkedCall) begin(o *op) {
	in, h := o.in, c.x.start
	in.router.enter(h.sub)
	outer := in.router.beginStart(h.sub, h.name, c.by)
	f := &c.fork
	if c.left {
		f = nil
	}
	err := in.callOnStack(h, f, c.giveParams, c.takeAnswer)
	in.router.endStart(h.sub, outer)
	c.over = true
	c.endLoan()
	if err == nil && c.late {
		if err = c.await(); err == nil {
			return
		}
		in.poison(err)
		err = in.trap
	}
	c.finish(err)
}

// giveParams moves the parameters to the callee.
func (c *forkedCall) giveParams(to *abi.Call, stack []uint64) error {
	if c.parcel == nil {
		return c.x.startPlan.Params(&c.from.abi, to, c.stack, stack)
	}
	err := c.x.startPlan.UnpackParams(c.parcel, to, stack)
	if err != nil {
		c.discard()
	}
	c.parcel = nil
	return err
}

// takeAnswer takes what the start half has answered.
func (c *forkedCall) takeAnswer(to *abi.Call, stack []uint64) error {
	plan := c.x.startPlan
	i, err := plan.ResultCase(to, stack)
	switch {
	case err != nil:
		return err
	case i == 0 && !c.left:
		return plan.Result(&c.from.abi, to, stack, c.stack)
	}
	c.late, c.parcel = i != 0, new(abi.Parcel)
	return plan.PackCase(to, stack, c.parcel)
}

// await waits for the task of a callee that has answered "pending" itself.
func (c *forkedCall) await() error {
	e, err := c.parcel.TakeOwn(pendingResource.rt)
	switch {
	case err != nil:
		return err
	case c.x.result == nil:
		return errors.New(c.x.start.name + " is pending, but nobody can take its result")
	}
	o := &c.op
	o.sub = c.x.result.sub
	o.in.router.awaitTask(o, (*task)(e.Obj))
	if o.abandoned.Load() { // while the guest was paused
		o.in.router.cancelOp(o)
	}
	return nil
}

func (c *forkedCall) resume(o *op, t *task) {
	in, h := o.in, c.x.result
	in.router.enter(h.sub)
	c.finish(in.callOnStack(h, nil, func(_ *abi.Call, stack []uint64) error {
		ready, err := in.subs[h.sub].table.AddOwn(readyResource.rt, 0, unsafe.Pointer(t))
		stack[0] = uint64(ready)
		return err
	}, func(to *abi.Call, stack []uint64) error { return c.x.resultPlan.PackResult(to, stack, c.parcel) }))
}

// callOnStack calls an export on a stack of its own, with functions that move
// the parameters and the result. An error is a trap and poisons the instance.
func (in *Instance) callOnStack(h *exportHalf, f *fork, give, take func(to *abi.Call, stack []uint64) error) error {
	if in.trap != nil {
		return in.trap
	}
	if in.interruptible {
		in.activations.Add(1)
	}
	in.beginStack(h.sub).fork = f
	enters := h.enters
	if f != nil {
		enters = f.enters
	}
	a, err := in.activate(h.core)
	if err == nil {
		err = in.enterOnce(enters)
	}
	if err == nil {
		err = in.callMoved(h, a, give, take)
		in.exit(in.stack.entered)
	}
	in.endStack()
	if err != nil {
		return in.trapped(h, err)
	}
	return nil
}

func (in *Instance) callMoved(h *exportHalf, a *activation, give, take func(to *abi.Call, stack []uint64) error) error {
	to := in.takeCall(h.opts)
	err := give(&to.abi, a.stack[:])
	if err == nil {
		err = in.run(a)
	}
	if err == nil {
		err = take(&to.abi, a.stack[:])
	}
	if end := to.abi.End(); err == nil {
		err = end
	}
	if err == nil && h.post >= 0 {
		err = in.postReturn(h, a)
	}
	if err == nil {
		to.busy, a.busy = false, false
	}
	return err
}

// finish ends the call. What nobody takes is dropped.
func (c *forkedCall) finish(err error) {
	c.op.finish(err)
	if c.left && !c.host.settle(nil, err) {
		c.discard()
	}
}

// dropped fails the caller's task, which would wait for ever.
func (c *forkedCall) dropped() { c.finish(errDropped) }

// refuse drops what the call owns, which is not to begin any more.
func (c *forkedCall) refuse(*op) {
	c.endLoan()
	c.discard()
}

// discard drops what the parcel owns.
func (c *forkedCall) discard() {
	if c.parcel != nil {
		c.parcel.Discard(func(e abi.Entry) { c.op.in.destroy(e) })
	}
}

func (c *forkedCall) endLoan() {
	if c.unlend != nil {
		c.unlend()
		c.unlend = nil
	}
}

// cancel is for when the caller gives its task up. A guest that is paused goes
// on, but nobody takes its result; one that has not begun does not begin.
func (c *forkedCall) cancel() {
	c.op.abandoned.Store(true)
	c.op.in.giveUp(&c.op)
}

// takeForked answers the result half to a component instance.
func (in *Instance) takeForked(x *forked, sub, opts int, stack []uint64) error {
	e, err := in.subs[sub].table.TakeOwn(uint32(stack[0]), readyResource.rt)
	if err != nil {
		return err
	}
	t := (*task)(e.Obj)
	if t.host != any(x) {
		return errors.New("the ready handle is of a task of another function")
	}
	if err := t.take(hostTask); err != nil {
		return err
	}
	c := t.done.(*forkedCall)
	to := in.takeCall(opts)
	if err = x.resultPlan.UnpackResult(c.parcel, &to.abi, stack); err == nil {
		err = to.abi.End()
	} else {
		c.discard()
	}
	t.released(readyHandle)
	to.busy = err != nil
	return err
}
