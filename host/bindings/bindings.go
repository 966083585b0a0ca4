// Package bindings is what generated host bindings stand on: see
// bindgen/host. Programs use the generated packages; what they need from here
// are the errors, and [Fail] and [AsValue] for results whose error type is no
// error of Go.
package bindings

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
)

// An Error is the error arm of result<T, E> for an E whose Go type is no error
// itself. [errors.AsType] finds it in what a generated method answers.
type Error[E any] struct{ Value E }

// Error gives the value as fmt prints it.
func (e *Error[E]) Error() string { return fmt.Sprint(e.Value) }

// Fail gives the error with which an import answers the error arm of its
// result.
func Fail[E any](v E) error { return &Error[E]{v} }

// AsValue finds the error arm's value in an error.
func AsValue[E any](err error) (v E, ok bool) {
	e, ok := errors.AsType[*Error[E]](err)
	if ok {
		v = e.Value
	}
	return v, ok
}

// AsUnit takes any error for the error arm of result<T>, but that of
// [host.Exit].
func AsUnit(err error) (struct{}, bool) {
	_, exit := errors.AsType[*host.ExitError](err)
	return struct{}{}, !exit
}

// ErrFailed is the error arm of result<T>.
var ErrFailed = errors.New("the function answered an error without a value")

// ErrNil is nil where a resource is needed.
var ErrNil = errors.New("nil where a resource is needed")

// ErrNoImports is what calls of imports answer, as a trap, in an instance that
// was not made by the generated package.
var ErrNoImports = errors.New("the instance was made without the imports of its bindings")

// Imports gives the imports of the instance that makes the call.
func Imports[T any](c *host.Call) (*T, error) {
	if imports, ok := c.Embedder().(*T); ok {
		return imports, nil
	}
	return nil, ErrNoImports
}

// Go runs an async import in a goroutine of its own. A panic in it is a trap,
// as in other host functions.
func Go[R any](done *host.Completion[R], fn func(ctx context.Context) (R, error)) {
	ctx := done.Context()
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done.Fail(fmt.Errorf("panic in a host function: %v", p))
			}
		}()
		if r, err := fn(ctx); err != nil {
			done.Fail(err)
		} else {
			done.Give(r)
		}
	}()
}

// A Host is the Go side of a resource that the embedder implements.
type Host[T io.Closer] struct{ Impl T }

// NewResource makes the resource type of a [Host]; a guest that drops its
// handle closes the implementation.
func NewResource[T io.Closer](name string) *host.ResourceType {
	return host.NewResource(name, func(_ *host.Instance, h *Host[T]) { h.Impl.Close() })
}

// A Conv carries conversions between the types of generated bindings and the
// host's shapes, of the values of one call. The first problem counts.
type Conv struct {
	Ctx   context.Context // of the call
	In    *host.Instance
	Err   error
	lent  []*Handle // until Release
	given []*Handle // not the embedder's any more, unless the call does not take place
}

// Fork gives a Conv for what a stream or future of the call carries later.
func (x *Conv) Fork() Conv { return Conv{Ctx: x.In.Context(), In: x.In} }

// Fail notes a problem.
func (x *Conv) Fail(err error) {
	if x.Err == nil {
		x.Err = err
	}
}

// Bytes gives the stream for a reader. nil is the empty one.
func Bytes(r io.Reader) *wasi.InputStream {
	switch r := r.(type) {
	case nil:
		return wasi.EmptyStream()
	case *wasi.InputStream:
		return r
	}
	return wasi.NewReaderStream(r)
}

// Keep is the conversion of values that need none.
func Keep[X, T any](_ X, v T) T { return v }

// Slice converts the elements of a list.
func Slice[X, A, B any](x X, list []A, conv func(X, A) B) []B {
	if list == nil {
		return nil
	}
	made := make([]B, len(list))
	for i, v := range list {
		made[i] = conv(x, v)
	}
	return made
}

// Option converts the value of an option.
func Option[X, A, B any](x X, o host.Option[A], conv func(X, A) B) host.Option[B] {
	if !o.Some {
		return host.Option[B]{}
	}
	return host.Some(conv(x, o.Value))
}

// Result converts the arm of a result.
func Result[X, A, B, E, F any](x X, r host.Result[A, E], ok func(X, A) B, fail func(X, E) F) host.Result[B, F] {
	if r.IsErr {
		return host.Err[B](fail(x, r.Err))
	}
	return host.OK[B, F](ok(x, r.OK))
}

// Entries gives the entries of a map, in any order.
func Entries[X any, K comparable, A, B any](x X, m map[K]A, conv func(X, A) B) []host.Tuple2[K, B] {
	entries := make([]host.Tuple2[K, B], 0, len(m))
	for k, v := range m {
		entries = append(entries, host.Tuple2[K, B]{F0: k, F1: conv(x, v)})
	}
	return entries
}

// Map makes a map of entries; of equal keys the last counts.
func Map[X any, K comparable, A, B any](x X, entries []host.Tuple2[K, A], conv func(X, A) B) map[K]B {
	m := make(map[K]B, len(entries))
	for _, e := range entries {
		m[e.F0] = conv(x, e.F1)
	}
	return m
}
