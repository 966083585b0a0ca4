package wit

import (
	"slices"
	"strings"
)

// A scope looks up the type names of one interface or world.
type scope struct {
	b     *builder
	d     *decl // where paths are looked up
	iface *Interface
	world *World
	names map[string]*named
	order []*named
	cases names
	gates map[string]string

	defining []*named // types being resolved

	later map[string]*typeDecl // aliases left out because they came later
}

// names refuses names that differ only in letter case, which are one name.
type names map[string]ident

// add enters a name and gives the one it clashes with; its pos.src is nil for
// none.
func (n *names) add(name ident) (first ident) {
	if *n == nil {
		*n = names{}
	}
	key := strings.ToLower(name.name)
	first, ok := (*n)[key]
	if !ok {
		(*n)[key] = name
	}
	return first
}

// define is add with an error for a clash; where says in what, " in record
// `r`" or "".
func (n *names) define(name ident, where string) error {
	first := n.add(name)
	switch {
	case first.pos.src == nil:
		return nil
	case first.name == name.name:
		return name.pos.errorf("`%s` is defined more than once%s: first at %s", name.name, where, first.pos.place(name.pos))
	}
	return name.pos.errorf("`%s` clashes with `%s` at %s%s: names that differ only in letter case are one", name.name, first.name, first.pos.place(name.pos), where)
}

// A named is a name of a scope: a type (decl or used) or a function.
type named struct {
	def   *TypeDef
	decl  *typeDecl // nil for a use or a function
	attrs attrs
	pos   pos
	fn    *funcDecl
	state int
}

func newScope(b *builder, d *decl) *scope {
	return &scope{b: b, d: d, names: map[string]*named{}, gates: map[string]string{}, later: map[string]*typeDecl{}}
}

func (s *scope) add(name ident, n *named) error {
	if err := s.cases.define(name, ""); err != nil {
		return err
	}
	n.pos = name.pos
	s.names[name.name] = n
	s.order = append(s.order, n)
	return nil
}

// newDef makes a type that belongs to the scope.
func (s *scope) newDef(name string, a attrs) *TypeDef {
	return &TypeDef{Name: name, Interface: s.iface, World: s.world, Docs: a.docs, Stability: a.stability, ExternalID: a.external}
}

