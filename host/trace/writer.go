package trace

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
)

// A Writer writes events in Chrome's trace event format, as a JSON array. It
// may observe any number of instances at once.
type Writer struct {
	mu        sync.Mutex
	w         *bufio.Writer
	err       error
	now       func() time.Duration // since the beginning
	begun     bool
	instances map[uint64]*instance
	arrows    int
}

// An instance is what a writer knows of an instance.
type instance struct {
	threads map[string]int
	tasks   map[host.TaskID]begun
	waits   map[wait]begun
}

// A begun slice will have to be ended by the same name on the same thread.
type begun struct {
	name   string
	thread int
}

// A wait is one component's wait for a task.
type wait struct {
	component string
	on        host.TaskID
}

// An entry is an event of Chrome's format. Times are in microseconds.
type entry struct {
	Name     string    `json:"name"`
	Category string    `json:"cat,omitempty"`
	Phase    string    `json:"ph"`
	Time     float64   `json:"ts"`
	Process  uint64    `json:"pid"`
	Thread   int       `json:"tid"`
	ID       string    `json:"id,omitempty"`
	ID2      *localID  `json:"id2,omitempty"`
	Bind     string    `json:"bp,omitempty"`
	Scope    string    `json:"s,omitempty"`
	Args     *argument `json:"args,omitempty"`
}

// A localID is an identifier within a process.
type localID struct {
	Local string `json:"local"`
}

// An argument has everything that an event says, for Read. Exactly one entry
// of those that an event becomes has an Event.
type argument struct {
	Name            string      `json:"name,omitempty"` // of a process or thread
	Event           string      `json:"event,omitempty"`
	Component       string      `json:"component,omitempty"`
	Task            host.TaskID `json:"task,omitempty"`
	Func            string      `json:"func,omitempty"`
	Caller          host.TaskID `json:"caller,omitempty"`
	CallerComponent string      `json:"caller-component,omitempty"`
	On              host.TaskID `json:"on,omitempty"`
	Outcome         string      `json:"outcome,omitempty"`
	Error           string      `json:"error,omitempty"`
	Inputs          []pollEvent `json:"inputs,omitempty"`
	Outputs         []pollEvent `json:"outputs,omitempty"`
}

type pollEvent struct {
	Name  string      `json:"name"`
	State uint32      `json:"state,omitempty"`
	Task  host.TaskID `json:"task,omitempty"`
}

var kinds = [...]string{
	host.EventStart:  "start",
	host.EventReturn: "return",
	host.EventWait:   "wait",
	host.EventWake:   "wake",
	host.EventCancel: "cancel",
	host.EventEnd:    "end",
	host.EventPoll:   "poll",
	host.EventPolled: "polled",
	host.EventFail:   "fail",
}

// NewWriter makes a writer. Its time begins now.
func NewWriter(w io.Writer) *Writer {
	start := time.Now()
	return &Writer{
		w:         bufio.NewWriter(w),
		now:       func() time.Duration { return time.Since(start) },
		instances: map[uint64]*instance{},
	}
}

// Close writes what is left and answers the first error that writing met. It
// does not close the underlying writer. What is observed later is lost.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == errClosed {
		return nil
	}
	if !w.begun {
		w.print("[")
	}
	w.print("\n]\n")
	if w.err == nil {
		w.err = w.w.Flush()
	}
	err := w.err
	w.err = errClosed
	return err
}

var errClosed = fmt.Errorf("trace: the writer is closed")

// Observe implements [host.Observer].
func (w *Writer) Observe(e host.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	at := event{Event: e, w: w, in: w.instance(e.Instance), time: float64(w.now().Nanoseconds()) / 1000}
	switch e.Kind {
	case host.EventStart:
		at.start()
	case host.EventReturn:
		at.entry(entry{Name: at.in.tasks[e.Task].name, Phase: "E", Thread: at.thread(e.Component)}, true)
	case host.EventWait:
		at.wait()
	case host.EventWake:
		at.endWait("woken")
	case host.EventCancel:
		at.endWait("cancels")
	case host.EventEnd:
		at.end()
	case host.EventPoll:
		at.entry(entry{Name: "poll", Phase: "B", Thread: at.thread(e.Component)}, true)
	case host.EventPolled:
		at.entry(entry{Name: "poll", Phase: "E", Thread: at.thread(e.Component)}, true)
	case host.EventFail:
		at.entry(entry{Name: "fails: " + e.Err.Error(), Phase: "i", Scope: "p"}, true)
		delete(w.instances, e.Instance) // it is the last one
	}
}

