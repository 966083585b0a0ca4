package types

import "github.com/isyswasfa/isyswasfa/guest/wit/runtime"

// A FutureVtable is how a future of one payload type reaches its interface:
// the helper functions and resources that the transform adds for it. Generated
// code fills it in.
type FutureVtable[T any] struct {
	// Make makes a future and returns its owned ends.
	Make func() (sender, receiver int32)
	// Send consumes the sender.
	Send func(sender int32, value T)
	// Receive consumes the receiver and waits; false if the sender was
	// dropped without sending.
	Receive func(receiver int32) (value T, ok bool)
	// DropSender and DropReceiver drop an end that was not used.
	DropSender, DropReceiver func(handle int32)
}

// MakeFuture makes a future and returns both of its ends.
func MakeFuture[T any](vtable *FutureVtable[T]) (*FutureWriter[T], *FutureReader[T]) {
	sender, receiver := vtable.Make()
	return MakeFutureWriter(vtable, sender), MakeFutureReader(vtable, receiver)
}

// A FutureReader is WIT's future<T>: the end that gets the value. It belongs to
// whoever holds it and ends with Read, Receive, Drop or TakeHandle.
type FutureReader[T any] struct {
	vtable *FutureVtable[T]
	handle *runtime.Handle
}

// MakeFutureReader wraps an owned handle.
func MakeFutureReader[T any](vtable *FutureVtable[T], handle int32) *FutureReader[T] {
	return &FutureReader[T]{vtable, runtime.MakeHandle(handle)}
}

// Read waits for the value and returns it. It returns the zero value when the
// other end was dropped without sending one; see [FutureReader.Receive].
func (r *FutureReader[T]) Read() T {
	value, _ := r.Receive()
	return value
}

// Receive waits for the value. ok is false when the other end was dropped
// without sending one.
func (r *FutureReader[T]) Receive() (value T, ok bool) {
	return r.vtable.Receive(r.handle.Take())
}

// Drop gives the future up, unless it was already used.
func (r *FutureReader[T]) Drop() {
	if h := r.handle.TakeOrNil(); h != 0 {
		r.vtable.DropReceiver(h)
	}
}

// TakeHandle returns the owned handle and empties r.
func (r *FutureReader[T]) TakeHandle() int32 { return r.handle.Take() }

// SetHandle puts an owned handle into an empty r.
func (r *FutureReader[T]) SetHandle(handle int32) { r.handle.Set(handle) }

// A FutureWriter is the end of a future that sends the value. It ends with
// Write, Drop or TakeHandle.
type FutureWriter[T any] struct {
	vtable *FutureVtable[T]
	handle *runtime.Handle
}

// MakeFutureWriter wraps an owned handle.
func MakeFutureWriter[T any](vtable *FutureVtable[T], handle int32) *FutureWriter[T] {
	return &FutureWriter[T]{vtable, runtime.MakeHandle(handle)}
}

// Write sends the value. It does not wait until the other end reads it, and
// returns true: nobody tells whether the other end is still there.
func (w *FutureWriter[T]) Write(value T) bool {
	w.vtable.Send(w.handle.Take(), value)
	return true
}

// Drop gives the future up, unless it was already used: the other end reads
// that nothing was sent.
func (w *FutureWriter[T]) Drop() {
	if h := w.handle.TakeOrNil(); h != 0 {
		w.vtable.DropSender(h)
	}
}

// TakeHandle returns the owned handle and empties w.
func (w *FutureWriter[T]) TakeHandle() int32 { return w.handle.Take() }

// SetHandle puts an owned handle into an empty w.
func (w *FutureWriter[T]) SetHandle(handle int32) { w.handle.Set(handle) }
