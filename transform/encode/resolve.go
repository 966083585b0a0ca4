package encode

import (
	"errors"
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

const preview1 = "wasi_snapshot_preview1"

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

	// What another module exports, or (in is nil) the memory.
	in     *module
	export wasm.Export
	memory bool

	preview1 string // a function of our own adapter
	realloc  bool   // of the grower
	dead     bool   // never called: any function will do
}

// needs are the canonical options that a call needs.
type needs struct{ memory, realloc bool }

// A coreImport is what a core module imports.
type coreImport struct {
	of            *module
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
	in    *module
	core  wasm.Export
	post  *wasm.Export // nil if there is none
	needs needs
	sig   wasm.FuncType
}

// resolve finds what each import and export of the modules stands for.
func (e *encoder) resolve() error {
	if e.checkNative() {
		return nil
	}
	if e.o.WorldTypes {
		for _, it := range e.worldImports {
			if it.Type != nil {
				e.use(nil, false, it.Type)
			}
		}
	}
	for _, m := range e.guests() {
		e.resolveImports(m, nil)
	}
	e.resolveExports()
	for _, m := range e.adapters {
		e.resolveImports(m, m.core.Prune(e.usedExports(m)))
		e.exportStack(m)
	}
	e.checkOptions()
	return nil
}

// usedExports gives the names of an adapter's exports that the component has a
// use for.
func (e *encoder) usedExports(m *module) []string {
	var names []string
	for _, guest := range e.guests() {
		for _, im := range guest.imports {
			if im.target.in == m {
				names = append(names, im.target.export.Name)
			}
		}
	}
	for _, l := range e.lifts {
		if l.in == m {
			names = append(names, l.core.Name)
			if l.post != nil {
				names = append(names, l.post.Name)
			}
		}
	}
	for _, f := range e.exportOrder {
		for _, t := range f.typeOrder {
			if ex, ok := e.destructor(f, t); ok && f.from == m {
				names = append(names, ex.Name)
			}
		}
	}
	return append(names, importRealloc, exportRealloc)
}

// resolveImports finds what a module's imports stand for. If called is not
// nil, imports that are not in it need not stand for anything.
func (e *encoder) resolveImports(m *module, called map[uint32]bool) {
	m.renamed = append([]wasm.Import(nil), m.core.Imports...)
	seen := map[[2]string]bool{}
	index := -1 // of functions
	var notAdapted []string
	for i := range m.renamed {
		im := &m.renamed[i]
		ci := &coreImport{of: m, module: im.Module, field: im.Name, kind: im.Kind, target: m.links[ImportName{im.Module, im.Name}], shim: -1}
		if im.Kind == wasm.KindFunc {
			index++
			ci.sig = m.core.Types[im.Type]
		}
		switch {
		case ci.target != nil:
			if err := ci.checkLink(); err != nil {
				e.problemf("import %q %q%s: %v", im.Module, im.Name, m.of(), err)
				continue
			}
		case im.Kind == wasm.KindMemory && im.Name == memoryName && (im.Module == memoryModule || m.preview1):
			ci.target = &target{memory: true}
		case im.Kind != wasm.KindFunc:
			e.problemf("%s imports the %s %q %q; only functions can be imported, and the memory %q %q", m.what, im.Kind, im.Module, im.Name, memoryModule, memoryName)
			continue
		default:
			if called != nil && !called[uint32(index)] {
				ci.target = &target{id: "dead " + ci.sig.String(), dead: true}
				break
			}
			var err error
			if ci.target, err = e.target(m, im.Module, im.Name, ci.sig); err == errNotAdapted {
				notAdapted = append(notAdapted, im.Name)
				continue
			} else if err != nil {
				e.problemf("import %q %q%s: %v", im.Module, im.Name, m.of(), err)
				continue
			}
		}
		// Components forbid what core modules allow: two imports of one name.
		for n, name := 2, im.Name; seen[[2]string{im.Module, im.Name}]; n++ {
			im.Name = fmt.Sprintf("%s#%d", name, n)
		}
		seen[[2]string{im.Module, im.Name}] = true
		ci.field = im.Name
		m.imports = append(m.imports, ci)
	}
	switch more := len(notAdapted) - 1; {
	case more > 0:
		e.problemf("import %q %q and %d more: %v", preview1, notAdapted[0], more, errNotAdapted)
	case more == 0:
		e.problemf("import %q %q: %v", preview1, notAdapted[0], errNotAdapted)
	}
}

