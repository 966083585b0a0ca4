package encode_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/fuzzlimit"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/transform"
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

// Each file of testdata has worlds, a core module and what comes of them: a
// dump of the component, or the error. Adapters are modules adapter-NAME.wat,
// built for the worlds adapter-NAME; a file options may name fields of Options.
// Async worlds are rewritten, with -async for a suffix, unless the module is
// for native async.
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
			main, o := golden(t, a)
			got := result(t, main, o)
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

// golden gives what a golden file says to encode.
func golden(t testing.TB, a *txtar.Archive) (encode.Module, encode.Options) {
	t.Helper()
	_, pkg, err := wit.ParseText(map[string]string{"world.wit": string(file(a, "world.wit").Data)}, std.Files())
	if err != nil {
		t.Fatal(err)
	}
	main := encode.Module{Core: assembled(t, string(file(a, "core.wat").Data))}
	o := encode.Options{}
	for _, f := range a.Files {
		if name, ok := strings.CutSuffix(f.Name, ".wat"); ok && name != "core" {
			o.Adapters = append(o.Adapters, encode.Module{Name: strings.TrimPrefix(name, "adapter-"), Core: assembled(t, string(f.Data))})
		}
		for _, word := range strings.Fields(string(f.Data)) {
			if f.Name == "options" {
				reflect.ValueOf(&o).Elem().FieldByName(word).SetBool(true)
			}
		}
	}
	for _, w := range pkg.Worlds {
		worlds := &main.Worlds
		for i := range o.Adapters {
			if w.Name == "adapter-"+o.Adapters[i].Name {
				worlds = &o.Adapters[i].Worlds
			}
		}
		if transform.Needed(w) && !native(t, main.Core) {
			r, err := transform.Polyfill(w, transform.Options{Suffix: "-async"})
			if err != nil {
				t.Fatal(err)
			}
			w = r.World
		}
		*worlds = append(*worlds, w)
	}
	return main, o
}

func native(t testing.TB, core []byte) bool {
	t.Helper()
	m, err := wasm.Parse(core)
	if err != nil {
		t.Fatal(err)
	}
	return encode.Native(m)
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

func result(t *testing.T, main encode.Module, o encode.Options) string {
	t.Helper()
	bin, err := encode.Modules(main, o)
	if err != nil {
		return err.Error() + "\n"
	}
	again, err := encode.Modules(main, o)
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

// FuzzComponent puts another module in the place of a golden file's main module
// or of one of its adapters. What is not refused must be valid.
func FuzzComponent(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	type set struct {
		main encode.Module
		o    encode.Options
	}
	var sets []set
	for i, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		main, o := golden(f, a)
		sets = append(sets, set{main, o})
		f.Add(byte(i), byte(0), main.Core)
		f.Add(byte(i), byte(0), []byte("\x00asm\x01\x00\x00\x00\x0b\x03000")) // a data section that promises more than it has
		for j, adapter := range o.Adapters {
			f.Add(byte(i), byte(j+1), adapter.Core)
		}
	}
	f.Fuzz(func(t *testing.T, i, j byte, core []byte) {
		s := sets[int(i)%len(sets)]
		s.o.Adapters = slices.Clone(s.o.Adapters)
		if j := int(j) % (len(s.o.Adapters) + 1); j > 0 {
			s.o.Adapters[j-1].Core = core
		} else {
			s.main.Core = core
		}
		var bin []byte
		var err error
		fuzzlimit.Check(t, len(core), func() { bin, err = encode.Modules(s.main, s.o) })
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

// A module may import a function very often under one name, which costs no more
// than under many.
func TestManyImports(t *testing.T) {
	const many = 100_000
	core := assembled(t, `(module `+strings.Repeat(`(import "$root" "f" (func)) `, many)+`(func (export "g") (call 99999)))`)
	bin, err := encode.Component(core, world(t, "package t:t; world w { import f: func(); export g: func(); }"), encode.Options{})
	if err != nil || !bytes.Contains(bin, []byte("f#100000")) {
		t.Error(len(bin), err)
	}
}

func TestTwoAdapters(t *testing.T) {
	core := assembled(t, `(module (import "a" "f" (func)) (func (export "g")))`)
	a := encode.Module{Name: "a", Core: assembled(t, `(module (func (export "f")))`)}
	_, err := encode.Component(core, world(t, "package t:t; world w { export g: func(); }"), encode.Options{Adapters: []encode.Module{a, a}})
	if err == nil || err.Error() != "two adapters are called a" {
		t.Error(err)
	}
}
