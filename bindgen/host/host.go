// Package host generates Go bindings for embedders: one package for a world,
// with an interface for what the world imports and a struct for what it
// exports. Async functions are plain methods that block; those that the
// embedder implements run in goroutines of their own.
//
// Most types are, in Go, what package host passes anyway, so that calls
// convert nothing; only what holds resources, streams, futures or maps is
// converted, by generated functions without reflection.
//
// The interfaces of WASI that host/wasi and host/wasihttp implement are left
// to them: they are no part of the imports to implement, and their resources
// are the Go types of those packages. To give a component others, define them
// on the linker after those packages have.
package host

import (
	"bytes"
	"fmt"
	"go/format"
	"go/token"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

// Library is the import path of the host library that generated code uses.
const Library = "github.com/isyswasfa/isyswasfa/host"

// Version names the generator in stamps. It changes with what it generates.
const Version = "host/1"

// Options adjust [Generate].
type Options struct {
	// Package is the name of the Go package; "" derives it from the world's.
	Package string
	// Stamp goes to the head of each file.
	Stamp bindgen.Stamp
}

// Generate generates the package for a world. The world is the original one,
// whose functions may be async; t is its transformation, from which the names
// of what stands for streams and futures come. The keys of the map are file
// names.
//
// A world with something that cannot be generated gives an error that names
// the place.
func Generate(w *wit.World, t *transform.Result, o Options) (map[string][]byte, error) {
	g := newGenerator(w, t, o)
	if err := g.check(); err != nil {
		return nil, err
	}
	g.collect()
	g.name()
	for _, e := range g.types {
		g.declare(e)
	}
	g.imports()
	g.exports()
	g.worldFile()
	if g.err != nil {
		return nil, fmt.Errorf("world %s: %w", w.ID(), g.err)
	}
	files := map[string][]byte{}
	for _, f := range g.files {
		if f.body.Len() == 0 {
			continue
		}
		text, err := format.Source([]byte(f.text(o.Stamp)))
		if err != nil {
			return nil, fmt.Errorf("world %s: generated file %s: %w", w.ID(), f.name, err)
		}
		files[f.name] = text
	}
	return files, nil
}

// A generator generates the package for one world.
type generator struct {
	world *wit.World
	poly  *transform.Result
	pkg   string

	importItems []*instance // to implement
	exportItems []*instance
	exported    map[*wit.Interface]bool
	instances   map[*wit.Interface]string // of polyfilled interfaces, their names as imports and exports

	types    []*entity // to declare, in order
	byKey    map[typeKey]*entity
	carriers []*carrier
	bound    []*boundExport
	direct   map[typeKey]bool
	taken    map[string]bool // names of the package
	convs    map[string]string

	files                                       []*file
	typesFile, importsFile, exportsFile, world_ *file
	convFile                                    *file

	err error
}

// An instance is an imported or exported interface, or the functions of the
// world itself (iface is nil and name "").
type instance struct {
	name  string // in the component
	iface *wit.Interface
	docs  string
	funcs []*wit.Function
	types []*wit.TypeDef // that it names
	side  side

	field string // in Imports or in the world's struct
	typ   string // of that field
}

// A side tells who implements the resources of an interface.
type side bool

const (
	hosts  side = false // the embedder: imported interfaces
	guests side = true  // the component: exported interfaces
)

func newGenerator(w *wit.World, t *transform.Result, o Options) *generator {
	g := &generator{
		world: w, poly: t, pkg: o.Package,
		exported:  map[*wit.Interface]bool{},
		instances: map[*wit.Interface]string{},
		byKey:     map[typeKey]*entity{},
		direct:    map[typeKey]bool{},
		taken:     map[string]bool{},
		convs:     map[string]string{},
	}
	if g.pkg == "" {
		g.pkg = packageName(w.Name)
	}
	g.world_ = g.newFile("world.go")
	g.importsFile, g.exportsFile = g.newFile("imports.go"), g.newFile("exports.go")
	g.typesFile, g.convFile = g.newFile("types.go"), g.newFile("convert.go")
	g.importItems = g.items(w.Imports, hosts)
	g.exportItems = g.items(w.Exports, guests)
	return g
}

// packageName gives the name of the package for a world: "roundtrip" for
// round-trip.
func packageName(world string) string {
	name := strings.ReplaceAll(strings.ToLower(world), "-", "")
	if token.IsKeyword(name) {
		name += "world"
	}
	return name
}

// items sorts the imports or exports of the world.
func (g *generator) items(items []*wit.WorldItem, s side) []*instance {
	var all []*instance
	own := &instance{side: s, docs: g.world.Docs}
	for _, it := range items {
		switch {
		case it.Interface != nil:
			if copied := g.poly.Interfaces[it.Interface]; copied != nil {
				g.instances[copied] = it.Name
			}
			if s == guests {
				g.exported[it.Interface] = true
			}
			if s == guests || !provided(it.Name) {
				all = append(all, &instance{name: it.Name, iface: it.Interface, docs: it.Interface.Docs, side: s,
					funcs: it.Interface.Funcs, types: it.Interface.Types})
			}
		case it.Func != nil:
			own.funcs = append(own.funcs, it.Func)
		default:
			own.types = append(own.types, it.Type)
		}
	}
	if len(own.funcs)+len(own.types) > 0 {
		all = append(all, own)
	}
	return all
}

func (g *generator) fail(format string, args ...any) {
	if g.err == nil {
		g.err = fmt.Errorf(format, args...)
	}
}

// claim takes a name of the package; one that is taken gets underscores.
func (g *generator) claim(name string) string {
	for g.taken[name] {
		name += "_"
	}
	g.taken[name] = true
	return name
}

// A file is a file under construction.
type file struct {
	name    string
	g       *generator
	imports map[string]bool
	body    bytes.Buffer
}

func (g *generator) newFile(name string) *file {
	f := &file{name: name, g: g, imports: map[string]bool{}}
	g.files = append(g.files, f)
	return f
}

func (f *file) printf(format string, args ...any) { fmt.Fprintf(&f.body, format, args...) }

// use imports a package and gives its name with a dot.
func (f *file) use(path string) string {
	f.imports[path] = true
	return path[strings.LastIndexByte(path, '/')+1:] + "."
}

func (f *file) host() string     { return f.use(Library) }
func (f *file) bindings() string { return f.use(Library + "/bindings") }
func (f *file) wasi() string     { return f.use(Library + "/wasi") }
func (f *file) context() string  { return f.use("context") + "Context" }

// text gives the file with its head.
func (f *file) text(stamp bindgen.Stamp) string {
	var b strings.Builder
	b.WriteString(bindgen.Mark + stamp.Line() + "\n")
	if f == f.g.world_ {
		b.WriteString(f.g.packageDocs())
	}
	b.WriteString("package " + f.g.pkg + "\n\n")
	var std, other []string
	for path := range f.imports {
		if strings.Contains(path, ".") {
			other = append(other, path)
		} else {
			std = append(std, path)
		}
	}
	slices.Sort(std)
	slices.Sort(other)
	if len(std)+len(other) > 0 {
		b.WriteString("import (\n")
		for _, path := range std {
			fmt.Fprintf(&b, "%q\n", path)
		}
		b.WriteString("\n")
		for _, path := range other {
			fmt.Fprintf(&b, "%q\n", path)
		}
		b.WriteString(")\n\n")
	}
	return b.String() + f.body.String()
}

// packageDocs documents the package from the world.
func (g *generator) packageDocs() string {
	s := "// Package " + g.pkg + " has what a Go program needs to run components of the world\n// " + g.world.ID() + ".\n"
	if docs := bindgen.Comment(g.world.Docs); docs != "" {
		s += "//\n" + docs
	}
	return s
}
