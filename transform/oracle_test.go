package transform_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	oracle "go.bytecodealliance.org/wit"

	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// tooNew are cases with names that the oracle's wasm-tools, 1.230, does not
// take: words of names that begin with a digit were not legal then.
var tooNew = []string{"futures", "streams"}

// TestOracle shows the polyfilled text of all cases and of all worlds that
// ship to another implementation of WIT, that of wasm-tools, which must see
// the same functions.
func TestOracle(t *testing.T) {
	worlds := map[string]*wit.World{}
	options := map[string]transform.Options{}
	for name, ar := range archives(t) {
		c := readCase(t, ar)
		w, err := c.load()
		if err != nil || strings.HasPrefix(name, "error-") {
			continue
		}
		worlds[name], options[name] = w, c.options
	}
	shipped, err := std.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range shipped.WorldNames() {
		if id == "wasi:io/imports@0.2.0" {
			continue // text cannot say it: see error-text-cycle
		}
		w, err := shipped.World(id)
		if err != nil {
			t.Fatal(err)
		}
		worlds[id] = w
	}
	for _, name := range slices.Sorted(maps.Keys(worlds)) {
		t.Run(name, func(t *testing.T) {
			o := options[name]
			o.Text = true
			r, err := transform.Polyfill(worlds[name], o)
			if err != nil {
				t.Fatal(err)
			}
			text := wit.PrintResolve(r.Resolve)
			ours, _, err := wit.ParseText(map[string]string{"polyfilled.wit": text})
			if err != nil {
				t.Fatal(err)
			}
			want := functions(r.Resolve)
			if diff := cmp.Diff(want, functions(ours)); diff != "" {
				t.Errorf("what the text says (+) is not what the model says:\n%s", diff)
			}
			theirs, err := oracle.DecodeWIT(strings.NewReader(text))
			if slices.Contains(tooNew, name) {
				if err == nil {
					t.Error("the oracle takes this case now")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(functions(ours), theirFunctions(theirs)); diff != "" {
				t.Errorf("the oracle sees other functions (+):\n%s", diff)
			}
		})
	}
}

// functions gives the functions of all interfaces and worlds of a model.
func functions(r *wit.Resolve) map[string]string {
	all := map[string]string{}
	add := func(place string, f *wit.Function) {
		all[place+" "+f.ABIName()] = signature(wit.PrintFunction(f))
	}
	for _, p := range r.Packages {
		for _, i := range p.Interfaces {
			for _, f := range i.Funcs {
				add(i.ID(), f)
			}
		}
		for _, w := range p.Worlds {
			for word, items := range map[string][]*wit.WorldItem{"import": w.Imports, "export": w.Exports} {
				for _, it := range items {
					if it.Func != nil {
						add(word, it.Func)
					} else if it.Interface != nil && it.Interface.Name == "" {
						for _, f := range it.Interface.Funcs {
							add(word+" "+it.Name, f)
						}
					}
				}
			}
		}
	}
	return all
}

// theirFunctions gives the same as functions.
func theirFunctions(r *oracle.Resolve) map[string]string {
	all := map[string]string{}
	add := func(place string, f *oracle.Function) {
		all[place+" "+f.Name] = signature(strings.TrimSuffix(f.WIT(nil, ""), ";"))
	}
	for _, i := range r.Interfaces {
		if i.Name == nil {
			continue
		}
		id := i.Package.Name
		id.Extension = *i.Name
		for f := range i.AllFunctions() {
			add(id.String(), f)
		}
	}
	for _, w := range r.Worlds {
		for word, items := range map[string]func(func(string, oracle.WorldItem) bool){"import": w.Imports.All(), "export": w.Exports.All()} {
			for name, item := range items {
				switch item := item.(type) {
				case *oracle.Function:
					add(word, item)
				case *oracle.InterfaceRef:
					if item.Interface.Name == nil {
						for f := range item.Interface.AllFunctions() {
							add(fmt.Sprint(word, " ", name), f)
						}
					}
				}
			}
		}
	}
	return all
}

// signature cuts the name off a function and the type off a constructor.
func signature(f string) string {
	f = f[strings.IndexByte(f, '('):]
	return strings.ReplaceAll(f, "%", "")
}
