package component

import (
	"errors"
	"fmt"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

func (ev *evaluation) canon(d *Canon) (entity, error) {
	switch d.Op {
	case CanonLift:
		return ev.lift(d)
	case CanonLower:
		return ev.lower(d)
	case CanonResourceNew, CanonResourceDrop, CanonResourceRep:
		return ev.resourceBuiltin(d)
	}
	return ev.asyncBuiltin(d)
}

func (ev *evaluation) resourceBuiltin(d *Canon) (entity, error) {
	r, err := resourceAt(ev.s, d.Type)
	if err != nil {
		return nil, err
	}
	ref := CoreRef{Resource: r, Instance: ev.s.inst}
	sig := d.Op.Signature()
	switch d.Op {
	case CanonResourceNew:
		ref.Kind = CoreResourceNew
	case CanonResourceRep:
		ref.Kind = CoreResourceRep
	case CanonResourceDrop:
		ref.Kind = CoreResourceDrop
	}
	if d.Op != CanonResourceDrop && (r.Imported || r.Owner != ev.s.inst) {
		return nil, errors.New("resource.new and resource.rep need a resource type that the component itself defines")
	}
	return &coreItem{coreExtern{kind: SortCoreFunc, sig: &sig}, ref}, nil
}

func (ev *evaluation) lift(d *Canon) (entity, error) {
	t, err := ev.l.funcTypeAt(ev.s, d.Type)
	if err != nil {
		return nil, err
	}
	core, err := lookup[*coreItem](ev.s, SortCoreFunc, d.CoreFunc)
	if err != nil {
		return nil, err
	}
	opts, err := ev.options(d.Opts)
	if err != nil {
		return nil, err
	}
	sig, resultInMemory := t.Flatten(abi.Lifted), false
	if d.Opts.Async {
		if err := ev.asyncLift(d, t, opts); err != nil {
			return nil, err
		}
		sig = t.FlattenAsync(abi.Lifted, d.Opts.Callback != nil)
		resultInMemory = t.Result != nil && len(t.Result.Flat()) > abi.MaxFlatParams
	} else if d.Opts.Callback != nil {
		return nil, errors.New("canonical option callback goes with async only")
	}
	if err := wantSig(core, "the function to lift", sigOf(sig.Params, sig.Results)); err != nil {
		return nil, err
	}
	realloc := sig.IndirectParams || slices.ContainsFunc(t.Params, fieldHasPointers)
	if err := opts.enough(realloc || sig.IndirectResult || resultInMemory || resultHasPointers(t), realloc); err != nil {
		return nil, err
	}
	if d.Opts.PostReturn != nil {
		post, err := lookup[*coreItem](ev.s, SortCoreFunc, *d.Opts.PostReturn)
		if err == nil {
			err = wantSig(post, "post-return", sigOf(sig.Results, nil))
		}
		if err != nil {
			return nil, err
		}
		if opts.PostReturn, err = ev.exported(post); err != nil {
			return nil, err
		}
	}
	ref, err := ev.exported(core)
	return &Func{Type: t, Core: ref, Opts: *opts, Instance: ev.s.inst}, err
}

func (ev *evaluation) lower(d *Canon) (entity, error) {
	f, err := lookup[*Func](ev.s, SortFunc, d.Func)
	if err != nil {
		return nil, err
	}
	opts, err := ev.lowerOptions(d)
	if err != nil {
		return nil, err
	}
	sig := f.Type.Flatten(abi.Lowered)
	if d.Opts.Async {
		if !f.Type.Async {
			return nil, errAsyncType
		}
		sig = f.Type.FlattenAsync(abi.Lowered, false)
	}
	realloc := resultHasPointers(f.Type)
	memory := realloc || sig.IndirectParams || sig.IndirectResult || slices.ContainsFunc(f.Type.Params, fieldHasPointers)
	if err := opts.enough(memory, realloc); err != nil {
		return nil, err
	}
	core := sigOf(sig.Params, sig.Results)
	ref := CoreRef{Kind: CoreLowered, Func: f, Opts: opts, Instance: ev.s.inst}
	return &coreItem{coreExtern{kind: SortCoreFunc, sig: &core}, ref}, nil
}

func fieldHasPointers(f abi.Field) bool { return f.Type.HasPointers() }

func resultHasPointers(f *abi.FuncType) bool { return f.Result != nil && f.Result.HasPointers() }

// options resolves all canonical options but post-return and callback, which
// only lift has.
func (ev *evaluation) options(o CanonOpts) (*Options, error) {
	opts := &Options{Encoding: o.Encoding, Async: o.Async}
	if o.Encoding > Latin1UTF16 {
		return nil, fmt.Errorf("unknown string encoding %d", o.Encoding)
	}
	if o.Memory != nil {
		m, err := ev.memory(*o.Memory)
		if err != nil {
			return nil, err
		}
		opts.Memory = m.ref
	}
	if o.Realloc != nil {
		f, err := lookup[*coreItem](ev.s, SortCoreFunc, *o.Realloc)
		if err == nil {
			i32 := wasm.I32
			err = wantSig(f, "realloc", wasm.FuncType{Params: []wasm.ValType{i32, i32, i32, i32}, Results: []wasm.ValType{i32}})
		}
		if err != nil {
			return nil, err
		}
		if opts.Realloc, err = ev.exported(f); err != nil {
			return nil, err
		}
	}
	if o.Realloc != nil && o.Memory == nil {
		return nil, errors.New("canonical option realloc goes with memory only")
	}
	return opts, nil
}

// lowerOptions resolves the options of what is no lift.
func (ev *evaluation) lowerOptions(d *Canon) (*Options, error) {
	switch {
	case d.Opts.PostReturn != nil:
		return nil, errors.New("post-return is an option of lift only")
	case d.Opts.Callback != nil:
		return nil, errors.New("callback is an option of lift only")
	}
	return ev.options(d.Opts)
}

// memory gives a memory that values can be in.
func (ev *evaluation) memory(i uint32) (*coreItem, error) {
	m, err := lookup[*coreItem](ev.s, SortCoreMemory, i)
	if err == nil && (m.limits.Is64 || m.limits.Shared) {
		err = fmt.Errorf("core memory %d is shared or of 64-bit addresses, which values cannot be in", i)
	}
	return m, err
}

// enough checks that the options have what the function's type needs.
func (o *Options) enough(memory, realloc bool) error {
	switch {
	case memory && o.Memory.Kind == CoreNone:
		return errors.New("the function's type needs the canonical option memory")
	case realloc && o.Realloc.Kind == CoreNone:
		return errors.New("the function's type needs the canonical option realloc")
	}
	return nil
}
