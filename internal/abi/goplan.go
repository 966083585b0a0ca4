package abi

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"
)

// A ResourceRef tells a plan which runtime resource type a Type.Resource is.
type ResourceRef struct {
	Type  *ResourceType // known when binding, as for host resources; or nil:
	Index int           // index in Call.Resources
}

// A ResolveResource maps the identity in Type.Resource to a ResourceRef when a
// plan is bound.
type ResolveResource func(id any) (ResourceRef, error)

// A GoPlan moves the parameters and the result of one function between Go
// values and an instance. It is immutable and safe for concurrent use; what
// belongs to an instance is in the Call.
//
// All methods take the stack of core values as wazero's api.GoModuleFunc and
// api.Function.CallWithStack do, and a pointer to the Go struct of the
// parameters or to the Go value of the result that the plan was bound to. A
// Go value that is lifted into must be zero before.
type GoPlan struct {
	// Guest is the core signature of the function that a guest exports
	// (LowerParams, LiftResult), Host of the one that it imports (LiftParams,
	// LowerResult).
	Guest, Host CoreSig

	params, result *node // result is nil for none
	needsMemory    bool  // for lifting the parameters
}

// BindGo makes the plan for the function type ft, with params the Go struct
// that has one exported field per parameter, and result the Go type of the
// result (struct{} for none). resolve may be nil if no resource occurs.
//
// Go shapes: bool, the integers and floats as themselves; char as rune; string
// as string; list<T> as []T; a list of fixed length, or the tuple of N equal
// types that stands for it, as [N]T; record and tuple as a struct with one
// exported field per field, in order; option<T> as
// [OptionOf]; result<T, E> as [ResultOf]; a variant as a struct whose first field
// is an unsigned integer named Case, followed by one exported field per case
// with a payload, in order; enum and flags as unsigned integers; own<R> and
// borrow<R> as the pointer type ResourceType.Go of a host resource, or as
// [Ref] for any resource.
//
// Any type may have the Go shape any, and the parameters may be []any: their
// values are dynamic. Scalars, strings and resources are as above; an enum is
// its case, a string, and flags are the labels that are set, a []string; a
// list of scalars is a slice of them, any other list and a tuple []any; a
// record is a [RecordValue], a variant a [VariantValue], options and results
// are OptionOf[any] and ResultOf[any, any]. Of values to be lowered, a list of
// scalars may be []any, a record a map[string]any, and an integer an int.
//
// The error of a mismatch names the place, as in
// `param 2 (value).x: record wants a struct, have string`.
func BindGo(ft *FuncType, params, result reflect.Type, resolve ResolveResource) (*GoPlan, error) {
	p := &GoPlan{Guest: ft.Flatten(Lifted), Host: ft.Flatten(Lowered)}
	b := &binder{resolve: resolve, nodes: map[shapeKey]*node{}}
	var err error
	if p.params, err = b.params(ft, params); err != nil {
		return nil, err
	}
	p.needsMemory = p.Guest.IndirectParams
	for _, f := range ft.Params {
		p.needsMemory = p.needsMemory || f.Type.HasPointers()
	}
	switch {
	case ft.Result == nil && (result == anyType || result.Kind() == reflect.Struct && result.NumField() == 0):
		return p, nil
	case ft.Result == nil:
		return nil, fmt.Errorf("result: a function without a result wants struct{}, have %s", result)
	case ft.Result.HasBorrows():
		return nil, errors.New("result: a result cannot hold borrow handles")
	}
	p.result, err = b.bind(ft.Result, result, "result")
	return p, err
}

// LiftParams moves the parameters of a guest's call from the stack and the
// guest's memory to the struct at params. Borrow handles are lent until
// Call.End, which is due after an error, too. After an error the guest still
// has its owned handles.
func (p *GoPlan) LiftParams(cx *Call, stack []uint64, params unsafe.Pointer) error {
	cx.begin()
	if p.needsMemory {
		if err := cx.view(); err != nil {
			return at(err, "parameters")
		}
	}
	if !p.Host.IndirectParams {
		return cx.settle(p.params.liftFlat(cx, stack, params))
	}
	ptr := uint32(stack[0])
	if err := cx.check(ptr, p.params.size, p.params.align); err != nil {
		return at(err, "parameters")
	}
	return cx.settle(p.params.load(cx, ptr, params))
}

// LowerResult moves the result of a guest's call to the stack or to the
// guest's memory. The stack is the one that LiftParams had, unchanged.
func (p *GoPlan) LowerResult(cx *Call, stack []uint64, result unsafe.Pointer) error {
	if p.result == nil {
		return nil
	}
	if !p.Host.IndirectResult {
		return at(p.result.lowerFlat(cx, stack, result), "result")
	}
	if err := cx.view(); err != nil {
		return at(err, "result")
	}
	ptr := uint32(stack[len(p.Host.Params)-1])
	if err := cx.check(ptr, p.result.size, p.result.align); err != nil {
		return at(err, "result")
	}
	return at(p.result.store(cx, ptr, result), "result")
}

// LowerParams moves the parameters of a call into the guest to the stack and
// the guest's memory.
func (p *GoPlan) LowerParams(cx *Call, stack []uint64, params unsafe.Pointer) error {
	// What is written to memory is allocated first, which gives a view of it.
	if !p.Guest.IndirectParams {
		return p.params.lowerFlat(cx, stack, params)
	}
	ptr, err := cx.alloc(p.params.align, p.params.size)
	if err != nil {
		return at(err, "parameters")
	}
	stack[0] = uint64(ptr)
	return p.params.store(cx, ptr, params)
}

// LiftResult moves the result that the guest returned to Go. The stack is not
// changed, so that it can be passed to the guest's post-return function.
func (p *GoPlan) LiftResult(cx *Call, stack []uint64, result unsafe.Pointer) error {
	if p.result == nil {
		return nil
	}
	cx.begin()
	if !p.Guest.IndirectResult {
		return at(cx.settle(p.result.liftFlat(cx, stack, result)), "result")
	}
	if err := cx.view(); err != nil {
		return at(err, "result")
	}
	ptr := uint32(stack[0])
	if err := cx.check(ptr, p.result.size, p.result.align); err != nil {
		return at(err, "result")
	}
	return at(cx.settle(p.result.load(cx, ptr, result)), "result")
}
