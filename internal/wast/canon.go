package wast

import (
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// nativeAsync is the message for all that only native async has, as
// internal/component words it.
const nativeAsync = "native async is not supported, lower it first"

var coreCanons = map[string]component.CanonOp{
	"lower": component.CanonLower, "resource.new": component.CanonResourceNew,
	"resource.drop": component.CanonResourceDrop, "resource.rep": component.CanonResourceRep,
}

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
	op, ok := coreCanons[word.text]
	if !ok {
		c.src.failf(word.pos, "%s: %s", word.text, nativeAsync)
	}
	d := &component.Canon{Op: op}
	if op != component.CanonLower {
		d.Type = s.ref(c, component.SortType)
		if c.keyword("async") {
			c.failf("async: %s", nativeAsync)
		}
		return d
	}
	d.Func = s.ref(c, component.SortFunc)
	d.Opts = s.options(c)
	return d
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
		if n.kind == atom {
			e, ok := encodings[n.text]
			if !ok {
				if n.text == "async" {
					c.failf("async: %s", nativeAsync)
				}
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
		switch n.head() {
		case "memory":
			to, sort = &o.Memory, component.SortCoreMemory
		case "realloc":
			to = &o.Realloc
		case "post-return":
			to = &o.PostReturn
		case "callback":
			c.failf("callback: %s", nativeAsync)
		}
		if to == nil {
			break
		}
		if *to != nil {
			c.failf("canonical option `%s` is specified more than once", n.head())
		}
		i := s.optionRef(c.group(n.head()), sort)
		*to = &i
	}
	return o
}

// optionRef reads the reference of an option, whose group may itself be of
// item's form.
func (s *scope) optionRef(c *cursor, sort component.Sort) uint32 {
	if c.atKind(group) {
		i := s.ref(c, sort)
		c.done()
		return i
	}
	return s.item(c, sort)
}
