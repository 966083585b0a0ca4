package abi

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
)

// A shape is a component type with a Go shape for it.
type shape struct {
	t *Type
	g reflect.Type
}

type thing struct{ id uint32 }

var thingResource = &ResourceType{Name: "thing", Go: reflect.TypeFor[*thing]()}

func resolveThing(any) (ResourceRef, error) { return ResourceRef{Type: thingResource}, nil }

// The Go types of options and results are generic, which reflect cannot make:
// the tests use these, in the same order as the script that recorded
// testdata/definitions.json.
var (
	optionShapes = []struct {
		t any
		g reflect.Type
	}{
		{"u8", reflect.TypeFor[OptionOf[uint8]]()},
		{"char", reflect.TypeFor[OptionOf[rune]]()},
		{"f64", reflect.TypeFor[OptionOf[float64]]()},
		{"string", reflect.TypeFor[OptionOf[string]]()},
		{map[string]any{"list": "u16"}, reflect.TypeFor[OptionOf[[]uint16]]()},
		{map[string]any{"tuple": []any{"u8", "u64"}}, reflect.TypeFor[OptionOf[struct {
			A uint8
			B uint64
		}]]()},
	}
	resultShapes = []struct {
		ok, err any
		g       reflect.Type
	}{
		{"string", "u64", reflect.TypeFor[ResultOf[string, uint64]]()},
		{nil, "u8", reflect.TypeFor[ResultOf[struct{}, uint8]]()},
		{"f32", nil, reflect.TypeFor[ResultOf[float32, struct{}]]()},
		{nil, nil, reflect.TypeFor[ResultOf[struct{}, struct{}]]()},
		{"u64", "f32", reflect.TypeFor[ResultOf[uint64, float32]]()},
		{map[string]any{"list": "string"}, "char", reflect.TypeFor[ResultOf[[]string, rune]]()},
	}
	scalarShapes = map[string]shape{
		"bool": {&Type{Kind: Bool}, reflect.TypeFor[bool]()}, "char": {&Type{Kind: Char}, reflect.TypeFor[rune]()},
		"s8": {&Type{Kind: S8}, reflect.TypeFor[int8]()}, "u8": {&Type{Kind: U8}, reflect.TypeFor[uint8]()},
		"s16": {&Type{Kind: S16}, reflect.TypeFor[int16]()}, "u16": {&Type{Kind: U16}, reflect.TypeFor[uint16]()},
		"s32": {&Type{Kind: S32}, reflect.TypeFor[int32]()}, "u32": {&Type{Kind: U32}, reflect.TypeFor[uint32]()},
		"s64": {&Type{Kind: S64}, reflect.TypeFor[int64]()}, "u64": {&Type{Kind: U64}, reflect.TypeFor[uint64]()},
		"f32": {&Type{Kind: F32}, reflect.TypeFor[float32]()}, "f64": {&Type{Kind: F64}, reflect.TypeFor[float64]()},
		"string": {&Type{Kind: String}, reflect.TypeFor[string]()},
		"own":    {&Type{Kind: Own, Resource: "thing"}, reflect.TypeFor[*thing]()},
	}
	scalarNames = []string{"bool", "char", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "string", "own"}
)

// shapeOf makes the shape that a description in JSON stands for; nil for nil.
func shapeOf(v any) *shape {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		s := scalarShapes[v]
		return &s
	case map[string]any:
		return compoundShape(v)
	}
	panic(fmt.Sprint(v))
}

