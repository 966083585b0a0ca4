package host

import (
	"fmt"
	"slices"
	"time"
)

// A stack is what one goroutine runs of guest code, from an entry by the driver
// on: frames of component instances that wait for each other. It is kept only
// for component instances that may block. When a host function on it blocks,
// its goroutine gives the driver's role away, and gets it back later: only who
// has the role runs guest code. Until then every component instance with a
// frame on the stack is shut, for what would enter it now would have to leave
// before the stack goes on: the router does not poll it, and everybody else
// waits in line at its gate. So a component instance never has frames on two
// stacks.
type stack struct {
	subs []int         // component instances with frames, in the order of entry
	wake chan struct{} // capacity 1: the role
	fork *fork         // if somebody waits for it to end or to pause

	entered []int // see reentry; while it pauses, others may enter them
	waits   int   // the component instance that it waits for in line, or -1
}

// An entrant waits in line for a component instance.
type entrant interface {
	// enter is called by the driver when the line has come to it, or when the
	// instance fails, which it finds out by itself.
	enter(in *Instance)
}

// A gate is the part of a subInstance that has to do with stacks.
type gate struct {
	stack  *stack // that has frames of the component instance
	frames int
	line   []entrant
	called bool // somebody is going to let the first one in
}

// busy tells whether an entry by the driver has to wait in line.
func (in *Instance) busy(sub int) bool {
	g := &in.subs[sub].gate
	return g.stack != nil || len(g.line) > 0
}

// waitInLine has an entry by the driver wait.
func (in *Instance) waitInLine(sub int, e entrant) {
	g := &in.subs[sub].gate
	g.line = append(g.line, e)
}

// leaveLine reports whether the entrant was in line.
func (in *Instance) leaveLine(sub int, e entrant) bool {
	g := &in.subs[sub].gate
	i := slices.Index(g.line, e)
	if i >= 0 {
		g.line = slices.Delete(g.line, i, i+1)
	}
	return i >= 0
}

// beginStack makes a stack for an entry by the driver.
func (in *Instance) beginStack(sub int) *stack {
	var st *stack
	if n := len(in.spare); n > 0 {
		st, in.spare = in.spare[n-1], in.spare[:n-1]
	} else {
		st = &stack{wake: make(chan struct{}, 1), waits: -1}
	}
	in.stack = st
	in.push(st, sub)
	return st
}

// endStack ends the stack that runs; after a trap, with all its frames.
func (in *Instance) endStack() {
	st := in.stack
	for n := len(st.subs); n > 0; n = len(st.subs) {
		in.pop(st, st.subs[n-1])
	}
	st.fork, st.entered, in.stack = nil, st.entered[:0], nil
	in.spare = append(in.spare, st)
}

func (in *Instance) push(st *stack, sub int) {
	g := &in.subs[sub].gate
	g.stack, g.frames = st, 1
	st.subs = append(st.subs, sub)
}

func (in *Instance) pop(st *stack, sub int) {
	g := &in.subs[sub].gate
	g.stack, g.frames = nil, 0
	i := slices.Index(st.subs, sub)
	st.subs = slices.Delete(st.subs, i, i+1)
	in.callNext(sub)
}

// enterSub notes a frame of a component instance, called by another one or as
// a destructor, on the stack that runs; the stack waits for it in line. It
// does nothing during instantiation, when nothing waits.
func (in *Instance) enterSub(sub int) error {
	st, g := in.stack, &in.subs[sub].gate
	switch {
	case st == nil:
		return nil
	case g.stack == st:
		g.frames++
		return nil
	case in.trap != nil: // nobody would wake the stack
		return in.trap
	case in.busy(sub):
		if err := in.checkLines(st, sub); err != nil {
			return err
		}
		p := &pause{st: st}
		in.waitInLine(sub, p)
		st.waits = sub
		err := in.pause(p)
		st.waits = -1
		if err != nil {
			return err
		}
	}
	in.push(st, sub)
	return nil
}

// checkLines tells whether a stack may wait for a component instance. It must
// not if that is held by a stack that waits, itself or by others, for one that
// this stack holds. Component instances import what was made before them, so it
// takes a parent that its children call.
func (in *Instance) checkLines(st *stack, sub int) error {
	for s := sub; s >= 0; {
		switch g := in.subs[s].gate.stack; g {
		case nil:
			return nil
		case st:
			return fmt.Errorf("component instance %s would be waited for by those that it waits for itself", in.pre.names[sub])
		default:
			s = g.waits
		}
	}
	return nil
}

func (in *Instance) leaveSub(sub int) {
	if in.stack == nil {
		return
	}
	g := &in.subs[sub].gate
	if g.frames--; g.frames == 0 {
		in.pop(in.stack, sub)
	}
}

// callNext has the first of a line enter, if the component instance is free.
func (in *Instance) callNext(sub int) {
	g := &in.subs[sub].gate
	if g.stack == nil && len(g.line) > 0 && !g.called {
		g.called = true
		in.drv.push(nextEntrant(sub))
	}
}

// nextEntrant is the work of letting the first of a line in.
type nextEntrant int

func (n nextEntrant) run(in *Instance) {
	g := &in.subs[n].gate
	g.called = false
	if g.stack != nil || len(g.line) == 0 {
		return
	}
	e := g.line[0]
	g.line[0] = nil
	g.line = g.line[1:]
	e.enter(in)
	if in.next == nil { // else somebody enters now, and calls the next one when he leaves
		in.callNext(int(n))
	}
}

