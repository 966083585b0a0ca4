package transform_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// FuzzPolyfill polyfills every world of a text and makes sure that nothing
// async is left, and that as text the world is what it is as a model.
func FuzzPolyfill(f *testing.F) {
	for _, ar := range archives(f) {
		var texts []string
		for _, part := range ar.Files {
			if strings.HasSuffix(part.Name, ".wit") {
				texts = append(texts, string(part.Data))
			}
		}
		f.Add(strings.Join(texts, "\n"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, p, err := wit.ParseText(map[string]string{"a.wit": text}, std.Files())
		if err != nil {
			return
		}
		before := wit.PrintResolve(r)
		for _, w := range p.Worlds {
			if result, err := transform.Polyfill(w, transform.Options{Suffix: "-fuzz"}); err == nil {
				checkWorld(t, result)
			}
			for _, original := range []bool{false, true} {
				if result, err := transform.Polyfill(w, transform.Options{NoRuntime: true, Text: true, OriginalRules: original}); err == nil {
					checkWorld(t, result)
					checkText(t, result)
				}
			}
		}
		if wit.PrintResolve(r) != before {
			t.Error("the original was changed")
		}
	})
}

// checkText makes sure that the printed world has the functions of the model.
func checkText(t *testing.T, r *transform.Result) {
	text := wit.PrintResolve(r.Resolve)
	back, _, err := wit.ParseText(map[string]string{"polyfilled.wit": text})
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if diff := cmp.Diff(functions(r.Resolve), functions(back)); diff != "" {
		t.Errorf("what the text says (+) is not what the model says:\n%s", diff)
	}
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
