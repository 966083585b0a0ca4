package wit_test

import (
	"testing"

	"github.com/isyswasfa/isyswasfa/wit"
)

// A package that others use may still be the one that is meant.
func TestMainPackage(t *testing.T) {
	r, p, err := wit.ParseText(map[string]string{
		"a.wit":        "package a:main;\ninterface i { f: func(); }\nworld w { import i; }",
		"deps/b.wit":   "package b:user;\nworld w { import a:main/i; }\nworld only-here {}",
		"deps/c/c.wit": "package c:other;\nworld w {}",
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"": "a:main/w", "w": "a:main/w", "a:main/w": "a:main/w", "b:user/w": "b:user/w", "only-here": "b:user/only-here",
	} {
		w, err := r.World(name)
		if err != nil || w.ID() != want {
			t.Errorf("%q: got %v, %v, want %s", name, w, err, want)
		}
	}
	if r.Main != p || r.Packages[len(r.Packages)-1] == p {
		t.Errorf("the main package is %v", r.Main)
	}
}
