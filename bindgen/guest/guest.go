// Package guest generates Go bindings for guests: one package for each
// interface that a world imports, and files for the package of each interface
// that it exports, in which the program's author writes the functions. The
// generated code is source-compatible with what wit-bindgen's Go generator
// gives; async functions are plain functions that block, and a task in a
// goroutine of its own runs each exported one.
//
// # Names
//
// Packages are called after the namespace, package and interface
// ("wasi_http_types"; with the version where only that tells two apart), or
// after the name that the world gives an interface; what the world itself has
// is in "wit_world". Those of exports begin with "export_". Of two packages
// that would get one name, the later in the order of the world (imports first)
// gets a number: "a_b_2". A name that is a keyword of Go, that generated code
// has another use for, or that is special to the go command ("main",
// "internal") ends with an underscore.
//
// Types, fields, functions and cases have the words of their WIT names joined:
// "DNS-timeout" is DnsTimeout. Two WIT names never become one in this way.
// Names made of several WIT names (ColorRed, MakeThing, ThingOpen,
// MakeStreamItem) give way to those of types and functions, and then the later
// one to the earlier one, by an underscore at the end; so do methods that every
// resource has (Handle, TakeHandle, SetHandle, Drop, and OnDrop of exported
// ones). Parameters that are keywords or names that generated code uses end
// with an underscore as well.
//
// # Exports
//
// For an exported resource the author writes a struct of its name, a function
// Make… for the constructor, methods, and functions for static ones. Values
// that others hold handles of stay alive; one whose owned handle comes back as
// an argument is the program's alone again, and its Drop ends it. A method
// OnDrop, if there is one, is called at the end of a value, in a goroutine of
// its own that may wait.
//
// Types that hold a resource, stream or future of an exported interface are
// declared in the package of the export, all others in one that imports and
// exports share. Streams and futures that come from one interface may be given
// to another one: a goroutine passes on what they carry.
//
// Borrowed handles that an exported function gets end when it returns. A
// function that is not async runs on the host's stack: it may sleep, but a wait
// for an async function, a stream or a future panics with a message that names
// the function.
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

// Version counts the generator's output formats: code of an older one has to
// be generated again.
const Version = "guest/1"

// Options adjust [Generate].
type Options struct {
	// ImportPath is that of the folder that the generated packages go to, such
	// as "example.com/app/bindings".
	ImportPath string
	// Existing gives the import path of a package that is there already, or
	// "": the one for an imported interface, or if export is true for an
	// exported one, which has a variable Exports. nil means there is none;
	// see [WASI].
	Existing func(id string, export bool) string
	// Written tells of an exported interface's package ("export_...") that
	// there is one which the program's author has written, although Existing
	// knows another. nil means there is none.
	Written func(name string) bool
	// Stubs tells of an exported interface's package that it gets a file with
	// what its author has to write, without code. nil means none does.
	Stubs func(name string) bool
	// Exports makes packages for exported interfaces that have a variable
	// Exports, which a program sets, instead of packages in which the
	// program's author writes the functions.
	Exports bool
	// Package is the name of the package in the folder itself, which has a
	// file that imports the packages of exported interfaces; "" leaves it out.
	Package string
	// Main adds an empty function main to that file, and the directive that
	// names the world for `isyswasfa build`, with the rest of its line.
	Main string
	// Stamp goes into each file.
	Stamp bindgen.Stamp
}

// Generate generates the packages for a world. The world is the original one,
// whose functions may be async; the result of its transformation tells what
// they are called in the core module. The keys of the map are paths with
// slashes, relative to the folder that ImportPath names.
//
// What a component exports its author writes in packages that are called
// after the exported interfaces, "export_test_thing_api" for test:thing/api or
// "export_wit_world" for functions of the world itself. Generated files beside
// those do not compile as long as a function is missing.
//
// A world with something that cannot be generated gives an error that names
// the place.
func Generate(w *wit.World, poly *transform.Result, o Options) (map[string][]byte, error) {
	if err := check(w); err != nil {
		return nil, err
	}
	g := &generator{
		world: w, poly: poly, opt: o,
		pkgs: map[*wit.Interface]*goPackage{}, exported: map[*wit.Interface]*goPackage{},
		names: map[string]bool{}, sides: map[*wit.TypeDef]bool{},
	}
	g.packages()
	for _, p := range g.order {
		p.assignNames()
	}
	for _, p := range g.order {
		p.assignPayloads()
	}
	files := map[string][]byte{}
	for _, p := range g.order {
		if p.existing != "" && !p.written {
			continue
		}
		p.generate()
		made, err := p.files()
		if err != nil {
			return nil, err
		}
		maps.Copy(files, made)
		if p.export && o.Stubs != nil && o.Stubs(p.name) {
			if files[p.stubFile()], err = p.stubs(); err != nil {
				return nil, err
			}
		}
	}
	if o.Package != "" {
		text, err := g.root()
		if err != nil {
			return nil, err
		}
		files["wit_exports.go"] = text
	}
	return files, nil
}

