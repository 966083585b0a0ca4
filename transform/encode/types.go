package encode

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A scope is where types get indices: a component or the type of an imported
// instance.
type scope struct {
	e        *encoder
	own      *iface // the interface whose types these are; nil for the world's
	exported bool   // the side of the world
	anon     map[string]uint32
	named    map[string]uint32                  // what has a name here
	uses     map[string]string                  // of that, the types of others that are mentioned without a `use`: whose they are
	lookup   func(*wit.TypeDef) uint32          // gives a named type its index
	use      func(name string, i uint32) uint32 // names a type of another interface; nil where that need not be

	b *component.Builder // of a component

	// Of the type of an imported instance.
	inst  *component.InstanceType
	count uint32
	outer map[uint32]uint32 // type index in the component -> here
}

func (e *encoder) newScope(own *iface, exported bool, b *component.Builder) *scope {
	return &scope{e: e, own: own, exported: exported, b: b, anon: map[string]uint32{}, named: map[string]uint32{}, uses: map[string]string{}}
}

// ifaceScope gives the scope of an interface as the component sees it: types of
// an imported one are its instance's, those of an exported one the component's
// own.
func (e *encoder) ifaceScope(f *iface) *scope {
	if e.scopes[f] == nil {
		s := e.newScope(f, f.exported, &e.b)
		s.lookup = func(t *wit.TypeDef) uint32 { return e.rootType(e.owner(f, f.exported, t), t) }
		e.scopes[f] = s
	}
	return e.scopes[f]
}

// worldScope gives the scope of the world's own functions and types.
func (e *encoder) worldScope() *scope {
	s := e.newScope(nil, false, &e.b)
	s.lookup = func(t *wit.TypeDef) uint32 { return e.rootType(e.owner(nil, false, t), t) }
	return s
}

// placeScope gives the scope of the functions of a place; those of the world
// have but imported types.
func (e *encoder) placeScope(p place) *scope {
	if p.iface == nil {
		return e.world
	}
	return e.ifaceScope(p.iface)
}

// rootType gives the index in the component of a named type: of an interface,
// or of the world if owner is nil. Types of an exported interface are taken
// from the export, once that is made.
func (e *encoder) rootType(owner *iface, t *wit.TypeDef) uint32 {
	switch {
	case owner == nil:
		return e.worldType(t)
	case !owner.exported:
		e.emitImport(owner)
		return e.typeMember(owner, t.Name)
	case owner.state == emitting || !e.exporting:
		return e.ifaceScope(owner).declare(owner.types[t.Name])
	}
	e.emitInterface(owner)
	return e.typeMember(owner, t.Name)
}

// typeMember gives the index in the component of a type of an instance.
func (e *encoder) typeMember(f *iface, name string) uint32 {
	i, ok := f.typeIndex[name]
	if !ok {
		i = e.b.Member(f.instance, component.SortType, name)
		f.typeIndex[name] = i
	}
	return i
}

func (e *encoder) instanceScope(own *iface) *scope {
	s := e.newScope(own, false, nil)
	s.inst, s.outer = new(component.InstanceType), map[uint32]uint32{}
	s.lookup = func(t *wit.TypeDef) uint32 {
		owner := e.owner(own, false, t)
		if owner == own {
			return s.declare(owner.types[t.Name])
		}
		return s.fromRoot(e.rootType(owner, t))
	}
	s.use = func(name string, i uint32) uint32 {
		return s.export(name, "", component.ExternDesc{Sort: component.SortType, Index: i})
	}
	return s
}

// define gives a type an index.
func (s *scope) define(t component.Type) uint32 {
	if s.inst == nil {
		return s.b.Type(t)
	}
	s.inst.Decls = append(s.inst.Decls, component.Decl{Type: t})
	s.count++
	return s.count - 1
}

// export declares an export of the instance type; a type gets a new index.
func (s *scope) export(name, externalID string, desc component.ExternDesc) uint32 {
	s.inst.Decls = append(s.inst.Decls, component.Decl{Export: &component.ExportDecl{Name: name, Attrs: s.e.external(externalID), Desc: desc}})
	if desc.Sort == component.SortType {
		s.count++
	}
	return s.count - 1
}

