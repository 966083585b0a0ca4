package host

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

var randomSeeds = flag.Int("seeds", 4, "how many random sequences of events the router is tested with")

// TestRouterRandom drives a router with components that keep to the protocol,
// host functions, waits and calls in random order, and compares each input of
// a component with what a model says.
func TestRouterRandom(t *testing.T) {
	steps := 100_000
	if testing.Short() {
		steps = 10_000
	}
	for seed := range *randomSeeds {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, uint64(seed), 2+seed%5)
			for range steps {
				w.step()
				if t.Failed() {
					w.fatal("at the first difference")
				}
			}
			w.finish()
			t.Logf("%v", w.counts)
		})
	}
}

// A world is everything around a router.
type world struct {
	*testing.T
	*rand.Rand
	in     *Instance
	r      *router
	m      *protocolModel
	comps  []*randomGuest
	works  []*task // host functions that are going on, or were given up
	events []*randomEvent
	ops    []*op    // calls that wait
	inside []bool   // by component: it is being called
	ending bool     // nothing new is begun
	log    []string // the last events
	counts map[string]int
}

// A randomEvent is what a wait for a pollable waits for.
type randomEvent struct {
	t     *task
	fired bool
	wake  func()
}

func (e *randomEvent) Ready() bool { return e.fired }
func (e *randomEvent) Notify(wake func()) func() {
	e.wake = wake
	return func() {}
}

func newWorld(t *testing.T, seed uint64, comps int) *world {
	w := &world{T: t, Rand: rand.New(rand.NewPCG(seed, 7)), m: newModel(comps), inside: make([]bool, comps), counts: map[string]int{}}
	w.in = &Instance{pre: &InstancePre{c: &Component{name: "test"}}}
	w.in.drv.role.Store(roleTaken) // the test is the driver
	w.r = &w.in.router
	w.r.init(w, comps)
	for i := range comps {
		w.r.comps[i].polls = true
		w.comps = append(w.comps, &randomGuest{w: w, comp: i, last: uint32(1000 * i), waits: map[uint32]*randomWait{},
			fibers: map[uint32]*fiber{}, handles: map[*task]*[3]int{}})
	}
	return w
}

func (w *world) chance(percent int) bool { return w.IntN(100) < percent }

// say notes what happens, for when a test fails.
func (w *world) say(format string, args ...any) {
	if len(w.log) == 60 {
		w.log = w.log[:copy(w.log, w.log[1:])]
	}
	w.log = append(w.log, fmt.Sprintf(format, args...))
}

func (w *world) fatal(format string, args ...any) {
	w.Helper()
	for _, line := range w.log {
		w.T.Log(line)
	}
	w.Fatalf(format, args...)
}

// step does one thing.
func (w *world) step() {
	switch n := w.IntN(100); {
	case n < 12:
		w.call()
	case n < 30 && len(w.works) > 0:
		w.resolve(w.IntN(len(w.works)))
	case n < 48 && len(w.events) > 0:
		w.fire(w.IntN(len(w.events)))
	case n < 53 && len(w.ops) > 0:
		w.giveUp(w.ops[w.IntN(len(w.ops))])
	case n < 75:
		w.runQueued()
	case n < 99:
		w.round()
	default:
		w.check()
	}
}

func (w *world) round() {
	if _, err := w.r.round(); err != nil {
		w.fatal("%v", err)
	}
	if len(w.m.done) > 0 {
		w.fatal("%d calls were not resumed", len(w.m.done))
	}
}

func (w *world) runQueued() {
	if x := w.in.drv.take(); x != nil {
		if t, ok := x.(*task); ok {
			w.say("task %d happens", t.id)
			w.m.happened(t)
		}
		x.run(w.in)
	}
}

// call is a call of the host's.
func (w *world) call() {
	g := w.comps[w.IntN(len(w.comps))]
	t := g.start(0)
	w.counts["calls"]++
	if t == nil {
		return
	}
	o := &op{in: w.in, cancelable: true}
	w.ops = append(w.ops, o)
	w.say("host waits for %d", t.id)
	w.m.listen(t, -1, 0, true)
	w.r.awaitTask(o, t)
}

// mayEnter implements poller.
func (w *world) mayEnter(int) bool { return true }

// resume implements poller.
func (w *world) resume(o *op, t *task) {
	i := slices.Index(w.m.done, t)
	if i < 0 {
		w.fatal("a call is resumed whose task %d is not ready", t.id)
	}
	w.m.done = slices.Delete(w.m.done, i, i+1)
	w.say("host takes %d", t.id)
	w.comps[t.owner].result(t)
	o.finish(nil)
	w.over(o)
}

func (w *world) over(o *op) {
	if i := slices.Index(w.ops, o); i >= 0 {
		w.ops = slices.Delete(w.ops, i, i+1)
	}
}

