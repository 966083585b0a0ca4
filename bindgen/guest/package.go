package guest

import (
	"bytes"
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A goPackage is a package to generate, or one to refer to.
type goPackage struct {
	g        *generator
	name     string
	path     string // import path
	module   string // the name of the import or export in the core module; "" for a world's own exports
	iface    *wit.Interface
	export   bool
	existing string // the import path of a package that is there already; "" if there is none
	written  bool   // although existing, its author has written one of its own

	types   []*wit.TypeDef // a world's own; else the interface's count
	imports []*wit.Function
	exports []*wit.Function
	also    []*wit.Function // functions whose streams and futures count as the package's

	decls    map[string]bool // the names declared so far
	ids      map[use]string  // the names of what stands for WIT items
	raws     []raw
	main     *file                           // bindings.go
	shims    *file                           // exports_wasip1.go
	payloads []*payload                      // the streams and futures it has the helpers of
	byKey    map[*transform.Payload]*payload // likewise
	bytes    bool                            // it mentions stream<u8>
}

// A raw is a function of the core module's imports.
type raw struct {
	name    string // in Go
	module  string // in the core module
	field   string // in the core module
	params  []string
	results []string
}

// A file is a file under construction.
type file struct {
	p       *goPackage
	imports map[string]string // import path -> name
	buf     bytes.Buffer
}

func (f *file) printf(format string, args ...any) { fmt.Fprintf(&f.buf, format, args...) }

// The packages that generated code uses.
func (f *file) use(path, name string) string {
	f.imports[path] = name
	return name + "."
}

func (f *file) witTypes() string   { return f.use(Library+"/wit/types", "witTypes") }
func (f *file) witAsync() string   { return f.use(Library+"/wit/async", "witAsync") }
func (f *file) witRuntime() string { return f.use(Library+"/wit/runtime", "witRuntime") }
func (f *file) unsafe() string     { return f.use("unsafe", "unsafe") }

// addRaw declares a function of the core module's imports.
func (p *goPackage) addRaw(name, field string, params, results []string) string {
	return p.addRawOf(p.module, name, field, params, results)
}

// addRawOf is addRaw for a function of another import than the package's.
func (p *goPackage) addRawOf(module, name, field string, params, results []string) string {
	name = p.private("raw" + name)
	p.raws = append(p.raws, raw{name, module, field, params, results})
	return name
}

// addLowered declares an import with the signature of a function type.
func (p *goPackage) addLowered(name, field string, ft *abi.FuncType) (string, abi.CoreSig) {
	return p.addLoweredOf(p.module, name, field, ft)
}

// addLoweredOf is addLowered for a function of another import than the package's.
func (p *goPackage) addLoweredOf(module, name, field string, ft *abi.FuncType) (string, abi.CoreSig) {
	sig := ft.Flatten(abi.Lowered)
	params := coreTypes(sig.Params)
	if sig.IndirectParams {
		params[0] = "unsafe.Pointer"
	}
	if sig.IndirectResult {
		params[len(params)-1] = "unsafe.Pointer"
	}
	return p.addRawOf(module, name, field, params, coreTypes(sig.Results)), sig
}

func coreTypes(types []abi.CoreType) []string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = coreType(t)
	}
	return names
}

func coreType(t abi.CoreType) string {
	switch t {
	case abi.I64:
		return "int64"
	case abi.CF32:
		return "float32"
	case abi.CF64:
		return "float64"
	}
	return "int32"
}

func (p *goPackage) newFile() *file { return &file{p: p, imports: map[string]string{}} }

func (p *goPackage) generate() {
	p.main, p.shims = p.newFile(), p.newFile()
	if !p.export {
		for _, t := range p.typeDefs() {
			p.main.typeDef(t)
		}
		p.generatePayloads()
		for _, f := range p.imports {
			p.main.importFunc(f)
		}
		return
	}
	if p.written {
		p.forwardExports()
		return
	}
	if p.g.opt.Exports {
		p.declareExports()
	} else {
		p.requireExports()
		for _, t := range p.typeDefs() {
			p.main.typeDef(t)
		}
		p.generatePayloads()
	}
	p.generateShims()
}

