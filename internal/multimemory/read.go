package multimemory

import (
	"errors"
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// The sections that wasm.Parse passes through.
const (
	secElem = 9
	secCode = 10
	secData = 11
)

// A cursor reads a section. Its first error sticks.
type cursor struct {
	b   []byte
	i   int
	err error
}

func (c *cursor) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.i = len(c.b)
}

var errEnd = errors.New("unexpected end")

func (c *cursor) byte() byte {
	if c.i >= len(c.b) {
		c.fail(errEnd)
		return 0
	}
	c.i++
	return c.b[c.i-1]
}

func (c *cursor) bytes(n uint32) []byte {
	if uint64(n) > uint64(len(c.b)-c.i) {
		c.fail(errEnd)
		return nil
	}
	c.i += int(n)
	return c.b[c.i-int(n) : c.i : c.i]
}

func (c *cursor) u64() uint64 {
	var v uint64
	for shift := uint(0); shift < 64; shift += 7 {
		b := c.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	c.fail(errors.New("a number is too long"))
	return 0
}

func (c *cursor) u32() uint32 {
	v := c.u64()
	if v > 0xffffffff {
		c.fail(errors.New("a number is too large"))
		return 0
	}
	return uint32(v)
}

// list reads a vector.
func list[T any](c *cursor, item func() T) []T {
	var items []T
	for n := c.u32(); n > 0 && c.err == nil; n-- {
		items = append(items, item())
	}
	return items
}

// expr reads a constant expression with its end.
func (c *cursor) expr() []byte {
	start := c.i
	for c.err == nil {
		if in := c.instr(); in.op == opEnd {
			return c.b[start:c.i:c.i]
		}
	}
	return nil
}

// section gives a cursor over a section, which is empty if there is none.
func section(m *wasm.Module, id byte) *cursor {
	for _, s := range m.Sections {
		if s.ID == id {
			return &cursor{b: s.Data}
		}
	}
	return &cursor{b: []byte{0}}
}

// end gives the error of reading a section to its end.
func (c *cursor) end(name string) error {
	if c.err == nil && c.i < len(c.b) {
		c.err = fmt.Errorf("%d bytes too many", len(c.b)-c.i)
	}
	if c.err != nil {
		return fmt.Errorf("%s section: %w", name, c.err)
	}
	return nil
}

// A body is the body of a function.
type body struct {
	locals []byte // the declarations
	code   []byte // with the final end
}

func readBodies(m *wasm.Module) ([]body, error) {
	c := section(m, secCode)
	bodies := list(c, func() body {
		b := &cursor{b: c.bytes(c.u32())}
		for n := b.u32(); n > 0 && b.err == nil; n-- {
			b.u32()
			b.byte()
		}
		if b.err != nil {
			c.fail(b.err)
		}
		return body{b.b[:b.i:b.i], b.b[b.i:]}
	})
	return bodies, c.end("code")
}

func readElems(m *wasm.Module) ([]wasm.Elem, error) {
	c := section(m, secElem)
	elems := list(c, c.elem)
	return elems, c.end("element")
}

// elem reads an element segment. The bits of its form tell whether it is not
// active, whether it says a table or is declarative, and whether its items are
// expressions.
func (c *cursor) elem() wasm.Elem {
	form := c.u32()
	if form > 7 {
		c.fail(fmt.Errorf("unknown form %d of element segment", form))
		return wasm.Elem{}
	}
	e := wasm.Elem{Ref: wasm.FuncRef}
	explicit := form&2 != 0
	if form&1 == 0 {
		if explicit {
			e.Table = c.u32()
		}
		e.Offset = c.expr()
	} else if e.Mode = wasm.Passive; explicit {
		e.Mode = wasm.Declarative
	}
	if form&3 != 0 {
		if kind := c.byte(); form&4 != 0 {
			e.Ref = wasm.ValType(kind)
		}
	}
	if form&4 == 0 {
		e.Funcs = list(c, c.u32)
	} else if e.Exprs = list(c, c.expr); e.Exprs == nil {
		e.Exprs = [][]byte{}
	}
	return e
}

func readDatas(m *wasm.Module) ([]wasm.Data, error) {
	c := section(m, secData)
	datas := list(c, func() wasm.Data {
		var d wasm.Data
		switch form := c.u32(); form {
		case 0:
		case 1:
			d.Mode = wasm.Passive
		case 2:
			d.Memory = c.u32()
		default:
			c.fail(fmt.Errorf("unknown form %d of data segment", form))
		}
		if d.Mode == wasm.Active {
			d.Offset = c.expr()
		}
		d.Bytes = c.bytes(c.u32())
		return d
	})
	return datas, c.end("data")
}
