package guest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/gobuild"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"golang.org/x/tools/txtar"
)

// TestEncode builds the worlds of the golden files, with every generated
// function in use, into components: the encoder compares each import and
// export of the core module with the polyfilled world.
func TestEncode(t *testing.T) {
	worlds := map[string]string{"wasi": wasiWorld()}
	for _, name := range []string{"types", "resources", "async", "exports", "names", "plain"} {
		ar, err := txtar.ParseFile("testdata/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		worlds[name] = string(ar.Files[0].Data)
	}
	for _, name := range slices.Sorted(maps.Keys(worlds)) {
		t.Run(name, func(t *testing.T) {
			w, err := parse(worlds[name])
			if err != nil {
				t.Fatal(err)
			}
			poly, err := transform.Polyfill(w, transform.Options{Suffix: "-test"})
			if err != nil {
				t.Fatal(err)
			}
			files, err := Generate(w, poly, Options{ImportPath: testTree, Stubs: always})
			if err != nil {
				t.Fatal(err)
			}
			core := buildProgram(t, files, useAll(t, files))
			bin, err := encode.Component(core, poly.World, encode.Options{})
			if err != nil {
				t.Fatal(err)
			}
			c, err := component.Decode(bin)
			if err != nil {
				t.Fatal(err)
			}
			if err := component.Validate(c); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// buildProgram builds a program with generated packages.
func buildProgram(t *testing.T, files map[string][]byte, program []byte) []byte {
	dir := t.TempDir()
	tree := maps.Clone(files)
	maps.Copy(tree, testModule(t))
	if program != nil {
		tree["main.go"] = program
	}
	if err := writeTree(dir, tree); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", "-mod=mod")
	t.Setenv("GOWORK", "off")
	r, err := gobuild.Build(t.Context(), gobuild.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return r.Core
}

// useAll writes a program that mentions every function and method of the
// packages, so that the linker keeps them.
func useAll(t *testing.T, files map[string][]byte) []byte {
	imports, uses := "", ""
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if base := path.Base(name); base != "bindings.go" && base != "wit_bindings.go" {
			continue
		}
		pkg := path.Dir(name)
		var used []string
		file, err := parser.ParseFile(token.NewFileSet(), name, files[name], parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.IsExported() {
				used = append(used, reference(pkg, fn))
			}
		}
		alias := pkg
		if len(used) == 0 {
			alias = "_"
		}
		imports += fmt.Sprintf("import %s %q\n", alias, testTree+"/"+pkg)
		for _, u := range used {
			uses += "\t" + u + ",\n"
		}
	}
	return []byte("package main\n\n" + imports + "\nvar used = []any{\n" + uses + "}\n\nfunc init() {\n\tfor _, u := range used {\n\t\tif u == nil {\n\t\t\tpanic(u)\n\t\t}\n\t}\n}\n\nfunc main() {}\n")
}

// reference gives the expression of a function or method.
func reference(pkg string, fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return pkg + "." + fn.Name.Name
	}
	switch t := fn.Recv.List[0].Type.(type) {
	case *ast.StarExpr:
		return "(*" + pkg + "." + t.X.(*ast.Ident).Name + ")." + fn.Name.Name
	case *ast.Ident:
		return pkg + "." + t.Name + "." + fn.Name.Name
	}
	return strings.TrimSpace(fn.Name.Name)
}

// testModule gives the go.mod of a module that generated packages stand in.
func testModule(t *testing.T) map[string][]byte {
	module, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"go.mod": fmt.Appendf(nil,
		"module %s\n\ngo 1.26\n\nrequire github.com/isyswasfa/isyswasfa v0.0.0\n\nreplace github.com/isyswasfa/isyswasfa => %q\n", testTree, module)}
}
