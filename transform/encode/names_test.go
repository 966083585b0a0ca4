package encode_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// takenNames has types where rewriting brings in others of their names.
const takenNames = `package test:names;

interface mine {
  use wasi:io/streams@0.2.0.{input-stream as bytes};
  record pending { ready: bool }
  ready: func(p: pending);
  wait: async func(p: pending) -> stream<u8>;
  skip: func(b: borrow<bytes>);
}

world taken {
  import mine;
  export mine;
}`

// TestNames compares the types that interfaces of a component name with what
// the world's text names: exports name all of it, and imports, whose text has
// more than a component needs, every resource that they mention.
func TestNames(t *testing.T) {
	for _, name := range []string{"wasi:http/middleware@0.3.0", "test:names/taken"} {
		t.Run(name, func(t *testing.T) {
			r, _, err := wit.ParseText(map[string]string{"names.wit": takenNames}, std.Files())
			if err == nil && strings.HasPrefix(name, "wasi:") {
				r, err = std.Resolve()
			}
			if err != nil {
				t.Fatal(err)
			}
			w, err := r.World(name)
			if err != nil {
				t.Fatal(err)
			}
			text := namesInText(t, w)
			res, err := transform.Polyfill(w, transform.Options{Suffix: "-a"})
			if err != nil {
				t.Fatal(err)
			}
			bin, err := encode.Component(stub(t, res.World), res.World, encode.Options{})
			if err != nil {
				t.Fatal(err)
			}
			check(t, bin)
			s := surface(t, bin)
			for _, i := range s.Exports {
				if i.Sort == component.SortInstance {
					if diff := cmp.Diff(text[i.Name], typeNames(i)); diff != "" {
						t.Errorf("export %s (- text, + component):\n%s", i.Name, diff)
					}
				}
			}
			for _, i := range s.Imports {
				for _, name := range typeNames(i) {
					if inText, ok := text[i.Name]; ok && !slices.Contains(inText, name) {
						t.Errorf("import %s names %s, which its text does not", i.Name, name)
					}
				}
			}
			for _, i := range slices.Concat(s.Imports, s.Exports) {
				if unnamed := unnamed(i); i.Sort == component.SortInstance && len(unnamed) > 0 {
					t.Errorf("%s mentions %v without a name", i.Name, unnamed)
				}
			}
		})
	}
}

// namesInText gives, by interface, the names of the types that the text of
// the rewritten world has, sorted.
func namesInText(t *testing.T, w *wit.World) map[string][]string {
	res, err := transform.Polyfill(w, transform.Options{Suffix: "-a", Text: true})
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := wit.ParseText(map[string]string{"polyfilled.wit": wit.PrintResolve(res.Resolve)})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{}
	for _, p := range r.Packages {
		for _, i := range p.Interfaces {
			names[i.ID()] = []string{}
			for _, t := range i.Types {
				names[i.ID()] = append(names[i.ID()], t.Name)
			}
			slices.Sort(names[i.ID()])
		}
	}
	return names
}

func surface(t *testing.T, bin []byte) *component.Surface {
	c, err := component.Decode(bin)
	if err != nil {
		t.Fatal(err)
	}
	s, err := component.Describe(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func typeNames(i *component.Item) []string {
	names := []string{}
	for _, sub := range i.Items {
		if sub.Sort == component.SortType {
			names = append(names, sub.Name)
		}
	}
	slices.Sort(names)
	return names
}

// unnamed gives the resources that the functions of an interface mention and
// that it does not name.
func unnamed(i *component.Item) []string {
	named := map[*component.Resource]bool{}
	for _, sub := range i.Items {
		named[sub.Resource] = true
	}
	var list []string
	var walk func(t *abi.Type)
	walk = func(t *abi.Type) {
		if t == nil {
			return
		}
		if r, ok := t.Resource.(*component.Resource); ok && !named[r] {
			list = append(list, r.Name)
		}
		walk(t.Elem)
		for _, f := range t.Fields {
			walk(f.Type)
		}
		for _, f := range t.Cases {
			walk(f.Type)
		}
	}
	for _, f := range i.Items {
		if f.Func != nil {
			for _, p := range f.Func.Params {
				walk(p.Type)
			}
			walk(f.Func.Result)
		}
	}
	return list
}
