package inspect

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// line writes a function as WIT does: a method without its self, a static
// function or constructor behind the resource's name.
func (p *printer) line(name, keyword string, f *abi.FuncType) string {
	params := f.Params
	if strings.HasPrefix(name, "[method]") && len(params) > 0 {
		params = params[1:]
	}
	list := make([]string, len(params))
	for i, param := range params {
		list[i] = param.Name + ": " + p.typeString(param.Type)
	}
	signature := "(" + strings.Join(list, ", ") + ")"
	switch {
	case strings.HasPrefix(name, "[constructor]"):
		return plainName(name) + ".constructor" + signature
	case strings.HasPrefix(name, "[static]"):
		keyword = "static " + keyword
	}
	s := plainName(name) + ": " + keyword + signature
	if f.Result != nil {
		s += " -> " + p.typeString(f.Result)
	}
	return s
}

var primitives = map[abi.Kind]string{
	abi.Bool: "bool", abi.S8: "s8", abi.U8: "u8", abi.S16: "s16", abi.U16: "u16", abi.S32: "s32", abi.U32: "u32",
	abi.S64: "s64", abi.U64: "u64", abi.F32: "f32", abi.F64: "f64", abi.Char: "char", abi.String: "string",
}

// typeString writes a type by its name where it has one.
func (p *printer) typeString(t *abi.Type) string {
	if name := p.program.Names[t]; name != "" {
		return name
	}
	if name, ok := primitives[t.Kind]; ok {
		return name
	}
	switch t.Kind {
	case abi.Own, abi.Borrow:
		return p.handle(t)
	case abi.List:
		if t.Len > 0 {
			return fmt.Sprintf("list<%s, %d>", p.typeString(t.Elem), t.Len)
		}
		return "list<" + p.typeString(t.Elem) + ">"
	case abi.Option:
		return "option<" + p.typeString(t.Cases[1].Type) + ">"
	case abi.Result:
		return p.result(t.Cases[0].Type, t.Cases[1].Type)
	case abi.Tuple:
		return "tuple<" + p.fields(t) + ">"
	case abi.Record:
		return "record { " + p.fields(t) + " }"
	case abi.Flags:
		return "flags { " + strings.Join(t.Labels, ", ") + " }"
	}
	return p.cases(t)
}

func (p *printer) handle(t *abi.Type) string {
	r, ok := t.Resource.(*component.Resource)
	switch {
	case !ok:
		return "resource"
	case p.payloads[r] != "":
		return p.payloads[r]
	case isInputStream(r) && t.Kind == abi.Own:
		return "stream<u8>"
	case t.Kind == abi.Borrow:
		return "borrow<" + r.Name + ">"
	}
	return r.Name
}

// isInputStream tells whether r is the resource that stands for stream<u8>.
func isInputStream(r *component.Resource) bool {
	return len(r.Import) == 2 && strings.HasPrefix(r.Import[0], "wasi:io/streams@0.2.") && r.Import[1] == "input-stream"
}

func (p *printer) result(ok, err *abi.Type) string {
	switch {
	case ok == nil && err == nil:
		return "result"
	case err == nil:
		return "result<" + p.typeString(ok) + ">"
	case ok == nil:
		return "result<_, " + p.typeString(err) + ">"
	}
	return "result<" + p.typeString(ok) + ", " + p.typeString(err) + ">"
}

func (p *printer) fields(t *abi.Type) string {
	list := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		list[i] = p.typeString(f.Type)
		if f.Name != "" {
			list[i] = f.Name + ": " + list[i]
		}
	}
	return strings.Join(list, ", ")
}

func (p *printer) cases(t *abi.Type) string {
	keyword := "variant"
	if t.Kind == abi.Enum {
		keyword = "enum"
	}
	list := make([]string, len(t.Cases))
	for i, c := range t.Cases {
		list[i] = c.Name
		if c.Type != nil {
			list[i] += "(" + p.typeString(c.Type) + ")"
		}
	}
	return keyword + " { " + strings.Join(list, ", ") + " }"
}
