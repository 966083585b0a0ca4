package host

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"unsafe"

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
	host          *asyncFunc[[]any, any]
	start, result *exportHalf // with plans for dynamic values; no result if nobody imports it
	params        []abi.Field
	res           *abi.Type
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

// forkedCall makes the host function that stands for a half of a forked
// function.
func (k *linking) forkedCall(f *component.Func) (hostCall, error) {
	key, start, _ := forkedKeyOf(f)
	x := k.forked[key]
	if x == nil {
		x = new(forked)
		x.host = &asyncFunc[[]any, any]{fn: x.call, inner: true, sub: f.Instance}
		k.forked[key] = x
	}
	b := &binding{name: f.Name, ft: f.Type, resolve: k.pre.resolve}
	h := k.half(f.Name, f)
	var err error
	if !start {
		h.plan, err = abi.BindGo(f.Type, reflect.TypeFor[readyParam](), reflect.TypeFor[any](), k.pre.resolve)
		if err != nil {
			return nil, err
		}
		x.result = h
		return x.host.bindResult(b)
	}
	h.plan, err = abi.BindGo(f.Type, reflect.TypeFor[[]any](), reflect.TypeFor[Result[any, *task]](), k.pre.resolve)
	if err != nil {
		return nil, err
	}
	x.start, x.params, x.res = h, f.Type.Params, f.Type.Result.Cases[0].Type
	return x.host.bindStart(b)
}

// call is the host function.
func (x *forked) call(c *Call, args []any, done *Completion[any]) error {
	fc := &forkedCall{x: x, args: args, done: done, by: c.in.router.caller(c.sub)}
	fc.op = op{in: c.in, sub: x.start.sub, f: fc}
	c.in.start(&fc.op)
	if !fc.op.done {
		if !fc.begun {
			fc.unlend = c.abi.TakeLent()
		}
		done.OnCancel(fc.cancel)
	}
	return nil
}

// forkedWhileBusy makes the core function of a half of an async function whose
// component instance may block and is polled. direct is the call of it.
func (k *linking) forkedWhileBusy(ref *component.CoreRef, direct api.GoModuleFunc) (api.GoModuleFunc, error) {
	key, start, _ := forkedKeyOf(ref.Func)
	call, err := k.forkedCall(ref.Func)
	if err != nil {
		return nil, err
	}
	forked, _, err := k.lowerHost(ref.Func.Name, call, ref)
	if err != nil {
		return nil, err
	}
	x, sub, callee := k.forked[key], ref.Instance, ref.Func.Instance
	return func(ctx context.Context, m api.Module, stack []uint64) {
		in := instanceOf(ctx)
		if start && in.isPaused(callee) || !start && in.isTaskOf(x, sub, uint32(stack[0])) {
			forked(ctx, m, stack)
			return
		}
		direct(ctx, m, stack)
	}, nil
}

// isPaused tells whether a call by the stack that runs would have to wait.
func (in *Instance) isPaused(sub int) bool {
	return in.stack != nil && in.subs[sub].gate.stack != in.stack && in.busy(sub)
}

// isTaskOf tells whether a ready handle is of a forked call.
func (in *Instance) isTaskOf(x *forked, sub int, ready uint32) bool {
	e, err := in.subs[sub].table.Lookup(ready, readyResource.rt)
	return err == nil && (*task)(e.Obj).host == any(x.host)
}

// A forkedCall is one call of a forked function.
type forkedCall struct {
	op     op
	x      *forked
	by     caller
	args   []any
	start  Result[any, *task]
	ready  readyParam
	r      any
	done   *Completion[any]
	begun  bool   // the start half has returned
	unlend func() // for what is lent to a start half that is paused or in line
}

func (c *forkedCall) begin(o *op) {
	in, sub := o.in, o.sub
	in.router.enter(sub)
	outer := in.router.beginStart(sub, c.x.start.name, c.by)
	err := in.callExport(c.x.start, unsafe.Pointer(&c.args), unsafe.Pointer(&c.start))
	in.router.endStart(sub, outer)
	c.over()
	switch {
	case err != nil || !c.start.IsErr:
		c.r = c.start.OK
		c.finish(err)
	case c.x.result == nil:
		in.poison(errors.New(c.x.start.name + " is pending, but nobody can take its result"))
		c.finish(in.trap)
	default:
		o.sub = c.x.result.sub
		in.router.awaitTask(o, c.start.Err)
		if o.abandoned.Load() { // while the guest was paused
			in.router.cancelOp(o)
		}
	}
}

func (c *forkedCall) resume(o *op, t *task) {
	o.in.router.enter(o.sub)
	c.ready.Ready = t
	c.finish(o.in.callExport(c.x.result, unsafe.Pointer(&c.ready), unsafe.Pointer(&c.r)))
}

func (c *forkedCall) finish(err error) {
	c.op.finish(err)
	if err != nil {
		c.done.Fail(err)
		return
	}
	c.done.Give(c.r)
}

// dropped fails the caller's task, which would wait for ever.
func (c *forkedCall) dropped() { c.finish(errDropped) }

// refuse drops what the call owns, which is not to begin any more.
func (c *forkedCall) refuse(o *op) {
	for i, f := range c.x.params {
		o.in.discardDynamic(f.Type, c.args[i])
	}
	c.over()
}

// over ends the loan of the handles that were lent to the start half.
func (c *forkedCall) over() {
	c.begun = true
	if c.unlend != nil {
		c.unlend()
		c.unlend = nil
	}
}

// cancel is for when the caller gives its task up. A guest that is paused goes
// on, but nobody takes its result.
func (c *forkedCall) cancel() {
	c.op.abandoned.Store(true)
	c.op.in.router.cancelOp(&c.op)
}
