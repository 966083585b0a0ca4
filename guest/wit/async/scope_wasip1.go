package async

import "unsafe"

// A scope is what the runtime knows about a goroutine. A goroutine's profiler
// label points to it, which goroutines inherit from the one that starts them.
type scope struct {
	// labels is where runtime/pprof expects a list of labels: an empty one.
	// Its capacity tells a scope from labels that the program has set.
	labels struct {
		data     unsafe.Pointer
		len, cap int
	}
	task *task // the exported call it descends from

	// The rest concerns one goroutine only, not those that it starts.
	g    uintptr         // which one
	done <-chan struct{} // of the Until it is in
	sync string          // the exported function that it runs, if that is not async
}

const scopeMark = 0x69737977

func newScope(t *task, done <-chan struct{}) *scope {
	s := &scope{task: t, g: getg(), done: done}
	s.labels.cap = scopeMark
	return s
}

// getg identifies the calling goroutine as long as it lives.
func getg() uintptr

// current returns the calling goroutine's scope, or nil.
func current() *scope {
	s := (*scope)(getLabel())
	if s == nil || s.labels.len != 0 || s.labels.cap != scopeMark {
		return nil
	}
	return s
}

// own returns current's scope if that was made for the calling goroutine.
func own() *scope {
	s := current()
	if s != nil && s.g != getg() {
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
	inner := newScope(nil, done)
	if s := current(); s != nil {
		inner.task = s.task
		if s.g == inner.g {
			inner.sync = s.sync
		}
	}
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
var inSync scope

func enterSync(export string) {
	inSync.g, inSync.sync = getg(), export
	inSync.labels.cap = scopeMark
	setLabel(unsafe.Pointer(&inSync))
}

func leaveSync() {
	inSync.sync = ""
	setLabel(nil)
}

// untilDone gives the channel that ends the Until that the goroutine is in,
// or nil, and what to call then.
func untilDone() (done <-chan struct{}, abandon func()) {
	if s := own(); s != nil {
		return s.done, func() { panic(s) }
	}
	return nil, nil
}