func (w *Writer) instance(number uint64) *instance {
	in := w.instances[number]
	if in == nil {
		in = &instance{threads: map[string]int{"": 0}, tasks: map[host.TaskID]begun{}, waits: map[wait]begun{}}
		w.instances[number] = in
		w.write(entry{Name: "process_name", Phase: "M", Process: number, Args: &argument{Name: fmt.Sprintf("instance %d", number)}})
		w.write(entry{Name: "thread_name", Phase: "M", Process: number, Args: &argument{Name: "host"}})
	}
	return in
}

func (w *Writer) write(e entry) {
	if w.begun {
		w.print(",\n")
	} else {
		w.print("[\n")
		w.begun = true
	}
	text, err := json.Marshal(e)
	if err != nil {
		w.err = err
		return
	}
	w.print(string(text))
}

func (w *Writer) print(s string) {
	if w.err == nil {
		_, w.err = w.w.WriteString(s)
	}
}

// An event is one that is being written.
type event struct {
	host.Event
	w    *Writer
	in   *instance
	time float64
}

// entry writes an entry; whole says that it carries the whole event.
func (e *event) entry(n entry, whole bool) {
	n.Time, n.Process = e.time, e.Instance
	if whole {
		n.Args = e.argument()
	}
	e.w.write(n)
}

func (e *event) argument() *argument {
	a := &argument{
		Event:           kinds[e.Kind],
		Component:       e.Component,
		Task:            e.Task,
		Func:            e.Func,
		Caller:          e.Caller,
		CallerComponent: e.CallerComponent,
		On:              e.On,
		Inputs:          pollEvents(e.Inputs),
		Outputs:         pollEvents(e.Outputs),
	}
	if e.Kind == host.EventEnd {
		a.Outcome = e.Outcome.String()
	}
	if e.Err != nil {
		a.Error = e.Err.Error()
	}
	return a
}

func pollEvents(list []host.PollEvent) []pollEvent {
	var all []pollEvent
	for _, e := range list {
		all = append(all, pollEvent(e))
	}
	return all
}

// thread gives the thread of a component; "" is the host.
func (e *event) thread(component string) int {
	id, ok := e.in.threads[component]
	if !ok {
		id = len(e.in.threads)
		e.in.threads[component] = id
		e.w.write(entry{Name: "thread_name", Phase: "M", Process: e.Instance, Thread: id, Args: &argument{Name: component}})
	}
	return id
}

func (e *event) start() {
	b := begun{e.Func, e.thread(e.Component)}
	e.in.tasks[e.Task] = b
	e.arrow("s", e.thread(e.CallerComponent))
	e.entry(entry{Name: b.name, Category: "task", Phase: "b", Thread: b.thread, ID2: e.id("T", e.Task)}, true)
	if e.Component != "" {
		e.entry(entry{Name: b.name, Phase: "B", Thread: b.thread}, false)
	}
	e.arrow("f", b.thread)
	e.w.arrows++
}

func (e *event) id(prefix string, task host.TaskID) *localID {
	return &localID{prefix + strconv.FormatUint(uint64(task), 10)}
}

// arrow writes an end of an arrow from a caller.
func (e *event) arrow(phase string, thread int) {
	if e.Component != "" && e.CallerComponent != "" {
		e.entry(entry{Name: "call", Category: "call", Phase: phase, Thread: thread, ID: strconv.Itoa(e.w.arrows), Bind: "e"}, false)
	}
}

func (e *event) wait() {
	b := begun{"waits for " + e.in.tasks[e.On].name, e.thread(e.Component)}
	e.in.waits[wait{e.Component, e.On}] = b
	e.entry(entry{Name: b.name, Category: "wait", Phase: "b", Thread: b.thread, ID2: e.id("W", e.On)}, true)
}

// endWait ends a wait; one that was over before it began is an instant.
func (e *event) endWait(what string) {
	key := wait{e.Component, e.On}
	b, ok := e.in.waits[key]
	if !ok {
		e.entry(entry{Name: what + ": " + e.in.tasks[e.On].name, Phase: "i", Thread: e.thread(e.Component), Scope: "t"}, true)
		return
	}
	delete(e.in.waits, key)
	e.entry(entry{Name: b.name, Category: "wait", Phase: "e", Thread: b.thread, ID2: e.id("W", e.On)}, true)
}

func (e *event) end() {
	b := e.in.tasks[e.Task]
	delete(e.in.tasks, e.Task)
	e.entry(entry{Name: b.name, Category: "task", Phase: "e", Thread: b.thread, ID2: e.id("T", e.Task)}, true)
}
