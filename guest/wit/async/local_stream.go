package async

import (
	"sync"

	"github.com/isyswasfa/isyswasfa/guest/wit/runtime"
	"github.com/isyswasfa/isyswasfa/guest/wit/types"
)

// Streams implements the streams of one type that an exported interface
// mentions: their ends are resources of the component itself. Generated code
// fills in Sender and Receiver and calls the methods.
type Streams[T any] struct {
	Sender, Receiver runtime.Exported

	vtable types.StreamVtable[T] // whose handles are numbers in ends
	once   sync.Once
	ends   ends[localStream[T]]
}

// maxBuffered is how many items a stream holds that nobody has read.
const maxBuffered = 64

// A localStream is a stream both of whose ends the component implements. One
// goroutine at a time reads and one writes.
type localStream[T any] struct {
	mu       sync.Mutex
	items    []T
	closed   bool          // no one writes any more
	unread   bool          // no one reads any more
	readable chan struct{} // has something after items or closed have changed
	writable chan struct{} // likewise after items or unread
}

func (s *Streams[T]) table() *types.StreamVtable[T] {
	s.once.Do(func() {
		s.vtable = types.StreamVtable[T]{Make: s.make, DropReader: s.dropReader, DropWriter: s.dropWriter,
			Read: func(reader int32, dst []T) (int, bool) {
				items, ok := s.ends.get(reader).read(uint32(len(dst)), nil)
				return copy(dst, items), !ok
			},
			Write: func(writer int32, items []T) (int, bool) { return s.ends.get(writer).write(items, nil) },
		}
	})
	return &s.vtable
}

func (s *Streams[T]) make() (writer, reader int32) {
	l := &localStream[T]{readable: make(chan struct{}, 1), writable: make(chan struct{}, 1)}
	return s.ends.add(l), s.ends.add(l)
}

// signal makes one waiting, now or later, look again.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// read waits for items and takes at most max, but at least one. ok is false
// if the writer is gone and all is read, or if cancelled was closed.
func (l *localStream[T]) read(max uint32, cancelled <-chan struct{}) (items []T, ok bool) {
	for {
		if isClosed(cancelled) {
			return nil, false
		}
		l.mu.Lock()
		n := min(len(l.items), int(min(max, 1<<30)))
		closed := l.closed
		if max == 0 {
			n = min(len(l.items), 1)
		}
		items, l.items = l.items[:n:n], l.items[n:]
		l.mu.Unlock()
		switch {
		case n > 0:
			signal(l.writable)
			return items, true
		case closed:
			return nil, false
		case !waitLocal(l.readable, cancelled):
			return nil, false
		}
	}
}

// putBack undoes a read that nobody heard of.
func (l *localStream[T]) putBack(items []T) {
	l.mu.Lock()
	unread := l.unread
	if !unread {
		l.items = append(items, l.items...)
	}
	l.mu.Unlock()
	if unread {
		dropItems(items)
		return
	}
	signal(l.readable)
}

// write waits until all items are read or buffered. closed tells that the
// reader is gone. What was not taken then, or when cancelled was closed, is
// dropped.
func (l *localStream[T]) write(items []T, cancelled <-chan struct{}) (n int, closed bool) {
	for {
		l.mu.Lock()
		unread := l.unread
		room := min(max(maxBuffered-len(l.items), 0), len(items)-n)
		if !unread {
			l.items = append(l.items, items[n:n+room]...)
			n += room
		}
		l.mu.Unlock()
		if unread {
			dropItems(items[n:])
			return n, true
		}
		if room > 0 {
			signal(l.readable)
		}
		if n == len(items) {
			return n, false
		}
		if isClosed(cancelled) || !waitLocal(l.writable, cancelled) {
			dropItems(items[n:])
			return n, false
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (s *Streams[T]) dropReader(reader int32) {
	l := s.ends.take(reader)
	l.mu.Lock()
	items := l.items
	l.items, l.unread = nil, true
	l.mu.Unlock()
	dropItems(items)
	signal(l.writable)
}

func (s *Streams[T]) dropWriter(writer int32) {
	l := s.ends.take(writer)
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	signal(l.readable)
}

func dropItems[T any](items []T) {
	for _, item := range items {
		dropItem(item)
	}
}

// Make makes a stream.
func (s *Streams[T]) Make() (*types.StreamWriter[T], *types.StreamReader[T]) {
	return types.MakeStream(s.table())
}

// Lift wraps the owned handle of a receiver.
func (s *Streams[T]) Lift(handle int32) *types.StreamReader[T] {
	return types.MakeStreamReader(s.table(), s.Receiver.Take(handle))
}

// Lower gives a stream away and returns the owned handle of its receiver.
func (s *Streams[T]) Lower(r *types.StreamReader[T]) (handle int32) {
	return s.Receiver.New(s.table().Take(r))
}

// Pipe is the exported function that makes a stream: both handles are owned.
func (s *Streams[T]) Pipe() (sender, receiver int32) {
	sender, receiver = s.make()
	return s.Sender.New(sender), s.Receiver.New(receiver)
}

// Read is the start half of the exported function that reads from a borrowed
// receiver. See [Run]; none is the end of the stream.
func (s *Streams[T]) Read(receiver int32, max uint32) (items types.Option[[]T], pending int32, done bool) {
	l := s.ends.get(receiver)
	return runOr(func() types.Option[[]T] {
		if items, ok := l.read(max, Cancelled()); ok {
			return types.Some(items)
		}
		return types.None[[]T]()
	}, func(items types.Option[[]T]) {
		if items.IsSome() {
			l.putBack(items.Some())
		}
	})
}

// Write is the start half of the exported function that writes to a borrowed
// sender. See [Run]; false is that the reader is gone.
func (s *Streams[T]) Write(sender int32, items []T) (ok bool, pending int32, done bool) {
	l := s.ends.get(sender)
	return Run(func() bool {
		_, closed := l.write(items, Cancelled())
		return !closed
	})
}

// DropSender is the destructor of senders.
func (s *Streams[T]) DropSender(rep int32) {
	if s.Sender.Ended(rep) {
		s.dropWriter(rep)
	}
}

// DropReceiver is the destructor of receivers.
func (s *Streams[T]) DropReceiver(rep int32) {
	if s.Receiver.Ended(rep) {
		s.dropReader(rep)
	}
}
