package async

// A wait is a listen that the host has not answered finally. After listen the
// host sends exactly one of ready, or listening and then one of ready or, once
// cancel was sent, cancel-complete.
type wait struct {
	woken     chan struct{} // closed when ready is set; nil for the timer's
	ready     int32         // owned, once there
	cancel    int32         // owned, from listening on
	abandoned bool          // nobody waits: cancel as soon as possible
	pollable  int32         // owned, dropped when an abandoned wait is over
}

var waits table[wait]

// listen tells the host that w waits for the task pending names.
func listen(w *wait, pending int32) {
	procPin()
	emit(outListen, waits.add(w), pending)
	procUnpin()
}

// await waits for the task pending names. If the wait is abandoned, pollable
// is dropped when it is over.
func await(pending, pollable int32) (ready int32) {
	s := own()
	w := &wait{woken: make(chan struct{})}
	listen(w, pending)
	if s != nil && s.sync != "" {
		w.pollable = pollable
		w.abandon()
		panic("isyswasfa: " + s.sync + " is not an async function, so it cannot wait for an async function, a stream or a future: declare it async in the WIT")
	}
	if s == nil || s.done == nil {
		<-w.woken
		return w.ready
	}
	select {
	case <-w.woken:
		return w.ready
	case <-s.done:
		w.pollable = pollable
		if w.abandon() {
			panic(s) // until recovers
		}
		return w.ready
	}
}

// abandon gives up waiting for w, unless it has been ready: what was read from
// a stream is not to be lost.
func (w *wait) abandon() bool {
	procPin()
	w.abandoned = w.ready == 0
	if w.abandoned {
		w.sendCancel()
	}
	procUnpin()
	return w.abandoned
}

// sendCancel asks the host to cancel, if it can be asked already. The
// goroutine must be pinned.
func (w *wait) sendCancel() {
	if w.cancel != 0 {
		emit(outCancel, uint32(w.cancel), 0)
		w.cancel = 0
	}
}

// over ends an abandoned wait.
func (w *wait) over() {
	if w.pollable != 0 {
		rawDropPollable(w.pollable)
		w.pollable = 0
	}
}

// onListening takes the right to cancel.
func (w *wait) onListening(cancel int32) {
	procPin()
	w.cancel = cancel
	if w.abandoned {
		w.sendCancel()
	}
	procUnpin()
}

// onReady ends the wait with its task's result.
func (w *wait) onReady(ready int32) {
	procPin()
	cancel, abandoned := w.cancel, w.abandoned
	w.cancel = 0
	if !abandoned {
		w.ready = ready
	}
	procUnpin()
	if cancel != 0 {
		rawDropCancel(cancel)
	}
	switch {
	case abandoned:
		rawDropReady(ready)
		w.over()
	case w.woken == nil:
		rawBlockResult(ready)
		timerFired()
	default:
		close(w.woken)
	}
}

func block(pollable int32) {
	pending, ok := blockStart(pollable)
	if !ok {
		rawBlockResult(await(pending, pollable))
	}
	rawDropPollable(pollable)
}