// typeDefs gives the named types that the package declares.
func (p *goPackage) typeDefs() []*wit.TypeDef {
	if p.iface == nil {
		return p.types
	}
	exported := p.g.exported[p.iface]
	if exported == nil || p.g.imported(p) {
		return p.iface.Types
	}
	var types []*wit.TypeDef
	for _, t := range p.iface.Types {
		if p.g.sided(t) == p.export && (isOwn(t) || !p.export) {
			types = append(types, t)
		}
	}
	return types
}

// imported tells whether the package is that of an imported interface.
func (g *generator) imported(p *goPackage) bool {
	return !p.export && slices.ContainsFunc(g.world.Imports, func(item *wit.WorldItem) bool { return item.Interface == p.iface })
}

// files gives the finished files.
func (p *goPackage) files() (map[string][]byte, error) {
	header := bindgen.Mark + p.g.opt.Stamp.Line() + "\n"
	names := []string{"bindings.go", "imports_wasip1.go", "imports_other.go", "exports_wasip1.go"}
	docs := p.docs()
	if p.export && !p.g.opt.Exports {
		// The program's author has files there, too.
		names = []string{"wit_bindings.go", "wit_imports_wasip1.go", "wit_imports_other.go", "wit_exports_wasip1.go"}
		docs = ""
	}
	clause := "package " + p.name + "\n\n"
	texts := []string{header + docs + clause + p.main.text()}
	if len(p.raws) > 0 {
		texts = append(texts, header+clause+p.rawText(true), header+"//go:build !wasip1\n\n"+clause+p.rawText(false))
	} else {
		texts = append(texts, "", "")
	}
	if p.shims.buf.Len() > 0 {
		texts = append(texts, header+clause+p.shims.text())
	}
	files := map[string][]byte{}
	for i, text := range texts {
		if text == "" {
			continue
		}
		formatted, err := format.Source([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w", p.name, names[i], err)
		}
		files[p.name+"/"+names[i]] = formatted
	}
	return files, nil
}

func (p *goPackage) docs() string {
	what, docs := "imports interface "+p.module, ""
	switch {
	case p.export && p.iface != nil:
		what = "exports interface " + p.module
	case p.export:
		what = "exports the functions of world " + p.g.world.ID()
	case p.iface == nil:
		what = "imports the functions and types of world " + p.g.world.ID()
	}
	if p.iface != nil && p.iface.Docs != "" {
		docs = "//\n" + bindgen.Comment(p.iface.Docs)
	}
	return "// Package " + p.name + " " + what + ".\n" + docs
}

// text gives the imports and declarations.
func (f *file) text() string {
	var std, other []string
	for _, path := range slices.Sorted(maps.Keys(f.imports)) {
		name := f.imports[path]
		line := fmt.Sprintf("%q\n", path)
		if path != name && !strings.HasSuffix(path, "/"+name) {
			line = name + " " + line
		}
		if strings.Contains(path, ".") {
			other = append(other, line)
		} else {
			std = append(std, line)
		}
	}
	s := ""
	if len(std)+len(other) > 0 {
		s = "import (\n" + strings.Join(std, "") + "\n" + strings.Join(other, "") + ")\n\n"
	}
	return s + f.buf.String()
}

// rawText declares the imports of the core module, or outside of components
// functions that panic.
func (p *goPackage) rawText(wasip1 bool) string {
	var b strings.Builder
	for _, r := range p.raws {
		if slices.Contains(r.params, "unsafe.Pointer") {
			b.WriteString("import \"unsafe\"\n\n")
			break
		}
	}
	constant := ""
	if !wasip1 {
		constant = p.private("notInComponent")
		fmt.Fprintf(&b, "const %s = \"imports exist in a component only: build with GOOS=wasip1 GOARCH=wasm\"\n\n", constant)
	}
	for _, r := range p.raws {
		result := strings.Join(r.results, ", ")
		if wasip1 {
			fmt.Fprintf(&b, "//go:wasmimport %s %s\nfunc %s(%s) %s\n\n", r.module, r.field, r.name, strings.Join(r.params, ", "), result)
		} else {
			fmt.Fprintf(&b, "func %s(%s) %s { panic(%s) }\n", r.name, strings.Join(r.params, ", "), result, constant)
		}
	}
	return b.String()
}
