package component

import (
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

func TestTypeString(t *testing.T) {
	u8, str := &abi.Type{Kind: abi.U8}, &abi.Type{Kind: abi.String}
	point := &abi.Type{Kind: abi.Record, Fields: []abi.Field{{Name: "x", Type: u8}, {Name: "y", Type: str}}}
	p := &Program{Names: map[*abi.Type]string{point: "point"}}
	cases := func(k abi.Kind, c ...abi.Case) *abi.Type { return &abi.Type{Kind: k, Cases: c} }
	for _, c := range []struct {
		t           *abi.Type
		plain, name string // name only if it differs
	}{
		{point, "record{x: u8, y: string}", "point"},
		{&abi.Type{Kind: abi.List, Elem: point}, "list<record{x: u8, y: string}>", "list<point>"},
		{&abi.Type{Kind: abi.List, Elem: u8, Len: 4}, "list<u8, 4>", ""},
		{&abi.Type{Kind: abi.Tuple, Fields: []abi.Field{{Type: u8}, {Type: str}}}, "tuple<u8, string>", ""},
		{cases(abi.Variant, abi.Case{Name: "a"}, abi.Case{Name: "b", Type: str}), "variant{a, b(string)}", ""},
		{cases(abi.Enum, abi.Case{Name: "a"}, abi.Case{Name: "b"}), "enum{a, b}", ""},
		{cases(abi.Option, abi.Case{Name: "none"}, abi.Case{Name: "some", Type: point}), "option<record{x: u8, y: string}>", "option<point>"},
		{cases(abi.Result, abi.Case{Name: "ok"}, abi.Case{Name: "error"}), "result", ""},
		{cases(abi.Result, abi.Case{Name: "ok"}, abi.Case{Name: "error", Type: str}), "result<_, string>", ""},
		{cases(abi.Result, abi.Case{Name: "ok", Type: u8}, abi.Case{Name: "error"}), "result<u8>", ""},
		{&abi.Type{Kind: abi.Flags, Labels: []string{"r", "w"}}, "flags{r, w}", ""},
		{&abi.Type{Kind: abi.Borrow, Resource: &Resource{Name: "pollable"}}, "borrow<pollable>", ""},
	} {
		if got := TypeString(c.t); got != c.plain {
			t.Errorf("got %q, want %q", got, c.plain)
		}
		if c.name == "" {
			c.name = c.plain
		}
		if got := p.TypeString(c.t); got != c.name {
			t.Errorf("got %q, want %q", got, c.name)
		}
	}
	f := &abi.FuncType{Params: []abi.Field{{Name: "p", Type: point}}, Result: u8}
	if got, want := p.FuncString(f), "func(p: point) -> u8"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
