package bindings

import (
	"context"
	"errors"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
)

// ErrDropped is what a future answers whose sender was dropped without a
// value.
var ErrDropped = errors.New("the future's sender was dropped")

// TakeFuture makes a Go function of a future that a guest gave. It waits for
// the value and may be called again. lift makes the value a Go value, once.
func TakeFuture[R, T any](r *wasi.Receiver[R], lift func(R) (T, error)) func(context.Context) (T, error) {
	return once(func(ctx context.Context) (v T, err error, settled bool) {
		raw, sent, err := r.Future.Wait(ctx)
		return lifted(raw, sent, err, err == nil, lift)
	})
}

func lifted[R, T any](raw R, sent bool, err error, settled bool, lift func(R) (T, error)) (v T, _ error, _ bool) {
	switch {
	case err != nil:
		return v, err, settled
	case !sent:
		return v, ErrDropped, true
	}
	v, err = lift(raw)
	return v, err, true
}

// once keeps the outcome of wait once it is settled. Of several callers one
// waits at a time.
func once[T any](wait func(context.Context) (T, error, bool)) func(context.Context) (T, error) {
	var (
		turn    = make(chan struct{}, 1)
		settled bool
		value   T
		failed  error
	)
	return func(ctx context.Context) (v T, err error) {
		select {
		case turn <- struct{}{}:
		case <-ctx.Done():
			return v, context.Cause(ctx)
		}
		defer func() { <-turn }()
		if settled {
			return value, failed
		}
		v, err, settled = wait(ctx)
		if settled {
			value, failed = v, err
		}
		return v, err
	}
}

// GiveFuture makes a future of a Go function, which runs in a goroutine of its
// own. If it or lower fails, the future's sender is dropped.
func GiveFuture[T, R any](in *host.Instance, fn func(context.Context) (T, error), lower func(T) (R, error)) *wasi.Receiver[R] {
	f := new(wasi.Future[R])
	if fn == nil {
		f.Drop()
		return &wasi.Receiver[R]{Future: f}
	}
	go func() {
		defer f.Drop()
		if v, err := fn(in.Context()); err == nil {
			if raw, err := lower(v); err == nil {
				f.Resolve(raw)
			}
		}
	}()
	return &wasi.Receiver[R]{Future: f}
}

// Same is the lower and lift of values that need no conversion.
func Same[T any](v T) (T, error) { return v, nil }

// A GuestFuture is what a guest's interface has for a future<T> of its own: R
// is the shape of T.
type GuestFuture[R any] struct {
	pipe    *host.ExportFunc[struct{}, guestEnds]
	send    func(ctx context.Context, in *host.Instance, sender host.Ref, v R) error
	receive func(ctx context.Context, in *host.Instance, receiver host.Ref) (host.Option[R], error)
}

type (
	guestEnds         struct{ Sender, Receiver host.Ref }
	sendParams[R any] struct {
		Sender host.Ref
		Result R
	}
	senderParam   struct{ Sender host.Ref }
	receiverParam struct{ Receiver host.Ref }
)

// BindFuture finds the future with the payload name in an exported interface.
func BindFuture[R any](pre *host.InstancePre, iface, name string) (*GuestFuture[R], error) {
	pipe, err := host.Export[struct{}, guestEnds](pre, iface, "isyswasfa-pipe-"+name)
	send, err2 := host.Export[sendParams[R], struct{}](pre, iface, "[static]isyswasfa-sender-"+name+".send")
	receive, err3 := host.Export[receiverParam, host.Option[R]](pre, iface, "[static]isyswasfa-receiver-"+name+".receive")
	f := &GuestFuture[R]{pipe: pipe}
	f.send = func(ctx context.Context, in *host.Instance, sender host.Ref, v R) error {
		_, err := send.Call(ctx, in, sendParams[R]{sender, v})
		return err
	}
	f.receive = func(ctx context.Context, in *host.Instance, receiver host.Ref) (host.Option[R], error) {
		return receive.Call(ctx, in, receiverParam{receiver})
	}
	return f, errors.Join(err, err2, err3)
}

// BindUnitFuture is [BindFuture] for a future without a type.
func BindUnitFuture(pre *host.InstancePre, iface, name string) (*GuestFuture[struct{}], error) {
	pipe, err := host.Export[struct{}, guestEnds](pre, iface, "isyswasfa-pipe-"+name)
	send, err2 := host.Export[senderParam, struct{}](pre, iface, "[static]isyswasfa-sender-"+name+".send")
	receive, err3 := host.Export[receiverParam, struct{}](pre, iface, "[static]isyswasfa-receiver-"+name+".receive")
	f := &GuestFuture[struct{}]{pipe: pipe}
	f.send = func(ctx context.Context, in *host.Instance, sender host.Ref, _ struct{}) error {
		_, err := send.Call(ctx, in, senderParam{sender})
		return err
	}
	f.receive = func(ctx context.Context, in *host.Instance, receiver host.Ref) (host.Option[struct{}], error) {
		_, err := receive.Call(ctx, in, receiverParam{receiver})
		return host.Some(struct{}{}), err
	}
	return f, errors.Join(err, err2, err3)
}

// TakeGuestFuture is [TakeFuture] for a guest's own future. The call that
// waits first takes the future's only value: if its ctx is cancelled, the value
// is lost.
func TakeGuestFuture[R, T any](in *host.Instance, f *GuestFuture[R], ref host.Ref, lift func(R) (T, error)) func(context.Context) (T, error) {
	return once(func(ctx context.Context) (T, error, bool) {
		o, err := f.receive(ctx, in, ref)
		return lifted(o.Value, o.Some, err, true, lift)
	})
}

// GiveGuestFuture is [GiveFuture] for a guest's own future.
func GiveGuestFuture[T, R any](ctx context.Context, in *host.Instance, f *GuestFuture[R], fn func(context.Context) (T, error), lower func(T) (R, error)) (host.Ref, error) {
	ends, err := f.pipe.Call(ctx, in, struct{}{})
	if err != nil {
		return host.Ref{}, err
	}
	release := in.Hold()
	go func() {
		defer release()
		if fn != nil {
			if v, err := fn(in.Context()); err == nil {
				if raw, err := lower(v); err == nil {
					// A guest that has failed or does not listen any more
					// needs nothing.
					_ = f.send(in.Context(), in, ends.Sender, raw)
					return
				}
			}
		}
		_ = in.DropRef(ends.Sender)
	}()
	return ends.Receiver, nil
}