// A pause is a stack that waits.
type pause struct {
	st   *stack
	srcs []PollSource // for one of these, if any
	stop []func()
	over bool
	slot int           // in Instance.paused
	work time.Duration // see workClock
}

// setAside lists a stack as paused.
func (in *Instance) setAside(p *pause) {
	in.drv.mu.Lock()
	defer in.drv.mu.Unlock()
	p.slot, p.work = len(in.paused), in.clock.stop()
	in.paused = append(in.paused, p)
}

// takeUp undoes setAside.
func (in *Instance) takeUp(p *pause) {
	in.drv.mu.Lock()
	defer in.drv.mu.Unlock()
	last := len(in.paused) - 1
	in.paused[p.slot] = in.paused[last]
	in.paused[p.slot].slot = p.slot
	in.paused[last] = nil
	in.paused = in.paused[:last]
	in.clock.resume(p.work)
}

// pause gives the driver's role away until the stack that runs is to go on. The
// error is why the instance has failed meanwhile; then the stack must unwind.
func (in *Instance) pause(p *pause) error {
	st, drives := p.st, in.drives
	for _, sub := range st.subs {
		in.router.shut(sub)
	}
	in.mark(st.entered, false)
	in.setAside(p)
	in.stack = nil
	var own *op
	if f := st.fork; f != nil {
		st.fork, drives = nil, nil
		f.leave(st)
	} else {
		if in.interruptible { // else nobody asks, and own may be an old one
			own = in.drv.leaveStalled()
		}
		in.pass()
	}
	<-st.wake
	if in.interruptible {
		in.drv.returnStalled(own)
	}
	in.stack, in.drives = st, drives
	in.mark(st.entered, true)
	in.takeUp(p)
	for _, sub := range st.subs {
		in.router.open(sub)
	}
	return in.trap
}

// run is the work that follows a wake-up, or the failure of the instance.
func (p *pause) run(in *Instance) {
	switch {
	case p.over:
	case in.trap == nil && p.srcs != nil && !anyReady(p.srcs):
		p.watch(in)
	default:
		p.enter(in)
	}
}

// enter has the driver give its role to the stack.
func (p *pause) enter(in *Instance) {
	if !p.over {
		p.over = true
		in.next = p.st
	}
}

// watch asks for the next wake-up.
func (p *pause) watch(in *Instance) {
	p.unwatch()
	for _, s := range p.srcs {
		p.stop = append(p.stop, s.Notify(func() { in.drv.post(in, p) }))
	}
}

func (p *pause) unwatch() {
	for _, stop := range p.stop {
		stop()
	}
	p.stop = p.stop[:0]
}

func anyReady(srcs []PollSource) bool {
	return slices.ContainsFunc(srcs, PollSource.Ready)
}

// failStacks has everything that waits in the instance end, which has failed;
// destructors that panic do not stop it.
func (in *Instance) failStacks() {
	for i := range in.subs {
		line := in.subs[i].gate.line
		in.subs[i].gate.line = nil
		for _, e := range line {
			if _, ok := e.(*pause); !ok {
				guard(func() { e.enter(in) })
			}
		}
	}
	for _, p := range in.paused {
		in.drv.push(p)
	}
}

// switchTo gives the driver's role to a paused stack. If own is not done yet
// it is parked; the answer is whether it is done.
func (in *Instance) switchTo(st *stack, own *op) bool {
	done := own == nil || own.done
	if !done {
		in.drv.mu.Lock()
		in.drv.park(own)
		in.drv.mu.Unlock()
	}
	st.wake <- struct{}{}
	return own != nil && done
}

// A caller may enter, in the name of others, what cannot block, and the
// component instance whose answer it waits for: the rest might keep it after
// its own call is done.
func (in *Instance) mayEnter(sub int) bool {
	return in.drives == nil || in.drives.sub == sub || !in.pre.blocks[sub]
}

// mayRun tells whether the driver may run the work.
func (in *Instance) mayRun(w work) bool {
	if in.drives == nil || !in.pre.anyBlocks {
		return true
	}
	switch w := w.(type) {
	case *op:
		return w == in.drives || in.mayEnter(w.sub)
	case *resumption:
		return w.o == in.drives || in.mayEnter(w.o.sub)
	case nextEntrant:
		return in.mayEnter(int(w))
	case *dropping:
		return in.mayEnter(w.sub)
	}
	return true
}

// mayStep is mayRun for what the router is going to do next.
func (in *Instance) mayStep() bool {
	if in.drives == nil || !in.pre.anyBlocks {
		return true
	}
	w := &in.router.work
	for i := w.next(0); i >= 0; i = w.next(i + 1) {
		if !in.mayEnter(i) {
			return false
		}
	}
	return true
}

// handOver parks own and has a goroutine drive that no call needs back.
func (in *Instance) handOver(own *op) {
	in.drv.mu.Lock()
	in.drv.park(own)
	in.drv.own = nil
	in.drv.mu.Unlock()
	in.inBackground(in.driveOn)
}

// driveOn drives for nobody.
func (in *Instance) driveOn() { in.drive(in.ctx, nil) }
