package wat

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/sexpr"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// A body assembles instructions.
type body struct {
	*cursor
	params int // those without names count too
	locals map[string]uint32
	count  uint32 // of parameters and locals
	labels []string
	code   []byte
}

func (b *body) localDecls() []wasm.ValType {
	b.count = uint32(b.params)
	var list []wasm.ValType
	for b.at("local") {
		l := b.group("local")
		at := l.end
		if name := l.optionalName(); name != "" {
			if _, ok := b.locals[name]; ok {
				b.src.Failf(at, "local %s is already defined", name)
			}
			b.locals[name] = b.count + uint32(len(list))
			list = append(list, l.valType())
			l.done()
			continue
		}
		list = append(list, l.valTypes()...)
	}
	b.count += uint32(len(list))
	return list
}

// instrs reads instructions up to the end of the nodes, or up to a flat `end`
// or `else`, which it leaves.
func (b *body) instrs() {
	for len(b.rest) > 0 {
		n := b.rest[0]
		if n.Kind == sexpr.Atom && (n.Text == "end" || n.Text == "else") && len(b.labels) > 0 {
			return
		}
		b.instr(b.next(""))
	}
}

func (b *body) instr(n *sexpr.Node) {
	if n.Kind == sexpr.Group {
		b.folded(n)
		return
	}
	if n.Kind == sexpr.Atom {
		switch n.Text {
		case "block", "loop", "if", "try_table":
			b.flatBlock(n)
			return
		}
		b.op(b.cursor, n)
		return
	}
	b.src.Failf(n.Pos, "an instruction is expected, not a string")
}

// op emits an instruction whose immediates come from c.
func (b *body) op(c *cursor, n *sexpr.Node) { b.code = append(b.code, b.encode(c, n)...) }

func (b *body) folded(n *sexpr.Node) {
	head := n.Head()
	c := b.withHead(n)
	switch head {
	case "block", "loop", "try_table":
		b.open(c, head)
		b.inner(c)
		b.close()
	case "if":
		b.foldedIf(c)
	default:
		code := b.encode(c, n.Nodes[0])
		b.inner(c) // operands
		b.code = append(b.code, code...)
	}
}

// inner assembles the nodes of c with this body's labels.
func (b *body) inner(c *cursor) {
	saved := b.cursor
	b.cursor = c
	depth := len(b.labels)
	for len(b.rest) > 0 {
		b.instr(b.next(""))
	}
	b.labels = b.labels[:depth]
	b.cursor = saved
}

func (b *body) foldedIf(c *cursor) {
	name := c.optionalName()
	bt := b.blockType(c)
	var conds []*sexpr.Node
	for len(c.rest) > 0 && !c.at("then") {
		conds = append(conds, c.next(""))
	}
	b.inner(&cursor{b.assembler, c.end, conds})
	b.code = append(append(b.code, 0x04), bt...)
	b.labels = append(b.labels, name)
	b.inner(c.group("then"))
	if c.at("else") {
		b.code = append(b.code, 0x05)
		b.inner(c.group("else"))
	}
	c.done()
	b.close()
}

func (b *body) open(c *cursor, head string) {
	name := c.optionalName()
	opcode := map[string]byte{"block": 0x02, "loop": 0x03, "if": 0x04, "try_table": 0x1f}[head]
	b.code = append(append(b.code, opcode), b.blockType(c)...)
	if head == "try_table" {
		b.catches(c)
	}
	b.labels = append(b.labels, name)
}

// catches reads the handlers of a try_table, whose labels do not count it.
func (b *body) catches(c *cursor) {
	var code []byte
	n := uint32(0)
	for ; ; n++ {
		kind := byte(0)
		for k, head := range []string{"catch", "catch_ref", "catch_all", "catch_all_ref"} {
			if c.at(head) {
				kind = byte(k) + 1
			}
		}
		if kind == 0 {
			break
		}
		g := c.within(c.next(""))
		if code = append(code, kind-1); kind <= 2 {
			code = wasm.AppendU32(code, g.index(tags))
		}
		code = wasm.AppendU32(code, b.label(g))
		g.done()
	}
	b.code = append(wasm.AppendU32(b.code, n), code...)
}

