package host

import (
	"fmt"
	"maps"
	"slices"
)

// A randomGuest is a component: it keeps to the guest's side of the protocol,
// and does by chance what that allows.
type randomGuest struct {
	w       *world
	comp    int
	last    uint32 // number given
	waits   map[uint32]*randomWait
	fibers  map[uint32]*fiber // that have a task
	outs    []pollOutput      // until the next poll
	woken   []*fiber
	handles map[*task]*[3]int // in its table, by handleKind
}

// A fiber is a function that runs; it may wait for several things at once.
type fiber struct {
	g       *randomGuest
	number  uint32
	t       *task   // once it has one
	kept    []*task // pending handles that it may use later
	waits   int     // that it still wants
	subs    int     // that are not over
	done    bool
	begun   bool // its task's cancel event has come
	cancel  bool // it has the cancel handle
	at      map[uint32]*randomWait
	dropped bool // nobody will take its result
	deaf    bool // it has taken no notice of its cancellation
}

type randomWait struct {
	number    uint32
	t         *task
	f         *fiber
	abandoned bool
	listening bool // it has the cancel handle
	canceling bool
}

// hold changes how many handles the component has.
func (g *randomGuest) hold(t *task, k handleKind, n int) {
	h := g.handles[t]
	if h == nil {
		h = new([3]int)
		g.handles[t] = h
	}
	if h[k] += n; h[k] < 0 {
		g.w.fatal("component %d gives a handle of task %d that it does not have", g.comp, t.id)
	}
	if *h == ([3]int{}) {
		delete(g.handles, t)
	}
}

func (g *randomGuest) drop(t *task, k handleKind) {
	g.hold(t, k, -1)
	t.released(k)
}

func (g *randomGuest) number() uint32 {
	g.last++
	return g.last
}

// start is the start half of an exported function: it answers the pending
// handle, nil if it was done at once.
func (g *randomGuest) start(depth int) *task {
	g.w.r.enter(g.comp)
	g.w.inside[g.comp] = true
	outer := g.w.r.beginStart(g.comp, "f"+startSuffix, caller{comp: -1})
	f := &fiber{g: g, number: g.number(), at: map[uint32]*randomWait{}}
	f.run(depth)
	t := f.register()
	g.stir(depth)
	g.w.r.endStart(g.comp, outer)
	g.w.inside[g.comp] = false
	if t != nil {
		g.hold(t, pendingHandle, -1) // the caller's
	}
	return t
}

// register makes the task of a fiber that is not done.
func (f *fiber) register() *task {
	if f.done {
		return nil
	}
	g := f.g
	t, err := g.w.r.makeTask(g.comp)
	if err != nil {
		g.w.fatal("%v", err)
	}
	g.w.m.made(t, g.comp)
	g.w.say("component %d makes task %d, number %d", g.comp, t.id, f.number)
	f.t = t
	g.fibers[f.number] = f
	g.handles[t] = &[3]int{1, 1, 1}
	g.emit(pollOutput{Case: outPending, Pending: stateHandle{f.number, t}})
	return t
}

// stir has another fiber go on: fibers may wake one another at any time.
func (g *randomGuest) stir(depth int) {
	if !g.w.chance(30) {
		return
	}
	for _, n := range slices.Sorted(maps.Keys(g.fibers)) {
		if f := g.fibers[n]; !f.done && g.w.chance(30) {
			if f.run(depth + 1); !f.done && g.w.chance(50) {
				f.finish()
			}
			return
		}
	}
}

// emit queues an output; its handle stays in the table until it is polled.
func (g *randomGuest) emit(o pollOutput) { g.outs = append(g.outs, o) }

// run lets a fiber do something until it waits or is done.
func (f *fiber) run(depth int) {
	g, w := f.g, f.g.w
	for n := w.IntN(3); n > 0 && !w.ending && !f.cancel && !f.done; n-- {
		switch k := w.IntN(100); {
		case k < 30:
			f.wait(g.hostFunc())
		case k < 55:
			f.wait(g.pollable())
		case k < 80 && depth < 3:
			if other := w.comps[w.IntN(len(w.comps))]; !w.inside[other.comp] {
				if t := other.start(depth + 1); t != nil {
					g.hold(t, pendingHandle, 1)
					f.wait(t)
				}
			}
		case k < 88:
			f.spawn(depth)
		case k < 93 && len(f.kept) > 0:
			t := f.kept[0]
			f.kept = f.kept[1:]
			f.listen(t)
		case len(f.at) > 0: // the loser of a select
			for _, x := range f.sorted() {
				if !x.abandoned {
					f.abandon(x)
					break
				}
			}
		}
	}
	if f.waits == 0 {
		f.finish()
	}
}

