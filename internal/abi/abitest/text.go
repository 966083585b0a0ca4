package abitest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// Text writes a value, dynamic or of any Go shape, as JSON: floats as the hex
// digits of their bits or "nan", characters as numbers, strings as the hex
// digits of their UTF-8, records and tuples as lists, flags as a number, and
// what is a variant as [case] or [case, payload].
func Text(t *abi.Type, v reflect.Value) string {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch t.Kind {
	case abi.F32:
		if f := v.Float(); f == f {
			return fmt.Sprintf(`"%08x"`, math.Float32bits(float32(f)))
		}
		return `"nan"`
	case abi.F64:
		if f := v.Float(); f == f {
			return fmt.Sprintf(`"%016x"`, math.Float64bits(f))
		}
		return `"nan"`
	case abi.String:
		return `"` + hex.EncodeToString([]byte(v.String())) + `"`
	case abi.List:
		return textOf(v.Len(), func(i int) string { return Text(t.Elem, v.Index(i)) })
	case abi.Record, abi.Tuple:
		return textOf(len(t.Fields), func(i int) string { return Text(t.Fields[i].Type, field(v, i)) })
	case abi.Flags:
		return strconv.FormatUint(flagBits(t, v), 10)
	case abi.Variant, abi.Enum, abi.Option, abi.Result:
		i, payload := opened(t, v)
		if c := t.Cases[i]; c.Type != nil {
			return fmt.Sprintf("[%d,%s]", i, Text(c.Type, payload))
		}
		return fmt.Sprintf("[%d]", i)
	}
	return fmt.Sprint(v.Interface())
}

func textOf(n int, item func(i int) string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = item(i)
	}
	return "[" + strings.Join(items, ",") + "]"
}

// field gives a field of a record or tuple: of a Go struct or array, a
// RecordValue or a []any.
func field(v reflect.Value, i int) reflect.Value {
	if v.Kind() == reflect.Struct {
		return v.Field(i)
	}
	if r, ok := v.Interface().(abi.RecordValue); ok {
		return reflect.ValueOf(r[i].Value)
	}
	return v.Index(i)
}

func flagBits(t *abi.Type, v reflect.Value) (bits uint64) {
	if v.Kind() != reflect.Slice {
		return v.Uint()
	}
	for i, l := range t.Labels {
		for j := range v.Len() {
			if v.Index(j).String() == l {
				bits |= 1 << i
			}
		}
	}
	return bits
}

// opened gives the case of a variant and its payload.
func opened(t *abi.Type, v reflect.Value) (int, reflect.Value) {
	switch {
	case v.Kind() == reflect.String:
		return caseIndex(t, v.String()), reflect.Value{}
	case v.Kind() != reflect.Struct: // an enum
		return int(v.Uint()), reflect.Value{}
	case v.Type() == reflect.TypeFor[abi.VariantValue]():
		d := v.Interface().(abi.VariantValue)
		return caseIndex(t, d.Case), reflect.ValueOf(d.Value)
	}
	n := 0
	if d := v.Field(0); d.Kind() != reflect.Bool {
		n = int(d.Uint())
	} else if d.Bool() {
		n = 1
	}
	if t.Kind == abi.Result {
		return n, v.Field(1 + n)
	}
	at := 0
	for _, c := range t.Cases[:n+1] {
		if c.Type != nil {
			at++
		}
	}
	return n, v.Field(at)
}

func caseIndex(t *abi.Type, name string) int {
	for i, c := range t.Cases {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// Parse reads what Text has written, decoded with numbers as json.Number, as a
// dynamic value.
func Parse(t *abi.Type, v any) any {
	switch t.Kind {
	case abi.Bool:
		return v.(bool)
	case abi.F32:
		return float32FromText(v.(string))
	case abi.F64:
		return float64FromText(v.(string))
	case abi.String:
		b, err := hex.DecodeString(v.(string))
		if err != nil {
			panic(err)
		}
		return string(b)
	case abi.List:
		elems := v.([]any)
		for i := range elems {
			elems[i] = Parse(t.Elem, elems[i])
		}
		return sliced(t.Elem.Kind, elems)
	case abi.Tuple, abi.Record:
		return parseFields(t, v.([]any))
	case abi.Variant, abi.Enum, abi.Option, abi.Result:
		l := v.([]any)
		i, payload := number(l[0]), any(nil)
		if c := t.Cases[i]; c.Type != nil {
			payload = Parse(c.Type, l[1])
		}
		return closed(t, i, payload)
	case abi.Flags:
		var set []string
		for i, l := range t.Labels {
			if number(v)>>i&1 != 0 {
				set = append(set, l)
			}
		}
		return set
	}
	return parseInt(t.Kind, v.(json.Number).String())
}

func parseFields(t *abi.Type, list []any) any {
	var r abi.RecordValue
	for i, f := range t.Fields {
		list[i] = Parse(f.Type, list[i])
		r = append(r, abi.FieldValue{Name: f.Name, Value: list[i]})
	}
	if t.Kind == abi.Tuple {
		return list
	}
	return r
}

func parseInt(k abi.Kind, s string) any {
	if strings.HasPrefix(s, "-") || k == abi.Char {
		n, _ := strconv.ParseInt(s, 10, 64)
		return integer(k, uint64(n))
	}
	n, _ := strconv.ParseUint(s, 10, 64)
	return integer(k, n)
}

func float32FromText(s string) float32 {
	if s == "nan" {
		return math.Float32frombits(nan32)
	}
	n, _ := strconv.ParseUint(s, 16, 32)
	return math.Float32frombits(uint32(n))
}

func float64FromText(s string) float64 {
	if s == "nan" {
		return math.Float64frombits(nan64)
	}
	n, _ := strconv.ParseUint(s, 16, 64)
	return math.Float64frombits(n)
}
