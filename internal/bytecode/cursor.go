package bytecode

import "errors"

// A Cursor reads part of a module. Its first error sticks.
type Cursor struct {
	buf []byte
	pos int
	Err error
}

// Fail ends reading with an error.
func (c *Cursor) Fail(err error) {
	if c.Err == nil {
		c.Err = err
	}
	c.pos = len(c.buf)
}

// On returns a cursor over bytes.
func On(b []byte) *Cursor { return &Cursor{buf: b} }

var errEnd = errors.New("unexpected end")

// More tells whether there is anything left to read.
func (c *Cursor) More() bool { return c.pos < len(c.buf) }

// Left gives the number of bytes left.
func (c *Cursor) Left() int { return len(c.buf) - c.pos }

// Rest gives what is left.
func (c *Cursor) Rest() []byte { return c.buf[c.pos:] }

// Read gives what was read so far.
func (c *Cursor) Read() []byte { return c.buf[:c.pos:c.pos] }

// Byte reads a byte.
func (c *Cursor) Byte() byte {
	if c.pos >= len(c.buf) {
		c.Fail(errEnd)
		return 0
	}
	c.pos++
	return c.buf[c.pos-1]
}

func (c *Cursor) signed() {
	for n := 0; c.Byte() >= 0x80; n++ {
		if n == 10 {
			c.Fail(errors.New("a number is too long"))
		}
	}
}

// Type reads a value, block or heap type.
func (c *Cursor) Type() {
	at := c.pos
	c.signed()
	if c.Err == nil && c.pos == at+1 && (c.buf[at] == 0x63 || c.buf[at] == 0x64) {
		c.signed() // what it is a reference to
	}
}

// Locals reads the declarations of locals, with which a function begins, and
// gives their number.
func (c *Cursor) Locals() (count uint64) {
	for n := c.U32(); n > 0 && c.Err == nil; n-- {
		count += uint64(c.U32())
		c.Type()
	}
	return count
}

// Bytes reads n bytes, which are not copied.
func (c *Cursor) Bytes(n uint32) []byte {
	if uint64(n) > uint64(len(c.buf)-c.pos) {
		c.Fail(errEnd)
		return nil
	}
	c.pos += int(n)
	return c.buf[c.pos-int(n) : c.pos : c.pos]
}

// U64 reads an unsigned LEB128 number.
func (c *Cursor) U64() uint64 {
	var v uint64
	for shift := uint(0); shift < 64; shift += 7 {
		b := c.Byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	c.Fail(errors.New("a number is too long"))
	return 0
}

// U32 reads an unsigned LEB128 number of 32 bits.
func (c *Cursor) U32() uint32 {
	v := c.U64()
	if v > 0xffffffff {
		c.Fail(errors.New("a number is too large"))
		return 0
	}
	return uint32(v)
}
