package wast

import (
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/sexpr"
)

// A scope has the names of a component, of a component or instance type, or
// of a core module type, and collects what is defined there.
type scope struct {
	src    *sexpr.Source
	parent *scope
	name   string // of the component, for outer aliases
	names  [component.SortCoreTag + 1]map[string]uint32
	counts [component.SortCoreTag + 1]uint32

	// Each kind of scope has its own list; exactly one is not nil.
	component *component.Component
	decls     *[]component.Decl
	module    *component.CoreModuleType

	types map[uint32]*component.DefinedType // known by their indices

	exports []*component.Export // written within definitions
	pending outerName           // while an outer alias is read
}

// sub gives a scope within s, in which the caller sets the list.
func (s *scope) sub(name string) *scope { return &scope{src: s.src, parent: s, name: name} }

// bind adds to an index space.
func (s *scope) bind(sort component.Sort, name string) uint32 {
	i := s.counts[sort]
	s.counts[sort]++
	if name != "" {
		if s.names[sort] == nil {
			s.names[sort] = map[string]uint32{}
		}
		s.names[sort][name] = i
	}
	return i
}

// define is bind for a name that the text gives, which must be new.
func (s *scope) define(c *cursor, sort component.Sort, name string) uint32 {
	if _, twice := s.names[sort][name]; twice && name != "" {
		c.failf("duplicate %s identifier %s", sort, name)
	}
	return s.bind(sort, name)
}

// add adds a definition of a component that is in no index space.
func (s *scope) add(c *cursor, d component.Def) {
	if s.component == nil {
		c.failf("a definition that is not allowed in a type")
	}
	s.component.Defs = append(s.component.Defs, d)
}

// addType adds a type definition.
func (s *scope) addType(c *cursor, name string, t component.Type) uint32 {
	switch {
	case s.decls != nil:
		*s.decls = append(*s.decls, component.Decl{Type: t})
	default:
		s.add(c, &component.TypeDef{Type: t})
	}
	i := s.define(c, component.SortType, name)
	if d, ok := t.(*component.DefinedType); ok {
		s.known(i, d)
	}
	return i
}

// known notes the structure of a type, if it is known.
func (s *scope) known(i uint32, t *component.DefinedType) {
	if s.types == nil {
		s.types = map[uint32]*component.DefinedType{}
	}
	if t != nil {
		s.types[i] = t
	}
}

func (s *scope) addCoreType(c *cursor, name string, t *component.CoreType) uint32 {
	switch {
	case s.module != nil && t.Func == nil:
		c.failf("a core module type can define function types only")
	case s.module != nil:
		s.module.Types = append(s.module.Types, t.Func)
	case s.decls != nil:
		*s.decls = append(*s.decls, component.Decl{CoreType: t})
	default:
		s.add(c, t)
	}
	return s.define(c, component.SortCoreType, name)
}

func (s *scope) addAlias(c *cursor, name string, a *component.Alias) uint32 {
	switch {
	case s.module != nil:
		if a.Target != component.AliasOuter || a.Sort != component.SortCoreType {
			c.failf("a core module type can alias outer core types only")
		}
		s.module.Types = append(s.module.Types, &component.CoreFuncType{Outer: a})
	case s.decls != nil:
		*s.decls = append(*s.decls, component.Decl{Alias: a})
	default:
		s.add(c, a)
	}
	return s.bind(a.Sort, name)
}

// index reads a name or number of an index space. The name of something in an
// enclosing component is brought in by an outer alias.
func (s *scope) index(c *cursor, sort component.Sort) uint32 {
	n := c.atom(sort.String() + " index")
	if !strings.HasPrefix(n.Text, "$") {
		v, err := parseInt(n.Text, 32)
		if err != nil {
			c.src.Failf(n.Pos, "%q is no index", n.Text)
		}
		return uint32(v)
	}
	if i, ok := s.names[sort][n.Text]; ok {
		return i
	}
	switch sort {
	case component.SortType, component.SortCoreType, component.SortCoreModule, component.SortComponent:
		count := uint32(1)
		for up := s.parent; up != nil; up, count = up.parent, count+1 {
			if i, ok := up.names[sort][n.Text]; ok {
				alias := s.addAlias(c, n.Text, &component.Alias{Target: component.AliasOuter, Sort: sort, Count: count, Index: i})
				if sort == component.SortType {
					s.known(alias, up.types[i])
				}
				return alias
			}
		}
	}
	c.src.Failf(n.Pos, "unknown %s: failed to find name `%s`", sort, n.Text)
	return 0
}

// item reads a reference within a group behind its sort: an index, and
// perhaps names that lead from an instance to its export.
func (s *scope) item(c *cursor, sort component.Sort) uint32 {
	if len(c.rest) < 2 {
		i := s.index(c, sort)
		c.done()
		return i
	}
	core := isCore(sort) && sort != component.SortCoreModule
	from := component.SortInstance
	if core {
		from = component.SortCoreInstance
	}
	i := s.index(c, from)
	for len(c.rest) > 0 {
		a := &component.Alias{Target: component.AliasExport, Sort: sort, Instance: i, Name: c.str()}
		if core {
			a.Target = component.AliasCoreExport
		}
		if len(c.rest) > 0 {
			a.Sort = from
		}
		i = s.addAlias(c, "", a)
	}
	return i
}

// ref reads a reference: an index, or a group of item's form. In a core
// context the keyword "core" may be left out.
func (s *scope) ref(c *cursor, sort component.Sort) uint32 {
	if !c.atKind(sexpr.Group) {
		return s.index(c, sort)
	}
	got, g := s.sorted(c, isCore(sort))
	if got != sort {
		c.failf("a reference to a %s is expected, not to a %s", sort, got)
	}
	return s.item(g, sort)
}

func isCore(sort component.Sort) bool {
	return sort <= component.SortCoreInstance || sort == component.SortCoreTag
}

var sortWords = map[string]component.Sort{
	"func": component.SortFunc, "value": component.SortValue, "type": component.SortType,
	"component": component.SortComponent, "instance": component.SortInstance,
}

var coreWords = map[string]component.Sort{
	"func": component.SortCoreFunc, "table": component.SortCoreTable, "memory": component.SortCoreMemory,
	"global": component.SortCoreGlobal, "tag": component.SortCoreTag, "type": component.SortCoreType,
	"module": component.SortCoreModule, "instance": component.SortCoreInstance,
}

// sorted reads the sort of the next group and gives its contents. core tells
// that sorts are core sorts even without the keyword.
func (s *scope) sorted(c *cursor, core bool) (component.Sort, *cursor) {
	head, g := c.anyGroup("a sort")
	words := sortWords
	if head == "core" {
		head, core = g.atom("a core sort").Text, true
	}
	if core {
		words = coreWords
	}
	sort, ok := words[head]
	if !ok {
		c.src.Failf(g.end, "unknown sort %q", head)
	}
	return sort, g
}
