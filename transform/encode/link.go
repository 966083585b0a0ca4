package encode

import (
	"strconv"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/wit"
)

// arguments bundles the imports of a core module into one instance for each
// module name.
func (e *encoder) arguments(imports []*coreImport) []component.CoreArg {
	var modules []string
	bundles := map[string][]component.CoreExport{}
	for _, im := range imports {
		if bundles[im.module] == nil {
			modules = append(modules, im.module)
		}
		sort, index := e.argument(im)
		bundles[im.module] = append(bundles[im.module], component.CoreExport{Name: im.field, Sort: sort, Index: index})
	}
	var args []component.CoreArg
	for _, m := range modules {
		args = append(args, component.CoreArg{Name: m, Instance: e.b.Bundle(bundles[m])})
	}
	return args
}

// argument gives the definition that satisfies an import.
func (e *encoder) argument(im *coreImport) (component.Sort, uint32) {
	t := im.target
	switch {
	case t.memory:
		return component.SortCoreMemory, *e.memory
	case im.shim >= 0:
		return component.SortCoreFunc, e.b.CoreMember(e.shim.instance, component.SortCoreFunc, strconv.Itoa(im.shim))
	case t.in != nil:
		sort := coreSorts[im.kind]
		return sort, e.b.CoreMember(t.in.instance, sort, t.export.Name)
	case t.realloc:
		return component.SortCoreFunc, e.b.CoreMember(e.grower, component.SortCoreFunc, reallocName)
	case t.tlsBase && e.shim.tlsBase != 0:
		return component.SortCoreFunc, e.b.CoreMember(e.shim.instance, component.SortCoreFunc, tlsBaseName(t.builtin.def.Op))
	}
	return component.SortCoreFunc, e.canon(im.of, t)
}

// canon defines the function that a module's import stands for: a lowered one
// or a built-in, one definition for all that need the same options.
func (e *encoder) canon(m *module, t *target) uint32 {
	opts, id := e.options(m, t)
	if i, ok := e.defined[id]; ok {
		return i
	}
	var i uint32
	if t.builtin == nil {
		i = e.b.Lower(e.functionIndex(t), opts)
	} else {
		i = e.builtin(t.builtin, opts)
	}
	e.defined[id] = i
	return i
}

// options gives the canonical options that a target needs, and what tells
// definitions with them apart from others.
func (e *encoder) options(m *module, t *target) (opts component.CanonOpts, id string) {
	id = t.id
	own := component.CanonOpts{Async: t.async, Encoding: m.strings}
	if t.builtin != nil {
		own = t.builtin.def.Opts
	}
	opts.Async = own.Async
	if t.needs.memory {
		opts.Memory = e.memory
		opts.Encoding = own.Encoding
		id += " with memory " + strconv.Itoa(int(own.Encoding))
	}
	if t.needs.realloc {
		opts.Realloc = e.realloc(m, !t.exported(), false)
		id += " and realloc " + strconv.Itoa(int(*opts.Realloc))
	}
	return opts, id
}

// builtin defines a built-in.
func (e *encoder) builtin(b *builtin, opts component.CanonOpts) uint32 {
	def := b.def
	for _, imm := range def.Op.Immediates() {
		switch imm {
		case component.ImmType:
			def.Type = e.builtinType(b)
		case component.ImmResult:
			def.Result = e.placeScope(b.place).val(b.typ)
		case component.ImmOpts:
			def.Opts = opts
		case component.ImmMemory:
			def.Memory = *e.memory
		case component.ImmCoreType:
			def.CoreType = e.b.Add(component.SortCoreType, &component.CoreType{Func: &component.CoreFuncType{Params: []byte{byte(wasm.I32)}}})
		case component.ImmTable:
			def.Table = e.b.CoreMember(e.main.instance, component.SortCoreTable, tableName)
		}
	}
	return e.b.Add(component.SortCoreFunc, &def)
}

// builtinType gives the index of the type that a built-in is for.
func (e *encoder) builtinType(b *builtin) uint32 {
	if t := b.typ.(*wit.TypeDef); isResource(t) {
		return e.resourceType(b.iface, t)
	}
	return e.placeScope(b.place).val(b.typ).Index
}

// resourceType gives the index of a resource, following aliases: this is
// needed before the exports are made.
func (e *encoder) resourceType(f *iface, t *wit.TypeDef) uint32 {
	if f == nil {
		return e.worldType(t)
	}
	if a, ok := t.Kind.(*wit.Alias); ok {
		next, _ := a.Type.(*wit.TypeDef) // as builtinTarget has checked
		owner := e.owner(f, f.exported, next)
		return e.resourceType(owner, owner.types[next.Name])
	}
	if f.exported {
		return e.ifaceScope(f).declare(t)
	}
	return e.rootType(f, t)
}

