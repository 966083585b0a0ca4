package inspect

import (
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
	case f.Async:
		keyword = "async " + keyword
	}
	if strings.HasPrefix(name, "[static]") {
		keyword = "static " + keyword
	}
	s := plainName(name) + ": " + keyword + signature
	if f.Result != nil {
		s += " -> " + p.typeString(f.Result)
	}
	return s
}

// value writes a value as WIT would.
func (p *printer) value(name string, v *component.Value) string {
	return name + ": value " + p.typeString(v.Type)
}

// typeString writes a type by its name where it has one.
func (p *printer) typeString(t *abi.Type) string { return p.program.TypeStringOf(t, p.handle) }

func (p *printer) handle(t *abi.Type) string {
	r, ok := t.Resource.(*component.Resource)
	switch {
	case !ok:
		return "resource"
	case p.payloads[r] != "":
		return p.payloads[r]
	case len(p.program.Polls) > 0 && isInputStream(r) && t.Kind == abi.Own:
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
