package host

import (
	"context"
	"errors"
	"time"
)

// interruptGrace is how long a guest may go on in one activation after the
// context of the call that drives it was cancelled. It is there because an
// interrupted instance is lost, and because the guest may just be working for
// another call.
const interruptGrace = 50 * time.Millisecond

var errInterrupted = errors.New("interrupted: the guest went on after the call was cancelled")

// watch interrupts the guest if it does not return to the driver after ctx is
// cancelled, or waits in a host function on the caller's goroutine; only for
// interruptible engines.
func (in *Instance) watch(ctx context.Context, o *op) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		was := in.activations.Load()
		time.Sleep(interruptGrace)
		in.drv.mu.Lock()
		driving, stalled := in.drv.role.Load() != roleFree && in.drv.own == o, o.stalled
		in.drv.mu.Unlock()
		switch {
		case stalled:
			in.Post(func() { in.poison(&Trap{Component: in.pre.c.name, Msg: errInterrupted.Error(), Err: errInterrupted}) })
		case driving && in.activations.Load() == was:
			in.interrupted.Store(true)
			in.cancel()
		}
	})
}
