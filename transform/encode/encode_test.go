package encode_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wat"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the golden files anew")

// world gives the only world of a WIT text.
func world(t testing.TB, text string) *wit.World {
	t.Helper()
	_, pkg, err := wit.ParseText(map[string]string{"world.wit": text}, std.Files())
	if err != nil {
		t.Fatal(err)
	}
	return pkg.Worlds[0]
}

// Each file of testdata has a world, a core module and what comes of them: a
// dump of the component, or the error.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			core, err := wat.Assemble(string(file(a, "core.wat").Data))
			if err != nil {
				t.Fatal(err)
			}
			w := world(t, string(file(a, "world.wit").Data))
			got := result(t, core, w)
			want := file(a, "component")
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(a), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(string(want.Data), got); d != "" {
				t.Error(d)
			}
		})
	}
}

// check may look at a component with tools of others.
var check = func(*testing.T, []byte) {}

// file gives a file of the archive, added if it is not there.
func file(a *txtar.Archive, name string) *txtar.File {
	for i := range a.Files {
		if a.Files[i].Name == name {
			return &a.Files[i]
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name})
	return &a.Files[len(a.Files)-1]
}

func result(t *testing.T, core []byte, w *wit.World) string {
	t.Helper()
	bin, err := encode.Component(core, w, encode.Options{})
	if err != nil {
		return err.Error() + "\n"
	}
	again, err := encode.Component(core, w, encode.Options{})
	if err != nil || !bytes.Equal(bin, again) {
		t.Error("a second run gave another component", err)
	}
	check(t, bin)
	c, err := component.Decode(bin)
	if err != nil {
		t.Fatal(err)
	}
	if err := component.Validate(c); err != nil {
		t.Error(err)
	}
	return dump(c)
}

func TestDefaultSuffix(t *testing.T) {
	a, b := encode.DefaultSuffix([]byte("a")), encode.DefaultSuffix([]byte("b"))
	if a == b || !regexp.MustCompile(`^-[a-p]{10}$`).MatchString(a) {
		t.Errorf("suffixes %s and %s", a, b)
	}
}

func FuzzComponent(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	var worlds []*wit.World
	for i, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		core, err := wat.Assemble(string(file(a, "core.wat").Data))
		if err != nil {
			f.Fatal(err)
		}
		worlds = append(worlds, world(f, string(file(a, "world.wit").Data)))
		f.Add(byte(i), core)
	}
	f.Fuzz(func(t *testing.T, i byte, core []byte) {
		bin, err := encode.Component(core, worlds[int(i)%len(worlds)], encode.Options{})
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