func (b *body) close() {
	b.labels = b.labels[:len(b.labels)-1]
	b.code = append(b.code, 0x0b)
}

func (b *body) flatBlock(n *sexpr.Node) {
	if len(b.labels) >= sexpr.MaxDepth {
		b.src.Failf(n.Pos, "nested too deeply")
	}
	b.open(b.cursor, n.Text)
	b.instrs()
	if n.Text == "if" && b.keyword("else") {
		b.optionalName()
		b.code = append(b.code, 0x05)
		b.instrs()
	}
	if !b.keyword("end") {
		b.src.Failf(n.Pos, "%s is not closed by end", n.Text)
	}
	b.optionalName()
	b.close()
}

func (b *body) blockType(c *cursor) []byte {
	if c.at("type") {
		t, _ := c.typeUse()
		return wasm.AppendS64(nil, int64(t))
	}
	ft, _ := c.signature()
	switch {
	case len(ft.Params) == 0 && len(ft.Results) == 0:
		return []byte{0x40}
	case len(ft.Params) == 0 && len(ft.Results) == 1:
		return []byte{byte(ft.Results[0])}
	}
	return wasm.AppendS64(nil, int64(b.out.Type(ft)))
}

// encode gives the opcode and immediates of an instruction.
func (b *body) encode(c *cursor, n *sexpr.Node) []byte {
	o, ok := ops[n.Text]
	if !ok {
		b.src.Failf(n.Pos, "unknown instruction %s", n.Text)
	}
	code := append([]byte(nil), o.code...)
	u32 := func(v uint32) { code = wasm.AppendU32(code, v) }
	switch o.kind {
	case memArg:
		return b.memArg(c, code, o.align)
	case local:
		u32(b.local(c))
	case global:
		u32(c.index(globals))
	case funcRef:
		u32(c.index(funcs))
	case tag:
		u32(c.index(tags))
	case table:
		u32(c.optionalIndex(tables))
	case table2:
		u32(c.optionalIndex(tables))
		u32(c.optionalIndex(tables))
	case memory:
		u32(c.optionalIndex(memories))
	case memory2:
		u32(c.optionalIndex(memories))
		u32(c.optionalIndex(memories))
	case dataMem:
		m := uint32(0)
		if c.indicesAhead() > 1 {
			m = c.index(memories)
		}
		u32(c.index(datas))
		u32(m)
	case data:
		u32(c.index(datas))
	case elem:
		u32(c.index(elems))
	case elemTab:
		t := uint32(0)
		if c.indicesAhead() > 1 {
			t = c.index(tables)
		}
		u32(c.index(elems))
		u32(t)
	case label:
		u32(b.label(c))
	case labels:
		return b.brTable(c, code)
	case callInd:
		t := c.optionalIndex(tables)
		ft, _ := c.typeUse()
		u32(ft)
		u32(t)
	case choose:
		if c.at("result") {
			code[0] = 0x1c
			list := c.group("result").valTypes()
			u32(uint32(len(list)))
			for _, t := range list {
				code = append(code, byte(t))
			}
		}
	case refType:
		t := map[string]byte{"func": 0x70, "extern": 0x6f}[c.atom("func or extern").Text]
		if t == 0 {
			b.src.Failf(n.Pos, "ref.null takes func or extern")
		}
		code = append(code, t)
	case constI32:
		code = wasm.AppendS64(code, int64(int32(c.integer(c.atom("a number"), 32))))
	case constI64:
		code = wasm.AppendS64(code, int64(c.integer(c.atom("a number"), 64)))
	case constF32:
		code = binary.LittleEndian.AppendUint32(code, math.Float32bits(float32(c.float(32))))
	case constF64:
		code = binary.LittleEndian.AppendUint64(code, math.Float64bits(c.float(64)))
	}
	return code
}

