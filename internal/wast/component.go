// Package wast reads the text format of components and the scripts that the
// component model's reference tests are written in. It is machinery of tests:
// nothing that is shipped imports it.
//
// The text becomes internal/component's AST as it stands: the reader resolves
// names and spells out what the format lets one write in place (types,
// aliases, imports, exports), but checks nothing beyond that. A definition
// that is written in place comes before the one that it stands in, which fixes
// the indices.
package wast

import (
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/sexpr"
)

// Assemble gives the binary of a component's text: "(component …)". An error
// is an *[Error].
func Assemble(text string) (bin []byte, err error) {
	defer catch(&err)
	src := &sexpr.Source{Text: text}
	nodes := src.All()
	if len(nodes) != 1 || nodes[0].Head() != "component" {
		src.Failf(0, "(component …) is expected")
	}
	return componentText(within(src, nodes[0])), nil
}

// componentText gives the binary of the component whose text, or binary, or
// quoted text c has.
func componentText(c *cursor) []byte {
	name := c.optionalName()
	switch {
	case c.keyword("binary"):
		return []byte(c.strings(""))
	case c.keyword("quote"):
		return quoted(c.strings("\n"))
	}
	return fields(c, name).Encode()
}

// quoted assembles text that may be only the fields of a component.
func quoted(text string) []byte {
	src := &sexpr.Source{Text: text}
	nodes := src.All()
	if len(nodes) == 1 && nodes[0].Head() == "component" {
		return componentText(within(src, nodes[0]))
	}
	return fields(&cursor{src, 0, nodes}, "").Encode()
}

func fields(c *cursor, name string) *component.Component {
	s := &scope{src: c.src, name: name, component: &component.Component{}}
	s.fields(c)
	return s.component
}

// fields reads the definitions of a component. Exports that are written within
// definitions come last.
func (s *scope) fields(c *cursor) {
	for len(c.rest) > 0 {
		n := c.next("")
		s.field(n.Head(), within(c.src, n))
	}
	for _, e := range s.exports {
		s.add(c, e)
	}
}

func (s *scope) field(head string, c *cursor) {
	switch head {
	case "core":
		s.coreField(c)
	case "component":
		s.nested(c)
	case "instance":
		s.instance(c)
	case "alias":
		s.alias(c)
	case "type":
		s.typeField(c)
	case "func":
		s.function(c)
	case "canon":
		s.canon(c)
	case "import":
		s.importField(c)
	case "export":
		s.exportField(c)
	case "start":
		s.start(c)
	case "value":
		s.value(c)
	default:
		c.src.Failf(c.end, "unknown definition %q", head)
	}
}

func (s *scope) nested(c *cursor) {
	name := c.optionalName()
	exports := s.inlineExports(c)
	if im := s.inlineImport(c); im != nil {
		im.Desc = component.ExternDesc{Sort: component.SortComponent, Index: s.bodyUse(c, true)}
		s.add(c, im)
	} else {
		in := s.sub(name)
		in.component = &component.Component{}
		if c.keyword("binary") {
			got, err := component.Decode([]byte(c.strings("")))
			if err != nil {
				c.failf("nested component: %v", err)
			}
			in.component = got
		} else {
			in.fields(c)
		}
		s.add(c, &component.Nested{Component: in.component})
	}
	i := s.define(c, component.SortComponent, name)
	s.export(c, exports, component.SortComponent, i)
}

func (s *scope) instance(c *cursor) {
	name := c.optionalName()
	exports := s.inlineExports(c)
	if im := s.inlineImport(c); im != nil {
		im.Desc = component.ExternDesc{Sort: component.SortInstance, Index: s.bodyUse(c, false)}
		s.add(c, im)
	} else {
		in := s.instanceBody(c)
		s.add(c, in)
	}
	i := s.define(c, component.SortInstance, name)
	s.export(c, exports, component.SortInstance, i)
}

