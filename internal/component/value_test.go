package component

import (
	"strings"
	"testing"
)

// TestValues checks constants; each is exported, so that it is used.
func TestValues(t *testing.T) {
	u32 := prim(PrimU32)
	types := map[string]Type{
		"record": &DefinedType{Kind: DefRecord, Fields: []Named{{"a", u32}, {"b", prim(PrimString)}}},
		"flags":  &DefinedType{Kind: DefFlags, Labels: labelled(9)},
		"enum":   &DefinedType{Kind: DefEnum, Labels: []string{"a", "b"}},
		"option": &DefinedType{Kind: DefOption, Elem: u32},
		"result": &DefinedType{Kind: DefResult, Err: prim(PrimBool)},
		"list":   &DefinedType{Kind: DefList, Elem: prim(PrimChar)},
		"fixed":  &DefinedType{Kind: DefFixed, Elem: prim(PrimU8), Len: 3},
		"map":    &DefinedType{Kind: DefMap, Key: prim(PrimU8), Elem: u32},
		"stream": &DefinedType{Kind: DefStream},
	}
	for name, p := range map[string]PrimType{"bool": PrimBool, "s8": PrimS8, "s16": PrimS16, "u16": PrimU16, "s32": PrimS32, "s64": PrimS64, "f32": PrimF32, "f64": PrimF64, "char": PrimChar, "string": PrimString} {
		types[name] = &DefinedType{Kind: DefPrim, Prim: p}
	}
	for _, c := range []struct{ typ, data, want string }{
		{"record", "\x05\x02hi", ""},
		{"record", "\x05\x03hi", "unexpected end: 3 bytes wanted, 2 left"},
		{"record", "\x05\x01hi", "at its byte 3: 1 bytes too many"},
		{"flags", "\x01\x01", ""},
		{"flags", "\x01", "unexpected end"},
		{"enum", "\x01", ""},
		{"enum", "\x02", "case 2 of 2"},
		{"option", "\x00", ""},
		{"option", "\x01\xff\xff\xff\xff\x0f", ""},
		{"option", "\x02", "option: 0 or 1 expected"},
		{"result", "\x00", ""},
		{"result", "\x01\x01", ""},
		{"list", "\x02a\xc3\xa9", ""},
		{"list", "\x01\xff", "no Unicode scalar value"},
		{"list", "\xff\xff\xff\xff\x0f", "a list of 4294967295 items does not fit in the 0 bytes left"},
		{"fixed", "abc", ""},
		{"fixed", "ab", "unexpected end"},
		{"map", "\x01\x07\x80\x01", ""},
		{"stream", "\x00", "there are no constants of type stream"},
		{"bool", "\x01", ""},
		{"s8", "\xff", ""},
		{"s16", "\xff\x7f", ""},
		{"s16", "\x80\x80\x7e", ""},
		{"s16", "\x80\x80\x02", "malformed number"},
		{"u16", "\xff\xff\x03", ""},
		{"u16", "\xff\xff\x04", "malformed number"},
		{"s32", "\x80\x80\x80\x80\x78", ""},
		{"s32", "\x80\x80\x80\x80\x70", "malformed number"},
		{"s64", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f", ""},
		{"s64", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", "malformed number"},
		{"f32", "\x00\x00\xc0\x7f", ""},
		{"f32", "\x00\x00\xc0\xff", "a NaN that is not canonical"},
		{"f32", "\x00\x00\x80\xff", ""},
		{"f64", "\x00\x00\x00\x00\x00\x00\xf8\x7f", ""},
		{"f64", "\x01\x00\x00\x00\x00\x00\xf0\x7f", "a NaN that is not canonical"},
		{"f64", "\x01\x00\x00\x00\x00\x00\xe0\x7f", ""},
		{"char", "\xed\xa0\x80", "no Unicode scalar value"},
		{"char", "", "no Unicode scalar value"},
		{"string", "\x01\xff", "a name is not valid UTF-8"},
	} {
		defs := []Def{typ(types[c.typ]), &Export{Name: "t", Sort: SortType}, &Value{Type: *index(1), Data: []byte(c.data)}, &Export{Name: "v", Sort: SortValue}}
		decoded, err := Decode((&Component{Defs: defs}).Encode())
		if err == nil {
			err = Validate(decoded)
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s %q: got %v, want %s", c.typ, c.data, err, c.want)
		}
		if c.want != "" {
			continue
		}
		if _, err := Link(decoded); err == nil || !strings.HasPrefix(err.Error(), "value: a host cannot make values (at offset") {
			t.Errorf("%s: linked: %v", c.typ, err)
		}
	}
}
