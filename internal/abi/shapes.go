package abi

import "unsafe"

// An OptionOf is the Go shape of option<T>. (Option is the Kind.)
type OptionOf[T any] struct {
	Some  bool
	Value T
}

// A ResultOf is the Go shape of result<T, E>; an absent arm is struct{}.
type ResultOf[T, E any] struct {
	IsErr bool
	OK    T
	Err   E
}

// A Ref is the Go shape of own<R> and borrow<R> for any resource type, also
// for one that a guest defines. An own Ref carries the duty to destroy the
// resource or to pass it on.
type Ref struct {
	Type *ResourceType
	Obj  unsafe.Pointer // host resources
	Rep  uint32         // guest resources
}

// Some gives an OptionOf that holds v.
func Some[T any](v T) OptionOf[T] { return OptionOf[T]{Some: true, Value: v} }

// OK gives a successful ResultOf.
func OK[T, E any](v T) ResultOf[T, E] { return ResultOf[T, E]{OK: v} }

// Err gives a failed ResultOf.
func Err[T, E any](e E) ResultOf[T, E] { return ResultOf[T, E]{IsErr: true, Err: e} }

// The binder recognises the shapes by these methods, which no other package
// can declare.
type (
	optionShape interface{ abiOption() }
	resultShape interface{ abiResult() }
)

func (OptionOf[T]) abiOption()    {}
func (ResultOf[T, E]) abiResult() {}
