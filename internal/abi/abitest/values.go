package abitest

import (
	"math"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// Value makes a dynamic value of a type in canonical form. Numbers, characters
// and strings are at the edges of their ranges more often than not, and NaN is
// the canonical one.
func (g *Generator) Value(t *abi.Type) any {
	g.leaves = 150
	return g.value(t)
}

func (g *Generator) value(t *abi.Type) any {
	g.leaves--
	switch t.Kind {
	case abi.Own, abi.Borrow:
		return g.handles.pick(g, t)
	case abi.List:
		return g.list(t)
	case abi.Record:
		r := make(abi.RecordValue, len(t.Fields))
		for i, f := range t.Fields {
			r[i] = abi.FieldValue{Name: f.Name, Value: g.value(f.Type)}
		}
		return r
	case abi.Tuple:
		list := make([]any, len(t.Fields))
		for i, f := range t.Fields {
			list[i] = g.value(f.Type)
		}
		return list
	case abi.Flags:
		bits := pick(g, 0, math.MaxUint32, g.Uint32())
		var set []string
		for i, l := range t.Labels {
			if bits>>i&1 != 0 {
				set = append(set, l)
			}
		}
		return set
	case abi.Variant, abi.Enum, abi.Option, abi.Result:
		i := g.IntN(len(t.Cases))
		if g.leaves > 0 && g.IntN(2) == 0 {
			i = pick(g, 0, len(t.Cases)-1)
		}
		var payload any
		if c := t.Cases[i]; c.Type != nil {
			payload = g.value(c.Type)
		}
		return closed(t, i, payload)
	}
	return g.scalar(t.Kind)
}

// closed makes the dynamic value of a case.
func closed(t *abi.Type, i int, payload any) any {
	switch t.Kind {
	case abi.Enum:
		return t.Cases[i].Name
	case abi.Option:
		return abi.OptionOf[any]{Some: i == 1, Value: payload}
	case abi.Result:
		if i == 1 {
			return abi.Err[any](payload)
		}
		return abi.OK[any, any](payload)
	}
	return abi.VariantValue{Case: t.Cases[i].Name, Value: payload}
}

func (g *Generator) list(t *abi.Type) any {
	n := int(t.Len)
	if n == 0 && g.leaves > 0 {
		n = pick(g, 0, 1, 1, 2, 3, 4)
		if t.Elem.Kind < abi.String && g.IntN(16) == 0 {
			n = 20 + g.IntN(100)
		}
	}
	elems := make([]any, n)
	for i := range elems {
		elems[i] = g.value(t.Elem)
	}
	return sliced(t.Elem.Kind, elems)
}

// sliced makes the dynamic form of a list: scalars have slices of their own
// type, and an empty list is a nil slice.
func sliced(k abi.Kind, elems []any) any {
	switch k {
	case abi.Bool:
		return sliceOf[bool](elems)
	case abi.S8:
		return sliceOf[int8](elems)
	case abi.U8:
		return sliceOf[uint8](elems)
	case abi.S16:
		return sliceOf[int16](elems)
	case abi.U16:
		return sliceOf[uint16](elems)
	case abi.S32, abi.Char:
		return sliceOf[int32](elems)
	case abi.U32:
		return sliceOf[uint32](elems)
	case abi.S64:
		return sliceOf[int64](elems)
	case abi.U64:
		return sliceOf[uint64](elems)
	case abi.F32:
		return sliceOf[float32](elems)
	case abi.F64:
		return sliceOf[float64](elems)
	case abi.String:
		return sliceOf[string](elems)
	}
	return sliceOf[any](elems)
}

func sliceOf[T any](elems []any) []T {
	var list []T
	for _, e := range elems {
		list = append(list, e.(T))
	}
	return list
}

func (g *Generator) scalar(k abi.Kind) any {
	switch k {
	case abi.Bool:
		return g.IntN(2) == 0
	case abi.F32:
		return canonical32(g.float32())
	case abi.F64:
		return canonical64(g.float64())
	case abi.Char:
		return g.char(pick(g, chars...))
	case abi.String:
		return g.string()
	}
	return integer(k, g.bits())
}

// integer makes an integer or a character of its low bits.
func integer(k abi.Kind, bits uint64) any {
	switch k {
	case abi.S8:
		return int8(bits)
	case abi.U8:
		return uint8(bits)
	case abi.S16:
		return int16(bits)
	case abi.U16:
		return uint16(bits)
	case abi.S32, abi.Char:
		return int32(bits)
	case abi.U32:
		return uint32(bits)
	case abi.S64:
		return int64(bits)
	}
	return bits
}

// bits are those of an integer: anything, of any magnitude, or next to the
// end of the range of a width.
func (g *Generator) bits() uint64 {
	switch g.IntN(3) {
	case 0:
		return g.Uint64() >> g.IntN(64)
	case 1:
		return uint64(1)<<pick(g, 7, 8, 15, 16, 31, 32, 63) - uint64(g.IntN(3))
	}
	return -g.Uint64N(3)
}

func (g *Generator) float32() float32 {
	return pick(g, 0, float32(math.Copysign(0, -1)), 1.5, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
		math.MaxFloat32, math.SmallestNonzeroFloat32, math.Float32frombits(g.Uint32()))
}

func (g *Generator) float64() float64 {
	return pick(g, 0, math.Copysign(0, -1), -1.5, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64,
		math.SmallestNonzeroFloat64, math.Float64frombits(g.Uint64()))
}

func canonical32(f float32) float32 {
	if f != f {
		return math.Float32frombits(nan32)
	}
	return f
}

func canonical64(f float64) float64 {
	if f != f {
		return math.Float64frombits(nan64)
	}
	return f
}

// The canonical NaN of the Canonical ABI.
const (
	nan32 = 0x7fc00000
	nan64 = 0x7ff8000000000000
)

// chars are ranges of characters: by their bytes in UTF-8 and code units in
// UTF-16, inside and outside Latin-1, and next to the surrogates.
var chars = [][2]rune{{'a', 'z'}, {0, 0x7f}, {0x80, 0xff}, {0xff, 0x100}, {0x100, 0x7ff}, {0x7ff, 0x800}, {0x800, 0xd7ff},
	{0xd7ff, 0xd7ff}, {0xe000, 0xe000}, {0xe000, 0xffff}, {0xfffd, 0x10000}, {0x10000, 0x10ffff}, {0x10ffff, 0x10ffff}}

func (g *Generator) char(of [2]rune) rune { return of[0] + g.Int32N(of[1]-of[0]+1) }

// string makes a string of characters of one or two ranges, the second one
// perhaps at the very end.
func (g *Generator) string() string {
	n := pick(g, 0, 1, 2, 3, 5, 8, 9, 17)
	if g.IntN(40) == 0 {
		n = 60 + g.IntN(400)
	}
	first, second := pick(g, chars[g.IntN(4)], pick(g, chars...)), pick(g, chars...)
	mixed := g.IntN(3)
	s := make([]rune, n)
	for i := range s {
		if mixed == 0 && g.IntN(4) == 0 || mixed == 1 && i == n-1 {
			s[i] = g.char(second)
		} else {
			s[i] = g.char(first)
		}
	}
	return string(s)
}
