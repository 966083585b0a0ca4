package wit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/wit"
)

func writeFiles(t *testing.T, files map[string]string) string {
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestParseDir(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"world.wit":         "world app { import x:one/i; import x:two/i@1.0.0; import x:three/i; export mine; }",
		"own.wit":           "package my:app;\ninterface mine { f: async func(); }",
		"deps/one.wit":      "package x:one;\ninterface i {}",
		"deps/two/a.wit":    "package x:two@1.0.0;",
		"deps/two/b.wit":    "interface i {}",
		"deps/two/notes.md": "no WIT",
	})
	three := wit.Source{"three.wit": "package x:three;\ninterface i {}", "four.wit": "package x:four;"}
	r, p, err := wit.ParseDir(dir, three)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range r.Packages {
		names = append(names, p.Name.String())
	}
	if got, want := strings.Join(names, " "), "x:one x:two@1.0.0 x:three my:app"; got != want || p.Name.String() != "my:app" {
		t.Errorf("packages are %s and %s, want %s", got, p.Name, want)
	}
	for _, name := range []string{"", "app", "my:app/app"} {
		if w, err := r.World(name); err != nil || w != p.Worlds[0] {
			t.Errorf("world %q: %v, %v", name, w, err)
		}
	}
	_, err = r.World("ap")
	if want := "no world `ap`; did you mean `app`?\nthe worlds are: my:app/app"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestParseFile(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a.wit": "package a:b;\nworld w { import c:d/i; }\npackage c:d { interface i {} }", "b.wit": "no WIT"})
	r, p, err := wit.ParseDir(filepath.Join(dir, "a.wit"))
	if err != nil || len(r.Packages) != 2 || p.Worlds[0].Imports[0].Name != "c:d/i" {
		t.Errorf("got %v, %v, %v", r, p, err)
	}
	if _, _, err := wit.ParseDir(filepath.Join(dir, "b.wit")); err == nil || !strings.Contains(err.Error(), "b.wit:1:1: expected `package`") {
		t.Errorf("got error %v", err)
	}
	if _, _, err := wit.ParseDir(filepath.Join(dir, "c.wit")); err == nil || !strings.Contains(err.Error(), "c.wit") {
		t.Errorf("got error %v", err)
	}
}

func TestParseDirErrors(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no files":     {map[string]string{"x.txt": ""}, "no *.wit files"},
		"two packages": {map[string]string{"a.wit": "package a:b;", "b.wit": "package a:c;"}, "b.wit:1:9: package `a:c` does not match `a:b`"},
		"twice":        {map[string]string{"a.wit": "package a:b;", "deps/b.wit": "package a:b;"}, "package `a:b` is also defined in"},
		"in deps":      {map[string]string{"a.wit": "package a:b;", "deps/b/c.wit": "package a:c;\ninterface {}"}, "c.wit:2:11: expected a name"},
		"cycle":        {map[string]string{"a.wit": "package a:b;\ninterface i { use a:c/i.{t}; }", "deps/c.wit": "package a:c;\ninterface i { use a:b/i.{t}; }"}, "depends on itself"},
	} {
		_, _, err := wit.ParseDir(writeFiles(t, c.files))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}
