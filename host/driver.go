package host

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A driver lets one goroutine at a time run the code of an instance. Whoever
// queues work and finds nobody driving becomes the driver, or starts one; a
// driver that has what it came for passes the role on and leaves. While
// the role is free the queue is empty, and the router has nothing to do but
// polls that linger.
type driver struct {
	role      role
	lingering atomic.Bool // a timer will have somebody drive

	mu     sync.Mutex
	own    *op    // whose goroutine drives; nil if it is nobody's
	queue  []work // from head on
	head   int
	parked opList // calls that wait without driving
	held   int    // see Instance.Hold
	failed error  // why nothing runs any more
	denied error  // why no call begins any more
	closed bool   // memories are gone
	idle   []chan struct{}
}

// A role tells whether somebody drives. It is taken under driver.mu, but for
// the calls that find it free, which take it and give it back without the
// lock: unless somebody came meanwhile and left a mark.
type role struct{ atomic.Uint32 }

const (
	roleFree  = iota
	roleQuick // taken without the lock
	roleTaken // taken, or marked, under the lock
)

// seize takes the role, under driver.mu. If somebody has it, he is going to
// look at the queue before he leaves.
func (r *role) seize() bool {
	return r.CompareAndSwap(roleFree, roleTaken) || !r.mark() && r.seize()
}

// mark tells whether somebody has the role, under driver.mu; he is going to
// look at the queue before he leaves.
func (r *role) mark() bool {
	for {
		switch r.Load() {
		case roleFree:
			return false
		case roleTaken: // and given back under the lock alone
			return true
		}
		if r.CompareAndSwap(roleQuick, roleTaken) {
			return true
		}
	}
}

// work runs on the driver.
type work interface{ run(in *Instance) }

type workFunc func()

func (f workFunc) run(*Instance) { f() }

// A signal tells a parked call why it wakes.
type signal uint8

const (
	signalDone  signal = iota // the call is done
	signalDrive               // the call is the driver now
)

// do runs an op to its end, or until ctx is cancelled, when the op is
// abandoned.
func (in *Instance) do(ctx context.Context, o *op) error {
	o.cancelable = ctx.Done() != nil
	d := &in.drv
	if in.interruptible {
		if o.cancelable {
			defer in.watch(ctx, o)()
		}
	} else if d.role.CompareAndSwap(roleFree, roleQuick) {
		o.run(in)
		if o.done && in.quit(d) || in.drive(ctx, o) {
			return o.err
		}
		return in.await(ctx, o)
	}
	d.mu.Lock()
	switch {
	case o.call && d.denied != nil:
		defer d.mu.Unlock()
		return &RefusedError{d.denied}
	case d.failed != nil:
		defer d.mu.Unlock()
		return d.failed
	}
	if !d.role.seize() {
		d.queue = append(d.queue, o)
		d.park(o)
		d.mu.Unlock()
		return in.await(ctx, o)
	}
	d.own = o
	d.mu.Unlock()
	o.run(in)
	if in.drive(ctx, o) {
		return o.err
	}
	return in.await(ctx, o)
}

// quit gives the role back without the lock, if that is all there is to do.
func (in *Instance) quit(d *driver) bool {
	return !in.router.eased && !in.router.pressing(true) && (d.lingering.Load() || !in.router.entered()) &&
		d.role.CompareAndSwap(roleQuick, roleFree)
}

// await waits for a parked op, driving when asked to.
func (in *Instance) await(ctx context.Context, o *op) error {
	for {
		select {
		case s := <-o.wake:
			if s == signalDone || in.drive(ctx, o) {
				return o.err
			}
		case <-ctx.Done():
			return in.abandon(ctx, o)
		}
	}
}

// abandon leaves a parked op because ctx was cancelled.
func (in *Instance) abandon(ctx context.Context, o *op) error {
	d := &in.drv
	d.mu.Lock()
	if !o.parked && <-o.wake == signalDone { // the signal is in the channel
		d.mu.Unlock()
		return o.err
	}
	if o.parked {
		d.parked.remove(o)
		o.parked = false
	} else {
		d.role.Store(roleFree) // the role came too late: pass it on
	}
	o.abandoned.Store(true)
	d.queue = append(d.queue, cancelOp{o})
	d.mu.Unlock()
	d.wakeDriver(in)
	return ctx.Err()
}

// cancelOp is the work of telling the guest that nobody waits for an op.
type cancelOp struct{ o *op }

func (c cancelOp) run(in *Instance) { in.giveUp(c.o) }

// giveUp is for an op that was abandoned: what it waits for is cancelled, and
// if it has not begun it leaves its line.
func (in *Instance) giveUp(o *op) {
	in.router.cancelOp(o)
	if in.leaveLine(o.sub, o) {
		o.enter(in)
	}
}

