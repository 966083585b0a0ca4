package host

import (
	"errors"
	"sync"
)

// ErrEngineClosed is what compiling, linking and instantiating answer once
// [Engine.Close] was called.
var ErrEngineClosed = errors.New("the engine is closed")

// living are the root instances of an engine that are not closed yet, and those
// who compile or link.
type living struct {
	mu     sync.Mutex
	set    map[*Instance]struct{}
	makers int           // who compile or link
	closed bool          // no further ones
	none   chan struct{} // closed when there are none any more
}

func newLiving() living {
	return living{set: map[*Instance]struct{}{}, none: make(chan struct{})}
}

func (l *living) add(in *Instance) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrEngineClosed
	}
	l.set[in] = struct{}{}
	return nil
}

// begin has the engine stay whole for somebody who compiles or links, until
// end.
func (l *living) begin() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrEngineClosed
	}
	l.makers++
	return nil
}

func (l *living) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.makers--
	l.check()
}

// check is for when there is one less, or no further one is to come.
func (l *living) check() {
	if l.closed && len(l.set) == 0 && l.makers == 0 {
		close(l.none)
	}
}

func (l *living) remove(in *Instance) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.set, in)
	l.check()
}

func (l *living) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.set)
}

// close has no further instances made and gives those that there are; first
// tells whether it is called for the first time.
func (l *living) close() (all []*Instance, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for in := range l.set {
		all = append(all, in)
	}
	if first = !l.closed; first {
		l.closed = true
		l.check()
	}
	return all, first
}
