package transform_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// FuzzPolyfill polyfills every world of a text and makes sure that nothing
// async is left.
func FuzzPolyfill(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range ar.Files {
			if strings.HasSuffix(part.Name, ".wit") {
				f.Add(string(part.Data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, p, err := wit.ParseText(map[string]string{"a.wit": text}, std.Files())
		if err != nil {
			return
		}
		before := wit.PrintResolve(r)
		for _, w := range p.Worlds {
			result, err := transform.Polyfill(w, transform.Options{Suffix: "-fuzz"})
			if err != nil {
				continue
			}
			checkWorld(t, result)
		}
		if wit.PrintResolve(r) != before {
			t.Error("the original was changed")
		}
	})
}

func checkWorld(t *testing.T, r *transform.Result) {
	known := map[*wit.Interface]bool{}
	for _, p := range r.Resolve.Packages {
		for _, i := range p.Interfaces {
			known[i] = true
		}
	}
	seen := map[wit.Type]bool{}
	var visit func(x wit.Type)
	visit = func(x wit.Type) {
		d, ok := x.(*wit.TypeDef)
		if !ok || seen[d] {
			return
		}
		seen[d] = true
		switch k := d.Kind.(type) {
		case nil:
			t.Errorf("type %s has no structure", d.Name)
		case *wit.Stream, *wit.Future:
			t.Errorf("%s is left", wit.PrintType(d))
		case *wit.Handle:
			visit(k.Resource)
		}
		if d.Interface != nil && d.Interface.Name != "" && !known[d.Interface] {
			t.Errorf("type %s of %s comes from elsewhere", d.Name, d.Interface.ID())
		}
		if d.World != nil && d.World != r.World {
			t.Errorf("type %s is of another world", d.Name)
		}
		for _, part := range wit.Parts(d) {
			visit(part)
		}
	}
	function := func(f *wit.Function) {
		if f.Async {
			t.Errorf("%s is async", f.ABIName())
		}
		for _, p := range f.Params {
			visit(p.Type)
		}
		visit(f.Result)
	}
	for _, it := range slices.Concat(r.World.Imports, r.World.Exports) {
		switch {
		case it.Type != nil:
			visit(it.Type)
		case it.Func != nil:
			function(it.Func)
		default:
			for _, x := range it.Interface.Types {
				visit(x)
			}
			for _, f := range it.Interface.Funcs {
				function(f)
			}
		}
	}
}
