package wave

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
)

func prim(k host.Kind) *host.Type { return &host.Type{Kind: k} }

func listOf(t *host.Type) *host.Type { return &host.Type{Kind: host.KindList, Elem: t} }

func option(t *host.Type) *host.Type {
	return &host.Type{Kind: host.KindOption, Cases: []host.NamedType{{Name: "none"}, {Name: "some", Type: t}}}
}

func result(ok, err *host.Type) *host.Type {
	return &host.Type{Kind: host.KindResult, Cases: []host.NamedType{{Name: "ok", Type: ok}, {Name: "error", Type: err}}}
}

func tuple(types ...*host.Type) *host.Type {
	t := &host.Type{Kind: host.KindTuple}
	for _, f := range types {
		t.Fields = append(t.Fields, host.NamedType{Type: f})
	}
	return t
}

var (
	u8, s8, boolean = prim(host.KindU8), prim(host.KindS8), prim(host.KindBool)
	f32, f64        = prim(host.KindF32), prim(host.KindF64)
	char, str       = prim(host.KindChar), prim(host.KindString)

	perms = &host.Type{Kind: host.KindFlags, Labels: []string{"read", "write", "none"}}
	color = &host.Type{Kind: host.KindEnum, Cases: []host.NamedType{{Name: "red"}, {Name: "ok"}, {Name: "HTTP-3x"}}}
	shape = &host.Type{Kind: host.KindVariant, Cases: []host.NamedType{{Name: "none"}, {Name: "circle", Type: f32}, {Name: "err", Type: listOf(u8)}}}
	basic = &host.Type{Kind: host.KindRecord, Fields: []host.NamedType{{Name: "a", Type: u8}, {Name: "some", Type: option(str)}}}
	loose = &host.Type{Kind: host.KindRecord, Fields: []host.NamedType{{Name: "x", Type: option(u8)}, {Name: "y", Type: option(u8)}}}
	three = &host.Type{Kind: host.KindList, Elem: u8, Len: 3}
	thing = &host.Type{Kind: host.KindOwn, Resource: "thing"}
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		t    *host.Type
		text string
		v    any
		out  string // "" if it is text
	}{
		{boolean, " true // yes", true, "true"},
		{u8, "255", uint8(255), ""},
		{s8, "-128", int8(-128), ""},
		{prim(host.KindU64), "18446744073709551615", uint64(math.MaxUint64), ""},
		{prim(host.KindS64), "-9223372036854775808", int64(math.MinInt64), ""},
		{prim(host.KindU16), "65535", uint16(65535), ""},
		{prim(host.KindU32), "0", uint32(0), ""},
		{prim(host.KindS16), "-0", int16(0), "0"},
		{prim(host.KindS32), "-7", int32(-7), ""},
		{f64, "6.022e+23", 6.022e23, ""},
		{f64, "1e-7", 1e-7, ""},
		{f32, "1E10", float32(1e10), "10000000000"},
		{f64, "-1.5e-300", -1.5e-300, ""},
		{f32, "3.14", float32(3.14), ""},
		{f32, "1e39", float32(math.Inf(1)), "inf"},
		{f64, "-inf", math.Inf(-1), ""},
		{f64, "-0.0", math.Copysign(0, -1), "-0"},
		{char, "'x'", 'x', ""},
		{char, `'"'`, '"', `'\"'`},
		{char, `'\u{2603}'`, '☃', "'☃'"},
		{char, `'\u{0}'`, rune(0), ""},
		{str, `"ab\t1'\"\\\u{1F30A}"`, "ab\t1'\"\\🌊", `"ab\t1\'\"\\🌊"`},
		{str, `""`, "", ""},
		{str, "\"\"\"\n\"\"\"", "", `""`},
		{str, "\"\"\"\r\n    Indented\r\n\n  by the \"\"\\\"\r\\r\n  \"\"\"", "", "error"},
		{str, "\"\"\"\r\n    one\r\n  \n  two \"\"\\\" \\r\n  \"\"\"", "  one\n\ntwo \"\"\" \r", `"  one\n\ntwo \"\"\" \r"`},
		{tuple(str, u8), `("abc", 123,)`, []any{"abc", uint8(123)}, `("abc", 123)`},
		{listOf(u8), "[1,2 , 3]", []uint8{1, 2, 3}, "[1, 2, 3]"},
		{listOf(char), "[]", []rune(nil), ""},
		{listOf(listOf(boolean)), "[[true], [],]", []any{[]bool{true}, []bool(nil)}, "[[true], []]"},
		{three, "[1, 2, 3]", []uint8{1, 2, 3}, ""},
		{basic, `{some: "x", a: 1}`, host.Record{{Name: "a", Value: uint8(1)}, {Name: "some", Value: host.Some[any]("x")}}, `{a: 1, some: some("x")}`},
		{basic, `{ %a : 1 , }`, host.Record{{Name: "a", Value: uint8(1)}, {Name: "some", Value: host.None[any]()}}, "{a: 1}"},
		{loose, "{:}", host.Record{{Name: "x", Value: host.None[any]()}, {Name: "y", Value: host.None[any]()}}, ""},
		{loose, "{x: none}", host.Record{{Name: "x", Value: host.None[any]()}, {Name: "y", Value: host.None[any]()}}, "{:}"},
		{shape, "%none", host.Variant{Case: "none"}, ""},
		{shape, "circle(2)", host.Variant{Case: "circle", Value: float32(2)}, ""},
		{shape, "%err ( [7] )", host.Variant{Case: "err", Value: []uint8{7}}, "%err([7])"},
		{color, "%red", "red", "red"},
		{color, "%ok", "ok", ""},
		{color, "HTTP-3x", "HTTP-3x", ""},
		{option(u8), "1", host.Some[any](uint8(1)), "some(1)"},
		{option(shape), "%none", host.Some[any](host.Variant{Case: "none"}), "some(%none)"},
		{option(shape), "none", host.None[any](), ""},
		{option(option(u8)), "some(none)", host.Some[any](host.None[any]()), ""},
		{option(option(u8)), "some(1)", host.Some[any](host.Some[any](uint8(1))), "some(some(1))"},
		{result(u8, str), "1", host.OK[any, any](uint8(1)), "ok(1)"},
		{result(u8, str), `err("oops")`, host.Err[any, any]("oops"), ""},
		{result(nil, nil), "ok", host.OK[any, any](nil), ""},
		{result(nil, nil), "err", host.Err[any, any](nil), ""},
		{perms, "{write, read,}", []string{"read", "write"}, "{read, write}"},
		{perms, "{none}", []string{"none"}, ""},
		{perms, "{}", []string(nil), ""},
	} {
		if c.out == "error" {
			if _, err := Parse(c.text, c.t); err == nil {
				t.Errorf("%s: no error", c.text)
			}
			continue
		}
		if c.out == "" {
			c.out = c.text
		}
		v, err := Parse(c.text, c.t)
		if err != nil || !reflect.DeepEqual(v, c.v) {
			t.Errorf("%s as %s: %#v, want %#v (%v)", c.text, c.t, v, c.v, err)
			continue
		}
		if out, err := Format(v, c.t); err != nil || out != c.out {
			t.Errorf("%s as %s: written %s, want %s (%v)", c.text, c.t, out, c.out, err)
		}
	}
	v, err := Parse("nan", f32)
	if f, ok := v.(float32); err != nil || !ok || f == f {
		t.Errorf("nan: %v, %v", v, err)
	}
}

