package component

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/abi/abitest"
	"github.com/isyswasfa/isyswasfa/internal/fuzzlimit"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// TestRandomConstants makes values of random types together with their
// encodings (spec: value definitions), and reads them back; cut off or followed
// by a byte, they are none.
func TestRandomConstants(t *testing.T) {
	types := abitest.NewGenerator(1)
	g := &constantGenerator{rand.New(rand.NewPCG(1, 0))}
	for range 2000 {
		typ := abitest.TypeOf(types.Type(4))
		want, data := g.pair(typ, nil)
		l := newLinker(&Component{Defs: []Def{&Constant{Data: data}}})
		got, err := l.constant(typ, data)
		if err != nil || !same(got, want) {
			t.Fatalf("%s, % x:\n got %#v, %v\nwant %#v", brief(typ), data, got, err, want)
		}
		if canonical, err := abi.Canonical(typ, got); err != nil || !same(canonical, got) {
			t.Errorf("%s: %#v is not canonical, but %#v (%v)", brief(typ), got, canonical, err)
		}
		if v, err := l.constant(typ, data[:g.IntN(len(data))]); err == nil {
			t.Errorf("%s, % x: cut off, it is %#v", brief(typ), data, v)
		}
		if v, err := l.constant(typ, append(data, 0)); err == nil {
			t.Errorf("%s, % x: with one byte more, it is %#v", brief(typ), data, v)
		}
	}
}

// FuzzConstant reads anything as a value of a random type.
func FuzzConstant(f *testing.F) {
	g := &constantGenerator{rand.New(rand.NewPCG(2, 0))}
	for seed := range uint64(200) {
		_, data := g.pair(abitest.TypeOf(abitest.NewGenerator(seed).Type(4)), nil)
		f.Add(seed, data)
	}
	f.Fuzz(func(t *testing.T, seed uint64, data []byte) {
		typ := abitest.TypeOf(abitest.NewGenerator(seed).Type(4))
		var v any
		var err error
		fuzzlimit.Check(t, len(data), func() { v, err = newLinker(&Component{Defs: []Def{&Constant{Data: data}}}).constant(typ, data) })
		if err != nil {
			return
		}
		if canonical, err := abi.Canonical(typ, v); err != nil || !same(canonical, v) {
			t.Errorf("%s, % x: %#v is not canonical, but %#v (%v)", brief(typ), data, v, canonical, err)
		}
	})
}

// A constantGenerator makes values with their encodings.
type constantGenerator struct{ *rand.Rand }

// pair gives a value and appends its encoding.
func (g *constantGenerator) pair(t *abi.Type, b []byte) (any, []byte) {
	switch t.Kind {
	case abi.List:
		return g.list(t, b)
	case abi.Record:
		var record abi.RecordValue
		for _, f := range t.Fields {
			var v any
			v, b = g.pair(f.Type, b)
			record = append(record, abi.FieldValue{Name: f.Name, Value: v})
		}
		return record, b
	case abi.Tuple:
		var list []any
		for _, f := range t.Fields {
			var v any
			v, b = g.pair(f.Type, b)
			list = append(list, v)
		}
		return list, b
	case abi.Flags:
		set := make([]byte, (len(t.Labels)+7)/8)
		var labels []string
		for i, l := range t.Labels {
			if g.IntN(2) == 0 {
				labels = append(labels, l)
				set[i/8] |= 1 << (i % 8)
			}
		}
		return labels, append(b, set...)
	case abi.Enum, abi.Variant, abi.Option, abi.Result:
		return g.choice(t, b)
	}
	return g.scalar(t.Kind, b)
}

func (g *constantGenerator) choice(t *abi.Type, b []byte) (any, []byte) {
	i := g.IntN(len(t.Cases))
	b = wasm.AppendU32(b, uint32(i))
	var v any
	if c := t.Cases[i].Type; c != nil {
		v, b = g.pair(c, b)
	}
	switch {
	case t.Kind == abi.Enum:
		return t.Cases[i].Name, b
	case t.Kind == abi.Variant:
		return abi.VariantValue{Case: t.Cases[i].Name, Value: v}, b
	case t.Kind == abi.Option:
		return abi.OptionOf[any]{Some: i == 1, Value: v}, b
	case i == 1:
		return abi.ResultOf[any, any]{IsErr: true, Err: v}, b
	}
	return abi.ResultOf[any, any]{OK: v}, b
}

func (g *constantGenerator) list(t *abi.Type, b []byte) (any, []byte) {
	n := int(t.Len)
	if n == 0 {
		n = g.IntN(4)
		b = wasm.AppendU32(b, uint32(n))
	}
	var list []any
	for range n {
		var v any
		v, b = g.pair(t.Elem, b)
		list = append(list, v)
	}
	if v, ok := scalarList(t.Elem.Kind, list); ok {
		return v, b
	}
	return list, b
}

// scalarList gives a list of scalars as a slice of their Go type.
func scalarList(k abi.Kind, list []any) (any, bool) {
	switch k {
	case abi.Bool:
		return sliceOf[bool](list), true
	case abi.S8:
		return sliceOf[int8](list), true
	case abi.U8:
		return sliceOf[uint8](list), true
	case abi.S16:
		return sliceOf[int16](list), true
	case abi.U16:
		return sliceOf[uint16](list), true
	case abi.S32, abi.Char:
		return sliceOf[int32](list), true
	case abi.U32:
		return sliceOf[uint32](list), true
	case abi.S64:
		return sliceOf[int64](list), true
	case abi.U64:
		return sliceOf[uint64](list), true
	case abi.F32:
		return sliceOf[float32](list), true
	case abi.F64:
		return sliceOf[float64](list), true
	case abi.String:
		return sliceOf[string](list), true
	}
	return nil, false
}

func sliceOf[T any](list []any) (out []T) {
	for _, v := range list {
		out = append(out, v.(T))
	}
	return out
}

func (g *constantGenerator) scalar(k abi.Kind, b []byte) (any, []byte) {
	n := g.Uint64() >> g.IntN(64)
	switch k {
	case abi.Bool:
		return n&1 == 1, append(b, byte(n&1))
	case abi.S8:
		return int8(n), append(b, byte(n))
	case abi.U8:
		return uint8(n), append(b, byte(n))
	case abi.S16:
		return int16(n), wasm.AppendS64(b, int64(int16(n)))
	case abi.U16:
		return uint16(n), wasm.AppendU64(b, uint64(uint16(n)))
	case abi.S32:
		return int32(n), wasm.AppendS64(b, int64(int32(n)))
	case abi.U32:
		return uint32(n), wasm.AppendU32(b, uint32(n))
	case abi.S64:
		return int64(n), wasm.AppendS64(b, int64(n))
	case abi.U64:
		return n, wasm.AppendU64(b, n)
	case abi.F32:
		v := float32(g.NormFloat64())
		return v, binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	case abi.F64:
		v := g.NormFloat64()
		return v, binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	case abi.Char:
		r := rune(g.IntN(0xd800))
		return r, append(b, string(r)...)
	}
	s := string([]rune{rune(g.IntN(128)), rune(g.IntN(0x800)), rune(g.IntN(0xd800))}[:g.IntN(4)])
	return s, wasm.AppendName(b, s)
}
