//go:build interop

package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wave"
	"github.com/isyswasfa/isyswasfa/internal/build"
)

// linkedCalls are calls of the component of testdata/libraries, with what they
// give, in the syntax of WAVE, JavaScript and JSON at once.
var linkedCalls = [][2]string{
	{`greet("C")`, `"Hello, C!"`},
	{"apply(0, 20, 3)", "23001"},
	{"apply(1, 20, 3)", "60002"},
	{"constructors()", `"coa"`},
	{"without(9)", "9"},
	{"plugin(4)", "46"},
	{"plugin(4)", "47"},
}

// TestLinkC links what LLVM makes of C: libraries that use each other's
// functions and data, and a plugin that is opened by its name.
func TestLinkC(t *testing.T) {
	compiler, linker := cTools(t)
	dir := t.TempDir()
	shared := func(name string) []byte {
		object, library := filepath.Join(dir, name+".o"), filepath.Join(dir, name+".so")
		run := func(args ...string) {
			if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
			}
		}
		run(append(compiler, "--target=wasm32-wasi", "-fPIC", "-fvisibility=default", "-fno-builtin", "-mno-extended-const", "-O1", "-c", "testdata/libraries/"+name+".c", "-o", object)...)
		run(append(linker, "--shared", "--experimental-pic", "--unresolved-symbols=import-dynamic", object, "-o", library)...)
		if name == "app" {
			core, err := embed(library, "testdata/libraries", "app", dir)
			if err != nil {
				t.Fatal(err)
			}
			return core
		}
		core, err := os.ReadFile(library)
		if err != nil {
			t.Fatal(err)
		}
		return core
	}
	made, err := build.Link(build.LinkOptions{
		Libraries: []build.NamedModule{{Name: "app.so", Core: shared("app")}, {Name: "ops.so", Core: shared("ops")}, {Name: "c.so", Core: shared("c")}},
		Openable:  []build.NamedModule{{Name: "plugin.so", Core: shared("plugin")}},
		BuiltinDL: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "linked.wasm")
	if err := os.WriteFile(file, made.Component, 0o666); err != nil {
		t.Fatal(err)
	}
	tool(t, "wasm-tools", "validate", file)
	t.Run("jco", func(t *testing.T) { linkedByJco(t, file) })
	ctx := t.Context()
	e, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(ctx)
	c, err := e.Compile(ctx, "linked", made.Component)
	if err != nil {
		t.Fatal(err)
	}
	pre, err := host.NewLinker(e).Link(c)
	if err != nil {
		t.Fatal(err)
	}
	in, err := pre.Instantiate(ctx, host.InstanceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close(ctx)
	for _, c := range linkedCalls {
		name, _, _ := strings.Cut(c[0], "(")
		f, err := pre.Function("", name)
		if err != nil {
			t.Fatal(err)
		}
		args, err := wave.ParseArgsAt(c[0], len(name), f.Type().Params)
		if err != nil {
			t.Fatal(err)
		}
		result, err := f.Call(ctx, in, args...)
		if err != nil {
			t.Errorf("%s: %v", c[0], err)
			continue
		}
		if text, err := wave.Format(result, f.Type().Result); text != c[1] || err != nil {
			t.Errorf("%s = %s, %v; want %s", c[0], text, err, c[1])
		}
	}
}

// linkedByJco makes the calls by jco.
func linkedByJco(t *testing.T, file string) {
	for _, name := range []string{"jco", "node"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(name + " is not in PATH")
		}
	}
	dir := t.TempDir()
	tool(t, "jco", "transpile", file, "-o", dir, "--name", "linked", "--no-typescript")
	script, want := "const m = await import(process.argv[1]);\n", ""
	for _, c := range linkedCalls {
		script += "console.log(JSON.stringify(m." + c[0] + "));\n"
		want += c[1] + "\n"
	}
	if got := tool(t, "node", "--input-type=module", "-e", script, filepath.Join(dir, "linked.js")); got != want {
		t.Errorf("jco: %s; want %s", got, want)
	}
}

// cTools gives a C compiler and a linker for WebAssembly: clang's, or those
// that zig comes with.
func cTools(t *testing.T) (compiler, linker []string) {
	t.Helper()
	_, noClang := exec.LookPath("clang")
	_, noLinker := exec.LookPath("wasm-ld")
	if noClang == nil && noLinker == nil {
		return []string{"clang"}, []string{"wasm-ld"}
	}
	if _, err := exec.LookPath("zig"); err != nil {
		t.Skip("there is neither clang with wasm-ld nor zig in PATH")
	}
	return []string{"zig", "cc"}, []string{"zig", "wasm-ld"}
}
