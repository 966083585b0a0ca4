package bindgen

import (
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/wit"
)

// Types gives the Canonical ABI's types of WIT types. Streams and futures are
// the owned handles that they are in the polyfilled world. The zero value is
// ready for use.
type Types struct {
	known map[*wit.TypeDef]*abi.Type
}

var primitives = map[wit.Primitive]*abi.Type{
	wit.Bool: {Kind: abi.Bool}, wit.S8: {Kind: abi.S8}, wit.U8: {Kind: abi.U8},
	wit.S16: {Kind: abi.S16}, wit.U16: {Kind: abi.U16}, wit.S32: {Kind: abi.S32}, wit.U32: {Kind: abi.U32},
	wit.S64: {Kind: abi.S64}, wit.U64: {Kind: abi.U64}, wit.F32: {Kind: abi.F32}, wit.F64: {Kind: abi.F64},
	wit.Char: {Kind: abi.Char}, wit.String: {Kind: abi.String},
	wit.ErrorContext: {Kind: abi.Own},
}

// A copy for each Types keeps the layout that a type computes for itself from
// being written by two goroutines.
func primitive(p wit.Primitive) *abi.Type {
	t := *primitives[p]
	return &t
}

// Type gives the type of a value; nil for nil.
func (ts *Types) Type(t wit.Type) *abi.Type {
	switch t := t.(type) {
	case wit.Primitive:
		return primitive(t)
	case *wit.TypeDef:
		if known, ok := ts.known[t]; ok {
			return known
		}
		if ts.known == nil {
			ts.known = map[*wit.TypeDef]*abi.Type{}
		}
		made := ts.kind(t.Kind)
		ts.known[t] = made
		return made
	}
	return nil
}

func (ts *Types) kind(k wit.Kind) *abi.Type {
	switch k := k.(type) {
	case *wit.Record:
		t := &abi.Type{Kind: abi.Record}
		for _, f := range k.Fields {
			t.Fields = append(t.Fields, abi.Field{Name: f.Name, Type: ts.Type(f.Type)})
		}
		return t
	case *wit.Tuple:
		t := &abi.Type{Kind: abi.Tuple}
		for _, e := range k.Types {
			t.Fields = append(t.Fields, abi.Field{Type: ts.Type(e)})
		}
		return t
	case *wit.Variant:
		t := &abi.Type{Kind: abi.Variant}
		for _, c := range k.Cases {
			t.Cases = append(t.Cases, abi.Case{Name: c.Name, Type: ts.Type(c.Type)})
		}
		return t
	case *wit.Enum:
		t := &abi.Type{Kind: abi.Enum}
		for _, c := range k.Cases {
			t.Cases = append(t.Cases, abi.Case{Name: c.Name})
		}
		return t
	case *wit.Flags:
		t := &abi.Type{Kind: abi.Flags}
		for _, f := range k.Flags {
			t.Labels = append(t.Labels, f.Name)
		}
		return t
	case *wit.Option:
		return Option(ts.Type(k.Type))
	case *wit.Result:
		return Result(ts.Type(k.OK), ts.Type(k.Err))
	case *wit.List:
		return &abi.Type{Kind: abi.List, Elem: ts.Type(k.Elem), Len: k.Len}
	case *wit.Map:
		pair := &abi.Type{Kind: abi.Tuple, Fields: []abi.Field{{Type: ts.Type(k.Key)}, {Type: ts.Type(k.Value)}}}
		return &abi.Type{Kind: abi.List, Elem: pair}
	case *wit.Handle:
		if k.Borrow {
			return &abi.Type{Kind: abi.Borrow}
		}
		return Handle()
	case *wit.Alias:
		return ts.Type(k.Type)
	}
	return Handle() // Resource, Stream, Future
}

// Handle gives the type of an owned handle.
func Handle() *abi.Type { return &abi.Type{Kind: abi.Own} }

// Option gives option<t>.
func Option(t *abi.Type) *abi.Type {
	return &abi.Type{Kind: abi.Option, Cases: []abi.Case{{Name: "none"}, {Name: "some", Type: t}}}
}

// Result gives result<ok, err>; nil stands for `_`.
func Result(ok, err *abi.Type) *abi.Type {
	return &abi.Type{Kind: abi.Result, Cases: []abi.Case{{Name: "ok", Type: ok}, {Name: "error", Type: err}}}
}

// Func gives the type of a function as if it were not async.
func (ts *Types) Func(f *wit.Function) *abi.FuncType {
	ft := &abi.FuncType{Result: ts.Type(f.Result)}
	for _, p := range f.Params {
		ft.Params = append(ft.Params, abi.Field{Name: p.Name, Type: ts.Type(p.Type)})
	}
	return ft
}

// Halves gives the types of the two functions that stand for an async one.
func (ts *Types) Halves(f *wit.Function) (start, result *abi.FuncType) {
	start = ts.Func(f)
	result = &abi.FuncType{Params: []abi.Field{{Name: "ready", Type: Handle()}}, Result: start.Result}
	start.Result = Result(start.Result, Handle())
	return start, result
}

// Origin follows `use` to the interface or world that defines a type.
func Origin(t *wit.TypeDef) *wit.TypeDef {
	for {
		a, ok := t.Kind.(*wit.Alias)
		if !ok {
			return t
		}
		next, ok := a.Type.(*wit.TypeDef)
		if !ok || next.Name == "" || next.Interface == t.Interface && next.World == t.World {
			return t
		}
		t = next
	}
}