// functionIndex gives the index of an imported function.
func (e *encoder) functionIndex(t *target) uint32 {
	name := t.fn.ABIName()
	if t.iface == nil {
		return e.worldIndex[name]
	}
	i, ok := t.iface.funcIndex[name]
	if !ok {
		i = e.b.Member(t.iface.instance, component.SortFunc, name)
		t.iface.funcIndex[name] = i
	}
	return i
}

func (e *encoder) worldIndexNeeded(fn *wit.Function) bool {
	for _, m := range e.modules() {
		for _, im := range m.imports {
			if im.target.iface == nil && im.target.fn == fn {
				return true
			}
		}
	}
	return false
}

// emitMemory brings the main module's memory in, and what allocates in it for
// adapters if the main module does not.
func (e *encoder) emitMemory() {
	if _, ok := e.importedMemory(); ok {
		return // emitShim has done it
	}
	if ex, ok := e.main.export(memoryName, wasm.KindMemory); ok {
		i := e.b.CoreMember(e.main.instance, component.SortCoreMemory, ex.Name)
		e.memory = &i
	}
}

// reallocMember finds the function that allocates memory for a module's
// imports or exports.
func (e *encoder) reallocMember(m *module, imports bool) (from *module, ex wasm.Export, ok bool) {
	from, name, ok := e.reallocExport(m, imports)
	if !ok {
		return nil, ex, false
	}
	if name == reallocName && e.preview1 != nil && e.main.has(name) {
		from, name = e.preview1, guestRealloc // keeps clock readings of the allocator from leaving the component
	}
	ex, ok = from.export(name, wasm.KindFunc)
	return from, ex, ok
}

// realloc gives the index of the function that allocates memory for what a
// module's imports or exports are lowered with, or (lifting is set) lifted.
func (e *encoder) realloc(m *module, imports, lifting bool) *uint32 {
	from, ex, ok := e.reallocMember(m, imports)
	if !ok {
		return nil
	}
	key := reallocID(from, ex)
	if lifting && e.hooked {
		key += " lifting"
	}
	i, ok := e.reallocs[key]
	if ok {
		return &i
	}
	slot, shimmed := e.shim.byID[key]
	switch {
	case shimmed:
		i = e.b.CoreMember(e.shim.instance, component.SortCoreFunc, strconv.Itoa(slot))
	case lifting:
		i = e.entered(from, ex)
	default:
		i = e.coreMember(from, ex)
	}
	e.reallocs[key] = i
	return &i
}

// emitExports lifts functions and exports them, those of an interface as an
// instance that has the types of the interface too.
func (e *encoder) emitExports() {
	e.exporting = true
	for _, x := range e.worldExports {
		switch {
		case x.Interface != nil:
			e.emitInterface(e.exports[x.Name])
		case x.Func != nil:
			for _, l := range e.lifts {
				if l.iface == nil && l.fn == x.Func {
					e.b.Export(x.Name, component.SortFunc, e.lift(e.world, l), nil, e.external(x.ExternalID)...)
				}
			}
		}
	}
}

func (e *encoder) lift(s *scope, l *lift) uint32 {
	t := s.function(l.fn)
	opts := component.CanonOpts{Async: l.async}
	if l.needs.memory {
		opts.Memory = e.memory
		opts.Encoding = l.in.strings
	}
	if l.needs.realloc {
		opts.Realloc = e.realloc(l.in, false, true)
	}
	if l.post != nil {
		post := e.entered(e.postModule(l), *l.post)
		opts.PostReturn = &post
	}
	if l.callback != nil {
		callback := e.entered(l.in, *l.callback)
		opts.Callback = &callback
	}
	return e.b.Lift(e.entered(e.entry(l), l.core), t, opts)
}

// entry gives the module that has the function to lift.
func (e *encoder) entry(l *lift) *module {
	if l.in == nil {
		return e.preview1
	}
	return l.in
}

// postModule gives the module that has the post-return function, which our own
// adapter wraps.
func (e *encoder) postModule(l *lift) *module {
	if e.preview1 != nil && !e.isAdapter(l.in) {
		return e.preview1
	}
	return l.in
}

// shimDestructors gives each exported resource's destructor, which is an
// export of a core module, a trampoline: the resource type comes before the
// instance of that.
func (e *encoder) shimDestructors() {
	var h *hooks
	if e.hooked {
		h = &destructorHooks
	}
	for _, f := range e.exportOrder {
		for _, t := range f.typeOrder {
			if ex, ok := e.destructor(f, t); ok {
				e.shim.addHooked("dtor "+ex.Name, wasm.FuncType{Params: []wasm.ValType{wasm.I32}}, h, func() uint32 {
					return e.coreMember(f.from, ex)
				})
			}
		}
	}
}

// defineResource defines a resource that the component exports.
func (e *encoder) defineResource(f *iface, name string) uint32 {
	r := new(component.ResourceType)
	if dtor, ok := e.destructor(f, f.types[name]); ok {
		i := e.b.CoreMember(e.shim.instance, component.SortCoreFunc, strconv.Itoa(e.shim.byID["dtor "+dtor.Name]))
		r.Dtor = &i
	}
	return e.b.Type(r)
}
