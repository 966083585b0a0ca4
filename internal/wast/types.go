package wast

import (
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/sexpr"
)

var prims = map[string]component.PrimType{
	"bool": component.PrimBool, "s8": component.PrimS8, "u8": component.PrimU8, "s16": component.PrimS16,
	"u16": component.PrimU16, "s32": component.PrimS32, "u32": component.PrimU32, "s64": component.PrimS64,
	"u64": component.PrimU64, "f32": component.PrimF32, "f64": component.PrimF64, "char": component.PrimChar,
	"string": component.PrimString, "error-context": component.PrimErrorContext,
}

var defKinds = map[string]component.DefKind{
	"record": component.DefRecord, "variant": component.DefVariant, "list": component.DefList,
	"tuple": component.DefTuple, "flags": component.DefFlags, "enum": component.DefEnum,
	"option": component.DefOption, "result": component.DefResult, "own": component.DefOwn,
	"borrow": component.DefBorrow, "stream": component.DefStream, "future": component.DefFuture,
	"map": component.DefMap,
}

// valType reads a value type. Structure that is written in place becomes a
// definition of its own.
func (s *scope) valType(c *cursor) *component.ValType {
	n := c.peek()
	if n == nil || n.Kind == sexpr.String {
		c.failf("a type is missing")
	}
	if n.Kind == sexpr.Atom {
		if p, ok := prims[n.Text]; ok {
			c.next("")
			return &component.ValType{Prim: p}
		}
		return &component.ValType{Index: s.index(c, component.SortType)}
	}
	if n.Head() == "type" {
		g := c.group("type")
		return &component.ValType{Index: s.item(g, component.SortType)}
	}
	t := s.definedType(c)
	return &component.ValType{Index: s.addType(c, "", t)}
}

// optType reads a value type if one follows.
func (s *scope) optType(c *cursor) *component.ValType {
	if len(c.rest) == 0 {
		return nil
	}
	return s.valType(c)
}

// definedType reads the right side of the definition of a value type.
func (s *scope) definedType(c *cursor) *component.DefinedType {
	if c.atKind(sexpr.Atom) {
		n := c.next("")
		p, ok := prims[n.Text]
		if !ok {
			c.src.Failf(n.Pos, "unknown type %q", n.Text)
		}
		return &component.DefinedType{Kind: component.DefPrim, Prim: p}
	}
	head, g := c.anyGroup("a type")
	kind, ok := defKinds[head]
	if !ok {
		c.src.Failf(g.end, "unknown type %q", head)
	}
	t := &component.DefinedType{Kind: kind}
	switch kind {
	case component.DefRecord:
		t.Fields = s.named(g, "field", false)
	case component.DefVariant:
		t.Fields = s.named(g, "case", true)
	case component.DefTuple:
		for len(g.rest) > 0 {
			t.Fields = append(t.Fields, component.Named{Type: s.valType(g)})
		}
	case component.DefFlags, component.DefEnum:
		for len(g.rest) > 0 {
			t.Labels = append(t.Labels, g.str())
		}
	case component.DefList:
		t.Elem = s.valType(g)
		if len(g.rest) > 0 {
			t.Kind, t.Len = component.DefFixed, g.number()
		}
	case component.DefMap:
		t.Key, t.Elem = s.valType(g), s.valType(g)
	case component.DefOption:
		t.Elem = s.valType(g)
	case component.DefStream, component.DefFuture:
		t.Elem = s.optType(g)
	case component.DefResult:
		if len(g.rest) > 0 && !g.at("error") {
			t.Elem = s.valType(g)
		}
		if g.at("error") {
			e := g.group("error")
			t.Err = s.valType(e)
			e.done()
		}
	case component.DefOwn, component.DefBorrow:
		t.Res = s.ref(g, component.SortType)
	}
	g.done()
	return t
}

// named reads the fields of a record, the cases of a variant or the parameters
// of a function.
func (s *scope) named(c *cursor, head string, optional bool) []component.Named {
	var list []component.Named
	for c.at(head) {
		f := c.group(head)
		f.optionalName()
		n := component.Named{Name: f.str()}
		if !optional || len(f.rest) > 0 {
			n.Type = s.valType(f)
		}
		f.done()
		list = append(list, n)
	}
	return list
}

// funcType reads parameters and results.
func (s *scope) funcType(c *cursor) *component.FuncType {
	t := &component.FuncType{Async: c.keyword("async")}
	t.Params = s.named(c, "param", false)
	if c.at("result") {
		r := c.group("result")
		t.Result = s.valType(r)
		r.done()
	}
	return t
}

// funcUse reads (type …), or a function type that is then defined.
func (s *scope) funcUse(c *cursor) uint32 {
	if c.at("type") {
		return s.item(c.group("type"), component.SortType)
	}
	t := s.funcType(c)
	return s.addType(c, "", t)
}

