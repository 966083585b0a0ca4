// Package types holds the Go types of WIT's option, result, tuple, stream and
// future, as generated bindings use them.
package types

// A Unit is the payload of a result's arm that has none.
type Unit struct{}

// The tags of [Option] and [Result].
const (
	OptionNone uint8 = 0
	OptionSome uint8 = 1
	ResultOk   uint8 = 0
	ResultErr  uint8 = 1
)

// An Option is WIT's option<T>. The zero value is none.
type Option[T any] struct {
	some  bool
	value T
}

// Some returns an Option with a value.
func Some[T any](value T) Option[T] { return Option[T]{true, value} }

// None returns an Option without a value.
func None[T any]() Option[T] { return Option[T]{} }

// Tag returns OptionNone or OptionSome.
func (o Option[T]) Tag() uint8 {
	if o.some {
		return OptionSome
	}
	return OptionNone
}

// IsSome tells whether o has a value.
func (o Option[T]) IsSome() bool { return o.some }

// IsNone tells whether o has no value.
func (o Option[T]) IsNone() bool { return !o.some }

// Some returns the value and panics when there is none.
func (o Option[T]) Some() T {
	if !o.some {
		panic("option is none")
	}
	return o.value
}

// SomeOr returns the value, or otherwise when there is none.
func (o Option[T]) SomeOr(otherwise T) T {
	if !o.some {
		return otherwise
	}
	return o.value
}

// A Result is WIT's result<T, E>, with [Unit] for an absent type. The zero
// value is ok with T's zero value.
type Result[T, E any] struct {
	isErr bool
	ok    T
	err   E
}

// Ok returns a Result that succeeded.
func Ok[T, E any](value T) Result[T, E] { return Result[T, E]{ok: value} }

// Err returns a Result that failed.
func Err[T, E any](err E) Result[T, E] { return Result[T, E]{isErr: true, err: err} }

// Tag returns ResultOk or ResultErr.
func (r Result[T, E]) Tag() uint8 {
	if r.isErr {
		return ResultErr
	}
	return ResultOk
}

// IsOk tells whether r succeeded.
func (r Result[T, E]) IsOk() bool { return !r.isErr }

// IsErr tells whether r failed.
func (r Result[T, E]) IsErr() bool { return r.isErr }

// Ok returns the value and panics when r failed.
func (r Result[T, E]) Ok() T {
	if r.isErr {
		panic("result is an error")
	}
	return r.ok
}

// Err returns the error and panics when r succeeded.
func (r Result[T, E]) Err() E {
	if !r.isErr {
		panic("result is not an error")
	}
	return r.err
}
