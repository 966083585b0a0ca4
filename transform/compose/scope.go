package compose

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// A typeRef is a type as the component of an instance knows it.
type typeRef struct {
	in *instance
	t  *abi.Type
}

// A place is where a type has a name: an export of an instance, or nil and
// the index of the type itself.
type place struct {
	instance uint32
	path     []string
}

// A scope is a component, component type or instance type that is written,
// with what has an index in it.
type scope struct {
	parent *scope // nil for a component or component type
	defs   []component.Def
	decls  []component.Decl
	isType bool // decls, not defs

	count  map[component.Sort]uint32
	types  map[typeRef]uint32
	class  map[*class]uint32
	own    map[*class]bool   // has a name in the scope itself: the first counts, as methods go by it
	places map[typeRef]place // of types with names in instances that the scope imports
	homes  map[*class]place
	within map[placeKey]uint32 // instances within instances
}

type placeKey struct {
	instance uint32
	name     string
}

func newScope(parent *scope, isType bool) *scope {
	return &scope{
		parent: parent,
		isType: isType,
		count:  make(map[component.Sort]uint32),
		types:  make(map[typeRef]uint32),
		class:  make(map[*class]uint32),
		own:    make(map[*class]bool),
		places: make(map[typeRef]place),
		homes:  make(map[*class]place),
		within: make(map[placeKey]uint32),
	}
}

// next gives the index of what is added to an index space.
func (s *scope) next(sort component.Sort) uint32 {
	i := s.count[sort]
	s.count[sort]++
	return i
}

func (s *scope) define(t component.Type) uint32 {
	if s.isType {
		s.decls = append(s.decls, component.Decl{Type: t})
	} else {
		s.defs = append(s.defs, &component.TypeDef{Type: t})
	}
	return s.next(component.SortType)
}

func (s *scope) alias(a component.Alias) uint32 {
	if s.isType {
		s.decls = append(s.decls, component.Decl{Alias: &a})
	} else {
		s.defs = append(s.defs, &a)
	}
	return s.next(a.Sort)
}

func (s *scope) importItem(name string, attrs []component.Attribute, d component.ExternDesc) uint32 {
	im := &component.Import{Name: name, Attrs: attrs, Desc: d}
	if s.isType {
		s.decls = append(s.decls, component.Decl{Import: im})
	} else {
		s.defs = append(s.defs, im)
	}
	return s.next(d.Sort)
}

func (s *scope) exportDecl(name string, attrs []component.Attribute, d component.ExternDesc) uint32 {
	s.decls = append(s.decls, component.Decl{Export: &component.ExportDecl{Name: name, Attrs: attrs, Desc: d}})
	return s.next(d.Sort)
}

// findType gives the index of a type that has a name.
func (s *scope) findType(r typeRef) (uint32, bool) {
	return lookup(s, r, func(s *scope) (map[typeRef]uint32, map[typeRef]place) { return s.types, s.places })
}

// findClass gives the index of a resource type.
func (s *scope) findClass(k *class) (uint32, bool) {
	return lookup(s, k.find(), func(s *scope) (map[*class]uint32, map[*class]place) { return s.class, s.homes })
}

func lookup[K comparable](s *scope, key K, in func(*scope) (map[K]uint32, map[K]place)) (uint32, bool) {
	known, places := in(s)
	if i, ok := known[key]; ok {
		return i, true
	}
	if p, ok := places[key]; ok {
		known[key] = s.at(p)
		return known[key], true
	}
	if s.parent == nil {
		return 0, false
	}
	i, ok := lookup(s.parent, key, in)
	if ok {
		i = s.alias(component.Alias{Target: component.AliasOuter, Sort: component.SortType, Count: 1, Index: i})
		known[key] = i
	}
	return i, ok
}

// at gives the index of the type in a place.
func (s *scope) at(p place) uint32 {
	i := p.instance
	last := len(p.path) - 1
	for _, name := range p.path[:last] {
		key := placeKey{i, name}
		sub, ok := s.within[key]
		if !ok {
			sub = s.alias(component.Alias{Target: component.AliasExport, Sort: component.SortInstance, Instance: i, Name: name})
			s.within[key] = sub
		}
		i = sub
	}
	return s.alias(component.Alias{Target: component.AliasExport, Sort: component.SortType, Instance: i, Name: p.path[last]})
}

