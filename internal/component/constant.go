package component

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// constant evaluates the definition of a value.
func (ev *evaluation) constant(d *Constant) (entity, error) {
	t, err := ev.l.valType(ev.s, &d.Type)
	if err != nil {
		return nil, err
	}
	v, err := ev.l.constant(t, d.Data)
	if err != nil {
		return nil, err
	}
	return ev.l.newValue(&Value{Type: t, Const: v})
}

// constant gives the dynamic Go value that bytes encode as one of a type
// (spec: value definitions).
func (l *linker) constant(t *abi.Type, data []byte) (any, error) {
	if err := l.spend(len(data) / 4); err != nil {
		return nil, err
	}
	r := &constantReader{reader{buf: data, end: len(data)}, l}
	v := r.value(t)
	if r.err == nil && r.pos < r.end {
		r.failf(r.pos, "%d bytes too many", r.end-r.pos)
	}
	if r.err != nil {
		return nil, fmt.Errorf("value of type %s, at its byte %d: %s", brief(t), r.err.Offset, r.err.Msg)
	}
	return v, nil
}

// A constantReader reads the encoding of a value, which has nothing to do with
// that in linear memory.
type constantReader struct {
	reader
	l *linker // that is charged
}

// value reads a value of a type.
func (r *constantReader) value(t *abi.Type) any {
	if s, ok := scalarReaders[t.Kind]; ok {
		return s.one(&r.reader)
	}
	// A type may have more parts than a value has bytes.
	if err := r.l.spend(1 + len(t.Fields) + len(t.Labels)/8); err != nil && r.err == nil {
		r.failf(r.pos, "%v", err)
	}
	if r.err != nil {
		return nil
	}
	switch t.Kind {
	case abi.List:
		return r.list(t)
	case abi.Record:
		record := make(abi.RecordValue, len(t.Fields))
		for i, f := range t.Fields {
			record[i] = abi.FieldValue{Name: f.Name, Value: r.value(f.Type)}
		}
		return record
	case abi.Tuple:
		list := make([]any, len(t.Fields))
		for i, f := range t.Fields {
			list[i] = r.value(f.Type)
		}
		return list
	case abi.Flags:
		return r.flags(t)
	case abi.Enum:
		name, _ := r.payload(t, r.u32())
		return name
	case abi.Variant:
		name, v := r.payload(t, r.u32())
		return abi.VariantValue{Case: name, Value: v}
	case abi.Option:
		some := r.flag("option")
		_, v := r.payload(t, uint32(bit(some)))
		return abi.OptionOf[any]{Some: some, Value: v}
	case abi.Result:
		failed := r.flag("result")
		_, v := r.payload(t, uint32(bit(failed)))
		if failed {
			return abi.ResultOf[any, any]{IsErr: true, Err: v}
		}
		return abi.ResultOf[any, any]{OK: v}
	}
	r.failf(r.pos, "there are no constants of type %s", t.Kind)
	return nil
}

func (r *constantReader) list(t *abi.Type) any {
	n := int(t.Len)
	if n == 0 {
		n = r.count(1)
	}
	if s, ok := scalarReaders[t.Elem.Kind]; ok {
		return s.many(&r.reader, n)
	}
	return many(&r.reader, n, func(*reader) any { return r.value(t.Elem) })
}

func (r *constantReader) flags(t *abi.Type) any {
	set := r.bytes(uint32(len(t.Labels)+7) / 8)
	var labels []string
	for i, l := range t.Labels {
		if r.err == nil && set[i/8]>>(i%8)&1 != 0 {
			labels = append(labels, l)
		}
	}
	return labels
}

// payload reads what a case has, and gives its name.
func (r *constantReader) payload(t *abi.Type, i uint32) (string, any) {
	switch {
	case r.err != nil:
	case uint64(i) >= uint64(len(t.Cases)):
		r.failf(r.pos, "case %d of %d", i, len(t.Cases))
	case t.Cases[i].Type != nil:
		return t.Cases[i].Name, r.value(t.Cases[i].Type)
	default:
		return t.Cases[i].Name, nil
	}
	return "", nil
}

// A scalarReader reads a scalar, or a list of them.
type scalarReader struct {
	one  func(*reader) any
	many func(*reader, int) any
}

func readerOf[T any](one func(*reader) T) scalarReader {
	return scalarReader{
		func(r *reader) any { return one(r) },
		func(r *reader, n int) any { return many(r, n, one) },
	}
}

// many reads items that take a byte at least; nil for none.
func many[T any](r *reader, n int, item func(*reader) T) []T {
	list := slices.Grow([]T(nil), min(n, r.end-r.pos))
	for ; n > 0 && r.err == nil; n-- {
		list = append(list, item(r))
	}
	return list
}

var scalarReaders = map[abi.Kind]scalarReader{
	abi.Bool:   readerOf(func(r *reader) bool { return r.flag("bool") }),
	abi.S8:     readerOf(func(r *reader) int8 { return int8(r.byte()) }),
	abi.U8:     readerOf((*reader).byte),
	abi.S16:    readerOf(func(r *reader) int16 { return int16(r.signed(16)) }),
	abi.U16:    readerOf(func(r *reader) uint16 { return uint16(r.unsigned(16)) }),
	abi.S32:    readerOf(func(r *reader) int32 { return int32(r.signed(32)) }),
	abi.U32:    readerOf((*reader).u32),
	abi.S64:    readerOf(func(r *reader) int64 { return r.signed(64) }),
	abi.U64:    readerOf(func(r *reader) uint64 { return r.unsigned(64) }),
	abi.F32:    readerOf(func(r *reader) float32 { return math.Float32frombits(uint32(r.float(0x7fc00000, 8, 4))) }),
	abi.F64:    readerOf(func(r *reader) float64 { return math.Float64frombits(r.float(0x7ff8000000000000, 11, 8)) }),
	abi.Char:   readerOf((*reader).char),
	abi.String: readerOf((*reader).name),
}

// signed reads a signed LEB128 number of at most bits bits.
func (r *reader) signed(bits uint) int64 {
	at := r.pos
	var v int64
	for shift := uint(0); ; shift += 7 {
		b := r.byte()
		if r.err != nil {
			return 0
		}
		v |= int64(b&0x7f) << shift
		if left := bits - min(shift, bits); left < 7 {
			// What is beyond the sign bit must equal it, and nothing may follow.
			if sign := int8(b<<1) >> left; left == 0 || b >= 0x80 || sign != 0 && sign != -1 {
				r.failf(at, "malformed number")
			}
			return v
		}
		if b < 0x80 {
			return v << (57 - min(shift, 57)) >> (57 - min(shift, 57))
		}
	}
}

// float reads a floating point number, of which there is one NaN only.
func (r *reader) float(nan uint64, exponent, size uint) uint64 {
	at := r.pos
	var v uint64
	for i := range size {
		v |= uint64(r.byte()) << (8 * i)
	}
	top := v << (64 - 8*size) << 1 // without the sign
	if r.err == nil && top>>(64-exponent) == 1<<exponent-1 && top<<exponent != 0 && v != nan {
		r.failf(at, "a NaN that is not canonical")
	}
	return v
}

func (r *reader) char() rune {
	c, n := utf8.DecodeRune(r.buf[r.pos:r.end])
	if n == 0 || c == utf8.RuneError && n == 1 {
		r.failf(r.pos, "no Unicode scalar value")
		return 0
	}
	r.pos += n
	return c
}
