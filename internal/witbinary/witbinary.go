// Package witbinary reads WIT in binary form: packages as `wasm-tools
// component wit --wasm` writes them, and the worlds that generators of
// bindings leave in the custom sections component-type of core modules. What
// it gives is WIT text, so that package wit checks it like any other.
package witbinary

import (
	"errors"
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/wit"
)

// The custom section that tells the version of the encoding, and how strings
// are encoded in the module that the world is of.
const (
	encodingSection = "wit-component-encoding"
	encodingVersion = 4
	olderVersion    = 3 // before sections had that
)

// A World is the content of a section component-type.
type World struct {
	Text     string // WIT text of the package of the world, with those it uses
	ID       string // of the world
	Encoding component.StringEncoding
}

// PackageText gives a binary WIT package as text: the package itself, with
// what it needs of other packages nested in it.
func PackageText(data []byte) (string, error) {
	d, err := decode(data)
	if err != nil {
		return "", err
	}
	if len(d.named) == 0 {
		return "", errors.New("binary WIT: there is no package in it")
	}
	main := d.named[0].pkg
	for _, n := range d.named {
		if n.pkg != main {
			return "", fmt.Errorf("binary WIT: two packages in one, %s and %s", main.Name, n.pkg.Name)
		}
	}
	if d.addDocs(main); d.err != nil {
		return "", d.err
	}
	return d.text(main), nil
}

// ModuleWorld reads the content of a section component-type. It is a binary
// package of one world; or in the older form, which adapters for WASI 0.1 came
// with for years, a binary package behind the name of one of its worlds.
func ModuleWorld(data []byte) (*World, error) {
	if len(data) > 0 && data[0] == olderVersion {
		return olderWorld(data[1:])
	}
	d, err := decode(data)
	if err != nil {
		return nil, err
	}
	switch {
	case d.encoding == nil:
		return nil, errors.New("binary WIT: it does not tell its version")
	case len(d.encoding) != 2 || d.encoding[0] != encodingVersion:
		return nil, fmt.Errorf("binary WIT: version % x, known is %d", d.encoding, encodingVersion)
	case d.encoding[1] > byte(component.Latin1UTF16):
		return nil, fmt.Errorf("binary WIT: unknown string encoding %d", d.encoding[1])
	case len(d.named) != 1 || d.named[0].world == nil:
		return nil, errors.New("binary WIT: one world is wanted")
	}
	return d.moduleWorld(d.named[0].world, component.StringEncoding(d.encoding[1]))
}

// olderWorld reads the older form behind its version: how strings are encoded,
// the length of the world's name, that, and the package.
func olderWorld(data []byte) (*World, error) {
	switch {
	case len(data) < 2 || len(data)-2 < int(data[1]):
		return nil, errors.New("binary WIT: the name of the world is cut short")
	case data[0] > byte(component.Latin1UTF16):
		return nil, fmt.Errorf("binary WIT: unknown string encoding %d", data[0])
	}
	name, pkg := string(data[2:2+data[1]]), data[2+data[1]:]
	d, err := decode(pkg)
	if err != nil {
		return nil, err
	}
	for _, n := range d.named {
		if n.world != nil && n.world.Name == name {
			return d.moduleWorld(n.world, component.StringEncoding(data[0]))
		}
	}
	return nil, fmt.Errorf("binary WIT: there is no world %s in it", name)
}

// moduleWorld gives a world with what it needs, for a module that has strings
// in that encoding.
func (d *decoder) moduleWorld(w *wit.World, encoding component.StringEncoding) (*World, error) {
	if d.addDocs(w.Package); d.err != nil {
		return nil, d.err
	}
	return &World{Text: d.text(w.Package), ID: w.ID(), Encoding: encoding}, nil
}

// text gives all packages as text, of which main is the outermost.
func (d *decoder) text(main *wit.Package) string {
	r := &wit.Resolve{Main: main}
	for _, p := range d.packages {
		if p != main {
			r.Packages = append(r.Packages, p)
		}
	}
	r.Packages = append(r.Packages, main)
	return wit.PrintResolve(r)
}

// A decoder evaluates the types of a binary. Its first error sticks.
type decoder struct {
	packages []*wit.Package
	byName   map[wit.PackageName]*wit.Package
	types    map[nameKey]*wit.TypeDef
	funcs    map[nameKey]bool
	ifaces   map[string]*wit.Interface // by ID
	named    []named                   // what the root exports
	encoding []byte                    // of the custom section; nil if there is none
	docs     []byte                    // likewise
	budget   int
	err      error
}

// A nameKey is a name in an interface, or in a world among its imports.
type nameKey struct {
	in   any // *wit.Interface or *wit.World
	name string
}

// A named is an interface or a world of the package.
type named struct {
	pkg   *wit.Package
	world *wit.World // nil for an interface
}

func decode(data []byte) (*decoder, error) {
	c, err := component.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("binary WIT: %w", err)
	}
	d := &decoder{
		byName: map[wit.PackageName]*wit.Package{}, types: map[nameKey]*wit.TypeDef{}, funcs: map[nameKey]bool{},
		ifaces: map[string]*wit.Interface{}, budget: 1<<15 + 4*len(data),
	}
	d.root(c)
	return d, d.err
}