func compoundShape(m map[string]any) *shape {
	if e := shapeOf(m["list"]); e != nil {
		return &shape{&Type{Kind: List, Elem: e.t}, reflect.SliceOf(e.g)}
	}
	if e := shapeOf(m["array"]); e != nil {
		n := int(m["len"].(float64))
		return &shape{&Type{Kind: List, Elem: e.t, Len: uint32(n)}, reflect.ArrayOf(n, e.g)}
	}
	if fields, ok := m["tuple"].([]any); ok {
		t, g := fieldShapes(fields, nil)
		tup := &Type{Kind: Tuple}
		for _, e := range t {
			tup.Fields = append(tup.Fields, Field{Type: e})
		}
		return &shape{tup, g}
	}
	if cases, ok := m["variant"].([]any); ok {
		t, g := fieldShapes(cases, []reflect.StructField{{Name: "Case", Type: reflect.TypeFor[uint8]()}})
		v := &Type{Kind: Variant}
		for i, e := range t {
			v.Cases = append(v.Cases, Case{fmt.Sprint("c", i), e})
		}
		return &shape{v, g}
	}
	if n, ok := m["enum"].(float64); ok {
		e := &Type{Kind: Enum, Cases: make([]Case, int(n))}
		g := reflect.TypeFor[uint8]()
		if n > 256 {
			g = reflect.TypeFor[uint16]()
		}
		return &shape{e, g}
	}
	if n, ok := m["flags"].(float64); ok {
		return &shape{&Type{Kind: Flags, Labels: make([]string, int(n))}, reflect.TypeFor[uint32]()}
	}
	if i, ok := m["option"].(float64); ok {
		o := optionShapes[int(i)]
		return &shape{&Type{Kind: Option, Cases: []Case{{"none", nil}, {"some", shapeOf(o.t).t}}}, o.g}
	}
	r := resultShapes[int(m["result"].(float64))]
	t := &Type{Kind: Result, Cases: []Case{{"ok", nil}, {"error", nil}}}
	for i, v := range []any{r.ok, r.err} {
		if s := shapeOf(v); s != nil {
			t.Cases[i].Type = s.t
		}
	}
	return &shape{t, r.g}
}

// fieldShapes makes a Go struct with a field for each description that is not
// nil, after the first fields.
func fieldShapes(vs []any, first []reflect.StructField) ([]*Type, reflect.Type) {
	var types []*Type
	for i, v := range vs {
		s := shapeOf(v)
		if s == nil {
			types = append(types, nil)
			continue
		}
		types = append(types, s.t)
		first = append(first, reflect.StructField{Name: fmt.Sprint("F", i), Type: s.g})
	}
	return types, reflect.StructOf(first)
}

// text prints a value in the notation of testdata/definitions.json.
func text(t *Type, v reflect.Value) string {
	switch t.Kind {
	case F32:
		return floatText(v.Float(), fmt.Sprintf("%08x", math.Float32bits(float32(v.Float()))))
	case F64:
		return floatText(v.Float(), fmt.Sprintf("%016x", math.Float64bits(v.Float())))
	case String:
		return `"` + hex.EncodeToString([]byte(v.String())) + `"`
	case List:
		var s []string
		for i := range v.Len() {
			s = append(s, text(t.Elem, v.Index(i)))
		}
		return "[" + strings.Join(s, ",") + "]"
	case Tuple:
		var s []string
		for i, f := range t.Fields {
			s = append(s, text(f.Type, v.Field(i)))
		}
		return "(" + strings.Join(s, ",") + ")"
	case Variant, Option, Result:
		return caseText(t, v)
	}
	return fmt.Sprint(v.Interface())
}

func floatText(f float64, bits string) string {
	if f != f {
		return "nan"
	}
	return bits
}

func caseText(t *Type, v reflect.Value) string {
	n := 0
	if d := v.Field(0); d.Kind() == reflect.Bool {
		n = int(boolByte(d.Bool()))
	} else {
		n = int(d.Uint())
	}
	field := 1
	for _, c := range t.Cases[:n] {
		if c.Type != nil || t.Kind == Result {
			field++
		}
	}
	if c := t.Cases[n]; c.Type != nil {
		return fmt.Sprintf("%d:%s", n, text(c.Type, v.Field(field)))
	}
	return fmt.Sprint(n)
}

