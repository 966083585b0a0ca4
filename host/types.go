package host

import (
	"strconv"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// A Kind tells the structure of a [Type]; its String is the name in WIT.
type Kind = abi.Kind

// The kinds of types.
const (
	KindBool    = abi.Bool
	KindS8      = abi.S8
	KindU8      = abi.U8
	KindS16     = abi.S16
	KindU16     = abi.U16
	KindS32     = abi.S32
	KindU32     = abi.U32
	KindS64     = abi.S64
	KindU64     = abi.U64
	KindF32     = abi.F32
	KindF64     = abi.F64
	KindChar    = abi.Char
	KindString  = abi.String
	KindList    = abi.List    // Elem; Len above 0 for a fixed length
	KindRecord  = abi.Record  // Fields
	KindTuple   = abi.Tuple   // Fields, without names
	KindVariant = abi.Variant // Cases
	KindEnum    = abi.Enum    // Cases, without types
	KindOption  = abi.Option  // Cases none and some
	KindResult  = abi.Result  // Cases ok and error
	KindFlags   = abi.Flags   // Labels
	KindOwn     = abi.Own     // Resource
	KindBorrow  = abi.Borrow  // Resource

	// Kinds of native async. Functions with such values cannot be called.
	KindStream       = abi.Stream // Elem, or nil
	KindFuture       = abi.Future // Elem, or nil
	KindErrorContext = abi.ErrorContext
)

// A Type describes a value type of a component. Types are compared by their
// structure; Name is for messages alone.
type Type struct {
	Kind     Kind
	Name     string // under which a component exports or imports it; "" for none
	Elem     *Type
	Len      uint32
	Fields   []NamedType
	Cases    []NamedType // Type is nil for a case without a payload
	Labels   []string
	Resource string // the resource's name
}

// A NamedType is a field, a case or a parameter.
type NamedType struct {
	Name string
	Type *Type
}

// A FuncType describes a function as its author wrote it: an async function is
// one function, not the pair that a component has. A function that is async
// in the component itself is Async as well.
type FuncType struct {
	Params []NamedType
	Result *Type // nil for none
	Async  bool
}

// An Extern describes an import or export of a component, or of one of its
// instances. Of Func, Value, Instance and Type at most one is set.
type Extern struct {
	Name     string
	Func     *FuncType
	Value    *Type    // of a value: its type
	Instance []Extern // of an instance; not nil
	Type     *Type    // of a type that is no resource
	Resource bool     // it is a resource type
}

// Imports gives what the component imports, in its order, but for values that
// have to equal another one: these nobody gives.
func (c *Component) Imports() []Extern {
	return c.describer().imports(c.prog.Imports)
}

// Exports gives what the component exports, in its order, but for the poll
// functions of the convention.
func (c *Component) Exports() []Extern {
	return c.describer().exports(c.prog.Exports)
}

// A describer makes descriptions of types, each of them once.
type describer struct {
	names map[*abi.Type]string
	types map[*abi.Type]*Type
}

func (c *Component) describer() *describer {
	return &describer{c.prog.Names, map[*abi.Type]*Type{}}
}

func (d *describer) imports(items []*component.ImportItem) []Extern {
	list := []Extern{}
	for _, it := range items {
		e := Extern{Name: it.Name, Type: d.typ(it.Type), Resource: it.Resource != nil}
		if it.Instance != nil {
			e.Instance = d.imports(it.Instance)
		}
		if it.Func != nil {
			e.Func = d.fn(it.Func)
		}
		if it.Value != nil {
			e.Value = d.typ(it.Value.Type)
		}
		list = append(list, e)
	}
	return joinHalves(list)
}

func (d *describer) exports(items []*component.ExportItem) []Extern {
	list := []Extern{}
	for _, it := range items {
		e := Extern{Name: it.Name, Type: d.typ(it.Type), Resource: it.Resource != nil}
		switch {
		case it.Func != nil && strings.HasPrefix(it.Name, component.PollPrefix):
			continue
		case it.Func != nil:
			e.Func = d.fn(it.Func.Type)
		case it.Value != nil:
			e.Value = d.typ(it.Value.Type)
		case it.Instance != nil:
			e.Instance = d.exports(it.Instance)
		}
		list = append(list, e)
	}
	return joinHalves(list)
}

// joinHalves makes one function of the two halves of each async one.
func joinHalves(list []Extern) []Extern {
	at := map[string]*Extern{}
	for i := range list {
		at[list[i].Name] = &list[i]
	}
	out := []Extern{}
	dropped := map[string]bool{}
	for _, e := range list {
		name, isStart := strings.CutSuffix(e.Name, startSuffix)
		_, result := halves(name)
		if other := at[result]; isStart && e.Func != nil && other != nil && other.Func != nil {
			e.Name, e.Func = name, &FuncType{Params: e.Func.Params, Result: other.Func.Result, Async: true}
			dropped[result] = true
		}
		out = append(out, e)
	}
	kept := out[:0]
	for _, e := range out {
		if !dropped[e.Name] {
			kept = append(kept, e)
		}
	}
	return kept
}

func (d *describer) fn(f *abi.FuncType) *FuncType {
	return &FuncType{Params: d.fields(f.Params), Result: d.typ(f.Result), Async: f.Async}
}

func (d *describer) typ(t *abi.Type) *Type {
	if t == nil {
		return nil
	}
	if d.types[t] != nil {
		return d.types[t]
	}
	out := &Type{Kind: t.Kind, Name: d.names[t], Elem: d.typ(t.Elem), Len: t.Len, Fields: d.fields(t.Fields), Labels: t.Labels}
	for _, c := range t.Cases {
		out.Cases = append(out.Cases, NamedType{c.Name, d.typ(c.Type)})
	}
	if r, ok := t.Resource.(*component.Resource); ok {
		out.Resource = r.Name
	}
	d.types[t] = out
	return out
}

func (d *describer) fields(fields []abi.Field) []NamedType {
	var out []NamedType
	for _, f := range fields {
		out = append(out, NamedType{f.Name, d.typ(f.Type)})
	}
	return out
}

// Canonical checks that v is a dynamic value of the type and gives its
// canonical form: the one that calls answer. The error names the place within
// v. Whether a resource is the right one only a call can tell.
func (t *Type) Canonical(v any) (any, error) {
	return abi.Canonical(t.lower(map[*Type]*abi.Type{}), v)
}

// lower gives the type as the ABI has it.
func (t *Type) lower(done map[*Type]*abi.Type) *abi.Type {
	if t == nil {
		return nil
	}
	if done[t] != nil {
		return done[t]
	}
	out := &abi.Type{Kind: t.Kind, Elem: t.Elem.lower(done), Len: t.Len, Labels: t.Labels}
	for _, f := range t.Fields {
		out.Fields = append(out.Fields, abi.Field{Name: f.Name, Type: f.Type.lower(done)})
	}
	for _, c := range t.Cases {
		out.Cases = append(out.Cases, abi.Case{Name: c.Name, Type: c.Type.lower(done)})
	}
	done[t] = out
	return out
}

// String gives the type like WIT text: its name, or its structure if it has
// none.
func (t *Type) String() string {
	var p typePrinter
	p.typ(t)
	return p.String()
}

// Structure gives the type as [Type.String] does, but for the outermost level,
// which is written out even if it has a name.
func (t *Type) Structure() string {
	var p typePrinter
	p.structure(t)
	return p.String()
}

// String gives the function like WIT text, such as
// "async func(a: u8) -> string".
func (f *FuncType) String() string {
	var p typePrinter
	if f.Async {
		p.WriteString("async ")
	}
	p.WriteString("func(")
	p.fields(f.Params)
	p.WriteByte(')')
	if f.Result != nil {
		p.WriteString(" -> ")
		p.typ(f.Result)
	}
	return p.String()
}

// maxTypeText is about where a type's text ends: types share parts, so it may
// be much longer than the component.
const maxTypeText = 4096

// A typePrinter writes types as text.
type typePrinter struct{ strings.Builder }

func (p *typePrinter) typ(t *Type) {
	switch {
	case p.Len() > maxTypeText:
		p.WriteString("…")
	case t == nil:
		p.WriteByte('_')
	case t.Name != "":
		p.WriteString(t.Name)
	default:
		p.structure(t)
	}
}

func (p *typePrinter) structure(t *Type) {
	switch t.Kind {
	case KindList:
		p.WriteString("list<")
		p.typ(t.Elem)
		if t.Len > 0 {
			p.WriteString(", " + strconv.FormatUint(uint64(t.Len), 10))
		}
		p.WriteByte('>')
	case KindStream, KindFuture:
		p.WriteString(t.Kind.String())
		if t.Elem != nil {
			p.WriteByte('<')
			p.typ(t.Elem)
			p.WriteByte('>')
		}
	case KindRecord:
		p.WriteString("record { ")
		p.fields(t.Fields)
		p.WriteString(" }")
	case KindTuple:
		p.WriteString("tuple<")
		p.fields(t.Fields)
		p.WriteByte('>')
	case KindVariant, KindEnum:
		p.WriteString(t.Kind.String() + " { ")
		p.cases(t.Cases)
		p.WriteString(" }")
	case KindFlags:
		p.WriteString("flags { " + strings.Join(t.Labels, ", ") + " }")
	case KindOption:
		p.WriteString("option<")
		p.typ(t.Cases[1].Type)
		p.WriteByte('>')
	case KindResult:
		p.result(t.Cases[0].Type, t.Cases[1].Type)
	case KindOwn:
		p.WriteString("own<" + t.Resource + ">")
	case KindBorrow:
		p.WriteString("borrow<" + t.Resource + ">")
	default:
		p.WriteString(t.Kind.String())
	}
}

func (p *typePrinter) fields(fields []NamedType) {
	for i, f := range fields {
		if i > 0 {
			p.WriteString(", ")
		}
		if f.Name != "" {
			p.WriteString(f.Name + ": ")
		}
		p.typ(f.Type)
	}
}

func (p *typePrinter) cases(cases []NamedType) {
	for i, c := range cases {
		if i > 0 {
			p.WriteString(", ")
		}
		p.WriteString(c.Name)
		if c.Type != nil {
			p.WriteByte('(')
			p.typ(c.Type)
			p.WriteByte(')')
		}
	}
}

func (p *typePrinter) result(ok, err *Type) {
	p.WriteString("result")
	switch {
	case ok == nil && err == nil:
		return
	case err == nil:
		p.WriteByte('<')
		p.typ(ok)
	default:
		p.WriteByte('<')
		p.typ(ok)
		p.WriteString(", ")
		p.typ(err)
	}
	p.WriteByte('>')
}