// errNotAdapted is the error of imports that the preview1 adapter would meet.
var errNotAdapted = errors.New("this is WASI 0.1, which --adapt adapts")

// of says whose something is, for messages: nothing for the main module.
func (m *module) of() string {
	if m.name == "" {
		return ""
	}
	return " of " + m.what
}

// target finds what an import stands for and checks its signature.
func (e *encoder) target(m *module, module, field string, sig wasm.FuncType) (*target, error) {
	if t, err := e.moduleTarget(m, module, field, sig); t != nil || err != nil {
		return t, err
	}
	module, field = bindgenImport(module, field)
	switch {
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
		f := e.exportNamed(strings.TrimPrefix(module, exportMark))
		if f == nil {
			return nil, fmt.Errorf("the world does not export this interface")
		}
		return f.builtinTarget(field, sig, "new", "rep", "drop")
	}
	f := e.findImport(module)
	if f == nil {
		return nil, fmt.Errorf("the world does not import this interface%s", e.importHint(module))
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

// moduleTarget finds what an import stands for that another core module
// provides; nil if it is not of that kind.
func (e *encoder) moduleTarget(m *module, module, field string, sig wasm.FuncType) (*target, error) {
	if e.isAdapter(m) {
		if module != mainModule && (module != guestModule || !m.preview1) {
			return nil, nil
		}
		if l := e.liftWithPost(field); m.preview1 && l != nil {
			return &target{id: l.in.what + " " + field, in: l.in, export: *l.post}, nil
		}
		ex, ok := e.main.export(field, wasm.KindFunc)
		if !ok && field == reallocName && !m.preview1 {
			e.needRealloc = true
			return &target{id: "realloc", realloc: true}, sameSig(sig, reallocSig)
		}
		if !ok {
			return nil, fmt.Errorf("the main module exports no such function")
		}
		return &target{id: "main " + field, in: e.main, export: ex}, sameSig(sig, e.main.core.FuncType(ex.Index))
	}
	for _, a := range e.adapters {
		if a.name != module {
			continue
		}
		ex, ok := a.export(field, wasm.KindFunc)
		if !ok {
			return nil, fmt.Errorf("%s exports no such function", a.what)
		}
		return &target{id: a.what + " " + field, in: a, export: ex}, sameSig(sig, a.core.FuncType(ex.Index))
	}
	if module != preview1 {
		return nil, nil
	}
	have, ok := adapterExports()[field]
	switch {
	case e.o.NoPreview1:
		return nil, errNotAdapted
	case !ok:
		return nil, fmt.Errorf("the adapter has no such function of WASI 0.1")
	}
	return &target{id: "preview1 " + field, preview1: field}, sameSig(sig, have)
}

// exportNamed gives the exported interface that a core import names.
func (e *encoder) exportNamed(name string) *iface {
	if f := e.exports[name]; f != nil {
		return f
	}
	for _, f := range e.exportOrder {
		if wit.Track(f.name) == name {
			return f
		}
	}
	return nil
}

// importHint says what the world imports instead of an interface.
func (e *encoder) importHint(name string) string {
	var list []string
	for _, it := range e.worldImports {
		if it.Interface != nil {
			list = append(list, it.Name)
		}
	}
	if list == nil {
		return ", nor any other"
	}
	return wit.Nearest(name, list) + " (it imports " + some(list) + ")"
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
	for _, it := range e.worldImports {
		if ok && it.Type != nil && it.Name == name && isResource(it.Type) {
			e.use(nil, false, it.Type)
			return &target{id: "world " + field, builtin: "drop", resource: it.Type}, sameSig(sig, wasm.FuncType{Params: []wasm.ValType{wasm.I32}})
		}
	}
	var names []string
	for _, it := range e.worldImports {
		if it.Func != nil {
			names = append(names, it.Func.ABIName())
		}
	}
	return nil, fmt.Errorf("the world imports no function %s%s", field, wit.Nearest(field, names))
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
	var names []string
	for _, fn := range f.funcOrder {
		names = append(names, fn.ABIName())
	}
	return nil, fmt.Errorf("the interface has no such function%s", wit.Nearest(field, names))
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
