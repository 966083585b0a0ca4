package async

import (
	"sync"

	"github.com/isyswasfa/isyswasfa/guest/wit/runtime"
	"github.com/isyswasfa/isyswasfa/guest/wit/types"
)

// Futures implements the futures of one type that an exported interface
// mentions: their ends are resources of the component itself. Generated code
// fills in Sender and Receiver and calls the methods.
type Futures[T any] struct {
	Sender, Receiver runtime.Exported

	vtable types.FutureVtable[T] // whose handles are numbers in ends
	once   sync.Once
	ends   ends[localFuture[T]]
}

// A localFuture is a future both of whose ends the component implements.
type localFuture[T any] struct {
	mu     sync.Mutex
	value  T
	sent   bool
	unread bool          // no one will receive
	done   chan struct{} // closed when it was sent or the sender dropped
}

func (f *Futures[T]) table() *types.FutureVtable[T] {
	f.once.Do(func() {
		f.vtable = types.FutureVtable[T]{Make: f.make, Send: f.send, DropSender: f.dropSender, DropReceiver: f.dropReceiver,
			Receive: func(receiver int32) (T, bool) { return f.receive(receiver, nil) }}
	})
	return &f.vtable
}

func (f *Futures[T]) make() (sender, receiver int32) {
	l := &localFuture[T]{done: make(chan struct{})}
	return f.ends.add(l), f.ends.add(l)
}

func (f *Futures[T]) send(sender int32, value T) {
	l := f.ends.take(sender)
	l.mu.Lock()
	l.value, l.sent = value, true
	unread := l.unread
	l.mu.Unlock()
	close(l.done)
	if unread {
		dropItem(value)
	}
}

func (f *Futures[T]) receive(receiver int32, cancelled <-chan struct{}) (value T, ok bool) {
	l := f.ends.take(receiver)
	done := false
	defer func() {
		if !done {
			l.giveUp()
		}
	}()
	if done = waitLocal(l.done, cancelled); done {
		return l.value, l.sent
	}
	return value, false
}

// giveUp sees to it that the value is dropped, now or when it is sent.
func (l *localFuture[T]) giveUp() {
	l.mu.Lock()
	l.unread = true
	sent := l.sent
	l.mu.Unlock()
	if sent {
		dropItem(l.value)
	}
}

func (f *Futures[T]) dropSender(sender int32) { close(f.ends.take(sender).done) }

func (f *Futures[T]) dropReceiver(receiver int32) { f.ends.take(receiver).giveUp() }

// Make makes a future.
func (f *Futures[T]) Make() (*types.FutureWriter[T], *types.FutureReader[T]) {
	return types.MakeFuture(f.table())
}

// Lift wraps the owned handle of a receiver.
func (f *Futures[T]) Lift(handle int32) *types.FutureReader[T] {
	return types.MakeFutureReader(f.table(), f.Receiver.Take(handle))
}

// Lower gives a future away and returns the owned handle of its receiver.
func (f *Futures[T]) Lower(r *types.FutureReader[T]) (handle int32) {
	return f.Receiver.New(f.table().Take(r))
}

// Pipe is the exported function that makes a future: both handles are owned.
func (f *Futures[T]) Pipe() (sender, receiver int32) {
	sender, receiver = f.make()
	return f.Sender.New(sender), f.Receiver.New(receiver)
}

// Send is the exported function that sends; it takes the owned handle over.
func (f *Futures[T]) Send(sender int32, value T) { f.send(f.Sender.Take(sender), value) }

// Receive is the start half of the exported function that receives; it takes
// the owned handle over. See [Run]; none is a sender that was dropped.
func (f *Futures[T]) Receive(receiver int32) (value types.Option[T], pending int32, done bool) {
	receiver = f.Receiver.Take(receiver)
	return runOr(func() types.Option[T] {
		if value, ok := f.receive(receiver, Cancelled()); ok {
			return types.Some(value)
		}
		return types.None[T]()
	}, func(value types.Option[T]) {
		if value.IsSome() {
			dropItem(value.Some())
		}
	})
}

// DropSender and DropReceiver are the destructors.
func (f *Futures[T]) DropSender(rep int32) {
	if f.Sender.Ended(rep) {
		f.dropSender(rep)
	}
}

// DropReceiver is the destructor of receivers.
func (f *Futures[T]) DropReceiver(rep int32) {
	if f.Receiver.Ended(rep) {
		f.dropReceiver(rep)
	}
}

// ends numbers the ends of futures or streams.
type ends[T any] struct {
	mu   sync.Mutex
	held map[int32]*T
	last int32
}

func (e *ends[T]) add(v *T) int32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.held == nil {
		e.held = map[int32]*T{}
	}
	for e.last++; e.last <= 0 || e.held[e.last] != nil; e.last++ {
	}
	e.held[e.last] = v
	return e.last
}

func (e *ends[T]) get(id int32) *T {
	e.mu.Lock()
	defer e.mu.Unlock()
	if v := e.held[id]; v != nil {
		return v
	}
	panic("the end of a stream or future was dropped or given away")
}

func (e *ends[T]) take(id int32) *T {
	v := e.get(id)
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.held, id)
	return v
}

// waitLocal waits until ready is closed or has something, and returns true,
// or until cancelled is closed. It obeys [Until].
func waitLocal(ready, cancelled <-chan struct{}) bool {
	select {
	case <-ready:
		return true
	default:
	}
	done, abandon := untilDone()
	select {
	case <-ready:
		return true
	case <-cancelled:
		return false
	case <-done:
		abandon()
		return false
	}
}

// dropItem drops a resource that nobody will read.
func dropItem[T any](item T) {
	if d, ok := any(item).(interface{ Drop() }); ok {
		d.Drop()
	}
}
