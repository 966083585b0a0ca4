//go:build interop

package compose

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// With -tags interop, what TestRandom composes is shown to wasm-tools. WIT is
// read back only if there is one version: two versions of a package that use
// each other are too much for wasm-tools.
func init() {
	check = func(t *testing.T, bin []byte) {
		if _, err := exec.LookPath("wasm-tools"); err != nil {
			t.Skip("wasm-tools is not in PATH")
		}
		for _, args := range [][]string{{"validate", "--features", "wasm2,component-model"}, {"component", "wit"}} {
			if args[0] == "component" && (bytes.Contains(bin, []byte("@0.1.0")) || bytes.Contains(bin, []byte("@0.1.2"))) {
				continue
			}
			cmd := exec.Command("wasm-tools", args...)
			cmd.Stdin = bytes.NewReader(bin)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("wasm-tools %v: %v\n%s", args, err, out)
			}
		}
	}
}

// TestStock has wasm-tools compose the same random components: the imports of
// the result must be the same, down to the types.
func TestStock(t *testing.T) {
	if _, err := exec.LookPath("wasm-tools"); err != nil {
		t.Skip("wasm-tools is not in PATH")
	}
	compared := 0
	for seed := range uint64(200) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 2)), files: map[string]string{}}
		g.generate()
		if g.defines {
			continue
		}
		dir := t.TempDir()
		for name, text := range g.files {
			bin, err := wast.Assemble(text)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name+".wasm"), bin, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		root, file := filepath.Join(dir, "root.wasm"), filepath.Join(dir, "out.wasm")
		r, err := Loader{}.Compose(root, &Config{Dir: dir}, false)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, g)
		}
		if out, err := exec.Command("wasm-tools", "compose", root, "-o", file).CombinedOutput(); err != nil {
			t.Fatalf("seed %d: %v\n%s\n%s", seed, err, out, g)
		}
		stock, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(imports(t, stock), imports(t, r.Component)); d != "" {
			t.Fatalf("seed %d (-stock +ours):\n%s\n%s", seed, d, g)
		}
		compared++
	}
	t.Logf("%d compositions compared", compared)
	if compared < 100 {
		t.Errorf("only %d compositions compared", compared)
	}
}

// imports writes what a component imports, sorted.
func imports(t *testing.T, bin []byte) []string {
	c, err := component.Decode(bin)
	if err != nil {
		t.Fatal(err)
	}
	s, err := component.Describe(c)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, i := range s.Imports {
		for _, x := range i.Items {
			line := i.Name + " " + x.Name
			switch {
			case x.Func != nil:
				line += " " + s.FuncString(x.Func)
			case x.Type != nil:
				line += " " + s.Structure(x.Type)
			}
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}
