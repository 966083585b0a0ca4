package component

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

var kindNames = map[abi.Kind]string{
	abi.Bool: "bool", abi.S8: "s8", abi.U8: "u8", abi.S16: "s16", abi.U16: "u16", abi.S32: "s32", abi.U32: "u32",
	abi.S64: "s64", abi.U64: "u64", abi.F32: "f32", abi.F64: "f64", abi.Char: "char", abi.String: "string",
	abi.ErrorContext: "error-context",
}

// TypeString gives a type like WIT text, with structure written out in full:
// "list<record{a: u8, b: own<pollable>}>".
func TypeString(t *abi.Type) string {
	p := typePrinter{}
	p.typ(t)
	return p.String()
}

// TypeString gives a type like WIT text, with the names that types were
// exported under in place of their structure; see Program.Names.
func (p *Program) TypeString(t *abi.Type) string {
	tp := typePrinter{names: p.Names, limit: maxText}
	tp.typ(t)
	return tp.String()
}

// TypeStringOf is [Program.TypeString] with handles written by a function.
func (p *Program) TypeStringOf(t *abi.Type, handle func(*abi.Type) string) string {
	tp := typePrinter{names: p.Names, handle: handle, limit: maxText}
	tp.typ(t)
	return tp.String()
}

// Structure gives a type as [Program.TypeString] does, but for the outermost
// level, which is written out even if it has a name.
func (p *Program) Structure(t *abi.Type) string {
	tp := typePrinter{names: p.Names, limit: maxText}
	tp.structure(t)
	return tp.String()
}

// FuncString gives a function type like WIT text, such as
// "func(a: u8) -> result<string, error-code>".
func (p *Program) FuncString(f *abi.FuncType) string {
	tp := typePrinter{names: p.Names, limit: maxText}
	tp.fn(f)
	return tp.String()
}

// brief gives a type for a message: written out, but not at length.
func brief(t *abi.Type) string {
	p := typePrinter{limit: 120}
	p.typ(t)
	s := p.String()
	if len(s) > p.limit {
		s = s[:p.limit] + "..."
	}
	return s
}

// maxText is about where the text of a type ends: types share parts, so it may
// be much longer than the component.
const maxText = 16 << 10

// A typePrinter writes types as text. It stops somewhere past limit bytes, if
// that is not 0.
type typePrinter struct {
	strings.Builder
	names  map[*abi.Type]string
	handle func(*abi.Type) string // writes own and borrow; nil for own<r> and borrow<r>
	limit  int
	cut    bool // past the limit
}

func (p *typePrinter) fn(f *abi.FuncType) {
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
}

func (p *typePrinter) typ(t *abi.Type) {
	if p.limit > 0 && p.Len() > p.limit {
		if !p.cut {
			p.cut = true
			p.WriteString("…")
		}
		return
	}
	if name := p.names[t]; name != "" {
		p.WriteString(name)
		return
	}
	p.structure(t)
}

func (p *typePrinter) structure(t *abi.Type) {
	switch t.Kind {
	case abi.List:
		p.WriteString("list<")
		p.typ(t.Elem)
		if t.Len > 0 {
			fmt.Fprintf(p, ", %d", t.Len)
		}
		p.WriteByte('>')
	case abi.Stream, abi.Future:
		p.WriteString(t.Kind.String())
		if t.Elem != nil {
			p.WriteByte('<')
			p.typ(t.Elem)
			p.WriteByte('>')
		}
	case abi.Record:
		p.WriteString("record{")
		p.fields(t.Fields)
		p.WriteByte('}')
	case abi.Tuple:
		p.WriteString("tuple<")
		p.fields(t.Fields)
		p.WriteByte('>')
	case abi.Variant, abi.Enum:
		p.cases(t)
	case abi.Flags:
		p.WriteString("flags{" + strings.Join(t.Labels, ", ") + "}")
	case abi.Option:
		p.WriteString("option<")
		p.typ(t.Cases[1].Type)
		p.WriteByte('>')
	case abi.Result:
		p.result(t.Cases[0].Type, t.Cases[1].Type)
	case abi.Own, abi.Borrow:
		if p.handle != nil {
			p.WriteString(p.handle(t))
			return
		}
		name := "?"
		if r, ok := t.Resource.(*Resource); ok {
			name = resourceName(r)
		}
		if t.Kind == abi.Own {
			p.WriteString("own<" + name + ">")
		} else {
			p.WriteString("borrow<" + name + ">")
		}
	default:
		p.WriteString(kindNames[t.Kind])
	}
}

func (p *typePrinter) fields(fields []abi.Field) {
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

func (p *typePrinter) cases(t *abi.Type) {
	if t.Kind == abi.Enum {
		p.WriteString("enum{")
	} else {
		p.WriteString("variant{")
	}
	for i, c := range t.Cases {
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
	p.WriteByte('}')
}

func (p *typePrinter) result(ok, err *abi.Type) {
	p.WriteString("result")
	if ok == nil && err == nil {
		return
	}
	p.WriteByte('<')
	if ok == nil {
		p.WriteByte('_')
	} else {
		p.typ(ok)
	}
	if err != nil {
		p.WriteString(", ")
		p.typ(err)
	}
	p.WriteByte('>')
}

func resourceName(r *Resource) string {
	if r.Name == "" {
		return "unnamed"
	}
	return r.Name
}
