//go:build interop

package interop

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/internal/build"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// A maker makes a component that exports component:test/baz.
type maker struct {
	name string
	make func(t *testing.T, dir string) (file string)

	// answer is what its foo gives, if the foo that it imports gives next; nil
	// if it only traps.
	answer func(s string, next func(string) string) string
}

// makers differ in the names that interfaces have for pending and ready, and
// in what else is imported for the sake of types.
var (
	// What this project makes names them, as does the text that it gives to
	// generators of bindings. What wasm-tools makes of that text imports the
	// types of the poll function by themselves.
	ofGo = maker{"go", goBaz, func(s string, next func(string) string) string {
		return next(s+" - entered guest") + " - exited guest"
	}}
	ofText          = maker{"text", textBaz, nil}
	ofTextWasmTools = maker{"text, wasm-tools", textBazWasmTools, nil}

	// The original does not name them.
	unnamedLeaf = maker{"unnamed", assembledBaz("unnamed-leaf"), func(s string, _ func(string) string) string { return s }}
	unnamed     = maker{"unnamed, open", assembledBaz("unnamed-through"), func(s string, next func(string) string) string { return next(s) }}
	pythonLeaf  = maker{"python", pythonBaz("leaf"), func(s string, _ func(string) string) string { return s + " - python" }}
	python      = maker{"python, open", pythonBaz("through"), func(s string, next func(string) string) string {
		return next(s+" - entered python") + " - exited python"
	}}
)

// TestNames composes components that name pending and ready with some that do
// not, by several composers. testdata/names.txt has what comes of it.
func TestNames(t *testing.T) {
	b := newBench(t)
	var got strings.Builder
	row := func(cells ...any) { fmt.Fprintf(&got, "%-17s%-17s%-11s%-11s%-11s%s\n", cells...) }
	row("importer", "exporter", "isyswasfa", "wasm-tools", "wac plug", "wac compose")
	for _, importer := range []maker{ofGo, ofText, ofTextWasmTools, unnamed, python} {
		for _, exporter := range []maker{ofGo, ofText, ofTextWasmTools, unnamedLeaf, unnamed, pythonLeaf, python} {
			cells := []any{importer.name, exporter.name}
			for _, c := range composers {
				cells = append(cells, b.outcome(t, c, importer, exporter))
			}
			row(cells...)
		}
	}
	want, err := os.ReadFile("testdata/names.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s\n%s", diff, got.String())
	}
}

// A bench makes components, each once, and runs them.
type bench struct {
	dir    string
	made   map[string]string
	engine *host.Engine
}

func newBench(t *testing.T) *bench {
	for _, name := range []string{"wasm-tools", "wac", "componentize-py"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not in PATH", name)
		}
	}
	engine, err := host.NewEngine(context.Background(), host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close(context.Background()) })
	return &bench{t.TempDir(), map[string]string{}, engine}
}

func (b *bench) file(t *testing.T, m maker) string {
	if b.made[m.name] == "" {
		b.made[m.name] = m.make(t, b.dir)
	}
	return b.made[m.name]
}

// outcome composes two components and says in a word what came of it.
func (b *bench) outcome(t *testing.T, c composer, importer, exporter maker) string {
	out := filepath.Join(b.dir, "out.wasm")
	err := c.compose(b.file(t, importer), b.file(t, exporter), out)
	switch {
	case err != nil && strings.Contains(err.Error(), "panicked at"):
		return "panics"
	case err != nil:
		return "refuses"
	}
	place := fmt.Sprintf("%s over %s by %s", importer.name, exporter.name, c.name)
	if err := runTool("wasm-tools", "validate", "--features", "wasm2,component-model", out); err != nil {
		t.Errorf("%s: %v", place, err)
		return "invalid"
	}
	if importer.answer == nil || exporter.answer == nil || importer.name == unnamed.name && exporter.name == unnamed.name {
		return "valid" // nothing in it could run
	}
	got, err := b.ask(t, out)
	atHost := func(s string) string { return s + " - host" }
	want := importer.answer("x", func(s string) string { return exporter.answer(s, atHost) })
	if err != nil || got != want {
		t.Errorf("%s: got %q, %v; want %q", place, got, err, want)
		return "fails"
	}
	return "runs"
}