// declare enters the items' names. It resolves what uses lead to.
func (s *scope) declare(items []*itemDecl) error {
	for _, it := range items {
		gate := s.b.gate(s.d.pkg, it.attrs)
		switch {
		case it.use != nil:
			if gate != "" {
				for _, n := range it.use.names {
					s.gates[n.as.name] = gate
				}
				continue
			}
			if err := s.use(it); err != nil {
				return err
			}
		case it.typ != nil:
			if gate != "" {
				s.gates[it.typ.name.name] = gate
				if s.d.pkg.past && it.stability.Unstable == "" && it.typ.word == "type" && it.typ.expr.word == "" {
					s.later[it.typ.name.name] = it.typ
				}
				if err := s.b.checkGatedResource(s.d.pkg, it.typ, gate); err != nil {
					return err
				}
				continue
			}
			n := &named{def: s.newDef(it.typ.name.name, it.attrs), decl: it.typ, attrs: it.attrs}
			if it.typ.word == "resource" {
				n.def.Kind, n.state = &Resource{}, done
			}
			if err := s.add(it.typ.name, n); err != nil {
				return err
			}
		case gate != "":
			s.gates[it.fn.name.name] = gate
		default:
			if err := s.add(it.fn.name, &named{fn: it.fn, attrs: it.attrs}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *scope) use(it *itemDecl) error {
	from, err := s.b.target(s.d.pkg, s.d.unit, it.use.path, false)
	if err != nil {
		return err
	}
	for _, n := range it.use.names {
		def := from.lookup[n.name.name]
		if def == nil {
			return from.missing(n.name)
		}
		alias := s.newDef(n.as.name, it.attrs)
		alias.Kind = &Alias{def}
		if err := s.add(n.as, &named{def: alias, attrs: it.attrs, state: done}); err != nil {
			return err
		}
	}
	return nil
}

// missing is the error for a use of a name that is no type of the interface.
func (d *decl) missing(name ident) error {
	if d.funcs[name.name] {
		return name.pos.errorf("`%s` is a function of interface `%s`, not a type", name.name, d.name.name)
	}
	if f := d.gates[name.name]; f != "" {
		return name.pos.errorf("`%s` %s", name.name, f)
	}
	var types []string
	for n := range d.lookup {
		types = append(types, n)
	}
	return name.pos.errorf("interface `%s` has no type `%s`%s", d.name.name, name.name, Nearest(name.name, types))
}

// interfaceItems fills the named interface of d.
func (b *builder) interfaceItems(d *decl, items []*itemDecl) error {
	s := newScope(b, d)
	s.iface = d.outI
	if err := s.fill(items); err != nil {
		return err
	}
	d.gates = s.gates
	d.lookup, d.funcs = map[string]*TypeDef{}, map[string]bool{}
	for name, n := range s.names {
		if n.def != nil {
			d.lookup[name] = n.def
		} else {
			d.funcs[name] = true
		}
	}
	return nil
}

// fill resolves items into the scope's interface.
func (s *scope) fill(items []*itemDecl) error {
	if err := s.declare(items); err != nil {
		return err
	}
	types, err := s.types()
	if err != nil {
		return err
	}
	for _, n := range types {
		s.iface.Types = append(s.iface.Types, n.def)
	}
	for _, n := range s.order {
		fns, err := s.functions(n)
		if err != nil {
			return err
		}
		s.iface.Funcs = append(s.iface.Funcs, fns...)
	}
	return nil
}

// types defines the scope's types and gives them in the model's order.
func (s *scope) types() ([]*named, error) {
	var types []*named
	for _, n := range s.order {
		if n.fn != nil {
			continue
		}
		if err := s.define(n); err != nil {
			return nil, err
		}
		types = append(types, n)
	}
	return sortTypes(types), nil
}

// functions gives the function n is, or those of the resource n is.
func (s *scope) functions(n *named) ([]*Function, error) {
	if n.fn != nil {
		f, err := s.function(n.fn, nil)
		return []*Function{f}, err
	}
	if n.decl == nil {
		return nil, nil
	}
	var fns []*Function
	var seen names
	for _, fd := range n.decl.funcs {
		if s.b.gate(s.d.pkg, fd.attrs) != "" {
			continue
		}
		name := fd.name
		if fd.kind == Constructor {
			name.name = " constructor" // cannot clash with a method called %constructor
		}
		if err := seen.define(name, " in resource `"+n.def.Name+"`"); err != nil {
			return nil, err
		}
		f, err := s.function(fd, n.def)
		if err != nil {
			return nil, err
		}
		fns = append(fns, f)
	}
	return fns, nil
}

// define resolves the type of a name.
func (s *scope) define(n *named) error {
	switch n.state {
	case done:
		return nil
	case busy:
		var names []string
		for _, d := range s.defining[slices.Index(s.defining, n):] {
			names = append(names, d.def.Name)
		}
		return n.pos.errorf("type `%s` contains itself%s", n.def.Name, cycle(names))
	}
	if err := s.b.enter(n.decl.name.pos); err != nil {
		return err
	}
	defer s.b.leave()
	n.state = busy
	s.defining = append(s.defining, n)
	defer func() { s.defining = s.defining[:len(s.defining)-1] }()
	kind, err := s.kind(n.decl)
	if err != nil {
		return err
	}
	n.def.Kind, n.state = kind, done
	return s.b.checkSize(n.def, n.pos)
}

func (s *scope) kind(t *typeDecl) (Kind, error) {
	if t.word == "type" {
		return s.aliasKind(t.expr)
	}
	var seen names
	for _, f := range t.fields {
		if err := seen.define(f.name, " in "+t.word+" `"+t.name.name+"`"); err != nil {
			return nil, err
		}
	}
	switch t.word {
	case "record":
		r := &Record{}
		for _, f := range t.fields {
			ty, err := s.typ(f.typ)
			if err != nil {
				return nil, err
			}
			r.Fields = append(r.Fields, Field{f.name.name, ty, f.docs})
		}
		return r, nil
	case "variant":
		v := &Variant{}
		for _, f := range t.fields {
			ty, err := s.optional(f.typ)
			if err != nil {
				return nil, err
			}
			v.Cases = append(v.Cases, Case{f.name.name, ty, f.docs})
		}
		return v, nil
	}
	var labels []Label
	for _, f := range t.fields {
		labels = append(labels, Label{f.name.name, f.docs})
	}
	if t.word == "enum" {
		return &Enum{labels}, nil
	}
	return &Flags{labels}, nil
}

// aliasKind gives the kind of `type t = x`: an alias of a name or primitive,
// else the structure itself.
func (s *scope) aliasKind(x *typeExpr) (Kind, error) {
	if p, ok := primitiveNamed(x.word); ok {
		return &Alias{p}, nil
	}
	if x.word == "" {
		def, err := s.named(x.name)
		if err != nil {
			return nil, err
		}
		return &Alias{def}, nil
	}
	return s.structure(x)
}

func (s *scope) optional(x *typeExpr) (Type, error) {
	if x == nil {
		return nil, nil
	}
	return s.typ(x)
}

// typ resolves a type; the bare name of a resource is an own handle.
func (s *scope) typ(x *typeExpr) (Type, error) {
	if p, ok := primitiveNamed(x.word); ok {
		return p, nil
	}
	if x.word == "" {
		def, err := s.named(x.name)
		if err != nil {
			return nil, err
		}
		if s.b.isResource(def) {
			return &TypeDef{Kind: &Handle{Resource: def}}, nil
		}
		return def, nil
	}
	k, err := s.structure(x)
	if err != nil {
		return nil, err
	}
	return &TypeDef{Kind: k}, nil
}

func (s *scope) structure(x *typeExpr) (Kind, error) {
	if x.word == "own" || x.word == "borrow" {
		def, err := s.named(x.name)
		if err != nil {
			return nil, err
		}
		if !s.b.isResource(def) {
			return nil, x.name.pos.errorf("%s needs a resource, and `%s` is none", x.word, x.name.name)
		}
		return &Handle{x.word == "borrow", def}, nil
	}
	args := make([]Type, max(2, len(x.args)))
	for i, a := range x.args {
		var err error
		if args[i], err = s.optional(a); err != nil {
			return nil, err
		}
	}
	switch x.word {
	case "tuple":
		return &Tuple{args[:len(x.args)]}, nil
	case "option":
		return &Option{args[0]}, nil
	case "result":
		return &Result{args[0], args[1]}, nil
	case "list":
		return &List{args[0], x.length}, nil
	case "stream":
		return &Stream{args[0]}, nil
	case "future":
		return &Future{args[0]}, nil
	}
	if !isMapKey(args[0]) {
		return nil, x.args[0].pos.errorf("a map's key is a bool, an integer, a char or a string")
	}
	return &Map{args[0], args[1]}, nil
}

func isMapKey(t Type) bool {
	if d, ok := t.(*TypeDef); ok {
		t = d.Resolve()
	}
	p, ok := t.(Primitive)
	return ok && p != F32 && p != F64 && p != ErrorContext
}

// named finds a type of the scope and resolves it.
func (s *scope) named(name ident) (*TypeDef, error) {
	n := s.names[name.name]
	switch {
	case n == nil:
		if later := s.later[name.name]; later != nil {
			return s.named(later.expr.name)
		}
		if f := s.gates[name.name]; f != "" {
			return nil, name.pos.errorf("`%s` %s", name.name, f)
		}
		var known []string
		for k, n := range s.names {
			if n.def != nil {
				known = append(known, k)
			}
		}
		return nil, name.pos.errorf("type `%s` does not exist%s", name.name, nearestType(name.name, known))
	case n.fn != nil:
		return nil, name.pos.errorf("`%s` is a function, not a type", name.name)
	}
	return n.def, s.define(n)
}

// isResource tells whether d is a resource or an alias of one. It keeps what
// it finds: a chain of aliases may be long.
func (b *builder) isResource(d *TypeDef) bool {
	if known, ok := b.resources[d]; ok {
		return known
	}
	_, found := d.Kind.(*Resource)
	if a, ok := d.Kind.(*Alias); ok {
		if next, ok := a.Type.(*TypeDef); ok {
			found = b.isResource(next)
		}
	}
	b.resources[d] = found
	return found
}
