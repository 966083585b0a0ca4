//go:build interop

package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/isyswasfa/isyswasfa/internal/witdir"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// features are what WASI 0.2 has.
const features = "wasm2,component-model"

// TestTransformCorpus polyfills every world of the corpora. wasm-tools must
// take the text and make a package of it that is valid in WASI 0.2, and a core
// module of the world, which our encoder must make a valid component of. What
// fails must be in the ledger with its reason, and what the ledger has must
// fail.
func TestTransformCorpus(t *testing.T) {
	if *hostCorpus == "" {
		t.Skip("no -host-corpus")
	}
	if _, err := exec.LookPath("wasm-tools"); err != nil {
		t.Skip("wasm-tools is not in PATH")
	}
	ledger := readLedger(t, "testdata/transform.ledger")
	for _, corpus := range []struct {
		name string
		flat bool
	}{{"wit-bindgen", false}, {"wasmtime", false}, {"go-modules", true}} {
		cases, worlds, bad := 0, 0, 0
		check := func(id string, err error) {
			reason := ledger[id]
			delete(ledger, id)
			if err != nil {
				bad++
			}
			switch {
			case err != nil && reason == "":
				t.Errorf("%s: %v", id, err)
			case err == nil && reason != "":
				t.Errorf("%s passes, but is in the ledger: %s", id, reason)
			}
		}
		for _, c := range witCases(t, corpus.name, corpus.flat) {
			cases++
			all, err := c.load()
			check(c.name, err)
			for _, w := range all {
				worlds++
				check(c.name+" "+w.Name, polyfillsValid(t, w, transform.Options{}))
			}
		}
		t.Logf("%s: %d cases, %d worlds, %d failures", corpus.name, cases, worlds, bad)
	}
	for id := range ledger {
		t.Errorf("the ledger has %s, but there is no such case", id)
	}
}

// polyfillsValid polyfills a world and has wasm-tools judge what comes out.
func polyfillsValid(t *testing.T, w *wit.World, o transform.Options) error {
	o.Suffix, o.NoRuntime, o.Text = "-x", true, true
	r, err := transform.Polyfill(w, o)
	if err != nil {
		return err
	}
	dir := t.TempDir()
	text, pkg := filepath.Join(dir, "polyfilled.wit"), filepath.Join(dir, "package.wasm")
	if err := os.WriteFile(text, []byte(wit.PrintResolve(r.Resolve)), 0o666); err != nil {
		return err
	}
	core, out := filepath.Join(dir, "core.wasm"), filepath.Join(dir, "component.wasm")
	for _, step := range []func() error{
		func() error { return wasmTools("component", "wit", text, "--wasm", "-o", pkg) },
		func() error { return wasmTools("validate", "--features", features, pkg) },
		func() error {
			return wasmTools("component", "embed", "--dummy-names", "legacy", text, "-o", core)
		},
		func() error { return encodeFile(core, r.World, out) },
		func() error { return wasmTools("validate", "--features", features, out) },
		func() error { return wasmTools("component", "wit", out, "-o", os.DevNull) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func encodeFile(core string, w *wit.World, out string) error {
	module, err := os.ReadFile(core)
	if err != nil {
		return err
	}
	bin, err := encode.Component(module, w, encode.Options{})
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return os.WriteFile(out, bin, 0o666)
}

func wasmTools(args ...string) error {
	out, err := exec.Command("wasm-tools", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("wasm-tools %s: %s", strings.Join(args[:2], " "), strings.TrimSpace(string(out)))
	}
	return nil
}

// A world is one that is polyfilled.
type world struct {
	world   *wit.World
	options transform.Options
}

// worlds gives every world that ships, those of the original, and the golden
// cases of the transform. The world of wasi:io cannot be written as text, as
// isyswasfa:io mentions that package.
func worlds(t *testing.T) map[string]world {
	all := map[string]world{}
	r, err := std.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.Packages {
		for _, w := range p.Worlds {
			if w.ID() != "wasi:io/imports@0.2.0" {
				all[w.ID()] = world{world: w}
			}
		}
	}
	golden := "../../transform/testdata/"
	_, p, err := wit.ParseDir(golden+"original", std.Files())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range p.Worlds {
		all[w.ID()] = world{w, transform.Options{OriginalRules: true}}
	}
	files, _ := filepath.Glob(golden + "*.txtar")
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]string{}
		for _, f := range ar.Files {
			if strings.HasSuffix(f.Name, ".wit") {
				texts[f.Name] = string(f.Data)
			}
		}
		name := filepath.Base(file)
		if len(texts) == 0 || strings.HasPrefix(name, "error-") {
			continue
		}
		_, p, err := wit.ParseText(texts, std.Files())
		if err != nil {
			t.Fatal(err)
		}
		original := strings.Contains(string(ar.Comment), "\noriginal\n")
		all[name] = world{p.Worlds[0], transform.Options{OriginalRules: original}}
	}
	return all
}

// TestTransformFolder has other tools read the WIT folders that `isyswasfa
// transform -o` writes, and make core modules of them.
func TestTransformFolder(t *testing.T) {
	for name, w := range worlds(t) {
		t.Run(strings.ReplaceAll(name, "/", " "), func(t *testing.T) {
			o := w.options
			o.Suffix, o.NoRuntime, o.Text = "-x", true, true
			r, err := transform.Polyfill(w.world, o)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := witdir.Write(dir, r.Resolve); err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{
				tool(t, "wasm-tools", "component", "wit", dir),
				tool(t, "wasm-tools", "component", "embed", "--dummy", "-t", dir),
			} {
				for _, unwanted := range []string{"async func", "stream<", "future<"} {
					if strings.Contains(text, unwanted) {
						t.Errorf("there is %q", unwanted)
					}
				}
			}
			module := filepath.Join(dir, "core.wasm")
			tool(t, "jco", "embed", "--dummy", "--wit", dir, "-o", module)
			tool(t, "wasm-tools", "validate", module)
		})
	}
}

// TestTransformGolden has wasm-tools and our encoder make components of all
// these worlds.
func TestTransformGolden(t *testing.T) {
	if _, err := exec.LookPath("wasm-tools"); err != nil {
		t.Skip("wasm-tools is not in PATH")
	}
	for name, w := range worlds(t) {
		if err := polyfillsValid(t, w.world, w.options); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
