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
	w     hostWork
	value R
}

// Resolve gives the result. Called before the host function returns, the
// guest gets it at once. It reports whether the value will be used; if not,
// because the guest cancelled, the caller keeps what the value owns.
func (d *Completion[R]) Resolve(v R) bool {
	return d.w.settle(func() { d.value = v }, nil)
}

// Give is Resolve for a value that nobody keeps: if it will not be used, the
// resources it owns are dropped, or what OnDiscard says is done.
func (d *Completion[R]) Give(v R) {
	if d.Resolve(v) || d.w.discard == nil {
		return
	}
	discard := func() {
		d.value = v // there is no other, or it is taken
		d.w.discard()
	}
	if !d.w.in.drv.post(d.w.in, workFunc(discard)) {
		discard()
	}
}

// Fail traps the guest with err.
func (d *Completion[R]) Fail(err error) bool { return d.w.settle(nil, err) }

// OnCancel sets what to do when the guest loses interest before the function
// is resolved, and when the instance closes. f runs once, on the driver or on
// the goroutine that closes, and at once if that has already happened. Setting
// it again replaces it.
func (d *Completion[R]) OnCancel(f func()) { d.w.onCancel(f) }

// OnDiscard sets what to do with a value that was accepted by Resolve but that
// no guest will take; by default, the resources it owns are dropped. It is called before the host function returns; f runs on
// the driver.
func (d *Completion[R]) OnDiscard(f func(v R)) { d.w.discard = func() { f(d.value) } }

// Context gives a context that is cancelled when the guest loses interest or
// the instance closes.
func (d *Completion[R]) Context() context.Context { return d.w.context() }

// hostWork is what the router knows of a Completion.
type hostWork struct {
	in *Instance

	mu      sync.Mutex
	settled bool // by value, error or cancellation
	lost    bool // by cancellation
	err     error
	cancel  func()
	ctx     context.Context
	ctxStop context.CancelFunc
	task    *task  // set once the start half has answered pending
	discard func() // with the value of the Completion
}

// settle takes the outcome; store keeps a value.
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
		w.in.drv.post(w.in, t)
	}
	return true
}

// pend tells whether the outcome is yet to come; if so, t learns of it.
func (w *hostWork) pend(t func() *task) (*task, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.settled {
		return nil, false
	}
	w.task = t()
	return w.task, true
}

func (w *hostWork) onCancel(f func()) {
	w.mu.Lock()
	lost := w.lost
	if !lost {
		w.cancel = f
	}
	w.mu.Unlock()
	if lost {
		f()
	}
}

func (w *hostWork) context() context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx == nil {
		w.ctx, w.ctxStop = context.WithCancel(w.in.ctx)
		if w.settled {
			w.ctxStop()
		}
	}
	return w.ctx
}

// outcome gives the error of settled work.
func (w *hostWork) outcome() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// interrupt ends work whose result nobody will take.
func (w *hostWork) interrupt() {
	w.mu.Lock()
	had := w.settled
	w.settled, w.lost = true, !had
	f, stop := w.cancel, w.ctxStop
	w.mu.Unlock()
	if had {
		w.drop()
		return
	}
	if stop != nil {
		stop()
	}
	if f != nil {
		f()
	}
}

// drop throws away the value of settled work.
func (w *hostWork) drop() {
	if w.outcome() == nil && w.discard != nil {
		w.discard()
	}
}
