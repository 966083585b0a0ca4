package wasi

import (
	"context"
	"sync"

	"github.com/isyswasfa/isyswasfa/host"
)

// A Future is a value that is there later, or never: its sender may be dropped.
// Both sides may be on any goroutine. The zero Future is pending.
type Future[T any] struct {
	mu    sync.Mutex
	done  bool
	sent  bool
	value T
	wait  waiters
}

// Resolve gives the value. Only the first of Resolve and Drop counts; it
// reports whether it was.
func (f *Future[T]) Resolve(v T) bool { return f.settle(v, true) }

// Drop says that no value will come.
func (f *Future[T]) Drop() {
	var zero T
	f.settle(zero, false)
}

func (f *Future[T]) settle(v T, sent bool) bool {
	f.mu.Lock()
	if f.done {
		f.mu.Unlock()
		return false
	}
	f.done, f.sent, f.value = true, sent, v
	l := f.wait.take()
	f.mu.Unlock()
	wakeAll(l)
	return true
}

// Poll gives the value if it is there (sent), and whether waiting is over
// (done).
func (f *Future[T]) Poll() (v T, sent, done bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.value, f.sent, f.done
}

// OnDone calls fn once with the outcome, at once if it is there; sent is false
// if the sender was dropped. fn runs on the goroutine that settles the future.
// The function it answers ends the interest.
func (f *Future[T]) OnDone(fn func(v T, sent bool)) (stop func()) {
	f.mu.Lock()
	if f.done {
		f.mu.Unlock()
		fn(f.value, f.sent)
		return func() {}
	}
	x := f.wait.add(func() { fn(f.value, f.sent) })
	f.mu.Unlock()
	return func() {
		f.mu.Lock()
		f.wait.remove(x)
		f.mu.Unlock()
	}
}

// Wait waits for the outcome, or for ctx, whose error it answers.
func (f *Future[T]) Wait(ctx context.Context) (v T, sent bool, err error) {
	ch := make(chan struct{})
	defer f.OnDone(func(T, bool) { close(ch) })()
	select {
	case <-ch:
		return f.value, f.sent, nil
	case <-ctx.Done():
		return v, false, context.Cause(ctx)
	}
}

// A Sender is the Go side of a resource isyswasfa-sender-NAME, with which a
// guest resolves a future.
type Sender[T any] struct{ Future *Future[T] }

// A Receiver is the Go side of a resource isyswasfa-receiver-NAME, which is
// what future<T> becomes in polyfilled functions.
type Receiver[T any] struct{ Future *Future[T] }

type futureEnds[T any] struct {
	Sender   *Sender[T]
	Receiver *Receiver[T]
}

// AddFuture defines in an interface what the polyfill adds to it for
// future<T>: the resources isyswasfa-sender-NAME and isyswasfa-receiver-NAME,
// isyswasfa-pipe-NAME, send and receive. T is the shape of the payload. The
// same interface's functions take and give *[Receiver] for the future.
func AddFuture[T any](d *host.Definitions, name string) {
	sender, receiver := addFutureEnds[T](d, name)
	type sendParams struct {
		Sender *Sender[T]
		Result T
	}
	d.Func("[static]"+sender+".send", host.Func(
		func(c *host.Call, p sendParams) (struct{}, error) {
			p.Sender.Future.Resolve(p.Result)
			return struct{}{}, nil
		}))
	d.Async("[static]"+receiver+".receive", host.AsyncFunc(
		func(c *host.Call, p receiveParams[T], done *host.Completion[host.Option[T]]) error {
			done.OnCancel(p.Receiver.Future.OnDone(func(v T, sent bool) {
				done.Resolve(host.Option[T]{Some: sent, Value: v})
			}))
			return nil
		}))
}

// AddUnitFuture is [AddFuture] for a future without a type. Whoever receives
// cannot tell that it was sent from that its sender was dropped.
func AddUnitFuture(d *host.Definitions, name string) {
	sender, receiver := addFutureEnds[struct{}](d, name)
	d.Func("[static]"+sender+".send", host.Func(
		func(c *host.Call, p struct{ Sender *Sender[struct{}] }) (struct{}, error) {
			p.Sender.Future.Resolve(struct{}{})
			return struct{}{}, nil
		}))
	d.Async("[static]"+receiver+".receive", host.AsyncFunc(
		func(c *host.Call, p receiveParams[struct{}], done *host.Completion[struct{}]) error {
			done.OnCancel(p.Receiver.Future.OnDone(func(struct{}, bool) { done.Resolve(struct{}{}) }))
			return nil
		}))
}

type receiveParams[T any] struct{ Receiver *Receiver[T] }

func addFutureEnds[T any](d *host.Definitions, name string) (sender, receiver string) {
	sender, receiver = "isyswasfa-sender-"+name, "isyswasfa-receiver-"+name
	d.Resource(sender, host.NewResource(sender, func(_ *host.Instance, s *Sender[T]) {
		s.Future.Drop()
	}))
	d.Resource(receiver, host.NewResource[Receiver[T]](receiver, nil))
	d.Func("isyswasfa-pipe-"+name, host.Func(
		func(c *host.Call, _ struct{}) (futureEnds[T], error) {
			f := new(Future[T])
			return futureEnds[T]{&Sender[T]{f}, &Receiver[T]{f}}, nil
		}))
	return sender, receiver
}
