package host_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/bindgen/host"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

var update = flag.Bool("update", false, "write the generated code of test/cases")

// generate generates the package for a world.
func generate(t testing.TB, r *wit.Resolve, world string, o host.Options) (map[string][]byte, error) {
	t.Helper()
	w, err := r.World(world)
	if err != nil {
		t.Fatal(err)
	}
	poly, err := transform.Polyfill(w, transform.Options{NoPoll: true})
	if err != nil {
		return nil, err
	}
	if o.Stamp.Generator != "" {
		o.Stamp = bindgen.MakeStamp(o.Stamp.Generator, w)
	}
	return host.Generate(w, poly, o)
}

func parse(t testing.TB, text string) *wit.Resolve {
	t.Helper()
	r, _, err := wit.ParseText(map[string]string{"test.wit": text}, std.Files())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestCases wants the committed code of test/cases to be what is generated.
func TestCases(t *testing.T) {
	for _, name := range []string{"bench", "round-trip", "values"} {
		dir := filepath.Join("..", "..", "test", "cases", name)
		r, _, err := wit.ParseDir(filepath.Join(dir, "wit"), std.Files())
		if err != nil {
			t.Fatal(err)
		}
		files, err := generate(t, r, name, host.Options{Stamp: bindgen.Stamp{Generator: host.Version}})
		if err != nil {
			t.Fatal(err)
		}
		for file, text := range files {
			at := filepath.Join(dir, "host", file)
			if *update {
				if err := os.WriteFile(at, text, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			old, err := os.ReadFile(at)
			if err != nil || strings.ReplaceAll(string(old), "\r", "") != string(text) {
				t.Errorf("%s is not what is generated now (run with -update): %v", at, err)
			}
		}
	}
}

// TestSize bounds time and size for the largest world that is in common use.
func TestSize(t *testing.T) {
	r, err := std.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	files, err := generate(t, r, "wasi:http/service@0.3.0", host.Options{})
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, text := range files {
		size += len(text)
	}
	t.Logf("wasi:http/service: %d bytes in %v", size, time.Since(start))
	if size > 200_000 {
		t.Errorf("%d bytes", size)
	}
}

// TestErrors names what cannot be generated, and its place.
func TestErrors(t *testing.T) {
	many := "flags many { f0"
	for i := range 40 {
		many += ", g" + string(rune('a'+i/26)) + string(rune('a'+i%26))
	}
	for _, tt := range []struct{ name, text, want string }{
		{"error context", "interface i { f: func(e: list<error-context>); } world w { import i; }", "error-context is not supported"},
		{"flags", "interface i { " + many + " } f: func(m: many); } world w { export i; }", "41 flags; at most 32 are possible"},
		{"resource of the library", "interface i { use wasi:cli/terminal-input@0.2.0.{terminal-input}; f: func(t: terminal-input); } world w { import i; }",
			"world a:b/w: import a:b/i: f: parameter t: resource terminal-input of wasi:cli/terminal-input@0.2.0 has no Go type in the host library"},
	} {
		_, err := generate(t, parse(t, "package a:b; "+tt.text), "w", host.Options{})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want %q", tt.name, err, tt.want)
		}
	}
}

// names is a world in which Go has other uses for the names, or two things
// would get the same.
const names = `package go:%type;

interface %type {
  record imports { context: string, error: u8, %func: bool }
  enum error { ok, err, fail }
  variant result-of { %case(imports), error(error), none }
  type context = list<imports>;
  resource pre { constructor(w: string, ctx: u8); close: func(); handle: async func(p: borrow<pre>) -> pre; static-one: static func() -> pre; }
  w: func(w: context, ctx: u8, x: result-of, p: string, err: error, host: bool, e: list<u8>, r: option<u8>) -> result<context, imports>;
  err: async func(%result: result<pre, error>, bindings: stream<imports>, iter: future<stream<u8>>) -> result<stream<pre>, result-of>;
}

interface others {
  record imports { a: u8 }
  enum error { other }
  use %type.{pre, error as wrong};
  link: func(a: imports, b: error, c: own<pre>, d: wrong) -> map<string, pre>;
}

world roundtrip {
  import %type;
  export %type;
  import others;
  export others;
  import instance: interface { f: func(); }
  export instance: interface { f: func(); }
  import link: func(link: string) -> string;
  export close: func(w: u8) -> future<u8>;
  export roundtrip: func(e: u8, others: u8);
  import pre: async func();
}`

// TestNames compiles code for a world of bad names.
func TestNames(t *testing.T) {
	files, err := generate(t, parse(t, names), "roundtrip", host.Options{Package: "names"})
	if err != nil {
		t.Fatal(err)
	}
	dir := module(t)
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "vet", "-mod=mod", ".")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// module makes a module that uses this one.
func module(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "go.mod" {
			_, rest, _ := strings.Cut(string(text), "\n")
			text = fmt.Appendf(nil, "module example.com/names\n%s\nrequire github.com/isyswasfa/isyswasfa v0.0.0\nreplace github.com/isyswasfa/isyswasfa => %s\n", rest, strconv.Quote(root))
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func BenchmarkGenerate(b *testing.B) {
	r, err := std.Resolve()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := generate(b, r, "wasi:http/service@0.3.0", host.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
