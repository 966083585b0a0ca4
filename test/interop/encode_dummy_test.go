//go:build interop

package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/internal/build"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/transform"
)

// TestEncodeDummies has wasm-tools make a module for every world of the
// corpora that has nothing async, for one of them in both naming schemes.
// encode must make of it what wasm-tools does: a valid component of the same
// world.
func TestEncodeDummies(t *testing.T) {
	if *hostCorpus == "" {
		t.Skip("no -host-corpus")
	}
	if _, err := exec.LookPath("wasm-tools"); err != nil {
		t.Skip("wasm-tools is not in PATH")
	}
	ledger := readLedger(t, "testdata/encode_dummy.ledger")
	total := 0
	for _, corpus := range []struct {
		name  string
		flat  bool
		names []string
	}{
		{"wit-bindgen", false, []string{"legacy", "standard32"}},
		{"wasmtime", false, []string{"legacy"}},
		{"go-modules", true, []string{"legacy"}},
	} {
		for _, c := range witCases(t, corpus.name, corpus.flat) {
			worlds, err := c.load()
			if err != nil {
				continue // TestWITCorpus is about that
			}
			for _, w := range worlds {
				for _, names := range corpus.names {
					if transform.Needed(w) {
						continue
					}
					ours, theirs := filepath.Join(t.TempDir(), "ours.wasm"), filepath.Join(t.TempDir(), "theirs.wasm")
					if !dummy(t, c.path, w.ID(), names, ours, theirs) {
						continue
					}
					total++
					id := c.name + " " + w.Name + " " + names
					problem := compareDummy(t, ours, theirs)
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
	t.Logf("%d modules", total)
}

// dummy writes a module for a world and the component that wasm-tools makes of
// it, and tells whether it can.
func dummy(t *testing.T, path, world, names, module, made string) bool {
	for _, args := range [][]string{
		{"component", "embed", "--world", world, "--dummy-names", names, path, "-o", module},
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
func compareDummy(t *testing.T, module, made string) string {
	core, err := os.ReadFile(module)
	if err != nil {
		t.Fatal(err)
	}
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
