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
		args = append(args, component.CoreArg{Name: m, Instance: e.b.bundle(bundles[m])})
	}
	return args
}

// argument gives the definition that satisfies an import.
func (e *encoder) argument(im *coreImport) (component.Sort, uint32) {
	t := im.target
	switch {
	case t.guest != "" && im.kind == wasm.KindMemory:
		return component.SortCoreMemory, *e.memory
	case t.guest != "":
		return component.SortCoreFunc, e.b.coreMember(e.main, component.SortCoreFunc, t.guest)
	case im.shim >= 0:
		return component.SortCoreFunc, e.b.coreMember(e.shim.instance, component.SortCoreFunc, strconv.Itoa(im.shim))
	case t.builtin != "":
		return component.SortCoreFunc, e.builtin(t)
	}
	return component.SortCoreFunc, e.lower(t, nil)
}

// builtin gives a built-in of a resource, one definition for all its users.
func (e *encoder) builtin(t *target) uint32 {
	if i, ok := e.intrinsic[t.id]; ok {
		return i
	}
	op := map[string]component.CanonOp{"new": component.CanonResourceNew, "rep": component.CanonResourceRep, "drop": component.CanonResourceDrop}[t.builtin]
	i := e.b.resource(op, e.resourceType(t.iface, t.resource))
	e.intrinsic[t.id] = i
	return i
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
		return e.exportScope(f).declare(t)
	}
	return e.rootType(f, t)
}

// lower gives a function lowered with the options that it needs.
func (e *encoder) lower(t *target, realloc *uint32) uint32 {
	var opts component.CanonOpts
	id := t.id
	if t.needs.memory {
		opts.Memory = e.memory
		id += " with memory"
	}
	if t.needs.realloc {
		opts.Realloc = realloc
		id += " and realloc " + strconv.Itoa(int(*realloc))
	}
	if i, ok := e.lowered[id]; ok {
		return i
	}
	i := e.b.lower(e.function(t), opts)
	e.lowered[id] = i
	return i
}

// function gives the index of an imported function.
func (e *encoder) function(t *target) uint32 {
	name := t.fn.ABIName()
	if t.iface == nil {
		return e.worldIndex[name]
	}
	i, ok := t.iface.funcIndex[name]
	if !ok {
		i = e.b.member(t.iface.instance, component.SortFunc, name)
		t.iface.funcIndex[name] = i
	}
	return i
}

func (e *encoder) worldIndexNeeded(fn *wit.Function) bool {
	for _, im := range e.mainImports {
		if im.target.iface == nil && im.target.fn == fn {
			return true
		}
	}
	return false
}

// emitMemory brings the main module's memory and realloc in.
func (e *encoder) emitMemory() {
	if ex, ok := e.core.Export("memory"); ok && ex.Kind == wasm.KindMemory {
		i := e.b.coreMember(e.main, component.SortCoreMemory, "memory")
		e.memory = &i
	}
	if _, ok := e.core.Export("cabi_realloc"); ok && e.adapter == nil {
		i := e.b.coreMember(e.main, component.SortCoreFunc, "cabi_realloc")
		e.realloc = &i
	}
}

// emitRealloc takes the adapter's wrapper of the main module's realloc, which
// keeps clock readings of the allocator from leaving the component.
func (e *encoder) emitRealloc() {
	if _, ok := e.core.Export("cabi_realloc"); ok {
		i := e.b.coreMember(e.adapted, component.SortCoreFunc, guestRealloc)
		e.realloc = &i
	}
}

// emitExports lifts functions and exports them, those of an interface as an
// instance that has the types of the interface too.
func (e *encoder) emitExports() {
	for _, it := range e.w.Exports {
		switch {
		case it.Interface != nil:
			e.emitInterface(e.exports[it.Name])
		case it.Func != nil:
			for _, l := range e.lifts {
				if l.iface == nil && l.fn == it.Func {
					e.b.export(it.Name, component.SortFunc, e.lift(e.world, l), nil)
				}
			}
		}
	}
}

func (e *encoder) lift(s *scope, l *lift) uint32 {
	t := s.function(l.fn)
	var opts component.CanonOpts
	if l.needs.memory {
		opts.Memory = e.memory
	}
	if l.needs.realloc {
		opts.Realloc = e.realloc
	}
	if l.post != "" {
		from := e.main
		if e.adapter != nil {
			from = e.adapted
		}
		post := e.b.coreMember(from, component.SortCoreFunc, l.post)
		opts.PostReturn = &post
	}
	return e.b.lift(e.b.coreMember(e.main, component.SortCoreFunc, l.core), t, opts)
}

// shimDestructors gives each exported resource's destructor, which is an
// export of the main module, a trampoline: the resource type comes before the
// main module's instance.
func (e *encoder) shimDestructors() {
	for _, f := range e.exportOrder {
		for _, t := range f.def.Types {
			if name, ok := e.destructor(f, t); ok {
				e.shim.add("dtor "+name, wasm.FuncType{Params: []wasm.ValType{wasm.I32}}, func() uint32 {
					return e.b.coreMember(e.main, component.SortCoreFunc, name)
				})
			}
		}
	}
}

// destructor gives the name of the core export that destroys a resource.
func (e *encoder) destructor(f *iface, t *wit.TypeDef) (string, bool) {
	if _, ok := t.Kind.(*wit.Resource); !ok {
		return "", false
	}
	name := f.name + "#[dtor]" + t.Name
	ex, ok := e.core.Export(name)
	return name, ok && ex.Kind == wasm.KindFunc
}

// defineResource defines a resource that the component exports.
func (e *encoder) defineResource(f *iface, name string) uint32 {
	r := new(component.ResourceType)
	if dtor, ok := e.destructor(f, f.types[name]); ok {
		i := e.b.coreMember(e.shim.instance, component.SortCoreFunc, strconv.Itoa(e.shim.byID["dtor "+dtor]))
		r.Dtor = &i
	}
	return e.b.typ(r)
}
