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
	direct []directEntry
	work   workList // those that are to be polled
	fed    int      // those of work that have inputs
	tasks  int
	waits  int      // tasks with a listener
	ops    opSet    // ops that wait for a task
	hosts  taskList // pending host tasks and waits
	guests taskList // pending guest tasks
	done   []readyOp
	failed bool // the instance: nothing happens any more
	eased  bool // there were more host tasks when the driver last looked whether all is idle

	ids      TaskID   // the last one given
	observer Observer // nil if nobody looks
	number   uint64   // of the instance, for the observer
	names    []string // of the component instances
}

// A poller calls the poll function of a component instance. It moves the
// handles of the inputs into the instance's table and those of the outputs out
// of it.
type poller interface {
	poll(comp int, in []pollInput) ([]pollOutput, error)
	resume(o *op, t *task)
	// mayEnter tells whether the goroutine that drives may call the component.
	mayEnter(comp int) bool
}

// routed is the router's view of a component instance.
type routed struct {
	polls   bool // it has a poll function
	entered bool // since its last poll: outputs may be queued inside
	isShut  bool // it waits on a stack, and cannot be polled
	inputs  []pollInput
	spare   []pollInput
	act     running
	open    int    // its pending tasks
	openIDs TaskID // their numbers, joined by xor
}

// A readyOp is an op whose task is ready; it holds the ready handle.
type readyOp struct {
	o *op
	t *task
}

// An opSet is a set of ops; op.slot is the index.
type opSet struct {
	list       []*op
	cancelable int // those whose callers may cancel them
}

func (s *opSet) add(o *op) {
	o.slot = len(s.list)
	s.list = append(s.list, o)
	if o.cancelable {
		s.cancelable++
	}
}

func (s *opSet) remove(o *op) {
	if o.slot >= len(s.list) || s.list[o.slot] != o {
		return
	}
	if o.cancelable {
		s.cancelable--
	}
	last := len(s.list) - 1
	s.list[o.slot] = s.list[last]
	s.list[o.slot].slot = o.slot
	s.list[last] = nil
	s.list = s.list[:last]
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
	*r = router{poller: p, comps: make([]routed, comps), work: newWorkList(comps),
		observer: r.observer, number: r.number, names: r.names}
}

// enter notes that a component's code is about to run outside of a poll.
func (r *router) enter(comp int) {
	if c := &r.comps[comp]; c.polls && !c.entered {
		c.entered = true
		if !c.isShut {
			r.work.add(comp)
		}
	}
}

// shut makes polls of a component wait.
func (r *router) shut(comp int) {
	c := &r.comps[comp]
	c.isShut = true
	if len(c.inputs) > 0 {
		r.fed--
	}
	r.work.remove(comp)
}

// open undoes shut.
func (r *router) open(comp int) {
	c := &r.comps[comp]
	c.isShut = false
	if len(c.inputs) > 0 {
		r.fed++
	}
	if len(c.inputs) > 0 || c.polls && c.entered {
		r.work.add(comp)
	}
}

// input queues an event for a component.
func (r *router) input(comp int, in pollInput) {
	c := &r.comps[comp]
	if len(c.inputs) == 0 && !c.isShut {
		r.fed++
		r.work.add(comp)
	}
	c.inputs = append(c.inputs, in)
}

// takeCancel takes an event cancel back that the owner of the task has not got
// yet, and reports whether there is one.
func (r *router) takeCancel(t *task) bool {
	c := &r.comps[t.owner]
	i := slices.IndexFunc(c.inputs, func(in pollInput) bool { return in.Case == inCancel && in.Cancel.Task == t })
	if i < 0 {
		return false
	}
	c.inputs = slices.Delete(c.inputs, i, i+1)
	if len(c.inputs) == 0 && !c.isShut {
		r.fed--
		if !c.entered {
			r.work.remove(t.owner)
		}
	}
	return true
}

