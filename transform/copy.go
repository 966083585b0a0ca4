package transform

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// A copier makes the polyfilled model. Interfaces are copied when they are
// first met; two originals of one ID (the caller's and ours) get one copy.
type copier struct {
	src    *wit.World
	std    map[string]*wit.Interface // what rewriting may need, by ID
	result *Result
	byID   map[string]*wit.Interface
	order  []*wit.Interface
	pkgs   map[wit.PackageName]*wit.Package
	at     []string // where we are, for errors

	payloads map[*wit.Interface]*payloads
	streams  bool           // wasi:io/streams is mentioned
	world    *wit.Interface // WorldTypes, once needed
}

func newCopier(w *wit.World) (*copier, error) {
	ours, err := std.Resolve()
	if err != nil {
		return nil, err
	}
	c := &copier{
		src:      w,
		std:      map[string]*wit.Interface{},
		byID:     map[string]*wit.Interface{},
		pkgs:     map[wit.PackageName]*wit.Package{},
		payloads: map[*wit.Interface]*payloads{},
		result: &Result{
			Pairs:      map[*wit.Function]Pair{},
			Payloads:   map[*wit.TypeDef]*Payload{},
			Types:      map[*wit.TypeDef]*wit.TypeDef{},
			Interfaces: map[*wit.Interface]*wit.Interface{},
		},
	}
	for _, p := range ours.Packages {
		for _, i := range p.Interfaces {
			c.std[i.ID()] = i
		}
	}
	return c, nil
}

// errorf makes an error that says where we are.
func (c *copier) errorf(format string, args ...any) error {
	msg := fmt.Sprintf(format, args...)
	for i := len(c.at) - 1; i >= 0; i-- {
		msg = c.at[i] + ": " + msg
	}
	return fmt.Errorf("%s", msg)
}

// in notes where we are until the function it gives is called.
func (c *copier) in(where string) func() {
	c.at = append(c.at, where)
	return func() { c.at = c.at[:len(c.at)-1] }
}

// pkg gives the copy of a package.
func (c *copier) pkg(p *wit.Package) *wit.Package {
	if c.pkgs[p.Name] == nil {
		c.pkgs[p.Name] = &wit.Package{Name: p.Name, Docs: p.Docs}
	}
	return c.pkgs[p.Name]
}

// stdType gives the copy of a type of an interface that rewriting needs.
func (c *copier) stdType(id, name string) (*wit.TypeDef, error) {
	i, err := c.stdInterface(id)
	if err != nil {
		return nil, err
	}
	t := typeOf(i, name)
	if t == nil {
		return nil, c.errorf("interface %s has no type %s", id, name)
	}
	return t, nil
}

// stdInterface gives the copy of an interface that rewriting needs.
func (c *copier) stdInterface(id string) (*wit.Interface, error) {
	if i := c.byID[id]; i != nil {
		return i, nil
	}
	return c.iface(c.std[id])
}

