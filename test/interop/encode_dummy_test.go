//go:build interop

package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/internal/build"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
)

// dummyKinds are the kinds of modules that wasm-tools makes: in its own naming
// scheme, with functions lowered and lifted in each way, and in the standard
// one, which has no names for native async.
var dummyKinds = map[string][]string{
	"legacy":     {"--dummy-names", "legacy"},
	"callback":   {"--dummy-names", "legacy", "--async-callback"},
	"stackful":   {"--dummy-names", "legacy", "--async-stackful"},
	"standard32": {"--dummy-names", "standard32"},
}

// TestEncodeDummies has wasm-tools make a module for every world of the
// corpora, for one of them in all kinds. encode must make of it what wasm-tools
// does: a valid component of the same world. Modules for async worlds without
// anything async in them would be taken for ones of the isyswasfa convention.
func TestEncodeDummies(t *testing.T) {
	if *hostCorpus == "" {
		t.Skip("no -host-corpus")
	}
	if _, err := exec.LookPath("wasm-tools"); err != nil {
		t.Skip("wasm-tools is not in PATH")
	}
	ledger := readLedger(t, "testdata/encode_dummy.ledger")
	total, natives := 0, 0
	for _, corpus := range []struct {
		name  string
		flat  bool
		kinds []string
	}{
		{"wit-bindgen", false, []string{"legacy", "standard32", "callback", "stackful"}},
		{"wasmtime", false, []string{"legacy", "callback"}},
		{"go-modules", true, []string{"legacy", "callback"}},
	} {
		for _, c := range witCases(t, corpus.name, corpus.flat) {
			worlds, err := c.load()
			if err != nil {
				continue // TestWITCorpus is about that
			}
			for _, w := range worlds {
				for _, kind := range corpus.kinds {
					if (kind == "callback" || kind == "stackful") && !allAsync(w) {
						continue // wasm-tools would lower and lift the others async, too
					}
					ours, theirs := filepath.Join(t.TempDir(), "ours.wasm"), filepath.Join(t.TempDir(), "theirs.wasm")
					if !dummy(t, c.path, w.ID(), kind, ours, theirs) {
						continue
					}
					core, err := os.ReadFile(ours)
					if err != nil {
						t.Fatal(err)
					}
					parsed, err := wasm.Parse(core)
					if err != nil {
						t.Fatal(err)
					}
					switch native := encode.Native(parsed); {
					case native:
						natives++
					case transform.Needed(w):
						continue
					}
					total++
					id := c.name + " " + w.Name + " " + kind
					problem := compareDummy(t, core, theirs)
					switch reason := ledger[id]; {
					case problem != "" && reason == "":
						t.Errorf("%s: %s", id, problem)
					case problem == "" && reason != "":
						t.Errorf("%s passes, but is in the ledger: %s", id, reason)
					}
					delete(ledger, id)
				}
			}
		}
	}
	for id := range ledger {
		t.Errorf("the ledger has %s, but there is no such case", id)
	}
	t.Logf("%d modules, %d with native async", total, natives)
}

// allAsync tells whether the world has functions, and all of them are async.
func allAsync(w *wit.World) bool {
	var funcs []*wit.Function
	for _, it := range slices.Concat(w.Imports, w.Exports) {
		switch {
		case it.Func != nil:
			funcs = append(funcs, it.Func)
		case it.Interface != nil:
			funcs = append(funcs, it.Interface.Funcs...)
		}
	}
	return len(funcs) > 0 && !slices.ContainsFunc(funcs, func(f *wit.Function) bool { return !f.Async })
}

// dummy writes a module for a world and the component that wasm-tools makes of
// it, and tells whether it can.
func dummy(t *testing.T, path, world, kind, module, made string) bool {
	for _, args := range [][]string{
		append([]string{"component", "embed", "--all-features", "--world", world, path, "-o", module}, dummyKinds[kind]...),
		{"component", "new", module, "-o", made},
	} {
		if text, err := exec.Command("wasm-tools", args...).CombinedOutput(); err != nil {
			t.Logf("not compared: wasm-tools %s: %s", strings.Join(args, " "), text)
			return false
		}
	}
	return true
}

// compareDummy encodes the module and says how the result differs from the
// component, or is wrong.
func compareDummy(t *testing.T, core []byte, made string) string {
	e, err := build.Encode(core, build.EncodeOptions{})
	if err != nil {
		return err.Error()
	}
	c, err := component.Decode(e.Component)
	if err == nil {
		err = component.Validate(c)
	}
	if err != nil {
		return "our validator: " + err.Error()
	}
	module := filepath.Join(t.TempDir(), "component.wasm")
	if err := os.WriteFile(module, e.Component, 0o666); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command("wasm-tools", "validate", "--features", "all", module).CombinedOutput(); err != nil {
		return "wasm-tools validate: " + string(text)
	}
	want, err := worldOf(made)
	if err != nil {
		t.Logf("not compared: %v", err)
		return ""
	}
	have, err := worldOf(module)
	if err != nil {
		return err.Error()
	}
	if diff := gocmp.Diff(want, have); diff != "" {
		return "the world differs (- wasm-tools):\n" + diff
	}
	return ""
}
