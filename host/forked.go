package host

import (
	"context"
	"reflect"
	"strings"

	"github.com/tetratelabs/wazero/api"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// A forked function is an async function that one component instance calls of
// another one which may block and has no poll function. Such a callee can only
// answer late by blocking. So that its caller need not wait, the host runs the
// start half on a stack of its own and answers "pending" itself if that pauses.
// The caller then has a task of the host's, and the host answers the result
// half. Calls that come meanwhile wait in line.
//
// Calls of an async function of a component instance that is polled are forked
// only while that one is paused, and so would have them wait.
type forked struct {
	start, result         *exportHalf // no result if nobody imports it
	startPlan, resultPlan *abi.Transfer
	pending               *abi.GoPlan // the start half, for the answer "pending"
}

type forkedKey struct {
	sub  int
	name string
}

// forkedKeyOf gives what both halves of an async function have in common, and
// whether f is one of them.
func forkedKeyOf(f *component.Func) (key forkedKey, start, ok bool) {
	name := strings.Replace(f.Name, "[static]", "[method]", 1)
	if base, ok := strings.CutSuffix(name, startSuffix); ok {
		r := f.Type.Result
		return forkedKey{f.Instance, base}, true, r != nil && r.Kind == abi.Result && isOwn(r.Cases[1].Type)
	}
	base, ok := strings.CutSuffix(name, resultSuffix)
	return forkedKey{f.Instance, base}, false, ok && len(f.Type.Params) == 1 && isOwn(f.Type.Params[0].Type)
}

func isOwn(t *abi.Type) bool { return t != nil && t.Kind == abi.Own }

// isForked tells whether calls of a function by another component instance are
// forked if its own one may block. polled are those with a poll function.
func isForked(f *component.Func, polled map[int]bool) bool {
	if f.Import != nil || polled[f.Instance] {
		return false
	}
	_, _, ok := forkedKeyOf(f)
	return ok
}

// lowerForked makes the core function of a half of an async function. direct is
// for calls that are not forked; nil if all are.
func (k *linking) lowerForked(ref *component.CoreRef, plan *abi.Transfer, direct api.GoModuleFunc) (api.GoModuleFunc, error) {
	f, sub, opts := ref.Func, ref.Instance, k.options(ref.Opts, ref.Instance)
	key, start, _ := forkedKeyOf(f)
	x := k.forked[key]
	if x == nil {
		x = new(forked)
		k.forked[key] = x
	}
	h := k.half(f.Name, f)
	if !start {
		x.result, x.resultPlan = h, plan
		return func(ctx context.Context, m api.Module, stack []uint64) {
			in := instanceOf(ctx)
			in.leave(sub, h.name)
			if direct != nil && !in.isTaskOf(x, sub, uint32(stack[0])) {
				direct(ctx, m, stack)
				return
			}
			if err := in.takeForked(x, sub, opts, stack); err != nil {
				panic(&hostError{name: h.name, err: err})
			}
		}, nil
	}
	x.start, x.startPlan = h, plan
	var err error
	if x.pending, err = abi.BindGo(f.Type, reflect.TypeFor[[]any](), reflect.TypeFor[Result[any, *task]](), k.pre.resolve); err != nil {
		return nil, err
	}
	enters := k.pre.c.enter.entering(sub, f.Instance)
	return func(ctx context.Context, m api.Module, stack []uint64) {
		in := instanceOf(ctx)
		in.leave(sub, h.name)
		if direct != nil && !in.isPaused(f.Instance) {
			direct(ctx, m, stack)
			return
		}
		if err := in.callForked(x, sub, opts, enters, stack); err != nil {
			panic(&hostError{name: h.name, err: err})
		}
	}, nil
}

// isPaused tells whether a call by the stack that runs would have to wait.
func (in *Instance) isPaused(sub int) bool {
	return in.stack != nil && in.subs[sub].gate.stack != in.stack && in.busy(sub)
}

// isTaskOf tells whether a ready handle is of a forked call.
func (in *Instance) isTaskOf(x *forked, sub int, ready uint32) bool {
	e, err := in.subs[sub].table.Lookup(ready, readyResource.rt)
	return err == nil && (*task)(e.Obj).host == any(x)
}
