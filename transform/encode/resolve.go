package encode

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

const (
	preview1    = "wasi_snapshot_preview1"
	worldModule = "$root"
	exportMark  = "[export]"
	pollName    = "isyswasfa-poll"
)

// A target is what an import of a core module stands for.
type target struct {
	id string // equal for equal targets

	// A function of an imported interface, or of the world if iface is nil.
	iface *iface
	fn    *wit.Function
	needs needs

	// A built-in of a resource of iface: "drop", "new" or "rep".
	builtin  string
	resource *wit.TypeDef

	adapter string // a function of the preview1 adapter
	guest   string // an export of the main module, for the adapter
}

// needs are the canonical options that a call needs.
type needs struct{ memory, realloc bool }

// A coreImport is a function (or the memory) that a core module imports.
type coreImport struct {
	module, field string
	sig           wasm.FuncType
	kind          wasm.Kind
	target        *target
	shim          int // the index of its trampoline, or -1
}

// A lift is a function that the component exports.
type lift struct {
	iface *iface // nil for a function of the world
	name  string // of the export in the component
	fn    *wit.Function
	core  string // export of the main module
	post  string // likewise, or ""
	needs needs
	sig   wasm.FuncType
}

// resolve finds what each import and export of the module stands for.
func (e *encoder) resolve() {
	e.renamed = append([]wasm.Import(nil), e.core.Imports...)
	seen := map[[2]string]bool{}
	for i := range e.renamed {
		im := &e.renamed[i]
		if im.Kind != wasm.KindFunc {
			e.problemf("the module imports the %s %q %q; only functions can be imported", im.Kind, im.Module, im.Name)
			continue
		}
		sig := e.core.Types[im.Type]
		t, err := e.target(im.Module, im.Name, sig)
		if err != nil {
			e.problemf("import %q %q: %v", im.Module, im.Name, err)
			continue
		}
		// Components forbid what core modules allow: two imports of one name.
		for n, name := 2, im.Name; seen[[2]string{im.Module, im.Name}]; n++ {
			im.Name = fmt.Sprintf("%s#%d", name, n)
		}
		seen[[2]string{im.Module, im.Name}] = true
		e.mainImports = append(e.mainImports, &coreImport{module: im.Module, field: im.Name, sig: sig, target: t, shim: -1})
	}
	e.resolveExports()
}

// target finds what an import stands for and checks its signature.
func (e *encoder) target(module, field string, sig wasm.FuncType) (*target, error) {
	switch {
	case module == preview1:
		have, ok := adapterExports()[field]
		if !ok {
			return nil, fmt.Errorf("the adapter has no such function of WASI 0.1")
		}
		return &target{id: "adapter " + field, adapter: field}, sameSig(sig, have)
	case module == worldModule:
		if fn := e.worldFuncs[field]; fn != nil {
			return e.funcTarget(nil, fn, sig)
		}
		for _, f := range e.importOrder {
			if (f.name == transform.WorldTypes || f.def.Name == transform.WorldTypes) && f.funcs[field] != nil {
				return e.funcTarget(f, f.funcs[field], sig) // of a resource that the transform has moved
			}
		}
		return e.worldDrop(field, sig)
	case strings.HasPrefix(module, exportMark):
		f := e.exports[strings.TrimPrefix(module, exportMark)]
		if f == nil {
			return nil, fmt.Errorf("the world does not export this interface")
		}
		return f.builtinTarget(field, sig, "new", "rep", "drop")
	}
	f := e.findImport(module)
	if f == nil {
		return nil, fmt.Errorf("the world does not import this interface%s", e.importHint())
	}
	if fn := f.funcs[field]; fn != nil {
		return e.funcTarget(f, fn, sig)
	}
	t, err := f.builtinTarget(field, sig, "drop")
	if err == nil {
		e.use(f, false, t.resource)
	}
	return t, err
}

func (e *encoder) importHint() string {
	var list []string
	for _, it := range e.w.Imports {
		if it.Interface != nil {
			list = append(list, it.Name)
		}
	}
	if list == nil {
		return ", nor any other"
	}
	return " (it imports " + some(list) + ")"
}

// some lists the first of many names.
func some(list []string) string {
	const limit = 12
	more := ""
	if len(list) > limit {
		more = fmt.Sprintf(" and %d more", len(list)-limit)
		list = list[:limit]
	}
	return strings.Join(list, ", ") + more
}

