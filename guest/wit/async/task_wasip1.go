package async

import (
	"runtime"
	"unsafe"
)

// A task is a call of an exported async function.
type task struct {
	value     any           // *R
	discard   func()        // called if the value is thrown away; may be nil
	done      bool          // the function has returned
	id        uint32        // in tasks, from pending on until the result is taken
	ready     int32         // owned, from pending until done
	cancel    int32         // owned, after a cancel input until done
	cancelled chan struct{} // made when asked for
}

var (
	tasks table[task]
	open  int // functions that run
)

func newTask(value any) *task {
	countGoroutines()
	procPin()
	open++
	procUnpin()
	return &task{value: value}
}

// run runs the function, in the task's first goroutine.
func (t *task) run(fn func()) {
	setLabel(unsafe.Pointer(newScope(t, nil)))
	fn()
	t.finish()
}

// start lets the component run until it is idle. If the function has not
// returned by then it registers the task.
func (t *task) start() (pending int32, done bool) {
	settle()
	if t.done {
		return 0, true
	}
	pending, cancel, ready := makeTask()
	t.ready = ready
	procPin()
	t.id = tasks.add(t)
	emit(outPending, t.id, cancel)
	procUnpin()
	return pending, false
}

func finish(fn func()) {
	t := newTask(nil)
	go t.run(fn)
	settle()
}

func (t *task) finish() {
	procPin()
	t.done = true
	open--
	ready, cancel := t.ready, t.cancel
	t.ready, t.cancel = 0, 0
	if ready != 0 && cancel == 0 {
		emit(outReady, t.id, ready)
	}
	procUnpin()
	if cancel != 0 {
		rawDropReady(ready)
		t.confirm(cancel)
	}
}

// confirm tells the caller that the cancelled task is over.
func (t *task) confirm(cancel int32) {
	tasks.take(t.id)
	if t.discard != nil {
		t.discard()
	}
	procPin()
	emit(outCancelComplete, uint32(cancel), 0)
	procUnpin()
}

// onCancel asks the task to stop.
func (t *task) onCancel(cancel int32) {
	procPin()
	done := t.done
	if !done {
		t.cancel = cancel
		if t.cancelled != nil {
			close(t.cancelled)
		}
	}
	procUnpin()
	if done {
		t.confirm(cancel)
	}
}

func (t *task) cancellation() <-chan struct{} {
	procPin()
	if t.cancelled == nil {
		t.cancelled = make(chan struct{})
		if t.cancel != 0 {
			close(t.cancelled)
		}
	}
	procUnpin()
	return t.cancelled
}

func takeTask(ready int32) *task {
	id := rawReadyState(ready)
	rawDropReady(ready)
	return tasks.take(id)
}

var handles [3]int32 // results of the next two

func makeTask() (pending, cancel, ready int32) {
	rawMakeTask(unsafe.Pointer(&handles))
	return handles[0], handles[1], handles[2]
}

func blockStart(pollable int32) (pending int32, ok bool) {
	rawBlockStart(pollable, unsafe.Pointer(&handles))
	return handles[1], handles[0]&0xff == 0
}

// idleGoroutines is how many goroutines there are when nothing goes on: those
// that the program's initialization left running, or fewer.
var idleGoroutines int

func countGoroutines() {
	if n := runtime.NumGoroutine(); idleGoroutines == 0 || open == 0 && n < idleGoroutines {
		idleGoroutines = n
	}
}

// busy tells whether timers matter: a function runs, or a goroutine that one
// has left behind.
func busy() bool {
	return open > 0 || runtime.NumGoroutine() > idleGoroutines
}
