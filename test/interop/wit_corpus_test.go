//go:build interop

package interop

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/internal/outline"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

var allFeatures = wit.Features{"*"}

// TestWITCorpus parses every case of the corpora, prints the model and parses
// that. Where wasm-tools is at hand and reads the case too, both must see the
// same. What fails must be in the ledger with its reason, and what the ledger
// has must fail.
func TestWITCorpus(t *testing.T) {
	if *hostCorpus == "" {
		t.Skip("no -host-corpus")
	}
	_, noTools := exec.LookPath("wasm-tools")
	ledger := readLedger(t, "testdata/wit.ledger")
	for _, corpus := range []struct {
		name string
		flat bool
	}{{"wit-bindgen", false}, {"wasmtime", false}, {"go-modules", true}} {
		cases, failed, compared := 0, 0, 0
		for _, c := range witCases(t, corpus.name, corpus.flat) {
			cases++
			same, problem := checkWIT(t, c, noTools == nil)
			if same {
				compared++
			}
			if problem != "" {
				failed++
			}
			switch reason := ledger[c.name]; {
			case problem != "" && reason == "":
				t.Errorf("%s: %s", c.name, problem)
			case problem == "" && reason != "":
				t.Errorf("%s passes, but is in the ledger: %s", c.name, reason)
			}
			delete(ledger, c.name)
		}
		t.Logf("%s: %d cases, %d failures, %d compared with wasm-tools", corpus.name, cases, failed, compared)
	}
	for id := range ledger {
		t.Errorf("the ledger has %s, but there is no such case", id)
	}
}

// checkWIT says what is wrong with a case, and whether it was compared.
func checkWIT(t *testing.T, c witCase, compare bool) (compared bool, problem string) {
	r, _, err := wit.ParseDir(c.path, std.Files(), allFeatures)
	if err != nil {
		return false, err.Error()
	}
	text := wit.PrintResolve(r)
	again, _, err := wit.ParseText(map[string]string{"printed.wit": text}, allFeatures)
	if err != nil {
		return false, "the printed text is wrong: " + err.Error()
	}
	if diff := cmp.Diff(text, wit.PrintResolve(again)); diff != "" {
		return false, "printing is not stable:\n" + diff
	}
	if !compare {
		return false, ""
	}
	ours := outline.FromModel(r, false)
	theirs, err := witOutline(c.path)
	if err != nil {
		t.Logf("%s: not compared: %v", c.name, err) // it may be older, and does not know WASI by itself
		return false, ""
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		return true, "differs (- wasm-tools):\n" + diff
	}
	printed := filepath.Join(t.TempDir(), "printed.wit")
	if err := os.WriteFile(printed, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	theirs, err = witOutline(printed)
	if err != nil {
		return true, "the printed text is wrong: " + err.Error()
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		return true, "the printed text differs (- wasm-tools):\n" + diff
	}
	return true, ""
}

// witOutline gives the outline of what wasm-tools makes of WIT.
func witOutline(path string) (string, error) {
	json, err := exec.Command("wasm-tools", "component", "wit", "--json", "--all-features", path).Output()
	if exit, ok := err.(*exec.ExitError); ok {
		return "", errors.New(string(exit.Stderr))
	}
	if err != nil {
		return "", err
	}
	return outline.FromJSON(json, false)
}
