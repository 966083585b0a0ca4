package host

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// NewTextObserver makes an observer that writes a line for each event, with
// tasks numbered T1, T2, ... in the order of their starts:
//
//	host calls T1 component:test/baz foo of root
//	T1 calls T2 timer
//	root[] -> [listen(L2, T2), pending(F1, T1)]
//	root[listening(L2, T2)] -> []
//	T2 wakes T1
//
// A line of a poll has what the component got, and what it answered. L2 is the
// number under which it knows its wait for T2, and F1 that of its own task T1.
// Errors of w are ignored.
func NewTextObserver(w io.Writer) Observer {
	return &textObserver{w: w, instances: map[uint64]*textInstance{}}
}

type textObserver struct {
	mu        sync.Mutex
	w         io.Writer
	instances map[uint64]*textInstance
}

// A textInstance has the names that an instance's tasks and numbers have got.
type textInstance struct {
	prefix string // of its lines
	tasks  map[TaskID]string
	states map[textState]string
	inputs map[string]string // of components that are being polled
}

type textState struct {
	component string
	state     uint32
	own       bool // the number of a task of its own, not of a wait
}

// Observe implements [Observer].
func (o *textObserver) Observe(e Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	in := o.instances[e.Instance]
	if in == nil {
		in = &textInstance{tasks: map[TaskID]string{}, states: map[textState]string{}, inputs: map[string]string{}}
		if len(o.instances) > 0 {
			in.prefix = fmt.Sprintf("instance %d: ", len(o.instances)+1)
		}
		o.instances[e.Instance] = in
	}
	if line := in.line(e); line != "" {
		fmt.Fprintf(o.w, "%s%s\n", in.prefix, line)
	}
}

// line gives the line for an event, "" for none.
func (in *textInstance) line(e Event) string {
	waiter := in.who(e.Task, e.Component)
	switch e.Kind {
	case EventStart:
		line := fmt.Sprintf("%s calls %s %s", in.who(e.Caller, e.CallerComponent), in.task(e.Task), e.Func)
		if e.Component != "" {
			line += " of " + e.Component
		}
		return line
	case EventWait:
		return fmt.Sprintf("%s waits for %s", waiter, in.task(e.On))
	case EventWake:
		return fmt.Sprintf("%s wakes %s", in.task(e.On), waiter)
	case EventCancel:
		return fmt.Sprintf("%s cancels %s", waiter, in.task(e.On))
	case EventEnd:
		return fmt.Sprintf("%s %v", in.task(e.Task), e.Outcome)
	case EventPoll:
		in.inputs[e.Component] = in.events(e.Component, e.Inputs, false)
	case EventPolled:
		return fmt.Sprintf("%s[%s] -> [%s]", e.Component, in.inputs[e.Component], in.events(e.Component, e.Outputs, true))
	case EventFail:
		if errors.Is(e.Err, ErrClosed) {
			return e.Err.Error()
		}
		return "the instance fails: " + e.Err.Error()
	}
	return ""
}

func (in *textInstance) task(id TaskID) string {
	if in.tasks[id] == "" {
		in.tasks[id] = fmt.Sprintf("T%d", len(in.tasks)+1)
	}
	return in.tasks[id]
}

// who names a task, or its component if the task is not known.
func (in *textInstance) who(id TaskID, component string) string {
	switch {
	case id != 0:
		return in.task(id)
	case component == "":
		return "host"
	}
	return component
}

func (in *textInstance) events(component string, list []PollEvent, out bool) string {
	words := make([]string, len(list))
	for i, e := range list {
		var args []string
		if s := in.state(component, e, out); s != "" {
			args = append(args, s)
		}
		if e.Task != 0 {
			args = append(args, in.task(e.Task))
		}
		words[i] = fmt.Sprintf("%s(%s)", e.Name, strings.Join(args, ", "))
	}
	return strings.Join(words, ", ")
}

// state names a component's number by the task that it was first told for.
func (in *textInstance) state(component string, e PollEvent, out bool) string {
	key := textState{component: component, state: e.State}
	prefix := "L"
	if e.Name == "pending" || e.Name == "ready" && out || e.Name == "cancel" && !out {
		key.own, prefix = true, "F"
	} else if out && e.Name != "listen" {
		return "" // cancel and cancel-complete have none
	}
	if e.Name == "listen" || e.Name == "pending" || in.states[key] == "" {
		in.states[key] = prefix + strings.TrimPrefix(in.task(e.Task), "T")
	}
	return in.states[key]
}