// randomDesc makes a description of a random type.
func randomDesc(r *rand.Rand, depth int) any {
	k := r.IntN(14)
	if depth == 0 {
		k = 0
	}
	var d map[string]any
	switch {
	case k < 5:
		return scalarNames[r.IntN(len(scalarNames))]
	case k < 7:
		d = map[string]any{"list": randomDesc(r, depth-1)}
	case k == 7:
		d = map[string]any{"array": randomDesc(r, depth-1), "len": float64(1 + r.IntN(4))}
	case k < 10:
		d = map[string]any{"tuple": randomDescs(r, depth-1, 4)}
	case k == 10:
		cases := randomDescs(r, depth-1, 5)
		cases[r.IntN(len(cases))] = nil
		d = map[string]any{"variant": cases}
	case k == 11:
		d = map[string]any{"enum": float64([]int{1, 3, 200, 300}[r.IntN(4)])}
	case k == 12:
		d = map[string]any{"flags": float64([]int{1, 7, 9, 17, 32}[r.IntN(5)])}
	case r.IntN(2) == 0:
		d = map[string]any{"option": float64(r.IntN(len(optionShapes)))}
	default:
		d = map[string]any{"result": float64(r.IntN(len(resultShapes)))}
	}
	return d
}

func randomDescs(r *rand.Rand, depth, most int) []any {
	ds := make([]any, 1+r.IntN(most))
	for i := range ds {
		ds[i] = randomDesc(r, depth)
	}
	return ds
}

// fill makes v a random value of type t.
func fill(r *rand.Rand, t *Type, v reflect.Value) {
	switch t.Kind {
	case Bool:
		v.SetBool(r.IntN(2) == 0)
	case S8, S16, S32, S64:
		v.SetInt(int64(r.Uint64()) >> (64 - v.Type().Bits()))
	case U8, U16, U32, U64:
		v.SetUint(r.Uint64() >> (64 - v.Type().Bits()))
	case F32, F64:
		v.SetFloat(float64(float32(r.NormFloat64())))
	case Char:
		v.SetInt(int64([]rune("aé世😀\x00\U0010ffff")[r.IntN(6)]))
	case String:
		v.SetString(randomString(r))
	case List:
		if t.Len == 0 && r.IntN(4) > 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1+r.IntN(5), 1+5))
		}
		for i := range v.Len() {
			fill(r, t.Elem, v.Index(i))
		}
	case Tuple:
		for i, f := range t.Fields {
			fill(r, f.Type, v.Field(i))
		}
	case Enum:
		v.SetUint(uint64(r.IntN(len(t.Cases))))
	case Flags:
		v.SetUint(uint64(r.Uint32() & flagsMask(t)))
	case Own:
		v.Set(reflect.ValueOf(&thing{r.Uint32()}))
	default:
		fillCase(r, t, v)
	}
}

func fillCase(r *rand.Rand, t *Type, v reflect.Value) {
	n := r.IntN(len(t.Cases))
	if d := v.Field(0); d.Kind() == reflect.Bool {
		d.SetBool(n == 1)
	} else {
		d.SetUint(uint64(n))
	}
	field := 1
	for _, c := range t.Cases[:n] {
		if c.Type != nil || t.Kind == Result {
			field++
		}
	}
	if c := t.Cases[n]; c.Type != nil {
		fill(r, c.Type, v.Field(field))
	}
}

func randomString(r *rand.Rand) string {
	alphabet := [][]rune{[]rune("abcdef"), []rune("abé\u00ff"), []rune("aé世"), []rune("x😀世é")}[r.IntN(4)]
	var b strings.Builder
	for range []int{0, 1, 3, 9}[r.IntN(4)] {
		b.WriteRune(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

// signature makes a function type and the Go types for it.
func signature(params []any, result any) (*FuncType, reflect.Type, reflect.Type) {
	types, g := fieldShapes(params, nil)
	ft := &FuncType{}
	for i, t := range types {
		ft.Params = append(ft.Params, Field{fmt.Sprint("p", i), t})
	}
	if s := shapeOf(result); s != nil {
		ft.Result = s.t
		return ft, g, s.g
	}
	return ft, g, reflect.TypeFor[struct{}]()
}

func describe(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