// sorted gives the waits in the order of their numbers: maps have none.
func (f *fiber) sorted() []*randomWait {
	list := slices.Collect(maps.Values(f.at))
	slices.SortFunc(list, func(a, b *randomWait) int { return int(a.number) - int(b.number) })
	return list
}

// spawn begins a fiber that nobody waits for.
func (f *fiber) spawn(depth int) {
	s := &fiber{g: f.g, number: f.g.number(), at: map[uint32]*randomWait{}, dropped: true}
	s.run(depth + 1)
	if t := s.register(); t != nil {
		f.g.w.m.dropped(t)
		f.g.drop(t, pendingHandle)
	}
}

func (g *randomGuest) hostFunc() *task {
	w := &hostWork{in: g.w.in}
	t, _ := w.pend(func() *task { return g.w.r.newTask(hostTask, g.comp) })
	t.work = w
	g.hold(t, pendingHandle, 1)
	g.w.m.made(t, -1)
	g.w.works = append(g.w.works, t)
	return t
}

func (g *randomGuest) pollable() *task {
	t := g.w.r.newTask(waitTask, g.comp)
	e := &randomEvent{t: t}
	t.src = e
	t.watch(g.w.in)
	g.hold(t, pendingHandle, 1)
	g.w.m.made(t, -1)
	g.w.events = append(g.w.events, e)
	return t
}

// wait listens to a task, now or perhaps later.
func (f *fiber) wait(t *task) {
	if f.g.w.chance(15) {
		f.kept = append(f.kept, t)
		return
	}
	f.listen(t)
}

// drop ends a pending handle that was not used, which a callee is not told of.
func (f *fiber) drop(t *task) {
	g := f.g
	g.w.say("component %d drops task %d", g.comp, t.id)
	g.w.m.dropped(t)
	g.drop(t, pendingHandle)
	if t.kind != guestTask {
		return
	}
	owner := g.w.comps[t.owner]
	for n, x := range owner.fibers {
		if x.t == t {
			if x.dropped = true; x.done && !x.cancel {
				delete(owner.fibers, n)
			}
		}
	}
}

func (f *fiber) listen(t *task) {
	g := f.g
	x := &randomWait{number: g.number(), t: t, f: f}
	g.waits[x.number], f.at[x.number] = x, x
	f.waits++
	f.subs++
	g.w.say("component %d listens to task %d, number %d", g.comp, t.id, x.number)
	g.emit(pollOutput{Case: outListen, Listen: stateHandle{x.number, t}})
}

// abandon gives a wait up.
func (f *fiber) abandon(x *randomWait) {
	f.waits--
	x.abandoned = true
	x.sendCancel()
}

func (x *randomWait) sendCancel() {
	if x.listening {
		x.listening, x.canceling = false, true
		x.f.g.emit(pollOutput{Case: outCancel, Cancel: x.t})
	}
}

// finish ends a fiber; what it still waits for it does not want any more.
func (f *fiber) finish() {
	f.done = true
	f.abandonAll()
	for _, t := range f.kept {
		f.drop(t)
	}
	f.kept = nil
	switch {
	case f.t == nil:
	case f.cancel:
		f.confirm()
	default:
		f.g.emit(pollOutput{Case: outReady, Ready: stateHandle{f.number, f.t}})
		if f.dropped {
			delete(f.g.fibers, f.number)
		}
	}
}

func (f *fiber) abandonAll() {
	for _, x := range f.sorted() {
		if !x.abandoned {
			f.abandon(x)
		}
	}
}

// confirm tells that the cancelled task is over.
func (f *fiber) confirm() {
	f.cancel = false
	delete(f.g.fibers, f.number)
	f.g.emit(pollOutput{Case: outCancelComplete, CancelComplete: f.t})
}

// result is the result half: it takes the value of a fiber.
func (g *randomGuest) result(t *task) {
	g.w.r.enter(g.comp)
	number, err := t.ownersState(g.comp)
	f := g.fibers[number]
	if err != nil || f == nil || !f.done || f.t != t {
		g.w.fatal("the result of task %d: %v", t.id, err)
	}
	delete(g.fibers, number)
	if !g.w.inside[g.comp] {
		g.w.inside[g.comp] = true
		g.stir(2)
		g.w.inside[g.comp] = false
	}
	t.released(readyHandle) // which came with the call
}

