package wit

import (
	"fmt"
	"slices"
)

// maxChain bounds how long a chain of things that need each other may be:
// packages, interfaces, worlds or types.
const maxChain = 2000

// maxMade bounds what all worlds together may have: items, and the parts of
// their types. A few lines that include worlds in worlds could ask for
// billions.
const maxMade = 1 << 20

// maxTypeSize bounds the parts of a type when names are replaced by what they
// stand for, which is what its form in memory is made of. Each line that says
// `type t2 = tuple<t1, t1>` doubles that.
const maxTypeSize = 100_000

// The states of things that are resolved when first needed.
const (
	untouched = iota
	busy
	done
)

// A pkgState is a package on its way from units to the model.
type pkgState struct {
	name  PackageName
	docs  string
	units []*unit
	past  bool     // seen as of its version: what came later is left out
	pkg   *Package // set when its turn has come
	state int
	decls map[string]*decl
	order []*decl
}

// A decl is an interface or a world of a package.
type decl struct {
	name   ident
	unit   *unit
	pkg    *pkgState
	iface  *ifaceDecl
	world  *worldDecl
	gated  string // why it is left out, or ""
	state  int
	outI   *Interface
	outW   *World
	lookup map[string]*TypeDef // the types of the interface
	funcs  map[string]bool
	gates  map[string]string // name -> why it was left out
}

// what names the kind of the declaration.
func (d *decl) what() string {
	if d.iface != nil {
		return "an interface"
	}
	return "a world"
}

// resolve turns everything declared into a model. where names the input in
// errors.
func (l *loader) resolve(where string) (*Resolve, *Package, error) {
	if l.main == nil {
		return nil, nil, fmt.Errorf("%s: no package", where)
	}
	b := newBuilder(l)
	for _, s := range l.declared {
		if s == l.main {
			continue
		}
		if err := b.visit(s, nil); err != nil {
			return nil, nil, err
		}
	}
	if err := b.visit(l.main, nil); err != nil {
		return nil, nil, err
	}
	b.res.Main = l.main.pkg
	return b.res, l.main.pkg, nil
}

// A builder makes the model.
type builder struct {
	*loader
	res   *Resolve
	depth int
	made  int // how much worlds have brought together

	visiting []*pkgState // packages and declarations being resolved
	needing  []*decl

	borrows, resources map[*TypeDef]bool // what hasBorrow and isResource found
	sizes              map[*TypeDef]int  // and what size found
}

func newBuilder(l *loader) *builder {
	return &builder{loader: l, res: &Resolve{}, borrows: map[*TypeDef]bool{}, resources: map[*TypeDef]bool{}, sizes: map[*TypeDef]int{}}
}

// enter guards recursion; the caller must call leave if it gives nil.
func (b *builder) enter(at pos) error {
	if b.depth++; b.depth > maxChain {
		return at.errorf("more than %d definitions depend on each other in a row", maxChain)
	}
	return nil
}

func (b *builder) leave() { b.depth-- }

// visit resolves a package after those it mentions.
func (b *builder) visit(s *pkgState, from *pkgRef) error {
	switch s.state {
	case done:
		return nil
	case busy:
		var names []string
		for _, p := range b.visiting[slices.Index(b.visiting, s):] {
			names = append(names, p.name.String())
		}
		return from.pos.errorf("package `%s` depends on itself%s", s.name, cycle(names))
	}
	if from != nil {
		if err := b.enter(from.pos); err != nil {
			return err
		}
		defer b.leave()
	}
	s.state = busy
	b.visiting = append(b.visiting, s)
	defer func() { b.visiting = b.visiting[:len(b.visiting)-1] }()
	for _, u := range s.units {
		for _, ref := range u.refs {
			if ref.name == s.name {
				continue
			}
			dep, err := b.mentioned(ref)
			if err != nil {
				return err
			}
			if err := b.visit(dep, ref); err != nil {
				return err
			}
		}
	}
	s.pkg = &Package{Name: s.name, Docs: s.docs}
	if err := b.declare(s); err != nil {
		return err
	}
	for _, d := range s.order {
		if d.gated != "" {
			if err := b.checkGated(d); err != nil {
				return err
			}
			continue
		}
		if err := b.need(d, d.name.pos); err != nil {
			return err
		}
	}
	for _, d := range b.sortDecls(s) {
		switch {
		case d.gated != "":
		case d.iface != nil:
			s.pkg.Interfaces = append(s.pkg.Interfaces, d.outI)
		default:
			s.pkg.Worlds = append(s.pkg.Worlds, d.outW)
		}
	}
	if err := b.checkUses(s); err != nil {
		return err
	}
	s.state = done
	b.res.Packages = append(b.res.Packages, s.pkg)
	return nil
}

