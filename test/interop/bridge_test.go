//go:build interop

package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wast"
	"github.com/isyswasfa/isyswasfa/transform/bridge"
	"github.com/isyswasfa/isyswasfa/transform/compose"
)

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
	alone, err := bridge.Build(c, surface, "test:a/b", []bridge.Difference{{Name: "f", Async: true}, {Name: "g"}})
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