func typeOf(i *wit.Interface, name string) *wit.TypeDef {
	for _, t := range i.Types {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// iface gives the copy of an interface.
func (c *copier) iface(i *wit.Interface) (*wit.Interface, error) {
	if done := c.result.Interfaces[i]; done != nil {
		return done, nil
	}
	id := i.ID()
	where := id
	if id == "" {
		where = "inline interface"
	}
	defer c.in(where)()
	if twin := c.byID[id]; id != "" && twin != nil {
		return twin, c.same(i, twin)
	}
	for _, dep := range wit.Needs(i) {
		if _, err := c.iface(dep); err != nil {
			return nil, err
		}
	}
	ni := &wit.Interface{Name: i.Name, Package: c.pkg(i.Package), Docs: i.Docs, Stability: i.Stability}
	c.result.Interfaces[i] = ni
	if id != "" {
		c.byID[id] = ni
		c.order = append(c.order, ni)
	}
	for _, t := range i.Types {
		nt := &wit.TypeDef{Name: t.Name, Interface: ni, Docs: t.Docs, Stability: t.Stability}
		c.result.Types[t] = nt
		ni.Types = append(ni.Types, nt)
	}
	c.payloads[ni] = namePayloads(i.Types, i.Funcs)
	for _, t := range i.Types {
		if err := c.define(t, ni); err != nil {
			return nil, err
		}
	}
	for _, f := range i.Funcs {
		fs, err := c.function(f, ni)
		if err != nil {
			return nil, err
		}
		ni.Funcs = append(ni.Funcs, fs...)
	}
	c.addHelpers(ni)
	return ni, c.checkNames(ni)
}

// same maps the types of an interface to those of its copied twin.
func (c *copier) same(i, twin *wit.Interface) error {
	c.result.Interfaces[i] = twin
	for _, t := range i.Types {
		nt := typeOf(twin, t.Name)
		if nt == nil {
			return c.errorf("there are two different interfaces of this name: one has no type %s", t.Name)
		}
		c.result.Types[t] = nt
	}
	return nil
}

// checkNames refuses names that rewriting made twice.
func (c *copier) checkNames(i *wit.Interface) error {
	seen := map[string]bool{}
	for _, t := range i.Types {
		if seen[t.Name] {
			return c.errorf("the polyfill needs the name %s, which is taken", t.Name)
		}
		seen[t.Name] = true
	}
	for _, f := range i.Funcs {
		name := f.ABIName()
		if seen[name] {
			return c.errorf("the polyfill needs the name %s, which is taken", name)
		}
		seen[name] = true
	}
	return nil
}

// define fills the copy of a named type.
func (c *copier) define(t *wit.TypeDef, ctx *wit.Interface) error {
	defer c.in("type " + t.Name)()
	nt := c.result.Types[t]
	switch t.Kind.(type) {
	case *wit.Stream, *wit.Future:
		end, err := c.carrier(t, ctx)
		if err != nil {
			return err
		}
		nt.Kind = &wit.Handle{Resource: end}
		return nil
	}
	k, err := c.kind(t.Kind, ctx)
	nt.Kind = k
	return err
}

// typ gives the copy of a type that text in ctx mentions (nil: a world's).
func (c *copier) typ(t wit.Type, ctx *wit.Interface) (wit.Type, error) {
	d, ok := t.(*wit.TypeDef)
	if !ok {
		return t, nil
	}
	if d.Name != "" {
		return c.namedIn(d, ctx)
	}
	switch d.Kind.(type) {
	case *wit.Stream, *wit.Future:
		end, err := c.carrier(d, ctx)
		if err != nil {
			return nil, err
		}
		return own(end), nil
	}
	k, err := c.kind(d.Kind, ctx)
	if err != nil {
		return nil, err
	}
	return &wit.TypeDef{Kind: k}, nil
}

// namedIn gives the copy of a named type that text in ctx mentions.
func (c *copier) namedIn(d *wit.TypeDef, ctx *wit.Interface) (*wit.TypeDef, error) {
	if ctx != nil && ctx == c.world {
		return c.inWorldTypes(d)
	}
	return c.named(d)
}

// named gives the copy of a named type.
func (c *copier) named(d *wit.TypeDef) (*wit.TypeDef, error) {
	if nt := c.result.Types[d]; nt != nil {
		return nt, nil
	}
	if d.Interface == nil {
		return nil, c.errorf("type %s is not of this world", d.Name)
	}
	if _, err := c.iface(d.Interface); err != nil {
		return nil, err
	}
	return c.result.Types[d], nil
}

func own(resource *wit.TypeDef) *wit.TypeDef {
	return &wit.TypeDef{Kind: &wit.Handle{Resource: resource}}
}

// kind copies a structure.
func (c *copier) kind(k wit.Kind, ctx *wit.Interface) (wit.Kind, error) {
	var err error
	n := wit.CopyKind(k, func(t wit.Type) wit.Type {
		if err != nil {
			return nil
		}
		var copied wit.Type
		copied, err = c.typ(t, ctx)
		return copied
	})
	return n, err
}