// TestErrors has mistakes in angle brackets, which the caret must mark.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		t    *host.Type
		text string
		says string
	}{
		{boolean, "‹True›", "true or false"},
		{boolean, "‹1›", "true or false"},
		{u8, "‹256›", "u8 wants a number from 0 to 255"},
		{u8, "‹-1›", "0 to 255"},
		{prim(host.KindU64), "‹18446744073709551616›", "0 to 18446744073709551615"},
		{prim(host.KindS64), "‹-9223372036854775809›", "-9223372036854775808 to 9223372036854775807"},
		{u8, "‹1.0›", "whole decimal number"},
		{u8, "‹01›", "whole decimal number"},
		{u8, "‹0x10›", "whole decimal number"},
		{u8, "1 ‹2›", "ends before"},
		{u8, "‹›", "the text ends"},
		{u8, "‹-›", "'-'|\"-\""},
		{f32, "‹1.›", "f32"},
		{f32, "‹infinity›", "f32"},
		{f32, "‹%inf›", "f32"},
		{char, "‹''›", "one character"},
		{char, "‹'ab'›", "one character"},
		{char, "‹'a›", "closing ' is missing"},
		{char, `'‹\u{d800}›'`, "scalar value"},
		{char, `'‹\u{}›'`, "scalar value"},
		{char, `'‹\x›41'`, "no such escape"},
		{str, "‹\"abc›\n\"", `closing " is missing`},
		{str, "\"a‹\xff›\"", "UTF-8"},
		{str, `‹"""›x"""`, "line break"},
		{str, "\"\"\"\n  a‹\"\"\"›", "only spaces"},
		{str, "\"\"\"\n  a\n‹ ›b\n  \"\"\"", "indented"},
		{str, "‹name›", "string"},
		{listOf(u8), "[1, ‹300›]", "0 to 255"},
		{listOf(u8), "[1 ‹2›]", "',' or ']'"},
		{listOf(u8), "[1, 2‹›", "the text ends"},
		{listOf(u8), "[‹,›]", "number"},
		{listOf(u8), "‹(›1)", "a list in [ ]"},
		{three, "‹[›1, 2]", "wants 3 elements, not 2"},
		{tuple(u8, str), `(1‹)›`, "wants 2 values, not 1"},
		{listOf(tuple(u8, str)), `[(1‹)›  ]`, "wants 2 values, not 1"},
		{tuple(u8, u8), `(1, 2, ‹3›)`, "no more than 2 values"},
		{tuple(u8, u8), `(1, ‹"é"›)`, "number"},
		{basic, `‹{›}`, "field a: u8 is missing"},
		{basic, `{a: 1, ‹b›: 2}`, "no field b, but a, some"},
		{basic, `{a: 1, ‹a›: 2}`, "twice"},
		{basic, `{a ‹1›}`, "':' is needed"},
		{basic, `{a: 1, some: ‹2›}`, "string"},
		{loose, `‹{›}`, "{:}"},
		{shape, "‹none›", "%none"},
		{shape, "‹square›", "no case square, but none, circle, err"},
		{shape, "‹circle›", "circle(f32)"},
		{shape, "%none‹(›1)", "no payload"},
		{shape, "circle(‹x›)", "number"},
		{shape, "circle(1‹,› 2)", "')' is needed"},
		{color, "‹ok›", "%ok"},
		{color, "red‹(›1)", "ends before"},
		{option(option(u8)), "‹1›", "none or some"},
		{result(nil, str), "‹1›", "ok or err"},
		{result(u8, str), "‹ok›", "ok(u8)"},
		{result(u8, str), "‹error›(1)", "ok(…), err(…) or u8 is needed"},
		{option(str), "‹name›", "none, some(…) or string is needed"},
		{result(u8, str), "err(‹1›)", "string"},
		{perms, "{‹exec›}", "no flag exec, but read, write, none"},
		{perms, "{read, ‹read›}", "twice"},
		{perms, "‹[›read]", "flags in { }"},
		{thing, "‹1›", "own<thing>"},
		{u8, "‹#›", `"#" does not belong here`},
		{listOf(u8), "[\n\t1,\n\t‹x›\n]", "line 3: a number (u8)"},
	} {
		from, rest, _ := strings.Cut(c.text, "‹")
		marked, after, _ := strings.Cut(rest, "›")
		_, err := Parse(from+marked+after, c.t)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		said := false
		for s := range strings.SplitSeq(c.says, "|") {
			said = said || strings.Contains(err.Error(), s)
		}
		lines := strings.Split(err.Error(), "\n")
		col := strings.Index(lines[2], "^")
		width := strings.Count(lines[2], "^")
		wantLine := from[strings.LastIndexByte(from, '\n')+1:]
		wantWidth := max(1, len([]rune(marked)))
		if !said || len(lines) != 3 || col != 1+len([]rune(wantLine)) || width != wantWidth {
			t.Errorf("%q: want %q and the caret under the place:\n%v", c.text, c.says, err)
		}
	}
}

