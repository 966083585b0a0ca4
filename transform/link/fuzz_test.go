package link_test

import (
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/fuzzlimit"
	"github.com/isyswasfa/isyswasfa/transform/link"
)

// FuzzComponent puts another module in the place of one of the libraries of a
// test. What is not refused must be valid.
func FuzzComponent(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	type set struct {
		libs []link.Library
		o    link.Options
	}
	var sets []set
	for i, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		libs, o := archived(f, a)
		sets = append(sets, set{libs, o})
		for j, lib := range libs {
			f.Add(byte(i), byte(j), lib.Core)
		}
	}
	f.Fuzz(func(t *testing.T, i, j byte, core []byte) {
		s := sets[int(i)%len(sets)]
		var err error
		libs := append([]link.Library(nil), s.libs...)
		libs[int(j)%len(libs)].Core = core
		var bin []byte
		fuzzlimit.Check(t, len(core), func() { bin, err = link.Component(libs, s.o) })
		if err != nil {
			return
		}
		c, err := component.Decode(bin)
		if err != nil {
			t.Fatal(err)
		}
		if err := component.Validate(c); err != nil {
			t.Error(err)
		}
	})
}
