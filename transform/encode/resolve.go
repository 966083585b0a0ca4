package encode

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/wit"
)

const preview1 = "wasi_snapshot_preview1"

// A target is what an import of a core module stands for.
type target struct {
	id string // equal for equal targets

	// A function of an imported interface, or of the world if iface is nil.
	iface *iface
	fn    *wit.Function
	async bool // lowered with that option

	builtin *builtin // a canonical built-in
	tlsBase bool     // the built-in if slot 1 is in use, else a function of the shim

	needs needs // of the function or built-in

	// What another module exports, or (in is nil) the memory.
	in     *module
	export wasm.Export
	memory bool

	preview1 string // a function of our own adapter
	realloc  bool   // of the grower
	dead     bool   // never called: any function will do
}

// exported tells whether the target belongs to an export.
func (t *target) exported() bool { return t.builtin != nil && t.builtin.exported }

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
	sig   wasm.FuncType
	post  *wasm.Export // nil if there is none
	needs needs

	async    bool         // lifted with that option
	callback *wasm.Export // nil if there is none
}

// resolve finds what each import and export of the modules stands for.
func (e *encoder) resolve() error {
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
			for _, ex := range []*wasm.Export{l.post, l.callback} {
				if ex != nil {
					names = append(names, ex.Name)
				}
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
	m.renamed = slices.Clone(m.core.Imports)
	copies := map[[2]string]int{} // of imports, by name
	functions := uint32(0)
	var notAdapted []string
	for i := range m.renamed {
		im := &m.renamed[i]
		ci := &coreImport{of: m, module: im.Module, field: im.Name, kind: im.Kind, shim: -1}
		dead := false
		if im.Kind == wasm.KindFunc {
			ci.sig = m.core.Types[im.Type]
			dead = called != nil && !called[functions]
			functions++
		}
		var err error
		switch ci.target, err = e.importTarget(ci, im.Memory, dead); {
		case err == errNotAdapted:
			notAdapted = append(notAdapted, im.Name)
			continue
		case err != nil:
			e.problemf("import %q %q%s: %v", im.Module, im.Name, m.of(), err)
			continue
		}
		im.Name = uniqueName(copies, im.Module, im.Name)
		ci.field = im.Name
		m.imports = append(m.imports, ci)
	}
	switch more := len(notAdapted) - 1; {
	case more > 0:
		e.problemf("import %q %q and %d more%s: %v", preview1, notAdapted[0], more, m.of(), errNotAdapted)
	case more == 0:
		e.problemf("import %q %q%s: %v", preview1, notAdapted[0], m.of(), errNotAdapted)
	}
}

// uniqueName gives an import a name of its own and counts it: components forbid
// what core modules allow, two imports of one name.
func uniqueName(copies map[[2]string]int, module, name string) string {
	unique := name
	for copies[[2]string{module, unique}] > 0 {
		copies[[2]string{module, name}]++
		unique = fmt.Sprintf("%s#%d", name, copies[[2]string{module, name}])
	}
	copies[[2]string{module, unique}]++
	return unique
}

// importTarget finds what an import stands for, if it is a memory of one with
// these limits. What is dead need not stand for anything.
func (e *encoder) importTarget(im *coreImport, memory wasm.Limits, dead bool) (*target, error) {
	link := im.of.links[ImportName{im.module, im.field}]
	switch {
	case link != nil:
		return link, im.checkLink(link)
	case im.kind == wasm.KindMemory && im.field == memoryName && (im.module == memoryModule || im.of.preview1):
		return &target{memory: true}, e.checkMemoryImport(im.of, memory)
	case im.kind != wasm.KindFunc:
		return nil, fmt.Errorf("it is a %s; only functions can be imported, and the memory %q %q", im.kind, memoryModule, memoryName)
	case dead:
		return &target{id: "dead " + im.sig.String(), dead: true}, nil
	}
	return e.target(im.of, im.module, im.field, im.sig)
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
	if _, ok := linkerSlots[field]; ok && module == memoryModule {
		return linkerTarget(field, sig)
	}
	module, field = bindgenImport(module, field)
	p, err := e.placeNamed(module)
	if err != nil {
		return nil, err
	}
	if !p.exported {
		name, async := strings.CutPrefix(field, asyncLower)
		if fn := e.function(p, name); fn != nil {
			return e.funcTarget(p.iface, fn, async, sig)
		}
		if f := e.movedTypes(p, field); f != nil {
			return e.funcTarget(f, f.funcs[field], false, sig)
		}
	}
	if t, err := e.builtinTarget(m, p, field, sig); t != nil || err != nil {
		return t, err
	}
	return nil, e.noFunction(p, field)
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

func (e *encoder) funcTarget(f *iface, fn *wit.Function, async bool, sig wasm.FuncType) (*target, error) {
	ft, err := abi.FuncFromWIT(fn)
	if err != nil {
		return nil, err
	}
	name := fn.ABIName()
	flat := ft.Flatten(abi.Lowered)
	if async {
		if !fn.Async {
			return nil, fmt.Errorf("the function %s is not async", name)
		}
		flat = ft.FlattenAsync(abi.Lowered, false)
	}
	if err := sameSig(sig, coreSig(flat)); err != nil {
		return nil, err
	}
	t := &target{id: place{iface: f}.id() + name, iface: f, fn: fn, async: async, needs: lowerNeeds(ft, flat)}
	if async {
		t.id += " " + asyncLower
		// The specification wants a memory in any case, wasm-tools only where there is a use for it.
		t.needs.memory = t.needs.memory || e.hasMemory()
	}
	if f != nil {
		f.usedFuncs[name] = true
	}
	e.useFunc(f, false, fn)
	return t, nil
}