type generator struct {
	world *wit.World
	poly  *transform.Result
	opt   Options
	types bindgen.Types

	pkgs     map[*wit.Interface]*goPackage // where an interface's types are; nil for the world's own
	exported map[*wit.Interface]*goPackage // the packages of exported interfaces
	order    []*goPackage
	names    map[string]bool       // of all packages
	sides    map[*wit.TypeDef]bool // what sided has found
}

// packages decides which packages there are.
func (g *generator) packages() {
	versions := g.ambiguous()
	for _, item := range g.world.Imports {
		if i := item.Interface; i != nil {
			p := g.add(g.itemName(item, versions), item.Name, i, false)
			p.imports = i.Funcs
			if g.pkgs[i] == nil || item.Name == i.ID() {
				g.pkgs[i] = p
			}
			continue
		}
		world := g.worldPackage()
		if item.Func != nil {
			world.imports = append(world.imports, item.Func)
		} else {
			world.types = append(world.types, item.Type)
		}
	}
	var exportWorld *goPackage
	for _, item := range g.world.Exports {
		if i := item.Interface; i != nil {
			p := g.add("export_"+g.itemName(item, versions), item.Name, i, true)
			p.exports = i.Funcs
			if g.exported[i] == nil || item.Name == i.ID() {
				g.exported[i] = p
			}
			continue
		}
		if exportWorld == nil {
			exportWorld = g.add("export_wit_world", "", nil, true)
		}
		exportWorld.exports = append(exportWorld.exports, item.Func)
	}
	for _, item := range g.world.Exports {
		i := item.Interface
		shared := func(t *wit.TypeDef) bool { return isOwn(t) && !g.sided(t) }
		if i != nil && g.pkgs[i] == nil && slices.ContainsFunc(i.Types, shared) {
			g.pkgs[i] = g.add(g.itemName(item, versions), item.Name, i, false)
		}
	}
	// The world's own streams and futures are all imported.
	if exportWorld != nil {
		if len(payloadTypes(nil, exportWorld.exports)) > 0 || g.pkgs[nil] != nil {
			g.worldPackage().also = exportWorld.exports
		}
	}
}

// add adds a package. One whose name is taken gets a number: the later in the
// order of the world, imports first.
func (g *generator) add(name, module string, i *wit.Interface, export bool) *goPackage {
	p := &goPackage{g: g, name: bindgen.PackageIdent(name), module: module, iface: i, export: export, decls: map[string]bool{}}
	p.path = path.Join(g.opt.ImportPath, p.name)
	if g.opt.Existing != nil && i != nil && i.Name != "" && i.ID() == module {
		p.existing = g.opt.Existing(i.ID(), export)
	}
	switch {
	case p.existing == "":
		for n := 2; g.names[p.name]; n++ {
			p.name = fmt.Sprintf("%s_%d", name, n)
		}
		p.path = path.Join(g.opt.ImportPath, p.name)
	case export && g.opt.Written != nil && g.opt.Written(p.name):
		p.written = true
	default:
		p.path, p.name = p.existing, path.Base(p.existing)
	}
	g.order = append(g.order, p)
	g.names[p.name] = true
	return p
}

// worldPackage gives the package of what the world itself imports.
func (g *generator) worldPackage() *goPackage {
	if g.pkgs[nil] == nil {
		g.pkgs[nil] = g.add("wit_world", "$root", nil, false)
	}
	return g.pkgs[nil]
}

// isOwn tells a type that an interface defines from one that it uses.
func isOwn(t *wit.TypeDef) bool { return bindgen.Origin(t) == t }

// itemName gives the name of an interface's package.
func (g *generator) itemName(item *wit.WorldItem, versions map[string]bool) string {
	if item.Interface.ID() != item.Name {
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
		if item.Interface == nil || item.Interface.ID() != item.Name {
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
