package component

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// Values are checked, but there is no host for them: Link refuses a component
// that has any, and start functions that take or give some.

func (ev *evaluation) value(d *Value) (entity, error) {
	t, err := ev.l.valType(ev.s, &d.Type)
	if err == nil {
		err = ev.l.spend(len(d.Data) / 32)
	}
	if err == nil {
		err = checkValue(t, d.Data)
	}
	if err == nil && !ev.l.scratch {
		err = errors.New("a host cannot make values")
	}
	return &value{typ: t}, err
}

// checkValue checks that the bytes are the encoding of a value of a type
// (spec: value definitions).
func checkValue(t *abi.Type, data []byte) error {
	r := &reader{buf: data, end: len(data)}
	r.constant(t)
	if r.err == nil && r.pos < r.end {
		r.failf(r.pos, "%d bytes too many", r.end-r.pos)
	}
	if r.err != nil {
		return fmt.Errorf("value of type %s, at its byte %d: %s", brief(t), r.err.Offset, r.err.Msg)
	}
	return nil
}

// constant reads the encoding of a value.
func (r *reader) constant(t *abi.Type) {
	switch t.Kind {
	case abi.Bool:
		r.flag("bool")
	case abi.S8, abi.U8:
		r.byte()
	case abi.U16, abi.U32, abi.U64:
		r.unsigned(map[abi.Kind]uint{abi.U16: 16, abi.U32: 32, abi.U64: 64}[t.Kind])
	case abi.S16, abi.S32, abi.S64:
		r.signed(map[abi.Kind]uint{abi.S16: 16, abi.S32: 32, abi.S64: 64}[t.Kind])
	case abi.F32:
		r.float(0x7fc00000, 8, 4)
	case abi.F64:
		r.float(0x7ff8000000000000, 11, 8)
	case abi.Char:
		r.char()
	case abi.String:
		r.name()
	case abi.List:
		n := int(t.Len)
		if n == 0 {
			n = r.count(1)
		}
		for ; n > 0 && r.err == nil; n-- {
			r.constant(t.Elem)
		}
	case abi.Record, abi.Tuple:
		for _, f := range t.Fields {
			r.constant(f.Type)
		}
	case abi.Flags:
		r.bytes(uint32(len(t.Labels)+7) / 8)
	case abi.Variant, abi.Enum:
		r.constantCase(t, r.u32())
	case abi.Option, abi.Result:
		r.constantCase(t, uint32(bit(r.flag(t.Kind.String()))))
	default:
		r.failf(r.pos, "there are no constants of type %s", t.Kind)
	}
}

func (r *reader) constantCase(t *abi.Type, i uint32) {
	switch {
	case r.err != nil:
	case uint64(i) >= uint64(len(t.Cases)):
		r.failf(r.pos, "case %d of %d", i, len(t.Cases))
	case t.Cases[i].Type != nil:
		r.constant(t.Cases[i].Type)
	}
}

// signed reads a signed LEB128 number of at most bits bits.
func (r *reader) signed(bits uint) {
	at := r.pos
	for shift := uint(0); ; shift += 7 {
		b := r.byte()
		if r.err != nil {
			return
		}
		if left := bits - min(shift, bits); left < 7 {
			// What is beyond the sign bit must equal it, and nothing may follow.
			if sign := int8(b<<1) >> left; left == 0 || b >= 0x80 || sign != 0 && sign != -1 {
				r.failf(at, "malformed number")
			}
			return
		}
		if b < 0x80 {
			return
		}
	}
}

// float reads a floating point number, of which there is one NaN only.
func (r *reader) float(nan uint64, exponent, size uint) {
	at := r.pos
	var v uint64
	for i := range size {
		v |= uint64(r.byte()) << (8 * i)
	}
	top := v << (64 - 8*size) << 1 // without the sign
	if r.err == nil && top>>(64-exponent) == 1<<exponent-1 && top<<exponent != 0 && v != nan {
		r.failf(at, "a NaN that is not canonical")
	}
}

func (r *reader) char() {
	c, n := utf8.DecodeRune(r.buf[r.pos:r.end])
	if n == 0 || c == utf8.RuneError && n == 1 {
		r.failf(r.pos, "no Unicode scalar value")
		return
	}
	r.pos += n
}

// use is scope.get for what takes a value away: arguments and exports.
func (ev *evaluation) use(sort Sort, i uint32) (entity, error) {
	e, err := ev.s.get(sort, i)
	if v, ok := e.(*value); ok {
		if v.used {
			return nil, fmt.Errorf("value %d is used twice", i)
		}
		v.used = true
	}
	return e, err
}

// valuesUsed checks that no value of a component is left.
func (s *scope) valuesUsed() error {
	for i, e := range s.spaces[SortValue] {
		if !e.(*value).used {
			return fmt.Errorf("value %d is never used", i)
		}
	}
	return nil
}

// valueType gives the type of a value import or export.
func (l *linker) valueType(s *scope, d ExternDesc) (*abi.Type, error) {
	if !d.ValEq {
		return l.valType(s, &d.ValTyp)
	}
	v, err := lookup[*value](s, SortValue, d.Index)
	if err != nil {
		return nil, err
	}
	return v.typ, nil
}

func (ev *evaluation) start(d *Start) error {
	f, err := lookup[*Func](ev.s, SortFunc, d.Func)
	if err != nil {
		return err
	}
	if len(d.Args) != len(f.Type.Params) {
		return fmt.Errorf("the start function has %d parameters, but is given %d arguments", len(f.Type.Params), len(d.Args))
	}
	for i, a := range d.Args {
		e, err := ev.use(SortValue, a)
		if err == nil {
			err = ev.l.sameType(f.Type.Params[i].Type, e.(*value).typ)
		}
		if err != nil {
			return fmt.Errorf("argument %d of the start function: %w", i+1, err)
		}
	}
	switch {
	case !ev.l.scratch && (len(d.Args) > 0 || d.Results > 0 || f.Import != nil):
		return errors.New("a host can run start functions only if they are the component's own and take and give nothing")
	case d.Results == 0 && f.Type.Result == nil:
		_, err := ev.l.addStep(&CallStart{Func: f})
		return err
	case d.Results == 1 && f.Type.Result != nil:
		ev.s.add(&value{typ: f.Type.Result})
		return nil
	}
	return fmt.Errorf("the start function does not have %d results", d.Results)
}