func (b *body) memArg(c *cursor, code []byte, align byte) []byte {
	offset, mem := uint64(0), c.optionalIndex(memories)
	for len(c.rest) > 0 && c.rest[0].Kind == sexpr.Atom {
		n := c.rest[0]
		if v, ok := strings.CutPrefix(n.Text, "offset="); ok {
			offset = c.integer(&sexpr.Node{Pos: n.Pos, Text: v}, 32)
		} else if v, ok := strings.CutPrefix(n.Text, "align="); ok {
			want := c.integer(&sexpr.Node{Pos: n.Pos, Text: v}, 32)
			if want == 0 || want&(want-1) != 0 || want > 1<<align {
				b.src.Failf(n.Pos, "the alignment is a power of two up to %d", 1<<align)
			}
			for align = 0; 1<<align < want; align++ {
			}
		} else {
			break
		}
		c.next("")
	}
	if mem == 0 {
		return wasm.AppendU64(append(code, align), offset)
	}
	// Bit 6 tells that the index of the memory follows.
	return wasm.AppendU64(wasm.AppendU32(append(code, align|0x40), mem), offset)
}

func (b *body) local(c *cursor) uint32 {
	n := c.atom("a local")
	if strings.HasPrefix(n.Text, "$") {
		i, ok := b.locals[n.Text]
		if !ok {
			b.src.Failf(n.Pos, "unknown local %s", n.Text)
		}
		return i
	}
	i := uint32(b.integer(n, 32))
	if i >= b.count {
		b.src.Failf(n.Pos, "unknown local %d", i)
	}
	return i
}

func (b *body) label(c *cursor) uint32 {
	n := c.atom("a label")
	if !strings.HasPrefix(n.Text, "$") {
		i := uint32(b.integer(n, 32))
		if i > uint32(len(b.labels)) {
			b.src.Failf(n.Pos, "unknown label %d", i)
		}
		return i
	}
	for i := len(b.labels) - 1; i >= 0; i-- {
		if b.labels[i] == n.Text {
			return uint32(len(b.labels) - 1 - i)
		}
	}
	b.src.Failf(n.Pos, "unknown label %s", n.Text)
	return 0
}

func (b *body) brTable(c *cursor, code []byte) []byte {
	var list []uint32
	for len(c.rest) > 0 && c.rest[0].Kind == sexpr.Atom && strings.IndexByte("$0123456789", c.rest[0].Text[0]) >= 0 {
		list = append(list, b.label(c))
	}
	if len(list) == 0 {
		b.src.Failf(c.end, "br_table needs a label")
	}
	code = wasm.AppendU32(code, uint32(len(list)-1))
	for _, l := range list {
		code = wasm.AppendU32(code, l)
	}
	return code
}

// integer reads a number of that many bits, signed or unsigned.
func (c *cursor) integer(n *sexpr.Node, bits int) uint64 {
	digits := strings.ReplaceAll(n.Text, "_", "")
	negative := strings.HasPrefix(digits, "-")
	digits = strings.TrimPrefix(strings.TrimPrefix(digits, "-"), "+")
	base := 10
	if rest, ok := strings.CutPrefix(digits, "0x"); ok {
		digits, base = rest, 16
	}
	v, err := strconv.ParseUint(digits, base, bits)
	if err != nil || negative && v > 1<<(bits-1) {
		c.src.Failf(n.Pos, "%q is no number of %d bits", n.Text, bits)
	}
	if negative {
		return -v
	}
	return v
}

// float reads a decimal or hexadecimal number, inf or nan.
func (c *cursor) float(bits int) float64 {
	n := c.atom("a number")
	text := strings.ReplaceAll(n.Text, "_", "")
	if strings.Contains(text, "0x") && !strings.ContainsAny(text, "pP") {
		text += "p0"
	}
	v, err := strconv.ParseFloat(text, bits)
	if err != nil {
		c.src.Failf(n.Pos, "%q is no number", n.Text)
	}
	return v
}