// drive runs the instance until nothing is left to do or own is done, and
// reports whether own is done (or abandoned, with ctx's error). If it is not,
// own is parked. The caller must have the role.
func (in *Instance) drive(ctx context.Context, own *op) bool {
	d := &in.drv
	in.drives = own
	for first := true; ; first = false {
		if own != nil {
			if !own.done && !first && ctx.Err() != nil {
				own.abandoned.Store(true)
				own.err = ctx.Err()
				in.giveUp(own)
				in.pass()
				return true
			}
			if own.done {
				in.pass()
				return true
			}
		}
		n := d.queued()
		for range n { // not more, so that the guest gets its turn
			w := d.take()
			if w == nil {
				break // another driver took it while this one was paused
			}
			if !in.mayRun(w) {
				d.putBack(w)
				in.handOver(own)
				return false
			}
			in.runWork(w)
			if st := in.next; st != nil {
				in.next = nil
				return in.switchTo(st, own)
			}
		}
		if own != nil && own.done {
			continue
		}
		if !in.mayStep() {
			in.handOver(own)
			return false
		}
		if in.step() || n > 0 {
			continue
		}
		d.mu.Lock()
		if d.head < len(d.queue) {
			d.mu.Unlock()
			continue
		}
		if own != nil {
			d.park(own)
		}
		d.notifyIdle(in)
		d.role.Store(roleFree)
		d.mu.Unlock()
		return false
	}
}

// step lets the router do one thing and reports whether there was any.
func (in *Instance) step() bool {
	if in.trap != nil {
		return false
	}
	progress, err := in.router.round()
	if err != nil {
		in.poison(err)
		return true
	}
	if progress {
		return true
	}
	in.drv.mu.Lock()
	stuck := in.drv.held == 0 && in.drv.head == len(in.drv.queue)
	in.drv.mu.Unlock()
	return stuck && in.router.breakDeadlock()
}

// pass gives the role to somebody else if anything is left to do.
func (in *Instance) pass() {
	d := &in.drv
	d.mu.Lock()
	more := d.head < len(d.queue) || in.trap == nil && in.router.pressing(d.held == 0)
	switch {
	case more:
	case in.trap == nil && in.router.entered():
		d.linger(in)
	default:
		d.notifyIdle(in)
	}
	d.role.Store(roleFree)
	d.mu.Unlock()
	if more {
		d.startDriver(in)
	}
}

// lingerTime is how long components that were called wait for their poll if
// nothing else is going on. What a function that is not async leaves behind is
// not urgent, and most leave nothing; but a poll takes longer than many a call.
const lingerTime = 50 * time.Microsecond

// linger has somebody drive soon; under mu.
func (d *driver) linger(in *Instance) {
	if d.lingering.Swap(true) {
		return
	}
	time.AfterFunc(lingerTime, func() {
		d.lingering.Store(false)
		d.startDriver(in)
	})
}

// wakeDriver makes sure that somebody drives if the queue has something.
func (d *driver) wakeDriver(in *Instance) {
	d.mu.Lock()
	queued := d.head < len(d.queue)
	d.mu.Unlock()
	if queued {
		d.startDriver(in)
	}
}

// startDriver gives the role to a parked call, or to a new goroutine, unless
// somebody has it.
func (d *driver) startDriver(in *Instance) {
	d.mu.Lock()
	if !d.role.seize() {
		d.mu.Unlock()
		return
	}
	o := d.parked.first
	if in.pre.severalBlock {
		o = nil // he might have to hand over
	}
	d.own = o
	if o != nil {
		d.parked.remove(o)
		o.parked = false
	}
	d.mu.Unlock()
	if o != nil {
		o.wake <- signalDrive
		return
	}
	in.inBackground(in.driveOn)
}

// post queues work from any goroutine; it reports false if the instance is
// closed.
func (d *driver) post(in *Instance, w work) bool {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return false
	}
	d.queue = append(d.queue, w)
	driving := d.role.mark()
	d.mu.Unlock()
	if !driving {
		d.startDriver(in)
	}
	return true
}

// queued counts the work that waits.
func (d *driver) queued() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.queue) - d.head
}

// take removes the first work of the queue.
func (d *driver) take() work {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.head == len(d.queue) {
		return nil
	}
	w := d.queue[d.head]
	d.queue[d.head] = nil
	if d.head++; d.head == len(d.queue) {
		d.queue, d.head = d.queue[:0], 0
	}
	return w
}

// push queues work that is to come before the driver leaves; on the driver.
func (d *driver) push(w work) {
	d.mu.Lock()
	d.queue = append(d.queue, w)
	d.role.mark() // who has the role took it without the lock, perhaps
	d.mu.Unlock()
}

// putBack undoes take.
func (d *driver) putBack(w work) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.head > 0 {
		d.head--
		d.queue[d.head] = w
		return
	}
	d.queue = slices.Insert(d.queue, 0, w)
}

// leaveStalled gives the op whose goroutine is about to leave the role because
// guest code on it waits.
func (d *driver) leaveStalled() *op {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.own != nil {
		d.own.stalled = true
	}
	return d.own
}

// returnStalled undoes leaveStalled.
func (d *driver) returnStalled(own *op) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.own = own
	if own != nil {
		own.stalled = false
	}
}

// park lists an op as waiting; under mu.
func (d *driver) park(o *op) {
	o.parked, o.shared, o.outside = true, true, o.call && !o.begun
	if o.wake == nil {
		o.wake = make(chan signal, 1)
	}
	d.parked.push(o)
	if o.outside && d.denied != nil { // while it was the driver's
		d.deny(o)
	}
}

func (d *driver) hold(n int) {
	d.mu.Lock()
	d.held += n
	d.mu.Unlock()
}

func (d *driver) holds() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.held
}

// runWork runs work; a panic poisons the instance.
func (in *Instance) runWork(w work) {
	defer func() {
		if r := recover(); r != nil {
			in.poison(hostPanic(r))
		}
	}()
	w.run(in)
}
