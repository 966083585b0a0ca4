package host

import (
	"fmt"
	"strings"
)

// An Observer is told what the tasks of instances do, while it happens. Events
// of one instance come one after the other, from whichever goroutine runs it;
// those of several instances may come at once. Observe must be quick and must
// not call the instance.
type Observer interface{ Observe(e Event) }

// A TaskID numbers the calls of async functions, and the waits for pollables,
// of one instance: those that end at once, and those that become tasks of the
// convention. 0 stands for none.
type TaskID uint64

// An Event is something that a task or a component does. Components are
// called by their instance names, such as "root/1"; "" is the host.
//
// The convention does not say for which of its tasks a component starts
// something or waits for it. What an Event tells of that is exact for what a
// component does while one of its functions starts; later it follows from what
// woke the component, and is 0 if that leaves several possibilities.
type Event struct {
	Kind     EventKind
	Instance uint64 // numbers the instances of an engine

	// Component is whose task this is, or who waits, or who is polled.
	Component string
	// Task is the task that starts, returns or ends. In EventWait, EventWake
	// and EventCancel it is the one that waits, or did.
	Task TaskID

	Func            string  // EventStart: "component:test/baz foo", or what a wait is for
	Caller          TaskID  // EventStart: for which task it was called
	CallerComponent string  // EventStart
	On              TaskID  // EventWait, EventWake, EventCancel: what is waited for
	Outcome         Outcome // EventEnd
	Err             error   // EventFail

	Inputs  []PollEvent // EventPoll
	Outputs []PollEvent // EventPolled
}

// An EventKind says what an [Event] tells of.
type EventKind uint8

// The kinds of events.
const (
	EventStart  EventKind = iota // an async function is called, or a wait for a pollable begins
	EventReturn                  // the start half of a component's function has returned
	EventWait                    // a component, or a Call, begins to wait for a task
	EventWake                    // what is waited for is ready, and the waiter is told
	EventCancel                  // the waiter does not want it any more
	EventEnd                     // the task is over
	EventPoll                    // the poll function of a component is called
	EventPolled                  // it has returned
	EventFail                    // the instance is poisoned, or closes
)

// An Outcome says how a task ended.
type Outcome uint8

// The outcomes of tasks.
const (
	Returned  Outcome = iota // with a result
	Cancelled                // its cancellation is complete
	Dropped                  // its component gave it up
)

// String gives the outcome in one word.
func (o Outcome) String() string { return [...]string{"returned", "cancelled", "dropped"}[o] }

// A PollEvent is an element of the list that a poll function takes or returns.
type PollEvent struct {
	Name  string // of the case, such as "listening"
	State uint32 // the component's number, if the case has one
	Task  TaskID // that the handle belongs to; 0 if the case has none
}

var (
	inputNames  = [...]string{"listening", "ready", "cancel", "cancel-complete"}
	outputNames = [...]string{"ready", "listen", "pending", "cancel", "cancel-complete"}
)

func pollInputs(in []pollInput) []PollEvent {
	list := make([]PollEvent, len(in))
	for i, e := range in {
		h := [...]stateHandle{e.Listening, e.Ready, e.Cancel, {State: e.CancelComplete}}[e.Case]
		list[i] = PollEvent{inputNames[e.Case], h.State, h.Task.number()}
	}
	return list
}

func pollOutputs(out []pollOutput) []PollEvent {
	list := make([]PollEvent, len(out))
	for i, e := range out {
		h := [...]stateHandle{e.Ready, e.Listen, e.Pending, {Task: e.Cancel}, {Task: e.CancelComplete}}[e.Case]
		list[i] = PollEvent{outputNames[e.Case], h.State, h.Task.number()}
	}
	return list
}

func (t *task) number() TaskID {
	if t == nil {
		return 0
	}
	return t.id
}

// observe passes an event on; the caller has checked that there is an
// observer.
func (r *router) observe(e Event) {
	e.Instance = r.number
	r.observer.Observe(e)
}

// name gives the name of a component instance; -1 is the host.
func (r *router) name(comp int) string {
	if comp < 0 || comp >= len(r.names) {
		return ""
	}
	return r.names[comp]
}

// observeWait tells of what the listener of a task does.
func (r *router) observeWait(kind EventKind, t *task) {
	e := Event{Kind: kind, On: t.id}
	if l := &t.listen; l.op == nil {
		e.Component = r.name(l.comp)
		if l.comp == t.by.comp {
			e.Task = t.by.task
		}
	}
	r.observe(e)
}

// started tells that a task has begun.
func (r *router) started(t *task) {
	if r.observer == nil {
		return
	}
	e := Event{Kind: EventStart, Task: t.id, Func: t.describe(), Caller: t.by.task, CallerComponent: r.name(t.by.comp)}
	if t.kind == guestTask {
		e.Component = r.name(t.owner)
	}
	r.observe(e)
}

// answered tells of an async host function that has answered at once.
func (r *router) answered(comp int, name string) {
	if r.observer == nil {
		return
	}
	r.ids++
	r.observe(Event{Kind: EventStart, Task: r.ids, Func: baseName(name),
		Caller: r.comps[comp].act.task, CallerComponent: r.name(comp)})
	r.observe(Event{Kind: EventEnd, Task: r.ids})
}

// describe says what a task is.
func (t *task) describe() string {
	switch {
	case t.kind == waitTask:
		if s, ok := t.src.(fmt.Stringer); ok {
			return s.String()
		}
		return "pollable"
	case t.fn == "":
		return "background task"
	}
	return baseName(t.fn)
}

// baseName is the name of an async function, given that of its start half.
func baseName(start string) string { return strings.TrimSuffix(start, startSuffix) }
