package wast

import (
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/sexpr"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

// coreField reads a definition behind "core".
func (s *scope) coreField(c *cursor) {
	word := c.atom("a core sort")
	switch word.Text {
	case "module":
		s.coreModule(c)
	case "instance":
		s.coreInstance(c)
	case "type":
		s.coreTypeField(c)
	case "func", "table", "memory", "global", "tag":
		name := c.optionalName()
		switch {
		case c.at("alias"):
			s.inlineAlias(c, coreWords[word.Text], name)
		case word.Text == "func" && c.at("canon"):
			s.coreCanon(c.group("canon"), name)
		default:
			c.failf("alias or canon is expected")
		}
		c.done()
	default:
		c.src.Failf(word.Pos, "unknown core definition %q", word.Text)
	}
}

// coreModule reads a core module, or with an inline import the type of one.
func (s *scope) coreModule(c *cursor) {
	name := c.optionalName()
	exports := s.inlineExports(c)
	if c.at("import") && len(c.peek().Nodes) == 2 {
		im := &component.Import{Name: c.group("import").str()}
		im.Desc = component.ExternDesc{Sort: component.SortCoreModule, Index: s.moduleUse(c)}
		s.add(c, im)
	} else {
		data := moduleText(c)
		s.add(c, &component.CoreModule{Data: data})
	}
	i := s.define(c, component.SortCoreModule, name)
	s.export(c, exports, component.SortCoreModule, i)
}

// moduleText gives the binary of the core module whose text, or binary, or
// quoted text is left.
func moduleText(c *cursor) []byte {
	if c.keyword("binary") {
		return []byte(c.strings(""))
	}
	at, text := c.end, ""
	switch {
	case c.keyword("quote"):
		text = c.strings("\n")
	case len(c.rest) > 0:
		text = c.src.Text[c.rest[0].Pos:c.rest[len(c.rest)-1].End]
	}
	c.rest = nil
	bin, err := wat.Assemble("(module " + text + ")")
	if err != nil {
		c.src.Failf(at, "core module: %v", err)
	}
	return bin
}

func (s *scope) coreInstance(c *cursor) {
	name := c.optionalName()
	in := &component.CoreInstance{}
	if c.at("instantiate") {
		g := c.group("instantiate")
		in.Instantiate, in.Module = true, s.ref(g, component.SortCoreModule)
		for len(g.rest) > 0 {
			w := g.group("with")
			arg := component.CoreArg{Name: w.str()}
			arg.Instance = s.coreArg(w)
			w.done()
			in.Args = append(in.Args, arg)
		}
	} else {
		in.Exports = s.coreExports(c)
	}
	c.done()
	s.add(c, in)
	s.define(c, component.SortCoreInstance, name)
}

// coreArg reads (instance …): a reference or the exports of a new instance.
func (s *scope) coreArg(c *cursor) uint32 {
	sort, g := s.sorted(c, true)
	if sort != component.SortCoreInstance {
		c.failf("an argument of a core module is an instance")
	}
	if g.atKind(sexpr.Atom) {
		return s.item(g, sort)
	}
	in := &component.CoreInstance{Exports: s.coreExports(g)}
	s.add(c, in)
	return s.bind(component.SortCoreInstance, "")
}

func (s *scope) coreExports(c *cursor) []component.CoreExport {
	var list []component.CoreExport
	for len(c.rest) > 0 {
		e := c.group("export")
		x := component.CoreExport{Name: e.str()}
		var g *cursor
		x.Sort, g = s.sorted(e, true)
		x.Index = s.item(g, x.Sort)
		e.done()
		list = append(list, x)
	}
	return list
}

func (s *scope) coreTypeField(c *cursor) {
	name := c.optionalName()
	var t *component.CoreType
	if c.at("func") {
		g := c.group("func")
		t = &component.CoreType{Func: coreFuncType(g)}
		g.done()
	} else {
		t = &component.CoreType{Module: s.moduleType(c.group("module"))}
	}
	c.done()
	s.addCoreType(c, name, t)
}

// moduleUse reads (type …), or a core module type that is then defined.
func (s *scope) moduleUse(c *cursor) uint32 {
	if n := c.peek(); len(c.rest) == 1 && n.Head() == "type" && isReference(n) {
		return s.item(c.group("type"), component.SortCoreType)
	}
	t := s.moduleType(c)
	return s.addCoreType(c, "", &component.CoreType{Module: t})
}

func (s *scope) moduleType(c *cursor) *component.CoreModuleType {
	in := s.sub(c.optionalName())
	m := &component.CoreModuleType{}
	in.module = m
	for len(c.rest) > 0 {
		n := c.next("")
		g := within(c.src, n)
		switch n.Head() {
		case "type":
			in.coreTypeField(g)
		case "alias":
			in.alias(g)
		case "import":
			im := component.CoreImportDecl{Module: g.str(), Name: g.str()}
			im.Desc = in.coreDesc(g)
			m.Imports = append(m.Imports, im)
		case "export":
			ex := component.CoreExportDecl{Name: g.str()}
			ex.Desc = in.coreDesc(g)
			m.Exports = append(m.Exports, ex)
		default:
			c.src.Failf(n.Pos, "unknown declaration %q in a core module type", n.Head())
		}
		g.done()
	}
	return m
}

var coreTypes = map[string]byte{
	"i32": 0x7f, "i64": 0x7e, "f32": 0x7d, "f64": 0x7c, "v128": 0x7b, "funcref": 0x70, "externref": 0x6f,
}

func coreValType(c *cursor) byte {
	n := c.atom("a core type")
	t, ok := coreTypes[n.Text]
	if !ok {
		c.src.Failf(n.Pos, "unknown core type %q", n.Text)
	}
	return t
}

func coreFuncType(c *cursor) *component.CoreFuncType {
	t := &component.CoreFuncType{}
	for _, part := range []struct {
		head string
		to   *[]byte
	}{{"param", &t.Params}, {"result", &t.Results}} {
		for c.at(part.head) {
			g := c.group(part.head)
			g.optionalName()
			for len(g.rest) > 0 {
				*part.to = append(*part.to, coreValType(g))
			}
		}
	}
	return t
}

func (s *scope) coreDesc(c *cursor) component.CoreDesc {
	sort, g := s.sorted(c, true)
	g.optionalName()
	d := component.CoreDesc{Sort: sort}
	switch sort {
	case component.SortCoreFunc, component.SortCoreTag:
		if g.at("type") {
			d.Func = s.item(g.group("type"), component.SortCoreType)
		} else {
			d.Func = s.addCoreType(g, "", &component.CoreType{Func: coreFuncType(g)})
		}
	case component.SortCoreTable:
		limits(g, &d)
		d.ElemType = coreValType(g)
	case component.SortCoreMemory:
		limits(g, &d)
	case component.SortCoreGlobal:
		if g.at("mut") {
			d.Mutable = true
			g = g.group("mut")
		}
		d.ValType = coreValType(g)
	default:
		c.failf("a core module cannot import or export a %s", sort)
	}
	g.done()
	return d
}

func limits(c *cursor, d *component.CoreDesc) {
	if d.Is64 = c.keyword("i64"); !d.Is64 {
		c.keyword("i32")
	}
	number := func() uint64 {
		n := c.atom("a limit")
		v, err := parseInt(n.Text, 64)
		if err != nil {
			c.src.Failf(n.Pos, "%q is no number", n.Text)
		}
		return v
	}
	d.Min = number()
	if n := c.peek(); n != nil && n.Kind == sexpr.Atom && n.Text[0] >= '0' && n.Text[0] <= '9' {
		m := number()
		d.Max = &m
	}
	d.Shared = c.keyword("shared")
}
