package host

import (
	"slices"
	"sync"
	"time"
)

// A fork is guest code that its starter waits for only until it pauses.
type fork struct {
	back chan struct{} // capacity 1: the role
	left bool          // the starter does not wait any more

	// See reentry: what the starter enters by the call, and what the driver
	// does when the fork goes on.
	enters, top []int
}

// leave gives the role back to the starter.
func (f *fork) leave(st *stack) {
	f.left = true
	st.entered = slices.Replace(st.entered, 0, len(f.enters), f.top...)
	f.back <- struct{}{}
}

// start runs a call, which enters a component instance, on a goroutine of its
// own, and returns when it has ended or when its stack has paused. It is called
// in a host function, on the driver.
func (in *Instance) start(c *forkedCall) {
	st, drives := in.stack, in.drives
	work := in.clock.stop()
	in.stack = nil
	in.inBackground(c.job)
	<-c.back
	in.stack, in.drives = st, drives
	in.clock.resume(work)
}

// work is what the goroutine of a call does.
func (c *forkedCall) work() {
	in := c.op.in
	in.runWork(c)
	if c.left {
		in.driveOn()
		return
	}
	c.back <- struct{}{}
}

// takeFork gives a call to start; keepFork takes one back that is over.
func (in *Instance) takeFork() *forkedCall {
	c := in.forks
	if c == nil {
		c = &forkedCall{}
		c.back = make(chan struct{}, 1)
		c.job = c.work
		return c
	}
	in.forks, c.next = c.next, nil
	return c
}

func (in *Instance) keepFork(c *forkedCall) {
	*c = forkedCall{fork: fork{back: c.back}, job: c.job, next: in.forks}
	in.forks = c
}

// workers are goroutines for work that may have to stay behind. Guest code
// grows the stack of a goroutine, so they are used again if that is soon.
type workers struct {
	mu    sync.Mutex
	spare []chan func() // the last one is used first
	least int           // how many there were at least since the last sweep
	swept bool          // now and then
}

const (
	maxSpareWorkers = 16 // that wait for the next job
	spareWorkerTime = 50 * time.Millisecond
)

// inBackground runs f on a goroutine that nobody waits for.
func (in *Instance) inBackground(f func()) {
	w := &in.pre.c.e.workers
	w.mu.Lock()
	n := len(w.spare) - 1
	if n < 0 {
		w.mu.Unlock()
		go w.work(f)
		return
	}
	ch := w.spare[n]
	w.spare = w.spare[:n]
	w.least = min(w.least, n)
	w.mu.Unlock()
	ch <- f
}

// work is a worker, whose first job is f.
func (w *workers) work(f func()) {
	ch := make(chan func(), 1)
	for more := true; more; f, more = <-ch {
		f()
		if !w.add(ch) {
			return
		}
	}
}

func (w *workers) add(ch chan func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.spare) == maxSpareWorkers {
		return false
	}
	w.spare = append(w.spare, ch)
	if !w.swept {
		w.swept, w.least = true, 0
		time.AfterFunc(spareWorkerTime, w.sweep)
	}
	return true
}

// sweep ends the workers that have had no job since the last time.
func (w *workers) sweep() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ch := range w.spare[:w.least] {
		close(ch)
	}
	w.spare = slices.Delete(w.spare, 0, w.least)
	w.least = len(w.spare)
	if w.swept = w.least > 0; w.swept {
		time.AfterFunc(spareWorkerTime, w.sweep)
	}
}
