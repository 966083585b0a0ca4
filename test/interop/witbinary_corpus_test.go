//go:build interop

package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/internal/outline"
	"github.com/isyswasfa/isyswasfa/internal/witbinary"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// TestWITBinaryCorpus has wasm-tools write the cases of the corpora in binary
// form. What is read from that must be the package that the text is of.
func TestWITBinaryCorpus(t *testing.T) {
	if *hostCorpus == "" {
		t.Skip("no -host-corpus")
	}
	if _, err := exec.LookPath("wasm-tools"); err != nil {
		t.Skip("wasm-tools is not in PATH")
	}
	for _, corpus := range []struct {
		name string
		flat bool
	}{{"wit-bindgen", false}, {"wasmtime", false}, {"go-modules", true}} {
		cases, compared := 0, 0
		for _, c := range witCases(t, corpus.name, corpus.flat) {
			cases++
			file := filepath.Join(t.TempDir(), "package.wasm")
			if text, err := exec.Command("wasm-tools", "component", "wit", "--wasm", "--all-features", c.path, "-o", file).CombinedOutput(); err != nil {
				t.Logf("%s: not compared: %s", c.name, text)
				continue
			}
			r, main, err := wit.ParseDir(c.path, std.Files(), allFeatures)
			if err != nil {
				t.Logf("%s: not compared: %v", c.name, err)
				continue
			}
			if len(main.Interfaces)+len(main.Worlds) == 0 {
				continue // the binary form of nothing has no name
			}
			compared++
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text, err := witbinary.PackageText(data)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			back, read, err := wit.ParseText(map[string]string{"read.wit": text}, std.Files(), allFeatures)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			r.Packages, back.Packages = []*wit.Package{main}, []*wit.Package{read}
			if diff := cmp.Diff(ungated(r), ungated(back)); diff != "" {
				t.Errorf("%s differs (- text):\n%s", c.name, diff)
			}
		}
		t.Logf("%s: %d cases, %d compared", corpus.name, cases, compared)
	}
}

// ungated describes packages without feature gates, which binaries have not,
// and without regard to order, which text cannot always keep.
func ungated(r *wit.Resolve) string {
	sortResolve(r)
	for _, p := range r.Packages {
		for _, i := range p.Interfaces {
			i.Stability = wit.Stability{}
			for _, t := range i.Types {
				t.Stability = wit.Stability{}
			}
			for _, f := range i.Funcs {
				f.Stability = wit.Stability{}
			}
		}
		for _, w := range p.Worlds {
			w.Stability = wit.Stability{}
			for _, items := range [][]*wit.WorldItem{w.Imports, w.Exports} {
				for _, it := range items {
					it.Stability = wit.Stability{}
				}
			}
		}
	}
	return outline.FromModel(r, false)
}
