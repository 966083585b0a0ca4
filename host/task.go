package host

import "errors"

// A task is something that a guest or a Call may wait for: one entry of the
// convention's table of tasks. Handles to it (pending, cancel, ready) lie in
// the tables of component instances or are held by the router for a while;
// each is counted in refs, and the task goes with the last one.
type task struct {
	r     *router
	kind  taskKind
	state taskState
	id    TaskID
	fn    string // the start half, for messages; "" for waits and for what a guest began by itself
	by    caller // who asked for it
	refs  int    // handles in tables and with the router
	pend  int    // those of refs that are pending handles

	listen listener // who waits; at most one

	owner int // the component instance that runs it, and made it if it is a guest task

	// Guest tasks.
	guest     uint32 // once ready: the owner's number, for ready.state
	cancel    canceler
	readyHeld bool // the router holds the ready handle, for a listen to come
	canceling bool // the owner was told to cancel
	heard     bool // a component was given the ready handle
	taken     bool // the owner was asked for the result

	// Host tasks and waits.
	work *hostWork
	done any // the *Completion
	host any // the host function
	src  PollSource
	stop func()

	inner bool // guests of the same instance make it ready

	prev, next *task // in router.hosts or router.guests
}

type taskKind uint8

const (
	guestTask taskKind = iota // made by make-task
	hostTask                  // an async host function
	waitTask                  // a wait for a pollable
)

type taskState uint8

const (
	taskPending taskState = iota
	taskReady
	taskOver // cancelled, or its result was taken
)

// A listener is who is told when a task is ready: a component instance by its
// number for the task, or an op.
type listener struct {
	set   bool
	comp  int
	state uint32
	op    *op
}

// A canceler is the owner's side of a task's cancellation, known from the
// event pending.
type canceler struct {
	set   bool
	held  bool // the router holds the cancel handle
	state uint32
}

// handleKind tells the three kinds of handles to a task apart.
type handleKind uint8

const (
	pendingHandle handleKind = iota
	cancelHandle
	readyHandle
)

// released counts one handle less. Destructors of the three resources and the
// router, for handles it held, call it.
func (t *task) released(k handleKind) {
	t.refs--
	if k == pendingHandle {
		t.pend--
		if t.pend == 0 && !t.listen.set {
			t.orphan()
		}
	}
	switch {
	case t.refs > 0:
	case t.forsaken():
		t.refs = 1
		t.r.requestCancel(t)
	default:
		t.gone()
	}
}

// forsaken tells whether the owner keeps a result that was offered to another
// component, and that nobody will ask for: the offer has crossed the
// cancellation. The owner forgets it when it is told to cancel, which it is
// once at most.
func (t *task) forsaken() bool {
	return t.kind == guestTask && t.state == taskReady && t.heard && !t.taken &&
		t.cancel.set && !t.canceling && !t.r.failed
}

// became makes the handle in hand, a pending handle of a task, one of another
// kind.
func (t *task) became() { t.pend-- }

// orphan is for a task that nobody waits for and nobody can wait for any more.
func (t *task) orphan() {
	if t.kind != guestTask {
		t.abort()
		return
	}
	if t.cancel.held {
		t.cancel.held = false
		t.refs--
	}
	if t.readyHeld {
		t.readyHeld = false
		t.refs--
	}
}

// abort ends the host's side of a task that is pending or has a result that
// nobody took.
func (t *task) abort() {
	if t.kind == guestTask || t.state == taskOver {
		return
	}
	pending := t.state == taskPending
	t.state = taskOver
	if pending {
		t.ended(Cancelled)
	}
	switch {
	case t.kind == waitTask:
		if t.stop != nil {
			t.stop()
		}
	case pending:
		t.work.interrupt()
	default:
		t.work.drop()
	}
}

// gone is for a task without handles. A guest task that still has a listener
// was dropped by its owner instead of finished.
func (t *task) gone() {
	t.abort()
	if t.state == taskPending {
		t.ended(Dropped)
	}
	t.r.tasks--
	if !t.listen.set {
		return
	}
	if o := t.r.unlisten(t).op; o != nil {
		t.r.ops.remove(o)
		if f, ok := o.f.(dropper); ok {
			f.dropped()
		} else {
			o.finish(errDropped)
		}
	}
}

// ended is called when a task stops being pending.
func (t *task) ended(o Outcome) {
	r, name := t.r, ""
	if t.kind == guestTask {
		r.guests.remove(t)
		c := &r.comps[t.owner]
		c.open--
		c.openIDs ^= t.id
		name = r.name(t.owner)
	} else {
		r.hosts.remove(t)
		r.eased = true
	}
	if r.observer != nil {
		r.observe(Event{Kind: EventEnd, Component: name, Task: t.id, Outcome: o})
	}
}

// run is the work that follows a wake-up or the outcome of a host function.
func (t *task) run(in *Instance) {
	if t.state != taskPending {
		return
	}
	if t.kind == hostTask {
		if err := t.work.outcome(); err != nil {
			if t.host != nil {
				err = in.newTrap("", &hostError{name: baseName(t.fn), err: err})
			}
			in.poison(err)
			return
		}
	} else if !t.src.Ready() {
		t.watch(in)
		return
	}
	t.hostReady()
}

// watch asks for the next wake-up of a wait.
func (t *task) watch(in *Instance) {
	t.stop = t.src.Notify(func() { in.drv.post(in, t) })
}

// hostReady makes a host task or wait ready and tells the listener, whose
// ready handle is a new one.
func (t *task) hostReady() {
	t.state = taskReady
	t.ended(Returned)
	if t.kind == waitTask && t.stop != nil {
		t.stop()
	}
	if !t.listen.set {
		return
	}
	if t.listen.op == nil {
		t.refs++ // an op's cancel handle becomes the ready handle
	}
	t.r.deliver(t)
}

// ownersState is what the owner calls its ready task. Others may not ask: to them
// it means nothing, or something else.
func (t *task) ownersState(comp int) (uint32, error) {
	if t.kind != guestTask || t.state != taskReady || t.owner != comp {
		return 0, errState
	}
	t.taken = true
	return t.guest, nil
}

// take takes part of a ready host task or wait into its result function, which
// has consumed the ready handle.
func (t *task) take(kind taskKind) error {
	if t.kind != kind || t.state != taskReady {
		return errNotReady
	}
	t.state = taskOver
	return nil
}

var (
	errDropped  = errors.New("the guest dropped the task of this call without finishing it")
	errNotReady = errors.New("the ready handle is not of a task that this function has finished")
	errState    = errors.New("state of a ready handle whose task the component does not own")
)

// taskList is a list of pending tasks.
type taskList struct {
	first *task
	n     int
}

func (l *taskList) push(t *task) {
	t.prev, t.next = nil, l.first
	if l.first != nil {
		l.first.prev = t
	}
	l.first = t
	l.n++
}

func (l *taskList) remove(t *task) {
	if t.prev != nil {
		t.prev.next = t.next
	} else {
		l.first = t.next
	}
	if t.next != nil {
		t.next.prev = t.prev
	}
	t.prev, t.next = nil, nil
	if !t.inner {
		l.n--
	}
}

// discount counts a task of the list no more: no event from outside will make
// it ready.
func (l *taskList) discount(t *task) {
	t.inner = true
	l.n--
}
