// Package guest generates Go bindings for guests: one package for each
// interface that a world imports, and one with a variable Exports for each
// that it exports. The generated code is source-compatible with what
// wit-bindgen's Go generator gives; async functions are plain functions that
// block, and a task in a goroutine of its own runs each exported one.
package guest

import (
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

// Library is the import path of the guest library that generated code uses.
const Library = "github.com/isyswasfa/isyswasfa/guest"

// Options adjust [Generate].
type Options struct {
	// ImportPath is that of the folder that the generated packages go to, such
	// as "example.com/app/bindings".
	ImportPath string
	// Existing gives the import path of a package that is there already, or
	// "": the one for an imported interface, or if export is true for an
	// exported one. nil means there is none; see [WASI].
	Existing func(id string, export bool) string
}

// Generate generates the packages for a world. The world is the original one,
// whose functions may be async; the result of its transformation tells what
// they are called in the core module. The keys of the map are paths with
// slashes, relative to the folder that ImportPath names.
//
// A world with something that cannot be generated yet gives an error that
// names the place.
func Generate(w *wit.World, poly *transform.Result, o Options) (map[string][]byte, error) {
	if err := check(w); err != nil {
		return nil, err
	}
	g := &generator{world: w, poly: poly, opt: o, pkgs: map[*wit.Interface]*goPackage{}, names: map[string]bool{}}
	if err := g.packages(); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, p := range g.order {
		if p.existing {
			continue
		}
		p.generate()
		made, err := p.files()
		if err != nil {
			return nil, err
		}
		maps.Copy(files, made)
	}
	return files, nil
}

type generator struct {
	world *wit.World
	poly  *transform.Result
	opt   Options
	types bindgen.Types

	pkgs  map[*wit.Interface]*goPackage // where an interface's types are; nil for the world's own
	order []*goPackage
	names map[string]bool // of all packages
}

// packages decides which packages there are.
func (g *generator) packages() error {
	versions := g.ambiguous()
	add := func(name, module string, i *wit.Interface, export bool) *goPackage {
		p := &goPackage{g: g, name: name, module: module, iface: i, export: export, decls: map[string]bool{}}
		p.path = path.Join(g.opt.ImportPath, name)
		if g.opt.Existing != nil && i != nil && i.Name != "" {
			if at := g.opt.Existing(i.ID(), export); at != "" {
				p.path, p.name, p.existing = at, path.Base(at), true
			}
		}
		g.order = append(g.order, p)
		g.names[p.name] = true
		return p
	}
	var world, exportWorld *goPackage
	for _, item := range g.world.Imports {
		if i := item.Interface; i != nil {
			p := add(g.itemName(item, versions), item.Name, i, false)
			p.imports = i.Funcs
			g.pkgs[i] = p
			continue
		}
		if world == nil {
			world = add("wit_world", "$root", nil, false)
			g.pkgs[nil] = world
		}
		if item.Func != nil {
			world.imports = append(world.imports, item.Func)
		} else {
			world.types = append(world.types, item.Type)
		}
	}
	for _, item := range g.world.Exports {
		if i := item.Interface; i != nil {
			name := g.itemName(item, versions)
			if g.pkgs[i] == nil && slices.ContainsFunc(i.Types, isOwn) {
				g.pkgs[i] = add(name, item.Name, i, false)
			}
			add("export_"+name, item.Name, i, true).exports = i.Funcs
			continue
		}
		if exportWorld == nil {
			exportWorld = add("export_wit_world", "", nil, true)
		}
		exportWorld.exports = append(exportWorld.exports, item.Func)
	}
	if exportWorld != nil {
		// The world's own streams and futures are all imported.
		if world == nil && len(payloadTypes(nil, exportWorld.exports)) > 0 {
			world = add("wit_world", "$root", nil, false)
			g.pkgs[nil] = world
		}
		if world != nil {
			world.also = exportWorld.exports
		}
	}
	return g.distinct()
}

// isOwn tells a type that an interface defines from one that it uses.
func isOwn(t *wit.TypeDef) bool { return origin(t) == t }

// itemName gives the name of an interface's package.
func (g *generator) itemName(item *wit.WorldItem, versions map[string]bool) string {
	if item.Interface.Name == "" {
		return bindgen.Snake(item.Name)
	}
	name := bindgen.PackageName(item.Interface, false)
	return bindgen.PackageName(item.Interface, versions[name])
}

// ambiguous gives the names of packages that only their version tells apart.
func (g *generator) ambiguous() map[string]bool {
	first := map[string]string{}
	twice := map[string]bool{}
	for _, item := range slices.Concat(g.world.Imports, g.world.Exports) {
		if item.Interface == nil || item.Interface.Name == "" {
			continue
		}
		name := bindgen.PackageName(item.Interface, false)
		if id, ok := first[name]; ok && id != item.Interface.ID() {
			twice[name] = true
		}
		first[name] = item.Interface.ID()
	}
	return twice
}

// distinct makes sure that no two packages would get one name.
func (g *generator) distinct() error {
	seen := map[string]*goPackage{}
	for _, p := range g.order {
		if q := seen[p.path]; q != nil {
			return fmt.Errorf("%s and %s would both be the Go package %s", q.module, p.module, p.name)
		}
		seen[p.path] = p
	}
	return nil
}

// origin follows `use` to the interface that defines a type.
func origin(t *wit.TypeDef) *wit.TypeDef {
	for {
		a, ok := t.Kind.(*wit.Alias)
		if !ok {
			return t
		}
		next, ok := a.Type.(*wit.TypeDef)
		if !ok || next.Name == "" || next.Interface == t.Interface && next.World == t.World {
			return t
		}
		t = next
	}
}

// owner gives the package that defines a named type.
func (g *generator) owner(t *wit.TypeDef) *goPackage { return g.pkgs[t.Interface] }
