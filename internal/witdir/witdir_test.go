package witdir_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