func (e *encoder) funcTarget(f *iface, fn *wit.Function, sig wasm.FuncType) (*target, error) {
	ft, err := abi.FuncFromWIT(fn)
	if err != nil {
		return nil, err
	}
	flat := ft.Flatten(abi.Lowered)
	if err := sameSig(sig, coreSig(flat)); err != nil {
		return nil, err
	}
	t := &target{iface: f, fn: fn, needs: lowerNeeds(ft, flat)}
	if f == nil {
		t.id = "world " + fn.ABIName()
	} else {
		t.id = f.name + " " + fn.ABIName()
		f.usedFuncs[fn.ABIName()] = true
	}
	e.useFunc(f, false, fn)
	return t, nil
}

// worldDrop gives the target of an import that drops a resource of the world.
func (e *encoder) worldDrop(field string, sig wasm.FuncType) (*target, error) {
	name, ok := strings.CutPrefix(field, "[resource-drop]")
	for _, it := range e.w.Imports {
		if ok && it.Type != nil && it.Name == name && isResource(it.Type) {
			e.use(nil, false, it.Type)
			return &target{id: "world " + field, builtin: "drop", resource: it.Type}, sameSig(sig, wasm.FuncType{Params: []wasm.ValType{wasm.I32}})
		}
	}
	return nil, fmt.Errorf("the world imports no function %s", field)
}

// isResource tells whether a type is a resource, aliases followed.
func isResource(t *wit.TypeDef) bool {
	r, ok := t.Resolve().(*wit.TypeDef)
	if ok {
		_, ok = r.Kind.(*wit.Resource)
	}
	return ok
}

func (f *iface) builtinTarget(field string, sig wasm.FuncType, kinds ...string) (*target, error) {
	for _, kind := range kinds {
		name, ok := strings.CutPrefix(field, "[resource-"+kind+"]")
		if !ok {
			continue
		}
		def := f.types[name]
		if def == nil {
			return nil, fmt.Errorf("the interface has no resource %s", name)
		}
		if !isResource(def) {
			return nil, fmt.Errorf("%s is no resource", name)
		}
		want := wasm.FuncType{Params: []wasm.ValType{wasm.I32}}
		if kind != "drop" {
			want.Results = want.Params
		}
		side := ""
		if f.exported {
			side = exportMark
		}
		return &target{id: side + f.name + " " + field, iface: f, builtin: kind, resource: def}, sameSig(sig, want)
	}
	return nil, fmt.Errorf("the interface has no such function")
}

func sameSig(have, want wasm.FuncType) error {
	if have.Equal(want) {
		return nil
	}
	return fmt.Errorf("its signature is %s, not %s", have, want)
}

func coreSig(s abi.CoreSig) wasm.FuncType {
	var ft wasm.FuncType
	for _, p := range s.Params {
		ft.Params = append(ft.Params, wasm.ValType(p))
	}
	for _, r := range s.Results {
		ft.Results = append(ft.Results, wasm.ValType(r))
	}
	return ft
}

func hasPointers(fields []abi.Field) bool {
	for _, f := range fields {
		if f.Type.HasPointers() {
			return true
		}
	}
	return false
}

// lowerNeeds: parameters come from the caller's memory, the result goes there.
func lowerNeeds(ft *abi.FuncType, sig abi.CoreSig) needs {
	result := ft.Result != nil && ft.Result.HasPointers()
	return needs{
		memory:  sig.IndirectParams || sig.IndirectResult || hasPointers(ft.Params) || result,
		realloc: result,
	}
}

// liftNeeds: parameters go to the callee's memory, the result comes from there.
func liftNeeds(ft *abi.FuncType, sig abi.CoreSig) needs {
	params := sig.IndirectParams || hasPointers(ft.Params)
	return needs{
		memory:  params || sig.IndirectResult || ft.Result != nil && ft.Result.HasPointers(),
		realloc: params,
	}
}

func (e *encoder) resolveExports() {
	var missing bool
	for _, it := range e.w.Exports {
		switch {
		case it.Interface != nil:
			f := e.exports[it.Name]
			for _, t := range f.def.Types {
				e.use(f, true, t)
			}
			e.checkDestructors(f)
			for _, fn := range f.def.Funcs {
				missing = !e.resolveLift(f, fn.ABIName(), f.name+"#"+fn.ABIName(), fn) || missing
			}
		case it.Func != nil:
			core := it.Func.ABIName()
			if _, ok := e.core.Export(core); !ok && strings.HasPrefix(core, pollName) {
				core = pollName
			}
			missing = !e.resolveLift(nil, it.Name, core, it.Func) || missing
		}
	}
	if missing {
		e.problemf("%s", e.exportHint())
	}
	if ex, ok := e.core.Export("_initialize"); ok && ex.Kind == wasm.KindFunc {
		if err := sameSig(e.core.FuncType(ex.Index), wasm.FuncType{}); err != nil {
			e.problemf("export _initialize: %v", err)
		}
	}
	e.checkOptions()
}