// instanceBody reads an instantiation or the exports of a new instance.
func (s *scope) instanceBody(c *cursor) *component.Instance {
	in := &component.Instance{}
	if !c.at("instantiate") {
		for len(c.rest) > 0 {
			e := c.group("export")
			x := component.InlineExport{Name: e.str(), Attrs: attributes(e)}
			var g *cursor
			x.Sort, g = s.sorted(e, false)
			x.Index = s.argument(g, x.Sort)
			e.done()
			in.Exports = append(in.Exports, x)
		}
		return in
	}
	g := c.group("instantiate")
	c.done()
	in.Instantiate, in.Component = true, s.ref(g, component.SortComponent)
	for len(g.rest) > 0 {
		w := g.group("with")
		arg := component.Arg{Name: w.str()}
		var item *cursor
		arg.Sort, item = s.sorted(w, false)
		arg.Index = s.argument(item, arg.Sort)
		w.done()
		in.Args = append(in.Args, arg)
	}
	return in
}

// argument reads a reference, or for an instance its exports.
func (s *scope) argument(c *cursor, sort component.Sort) uint32 {
	if sort != component.SortInstance || c.atKind(sexpr.Atom) {
		return s.item(c, sort)
	}
	in := s.instanceBody(c)
	s.add(c, in)
	return s.bind(component.SortInstance, "")
}

// alias reads an alias behind its keyword, with the sort at the end.
func (s *scope) alias(c *cursor) {
	a := s.aliasTarget(c)
	name := ""
	var g *cursor
	a.Sort, g = s.sorted(c, a.Target == component.AliasCoreExport || s.module != nil)
	if name = g.optionalName(); name != "" {
		if _, twice := s.names[a.Sort][name]; twice {
			g.failf("duplicate %s identifier %s", a.Sort, name)
		}
	}
	g.done()
	c.done()
	s.outerIndex(c, a)
	s.addAlias(c, name, a)
}

// An outerName is the place of an outer alias's index, which is not resolved
// before the sort is known, and the scope that it means.
type outerName struct {
	alias *component.Alias
	in    *scope
	node  *sexpr.Node
}

// inlineAlias reads (alias …) within a definition that says the sort.
func (s *scope) inlineAlias(c *cursor, sort component.Sort, name string) uint32 {
	g := c.group("alias")
	a := s.aliasTarget(g)
	a.Sort = sort
	g.done()
	s.outerIndex(g, a)
	return s.addAlias(g, name, a)
}

func (s *scope) aliasTarget(c *cursor) *component.Alias {
	word := c.atom("export, core export or outer")
	switch word.Text {
	case "export":
		return &component.Alias{Target: component.AliasExport, Instance: s.ref(c, component.SortInstance), Name: c.str()}
	case "core":
		if !c.keyword("export") {
			c.failf("export is expected")
		}
		return &component.Alias{Target: component.AliasCoreExport, Instance: s.ref(c, component.SortCoreInstance), Name: c.str()}
	case "outer":
		a := &component.Alias{Target: component.AliasOuter}
		in := s
		n := c.atom("a component")
		if strings.HasPrefix(n.Text, "$") {
			for ; in != nil && in.name != n.Text; a.Count++ {
				in = in.parent
			}
			if in == nil {
				c.src.Failf(n.Pos, "outer component %s not found", n.Text)
			}
		} else {
			v, err := parseInt(n.Text, 32)
			if err != nil {
				c.src.Failf(n.Pos, "%q is no number", n.Text)
			}
			a.Count = uint32(v)
			for i := uint64(0); i < v && in != nil; i++ {
				in = in.parent
			}
		}
		s.pending = outerName{a, in, c.atom("an index")}
		return a
	}
	c.src.Failf(word.Pos, "unknown alias %q", word.Text)
	return nil
}