// poll is the poll function.
func (g *randomGuest) poll(in []pollInput) []pollOutput {
	g.w.inside[g.comp] = true
	for _, e := range in {
		switch e.Case {
		case inListening:
			g.onListening(e.Listening)
		case inReady:
			g.onReady(e.Ready)
		case inCancel:
			g.onCancel(e.Cancel)
		case inCancelComplete:
			g.onCancelComplete(e.CancelComplete)
		}
	}
	for len(g.woken) > 0 {
		i := g.w.IntN(len(g.woken))
		f := g.woken[i]
		g.woken[i] = g.woken[len(g.woken)-1]
		if g.woken = g.woken[:len(g.woken)-1]; !f.done {
			f.run(0)
		}
	}
	g.w.inside[g.comp] = false
	out := g.outs
	g.outs = nil
	for _, o := range out {
		g.w.say("component %d: %s", g.comp, g.moveOut(o))
	}
	return out
}

// moveOut takes the handle of an output out of the table.
func (g *randomGuest) moveOut(o pollOutput) string {
	t, k := [...]*task{o.Ready.Task, o.Listen.Task, o.Pending.Task, o.Cancel, o.CancelComplete}[o.Case],
		[...]handleKind{readyHandle, pendingHandle, cancelHandle, cancelHandle, cancelHandle}[o.Case]
	g.hold(t, k, -1)
	return fmt.Sprintf("%s of task %d", [...]string{"ready", "listen", "pending", "cancel", "cancel-complete"}[o.Case], t.id)
}

func (g *randomGuest) waiting(number uint32, t *task) *randomWait {
	x := g.waits[number]
	if x == nil || t != nil && x.t != t {
		g.w.fatal("component %d is answered for a wait that it does not have: %d", g.comp, number)
	}
	return x
}

func (g *randomGuest) onListening(e stateHandle) {
	x := g.waiting(e.State, e.Task)
	if x.listening || x.canceling {
		g.w.fatal("component %d gets a second listening(%d)", g.comp, e.State)
	}
	g.hold(e.Task, cancelHandle, 1)
	x.listening = true
	if x.abandoned {
		x.sendCancel()
	}
}

func (g *randomGuest) onReady(e stateHandle) {
	x := g.waiting(e.State, e.Task)
	g.hold(e.Task, readyHandle, 1)
	if x.listening {
		g.drop(x.t, cancelHandle)
	}
	x.listening = false
	switch {
	case x.abandoned:
		g.w.counts["ready crosses cancel"]++
		g.w.m.wasted(e.Task, x.canceling)
		g.drop(e.Task, readyHandle)
	case e.Task.kind != guestTask:
		if err := e.Task.take(e.Task.kind); err != nil {
			g.w.fatal("%v", err)
		}
		g.w.m.tasks[e.Task].state = taskOver
		g.drop(e.Task, readyHandle)
	default:
		g.hold(e.Task, readyHandle, -1)
		g.w.comps[e.Task.owner].result(e.Task)
	}
	g.over(x)
}

func (g *randomGuest) onCancelComplete(number uint32) {
	x := g.waiting(number, nil)
	if !x.canceling {
		g.w.fatal("cancel-complete(%d) without a cancel", number)
	}
	g.over(x)
}

// over ends a wait.
func (g *randomGuest) over(x *randomWait) {
	f := x.f
	delete(g.waits, x.number)
	delete(f.at, x.number)
	f.subs--
	if !x.abandoned {
		f.waits--
		g.woken = append(g.woken, f)
	} else if f.done && f.cancel && f.subs == 0 {
		f.confirm()
	}
}

// onCancel is a request to cancel: the fiber may stop at once and confirm when
// everything that it waited for has confirmed, or run on to its end, or take no
// notice.
func (g *randomGuest) onCancel(e stateHandle) {
	f := g.fibers[e.State]
	if f == nil || f.t != e.Task || f.begun {
		g.w.fatal("component %d is to cancel what it does not run: %d", g.comp, e.State)
	}
	f.begun = true
	g.hold(e.Task, cancelHandle, 1)
	if f.done {
		g.w.counts["cancel finds ready"]++
		f.confirm()
		return
	}
	switch g.w.IntN(3) {
	case 0:
		g.drop(e.Task, readyHandle)
		f.done, f.cancel = true, true
		for _, t := range f.kept {
			f.drop(t)
		}
		f.kept = nil
		if f.abandonAll(); f.subs == 0 {
			f.confirm()
		}
	case 1:
		g.drop(e.Task, readyHandle)
		f.cancel = true
	case 2: // it may not learn that nobody takes its result
		g.drop(e.Task, cancelHandle)
		f.deaf = true
	}
}