// exportHint says what the module exports instead.
func (e *encoder) exportHint() string {
	var list []string
	for _, ex := range e.core.Exports {
		if ex.Kind == wasm.KindFunc {
			if ex.Name == "_start" {
				return "the module is a command, with _start; a Go module must be built with -buildmode=c-shared"
			}
			list = append(list, ex.Name)
		}
	}
	if list == nil {
		return "the module exports no functions"
	}
	return "the module exports the functions " + some(list)
}

// resolveLift tells whether the module has the export.
func (e *encoder) resolveLift(f *iface, name, core string, fn *wit.Function) bool {
	e.useFunc(f, f != nil, fn)
	ex, ok := e.core.Export(core)
	if !ok || ex.Kind != wasm.KindFunc {
		e.problemf("the world exports %s, but the module has no function %q", describe(f, name), core)
		return false
	}
	ft, err := abi.FuncFromWIT(fn)
	if err != nil {
		e.problemf("export %s: %v", describe(f, name), err)
		return true
	}
	flat := ft.Flatten(abi.Lifted)
	l := &lift{iface: f, name: name, fn: fn, core: core, needs: liftNeeds(ft, flat), sig: coreSig(flat)}
	if err := sameSig(e.core.FuncType(ex.Index), l.sig); err != nil {
		e.problemf("export %q: %v", core, err)
	}
	if post, ok := e.core.Export("cabi_post_" + core); ok && post.Kind == wasm.KindFunc {
		l.post = post.Name
		if err := sameSig(e.core.FuncType(post.Index), wasm.FuncType{Params: l.sig.Results}); err != nil {
			e.problemf("export %q: %v", post.Name, err)
		}
	}
	e.lifts = append(e.lifts, l)
	return true
}

// checkDestructors checks the signatures of exported resources' destructors.
func (e *encoder) checkDestructors(f *iface) {
	for _, t := range f.def.Types {
		if name, ok := e.destructor(f, t); ok {
			ex, _ := e.core.Export(name)
			if err := sameSig(e.core.FuncType(ex.Index), wasm.FuncType{Params: []wasm.ValType{wasm.I32}}); err != nil {
				e.problemf("export %q: %v", name, err)
			}
		}
	}
}

func describe(f *iface, name string) string {
	if f == nil {
		return name
	}
	return f.name + " " + name
}

// checkOptions sees to it that the module has the memory and realloc that its
// imports and exports need.
func (e *encoder) checkOptions() {
	var memory, realloc string
	note := func(who string, n needs) {
		if n.memory && memory == "" {
			memory = who
		}
		if n.realloc && realloc == "" {
			realloc = who
		}
	}
	for _, im := range e.mainImports {
		note("import "+im.module+" "+im.field, im.target.needs)
		if im.target.adapter != "" {
			note("import "+im.module+" "+im.field, needs{memory: true})
		}
	}
	for _, l := range e.lifts {
		note("export "+describe(l.iface, l.name), l.needs)
	}
	mem, ok := e.core.Export("memory")
	switch ok = ok && mem.Kind == wasm.KindMemory; {
	case memory == "":
	case !ok:
		e.problemf("the module exports no memory called \"memory\", which %s needs", memory)
	case int(mem.Index) < len(e.core.Memories) && (e.core.Memories[mem.Index].Is64 || e.core.Memories[mem.Index].Shared):
		e.problemf("the module's memory is shared or of 64 bits; components need a plain one of 32 bits")
	}
	ex, ok := e.core.Export("cabi_realloc")
	switch {
	case !ok || ex.Kind != wasm.KindFunc:
		if realloc != "" {
			e.problemf("the module exports no function \"cabi_realloc\", which %s needs", realloc)
		}
	default:
		i32 := wasm.I32
		want := wasm.FuncType{Params: []wasm.ValType{i32, i32, i32, i32}, Results: []wasm.ValType{i32}}
		if err := sameSig(e.core.FuncType(ex.Index), want); err != nil {
			e.problemf("export cabi_realloc: %v", err)
		}
	}
}
