package host

import "context"

// Idle tells whether nothing is going on: no call, no guest that waits for a
// task, no host work, nothing queued. It waits for the driver.
func (in *Instance) Idle() bool {
	idle := true
	in.onDriver(func() { idle = in.idle() })
	return idle
}

// idle is for the driver.
func (in *Instance) idle() bool {
	in.drv.mu.Lock()
	defer in.drv.mu.Unlock()
	return in.idleLocked()
}

func (in *Instance) idleLocked() bool {
	d := &in.drv
	return d.held == 0 && d.head == len(d.queue) && (in.trap != nil || in.router.idle())
}

// notifyIdle tells those who wait for idleness; under mu, without a driver.
func (d *driver) notifyIdle(in *Instance) {
	in.router.eased = false
	if len(d.idle) == 0 || !in.idleLocked() {
		return
	}
	for _, ch := range d.idle {
		close(ch)
	}
	d.idle = nil
}

// WaitIdle waits until [Instance.Idle] holds, or the instance fails or
// closes, whose error it answers. Do not call it on the driver.
func (in *Instance) WaitIdle(ctx context.Context) error {
	d := &in.drv
	for {
		d.mu.Lock()
		switch {
		case d.failed != nil:
			d.mu.Unlock()
			return d.failed
		case d.role.seize():
			idle := in.idleLocked()
			d.role.Store(roleFree)
			if idle {
				d.mu.Unlock()
				return nil
			}
		}
		ch := make(chan struct{})
		d.idle = append(d.idle, ch)
		d.mu.Unlock()
		select {
		case <-ch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// onDriver runs f on the driver and waits for it. It must not be called on
// the driver.
func (in *Instance) onDriver(f func()) {
	d := &in.drv
	d.mu.Lock()
	if d.role.seize() {
		d.own = nil
		d.mu.Unlock()
		f()
		in.pass()
		return
	}
	done := make(chan struct{})
	d.queue = append(d.queue, workFunc(func() { f(); close(done) }))
	d.mu.Unlock()
	<-done
}

// Close ends the instance: pending calls answer [ErrClosed], host functions
// that have not resolved are cancelled, handles are dropped, memories freed.
// It waits for a guest that is running, unless ctx is cancelled first; then
// the instance closes as soon as the guest calls the host or returns. A host
// function may close its own instance with [Call.Context]; that happens after
// it has returned. Closing again is harmless.
func (in *Instance) Close(ctx context.Context) error {
	in.stopping.Store(true)
	in.cancel()                                            // host functions that wait end, and an interruptible guest
	in.drv.post(in, workFunc(func() { in.shutdown(ctx) })) // unless it is closing already
	if ctx.Value(driverKey{}) == any(in) {
		return nil
	}
	select {
	case <-in.down:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shutdown frees everything, once the stacks that are paused have come to
// their ends; on the driver.
func (in *Instance) shutdown(ctx context.Context) {
	d := &in.drv
	d.mu.Lock()
	closed := d.closed
	d.closed = len(in.paused) == 0
	d.mu.Unlock()
	if closed {
		return
	}
	in.poison(ErrClosed)
	if len(in.paused) > 0 {
		d.push(workFunc(func() { in.shutdown(ctx) }))
		return
	}
	defer close(in.down)
	in.cancel()
	for i := range in.subs {
		// Destructors of guests do not run any more, and those of the host
		// have nobody to tell their errors. A drain that panics goes on.
		for !guard(func() { in.subs[i].table.Drain(&in.guest) }) {
		}
	}
	in.dropValues()
	for i := len(in.onClose) - 1; i >= 0; i-- {
		guard(in.onClose[i])
	}
	// Function references in tables are invisible to the collector, so no
	// module may go before those that were instantiated after it.
	for i := len(in.mods) - 1; i >= 0; i-- {
		if in.mods[i] != nil {
			in.mods[i].Close(context.WithoutCancel(ctx))
			in.mods[i] = nil
		}
	}
	in.router.init(in, len(in.subs)) // nothing that it knows can happen any more
	clear(in.cores)
	clear(in.opts)
	in.onClose = nil
	in.pre.c.e.living.remove(in)
}

// guard runs f and reports whether it did not panic.
func guard(f func()) (ok bool) {
	defer func() {
		if !ok {
			_ = recover() // everything must be freed all the same
		}
	}()
	f()
	return true
}