// valType gives a reference to a value type, which is defined if it has none.
func (s *scope) valType(r typeRef) (component.ValType, error) {
	for t := r.t; t != nil; t = r.in.def.surface.Origin(t) {
		if i, ok := s.findType(typeRef{r.in, t}); ok {
			return component.ValType{Index: i}, nil
		}
	}
	if p, ok := primitives[r.t.Kind]; ok {
		return component.ValType{Prim: p}, nil
	}
	switch r.t.Kind {
	case abi.Record, abi.Variant, abi.Enum, abi.Flags:
		return component.ValType{}, fmt.Errorf("it mentions the type %s; the result imports no such type", r.in.def.surface.Structure(r.t))
	}
	i, err := s.structure(r)
	s.types[r] = i
	return component.ValType{Index: i}, err
}

var primitives = map[abi.Kind]component.PrimType{
	abi.Bool: component.PrimBool, abi.S8: component.PrimS8, abi.U8: component.PrimU8, abi.S16: component.PrimS16, abi.U16: component.PrimU16,
	abi.S32: component.PrimS32, abi.U32: component.PrimU32, abi.S64: component.PrimS64, abi.U64: component.PrimU64,
	abi.F32: component.PrimF32, abi.F64: component.PrimF64, abi.Char: component.PrimChar, abi.String: component.PrimString,
	abi.ErrorContext: component.PrimErrorContext,
}

// structure defines a type anew.
func (s *scope) structure(r typeRef) (uint32, error) {
	d := &component.DefinedType{}
	var errs []error
	ref := func(t *abi.Type) *component.ValType {
		if t == nil {
			return nil
		}
		v, err := s.valType(typeRef{r.in, t})
		errs = append(errs, err)
		return &v
	}
	t := r.t
	switch t.Kind {
	case abi.Record, abi.Tuple:
		d.Kind = component.DefRecord
		if t.Kind == abi.Tuple {
			d.Kind = component.DefTuple
		}
		for _, f := range t.Fields {
			d.Fields = append(d.Fields, component.Named{Name: f.Name, Type: ref(f.Type)})
		}
	case abi.Variant:
		d.Kind = component.DefVariant
		for _, f := range t.Cases {
			d.Fields = append(d.Fields, component.Named{Name: f.Name, Type: ref(f.Type)})
		}
	case abi.Enum:
		d.Kind = component.DefEnum
		for _, f := range t.Cases {
			d.Labels = append(d.Labels, f.Name)
		}
	case abi.Flags:
		d.Kind, d.Labels = component.DefFlags, slices.Clone(t.Labels)
	case abi.Option:
		d.Kind, d.Elem = component.DefOption, ref(t.Cases[1].Type)
	case abi.Result:
		d.Kind, d.Elem, d.Err = component.DefResult, ref(t.Cases[0].Type), ref(t.Cases[1].Type)
	case abi.Own, abi.Borrow:
		d.Kind = component.DefOwn
		if t.Kind == abi.Borrow {
			d.Kind = component.DefBorrow
		}
		k := r.in.of(t.Resource.(*component.Resource))
		i, ok := s.findClass(k)
		if !ok {
			errs = append(errs, fmt.Errorf("it mentions the resource %s; the result does not import that", k))
		}
		d.Res = i
	case abi.List:
		s.list(d, r, ref)
	case abi.Stream:
		d.Kind, d.Elem = component.DefStream, ref(t.Elem)
	case abi.Future:
		d.Kind, d.Elem = component.DefFuture, ref(t.Elem)
	default:
		d.Kind, d.Prim = component.DefPrim, primitives[t.Kind]
	}
	return s.define(d), cmp.Or(errs...)
}

func (s *scope) list(d *component.DefinedType, r typeRef, ref func(*abi.Type) *component.ValType) {
	switch elem := r.t.Elem; {
	case r.in.def.surface.IsMap(r.t):
		d.Kind, d.Key, d.Elem = component.DefMap, ref(elem.Fields[0].Type), ref(elem.Fields[1].Type)
	case r.t.Len > 0:
		d.Kind, d.Elem, d.Len = component.DefFixed, ref(elem), r.t.Len
	default:
		d.Kind, d.Elem = component.DefList, ref(elem)
	}
}

// function defines the type of a function.
func (s *scope) function(in *instance, f *abi.FuncType) (uint32, error) {
	t := &component.FuncType{Async: f.Async}
	var errs []error
	for _, p := range f.Params {
		v, err := s.valType(typeRef{in, p.Type})
		errs = append(errs, err)
		t.Params = append(t.Params, component.Named{Name: p.Name, Type: &v})
	}
	if f.Result != nil {
		v, err := s.valType(typeRef{in, f.Result})
		errs = append(errs, err)
		t.Result = &v
	}
	return s.define(t), cmp.Or(errs...)
}
