package wast

import (
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/sexpr"
)

// function reads a function: an alias, an import or a lifted core function.
func (s *scope) function(c *cursor) {
	name := c.optionalName()
	exports := s.inlineExports(c)
	if c.at("alias") {
		i := s.inlineAlias(c, component.SortFunc, name)
		c.done()
		s.export(c, exports, component.SortFunc, i)
		return
	}
	if im := s.inlineImport(c); im != nil {
		im.Desc = component.ExternDesc{Sort: component.SortFunc, Index: s.funcUse(c)}
		c.done()
		s.add(c, im)
	} else {
		t := s.funcUse(c)
		g := c.group("canon")
		c.done()
		if !g.keyword("lift") {
			g.failf("lift is expected")
		}
		d := s.lift(g)
		d.Type = t
		s.add(c, d)
	}
	i := s.define(c, component.SortFunc, name)
	s.export(c, exports, component.SortFunc, i)
}

func (s *scope) lift(c *cursor) *component.Canon {
	d := &component.Canon{Op: component.CanonLift, CoreFunc: s.ref(c, component.SortCoreFunc)}
	d.Opts = s.options(c)
	return d
}

// canon reads a canonical definition that says at its end what it defines.
func (s *scope) canon(c *cursor) {
	if c.keyword("lift") {
		d := s.lift(c)
		f := c.group("func")
		name := f.optionalName()
		exports := s.inlineExports(f)
		d.Type = s.funcUse(f)
		f.done()
		c.done()
		s.add(c, d)
		i := s.define(c, component.SortFunc, name)
		s.export(c, exports, component.SortFunc, i)
		return
	}
	d := s.coreCanonDef(c)
	name := ""
	if c.at("core") {
		g := c.group("core")
		if !g.keyword("func") {
			g.failf("func is expected")
		}
		name = g.optionalName()
		g.done()
	}
	c.done()
	s.add(c, d)
	s.define(c, component.SortCoreFunc, name)
}

// coreCanon reads a canonical definition within (core func …).
func (s *scope) coreCanon(c *cursor, name string) {
	d := s.coreCanonDef(c)
	c.done()
	s.add(c, d)
	s.define(c, component.SortCoreFunc, name)
}

func (s *scope) coreCanonDef(c *cursor) *component.Canon {
	word := c.atom("a canonical operation")
	op, ok := component.CanonNamed(word.Text)
	if !ok || op == component.CanonLift {
		c.src.Failf(word.Pos, "unknown canonical operation %q", word.Text)
	}
	d := &component.Canon{Op: op}
	for _, imm := range op.Immediates() {
		s.immediate(c, d, imm)
	}
	return d
}

// immediate reads a part of a canonical definition.
func (s *scope) immediate(c *cursor, d *component.Canon, imm component.Immediate) {
	switch imm {
	case component.ImmFunc:
		d.Func = s.ref(c, component.SortFunc)
	case component.ImmType:
		d.Type = s.ref(c, component.SortType)
	case component.ImmOpts:
		d.Opts = s.options(c)
	case component.ImmResult:
		if c.at("result") {
			r := c.group("result")
			d.Result = s.valType(r)
			r.done()
		}
	case component.ImmAsync:
		d.Async = c.keyword("async")
	case component.ImmCancellable:
		d.Cancellable = c.keyword("cancellable")
	case component.ImmShared:
		d.Shared = c.keyword("shared")
	case component.ImmMemory:
		d.Memory = s.optionRef(c.group("memory"), component.SortCoreMemory)
	case component.ImmCoreType:
		d.CoreType = s.ref(c, component.SortCoreType)
	case component.ImmTable:
		d.Table = s.ref(c, component.SortCoreTable)
	case component.ImmVal:
		d.Val = coreValType(c)
	case component.ImmSlot:
		d.Slot = c.number()
	}
}

var encodings = map[string]component.StringEncoding{
	"string-encoding=utf8": component.UTF8, "string-encoding=utf16": component.UTF16,
	"string-encoding=latin1+utf16": component.Latin1UTF16,
}

// options reads canonical options up to what is none.
func (s *scope) options(c *cursor) component.CanonOpts {
	var o component.CanonOpts
	encoded := false
	for n := c.peek(); n != nil; n = c.peek() {
		if n.Kind == sexpr.Atom {
			e, ok := encodings[n.Text]
			if n.Text == "async" {
				if o.Async {
					c.failf("canonical option `async` is specified more than once")
				}
				o.Async = true
				c.next("")
				continue
			}
			if !ok {
				break
			}
			if encoded {
				c.failf("canonical encoding option is specified more than once")
			}
			o.Encoding, encoded = e, true
			c.next("")
			continue
		}
		var to **uint32
		sort := component.SortCoreFunc
		switch n.Head() {
		case "memory":
			to, sort = &o.Memory, component.SortCoreMemory
		case "realloc":
			to = &o.Realloc
		case "post-return":
			to = &o.PostReturn
		case "callback":
			to = &o.Callback
		}
		if to == nil {
			break
		}
		if *to != nil {
			c.failf("canonical option `%s` is specified more than once", n.Head())
		}
		i := s.optionRef(c.group(n.Head()), sort)
		*to = &i
	}
	return o
}

// optionRef reads the reference of an option, whose group may itself be of
// item's form.
func (s *scope) optionRef(c *cursor, sort component.Sort) uint32 {
	if c.atKind(sexpr.Group) {
		i := s.ref(c, sort)
		c.done()
		return i
	}
	return s.item(c, sort)
}
