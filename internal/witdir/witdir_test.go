package witdir_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/wast"
	"github.com/isyswasfa/isyswasfa/internal/witdir"
	"github.com/isyswasfa/isyswasfa/wit"
)

func parse(t *testing.T, text string) *wit.Resolve {
	t.Helper()
	r, _, err := wit.ParseText(map[string]string{"a.wit": text})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	first := parse(t, `package a:b;
interface i { use c:d/j@1.0.0.{r}; f: func(r: r); }
package c:d@1.0.0 { interface j { resource r; } }`)
	second := parse(t, `package a:b;
interface i { f: func(); }`)
	write(t, filepath.Join(dir, "README.md"), "notes")
	for _, r := range []*wit.Resolve{first, first, second} {
		if err := witdir.Write(dir, r); err != nil {
			t.Fatal(err)
		}
		back, _, err := wit.ParseDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := wit.PrintResolve(back), wit.PrintResolve(r); got != want {
			t.Errorf("wrote\n%s, want\n%s", got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "deps")); err == nil {
		entries, _ := os.ReadDir(filepath.Join(dir, "deps"))
		if len(entries) > 0 {
			t.Errorf("deps still has %v", entries)
		}
	}
}

func TestForeign(t *testing.T) {
	r := parse(t, "package a:b;\ninterface i { f: func(); }")
	for _, name := range []string{"b.wit", "other.wit", "deps/x.wit", "deps/x/y.wit", "deps/x.wasm"} {
		dir := t.TempDir()
		at := filepath.Join(dir, filepath.FromSlash(name))
		write(t, at, "package a:b;\n")
		err := witdir.Write(dir, r)
		if err == nil || !strings.Contains(err.Error(), at) {
			t.Errorf("%s: error %v", name, err)
		}
		var left []string
		_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, _ error) error {
			if !d.IsDir() {
				left = append(left, path)
			}
			return nil
		})
		if !slices.Equal(left, []string{at}) {
			t.Errorf("%s: the folder now has %v", name, left)
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// A dependency may be there in binary form; what it has of a third package
// serves unless that package is there too.
func TestParseBinary(t *testing.T) {
	bin, err := wast.Assemble(`(component
  (type (component
    (type (instance
      (type (record (field "x" u8)))
      (export "t" (type (eq 0)))
    ))
    (import "c:c/deep" (instance (type 0)))
    (alias export 0 "t" (type))
    (type (instance
      (alias outer 1 1 (type))
      (export "t" (type (eq 0)))
    ))
    (export "b:b/i" (instance (type 2)))
  ))
  (export "i" (type 0))
)`)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.wit"), "package a:a;\ninterface j { use b:b/i.{t}; f: func() -> t; }")
	write(t, filepath.Join(dir, "deps", "b.wasm"), string(bin))
	for _, field := range []string{"x: u8", "other: u16"} {
		r, err := witdir.Parse(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		if text := wit.PrintResolve(r); len(r.Packages) != 3 || !strings.Contains(text, field) {
			t.Errorf("want %s in\n%s", field, text)
		}
		write(t, filepath.Join(dir, "deps", "c.wit"), "package c:c;\ninterface deep { record t { other: u16 } }")
	}
	r, err := witdir.Parse(filepath.Join(dir, "deps", "b.wasm"), nil)
	if err != nil || r.Main.Name.String() != "b:b" {
		t.Error(r, err)
	}
	write(t, filepath.Join(dir, "deps", "b.wasm"), string(bin[:40]))
	if _, err := witdir.Parse(dir, nil); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "deps", "b.wasm")+": binary WIT: ") {
		t.Errorf("a broken file gives %v", err)
	}
}
