package host

import (
	"context"
	"sync"
)

// A Completion is the outcome-to-be of an async host function. The first of
// Resolve, Fail and the cancellation by the guest counts; what comes later is
// ignored, so no call needs to know about the others. Its methods may be
// called from any goroutine.
type Completion[R any] struct {
	w       hostWork
	value   R
	discard func(R)
}

// Resolve gives the result. Called before the host function returns, the
// guest gets it at once. It reports whether the value will be used; if not,
// because the guest cancelled, the caller keeps what the value owns.
func (d *Completion[R]) Resolve(v R) bool {
	return d.w.settle(func() { d.value = v }, nil)
}

// Fail traps the guest with err.
func (d *Completion[R]) Fail(err error) bool { return d.w.settle(nil, err) }

// OnCancel sets what to do when the guest loses interest before the function
// is resolved, and when the instance closes. f runs once, on the driver or on
// the goroutine that closes, and at once if that has already happened. Setting
// it again replaces it.
func (d *Completion[R]) OnCancel(f func()) { d.w.onCancel(f) }

// OnDiscard sets what to do with a value that was accepted by Resolve but that
// no guest will take. f runs on the driver.
func (d *Completion[R]) OnDiscard(f func(v R)) { d.discard = f }

// Context gives a context that is cancelled when the guest loses interest or
// the instance closes.
func (d *Completion[R]) Context() context.Context { return d.w.context() }

// hostWork is what the router knows of a Completion.
type hostWork struct {
	in *Instance

	mu       sync.Mutex
	settled  bool // by value, error or cancellation
	canceled bool
	err      error
	cancel   func()
	ctx      context.Context
	ctxStop  context.CancelFunc
	task     *task // set once the start half answered pending
}

func (w *hostWork) settle(store func(), err error) bool {
	w.mu.Lock()
	if w.settled {
		w.mu.Unlock()
		return false
	}
	w.settled, w.err = true, err
	if store != nil {
		store()
	}
	t, stop := w.task, w.ctxStop
	w.mu.Unlock()
	if stop != nil {
		stop()
	}
	if t != nil {
		w.in.postWork(t)
	}
	return true
}