// typeField reads a type definition behind its keyword.
func (s *scope) typeField(c *cursor) {
	name := c.optionalName()
	exports := s.inlineExports(c)
	t := s.deftype(c)
	c.done()
	i := s.addType(c, name, t)
	s.export(c, exports, component.SortType, i)
}

func (s *scope) deftype(c *cursor) component.Type {
	switch {
	case c.at("func"):
		g := c.group("func")
		t := s.funcType(g)
		g.done()
		return t
	case c.at("component"):
		return &component.ComponentType{Decls: s.typeBody(c.group("component"))}
	case c.at("instance"):
		return &component.InstanceType{Decls: s.typeBody(c.group("instance"))}
	case c.at("resource"):
		return s.resourceType(c.group("resource"))
	}
	return s.definedType(c)
}

func (s *scope) resourceType(c *cursor) *component.ResourceType {
	rep := c.group("rep")
	if !rep.keyword("i32") {
		rep.failf("the representation of a resource is i32")
	}
	t := &component.ResourceType{}
	if c.at("dtor") {
		d := c.group("dtor")
		i := s.ref(d, component.SortCoreFunc)
		t.Dtor = &i
	}
	c.done()
	return t
}

// typeBody reads the declarations of a component or instance type.
func (s *scope) typeBody(c *cursor) []component.Decl {
	in := s.sub(c.optionalName())
	decls := []component.Decl{}
	in.decls = &decls
	for len(c.rest) > 0 {
		n := c.next("")
		g := within(c.src, n)
		switch n.Head() {
		case "core":
			if !g.keyword("type") {
				g.failf("a core type is expected")
			}
			in.coreTypeField(g)
		case "type":
			in.typeField(g)
		case "alias":
			in.alias(g)
		case "import":
			in.importField(g)
		case "export":
			name := g.optionalName()
			e := &component.ExportDecl{Name: g.str(), Attrs: attributes(g)}
			inner, d := in.externDesc(g)
			g.done()
			if name == "" {
				name = inner
			}
			e.Desc = d
			decls = append(decls, component.Decl{Export: e})
			in.define(g, d.Sort, name)
		default:
			c.src.Failf(n.Pos, "unknown declaration %q", n.Head())
		}
	}
	return decls
}

// externDesc reads the type of an import or export with its sort, and the name
// that it is given within.
func (s *scope) externDesc(c *cursor) (string, component.ExternDesc) {
	sort, g := s.sorted(c, false)
	name := g.optionalName()
	d := component.ExternDesc{Sort: sort}
	switch sort {
	case component.SortFunc:
		d.Index = s.funcUse(g)
	case component.SortType:
		s.typeBound(g, &d)
	case component.SortInstance:
		d.Index = s.bodyUse(g, false)
	case component.SortComponent:
		d.Index = s.bodyUse(g, true)
	case component.SortCoreModule:
		d.Index = s.moduleUse(g)
	case component.SortValue:
		if g.at("eq") {
			e := g.group("eq")
			d.ValEq, d.Index = true, s.ref(e, component.SortValue)
		} else {
			d.ValTyp = *s.valType(g)
		}
	default:
		c.src.Failf(g.end, "a %s cannot be imported or exported", sort)
	}
	g.done()
	return name, d
}

func (s *scope) typeBound(c *cursor, d *component.ExternDesc) {
	if c.at("sub") {
		sub := c.group("sub")
		if !sub.keyword("resource") {
			sub.failf("resource is expected")
		}
		d.Bound = component.BoundSub
		return
	}
	eq := c.group("eq")
	d.Bound = component.BoundEq
	if eq.atKind(sexpr.Group) {
		t := s.deftype(eq)
		d.Index = s.addType(c, "", t)
		return
	}
	d.Index = s.index(eq, component.SortType)
}

// bodyUse reads (type …), or declarations that are then defined as a type.
func (s *scope) bodyUse(c *cursor, isComponent bool) uint32 {
	if n := c.peek(); len(c.rest) == 1 && n.Head() == "type" && isReference(n) {
		return s.item(c.group("type"), component.SortType)
	}
	decls := s.typeBody(c)
	if isComponent {
		return s.addType(c, "", &component.ComponentType{Decls: decls})
	}
	return s.addType(c, "", &component.InstanceType{Decls: decls})
}

// isReference tells whether (type …) refers to a type: "(type $t)", "(type 0)"
// and "(type $instance "name")" do, "(type $t (list u8))" and "(type u8)" do
// not.
func isReference(n *sexpr.Node) bool {
	if len(n.Nodes) < 2 || n.Nodes[1].Kind != sexpr.Atom {
		return false
	}
	_, prim := prims[n.Nodes[1].Text]
	return !prim && (len(n.Nodes) == 2 || n.Nodes[2].Kind == sexpr.String)
}
