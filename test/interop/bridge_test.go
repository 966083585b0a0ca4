//go:build interop

package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wast"
	"github.com/isyswasfa/isyswasfa/transform/bridge"
	"github.com/isyswasfa/isyswasfa/transform/compose"
)

// TestBridgesRun runs a composition with bridges of both directions here and as
// jco transpiles it: with a caller of async functions that blocks, and a plain
// one of what answers at once. Here a list of borrowed handles crosses a bridge;
// jco cannot pass such a list between components, with a bridge or without, and
// has one of numbers.
func TestBridgesRun(t *testing.T) {
	var want strings.Builder
	for n := range 20 {
		fmt.Fprintf(&want, "[%d,%q]\n", n*(n-1)/2, strings.Repeat("é", 2*n))
	}
	t.Run("here", func(t *testing.T) {
		bin := composedColours(t)
		if got := runHere(t, bin); got != want.String() {
			t.Errorf("got\n%swant\n%s", got, &want)
		}
		tool(t, "wasm-tools", "validate", written(t, bin))
	})
	t.Run("jco", func(t *testing.T) {
		file := written(t, composedColours(t, "(list (borrow $thing))", "(list u32)",
			"(call $make (local.get $i))", "(local.get $i)", "(call $drop (i32.load", "(drop (i32.load"))
		dir := filepath.Dir(file)
		tool(t, "jco", "transpile", file, "-o", dir, "--name", "composed", "--instantiation", "async", "--no-typescript")
		if got := tool(t, "node", "testdata/colours/run.mjs", dir); got != want.String() {
			t.Errorf("got\n%swant\n%s", got, &want)
		}
	})
}

func written(t *testing.T, bin []byte) string {
	file := filepath.Join(t.TempDir(), "composed.wasm")
	if err := os.WriteFile(file, bin, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// composedColours composes the components of testdata/colours with some text
// replaced.
func composedColours(t *testing.T, replace ...string) []byte {
	t.Helper()
	part := func(name string) compose.Input {
		text, err := os.ReadFile("testdata/colours/" + name + ".wat")
		if err != nil {
			t.Fatal(err)
		}
		bin, err := wast.Assemble(strings.NewReplacer(replace...).Replace(string(text)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return compose.Input{Name: name, Data: bin}
	}
	r, err := compose.Compose(part("root"), compose.Options{Find: func(name string) (compose.Input, error) {
		if name == "test:a/b" {
			return part("b"), nil
		}
		return compose.Input{}, compose.ErrNotFound
	}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Component
}

// runHere calls run, as run.mjs does.
func runHere(t *testing.T, bin []byte) string {
	ctx := t.Context()
	e, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(ctx)
	c, err := e.Compile(ctx, "composed", bin)
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
	run, err := pre.Function("", "run")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range uint32(20) {
		v, err := run.Call(ctx, in, n, strings.Repeat("é", int(n)))
		if err != nil {
			t.Fatal(err)
		}
		pair := v.([]any)
		fmt.Fprintf(&b, "[%d,%q]\n", pair[0], pair[1])
	}
	return b.String()
}

// TestBridges has wasm-tools validate a bridge, which has a caller and a callee
// of both colours and resources of both kinds, and a composition with it.
func TestBridges(t *testing.T) {
	ar, err := txtar.ParseFile("../../transform/compose/testdata/bridge.txtar")
	if err != nil {
		t.Fatal(err)
	}
	inputs := map[string]compose.Input{}
	for _, f := range ar.Files {
		if name, ok := strings.CutSuffix(f.Name, ".wat"); ok {
			bin, err := wast.Assemble(string(f.Data))
			if err != nil {
				t.Fatal(err)
			}
			inputs[name] = compose.Input{Name: f.Name, Data: bin}
		}
	}
	r, err := compose.Compose(inputs["root"], compose.Options{Find: func(name string) (compose.Input, error) {
		if in, ok := inputs[name]; ok {
			return in, nil
		}
		return compose.Input{}, compose.ErrNotFound
	}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := component.Decode(inputs["root"].Data)
	if err != nil {
		t.Fatal(err)
	}
	surface, err := component.Describe(c)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := bridge.NewSource(c, surface).Build("test:a/b", []bridge.Difference{{Name: "f", Async: true}, {Name: "g"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, bin := range map[string][]byte{"composed": r.Component, "bridge": alone} {
		file := filepath.Join(t.TempDir(), name+".wasm")
		if err := os.WriteFile(file, bin, 0o644); err != nil {
			t.Fatal(err)
		}
		tool(t, "wasm-tools", "validate", file)
	}
}
