package encode

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/isyswasfa/isyswasfa/wit"
)

// Several worlds may have one import or export, each as far as it needs that.
// What they have in common must be the same: signatures of core functions do
// not tell a char from a u32, and modules would misread what they are given.

// checkImport complains if an import of a module's world is not what worlds
// before say of it.
func (e *encoder) checkImport(m *module, it *wit.WorldItem) {
	switch {
	case it.Interface != nil:
		if f := e.imports[it.Name]; f != nil {
			e.checkInterface(m, f, it.Interface)
		}
	case it.Func != nil:
		e.checkFunction(m, nil, it.Func, e.worldFuncs[it.Func.ABIName()])
	case it.Type != nil:
		if old := e.worldDefs[it.Name]; old != nil {
			e.checkType(m, nil, it.Type, old)
		}
		e.worldDefs[it.Name] = it.Type
	}
}

// checkInterface complains if an interface of a module's world is not what
// worlds before say of it. Other versions of it are what they are.
func (e *encoder) checkInterface(m *module, f *iface, def *wit.Interface) {
	if id := f.def.ID(); id != def.ID() {
		if wit.Track(id) != wit.Track(def.ID()) {
			e.problemf("a world of %s has the interface %s as %q, another world as %q", m.what, f.name, def.ID(), id)
		}
		return
	}
	for _, t := range def.Types {
		if old := f.types[t.Name]; old != nil {
			e.checkType(m, f, t, old)
		}
	}
	for _, fn := range def.Funcs {
		e.checkFunction(m, f, fn, f.funcs[fn.ABIName()])
	}
}

// checkFunction compares two descriptions of a function; old may be nil.
func (e *encoder) checkFunction(m *module, f *iface, fn, old *wit.Function) {
	if old != nil && !sameFunction(fn, old) {
		e.problemf("a world of %s has the function %s as %q, another world as %q", m.what, describe(f, fn.ABIName()), wit.PrintFunction(fn), wit.PrintFunction(old))
	}
}

// checkType compares two descriptions of a named type.
func (e *encoder) checkType(m *module, f *iface, t, old *wit.TypeDef) {
	if !sameDefinition(t, old) {
		e.problemf("a world of %s has another type %s than another world", m.what, describe(f, t.Name))
	}
}

func sameFunction(a, b *wit.Function) bool {
	return a.Async == b.Async && sameType(a.Result, b.Result) && slices.EqualFunc(a.Params, b.Params, func(p, q wit.Param) bool {
		return p.Name == q.Name && sameType(p.Type, q.Type)
	})
}

// sameDefinition compares what two types of one name are.
func sameDefinition(a, b *wit.TypeDef) bool {
	if a.Resolve() == a && b.Resolve() == b {
		return sameKind(a.Kind, b.Kind)
	}
	return sameType(a, b)
}

// sameType compares types that are mentioned; what those with names are is
// compared where they are defined.
func sameType(a, b wit.Type) bool {
	x, named := resolved(a).(*wit.TypeDef)
	y, ok := resolved(b).(*wit.TypeDef)
	switch {
	case !named || !ok:
		return resolved(a) == resolved(b)
	case x.Name != "" || y.Name != "":
		return x.Name == y.Name && wit.Track(ownerID(x)) == wit.Track(ownerID(y))
	}
	return sameKind(x.Kind, y.Kind)
}

// resolved follows aliases.
func resolved(typ wit.Type) wit.Type {
	if t, ok := typ.(*wit.TypeDef); ok {
		return t.Resolve()
	}
	return typ
}

// ownerID names the interface that has a type; "" if that has no name, or if
// the type is a world's.
func ownerID(t *wit.TypeDef) string {
	if t.Interface == nil {
		return ""
	}
	return t.Interface.ID()
}

func sameKind(a, b wit.Kind) bool {
	return reflect.TypeOf(a) == reflect.TypeOf(b) && slices.Equal(shape(a), shape(b)) && slices.EqualFunc(components(a), components(b), sameType)
}

// shape gives what a type is beside the types that it is made of: names, which
// of its parts have a type, and the like.
func shape(kind wit.Kind) (list []string) {
	note := func(name string, typ wit.Type) {
		list = append(list, name, strconv.FormatBool(typ != nil))
	}
	switch k := kind.(type) {
	case *wit.Record:
		for _, f := range k.Fields {
			note(f.Name, f.Type)
		}
	case *wit.Variant:
		for _, c := range k.Cases {
			note(c.Name, c.Type)
		}
	case *wit.Enum:
		return names(k.Cases)
	case *wit.Flags:
		return names(k.Flags)
	case *wit.Result:
		note("ok", k.OK)
		note("error", k.Err)
	case *wit.List:
		return []string{strconv.FormatUint(uint64(k.Len), 10)}
	case *wit.Handle:
		return []string{strconv.FormatBool(k.Borrow)}
	}
	return list
}