// declare enters the names of the package's interfaces and worlds.
func (b *builder) declare(s *pkgState) error {
	s.decls = map[string]*decl{}
	for _, u := range s.units {
		for _, v := range u.since {
			if s.name.Version == "" {
				return v.pos.errorf("package `%s` has no version, so nothing in it can be since one", s.name)
			}
			if !s.past && CompareVersions(v.name, s.name.Version) > 0 {
				return v.pos.errorf("version %s is later than the package's, %s", v.name, s.name.Version)
			}
		}
		var here []*decl
		for _, i := range u.ifaces {
			here = append(here, &decl{name: i.name, unit: u, pkg: s, iface: i, gated: b.gate(s, i.attrs),
				outI: &Interface{Name: i.name.name, Package: s.pkg, Docs: i.docs, Stability: i.stability}})
		}
		for _, w := range u.worlds {
			here = append(here, &decl{name: w.name, unit: u, pkg: s, world: w, gated: b.gate(s, w.attrs),
				outW: &World{Name: w.name.name, Package: s.pkg, Docs: w.docs, Stability: w.stability}})
		}
		slices.SortStableFunc(here, func(x, y *decl) int { return x.name.pos.off - y.name.pos.off })
		for _, d := range here {
			if first := s.decls[d.name.name]; first != nil {
				return d.name.pos.errorf("`%s` is defined more than once in package `%s`: first at %s", d.name.name, s.name, first.name.pos.place(d.name.pos))
			}
			s.decls[d.name.name] = d
			s.order = append(s.order, d)
		}
	}
	for _, u := range s.units {
		u.useAs = map[string]*topUse{}
		for _, use := range u.uses {
			own := s.decls[use.as.name]
			first := pos{}
			if twin := u.useAs[use.as.name]; twin != nil {
				first = twin.as.pos
			} else if own != nil && own.unit == u {
				first = own.name.pos
			}
			if first.src != nil {
				return use.as.pos.errorf("`%s` is defined more than once in this file: also at %s", use.as.name, first.place(use.as.pos))
			}
			u.useAs[use.as.name] = use
		}
	}
	return nil
}

// checkUses makes sure that every top-level use leads somewhere.
func (b *builder) checkUses(s *pkgState) error {
	for _, u := range s.units {
		for _, use := range u.uses {
			d, err := b.lookupUse(s, use.path)
			if err != nil {
				return err
			}
			if d.world != nil {
				return use.path.name.pos.errorf("`%s` is a world, not an interface", use.path.name.name)
			}
		}
	}
	return nil
}

// lookupUse finds the target of a top-level use, which sees the package's own
// names but not the file's other uses.
func (b *builder) lookupUse(s *pkgState, p usePath) (*decl, error) {
	if p.pkg != nil {
		return b.lookupFull(p)
	}
	if d := s.decls[p.name.name]; d != nil {
		return d, nil
	}
	return nil, b.unknown(s, p.name)
}

func (b *builder) lookupFull(p usePath) (*decl, error) {
	s, err := b.mentioned(p.pkg)
	if err != nil {
		return nil, err
	}
	if d := s.decls[p.name.name]; d != nil {
		return d, nil
	}
	return nil, p.name.pos.errorf("package `%s` has no interface or world `%s`%s", s.name, p.name.name, Nearest(p.name.name, declNames(s)))
}

func (b *builder) unknown(s *pkgState, name ident) error {
	return name.pos.errorf("interface or world `%s` does not exist%s", name.name, Nearest(name.name, declNames(s)))
}

func declNames(s *pkgState) []string {
	var names []string
	for _, d := range s.order {
		names = append(names, d.name.name)
	}
	return names
}

// target finds the interface (or world) that a path in unit u means and
// resolves it.
func (b *builder) target(s *pkgState, u *unit, p usePath, world bool) (*decl, error) {
	d, err := b.lookup(s, u, p)
	if err != nil {
		return nil, err
	}
	if (d.world != nil) != world {
		want := "an interface"
		if world {
			want = "a world"
		}
		return nil, p.name.pos.errorf("`%s` is %s, not %s", p.name.name, d.what(), want)
	}
	if d.gated != "" {
		return nil, p.name.pos.errorf("`%s` %s", p.name.name, d.gated)
	}
	return d, b.need(d, p.name.pos)
}

func (b *builder) lookup(s *pkgState, u *unit, p usePath) (*decl, error) {
	if p.pkg != nil {
		return b.lookupFull(p)
	}
	if use := u.useAs[p.name.name]; use != nil {
		return b.lookupUse(s, use.path)
	}
	if d := s.decls[p.name.name]; d != nil {
		return d, nil
	}
	return nil, b.unknown(s, p.name)
}

// need resolves an interface or world if that has not happened.
func (b *builder) need(d *decl, at pos) error {
	switch d.state {
	case done:
		return nil
	case busy:
		var names []string
		for _, n := range b.needing[slices.Index(b.needing, d):] {
			names = append(names, n.name.name)
		}
		return at.errorf("`%s` depends on itself%s", d.name.name, cycle(names))
	}
	if err := b.enter(at); err != nil {
		return err
	}
	defer b.leave()
	d.state = busy
	b.needing = append(b.needing, d)
	defer func() { b.needing = b.needing[:len(b.needing)-1] }()
	if d.iface != nil {
		if err := b.interfaceItems(d, d.iface.items); err != nil {
			return err
		}
	} else if err := b.world(d); err != nil {
		return err
	}
	d.state = done
	return nil
}
