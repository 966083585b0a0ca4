package encode

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A nested builds the component that turns lifted functions into an exported
// interface. It imports the functions with the types that they have outside,
// and exports the interface's types, as types of their own, and the functions
// with a signature of these. An instance made of exports would do for
// validation of plain values, but methods need a resource that is exported
// beside them, and tools that recover WIT expect each export to be a new type.
type nested struct {
	e       *encoder
	f       *iface
	b       component.Builder
	args    []component.Arg
	names   map[string]bool
	imports *scope // of the functions as they are imported
	exports *scope // of the functions as they are exported
}

func (e *encoder) newNested(f *iface) *nested {
	n := &nested{e: e, f: f, names: map[string]bool{}}
	n.imports, n.exports = e.newScope(f, true, &n.b), e.newScope(f, true, &n.b)
	n.imports.lookup, n.exports.lookup = n.importType, n.exportType
	n.exports.use = func(name string, i uint32) uint32 { return n.b.Export(name, component.SortType, i, nil) }
	return n
}

// argument imports something, under a name like the one given, that the
// component passes in.
func (n *nested) argument(name string, desc component.ExternDesc, outside uint32) uint32 {
	for i, base := 2, name; n.names[name]; i++ {
		name = fmt.Sprintf("%s-x%d", base, i)
	}
	n.names[name] = true
	n.args = append(n.args, component.Arg{Name: name, Sort: desc.Sort, Index: outside})
	return n.b.Import(name, desc)
}

// importType gives the index of a named type, importing it. Aliases are
// imported, too: tools that recover WIT see by that which one is meant.
func (n *nested) importType(t *wit.TypeDef) uint32 {
	owner := n.e.owner(n.f, true, t)
	id := t.Name
	if owner != nil {
		id, t = owner.name+" "+id, owner.types[t.Name]
	}
	if i, ok := n.imports.named[id]; ok {
		return i
	}
	var i uint32
	switch t.Kind.(type) {
	case *wit.Resource:
		i = n.argument("import-type-"+t.Name, component.ExternDesc{Sort: component.SortType, Bound: component.BoundSub}, n.e.rootType(owner, t))
	default:
		desc := component.ExternDesc{Sort: component.SortType, Bound: component.BoundEq, Index: n.imports.structure(t)}
		i = n.argument("import-type-"+t.Name, desc, n.e.rootType(owner, t))
	}
	n.imports.named[id] = i
	return i
}

// exportType gives the index of a named type, exporting it if it is the
// interface's own.
func (n *nested) exportType(t *wit.TypeDef) uint32 {
	owner := n.e.owner(n.f, true, t)
	if owner != n.f {
		return n.importType(t)
	}
	t = owner.types[t.Name]
	if i, ok := n.exports.named[t.Name]; ok {
		return i
	}
	var i uint32
	if _, ok := t.Kind.(*wit.Resource); ok {
		i = n.importType(t)
	} else {
		i = n.exports.structure(t)
	}
	i = n.b.Export(t.Name, component.SortType, i, nil, n.e.external(t.ExternalID)...)
	n.exports.named[t.Name] = i
	return i
}

// function passes a lifted function through.
func (n *nested) function(fn *wit.Function, lifted uint32) {
	inner := component.ExternDesc{Sort: component.SortFunc, Index: n.imports.function(fn)}
	prefix := "import-func-"
	switch fn.Kind {
	case wit.Method:
		prefix = "import-method-" + fn.Resource.Name + "-"
	case wit.Static:
		prefix = "import-static-" + fn.Resource.Name + "-"
	case wit.Constructor:
		prefix = "import-constructor-" + fn.Resource.Name
	}
	i := n.argument(prefix+fn.Name, inner, lifted)
	n.b.Export(fn.ABIName(), component.SortFunc, i, &component.ExternDesc{Sort: component.SortFunc, Index: n.exports.function(fn)}, n.e.external(fn.ExternalID)...)
}

// emitInterface exports an interface, once.
func (e *encoder) emitInterface(f *iface) {
	if f.state != waiting {
		return
	}
	f.state = emitting
	n := e.newNested(f)
	for _, t := range f.typeOrder {
		n.exportType(t)
	}
	for _, l := range e.lifts {
		if l.iface == f {
			n.function(l.fn, e.lift(e.ifaceScope(f), l))
		}
	}
	c := e.b.Add(component.SortComponent, &component.Nested{Component: &n.b.Component})
	i := e.b.Add(component.SortInstance, &component.Instance{Instantiate: true, Component: c, Args: n.args})
	f.instance = e.b.Export(f.name, component.SortInstance, i, nil, f.attrs...)
	f.state = emitted
}
