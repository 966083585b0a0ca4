package wast

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/sexpr"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// value reads the definition of a value: its type, and the value itself as its
// type says or as (binary …).
func (s *scope) value(c *cursor) {
	name := c.optionalName()
	d := &component.Constant{Type: *s.valType(c)}
	if c.at("binary") {
		d.Data = []byte(c.group("binary").strings(""))
	} else {
		d.Data = s.constant(c, nil, &d.Type)
	}
	c.done()
	s.add(c, d)
	s.define(c, component.SortValue, name)
}

// constant appends the encoding of a value of a type.
func (s *scope) constant(c *cursor, b []byte, t *component.ValType) []byte {
	if t.Prim != 0 {
		return primitive(c, b, t.Prim)
	}
	d := s.types[t.Index]
	if d == nil {
		c.failf("of type %d nothing is known here: write the value as (binary …)", t.Index)
	}
	switch d.Kind {
	case component.DefPrim:
		return primitive(c, b, d.Prim)
	case component.DefRecord, component.DefTuple:
		head := "record"
		if d.Kind == component.DefTuple {
			head = "tuple"
		}
		g := c.group(head)
		for _, f := range d.Fields {
			b = s.constant(g, b, f.Type)
		}
		g.done()
		return b
	case component.DefList, component.DefFixed, component.DefMap:
		return s.listConstant(c, b, d)
	case component.DefVariant, component.DefEnum:
		return s.caseConstant(c, b, d)
	case component.DefFlags:
		set := make([]byte, (len(d.Labels)+7)/8)
		for g := c.group("flags"); len(g.rest) > 0; {
			i := label(g, d.Labels)
			set[i/8] |= 1 << (i % 8)
		}
		return append(b, set...)
	case component.DefOption:
		return s.armConstant(c, b, "none", "some", nil, d.Elem)
	case component.DefResult:
		return s.armConstant(c, b, "ok", "error", d.Elem, d.Err)
	}
	c.failf("a value of a type that has none in text")
	return nil
}

func (s *scope) listConstant(c *cursor, b []byte, d *component.DefinedType) []byte {
	g := c.group("list")
	if d.Kind != component.DefFixed {
		b = wasm.AppendU32(b, uint32(len(g.rest)))
	}
	for len(g.rest) > 0 {
		if d.Kind == component.DefMap {
			pair := g.group("tuple")
			b = s.constant(pair, s.constant(pair, b, d.Key), d.Elem)
			pair.done()
		} else {
			b = s.constant(g, b, d.Elem)
		}
	}
	return b
}

func (s *scope) caseConstant(c *cursor, b []byte, d *component.DefinedType) []byte {
	if d.Kind == component.DefEnum {
		g := c.group("enum")
		b = wasm.AppendU32(b, label(g, d.Labels))
		g.done()
		return b
	}
	g := c.group("variant")
	var names []string
	for _, f := range d.Fields {
		names = append(names, f.Name)
	}
	i := label(g, names)
	b = wasm.AppendU32(b, i)
	if t := d.Fields[i].Type; t != nil {
		b = s.constant(g, b, t)
	}
	g.done()
	return b
}

// armConstant appends one of two arms: an atom, or a group if the arm has a
// type.
func (s *scope) armConstant(c *cursor, b []byte, first, second string, types ...*component.ValType) []byte {
	for i, arm := range []string{first, second} {
		switch {
		case types[i] == nil && c.keyword(arm):
			return append(b, byte(i))
		case types[i] != nil && c.at(arm):
			g := c.group(arm)
			b = s.constant(g, append(b, byte(i)), types[i])
			g.done()
			return b
		}
	}
	c.failf("%s or %s is expected", first, second)
	return nil
}

// label reads a label and gives its index.
func label(c *cursor, labels []string) uint32 {
	i := slices.Index(labels, c.str())
	if i < 0 {
		c.failf("a label that the type does not have")
	}
	return uint32(i)
}

// integers tells how many bits a number has, and whether it has a sign.
var integers = map[component.PrimType]struct {
	bits   int
	signed bool
}{
	component.PrimS8: {8, true}, component.PrimU8: {8, false}, component.PrimS16: {16, true}, component.PrimU16: {16, false},
	component.PrimS32: {32, true}, component.PrimU32: {32, false}, component.PrimS64: {64, true}, component.PrimU64: {64, false},
}

func primitive(c *cursor, b []byte, p component.PrimType) []byte {
	if p == component.PrimString {
		return wasm.AppendName(b, c.str())
	}
	n := c.atom("a value")
	fail := func() { c.src.Failf(n.Pos, "%q is no value of its type", n.Text) }
	if form, ok := integers[p]; ok {
		v, err := parseInt(n.Text, form.bits)
		switch {
		case err != nil:
			fail()
		case form.bits == 8:
			return append(b, byte(v))
		case form.signed:
			return wasm.AppendS64(b, int64(v))
		}
		return wasm.AppendU64(b, v)
	}
	switch p {
	case component.PrimBool:
		switch n.Text {
		case "false":
			return append(b, 0)
		case "true":
			return append(b, 1)
		}
	case component.PrimChar:
		text, quoted := strings.CutPrefix(n.Text, "'")
		text, closed := strings.CutSuffix(text, "'")
		if !quoted || !closed || utf8.RuneCountInString(text) != 1 {
			fail()
		}
		return append(b, text...)
	case component.PrimF32, component.PrimF64:
		return float(b, n, p, fail)
	}
	fail()
	return nil
}

func float(b []byte, n *sexpr.Node, p component.PrimType, fail func()) []byte {
	bits := map[component.PrimType]int{component.PrimF32: 32, component.PrimF64: 64}[p]
	v, err := strconv.ParseFloat(strings.ReplaceAll(n.Text, "_", ""), bits)
	switch {
	case err != nil:
		fail()
	case n.Text == "nan" && bits == 32:
		return binary.LittleEndian.AppendUint32(b, 0x7fc00000)
	case n.Text == "nan":
		return binary.LittleEndian.AppendUint64(b, 0x7ff8000000000000)
	case bits == 32:
		return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
	}
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}
