package component

import (
	"fmt"
	"unicode/utf8"
)

// maxDepth limits how deep components and types may be nested in each other.
const maxDepth = 100

// A reader reads part of a binary. Its first error sticks: from then on every
// read gives zero, and counts are 0, so that loops end.
type reader struct {
	buf     []byte // the outermost binary
	pos     int
	end     int
	depth   int
	section string
	err     *Error
}

func (r *reader) failf(at int, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{Offset: at, Section: r.section, Msg: fmt.Sprintf(format, args...)}
	}
	r.pos = r.end
}

func (r *reader) more() bool { return r.err == nil && r.pos < r.end }

func (r *reader) byte() byte {
	if r.pos >= r.end {
		r.failf(r.pos, "unexpected end")
		return 0
	}
	b := r.buf[r.pos]
	r.pos++
	return b
}

// bytes gives the next n bytes, not copied.
func (r *reader) bytes(n uint32) []byte {
	if uint64(n) > uint64(r.end-r.pos) {
		r.failf(r.pos, "unexpected end: %d bytes wanted, %d left", n, r.end-r.pos)
		return nil
	}
	b := r.buf[r.pos : r.pos+int(n) : r.pos+int(n)]
	r.pos += int(n)
	return b
}

// unsigned reads an unsigned LEB128 number of at most bits bits.
func (r *reader) unsigned(bits uint) uint64 {
	at := r.pos
	var v uint64
	for shift := uint(0); ; shift += 7 {
		b := r.byte()
		if r.err != nil {
			return 0
		}
		if shift+7 > bits && (shift >= bits || b&0x7f>>(bits-shift) != 0 || b&0x80 != 0) {
			r.failf(at, "malformed number")
			return 0
		}
		v |= uint64(b&0x7f) << shift
		if b&0x80 == 0 {
			return v
		}
	}
}

func (r *reader) u32() uint32 { return uint32(r.unsigned(32)) }

// typeIndex reads the index of a type where an opcode, a negative number of
// one byte, might stand as well: a non-negative signed LEB128 of 33 bits. As
// the sign bit is 0, it is an unsigned number whose last group is below 0x40.
func (r *reader) typeIndex() uint32 {
	at := r.pos
	v := r.unsigned(33)
	if r.err == nil && (r.buf[r.pos-1]&0x40 != 0 || v > 0xffffffff) {
		r.failf(at, "malformed type index")
		return 0
	}
	return uint32(v)
}

// count reads the length of a vector whose items take at least size bytes.
func (r *reader) count(size int) int {
	at := r.pos
	n := r.u32()
	if r.err == nil && uint64(n)*uint64(size) > uint64(r.end-r.pos) {
		r.failf(at, "a list of %d items does not fit in the %d bytes left", n, r.end-r.pos)
		return 0
	}
	if r.err != nil {
		return 0
	}
	return int(n)
}

// vector reads a vector whose items take at least size bytes; nil if empty.
func vector[T any](r *reader, size int, item func() T) []T {
	n := r.count(size)
	if n == 0 {
		return nil
	}
	items := make([]T, 0, min(n, 1024))
	for range n {
		items = append(items, item())
		if r.err != nil {
			return nil
		}
	}
	return items
}

func (r *reader) name() string {
	at := r.pos
	b := r.bytes(r.u32())
	if !utf8.Valid(b) {
		r.failf(at, "a name is not valid UTF-8")
		return ""
	}
	return string(b)
}

// flag reads a byte that must be 0 or 1.
func (r *reader) flag(what string) bool {
	at := r.pos
	b := r.byte()
	if b > 1 {
		r.failf(at, "%s: 0 or 1 expected, found 0x%02x", what, b)
	}
	return b == 1
}

// expect reads a byte that must be b.
func (r *reader) expect(b byte, what string) {
	at := r.pos
	if got := r.byte(); r.err == nil && got != b {
		r.failf(at, "%s: 0x%02x expected, found 0x%02x", what, b, got)
	}
}

// enter counts a level of nesting; it is false, with an error set, when there
// are too many.
func (r *reader) enter() bool {
	r.depth++
	if r.depth > maxDepth {
		r.failf(r.pos, "more than %d levels of nesting", maxDepth)
	}
	return r.err == nil
}

func (r *reader) leave() { r.depth-- }
