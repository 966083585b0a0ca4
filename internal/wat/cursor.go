package wat

import (
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/sexpr"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// next gives the next node; what names it if it is missing.
func (c *cursor) next(what string) *sexpr.Node {
	if len(c.rest) == 0 {
		c.src.Failf(c.end, "%s is missing", what)
	}
	n := c.rest[0]
	c.rest = c.rest[1:]
	return n
}

func (c *cursor) done() {
	if len(c.rest) > 0 {
		c.src.Failf(c.rest[0].Pos, "unexpected %s", describe(c.rest[0]))
	}
}

func describe(n *sexpr.Node) string {
	switch {
	case n.Kind == sexpr.String:
		return "string"
	case n.Kind == sexpr.Group:
		return "(" + n.Head() + " …)"
	}
	return n.Text
}

// at tells whether a group of that name comes next.
func (c *cursor) at(head string) bool { return len(c.rest) > 0 && c.rest[0].Head() == head }

func (c *cursor) group(head string) *cursor {
	n := c.next("(" + head + " …)")
	if n.Head() != head {
		c.src.Failf(n.Pos, "(%s …) is expected, not %s", head, describe(n))
	}
	return c.within(n)
}

// keyword takes the atom if it comes next.
func (c *cursor) keyword(word string) bool {
	if len(c.rest) == 0 || c.rest[0].Kind != sexpr.Atom || c.rest[0].Text != word {
		return false
	}
	c.rest = c.rest[1:]
	return true
}

func (c *cursor) optionalName() string {
	if len(c.rest) == 0 || c.rest[0].Kind != sexpr.Atom || !strings.HasPrefix(c.rest[0].Text, "$") || len(c.rest[0].Text) < 2 {
		return ""
	}
	return c.next("").Text
}

func (c *cursor) atom(what string) *sexpr.Node {
	n := c.next(what)
	if n.Kind != sexpr.Atom {
		c.src.Failf(n.Pos, "%s is expected, not %s", what, describe(n))
	}
	return n
}

func (c *cursor) str() string {
	n := c.next("a string")
	if n.Kind != sexpr.String {
		c.src.Failf(n.Pos, "a string is expected, not %s", describe(n))
	}
	return n.Text
}

// strings joins the strings up to the end.
func (c *cursor) strings() []byte {
	var out []byte
	for len(c.rest) > 0 {
		out = append(out, c.str()...)
	}
	return out
}

// index reads a name or number of an index space.
func (c *cursor) index(sp space) uint32 {
	n := c.atom(string(sp) + " index")
	if strings.HasPrefix(n.Text, "$") {
		i, ok := c.names[sp][n.Text]
		if !ok {
			c.src.Failf(n.Pos, "unknown %s %s", sp, n.Text)
		}
		return i
	}
	i := uint32(c.integer(n, 32))
	if i >= c.counts[sp] {
		c.src.Failf(n.Pos, "unknown %s %d", sp, i)
	}
	return i
}

func (c *cursor) indices(sp space) []uint32 {
	var list []uint32
	for len(c.rest) > 0 {
		list = append(list, c.index(sp))
	}
	return list
}

// indicesAhead counts the names and numbers that come next.
func (c *cursor) indicesAhead() int {
	for i, n := range c.rest {
		if n.Kind != sexpr.Atom || strings.IndexByte("$0123456789", n.Text[0]) < 0 {
			return i
		}
	}
	return len(c.rest)
}

// optionalIndex is index, or 0 where neither a name nor a number comes next.
func (c *cursor) optionalIndex(sp space) uint32 {
	if c.indicesAhead() > 0 {
		return c.index(sp)
	}
	return 0
}

func (c *cursor) valType() wasm.ValType {
	n := c.atom("a type")
	switch n.Text {
	case "i32":
		return wasm.I32
	case "i64":
		return wasm.I64
	case "f32":
		return wasm.F32
	case "f64":
		return wasm.F64
	case "funcref":
		return wasm.FuncRef
	case "externref":
		return wasm.ExternRef
	}
	c.src.Failf(n.Pos, "unknown type %s", n.Text)
	return 0
}

func (c *cursor) valTypes() []wasm.ValType {
	var list []wasm.ValType
	for len(c.rest) > 0 {
		list = append(list, c.valType())
	}
	return list
}

func (c *cursor) globalType() wasm.GlobalType {
	if !c.at("mut") {
		return wasm.GlobalType{Type: c.valType()}
	}
	m := c.group("mut")
	g := wasm.GlobalType{Type: m.valType(), Mutable: true}
	m.done()
	return g
}

func (c *cursor) limits() wasm.Limits {
	l := wasm.Limits{Min: c.integer(c.atom("a minimum"), 32)}
	if len(c.rest) > 0 && c.rest[0].Kind == sexpr.Atom && c.rest[0].Text[0] >= '0' && c.rest[0].Text[0] <= '9' {
		l.Max, l.HasMax = c.integer(c.next(""), 32), true
	}
	l.Shared = c.keyword("shared")
	if c.at("pagesize") {
		size := c.group("pagesize")
		l.Bytes = size.integer(size.atom("the size of a page"), 32) == 1
		size.done()
	}
	return l
}

// signature reads params and results; names holds the parameters' names.
func (c *cursor) signature() (ft wasm.FuncType, names map[string]uint32) {
	names = map[string]uint32{}
	for c.at("param") {
		p := c.group("param")
		at := p.end
		if name := p.optionalName(); name != "" {
			if _, ok := names[name]; ok {
				c.src.Failf(at, "parameter %s is already defined", name)
			}
			names[name] = uint32(len(ft.Params))
			ft.Params = append(ft.Params, p.valType())
			p.done()
			continue
		}
		ft.Params = append(ft.Params, p.valTypes()...)
	}
	for c.at("result") {
		ft.Results = append(ft.Results, c.group("result").valTypes()...)
	}
	return ft, names
}

// typeUse reads (type …), a signature, or both.
func (c *cursor) typeUse() (index uint32, names map[string]uint32) {
	if !c.at("type") {
		ft, names := c.signature()
		return c.out.Type(ft), names
	}
	t := c.group("type")
	at := t.end
	index = t.index(types)
	t.done()
	ft, names := c.signature()
	if (ft.Params != nil || ft.Results != nil) && !ft.Equal(c.out.Types[index]) {
		c.src.Failf(at, "the signature differs from that of its type")
	}
	return index, names
}

// offset reads (offset …) or one folded constant instruction.
func (c *cursor) offset() []byte {
	if c.at("offset") {
		return c.group("offset").constant()
	}
	return (&cursor{c.assembler, c.end, []*sexpr.Node{c.next("an offset")}}).constant()
}

// constant reads a constant expression up to the end.
func (c *cursor) constant() []byte {
	b := &body{cursor: c}
	b.instrs()
	c.done()
	return append(b.code, 0x0b)
}
