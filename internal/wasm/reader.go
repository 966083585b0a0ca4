package wasm

import (
	"fmt"
	"unicode/utf8"
)

// An Error is a fault in a module.
type Error struct {
	Offset  int    // in the module; 0 if the fault is not at one place
	Section string // "" outside sections
	Msg     string
}

// Error says where the fault is and what.
func (e *Error) Error() string {
	where := "core module"
	if e.Section != "" {
		where += ", " + e.Section + " section"
	}
	if e.Offset > 0 {
		where += fmt.Sprintf(", offset %#x", e.Offset)
	}
	return where + ": " + e.Msg
}

// A reader reads b from i on; after the first fault it yields zeros.
type reader struct {
	b   []byte
	i   int
	err *Error
}

func (r *reader) left() int { return len(r.b) - r.i }

func (r *reader) failf(format string, args ...any) {
	if r.err == nil {
		r.err = &Error{Offset: r.i, Msg: fmt.Sprintf(format, args...)}
	}
	r.i = len(r.b)
}

func (r *reader) byte() byte {
	if r.left() < 1 {
		r.failf("unexpected end")
		return 0
	}
	r.i++
	return r.b[r.i-1]
}

func (r *reader) bytes(n uint32) []byte {
	if uint64(n) > uint64(r.left()) {
		r.failf("%d bytes expected, %d left", n, r.left())
		return nil
	}
	r.i += int(n)
	return r.b[r.i-int(n) : r.i : r.i]
}

func (r *reader) u32() uint32 { return uint32(r.leb(32)) }

// leb reads an unsigned number of that many bits.
func (r *reader) leb(bits uint) uint64 {
	var v uint64
	for shift := uint(0); ; shift += 7 {
		c := r.byte()
		if r.err != nil {
			return 0
		}
		if rest := bits - shift; rest < 7 && c>>rest != 0 {
			r.failf("number too large for %d bits", bits)
			return 0
		}
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
}

// skipSigned skips a signed number of at most that many bits.
func (r *reader) skipSigned(bits int) {
	for n := 0; n < bits; n += 7 {
		if r.byte() < 0x80 {
			return
		}
	}
	r.failf("number too large for %d bits", bits)
}

func (r *reader) name() string {
	s := r.bytes(r.u32())
	if !utf8.Valid(s) {
		r.failf("name is not UTF-8: %q", s)
	}
	return string(s)
}

// list reads a vector. Every element takes at least a byte, which bounds what
// a count may allocate.
func list[T any](r *reader, each func(*reader) T) []T {
	n := r.u32()
	if uint64(n) > uint64(r.left()) {
		r.failf("%d elements do not fit into %d bytes", n, r.left())
		return nil
	}
	items := make([]T, 0, min(n, 1024))
	for range n {
		items = append(items, each(r))
		if r.err != nil {
			return nil
		}
	}
	return items
}

func (r *reader) valType() ValType {
	t := ValType(r.byte())
	if r.err == nil && t.String() == "?" {
		r.failf("unknown or unsupported value type %#x", byte(t))
	}
	return t
}

// maxParams is the most parameters, and results, that a function or block may
// have, as in the JavaScript interface of WebAssembly: what is made of a module
// has code for each of them, for each function of the type.
const maxParams = 1000

func (r *reader) funcType() FuncType {
	if form := r.byte(); form != 0x60 && r.err == nil {
		r.failf("type form %#x is not supported: only function types are", form)
	}
	t := FuncType{list(r, (*reader).valType), list(r, (*reader).valType)}
	if len(t.Params) > maxParams || len(t.Results) > maxParams {
		r.failf("a function type has more than %d parameters or results", maxParams)
	}
	return t
}

// pageSize is the flag of a memory whose type says how large its pages are.
const pageSize = 8

func (r *reader) memory() Limits {
	custom := r.left() > 0 && r.b[r.i]&pageSize != 0
	l := r.limits(7 | pageSize)
	if custom {
		size := r.u32() // as a power of 2
		if size != 0 && size != 16 {
			r.failf("pages of 2^%d bytes: they may be of 1 byte or of 64 KiB", size)
		}
		l.Bytes = size == 0
	}
	return l
}

// limits reads limits with flags among those that are known.
func (r *reader) limits(known byte) Limits {
	flags := r.byte()
	if flags&^known != 0 {
		r.failf("unknown flags %#x of limits", flags)
	}
	l := Limits{HasMax: flags&1 != 0, Shared: flags&2 != 0, Is64: flags&4 != 0}
	bits := uint(32)
	if l.Is64 {
		bits = 64
	}
	l.Min = r.leb(bits)
	if l.HasMax {
		l.Max = r.leb(bits)
	}
	return l
}

func (r *reader) table() Table { return Table{r.valType(), r.limits(7)} }

func (r *reader) globalType() GlobalType {
	g := GlobalType{Type: r.valType()}
	mut := r.byte()
	if mut > 1 {
		r.failf("unknown mutability %#x", mut)
	}
	g.Mutable = mut == 1
	return g
}

func (r *reader) global() Global { return Global{r.globalType(), r.constExpr()} }

func (r *reader) tag() uint32 {
	if attribute := r.byte(); attribute != 0 {
		r.failf("unknown attribute %d of a tag", attribute)
	}
	return r.u32()
}

func (r *reader) imported() Import {
	im := Import{Module: r.name(), Name: r.name(), Kind: Kind(r.byte())}
	switch im.Kind {
	case KindFunc:
		im.Type = r.u32()
	case KindTable:
		im.Table = r.table()
	case KindMemory:
		im.Memory = r.memory()
	case KindGlobal:
		im.Global = r.globalType()
	case KindTag:
		im.Type = r.tag()
	default:
		r.failf("unknown kind %d of import %q %q", im.Kind, im.Module, im.Name)
		im.Kind = KindFunc
	}
	return im
}

func (r *reader) export() Export {
	e := Export{Name: r.name(), Kind: Kind(r.byte())}
	if e.Kind > KindTag {
		r.failf("unknown kind %d of export %q", e.Kind, e.Name)
		e.Kind = KindFunc
	}
	e.Index = r.u32()
	return e
}

// constExpr reads a constant expression, its end included.
func (r *reader) constExpr() []byte {
	start := r.i
	for r.err == nil {
		switch op := r.byte(); op {
		case 0x0b: // end
			return r.b[start:r.i:r.i]
		case 0x41: // i32.const
			r.skipSigned(32)
		case 0x42: // i64.const
			r.skipSigned(64)
		case 0x43: // f32.const
			r.bytes(4)
		case 0x44: // f64.const
			r.bytes(8)
		case 0x23, 0xd2: // global.get, ref.func
			r.u32()
		case 0xd0: // ref.null
			r.byte()
		case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e: // add, sub, mul of extended constant expressions
		case 0xfd: // v128.const
			if r.u32() != 12 {
				r.failf("instruction not allowed in a constant expression")
			}
			r.bytes(16)
		default:
			r.failf("instruction %#x not allowed in a constant expression", op)
		}
	}
	return nil
}