func TestLongLine(t *testing.T) {
	_, err := Parse("["+strings.Repeat("1, ", 1000)+"x"+strings.Repeat(", 1", 1000)+"]", listOf(u8))
	lines := strings.Split(err.Error(), "\n")
	if at := strings.IndexByte(lines[2], '^'); len(lines[1]) > 110 || lines[1][at] != 'x' {
		t.Error(err)
	}
}

func TestArgs(t *testing.T) {
	params := []host.NamedType{{Name: "a", Type: u8}, {Name: "b", Type: option(u8)}, {Name: "c", Type: option(str)}}
	for _, c := range []struct{ text, says string }{
		{"(1, 2, \"x\")", ""},
		{"(1, 2,)", ""},
		{"(1)", ""},
		{"()", "argument 1 (a: u8) is missing"},
		{"(1, 2, none, 4)", "no more than 3 parameter(s)"},
		{"(1, x)", "argument 2 (b): none, some(…) or u8 is needed here"},
		{"1", "'(' is needed here"},
		{"(1", "',' or ')' is needed here, but the text ends"},
		{"(1) 2", "ends before"},
	} {
		args, err := ParseArgs(c.text, params)
		if c.says == "" && (err != nil || len(args) != 3) || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, %v", c.text, args, err)
		}
	}
	_, err := ParseArgsAt("test:x/y#f(1, true)", 10, params)
	want := "argument 2 (b): none, some(…) or u8 is needed here\n\ttest:x/y#f(1, true)\n\t              ^^^^"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	if args, err := ParseArgs("()", nil); err != nil || len(args) != 0 {
		t.Errorf("no arguments: %v, %v", args, err)
	}
	if _, err := ParseArgs("(1)", nil); err == nil || !strings.Contains(err.Error(), "the function has no parameters") {
		t.Error(err)
	}
}

func TestFormatMisfit(t *testing.T) {
	for _, c := range []struct {
		v    any
		t    *host.Type
		says string
	}{
		{"x", u8, "u8 wants uint8, have string"},
		{[]any{1, "x"}, listOf(u8), "[1]: u8 wants uint8, have string"},
		{host.Ref{}, thing, "own wants a resource"},
		{new(int), thing, "a resource (own<thing>) cannot be written as text"},
	} {
		if _, err := Format(c.v, c.t); err == nil || err.Error() != c.says && !strings.HasPrefix(err.Error(), c.says) {
			t.Errorf("%v as %s: %v", c.v, c.t, err)
		}
	}
}