func (d *decoder) failf(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("binary WIT: "+format, args...)
	}
}

// spend accounts for work and for text: types are shared in the binary, so a
// small one can stand for a large text.
func (d *decoder) spend(n int) {
	if d.budget -= n; d.budget < 0 {
		d.failf("it says more than its size lets expect")
	}
}

// root reads the outermost component: type definitions, each of which is
// exported.
func (d *decoder) root(c *component.Component) {
	s := &scope{d: d}
	for _, def := range c.Defs {
		if d.err != nil {
			return
		}
		switch def := def.(type) {
		case *component.Custom:
			switch def.Name {
			case encodingSection:
				d.encoding = append([]byte{}, def.Data...)
			case docsSection:
				d.docs = append([]byte{}, def.Data...)
			}
		case *component.TypeDef:
			s.define(def.Type)
		case *component.Export:
			e := s.entry(def.Index)
			if def.Sort != component.SortType || e.component == nil {
				d.failf("export %q is no type of a component", def.Name)
				return
			}
			d.item(e)
			s.types = append(s.types, e)
		default:
			d.failf("it has definitions besides types: this is a component that can run")
		}
	}
}

// item reads the type of a component that stands for an interface or a world:
// it exports that, and imports the interfaces that are used.
func (d *decoder) item(e entry) {
	s := &scope{d: d, outer: e.scope}
	for _, decl := range e.component.Decls {
		d.spend(1)
		switch {
		case d.err != nil:
			return
		case decl.Import != nil:
			s.extern(decl.Import.Name, decl.Import.Attrs, decl.Import.Desc)
		case decl.Export != nil && decl.Export.Desc.Sort == component.SortComponent:
			inner := s.entry(decl.Export.Desc.Index)
			if inner.component == nil {
				d.failf("%q is no type of a component", decl.Export.Name)
				return
			}
			d.world(decl.Export.Name, inner)
		case decl.Export != nil:
			if i := s.extern(decl.Export.Name, decl.Export.Attrs, decl.Export.Desc); i != nil {
				d.named = append(d.named, named{pkg: i.Package})
			}
		default:
			s.decl(decl)
		}
	}
}

// extern reads an import or export of an interface that has a package.
func (s *scope) extern(name string, attrs []component.Attribute, desc component.ExternDesc) *wit.Interface {
	id := fullName(name, attrs)
	if desc.Sort != component.SortInstance || !strings.Contains(id, ":") {
		s.d.failf("%q is no interface of a package", name)
		return nil
	}
	i := s.d.iface(id)
	s.instance(i, desc)
	return i
}

// fullName gives a name with the version that an attribute completes.
func fullName(name string, attrs []component.Attribute) string {
	return name + attribute(attrs, component.AttrVersionSuffix)
}

func attribute(attrs []component.Attribute, kind component.AttrKind) string {
	for _, a := range attrs {
		if a.Kind == kind {
			return a.Value
		}
	}
	return ""
}

// world reads the type of a component as a world.
func (d *decoder) world(id string, e entry) {
	pkg, name := d.pkg(id)
	if d.err != nil {
		return
	}
	w := &wit.World{Name: name, Package: pkg}
	pkg.Worlds = append(pkg.Worlds, w)
	d.named = append(d.named, named{pkg, w})
	s := &scope{d: d, outer: e.scope, world: w}
	for _, decl := range e.component.Decls {
		d.spend(1)
		switch {
		case d.err != nil:
			return
		case decl.Import != nil:
			if it := s.worldItem(decl.Import.Name, decl.Import.Attrs, decl.Import.Desc); it != nil {
				w.Imports = append(w.Imports, it)
			}
		case decl.Export != nil:
			it := s.worldItem(decl.Export.Name, decl.Export.Attrs, decl.Export.Desc)
			if it != nil && it.Type != nil {
				d.failf("world %s exports the type %s", id, it.Name)
			}
			w.Exports = append(w.Exports, it)
		default:
			s.decl(decl)
		}
	}
}

func (s *scope) worldItem(name string, attrs []component.Attribute, desc component.ExternDesc) *wit.WorldItem {
	it := &wit.WorldItem{Name: fullName(name, attrs), ExternalID: attribute(attrs, component.AttrExternalID)}
	implements := attribute(attrs, component.AttrImplements)
	switch desc.Sort {
	case component.SortInstance:
		switch {
		case strings.Contains(it.Name, ":"):
			it.Interface = s.d.iface(it.Name)
		case implements != "":
			it.Interface = s.d.iface(implements)
		default:
			it.Interface = &wit.Interface{Package: s.world.Package}
		}
		if it.Interface == nil {
			return nil
		}
		s.instance(it.Interface, desc)
	case component.SortFunc:
		it.Func = s.function(name, attrs, desc)
	case component.SortType:
		it.Type = s.name(name, attrs, desc)
	default:
		s.d.failf("world %s: %q is of a sort that worlds cannot have", s.world.ID(), name)
	}
	if strings.Contains(it.Name, ":") {
		return it
	}
	if it.Func == nil || it.Func.Kind == wit.Freestanding {
		s.d.label(it.Name)
	}
	return it
}
