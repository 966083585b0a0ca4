package host

import (
	"context"
	"sync/atomic"
)

// An op is a Call in progress.
type op struct {
	in         *Instance
	f          opFunc
	sub        int         // the component instance that it enters next
	pause      *pause      // of the stack whose op it is; nil if it enters one
	wake       chan signal // capacity 1
	cancelable bool        // by the caller's context
	call       bool        // it is one of the embedder's, of an export
	abandoned  atomic.Bool // the caller has gone; nobody reads the result

	// Of the driver.
	begun bool
	done  bool
	err   error
	task  *task // that it waits for
	slot  int   // in router.ops

	// Under driver.mu.
	stalled    bool // its caller's goroutine has a stack that is paused
	shared     bool // it was ever parked; until then its caller drives
	parked     bool
	outside    bool // it is parked and has not begun
	refused    bool // it is not to begin, and its caller has left
	prev, next *op
}

// An opFunc is what an op does.
type opFunc interface {
	begin(o *op)           // ends in finished or in awaiting a task
	refuse(o *op)          // instead of begin: nobody wants it any more
	resume(o *op, t *task) // with the ready handle of t; ends in finished
}

// A dropper is an opFunc whose finish is more than the op's, for when its task
// is dropped without a result.
type dropper interface{ dropped() }

// An opList is a list of ops in order of arrival.
type opList struct{ first, last *op }

func (l *opList) push(o *op) {
	o.prev, o.next = l.last, nil
	if l.last != nil {
		l.last.next = o
	} else {
		l.first = o
	}
	l.last = o
}

func (l *opList) remove(o *op) {
	if o.prev != nil {
		o.prev.next = o.next
	} else {
		l.first = o.next
	}
	if o.next != nil {
		o.next.prev = o.prev
	} else {
		l.last = o.prev
	}
	o.prev, o.next = nil, nil
}

// run begins the op, or has it wait in line.
func (o *op) run(in *Instance) {
	if in.pre.blocks[o.sub] && in.busy(o.sub) && in.trap == nil && !(o.call && in.refusing.Load()) {
		in.waitInLine(o.sub, o)
		return
	}
	o.enter(in)
}

// enter begins the op.
func (o *op) enter(in *Instance) {
	switch {
	case o.shared && !in.drv.admit(o):
	case o.abandoned.Load():
		o.f.refuse(o)
		o.finish(context.Canceled)
	case o.call && in.refusing.Load():
		o.finish(in.drv.refusal())
	case in.trap != nil:
		o.finish(in.trap)
	default:
		o.begun = true
		o.f.begin(o)
	}
}

// admit tells whether an op may begin; from now on it cannot be refused.
func (d *driver) admit(o *op) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	o.outside = false
	return !o.refused
}

// finish ends the op; it runs on the driver. It reports whether the caller is
// there to take the result.
func (o *op) finish(err error) bool {
	if !o.abandoned.Load() {
		o.err = err
	}
	return o.end()
}

// leave ends the op for its caller while the guest goes on with it.
func (o *op) leave(err error) {
	if !o.abandoned.Load() {
		o.err = err
		o.abandoned.Store(true)
		o.end()
	}
}

func (o *op) end() bool {
	o.done = true
	if o.pause != nil {
		o.in.drv.push(o.pause)
		return true
	}
	if !o.shared {
		return !o.abandoned.Load()
	}
	d := &o.in.drv
	d.mu.Lock()
	parked, abandoned := o.parked, o.abandoned.Load()
	if parked {
		d.parked.remove(o)
		o.parked = false
	}
	d.mu.Unlock()
	if parked {
		o.wake <- signalDone
	}
	return !abandoned
}
