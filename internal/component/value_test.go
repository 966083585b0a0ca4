package component

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// valueTypes are the types of the constants of TestConstants.
func valueTypes() map[string]Type {
	u32 := prim(PrimU32)
	types := map[string]Type{
		"record":  &DefinedType{Kind: DefRecord, Fields: []Named{{"a", u32}, {"b", prim(PrimString)}}},
		"tuple":   &DefinedType{Kind: DefTuple, Fields: []Named{{"", u32}, {"", prim(PrimBool)}}},
		"variant": &DefinedType{Kind: DefVariant, Fields: []Named{{"a", u32}, {"b", nil}}},
		"flags":   &DefinedType{Kind: DefFlags, Labels: labelled(9)},
		"enum":    &DefinedType{Kind: DefEnum, Labels: []string{"a", "b"}},
		"option":  &DefinedType{Kind: DefOption, Elem: u32},
		"result":  &DefinedType{Kind: DefResult, Err: prim(PrimBool)},
		"chars":   &DefinedType{Kind: DefList, Elem: prim(PrimChar)},
		"bytes":   &DefinedType{Kind: DefList, Elem: prim(PrimU8)},
		"fixed":   &DefinedType{Kind: DefFixed, Elem: prim(PrimU8), Len: 3},
		"map":     &DefinedType{Kind: DefMap, Key: prim(PrimU8), Elem: u32},
		"stream":  &DefinedType{Kind: DefStream},
		"error":   &DefinedType{Kind: DefPrim, Prim: PrimErrorContext},
	}
	for name, p := range map[string]PrimType{"bool": PrimBool, "u8": PrimU8, "s8": PrimS8, "s16": PrimS16, "u16": PrimU16, "s32": PrimS32, "u32": PrimU32, "s64": PrimS64, "u64": PrimU64, "f32": PrimF32, "f64": PrimF64, "char": PrimChar, "string": PrimString} {
		types[name] = &DefinedType{Kind: DefPrim, Prim: p}
	}
	return types
}

