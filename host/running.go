package host

// A caller is on whose behalf something runs: a component, and the task that
// it works for, 0 if that is not known. Component -1 is the host.
type caller struct {
	comp int
	task TaskID
}

// A running is what a component instance is in the middle of: the start
// half of a function, or a poll.
type running struct {
	task  TaskID // that it works for, 0 if that is not known
	fn    string // the start half; "" in a poll
	by    caller // of the start half
	fresh bool   // task is the call's own, and no make-task has taken it yet
}

// beginStart notes that a component's start half fn is about to run. The
// answer is for endStart.
func (r *router) beginStart(comp int, fn string, by caller) (outer running) {
	c := &r.comps[comp]
	outer = c.act
	r.ids++
	c.act = running{task: r.ids, fn: fn, by: by, fresh: true}
	if r.observer != nil {
		r.observe(Event{Kind: EventStart, Component: r.name(comp), Task: r.ids, Func: baseName(fn),
			Caller: by.task, CallerComponent: r.name(by.comp)})
	}
	return outer
}

// endStart notes that it has returned.
func (r *router) endStart(comp int, outer running) {
	c := &r.comps[comp]
	act := c.act
	c.act = outer
	if r.observer == nil {
		return
	}
	r.observe(Event{Kind: EventReturn, Component: r.name(comp), Task: act.task})
	if act.fresh {
		r.observe(Event{Kind: EventEnd, Component: r.name(comp), Task: act.task})
	}
}

// caller is what a component runs for at present.
func (r *router) caller(comp int) caller { return caller{comp, r.comps[comp].act.task} }

// adopt gives a task that a component makes its number and its origin: it is
// the task of the call that runs, or one that the component has begun by
// itself.
func (r *router) adopt(t *task) {
	act := &r.comps[t.owner].act
	if act.fresh {
		act.fresh = false
		t.id, t.fn, t.by = act.task, act.fn, act.by
		return
	}
	r.ids++
	t.id, t.by = r.ids, caller{t.owner, act.task}
	r.started(t)
}

// behalf guesses for which task a component runs when it is polled: the one
// that is woken, or the only one that it has.
func (r *router) behalf(comp int, in []pollInput) TaskID {
	var one TaskID
	for i := range in {
		id := one
		switch e := &in[i]; e.Case {
		case inReady:
			id = e.Ready.Task.by.task
		case inCancel:
			id = e.Cancel.Task.id
		}
		if one != 0 && id != one {
			one = 0
			break
		}
		one = id
	}
	if c := &r.comps[comp]; one == 0 && c.open == 1 {
		return c.openIDs
	}
	return one
}
