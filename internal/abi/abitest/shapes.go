package abitest

import (
	"fmt"
	"reflect"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// GoType gives a Go shape for a type. reflect cannot make generic types, so
// the payloads of options and results are dynamic where no shape made
// beforehand fits.
func GoType(t *abi.Type) reflect.Type {
	if g := scalarTypes[t.Kind]; g != nil {
		return g
	}
	switch t.Kind {
	case abi.List:
		if t.Len > 0 {
			return reflect.ArrayOf(int(t.Len), GoType(t.Elem))
		}
		return reflect.SliceOf(GoType(t.Elem))
	case abi.Record, abi.Tuple:
		fields := make([]reflect.StructField, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = reflect.StructField{Name: fmt.Sprint("F", i), Type: GoType(f.Type)}
		}
		return reflect.StructOf(fields)
	case abi.Flags:
		return unsigned(len(t.Labels))
	case abi.Option:
		return optionType(GoType(t.Cases[1].Type))
	case abi.Result:
		return resultType(payloadType(t.Cases[0].Type), payloadType(t.Cases[1].Type))
	}
	disc := unsigned(bitsFor(len(t.Cases)))
	if t.Kind == abi.Enum {
		return disc
	}
	fields := []reflect.StructField{{Name: "Case", Type: disc}}
	for i, c := range t.Cases {
		if c.Type != nil {
			fields = append(fields, reflect.StructField{Name: fmt.Sprint("C", i), Type: GoType(c.Type)})
		}
	}
	return reflect.StructOf(fields)
}

func bitsFor(cases int) (bits int) {
	for 1<<bits < cases {
		bits++
	}
	return bits
}

func unsigned(bits int) reflect.Type {
	switch {
	case bits <= 8:
		return reflect.TypeFor[uint8]()
	case bits <= 16:
		return reflect.TypeFor[uint16]()
	}
	return reflect.TypeFor[uint32]()
}

func payloadType(t *abi.Type) reflect.Type {
	if t == nil {
		return reflect.TypeFor[struct{}]()
	}
	return GoType(t)
}

var scalarTypes = map[abi.Kind]reflect.Type{
	abi.Bool: reflect.TypeFor[bool](), abi.Char: reflect.TypeFor[rune](), abi.String: reflect.TypeFor[string](),
	abi.S8: reflect.TypeFor[int8](), abi.S16: reflect.TypeFor[int16](), abi.S32: reflect.TypeFor[int32](), abi.S64: reflect.TypeFor[int64](),
	abi.U8: reflect.TypeFor[uint8](), abi.U16: reflect.TypeFor[uint16](), abi.U32: reflect.TypeFor[uint32](), abi.U64: reflect.TypeFor[uint64](),
	abi.F32: reflect.TypeFor[float32](), abi.F64: reflect.TypeFor[float64](),
}

// The options and results there are by their payloads.
var (
	options = map[reflect.Type]reflect.Type{}
	results = map[[2]reflect.Type]reflect.Type{}
)

func optionType(payload reflect.Type) reflect.Type {
	if g := options[payload]; g != nil {
		return g
	}
	return reflect.TypeFor[abi.OptionOf[any]]()
}

func resultType(ok, err reflect.Type) reflect.Type {
	for _, key := range [][2]reflect.Type{{ok, err}, {anyBut(ok), err}, {ok, anyBut(err)}} {
		if g := results[key]; g != nil {
			return g
		}
	}
	return reflect.TypeFor[abi.ResultOf[any, any]]()
}

// anyBut gives the dynamic shape, but for an absent payload.
func anyBut(g reflect.Type) reflect.Type {
	if g == reflect.TypeFor[struct{}]() {
		return g
	}
	return reflect.TypeFor[any]()
}

func init() {
	payload[bool]()
	payload[int8]()
	payload[uint8]()
	payload[int16]()
	payload[uint16]()
	payload[int32]()
	payload[uint32]()
	payload[int64]()
	payload[uint64]()
	payload[float32]()
	payload[float64]()
	payload[string]()
	payload[[]byte]()
	payload[[]string]()
	payload[[]uint64]()
	payload[abi.OptionOf[string]]()
	payload[abi.OptionOf[any]]()
	payload[abi.ResultOf[any, any]]()
	payload[any]()
	payload[struct{}]()
}

// payload makes the shapes that have T for a payload.
func payload[T any]() {
	option[T]()
	option[abi.OptionOf[T]]()
	result[T, struct{}]()
	result[struct{}, T]()
	result[T, any]()
	result[any, T]()
	result[T, uint8]()
	result[T, float32]()
	result[uint64, T]()
	result[T, float64]()
	result[string, T]()
}

func option[T any]() { options[reflect.TypeFor[T]()] = reflect.TypeFor[abi.OptionOf[T]]() }

func result[T, E any]() {
	results[[2]reflect.Type{reflect.TypeFor[T](), reflect.TypeFor[E]()}] = reflect.TypeFor[abi.ResultOf[T, E]]()
}
