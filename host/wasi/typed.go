package wasi

import (
	"context"
	"slices"
	"sync"

	"github.com/isyswasfa/isyswasfa/host"
)

// A Stream is a bounded queue of values, what stream<T> is for any T but u8.
// Its two sides may be on any goroutine. The zero Stream is open and empty;
// that of struct{} is a stream without a type, and takes no memory however
// many values it holds.
type Stream[T any] struct {
	mu       sync.Mutex
	items    []T
	ended    bool // the writer is gone
	gone     bool // the reader is gone
	writes   []*streamWrite[T]
	readable waiters
}

// A streamWrite waits for room.
type streamWrite[T any] struct {
	items []T
	done  func(open bool)
}

// streamLimit is how many values a stream holds before a writer has to wait.
const streamLimit = 64

// Write appends values, which the stream may keep, as soon as there is room,
// and then calls done once, at once or from any goroutine; open is false if
// the reader is gone, and the values with it. The function it answers takes
// the values back if they still wait.
func (s *Stream[T]) Write(items []T, done func(open bool)) (stop func()) {
	s.mu.Lock()
	w := &streamWrite[T]{items, done}
	wait := !s.gone && !s.ended && (len(s.items) >= streamLimit || len(s.writes) > 0)
	if wait {
		s.writes = append(s.writes, w)
		s.mu.Unlock()
		return func() { s.withdraw(w) }
	}
	open := !s.gone && !s.ended
	var l []*waiter
	if open {
		l = s.push(items)
	}
	s.mu.Unlock()
	wakeAll(l)
	done(open)
	return func() {}
}

func (s *Stream[T]) withdraw(w *streamWrite[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.writes, w); i >= 0 {
		s.writes = slices.Delete(s.writes, i, i+1)
	}
}

// push appends values and gives whom to wake; under mu.
func (s *Stream[T]) push(items []T) []*waiter {
	if len(s.items) == 0 {
		s.items = items
	} else {
		s.items = append(s.items, items...)
	}
	if len(s.items) == 0 {
		return nil
	}
	return s.readable.take()
}

// Pop takes up to max values, at least one if there is any. done tells that
// none will come any more.
func (s *Stream[T]) Pop(max int) (items []T, done bool) {
	s.mu.Lock()
	n := min(max, len(s.items))
	if n == 0 {
		done = len(s.items) == 0 && (s.ended || s.gone)
		s.mu.Unlock()
		return nil, done
	}
	items = s.items[:n:n]
	if s.items = s.items[n:]; len(s.items) == 0 {
		s.items = nil
	}
	var written []*streamWrite[T]
	var l []*waiter
	for len(s.writes) > 0 && len(s.items) < streamLimit {
		w := s.writes[0]
		s.writes = slices.Delete(s.writes, 0, 1)
		written = append(written, w)
		l = append(l, s.push(w.items)...)
	}
	s.mu.Unlock()
	wakeAll(l)
	for _, w := range written {
		w.done(true)
	}
	return items, false
}

// OnItems calls fn once as soon as Pop gives something or tells the end, at
// once or from any goroutine. The function it answers ends the interest.
func (s *Stream[T]) OnItems(fn func()) (stop func()) {
	s.mu.Lock()
	if len(s.items) > 0 || s.ended || s.gone {
		s.mu.Unlock()
		fn()
		return func() {}
	}
	x := s.readable.add(fn)
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		s.readable.remove(x)
		s.mu.Unlock()
	}
}

// Next waits for the next values, up to max. It gives none at the end, and an
// error if ctx is cancelled.
func (s *Stream[T]) Next(ctx context.Context, max int) ([]T, error) {
	for {
		items, done := s.Pop(max)
		if len(items) > 0 || done {
			return items, nil
		}
		ready := make(chan struct{})
		stop := s.OnItems(func() { close(ready) })
		select {
		case <-ready:
		case <-ctx.Done():
			stop()
			return nil, context.Cause(ctx)
		}
	}
}

// Put waits until the values are written; it gives false if the reader is gone
// or ctx is cancelled.
func (s *Stream[T]) Put(ctx context.Context, items []T) bool {
	done := make(chan bool, 1)
	stop := s.Write(items, func(open bool) { done <- open })
	select {
	case open := <-done:
		return open
	case <-ctx.Done():
		stop()
		return false
	}
}

// End says that no more values will come. Writes that wait are given up.
func (s *Stream[T]) End() { s.finish(func() { s.ended = true }) }

// Drop says that nobody reads on. What was not read is lost.
func (s *Stream[T]) Drop() { s.finish(func() { s.gone, s.items = true, nil }) }

