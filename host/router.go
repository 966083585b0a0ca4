package host

import (
	"fmt"
	"slices"
)

// A router carries events between the components of one root instance. Its
// events are those of isyswasfa:isyswasfa/isyswasfa; the rule of each is the
// method of its name. Every handle has exactly one holder: a guest's table, an
// event on its way, or the task itself where a field says so.
type router struct {
	poller poller
	comps  []routed // by component instance
	tasks  int
	waits  int      // tasks with a listener
	ops    opSet    // ops that wait for a task
	hosts  taskList // pending host tasks and waits
	done   []readyOp
}

// A poller calls the poll function of a component instance. It moves the
// handles of the inputs into the instance's table and those of the outputs out
// of it.
type poller interface {
	poll(comp int, in []pollInput) ([]pollOutput, error)
	resume(o *op, t *task)
}

// routed is the router's view of a component instance.
type routed struct {
	polls   bool // it has a poll function
	entered bool // since its last poll: outputs may be queued inside
	inputs  []pollInput
	spare   []pollInput
}

// A readyOp is an op whose task is ready; it holds the ready handle.
type readyOp struct {
	o *op
	t *task
}

// An opSet is a set of ops; op.slot is the index.
type opSet []*op

func (s *opSet) add(o *op) {
	o.slot = len(*s)
	*s = append(*s, o)
}

func (s *opSet) remove(o *op) {
	list := *s
	if o.slot >= len(list) || list[o.slot] != o {
		return
	}
	last := len(list) - 1
	list[o.slot] = list[last]
	list[o.slot].slot = o.slot
	list[last] = nil
	*s = list[:last]
}

// pollInput and pollOutput have the Go shape of the variants poll-input and
// poll-output.
type (
	pollInput struct {
		Case           uint8
		Listening      stateHandle
		Ready          stateHandle
		Cancel         stateHandle
		CancelComplete uint32
	}
	pollOutput struct {
		Case           uint8
		Ready          stateHandle
		Listen         stateHandle
		Pending        stateHandle
		Cancel         *task
		CancelComplete *task
	}
	stateHandle struct {
		State uint32
		Task  *task
	}
)

const (
	inListening = iota
	inReady
	inCancel
	inCancelComplete
)

const (
	outReady = iota
	outListen
	outPending
	outCancel
	outCancelComplete
)

// init makes the router as good as new.
func (r *router) init(p poller, comps int) {
	*r = router{poller: p, comps: make([]routed, comps)}
}

// enter notes that a component's code is about to run outside of a poll.
func (r *router) enter(comp int) { r.comps[comp].entered = true }

// newTask makes a task with the handles given.
func (r *router) newTask(kind taskKind, refs int) *task {
	r.tasks++
	t := &task{r: r, kind: kind, refs: refs, pend: 1}
	if kind != guestTask {
		r.hosts.push(t)
	}
	return t
}

// makeTask is make-task: one pending, one cancel and one ready handle.
func (r *router) makeTask(owner int) (*task, error) {
	if !r.comps[owner].polls {
		return nil, fmt.Errorf("make-task by a component without a poll function")
	}
	t := r.newTask(guestTask, 3)
	t.owner = owner
	return t, nil
}

// round polls every component that has input or was entered, once, and
// resumes the ops whose tasks have become ready. It reports whether there was
// anything to do.
func (r *router) round() (bool, error) {
	progress := r.resumeOps()
	for i := range r.comps {
		c := &r.comps[i]
		if !c.polls || len(c.inputs) == 0 && !c.entered {
			continue
		}
		progress = true
		in := c.inputs
		c.inputs, c.spare, c.entered = c.spare[:0], nil, false
		out, err := r.poller.poll(i, in)
		if err != nil {
			return true, err
		}
		clear(in)
		c.spare = in[:0]
		for _, o := range out {
			if err := r.output(i, o); err != nil {
				return true, err
			}
		}
		r.resumeOps()
	}
	return progress, nil
}

func (r *router) resumeOps() bool {
	if len(r.done) == 0 {
		return false
	}
	for len(r.done) > 0 {
		d := r.done[0]
		r.done[0] = readyOp{}
		r.done = r.done[1:]
		r.poller.resume(d.o, d.t)
	}
	r.done = nil
	return true
}

// hasWork tells whether round has anything to do, or, if nothing outside is
// going on, whether there is a deadlock to break.
func (r *router) hasWork(quiet bool) bool { return r.pressing(quiet) || r.entered() }

// pressing is hasWork but for polls of components that were merely entered.
func (r *router) pressing(quiet bool) bool {
	if len(r.done) > 0 || quiet && r.deadlocked() {
		return true
	}
	for i := range r.comps {
		if c := &r.comps[i]; c.polls && len(c.inputs) > 0 {
			return true
		}
	}
	return false
}

// entered tells whether a component was entered since its last poll.
func (r *router) entered() bool {
	for i := range r.comps {
		if c := &r.comps[i]; c.polls && c.entered {
			return true
		}
	}
	return false
}

// deadlocked tells whether ops wait for events that can never come. An op that
// can be cancelled is not alone in that: its cancellation is an event.
func (r *router) deadlocked() bool {
	return len(r.ops) > 0 && r.hosts.n == 0 &&
		!slices.ContainsFunc(r.ops, func(o *op) bool { return o.cancelable })
}

// breakDeadlock fails all waiting ops if no event can ever come. The caller
// knows that no work is queued.
func (r *router) breakDeadlock() bool {
	if !r.deadlocked() {
		return false
	}
	for len(r.ops) > 0 {
		o := r.ops[0]
		o.leave(errDeadlock)
		r.cancelOp(o)
	}
	return true
}

// stats gives the router's part of the counters.
func (r *router) stats() InstanceStats {
	return InstanceStats{Tasks: r.tasks, Listens: r.waits, HostWork: r.hosts.n}
}

// idle tells whether nobody waits for anything.
func (r *router) idle() bool { return r.waits == 0 && r.hosts.n == 0 && !r.hasWork(false) }
