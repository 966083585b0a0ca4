package witbinary

import (
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/wit"
)

// value gives a type that is mentioned and its size.
func (s *scope) value(v *component.ValType) (wit.Type, int) {
	if v == nil {
		return nil, 0
	}
	if v.Prim != 0 {
		return primitive(v.Prim), 1
	}
	e := s.entry(v.Index)
	switch t := e.value.(type) {
	case nil:
		s.d.failf("type %d is none of values", v.Index)
	case *wit.TypeDef:
		switch {
		case needsName(t):
			s.d.failf("type %d has no name, which WIT needs", v.Index)
		case isResource(t):
			s.d.failf("type %d is a resource, and no handle", v.Index)
		}
	}
	return e.value, e.size
}

func primitive(p component.PrimType) wit.Primitive {
	if p == component.PrimErrorContext {
		return wit.ErrorContext
	}
	return wit.Primitive(component.PrimBool - p) // both go from bool to string
}

// defined gives a type without a name.
func (s *scope) defined(d *component.DefinedType) (wit.Type, int) {
	size := 1
	val := func(v *component.ValType) wit.Type {
		t, n := s.value(v)
		size = min(size+n, maxSize)
		return t
	}
	label := func(name string) string {
		s.d.label(name)
		size++
		return name
	}
	t := new(wit.TypeDef)
	switch d.Kind {
	case component.DefPrim:
		return primitive(d.Prim), 1
	case component.DefRecord:
		k := new(wit.Record)
		for _, f := range d.Fields {
			k.Fields = append(k.Fields, wit.Field{Name: label(f.Name), Type: val(f.Type)})
		}
		t.Kind = k
	case component.DefVariant:
		k := new(wit.Variant)
		for _, f := range d.Fields {
			k.Cases = append(k.Cases, wit.Case{Name: label(f.Name), Type: val(f.Type)})
		}
		t.Kind = k
	case component.DefEnum, component.DefFlags:
		var list []wit.Label
		for _, l := range d.Labels {
			list = append(list, wit.Label{Name: label(l)})
		}
		if t.Kind = (&wit.Enum{Cases: list}); d.Kind == component.DefFlags {
			t.Kind = &wit.Flags{Flags: list}
		}
	case component.DefTuple:
		k := new(wit.Tuple)
		for _, f := range d.Fields {
			k.Types = append(k.Types, val(f.Type))
		}
		t.Kind = k
	case component.DefOwn, component.DefBorrow:
		r, ok := s.entry(d.Res).value.(*wit.TypeDef)
		if ok {
			r2, _ := r.Resolve().(*wit.TypeDef)
			ok = r.Name != "" && r2 != nil && isResource(r2)
		}
		if !ok {
			s.d.failf("a handle of type %d, which is no resource", d.Res)
			return nil, 0
		}
		t.Kind = &wit.Handle{Resource: r, Borrow: d.Kind == component.DefBorrow}
	default:
		t.Kind = carrier(d, val)
	}
	return t, size
}

// carrier gives the types that have parameters.
func carrier(d *component.DefinedType, val func(*component.ValType) wit.Type) wit.Kind {
	switch d.Kind {
	case component.DefOption:
		return &wit.Option{Type: val(d.Elem)}
	case component.DefResult:
		return &wit.Result{OK: val(d.Elem), Err: val(d.Err)}
	case component.DefFixed:
		return &wit.List{Elem: val(d.Elem), Len: d.Len}
	case component.DefMap:
		return &wit.Map{Key: val(d.Key), Value: val(d.Elem)}
	case component.DefStream:
		return &wit.Stream{Elem: val(d.Elem)}
	case component.DefFuture:
		return &wit.Future{Elem: val(d.Elem)}
	}
	return &wit.List{Elem: val(d.Elem)}
}