func (s *Stream[T]) finish(mark func()) {
	s.mu.Lock()
	mark()
	l, writes := s.readable.take(), s.writes
	s.writes = nil
	s.mu.Unlock()
	wakeAll(l)
	for _, w := range writes {
		w.done(false)
	}
}

// A StreamSender is the Go side of a resource isyswasfa-stream-sender-NAME,
// with which a guest writes a stream.
type StreamSender[T any] struct{ Stream *Stream[T] }

// A StreamReceiver is the Go side of a resource
// isyswasfa-stream-receiver-NAME, which is what stream<T> becomes in
// polyfilled functions.
type StreamReceiver[T any] struct{ Stream *Stream[T] }

type (
	streamEnds[T any] struct {
		Sender   *StreamSender[T]
		Receiver *StreamReceiver[T]
	}
	streamRead[T any] struct {
		Self *StreamReceiver[T]
		Max  uint32
	}
)

// AddStream defines in an interface what the polyfill adds to it for
// stream<T>: the resources isyswasfa-stream-sender-NAME and
// isyswasfa-stream-receiver-NAME, isyswasfa-stream-pipe-NAME, read and write. T
// is the shape of the values. The same interface's functions take and give
// *[StreamReceiver] for the stream.
func AddStream[T any](d *host.Definitions, name string) {
	sender, receiver := addStreamEnds[T](d, name)
	type writeParams struct {
		Self  *StreamSender[T]
		Items []T
	}
	d.Async("[method]"+sender+".write", host.AsyncFunc(
		func(c *host.Call, p writeParams, done *host.Completion[bool]) error {
			p.Self.Stream.write(p.Items, done)
			return nil
		}))
	d.Async("[method]"+receiver+".read", host.AsyncFunc(
		func(c *host.Call, p streamRead[T], done *host.Completion[host.Option[[]T]]) error {
			read(p, done, func(items []T) []T { return items })
			return nil
		}))
}

// AddUnitStream is [AddStream] for a stream without a type: what is written
// and read are counts.
func AddUnitStream(d *host.Definitions, name string) {
	sender, receiver := addStreamEnds[struct{}](d, name)
	type writeParams struct {
		Self  *StreamSender[struct{}]
		Count uint32
	}
	d.Async("[method]"+sender+".write", host.AsyncFunc(
		func(c *host.Call, p writeParams, done *host.Completion[bool]) error {
			p.Self.Stream.write(make([]struct{}, p.Count), done)
			return nil
		}))
	d.Async("[method]"+receiver+".read", host.AsyncFunc(
		func(c *host.Call, p streamRead[struct{}], done *host.Completion[host.Option[uint32]]) error {
			read(p, done, func(items []struct{}) uint32 { return uint32(len(items)) })
			return nil
		}))
}

func addStreamEnds[T any](d *host.Definitions, name string) (sender, receiver string) {
	sender, receiver = "isyswasfa-stream-sender-"+name, "isyswasfa-stream-receiver-"+name
	d.Resource(sender, host.NewResource(sender, func(_ *host.Instance, s *StreamSender[T]) { s.Stream.End() }))
	d.Resource(receiver, host.NewResource(receiver, func(_ *host.Instance, r *StreamReceiver[T]) { r.Stream.Drop() }))
	d.Func("isyswasfa-stream-pipe-"+name, host.Func(
		func(c *host.Call, _ struct{}) (streamEnds[T], error) {
			s := new(Stream[T])
			return streamEnds[T]{&StreamSender[T]{s}, &StreamReceiver[T]{s}}, nil
		}))
	return sender, receiver
}

func (s *Stream[T]) write(items []T, done *host.Completion[bool]) {
	done.OnCancel(s.Write(items, func(open bool) { done.Resolve(open) }))
}

// maxRead bounds what one read gives.
const maxRead = 1 << 20

// read answers when there is something. A read that is cancelled takes
// nothing: whoever wakes it takes, and puts back what is not wanted any more.
func read[T, A any](p streamRead[T], done *host.Completion[host.Option[A]], answer func([]T) A) {
	s, most := p.Self.Stream, int(min(max(p.Max, 1), maxRead)) // the answer is never empty
	var take func()
	take = func() {
		items, end := s.Pop(most)
		switch {
		case len(items) > 0:
			if !done.Resolve(host.Some(answer(items))) {
				s.unread(items)
			}
		case end:
			done.Resolve(host.None[A]())
		default: // another read was faster
			done.OnCancel(s.OnItems(take))
		}
	}
	done.OnCancel(s.OnItems(take))
}

// unread puts back what nobody took.
func (s *Stream[T]) unread(items []T) {
	s.mu.Lock()
	if s.gone {
		s.mu.Unlock()
		return
	}
	s.items = append(items, s.items...)
	l := s.readable.take()
	s.mu.Unlock()
	wakeAll(l)
}
