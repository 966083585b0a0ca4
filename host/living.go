package host

import (
	"errors"
	"sync"
)

// ErrEngineClosed is what compiling and instantiating answer once [Engine.Close] was called.
var ErrEngineClosed = errors.New("the engine is closed")

// living are the root instances of an engine that are not closed yet.
type living struct {
	mu     sync.Mutex
	set    map[*Instance]struct{}
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

// ended tells with ErrEngineClosed that no further instances are made.
func (l *living) ended() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrEngineClosed
	}
	return nil
}

func (l *living) remove(in *Instance) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.set, in)
	if l.closed && len(l.set) == 0 {
		close(l.none)
	}
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
	first, l.closed = !l.closed, true
	for in := range l.set {
		all = append(all, in)
	}
	if first && len(all) == 0 {
		close(l.none)
	}
	return all, first
}
