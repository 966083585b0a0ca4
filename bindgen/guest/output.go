package guest

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

// Output generates the packages for a world into a folder of a Go module,
// beside what the program's author has written there. Nothing is written yet.
//
// The file for the folder's own package joins the package of the Go files that
// are there already. If there are none, the folder "." gets a package main,
// which `isyswasfa build` can build, and any other one a package that is to be
// imported. witDir is the folder of the world's WIT, or "". stubs asks for
// files to start with in the packages of exported interfaces that have none.
func Output(w *wit.World, dir, witDir string, stubs bool) (*bindgen.Output, error) {
	poly, err := transform.Polyfill(w, transform.Options{})
	if err != nil {
		return nil, err
	}
	importPath, err := bindgen.ImportPath(dir)
	if err != nil {
		return nil, err
	}
	o := Options{ImportPath: importPath, Existing: WASI, Stamp: bindgen.MakeStamp(Version, w)}
	o.Written = func(name string) bool { return writtenPackage(filepath.Join(dir, name)) != "" }
	if stubs {
		o.Stubs = func(name string) bool { return !o.Written(name) }
	}
	o.Package = writtenPackage(dir)
	switch {
	case o.Package != "":
	case filepath.Clean(dir) == ".":
		o.Package = "main"
		if o.Main, err = directive(w, dir, witDir); err != nil {
			return nil, err
		}
	default:
		o.Package = packageOf(importPath)
	}
	files, err := Generate(w, poly, o)
	if err != nil {
		return nil, err
	}
	return &bindgen.Output{Dir: dir, Files: files, Stamp: o.Stamp, Shared: func(folder string) bool {
		return folder == "." || strings.HasPrefix(path.Base(folder), "export_")
	}}, nil
}

// writtenPackage gives the name of the package of the Go files in a folder
// that were not generated, or "".
func writtenPackage(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		if _, generated := bindgen.FileStamp(text); generated {
			continue
		}
		if file, err := parser.ParseFile(token.NewFileSet(), e.Name(), text, parser.PackageClauseOnly); err == nil {
			return file.Name.Name
		}
	}
	return ""
}

// packageOf gives the name for the package of an import path.
func packageOf(importPath string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return -1
	}, strings.ToLower(path.Base(importPath)))
	if name == "" || name[0] <= '9' {
		name = "bindings" + name
	}
	return bindgen.PackageIdent(name)
}

// directive gives what follows //isyswasfa:world in a file in dir.
func directive(w *wit.World, dir, witDir string) (string, error) {
	if witDir == "" {
		return w.ID(), nil
	}
	if !filepath.IsAbs(witDir) {
		from, err := filepath.Abs(dir)
		if err != nil {
			return "", err
		}
		to, err := filepath.Abs(witDir)
		if err != nil {
			return "", err
		}
		if witDir, err = filepath.Rel(from, to); err != nil {
			return "", err
		}
	}
	witDir = filepath.ToSlash(witDir)
	if strings.ContainsAny(witDir, " \t\"") {
		witDir = strconv.Quote(witDir)
	}
	return fmt.Sprintf("%s %s", w.ID(), witDir), nil
}
