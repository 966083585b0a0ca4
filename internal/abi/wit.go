package abi

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/wit"
)

// FromWIT gives the type of values of a WIT type. The Resource of a handle is
// the *wit.TypeDef that defines the resource, aliases followed; a map is a
// list of tuples.
func FromWIT(t wit.Type) (*Type, error) {
	switch t := t.(type) {
	case wit.Primitive:
		if t == wit.ErrorContext {
			return &Type{Kind: ErrorContext}, nil
		}
		return &Type{Kind: Bool + Kind(t)}, nil // the same order, Bool to String
	case *wit.TypeDef:
		target, ok := t.Resolve().(*wit.TypeDef)
		if !ok {
			return FromWIT(t.Resolve())
		}
		typ, err := fromKind(target.Kind)
		if err != nil && target.Name != "" {
			return nil, fmt.Errorf("type %s: %w", target.Name, err)
		}
		return typ, err
	}
	return nil, fmt.Errorf("no type")
}

// FuncFromWIT gives the type of a function, a method's self included.
func FuncFromWIT(f *wit.Function) (*FuncType, error) {
	ft := &FuncType{Async: f.Async}
	for _, p := range f.Params {
		t, err := FromWIT(p.Type)
		if err != nil {
			return nil, fmt.Errorf("function %s, parameter %s: %w", f.ABIName(), p.Name, err)
		}
		ft.Params = append(ft.Params, Field{p.Name, t})
	}
	if f.Result == nil {
		return ft, nil
	}
	t, err := FromWIT(f.Result)
	if err != nil {
		return nil, fmt.Errorf("function %s, result: %w", f.ABIName(), err)
	}
	ft.Result = t
	return ft, nil
}

func fromKind(kind wit.Kind) (*Type, error) {
	switch k := kind.(type) {
	case *wit.Record:
		t := &Type{Kind: Record}
		for _, f := range k.Fields {
			if err := t.addField(f.Name, f.Type); err != nil {
				return nil, err
			}
		}
		return t, nil
	case *wit.Tuple:
		return tupleOf(k.Types...)
	case *wit.Variant:
		t := &Type{Kind: Variant}
		for _, c := range k.Cases {
			if err := t.addCase(c.Name, c.Type); err != nil {
				return nil, err
			}
		}
		return t, nil
	case *wit.Enum:
		t := &Type{Kind: Enum}
		for _, c := range k.Cases {
			t.Cases = append(t.Cases, Case{Name: c.Name})
		}
		return t, nil
	case *wit.Flags:
		t := &Type{Kind: Flags}
		for _, f := range k.Flags {
			t.Labels = append(t.Labels, f.Name)
		}
		return t, nil
	case *wit.Option:
		t := &Type{Kind: Option, Cases: []Case{{Name: "none"}}}
		return t, t.addCase("some", k.Type)
	case *wit.Result:
		t := &Type{Kind: Result}
		if err := t.addCase("ok", k.OK); err != nil {
			return nil, err
		}
		return t, t.addCase("error", k.Err)
	case *wit.List:
		elem, err := FromWIT(k.Elem)
		return &Type{Kind: List, Elem: elem, Len: k.Len}, err
	case *wit.Map:
		elem, err := tupleOf(k.Key, k.Value)
		return &Type{Kind: List, Elem: elem}, err
	case *wit.Handle:
		t := &Type{Kind: Own, Resource: k.Resource.Resolve()}
		if k.Borrow {
			t.Kind = Borrow
		}
		return t, nil
	case *wit.Stream:
		return transportOf(Stream, k.Elem)
	case *wit.Future:
		return transportOf(Future, k.Elem)
	}
	return nil, fmt.Errorf("%T is no value type", kind)
}

// transportOf gives the stream or future of a type; elem is nil for none.
func transportOf(kind Kind, elem wit.Type) (*Type, error) {
	t := &Type{Kind: kind}
	if elem == nil {
		return t, nil
	}
	var err error
	t.Elem, err = FromWIT(elem)
	return t, err
}

func tupleOf(types ...wit.Type) (*Type, error) {
	t := &Type{Kind: Tuple}
	for _, elem := range types {
		if err := t.addField("", elem); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *Type) addField(name string, w wit.Type) error {
	typ, err := FromWIT(w)
	t.Fields = append(t.Fields, Field{name, typ})
	return err
}

// addCase adds a case; w is nil without a payload.
func (t *Type) addCase(name string, w wit.Type) error {
	if w == nil {
		t.Cases = append(t.Cases, Case{Name: name})
		return nil
	}
	typ, err := FromWIT(w)
	t.Cases = append(t.Cases, Case{name, typ})
	return err
}
