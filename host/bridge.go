package host

import "errors"

// addBridge defines isyswasfa:bridge/bridge, by which synchronous code waits
// for a task. It is what a component needs that exports a synchronous function
// and calls an async one for it (see package transform/bridge):
//
//	wait: func(pending: pending) -> ready
//
// The stack that calls it pauses until the task is ready.
func (l *Linker) addBridge() {
	l.Instance(bridgeInterface).
		Resource("pending", pendingResource).
		Resource("ready", readyResource).
		Func("wait", BlockingFunc(waitForTask))
}

const bridgeInterface = "isyswasfa:bridge/bridge"

var errWaitEarly = errors.New("a task cannot be waited for while the component is instantiated")

func waitForTask(c *Call, p struct{ Pending *task }) (*task, error) {
	in := c.in
	if in.stack == nil {
		return nil, errWaitEarly
	}
	w := &taskWait{}
	w.op = op{in: in, sub: c.sub, f: w, pause: &pause{st: in.stack}}
	in.router.awaitTask(&w.op, p.Pending)
	if err := in.pause(w.op.pause); err != nil {
		return nil, err
	}
	return w.ready, w.op.err
}

// A taskWait is the op of a stack that waits for a task.
type taskWait struct {
	op    op
	ready *task
}

func (*taskWait) begin(*op)  {}
func (*taskWait) refuse(*op) {}

func (w *taskWait) resume(o *op, t *task) {
	w.ready = t
	o.finish(nil)
}
