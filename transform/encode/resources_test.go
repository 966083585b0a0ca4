package encode_test

import (
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// TestNameResources looks for interfaces that mention a resource they do not
// name: pending and ready by default, none with the option.
func TestNameResources(t *testing.T) {
	r, err := std.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	w, err := r.World("wasi:http/middleware@0.3.0")
	if err != nil {
		t.Fatal(err)
	}
	res, err := transform.Polyfill(w, transform.Options{Suffix: "-a"})
	if err != nil {
		t.Fatal(err)
	}
	for _, named := range []bool{false, true} {
		bin, err := encode.Component(stub(t, res.World), res.World, encode.Options{NameResources: named})
		if err != nil {
			t.Fatal(err)
		}
		check(t, bin)
		c, err := component.Decode(bin)
		if err != nil {
			t.Fatal(err)
		}
		s, err := component.Describe(c)
		if err != nil {
			t.Fatal(err)
		}
		unnamed := map[string]bool{}
		for _, i := range append(s.Imports, s.Exports...) {
			if i.Sort == component.SortInstance {
				for name := range mentioned(i) {
					unnamed[name] = true
				}
			}
		}
		if want := !named; unnamed["pending"] != want || unnamed["ready"] != want {
			t.Errorf("named %v: not named are %v", named, unnamed)
		}
		if named && len(unnamed) > 0 {
			t.Errorf("not named are %v", unnamed)
		}
	}
}

// mentioned gives the resources that the functions of an interface mention
// and that it does not name.
func mentioned(i *component.Item) map[string]bool {
	all := map[string]bool{}
	var walk func(t *abi.Type)
	walk = func(t *abi.Type) {
		if t == nil {
			return
		}
		if r, ok := t.Resource.(*component.Resource); ok {
			all[r.Name] = true
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
	for _, x := range i.Items {
		if x.Resource != nil {
			delete(all, x.Name)
		}
	}
	return all
}
