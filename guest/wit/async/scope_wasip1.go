package async

import (
	"runtime"
	"unsafe"
)

// A scope is what the runtime knows about a goroutine. A goroutine's profiler
// label points to it, which goroutines inherit from the one that starts them.
type scope struct {
	// labels is where runtime/pprof expects a list of labels: an empty one.
	// Its capacity tells a scope from labels that the program has set.
	labels struct {
		data     unsafe.Pointer
		len, cap int
	}
	task *task           // the exported call it descends from
	done <-chan struct{} // of the Until it is in
	sync string          // the exported function that runs, if it is not async
}

const scopeMark = 0x69737977

func newScope(t *task, done <-chan struct{}) *scope {
	s := &scope{task: t, done: done}
	s.labels.cap = scopeMark
	return s
}

// current returns the calling goroutine's scope, or nil.
func current() *scope {
	s := (*scope)(getLabel())
	if s == nil || s.labels.len != 0 || s.labels.cap != scopeMark {
		return nil
	}
	return s
}

func cancelled() <-chan struct{} {
	if s := current(); s != nil && s.task != nil {
		return s.task.cancellation()
	}
	return nil
}

func until(done <-chan struct{}, fn func()) (finished bool) {
	if done == nil {
		fn()
		return true
	}
	outer := getLabel()
	var t *task
	if s := current(); s != nil {
		t = s.task
	}
	inner := newScope(t, done)
	setLabel(unsafe.Pointer(inner))
	defer func() {
		setLabel(outer)
		if finished {
			return
		}
		if r := recover(); r != nil && r != any(inner) {
			panic(r)
		}
	}()
	fn()
	return true
}

// inSync is the scope of the exported function that runs and is not async.
// There is one at a time, and it runs to its end.
var (
	inSync     = newScope(nil, nil)
	goroutines int // when it began
)

func enterSync(export string) {
	goroutines = runtime.NumGoroutine()
	inSync.sync = export
	setLabel(unsafe.Pointer(inSync))
}

func leaveSync() {
	inSync.sync = ""
	setLabel(nil)
	if runtime.NumGoroutine() != goroutines {
		inSync = newScope(nil, nil) // the old one is that of goroutines that go on
	}
}

// untilDone gives the channel that ends the Until that the goroutine is in,
// or nil, and what to call then.
func untilDone() (done <-chan struct{}, abandon func()) {
	if s := current(); s != nil {
		return s.done, func() { panic(s) }
	}
	return nil, nil
}
