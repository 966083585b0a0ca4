package host

import (
	"context"
	"reflect"
	"unsafe"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// An Option is the Go shape of option<T>.
type Option[T any] = abi.OptionOf[T]

// A Result is the Go shape of result<T, E>; an absent arm is struct{}.
type Result[T, E any] = abi.ResultOf[T, E]

// A Ref is the Go shape of own<R> and borrow<R> where R is a resource that a
// guest defines. An owned Ref carries the duty to pass the resource on or to
// drop it by [Instance.DropRef].
type Ref = abi.Ref

// Some gives an Option that holds v.
func Some[T any](v T) Option[T] { return abi.Some(v) }

// None gives an Option that holds nothing.
func None[T any]() Option[T] { return Option[T]{} }

// OK gives a successful Result.
func OK[T, E any](v T) Result[T, E] { return abi.OK[T, E](v) }

// Err gives a failed Result.
func Err[T, E any](e E) Result[T, E] { return abi.Err[T](e) }

// A ResourceType is a resource type that the host implements; its identity is
// its address, so it is made once and registered wherever it is used.
type ResourceType struct{ rt *abi.ResourceType }

// NewResource makes a resource type whose values are *T. drop, which may be
// nil, runs on the driver when a guest drops its owned handle and when an
// instance that owns one closes; a value that a host function takes as own<R>
// has left the guest's table and is not dropped.
func NewResource[T any](name string, drop func(in *Instance, v *T)) *ResourceType {
	rt := &abi.ResourceType{Name: name, Go: reflect.TypeFor[*T]()}
	if drop != nil {
		rt.Destroy = func(_ context.Context, t *abi.Table, e abi.Entry) error {
			drop(t.Owner.(*subInstance).in, (*T)(unsafe.Pointer(e.Obj)))
			return nil
		}
	}
	return &ResourceType{rt}
}

// Name gives the name the type was made with.
func (r *ResourceType) Name() string { return r.rt.Name }
