package wasihttp

import (
	"context"
	"fmt"
	"math"
	"time"
)

// A linear memory cannot shrink, and a guest may stop coming back to the host.
// So there are two reasons for which an instance that requests share takes no
// more of them, while those that it has go on:
//
//   - Its linear memory has grown beyond the limit, and the requests in it are
//     at most a quarter of what it once had, rounded down: of up to three, none
//     is left. Load that does not fall that far needs the memory; another
//     instance would soon have grown as much.
//   - One run of guest code takes longer than a request may. All requests that
//     have begun in the instance did so before that run, so their time is up;
//     those that wait have time left, and go to another instance.
//
// An instance that drains is closed when its requests are answered and nothing
// is going on in it, or the linger time is over. If it computes without an end
// nothing else can go on in it, and it is closed at once.

// maxDraining is how many instances may drain at a time. When there are more,
// the current one is kept.
const maxDraining = 2

// settleMemory is what guests are given for growing in any case: a Go guest has
// 3 to 5 MB when it is made and comes to 8 to 10 when its garbage collector
// has settled.
const settleMemory = 16 << 20

// limit is how large the linear memory of an instance may be, in bytes, to be
// kept.
func (m *sharedInstance) limit() uint64 {
	switch n := m.s.h.conf.RetireAbove; {
	case n < 0:
		return math.MaxUint64
	case n > 0:
		return uint64(n)
	}
	return m.made + max(m.made, settleMemory)
}

// isQuiet tells whether few enough requests are in the instance; under
// shared.mu.
func (m *sharedInstance) isQuiet() bool { return m.requests <= m.most/4 }

// A reviewState tells whether somebody looks at the memory of an instance.
type reviewState uint8

const (
	reviewNone  reviewState = iota
	reviewing               // a goroutine does
	reviewAgain             // and is to do so once more
)

// reviewSoon has somebody look at the memory, if that may matter; under
// shared.mu. It waits for the driver, which may take its time.
func (m *sharedInstance) reviewSoon() {
	if m != m.s.current || !m.isQuiet() {
		return
	}
	switch m.review {
	case reviewNone:
		m.review = reviewing
		go m.reviewNow()
	case reviewing:
		m.review = reviewAgain
	}
}

// reviewNow retires the instance if it has grown too large.
func (m *sharedInstance) reviewNow() {
	if <-m.ready; m.err != nil {
		return
	}
	for again := true; again; {
		size, limit := m.in.MemorySize(), m.limit()
		m.s.mu.Lock()
		retired := size > limit && m.isQuiet() && m.retire()
		again = m.review == reviewAgain
		m.review--
		m.s.mu.Unlock()
		if retired {
			m.s.h.conf.Logger.Info("the shared instance is retired", "memory", size, "limit", limit)
		}
	}
}

// retire has the instance take no more requests, and closes it in the end;
// under shared.mu. It reports whether it was done.
func (m *sharedInstance) retire() bool {
	s := m.s
	if m.retired || s.draining == maxDraining {
		return false
	}
	m.retired = true
	s.draining++
	if s.current == m {
		s.current = nil
	}
	if m.requests == 0 {
		close(m.empty)
	}
	go m.drain()
	return true
}

func (m *sharedInstance) drain() {
	select {
	case <-m.empty:
	case <-m.in.Context().Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), m.s.h.conf.Linger)
	defer cancel()
	_ = m.in.WaitIdle(ctx) // it ends either way
	interrupt(m.in)
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	m.s.draining--
	if next := m.s.current; next != nil {
		next.reviewSoon() // it may have had to wait
	}
}

// watch has the instance looked after while it has requests or is at work.
func (m *sharedInstance) watch() {
	if m.s.h.conf.Timeout <= 0 {
		return
	}
	m.s.mu.Lock()
	begin := !m.watched
	m.watched = true
	m.s.mu.Unlock()
	if begin {
		m.look()
	}
}

// look gives the instance up if one run of guest code takes too long, or else
// looks again when that may be.
func (m *sharedInstance) look() {
	s, limit := m.s, m.s.h.conf.Timeout
	computing, blocking := m.in.AtWork()
	if computing >= limit {
		m.giveUp(fmt.Errorf("guest code has been running for longer than %v", limit))
		return
	}
	if blocking >= limit {
		m.giveWay()
		blocking = 0
	}
	// A guest may go on when its requests have been answered for it.
	busy := (computing > 0 || blocking > 0) && m.in.Err() == nil
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.watched = m.requests > 0 || busy; m.watched {
		time.AfterFunc(limit-max(computing, blocking), m.look)
	}
}

// giveUp ends the instance, whose guest does not come back to the host.
func (m *sharedInstance) giveUp(reason error) {
	m.broken.Store(&reason)
	m.s.forget(m)
	m.in.Drain()
	interrupt(m.in)
	m.s.h.conf.Logger.Error("the shared instance is given up", "error", reason.Error())
}

// giveWay retires the instance, in which a component has been blocked for too
// long. The others in it may still be of use to their requests.
func (m *sharedInstance) giveWay() {
	m.s.mu.Lock()
	retired := m.retire()
	m.s.mu.Unlock()
	if retired {
		m.in.Drain()
		m.s.h.conf.Logger.Warn("the shared instance is retired: a component has been blocked for longer than a request may take")
	}
}