// inputs takes what is queued for a component that is about to be polled.
func (r *router) inputs(comp int) []pollInput {
	c := &r.comps[comp]
	in := c.inputs
	if len(in) > 0 {
		r.fed--
	}
	r.work.remove(comp)
	c.inputs, c.spare, c.entered = c.spare[:0], nil, false
	return in
}

// newTask makes a task of the host's that a component has called for, with its
// pending handle.
func (r *router) newTask(kind taskKind, comp int) *task {
	r.tasks++
	r.ids++
	t := &task{r: r, id: r.ids, by: r.caller(comp), kind: kind, refs: 1, pend: 1}
	r.hosts.push(t)
	return t
}

// makeTask is make-task: one pending, one cancel and one ready handle.
func (r *router) makeTask(owner int) (*task, error) {
	if !r.comps[owner].polls {
		return nil, fmt.Errorf("make-task by a component without a poll function")
	}
	r.tasks++
	t := &task{r: r, kind: guestTask, refs: 3, pend: 1, owner: owner}
	r.adopt(t)
	r.guests.push(t)
	c := &r.comps[owner]
	c.open++
	c.openIDs ^= t.id
	return t, nil
}

// round polls every component that has input or was entered, once, and
// resumes the ops whose tasks have become ready. It ends early at a component
// that another goroutine has to poll. It reports whether there was anything to
// do.
func (r *router) round() (bool, error) {
	r.noteDirect()
	progress := r.resumeOps()
	for i := r.work.next(0); i >= 0 && r.poller.mayEnter(i); i = r.work.next(i + 1) {
		progress = true
		in := r.inputs(i)
		out, err := r.poll(i, in)
		if err != nil {
			return true, err
		}
		clear(in)
		r.comps[i].spare = in[:0]
		for _, o := range out {
			if err := r.output(i, o); err != nil {
				return true, err
			}
		}
		r.resumeOps()
	}
	return progress, nil
}

// poll polls one component.
func (r *router) poll(comp int, in []pollInput) ([]pollOutput, error) {
	if r.observer != nil {
		r.observe(Event{Kind: EventPoll, Component: r.name(comp), Inputs: pollInputs(in)})
	}
	r.comps[comp].act = running{task: r.behalf(comp, in)}
	out, err := r.poller.poll(comp, in)
	r.comps[comp].act = running{}
	if r.observer != nil && err == nil {
		r.observe(Event{Kind: EventPolled, Component: r.name(comp), Outputs: pollOutputs(out)})
	}
	return out, err
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
	return r.fed > 0 || len(r.done) > 0 || quiet && r.deadlocked()
}

// entered tells whether a component was entered since its last poll, or has
// input.
func (r *router) entered() bool {
	if len(r.direct) > 0 {
		r.noteDirect()
	}
	return r.work.n > 0
}

// calm tells that there is nothing to look after, at a glance.
func (r *router) calm() bool {
	return r.work.n == 0 && len(r.done) == 0 && len(r.ops.list) == 0 && len(r.direct) == 0 && !r.eased
}

// deadlocked tells whether ops wait for events that can never come. An op that
// can be cancelled is not alone in that: its cancellation is an event.
func (r *router) deadlocked() bool {
	return len(r.ops.list) > 0 && r.hosts.n == 0 && r.ops.cancelable == 0
}

// breakDeadlock fails all waiting ops if no event can ever come. The caller
// knows that no work is queued.
func (r *router) breakDeadlock() bool {
	if !r.deadlocked() {
		return false
	}
	ops := slices.Clone(r.ops.list)
	for i, err := range r.deadlocks(ops) {
		ops[i].leave(err)
		r.cancelOp(ops[i])
	}
	return true
}

// stats gives the router's part of the counters.
func (r *router) stats() InstanceStats {
	return InstanceStats{Tasks: r.tasks, Listens: r.waits, HostWork: r.hosts.n}
}

// idle tells whether nobody waits for anything.
func (r *router) idle() bool { return r.waits == 0 && r.hosts.n == 0 && !r.hasWork(false) }