// fromRoot makes a type of the component known in the type of an instance.
func (s *scope) fromRoot(index uint32) uint32 {
	if i, ok := s.outer[index]; ok {
		return i
	}
	s.inst.Decls = append(s.inst.Decls, component.Decl{Alias: &component.Alias{Target: component.AliasOuter, Sort: component.SortType, Count: 1, Index: index}})
	s.outer[index] = s.count
	s.count++
	return s.outer[index]
}

// val encodes a value type.
func (s *scope) val(typ wit.Type) *component.ValType {
	switch t := typ.(type) {
	case wit.Primitive:
		return &component.ValType{Prim: prim(t)}
	case *wit.TypeDef:
		if t.Name == "" {
			return &component.ValType{Index: s.anonymous(s.kind(t.Kind))}
		}
		return &component.ValType{Index: s.ref(t)}
	}
	return nil
}

func prim(p wit.Primitive) component.PrimType {
	if p == wit.ErrorContext {
		return component.PrimErrorContext
	}
	return component.PrimBool - component.PrimType(p) // both go from bool to string
}

// anonymous defines a type, once for equal ones.
func (s *scope) anonymous(d *component.DefinedType) uint32 {
	k := key(d)
	if i, ok := s.anon[k]; ok {
		return i
	}
	i := s.define(d)
	s.anon[k] = i
	return i
}

func key(d *component.DefinedType) string {
	val := func(v *component.ValType) string {
		if v == nil {
			return "_"
		}
		return fmt.Sprint(*v)
	}
	k := fmt.Sprint(d.Kind, d.Prim, d.Labels, val(d.Elem), val(d.Err), val(d.Key), d.Len, d.Res)
	for _, f := range d.Fields {
		k += f.Name + val(f.Type)
	}
	return k
}

// declare gives a named type of the scope's own interface its index.
func (s *scope) declare(t *wit.TypeDef) uint32 {
	if i, ok := s.named[t.Name]; ok {
		return i
	}
	var i uint32
	switch _, resource := t.Kind.(*wit.Resource); {
	case resource && s.inst != nil:
		i = s.export(t.Name, t.ExternalID, component.ExternDesc{Sort: component.SortType, Bound: component.BoundSub})
	case resource:
		i = s.e.defineResource(s.own, t.Name)
	default:
		i = s.structure(t)
		if s.inst != nil {
			i = s.export(t.Name, t.ExternalID, component.ExternDesc{Sort: component.SortType, Bound: component.BoundEq, Index: i})
		}
	}
	s.named[t.Name] = i
	return i
}

// structure gives an index for what a named type stands for. Types that get a
// name of their own are not shared with anonymous ones.
func (s *scope) structure(t *wit.TypeDef) uint32 {
	a, ok := t.Kind.(*wit.Alias)
	if !ok {
		return s.define(s.kind(t.Kind))
	}
	switch target := a.Type.(type) {
	case *wit.TypeDef:
		if target.Name != "" {
			return s.lookup(target)
		}
		return s.define(s.kind(target.Kind))
	case wit.Primitive:
		return s.define(&component.DefinedType{Kind: component.DefPrim, Prim: prim(target)})
	}
	return 0
}

