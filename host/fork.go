package host

import (
	"slices"
	"sync"
	"time"
)

// A fork is guest code that its starter waits for only until it pauses.
type fork struct {
	back chan struct{} // capacity 1: the role
	left bool          // it has paused since
}

// leave gives the role back to the starter.
func (f *fork) leave() {
	f.left = true
	f.back <- struct{}{}
}

// start runs w, which enters a component instance, on a goroutine of its own,
// and returns when w has ended or when its stack has paused. It is called in a
// host function, on the driver.
func (in *Instance) start(w work) {
	st, drives := in.stack, in.drives
	fk := &fork{back: make(chan struct{}, 1)}
	in.stack, in.fork = nil, fk
	in.inBackground(func() {
		in.runWork(w)
		if fk.left {
			in.driveOn()
			return
		}
		in.fork = nil // w may have entered nothing
		fk.leave()
	})
	<-fk.back
	in.stack, in.drives = st, drives
}

// workers are goroutines for work that may have to stay behind. Guest code
// grows the stack of a goroutine, so they are used again if that is soon.
type workers struct {
	mu    sync.Mutex
	spare []chan func()
}

const (
	maxSpareWorkers = 16 // that wait for the next job
	spareWorkerTime = 50 * time.Millisecond
)

// inBackground runs f on a goroutine that nobody waits for.
func (in *Instance) inBackground(f func()) {
	w := &in.pre.c.e.workers
	w.mu.Lock()
	n := len(w.spare)
	if n == 0 {
		w.mu.Unlock()
		go w.work(f)
		return
	}
	ch := w.spare[n-1]
	w.spare = w.spare[:n-1]
	w.mu.Unlock()
	ch <- f
}

// work is a worker, whose first job is f.
func (w *workers) work(f func()) {
	f()
	ch := make(chan func(), 1)
	timer := time.NewTimer(spareWorkerTime)
	for w.add(ch) {
		select {
		case f = <-ch:
		case <-timer.C:
			if w.remove(ch) {
				return
			}
			f = <-ch
		}
		f()
		timer.Reset(spareWorkerTime)
	}
	timer.Stop()
}

func (w *workers) add(ch chan func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.spare) == maxSpareWorkers {
		return false
	}
	w.spare = append(w.spare, ch)
	return true
}

// remove reports false if somebody has a job for the worker.
func (w *workers) remove(ch chan func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.Index(w.spare, ch)
	if i >= 0 {
		w.spare = slices.Delete(w.spare, i, i+1)
	}
	return i >= 0
}