var constants = []struct {
	typ, data string
	want      any // an error if wrong is not ""
	wrong     string
}{
	{"record", "\x05\x02hi", abi.RecordValue{{Name: "a", Value: uint32(5)}, {Name: "b", Value: "hi"}}, ""},
	{"record", "\x05\x03hi", nil, "unexpected end: 3 bytes wanted, 2 left"},
	{"record", "\x05\x01hi", nil, "at its byte 3: 1 bytes too many"},
	{"tuple", "\x81\x01\x01", []any{uint32(129), true}, ""},
	{"variant", "\x00\x07", abi.VariantValue{Case: "a", Value: uint32(7)}, ""},
	{"variant", "\x01", abi.VariantValue{Case: "b"}, ""},
	{"variant", "\x02", nil, "case 2 of 2"},
	{"variant", "\xff\xff\xff\xff\x0f", nil, "case 4294967295 of 2"},
	{"flags", "\x05\x01", []string{"l0", "l2", "l8"}, ""},
	{"flags", "\x00\xfe", []string(nil), ""},
	{"flags", "\x01", nil, "unexpected end"},
	{"enum", "\x01", "b", ""},
	{"enum", "\x02", nil, "case 2 of 2"},
	{"option", "\x00", abi.OptionOf[any]{}, ""},
	{"option", "\x01\xff\xff\xff\xff\x0f", abi.OptionOf[any]{Some: true, Value: uint32(math.MaxUint32)}, ""},
	{"option", "\x02", nil, "option: 0 or 1 expected"},
	{"result", "\x00", abi.ResultOf[any, any]{}, ""},
	{"result", "\x01\x01", abi.ResultOf[any, any]{IsErr: true, Err: true}, ""},
	{"result", "\x01\x02", nil, "bool: 0 or 1 expected"},
	{"chars", "\x02a\xc3\xa9", []rune("aé"), ""},
	{"chars", "\x01\xff", nil, "no Unicode scalar value"},
	{"chars", "\xff\xff\xff\xff\x0f", nil, "a list of 4294967295 items does not fit in the 0 bytes left"},
	{"bytes", "\x00", []byte(nil), ""},
	{"bytes", "\x02\x00\xff", []byte{0, 255}, ""},
	{"fixed", "abc", []byte("abc"), ""},
	{"fixed", "ab", nil, "unexpected end"},
	{"map", "\x01\x07\x80\x01", []any{[]any{uint8(7), uint32(128)}}, ""},
	{"stream", "\x00", nil, "there are no constants of type stream"},
	{"error", "\x00", nil, "there are no constants of type error-context"},
	{"bool", "\x01", true, ""},
	{"bool", "", nil, "unexpected end"},
	{"u8", "\xff", uint8(255), ""},
	{"s8", "\xff", int8(-1), ""},
	{"s16", "\xff\x7f", int16(-1), ""},
	{"s16", "\x80\x80\x7e", int16(math.MinInt16), ""},
	{"s16", "\xff\xff\x01", int16(math.MaxInt16), ""},
	{"s16", "\x80\x80\x02", nil, "malformed number"},
	{"u16", "\xff\xff\x03", uint16(math.MaxUint16), ""},
	{"u16", "\xff\xff\x04", nil, "malformed number"},
	{"s32", "\x40", int32(-64), ""},
	{"s32", "\x80\x80\x80\x80\x78", int32(math.MinInt32), ""},
	{"s32", "\x80\x80\x80\x80\x70", nil, "malformed number"},
	{"u32", "\x80\x00", uint32(0), ""},
	{"s64", "\x80\x7f", int64(-128), ""},
	{"s64", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f", int64(math.MinInt64), ""},
	{"s64", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00", int64(math.MaxInt64), ""},
	{"s64", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", nil, "malformed number"},
	{"u64", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", uint64(math.MaxUint64), ""},
	{"f32", "\x00\x00\xc0\x7f", math.Float32frombits(0x7fc00000), ""},
	{"f32", "\x00\x00\xc0\xff", nil, "a NaN that is not canonical"},
	{"f32", "\x00\x00\x80\xff", float32(math.Inf(-1)), ""},
	{"f64", "\x00\x00\x00\x00\x00\x00\xf8\x7f", math.Float64frombits(0x7ff8000000000000), ""},
	{"f64", "\x01\x00\x00\x00\x00\x00\xf0\x7f", nil, "a NaN that is not canonical"},
	{"f64", "\x00\x00\x00\x00\x00\x00\x04\xc0", -2.5, ""},
	{"char", "\xf4\x8f\xbf\xbf", rune(0x10ffff), ""},
	{"char", "\xed\xa0\x80", nil, "no Unicode scalar value"},
	{"char", "", nil, "no Unicode scalar value"},
	{"string", "\x00", "", ""},
	{"string", "\x01\xff", nil, "a name is not valid UTF-8"},
}

// TestConstants reads constants; each is exported, so that it is used. What
// they are is compared with the canonical form of the dynamic value, too.
func TestConstants(t *testing.T) {
	types := valueTypes()
	for _, c := range constants {
		defs := []Def{typ(types[c.typ]), &Export{Name: "t", Sort: SortType}, &Constant{Type: *index(1), Data: []byte(c.data)}, &Export{Name: "v", Sort: SortValue}}
		decoded, err := Decode((&Component{Defs: defs}).Encode())
		if err == nil {
			err = Validate(decoded)
		}
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s %q: got %v, want %s", c.typ, c.data, err, c.wrong)
		}
		if c.wrong != "" {
			continue
		}
		p, err := Link(decoded)
		if err != nil {
			t.Errorf("%s %q: %v", c.typ, c.data, err)
			continue
		}
		v := p.Exports[1].Value
		if !same(v.Const, c.want) {
			t.Errorf("%s %q: got %#v, want %#v", c.typ, c.data, v.Const, c.want)
		}
		if canonical, err := abi.Canonical(v.Type, v.Const); err != nil || !same(canonical, c.want) {
			t.Errorf("%s %q: %#v is not canonical: %v", c.typ, c.data, v.Const, err)
		}
	}
}

// same tells whether two dynamic values are of the same types and content.
func same(a, b any) bool {
	switch a := a.(type) {
	case float32:
		b, ok := b.(float32)
		return ok && math.Float32bits(a) == math.Float32bits(b)
	case float64:
		b, ok := b.(float64)
		return ok && math.Float64bits(a) == math.Float64bits(b)
	}
	return fmt.Sprintf("%#v", a) == fmt.Sprintf("%#v", b) // for which a NaN equals itself
}