func (w *world) giveUp(o *op) {
	w.counts["calls given up"]++
	w.say("host gives %d up", o.task.id)
	w.m.abandoned(o.task)
	o.abandoned.Store(true)
	w.r.cancelOp(o)
	w.over(o)
}

func (w *world) resolve(i int) {
	t := w.works[i]
	w.works = slices.Delete(w.works, i, i+1)
	t.work.settle(nil, nil)
}

func (w *world) fire(i int) {
	e := w.events[i]
	w.events = slices.Delete(w.events, i, i+1)
	e.fired = true
	e.wake()
}

// poll implements poller: it compares the inputs, hands their handles over and
// takes those of the outputs back.
func (w *world) poll(comp int, in []pollInput) ([]pollOutput, error) {
	want, got := w.m.take(comp), make([]string, len(in))
	for i, e := range in {
		got[i] = [...]string{
			fmt.Sprintf("listening(%d)", e.Listening.State), fmt.Sprintf("ready(%d)", e.Ready.State),
			fmt.Sprintf("cancel(%d)", e.Cancel.State), fmt.Sprintf("cancel-complete(%d)", e.CancelComplete)}[e.Case]
	}
	w.say("poll %d %v", comp, got)
	if !slices.Equal(got, want) {
		w.fatal("component %d gets %v, the model says %v", comp, got, want)
	}
	out := w.comps[comp].poll(in)
	for _, o := range out {
		w.m.output(comp, o)
		w.counts[[...]string{"ready", "listen", "pending", "cancel", "cancel-complete"}[o.Case]]++
	}
	w.counts["polls"]++
	// The model has seen all outputs, the router none: calls whose results are
	// thrown away in the same breath are not resumed.
	w.m.done = slices.DeleteFunc(w.m.done, func(t *task) bool { return w.m.tasks[t].state == taskOver })
	return out, nil
}

// check compares counters and handles.
func (w *world) check() {
	waits, hosts := w.m.counts()
	if s := w.r.stats(); s.Listens != waits || s.HostWork != hosts {
		w.fatal("%v, the model says %d listens, %d host work", s, waits, hosts)
	}
	refs, fed, work := map[*task]int{}, 0, 0
	for i, g := range w.comps {
		if c := &w.r.comps[i]; len(c.inputs) > 0 {
			fed++
			work++
		} else if c.entered {
			work++
		}
		for t, h := range g.handles {
			refs[t] += h[0] + h[1] + h[2]
		}
		for _, e := range w.r.comps[i].inputs {
			for _, h := range []stateHandle{e.Listening, e.Ready, e.Cancel} {
				if h.Task != nil {
					refs[h.Task]++
				}
			}
		}
	}
	if w.r.fed != fed || w.r.work.n != work {
		w.fatal("%d components have inputs and %d are to be polled, the router says %d, %d", fed, work, w.r.fed, w.r.work.n)
	}
	alive := 0
	for t := range w.m.tasks {
		held := refs[t]
		if t.cancel.held {
			held++
		}
		if t.readyHeld {
			held++
		}
		if held != t.refs {
			w.fatal("task %d has %d handles, but counts %d", t.id, held, t.refs)
		}
		if t.refs > 0 {
			alive++
		} else {
			delete(w.m.tasks, t)
		}
	}
	if alive != w.r.tasks {
		w.fatal("%d tasks, the router counts %d", alive, w.r.tasks)
	}
	w.counts["checks"]++
}

// finish lets everything come to its end, and looks whether anything is left.
func (w *world) finish() {
	w.ending = true
	for idle := 0; idle < 3; idle++ {
		for len(w.works) > 0 {
			w.resolve(0)
			idle = 0
		}
		for len(w.events) > 0 {
			w.fire(0)
			idle = 0
		}
		for w.in.drv.queued() > 0 {
			w.runQueued()
			idle = 0
		}
		if progress, err := w.r.round(); err != nil {
			w.fatal("%v", err)
		} else if progress {
			idle = 0
		}
	}
	w.check()
	if s := w.r.stats(); s != (InstanceStats{}) || !w.r.idle() || len(w.ops) > 0 || len(w.m.tasks) > 0 {
		w.fatal("left over: %v, %d calls, %d tasks of the model", s, len(w.ops), len(w.m.tasks))
	}
	for _, g := range w.comps {
		maps.DeleteFunc(g.fibers, func(_ uint32, f *fiber) bool { return f.done && f.deaf })
		if len(g.waits)+len(g.handles)+len(g.fibers) > 0 {
			w.fatal("component %d has %d waits, %d handles, %d tasks", g.comp, len(g.waits), len(g.handles), len(g.fibers))
		}
	}
}
