package types

import "github.com/isyswasfa/isyswasfa/guest/wit/runtime"

// A StreamVtable is how a stream of one element type reaches its interface.
// For stream<u8> package async provides it; for others generated code does.
type StreamVtable[T any] struct {
	// Make makes a stream and returns its owned ends.
	Make func() (writer, reader int32)
	// Read waits for at least one item unless dst is empty and returns how
	// many it put there; closed tells that the writer is gone and nothing is left.
	Read func(reader int32, dst []T) (n int, closed bool)
	// Write waits until all items are taken or buffered; closed tells that
	// the reader is gone, and n how many items it may have got before.
	Write func(writer int32, items []T) (n int, closed bool)
	// DropReader and DropWriter drop an end, which closes it.
	DropReader, DropWriter func(handle int32)
}

// MakeStream makes a stream and returns both of its ends.
func MakeStream[T any](vtable *StreamVtable[T]) (*StreamWriter[T], *StreamReader[T]) {
	writer, reader := vtable.Make()
	return MakeStreamWriter(vtable, writer), MakeStreamReader(vtable, reader)
}

// A StreamReader is WIT's stream<T>: the end that gets the items. It belongs
// to whoever holds it and ends with Drop or TakeHandle. One goroutine at a time
// may read.
type StreamReader[T any] struct {
	vtable *StreamVtable[T]
	handle *runtime.Handle
	closed bool
}

// MakeStreamReader wraps an owned handle.
func MakeStreamReader[T any](vtable *StreamVtable[T], handle int32) *StreamReader[T] {
	return &StreamReader[T]{vtable: vtable, handle: runtime.MakeHandle(handle)}
}

// Read waits for items, puts at most len(dst) into dst and returns how many.
// It returns 0 only if dst is empty or the writer is gone; then WriterDropped.
func (r *StreamReader[T]) Read(dst []T) uint32 {
	if r.closed || len(dst) == 0 {
		return 0
	}
	n, closed := r.vtable.Read(r.handle.Use(), dst)
	r.closed = closed
	return uint32(n)
}

// WriterDropped tells that a Read met the end of the stream.
func (r *StreamReader[T]) WriterDropped() bool { return r.closed }

// Drop closes this end, unless it was given away or dropped before.
func (r *StreamReader[T]) Drop() {
	if h := r.handle.TakeOrNil(); h != 0 {
		r.vtable.DropReader(h)
	}
}

// TakeHandle returns the owned handle and empties r.
func (r *StreamReader[T]) TakeHandle() int32 { return r.handle.Take() }

// SetHandle puts an owned handle into an empty r.
func (r *StreamReader[T]) SetHandle(handle int32) {
	r.handle.Set(handle)
	r.closed = false
}

// A StreamWriter is the end of a stream that sends items. It ends with Drop or
// TakeHandle. One goroutine at a time may write.
type StreamWriter[T any] struct {
	vtable *StreamVtable[T]
	handle *runtime.Handle
	closed bool
}

// MakeStreamWriter wraps an owned handle.
func MakeStreamWriter[T any](vtable *StreamVtable[T], handle int32) *StreamWriter[T] {
	return &StreamWriter[T]{vtable: vtable, handle: runtime.MakeHandle(handle)}
}

// Write waits until all items are taken or buffered and returns how many. It
// returns fewer than len(items) only if the reader is gone; then ReaderDropped.
func (w *StreamWriter[T]) Write(items []T) uint32 {
	if w.closed || len(items) == 0 {
		return 0
	}
	n, closed := w.vtable.Write(w.handle.Use(), items)
	w.closed = closed
	return uint32(n)
}

// WriteAll is Write.
func (w *StreamWriter[T]) WriteAll(items []T) uint32 { return w.Write(items) }

// ReaderDropped tells that a Write found the reader gone.
func (w *StreamWriter[T]) ReaderDropped() bool { return w.closed }

// Drop closes this end, unless it was given away or dropped before: the reader
// gets what was written and then meets the end.
func (w *StreamWriter[T]) Drop() {
	if h := w.handle.TakeOrNil(); h != 0 {
		w.vtable.DropWriter(h)
	}
}

// TakeHandle returns the owned handle and empties w.
func (w *StreamWriter[T]) TakeHandle() int32 { return w.handle.Take() }

// SetHandle puts an owned handle into an empty w.
func (w *StreamWriter[T]) SetHandle(handle int32) {
	w.handle.Set(handle)
	w.closed = false
}
