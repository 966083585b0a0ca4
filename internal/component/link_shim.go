package component

import "github.com/isyswasfa/isyswasfa/internal/wasm"

// exported gives a core function as an export of a core instance, which is
// what a host can call. Functions that are none (lowered ones, resource
// built-ins) become one by way of a module that exports what it imports.
func (l *linker) exported(f *coreItem, inst int) (CoreRef, error) {
	if f.ref.Kind == CoreExported || f.sig == nil {
		return f.ref, nil
	}
	step := &InstantiateModule{
		Module:   l.moduleIndex(l.shim(f.sig).src),
		Instance: inst,
		Args:     []CoreImport{{Module: "shim", Name: shimName, Sort: SortCoreFunc, Ref: f.ref}},
	}
	index, err := l.addStep(step)
	return CoreRef{Kind: CoreExported, Step: index, Name: shimName, Instance: inst}, err
}

func (ev *evaluation) exported(f *coreItem) (CoreRef, error) { return ev.l.exported(f, ev.s.inst) }

const shimName = "f"

// shim gives the module that exports its only import, a function.
func (l *linker) shim(sig *wasm.FuncType) *coreModule {
	key := sig.String()
	if l.shims[key] == nil {
		b := wasm.Builder{
			Types:   []wasm.FuncType{*sig},
			Imports: []wasm.Import{{Module: "shim", Name: shimName, Kind: wasm.KindFunc}},
			Exports: []wasm.Export{{Name: shimName, Kind: wasm.KindFunc}},
		}
		l.shims[key] = &coreModule{src: &CoreModule{Data: b.Bytes()}}
	}
	return l.shims[key]
}
