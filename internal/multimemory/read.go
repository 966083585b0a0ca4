package multimemory

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/bytecode"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// The sections that wasm.Parse passes through.
const (
	secElem = 9
	secCode = 10
	secData = 11
)

// section gives a cursor over a section, which is empty if there is none.
func section(m *wasm.Module, id byte) *bytecode.Cursor {
	for _, s := range m.Sections {
		if s.ID == id {
			return bytecode.On(s.Data)
		}
	}
	return bytecode.On([]byte{0})
}

// end gives the error of reading a section to its end.
func end(c *bytecode.Cursor, name string) error {
	if c.More() {
		c.Fail(fmt.Errorf("%d bytes too many", c.Left()))
	}
	if c.Err != nil {
		return fmt.Errorf("%s section: %w", name, c.Err)
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
	bodies := bytecode.List(c, func() body {
		b := bytecode.On(c.Bytes(c.U32()))
		b.Locals()
		if b.Err != nil {
			c.Fail(b.Err)
		}
		return body{b.Read(), b.Rest()}
	})
	return bodies, end(c, "code")
}

func readElems(m *wasm.Module) ([]wasm.Elem, error) {
	c := section(m, secElem)
	elems := bytecode.List(c, func() wasm.Elem { return elem(c) })
	return elems, end(c, "element")
}

// elem reads an element segment. The bits of its form tell whether it is not
// active, whether it says a table or is declarative, and whether its items are
// expressions.
func elem(c *bytecode.Cursor) wasm.Elem {
	form := c.U32()
	if form > 7 {
		c.Fail(fmt.Errorf("unknown form %d of element segment", form))
		return wasm.Elem{}
	}
	e := wasm.Elem{Ref: wasm.FuncRef}
	explicit := form&2 != 0
	if form&1 == 0 {
		if explicit {
			e.Table = c.U32()
		}
		e.Offset = c.Expr()
	} else if e.Mode = wasm.Passive; explicit {
		e.Mode = wasm.Declarative
	}
	if form&3 != 0 {
		if kind := c.Byte(); form&4 != 0 {
			e.Ref = wasm.ValType(kind)
		}
	}
	if form&4 == 0 {
		e.Funcs = bytecode.List(c, c.U32)
	} else if e.Exprs = bytecode.List(c, c.Expr); e.Exprs == nil {
		e.Exprs = [][]byte{}
	}
	return e
}

func readDatas(m *wasm.Module) ([]wasm.Data, error) {
	c := section(m, secData)
	datas := bytecode.List(c, func() wasm.Data {
		var d wasm.Data
		switch form := c.U32(); form {
		case 0:
		case 1:
			d.Mode = wasm.Passive
		case 2:
			d.Memory = c.U32()
		default:
			c.Fail(fmt.Errorf("unknown form %d of data segment", form))
		}
		if d.Mode == wasm.Active {
			d.Offset = c.Expr()
		}
		d.Bytes = c.Bytes(c.U32())
		return d
	})
	return datas, end(c, "data")
}
