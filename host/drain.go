package host

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero/api"
)

// Drain has no further call begin: those that wait to begin, and all later
// ones, answer a *[RefusedError]. It needs no driver, so it helps callers of an
// instance whose guest does not return. What has begun goes on; see
// [Instance.WaitIdle] for when it is over.
func (in *Instance) Drain() {
	d := &in.drv
	d.mu.Lock()
	defer d.mu.Unlock()
	in.refusing.Store(true)
	if d.denied == nil {
		d.denied = errDrained
	}
	for o := d.parked.first; o != nil; {
		next := o.next
		if o.outside {
			d.deny(o)
		}
		o = next
	}
}

// deny refuses a parked op that has not begun; under mu.
func (d *driver) deny(o *op) {
	d.parked.remove(o)
	o.parked, o.refused, o.err = false, true, &RefusedError{d.denied}
	o.abandoned.Store(true) // it is still in the queue, or in a line
	o.wake <- signalDone
}

// refusal is the error of a call that may not begin.
func (d *driver) refusal() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &RefusedError{d.denied}
}

// AtWork tells for how long guest code has been at work without coming back to
// the host, counted from where the host has called it: computing, or waiting in
// a host function together with all else in the instance; and the longest time
// that guest code takes which waits in a [BlockingFunc]. Each is 0 if there is
// none, and if the instance is not shared. It does not wait for the driver.
func (in *Instance) AtWork() (computing, blocking time.Duration) {
	c := in.clock
	if c == nil {
		return 0, 0
	}
	in.drv.mu.Lock()
	defer in.drv.mu.Unlock()
	now := time.Since(c.made)
	if begun := c.begun.Load(); begun != 0 {
		computing = now - time.Duration(begun)
	}
	for _, p := range in.paused {
		if p.work != 0 {
			blocking = max(blocking, now-p.work)
		}
	}
	return computing, blocking
}

// A workClock tells when the driver has called guest code. Times are counted
// from when it was made; 0 means that no guest code runs. All but begun may be
// used by the driver alone.
type workClock struct {
	made  time.Time
	begun atomic.Int64
}

// A timedFunction is a core function whose calls the clock knows of.
type timedFunction struct {
	api.Function
	clock *workClock
}

// CallWithStack implements [api.Function].
func (f *timedFunction) CallWithStack(ctx context.Context, stack []uint64) error {
	if f.clock.begin() {
		defer f.clock.end()
	}
	return f.Function.CallWithStack(ctx, stack)
}

// begin starts the clock, unless it runs.
func (c *workClock) begin() bool {
	if c.begun.Load() != 0 {
		return false
	}
	c.resume(time.Since(c.made))
	return true
}

func (c *workClock) end() { c.begun.Store(0) }

// stop gives when the guest code has begun that another one is now to run
// before, for resume.
func (c *workClock) stop() time.Duration {
	if c == nil {
		return 0
	}
	return time.Duration(c.begun.Swap(0))
}

func (c *workClock) resume(begun time.Duration) {
	if c != nil {
		c.begun.Store(int64(begun))
	}
}