// ask calls foo of a component.
func (b *bench) ask(t *testing.T, file string) (answer string, err error) {
	ctx := t.Context()
	binary, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	c, err := b.engine.Compile(ctx, "composed", binary)
	if err != nil {
		return "", err
	}
	l := host.NewLinker(b.engine)
	wasi.AddToLinker(l)
	l.Instance("component:test/baz").Async("foo", host.AsyncFunc(func(_ *host.Call, p struct{ S string }, done *host.Completion[string]) error {
		time.AfterFunc(time.Millisecond, func() { done.Resolve(p.S + " - host") })
		return nil
	}))
	l.DefineMissing(c)
	pre, err := l.Link(c)
	if err != nil {
		return "", err
	}
	defer pre.Close(ctx)
	foo, err := pre.Function("component:test/baz", "foo")
	if err != nil {
		return "", err
	}
	in, err := pre.Instantiate(ctx, host.InstanceConfig{Values: wasi.With(nil, wasi.Config{Stderr: os.Stderr})})
	if err != nil {
		return "", err
	}
	defer in.Close(ctx)
	results, err := foo.Call(ctx, in, "x")
	if err != nil {
		return "", err
	}
	return results.(string), nil
}

// goBaz builds test/cases/round-trip.
func goBaz(t *testing.T, dir string) string {
	r, err := build.Component(t.Context(), build.Options{Package: "../cases/round-trip"})
	if err != nil {
		t.Fatal(err)
	}
	return put(t, dir, "go.wasm", r.Component)
}

// textModule has wasm-tools make a module for the rewritten text of the world
// of test/cases/round-trip.
func textModule(t *testing.T, dir string) string {
	wit, module := filepath.Join(dir, "wit"), filepath.Join(dir, "text.core.wasm")
	tool(t, "go", "run", "../../cmd/isyswasfa", "transform", "../cases/round-trip/wit", "--suffix=-text", "-o", wit)
	tool(t, "wasm-tools", "component", "embed", "--dummy", "--world=round-trip", wit, "-o", module)
	return module
}

func textBaz(t *testing.T, dir string) string {
	module, err := os.ReadFile(textModule(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	e, err := build.Encode(module, build.EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return put(t, dir, "text.wasm", e.Component)
}

func textBazWasmTools(t *testing.T, dir string) string {
	out := filepath.Join(dir, "text-wasm-tools.wasm")
	tool(t, "wasm-tools", "component", "new", textModule(t, dir), "-o", out)
	return out
}

func assembledBaz(name string) func(t *testing.T, dir string) string {
	return func(t *testing.T, dir string) string {
		text, err := os.ReadFile("testdata/" + name + ".wat")
		if err != nil {
			t.Fatal(err)
		}
		binary, err := wast.Assemble(string(text))
		if err != nil {
			t.Fatal(err)
		}
		return put(t, dir, name+".wasm", binary)
	}
}

// pythonBaz has componentize-py, a version with support for the original
// convention, such as 0.13.0, make a component.
func pythonBaz(world string) func(t *testing.T, dir string) string {
	return func(t *testing.T, dir string) string {
		out := filepath.Join(dir, "python-"+world+".wasm")
		cmd := exec.Command("componentize-py", "-q", "--isyswasfa=-"+world, "-d", "wit", "-w", world, "componentize", world+"_app", "-o", out)
		cmd.Dir = t.TempDir() // Python writes beside the source
		if err := os.CopyFS(cmd.Dir, os.DirFS("testdata/python")); err != nil {
			t.Fatal(err)
		}
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("componentize-py: %v\n%s", err, text)
		}
		return out
	}
}

func put(t *testing.T, dir, name string, data []byte) string {
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}
