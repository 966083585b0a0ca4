package guest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A use says what a Go name of a package is for.
type use struct {
	what string // "type", "func", "const", "make", "own", "borrow", "give", "load", "store"
	of   any    // *wit.TypeDef, *wit.Function
	i    int    // the case of an enum, flags type or variant
}

// assignNames decides on the names of what stands for WIT items, before any
// code is made: other packages refer to them. Types and freestanding functions
// have names of their own already. A name derived from several WIT names that
// is taken gets an underscore. The order in which names are given is: types,
// functions, constructors and static functions, then what belongs to each type.
func (p *goPackage) assignNames() {
	p.ids = map[use]string{}
	give := func(what string, of any, i int, name string) {
		p.ids[use{what, of, i}] = p.declare(name)
	}
	types := p.typeDefs()
	for _, t := range types {
		give("type", t, 0, bindgen.UpperCamel(t.Name))
	}
	funcs := slices.Concat(p.imports, p.exports)
	for _, f := range funcs {
		if f.Kind == wit.Freestanding {
			give("func", f, 0, bindgen.UpperCamel(f.Name))
		}
	}
	for _, f := range funcs {
		switch f.Kind {
		case wit.Constructor:
			give("func", f, 0, "Make"+bindgen.UpperCamel(f.Resource.Name))
		case wit.Static:
			give("func", f, 0, bindgen.UpperCamel(f.Resource.Name)+bindgen.UpperCamel(f.Name))
		case wit.Method:
			p.ids[use{"func", f, 0}] = methodName(f, p.export)
		}
	}
	for _, t := range types {
		p.assignTypeNames(t, give)
	}
}

func (p *goPackage) assignTypeNames(t *wit.TypeDef, give func(what string, of any, i int, name string)) {
	name := bindgen.UpperCamel(t.Name)
	labels := func(labels []wit.Label) {
		for i, l := range labels {
			give("const", t, i, name+bindgen.UpperCamel(l.Name))
		}
	}
	helpers := func() {
		give("load", t, 0, "WitLoad"+name)
		give("store", t, 0, "WitStore"+name)
	}
	switch k := t.Kind.(type) {
	case *wit.Record:
		helpers()
	case *wit.Variant:
		for i, c := range k.Cases {
			give("const", t, i, name+bindgen.UpperCamel(c.Name))
		}
		for i, c := range k.Cases {
			give("make", t, i, "Make"+name+bindgen.UpperCamel(c.Name))
		}
		helpers()
	case *wit.Enum:
		labels(k.Cases)
	case *wit.Flags:
		labels(k.Flags)
	case *wit.Resource:
		give("own", t, 0, name+"FromOwnHandle")
		give("borrow", t, 0, name+"FromBorrowHandle")
		if p.export {
			give("give", t, 0, "WitGive"+name)
		}
	}
}

// id gives the name that assignNames has decided on.
func (p *goPackage) id(what string, of any, i int) string {
	name, ok := p.ids[use{what, of, i}]
	if !ok {
		panic(fmt.Sprintf("%s: no name for %s %v", p.name, what, of))
	}
	return name
}

// methodName gives the Go name of a method. Resources have methods that come
// from no WIT: a WIT method of that name gets an underscore.
func methodName(f *wit.Function, export bool) string {
	name := bindgen.UpperCamel(f.Name)
	switch name {
	case "Handle", "TakeHandle", "SetHandle", "Drop":
		return name + "_"
	case "OnDrop":
		if export {
			return name + "_"
		}
	}
	return name
}

// declare claims a name in the package; one that is taken gets underscores.
func (p *goPackage) declare(name string) string {
	for p.decls[name] {
		name += "_"
	}
	p.decls[name] = true
	return name
}

// private gives the start of the names that generated code has for itself: it
// must not meet the names of the program's author.
func (p *goPackage) private(name string) string {
	if p.export {
		name = "wit" + strings.ToUpper(name[:1]) + name[1:]
	}
	return p.declare(name)
}

// home gives the package that declares a named type, which is not one of
// `use`, for code of the package given. An interface may be imported and
// exported under several names: a package's own types are its own, and others'
// are those of the interface's own name.
func (g *generator) home(t *wit.TypeDef, from *goPackage) *goPackage {
	switch {
	case from.iface == t.Interface && from.export == (from.export && g.sided(t)):
		return from
	case from.export && g.sided(t):
		return g.exported[t.Interface]
	}
	return g.pkgs[t.Interface]
}

// sided tells whether a type is another one in Go for the exported interface
// than for the imported one of that name: it is or holds a resource that the
// component itself defines, or a stream or future, whose ends are such
// resources. Types of inline interfaces that are exported are, too: nothing
// else can refer to them.
func (g *generator) sided(t *wit.TypeDef) bool {
	if g.exported[t.Interface] == nil {
		return false
	}
	if known, ok := g.sides[t]; ok {
		return known
	}
	g.sides[t] = false
	g.sides[t] = t.Interface.Name == "" || g.carriesEnds(t)
	return g.sides[t]
}

func (g *generator) carriesEnds(t *wit.TypeDef) bool {
	switch k := t.Kind.(type) {
	case *wit.Resource:
		return true
	case *wit.Handle:
		return g.sidedPart(k.Resource)
	case *wit.Stream, *wit.Future:
		if !isBytes(k) {
			return true
		}
	}
	return slices.ContainsFunc(wit.Parts(t), g.sidedPart)
}

func (g *generator) sidedPart(t wit.Type) bool {
	td, ok := t.(*wit.TypeDef)
	if !ok {
		return false
	}
	if td.Name == "" {
		return g.carriesEnds(td)
	}
	return g.sided(bindgen.Origin(td))
}
