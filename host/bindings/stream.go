package bindings

import (
	"context"
	"errors"
	"iter"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
)

// batch is how many values one read or write of a stream carries at most.
const batch = 64

// ErrUsed is what a sequence answers that is ranged over again: the values of
// a stream come once.
var ErrUsed = errors.New("the stream was read before")

// sequence makes a sequence of a stream. next gives none at the end; stop drops
// the stream.
func sequence[R, T any](next func() ([]R, error), stop func(), lift func(R) (T, error)) iter.Seq2[T, error] {
	used := make(chan struct{}, 1)
	return func(yield func(T, error) bool) {
		var zero T
		select {
		case used <- struct{}{}:
		default:
			yield(zero, ErrUsed)
			return
		}
		defer stop()
		for {
			items, err := next()
			if err != nil {
				yield(zero, err)
				return
			}
			if len(items) == 0 {
				return
			}
			for _, raw := range items {
				v, err := lift(raw)
				if !yield(v, err) || err != nil {
					return
				}
			}
		}
	}
}

// TakeStream makes a sequence of a stream that a guest gave. It waits for
// values, ends with the stream, and drops it when the loop ends earlier; an
// error is that of the instance.
func TakeStream[R, T any](in *host.Instance, r *wasi.StreamReceiver[R], lift func(R) (T, error)) iter.Seq2[T, error] {
	next := func() ([]R, error) { return r.Stream.Next(in.Context(), batch) }
	return sequence(next, r.Stream.Drop, lift)
}

// GiveStream makes a stream of a sequence, which runs in a goroutine of its
// own, and is ended when the reader is gone. An error in it ends the stream.
// nil is the empty stream.
func GiveStream[T, R any](in *host.Instance, seq iter.Seq2[T, error], lower func(T) (R, error)) *wasi.StreamReceiver[R] {
	s := new(wasi.Stream[R])
	go func() {
		defer s.End()
		pump(seq, lower, func(items []R) bool { return s.Put(in.Context(), items) })
	}()
	return &wasi.StreamReceiver[R]{Stream: s}
}

// pump writes a sequence, value by value: another one may be long in coming.
func pump[T, R any](seq iter.Seq2[T, error], lower func(T) (R, error), write func([]R) bool) {
	if seq == nil {
		return
	}
	for v, err := range seq {
		if err != nil {
			return
		}
		raw, err := lower(v)
		if err != nil || !write([]R{raw}) {
			return
		}
	}
}

// A GuestStream is what a guest's interface has for a stream<T> of its own: R
// is the shape of T.
type GuestStream[R any] struct {
	pipe  *host.ExportFunc[struct{}, guestEnds]
	write func(ctx context.Context, in *host.Instance, sender host.Ref, items []R) (bool, error)
	read  func(ctx context.Context, in *host.Instance, receiver host.Ref) ([]R, error)
}

type (
	writeParams[R any] struct {
		Self  host.Ref
		Items R // a list, or a count
	}
	readParams struct {
		Self host.Ref
		Max  uint32
	}
)

// BindStream finds the stream with the payload name in an exported interface.
func BindStream[R any](pre *host.InstancePre, iface, name string) (*GuestStream[R], error) {
	return bindStream(pre, iface, name,
		func(items []R) []R { return items },
		func(items []R) []R { return items })
}

// BindUnitStream is [BindStream] for a stream without a type.
func BindUnitStream(pre *host.InstancePre, iface, name string) (*GuestStream[struct{}], error) {
	return bindStream(pre, iface, name,
		func(items []struct{}) uint32 { return uint32(len(items)) },
		func(n uint32) []struct{} { return make([]struct{}, n) })
}

// bindStream binds a stream whose lists have the shape L.
func bindStream[R, L any](pre *host.InstancePre, iface, name string, lower func([]R) L, lift func(L) []R) (*GuestStream[R], error) {
	pipe, err := host.Export[struct{}, guestEnds](pre, iface, "isyswasfa-stream-pipe-"+name)
	write, err2 := host.Export[writeParams[L], bool](pre, iface, "[method]isyswasfa-stream-sender-"+name+".write")
	read, err3 := host.Export[readParams, host.Option[L]](pre, iface, "[method]isyswasfa-stream-receiver-"+name+".read")
	s := &GuestStream[R]{pipe: pipe}
	s.write = func(ctx context.Context, in *host.Instance, sender host.Ref, items []R) (bool, error) {
		return write.Call(ctx, in, writeParams[L]{sender, lower(items)})
	}
	s.read = func(ctx context.Context, in *host.Instance, receiver host.Ref) ([]R, error) {
		o, err := read.Call(ctx, in, readParams{receiver, batch})
		return lift(o.Value), err
	}
	return s, errors.Join(err, err2, err3)
}

// TakeGuestStream is [TakeStream] for a guest's own stream.
func TakeGuestStream[R, T any](in *host.Instance, s *GuestStream[R], ref host.Ref, lift func(R) (T, error)) iter.Seq2[T, error] {
	next := func() ([]R, error) { return s.read(in.Context(), in, ref) }
	return sequence(next, func() { _ = in.DropRef(ref) }, lift)
}

// GiveGuestStream is [GiveStream] for a guest's own stream.
func GiveGuestStream[T, R any](ctx context.Context, in *host.Instance, s *GuestStream[R], seq iter.Seq2[T, error], lower func(T) (R, error)) (host.Ref, error) {
	ends, err := s.pipe.Call(ctx, in, struct{}{})
	if err != nil {
		return host.Ref{}, err
	}
	release := in.Hold()
	go func() {
		defer release()
		pump(seq, lower, func(items []R) bool {
			open, err := s.write(in.Context(), in, ends.Sender, items)
			return open && err == nil
		})
		_ = in.DropRef(ends.Sender)
	}()
	return ends.Receiver, nil
}