// outerIndex resolves the index of an outer alias, now that the sort is known.
func (s *scope) outerIndex(c *cursor, a *component.Alias) {
	p := s.pending
	if a.Target != component.AliasOuter || p.alias != a {
		return
	}
	s.pending = outerName{}
	if !strings.HasPrefix(p.node.Text, "$") {
		v, err := parseInt(p.node.Text, 32)
		if err != nil {
			c.src.Failf(p.node.Pos, "%q is no index", p.node.Text)
		}
		a.Index = uint32(v)
		return
	}
	if p.in != nil {
		if i, ok := p.in.names[a.Sort][p.node.Text]; ok {
			a.Index = i
			return
		}
	}
	c.src.Failf(p.node.Pos, "unknown %s: failed to find name `%s`", a.Sort, p.node.Text)
}

func (s *scope) importField(c *cursor) {
	im := &component.Import{Name: c.str(), Attrs: attributes(c)}
	name, d := s.externDesc(c)
	c.done()
	im.Desc = d
	if s.decls != nil {
		*s.decls = append(*s.decls, component.Decl{Import: im})
	} else {
		s.add(c, im)
	}
	i := s.define(c, d.Sort, name)
	if d.Sort == component.SortType && d.Bound == component.BoundEq {
		s.known(i, s.types[d.Index])
	}
}

func (s *scope) exportField(c *cursor) {
	name := c.optionalName()
	e := &component.Export{Name: c.str(), Attrs: attributes(c)}
	var g *cursor
	e.Sort, g = s.sorted(c, false)
	e.Index = s.argument(g, e.Sort)
	if len(c.rest) > 0 {
		_, d := s.externDesc(c)
		e.Desc = &d
	}
	c.done()
	s.add(c, e)
	i := s.define(c, e.Sort, name)
	if e.Sort == component.SortType {
		s.known(i, s.types[e.Index])
	}
}

// attributes reads the annotations of a name.
func attributes(c *cursor) []component.Attribute {
	var list []component.Attribute
	for _, a := range []struct {
		head string
		kind component.AttrKind
	}{
		{"implements", component.AttrImplements},
		{"versionsuffix", component.AttrVersionSuffix},
		{"external-id", component.AttrExternalID},
	} {
		if c.at(a.head) {
			g := c.group(a.head)
			list = append(list, component.Attribute{Kind: a.kind, Value: g.str()})
			g.done()
		}
	}
	return list
}

// inlineExports reads (export "name") groups at the start of a definition.
func (s *scope) inlineExports(c *cursor) []*component.Export {
	var list []*component.Export
	for c.at("export") {
		g := within(c.src, c.peek())
		if !g.atKind(sexpr.String) {
			break
		}
		e := &component.Export{Name: g.str(), Attrs: attributes(g)}
		if len(g.rest) > 0 {
			break
		}
		c.next("")
		list = append(list, e)
	}
	return list
}

// export notes the exports that inlineExports found, of what was defined.
func (s *scope) export(c *cursor, exports []*component.Export, sort component.Sort, index uint32) {
	if len(exports) > 0 && s.component == nil {
		c.failf("an export within a type")
	}
	for _, e := range exports {
		e.Sort, e.Index = sort, index
		s.exports = append(s.exports, e)
	}
}

// inlineImport reads (import "name") at the start of a definition.
func (s *scope) inlineImport(c *cursor) *component.Import {
	if !c.at("import") {
		return nil
	}
	g := within(c.src, c.peek())
	if !g.atKind(sexpr.String) {
		return nil
	}
	im := &component.Import{Name: g.str(), Attrs: attributes(g)}
	if len(g.rest) > 0 {
		return nil
	}
	c.next("")
	return im
}

func (s *scope) start(c *cursor) {
	d := &component.Start{Func: s.ref(c, component.SortFunc)}
	for c.at("value") {
		d.Args = append(d.Args, s.item(c.group("value"), component.SortValue))
	}
	var results []string
	for c.at("result") {
		r := c.group("result")
		v := r.group("value")
		results = append(results, v.optionalName())
		v.done()
		r.done()
	}
	c.done()
	d.Results = uint32(len(results))
	s.add(c, d)
	for _, name := range results {
		s.define(c, component.SortValue, name)
	}
}
