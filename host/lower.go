package host

import (
	"context"
	"errors"
	"strings"

	"github.com/tetratelabs/wazero/api"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// hostFunc makes the core function for an import that is no core export.
func (k *linking) hostFunc(arg *component.CoreImport) (api.GoModuleFunc, abi.CoreSig, error) {
	ref := &arg.Ref
	one := []abi.CoreType{abi.I32}
	switch ref.Kind {
	case component.CoreLowered:
		if ref.Func.Import != nil {
			return k.lowerImport(ref)
		}
		return k.lowerLifted(arg.Name, ref)
	case component.CoreResourceNew:
		return resourceNew(ref), abi.CoreSig{Params: one, Results: one}, nil
	case component.CoreResourceRep:
		return resourceRep(ref), abi.CoreSig{Params: one, Results: one}, nil
	case component.CoreResourceDrop:
		return resourceDrop(ref), abi.CoreSig{Params: one}, nil
	}
	return nil, abi.CoreSig{}, errors.New("the import has no definition")
}

// lowerImport is a call of a host function.
func (k *linking) lowerImport(ref *component.CoreRef) (api.GoModuleFunc, abi.CoreSig, error) {
	inst, name := split(ref.Func.Import)
	call := k.imports[importPath(ref.Func.Import)]
	if call == nil {
		return nil, abi.CoreSig{}, errors.New("the import has no definition")
	}
	return k.lowerHost(quote(inst, name), call, ref)
}

// lowerHost makes the core function of a host function.
func (k *linking) lowerHost(name string, call hostCall, ref *component.CoreRef) (api.GoModuleFunc, abi.CoreSig, error) {
	sub, opts := ref.Instance, k.options(ref.Opts, ref.Instance)
	f := func(ctx context.Context, _ api.Module, stack []uint64) {
		in := instanceOf(ctx)
		in.leave(sub, name)
		c := in.takeCall(opts)
		err := call(c, stack)
		if end := c.abi.End(); err == nil {
			err = end
		}
		if err != nil {
			panic(&hostError{name: name, err: err})
		}
		c.busy = false
	}
	return f, ref.Func.Type.Flatten(abi.Lowered), nil
}

// lowerLifted is a call of another component instance.
func (k *linking) lowerLifted(name string, ref *component.CoreRef) (api.GoModuleFunc, abi.CoreSig, error) {
	f := ref.Func
	plan, err := abi.BindTransfer(f.Type, k.pre.resolve)
	if err != nil {
		return nil, abi.CoreSig{}, err
	}
	if k.pre.blocks[f.Instance] && isForked(f, k.pre.c.polled) {
		call, err := k.lowerForked(ref, plan, nil)
		return call, plan.Caller, err
	}
	callee, where := k.half(name, f), k.prog.Instances[f.Instance].Name
	name = callee.name
	start := strings.HasSuffix(name, startSuffix)
	sub, opts := ref.Instance, k.options(ref.Opts, ref.Instance)
	call := func(ctx context.Context, _ api.Module, stack []uint64) {
		in := instanceOf(ctx)
		in.leave(sub, name)
		in.router.enter(callee.sub)
		var outer running
		if start {
			outer = in.router.beginStart(callee.sub, name, in.router.caller(sub))
		}
		err := in.transfer(plan, callee, opts, stack)
		if start {
			in.router.endStart(callee.sub, outer)
		}
		if err != nil {
			panic(&hostError{name, err, where})
		}
	}
	enters := k.pre.c.enter.entering(sub, f.Instance)
	if enters != nil {
		call = entering(enters, name, call)
	}
	if !callee.blocks {
		return call, plan.Caller, nil
	}
	inLine := func(ctx context.Context, m api.Module, stack []uint64) {
		in := instanceOf(ctx)
		in.leave(sub, name)
		err := in.checkEntry(enters) // before it waits for others
		if err == nil {
			err = in.enterSub(callee.sub)
		}
		if err != nil {
			panic(&hostError{name: name, err: err})
		}
		call(ctx, m, stack)
		in.leaveSub(callee.sub)
	}
	if _, _, async := forkedKeyOf(f); async {
		inLine, err = k.lowerForked(ref, plan, inLine)
	}
	return inLine, plan.Caller, err
}

// entering has a call of another component instance note which it enters.
func entering(subs []int, name string, call api.GoModuleFunc) api.GoModuleFunc {
	return func(ctx context.Context, m api.Module, stack []uint64) {
		in := instanceOf(ctx)
		if err := in.enterOnce(subs); err != nil {
			panic(&hostError{name: name, err: err})
		}
		call(ctx, m, stack)
		in.exit(subs)
	}
}

// transfer calls a function of another component instance; opts are those of
// the caller, whose stack it is.
func (in *Instance) transfer(plan *abi.Transfer, callee *exportHalf, opts int, stack []uint64) error {
	a, err := in.activate(callee.core)
	if err != nil {
		return err
	}
	if plan.Direct && callee.post < 0 {
		copy(a.stack[:], stack)
		err = in.run(a)
		copy(stack, a.stack[:])
		a.busy = false
		return err
	}
	from, to := in.takeCall(opts), in.takeCall(callee.opts)
	err = plan.Params(&from.abi, &to.abi, stack, a.stack[:])
	if err == nil {
		err = in.run(a)
	}
	if err == nil {
		err = plan.Result(&from.abi, &to.abi, a.stack[:], stack)
	}
	err = firstError(err, to.abi.End(), from.abi.End())
	if err == nil && callee.post >= 0 {
		err = in.postReturn(callee, a)
	}
	if err == nil {
		to.busy, from.busy, a.busy = false, false, false
	}
	return err
}

func resourceNew(ref *component.CoreRef) api.GoModuleFunc {
	sub, res := ref.Instance, ref.Resource.Index
	return func(ctx context.Context, _ api.Module, stack []uint64) {
		in := instanceOf(ctx)
		in.leave(sub, "resource.new")
		h, err := in.subs[sub].table.AddOwn(in.types[res], uint32(stack[0]), nil)
		if err != nil {
			panic(&hostError{name: "resource.new", err: err})
		}
		stack[0] = uint64(h)
	}
}

func resourceRep(ref *component.CoreRef) api.GoModuleFunc {
	sub, res := ref.Instance, ref.Resource.Index
	return func(ctx context.Context, _ api.Module, stack []uint64) {
		in := instanceOf(ctx)
		e, err := in.subs[sub].table.Lookup(uint32(stack[0]), in.types[res])
		if err != nil {
			panic(&hostError{name: "resource.rep", err: err})
		}
		stack[0] = uint64(e.Rep)
	}
}

func resourceDrop(ref *component.CoreRef) api.GoModuleFunc {
	sub, res, name := ref.Instance, ref.Resource.Index, "resource.drop of "+ref.Resource.Name
	return func(ctx context.Context, _ api.Module, stack []uint64) {
		in := instanceOf(ctx)
		in.leave(sub, name)
		if err := in.subs[sub].table.Drop(&in.guest, uint32(stack[0]), in.types[res]); err != nil {
			panic(&hostError{name: name, err: err})
		}
	}
}

func firstError(a, b, c error) error {
	switch {
	case a != nil:
		return a
	case b != nil:
		return b
	}
	return c
}