func (s *scope) kind(kind wit.Kind) *component.DefinedType {
	switch k := kind.(type) {
	case *wit.Record:
		d := &component.DefinedType{Kind: component.DefRecord}
		for _, f := range k.Fields {
			d.Fields = append(d.Fields, component.Named{Name: f.Name, Type: s.val(f.Type)})
		}
		s.need(len(d.Fields) > 0, "a record without fields")
		return d
	case *wit.Variant:
		d := &component.DefinedType{Kind: component.DefVariant}
		for _, c := range k.Cases {
			d.Fields = append(d.Fields, component.Named{Name: c.Name, Type: s.val(c.Type)})
		}
		return d
	case *wit.Tuple:
		d := &component.DefinedType{Kind: component.DefTuple}
		for _, t := range k.Types {
			d.Fields = append(d.Fields, component.Named{Type: s.val(t)})
		}
		s.need(len(d.Fields) > 0, "a tuple of nothing")
		return d
	case *wit.Enum:
		return &component.DefinedType{Kind: component.DefEnum, Labels: names(k.Cases)}
	case *wit.Flags:
		s.need(len(k.Flags) > 0 && len(k.Flags) <= 32, fmt.Sprintf("a type of %d flags (the limit is 32)", len(k.Flags)))
		return &component.DefinedType{Kind: component.DefFlags, Labels: names(k.Flags)}
	case *wit.Option:
		return &component.DefinedType{Kind: component.DefOption, Elem: s.val(k.Type)}
	case *wit.Result:
		return &component.DefinedType{Kind: component.DefResult, Elem: s.val(k.OK), Err: s.val(k.Err)}
	case *wit.List:
		if k.Len > 0 {
			return &component.DefinedType{Kind: component.DefFixed, Elem: s.val(k.Elem), Len: k.Len}
		}
		return &component.DefinedType{Kind: component.DefList, Elem: s.val(k.Elem)}
	case *wit.Map:
		if s.e.o.Maps {
			return &component.DefinedType{Kind: component.DefMap, Key: s.val(k.Key), Elem: s.val(k.Value)}
		}
		pair := s.anonymous(&component.DefinedType{Kind: component.DefTuple, Fields: []component.Named{{Type: s.val(k.Key)}, {Type: s.val(k.Value)}}})
		return &component.DefinedType{Kind: component.DefList, Elem: &component.ValType{Index: pair}}
	case *wit.Handle:
		d := &component.DefinedType{Kind: component.DefOwn, Res: s.ref(k.Resource)}
		if k.Borrow {
			d.Kind = component.DefBorrow
		}
		return d
	case *wit.Stream:
		return &component.DefinedType{Kind: component.DefStream, Elem: s.val(k.Elem)}
	case *wit.Future:
		return &component.DefinedType{Kind: component.DefFuture, Elem: s.val(k.Elem)}
	}
	return new(component.DefinedType)
}

// need complains about types that WIT has and components have not.
func (s *scope) need(ok bool, what string) {
	if ok {
		return
	}
	place := "the world"
	if s.own != nil {
		place = "interface " + s.own.name
	}
	s.e.problemf("%s has %s, which components cannot have", place, what)
}

func names(labels []wit.Label) []string {
	list := make([]string, len(labels))
	for i, l := range labels {
		list[i] = l.Name
	}
	return list
}

// function defines the type of a function.
func (s *scope) function(fn *wit.Function) uint32 {
	ft := &component.FuncType{Async: fn.Async}
	for _, p := range fn.Params {
		ft.Params = append(ft.Params, component.Named{Name: p.Name, Type: s.val(p.Type)})
	}
	if fn.Result != nil {
		ft.Result = s.val(fn.Result)
	}
	return s.define(ft)
}

// emitImport imports an interface with what is used of it, once.
func (e *encoder) emitImport(f *iface) {
	if f.state != waiting {
		if f.state == emitting {
			e.problemf("interface %s uses types of itself through other interfaces", f.name)
		}
		return
	}
	f.state = emitting
	s := e.instanceScope(f)
	for _, t := range f.typeOrder {
		if f.usedTypes[t.Name] {
			s.declare(t)
		}
	}
	for _, fn := range f.funcOrder {
		if name := fn.ABIName(); f.usedFuncs[name] {
			s.export(name, fn.ExternalID, component.ExternDesc{Sort: component.SortFunc, Index: s.function(fn)})
		}
	}
	t := e.b.Type(s.inst)
	f.instance = e.b.Import(f.name, component.ExternDesc{Sort: component.SortInstance, Index: t}, f.attrs...)
	f.state = emitted
}

// worldType gives the index of a type of the world. What the world takes from
// an interface is that interface's; other types are imported by name, which
// gives them the name that types in signatures must have.
func (e *encoder) worldType(t *wit.TypeDef) uint32 {
	if i, ok := e.worldTypes[t.Name]; ok {
		return i
	}
	s := e.world
	var i uint32
	var target *wit.TypeDef
	if a, ok := t.Kind.(*wit.Alias); ok {
		target, _ = a.Type.(*wit.TypeDef)
	}
	switch _, resource := t.Kind.(*wit.Resource); {
	case resource:
		i = e.b.Import(t.Name, component.ExternDesc{Sort: component.SortType, Bound: component.BoundSub}, e.external(t.ExternalID)...)
	case target != nil && target.Name != "":
		i = s.lookup(target)
	default:
		i = e.b.Import(t.Name, component.ExternDesc{Sort: component.SortType, Bound: component.BoundEq, Index: s.structure(t)}, e.external(t.ExternalID)...)
	}
	e.worldTypes[t.Name] = i
	return i
}
