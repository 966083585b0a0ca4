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
	}
	r, err := resourceAt(ev.s, d.Type)
	if err != nil {
		return nil, err
	}
	i32 := []abi.CoreType{abi.I32}
	ref := CoreRef{Resource: r, Instance: ev.s.inst}
	sig := sigOf(i32, i32)
	switch d.Op {
	case CanonResourceNew:
		ref.Kind = CoreResourceNew
	case CanonResourceRep:
		ref.Kind = CoreResourceRep
	case CanonResourceDrop:
		ref.Kind = CoreResourceDrop
		sig.Results = nil
	default:
		return nil, fmt.Errorf("unknown canonical operation %d", d.Op)
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
	sig := t.Flatten(abi.Lifted)
	if err := wantSig(core, "the function to lift", sigOf(sig.Params, sig.Results)); err != nil {
		return nil, err
	}
	realloc := sig.IndirectParams || slices.ContainsFunc(t.Params, fieldHasPointers)
	if err := opts.enough(realloc || sig.IndirectResult || resultHasPointers(t), realloc); err != nil {
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
	if d.Opts.PostReturn != nil {
		return nil, errors.New("post-return is an option of lift only")
	}
	opts, err := ev.options(d.Opts)
	if err != nil {
		return nil, err
	}
	sig := f.Type.Flatten(abi.Lowered)
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

// options resolves all canonical options but post-return.
func (ev *evaluation) options(o CanonOpts) (*Options, error) {
	opts := &Options{Encoding: o.Encoding}
	if o.Encoding > Latin1UTF16 {
		return nil, fmt.Errorf("unknown string encoding %d", o.Encoding)
	}
	if o.Memory != nil {
		m, err := lookup[*coreItem](ev.s, SortCoreMemory, *o.Memory)
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
	return opts, nil
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
