package witbinary_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wast"
	"github.com/isyswasfa/isyswasfa/internal/witbinary"
	"github.com/isyswasfa/isyswasfa/wit"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each file of testdata has binaries, as text, each followed by what is read
// from it: the WIT text, or the error. Names that end in .world.wat are of
// sections component-type.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var out []txtar.File
			for i, f := range a.Files {
				if !strings.HasSuffix(f.Name, ".wat") {
					continue
				}
				got := read(t, f)
				want := ""
				if i+1 < len(a.Files) && !strings.HasSuffix(a.Files[i+1].Name, ".wat") {
					want = string(a.Files[i+1].Data)
				}
				if d := cmp.Diff(want, got); d != "" && !*update {
					t.Errorf("%s: %s", f.Name, d)
				}
				out = append(out, f, txtar.File{Name: "gives", Data: []byte(got)})
			}
			if *update {
				a.Files = out
				if err := os.WriteFile(name, txtar.Format(a), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// assemble gives a binary. A first line ";; encoding VERSION STRINGS" adds the
// custom section of worlds, one that begins with ";; docs" that of docs; and
// ";; older STRINGS WORLD" puts the name of a world before it, in the older form.
func assemble(t testing.TB, f txtar.File) []byte {
	t.Helper()
	bin, err := wast.Assemble(string(f.Data))
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	var version, encoding byte
	if n, _ := fmt.Sscanf(string(f.Data), ";; encoding %d %d", &version, &encoding); n == 2 {
		section := wasm.AppendName(nil, "wit-component-encoding")
		section = append(section, version, encoding)
		bin = append(append(bin, 0, byte(len(section))), section...)
	}
	var world string
	if n, _ := fmt.Sscanf(string(f.Data), ";; older %d %s", &encoding, &world); n == 2 {
		bin = append(wasm.AppendName([]byte{3, encoding}, world), bin...)
	}
	if line, _, _ := strings.Cut(string(f.Data), "\n"); strings.HasPrefix(line, ";; docs ") {
		section := append(wasm.AppendName(nil, "package-docs"), 1)
		section = append(section, line[len(";; docs "):]...)
		bin = append(wasm.AppendU32(append(bin, 0), uint32(len(section))), section...)
	}
	return bin
}

// read gives the text of a binary, which must be proper WIT.
func read(t *testing.T, f txtar.File) string {
	bin := assemble(t, f)
	var text, first string
	if strings.HasSuffix(f.Name, ".world.wat") {
		w, err := witbinary.ModuleWorld(bin)
		if err != nil {
			return err.Error() + "\n"
		}
		text, first = w.Text, "// "+w.ID+", "+[]string{"utf8", "utf16", "latin1+utf16"}[w.Encoding]+"\n"
	} else {
		var err error
		if text, err = witbinary.PackageText(bin); err != nil {
			return err.Error() + "\n"
		}
	}
	r, _, err := wit.ParseText(map[string]string{"read.wit": text})
	if err != nil {
		t.Errorf("%s: %v", f.Name, err)
		return first + text
	}
	if d := cmp.Diff(text, wit.PrintResolve(r)); d != "" {
		t.Errorf("%s: the text is not as it would be printed: %s", f.Name, d)
	}
	return first + text
}

// A type of an instance is read for each instance that has it, so that a small
// binary can ask for much work.
func TestBudget(t *testing.T) {
	var fields, imports strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&fields, `(field "f%d" u8)`, i)
		fmt.Fprintf(&imports, `(import "a:b/i%d" (instance (type 0)))`, i)
	}
	bin, err := wast.Assemble(fmt.Sprintf(`(component
  (type (component (type (instance (type (record %s)))) %s (export "a:b/i" (instance (type 0)))))
  (export "i" (type 0)))`, fields.String(), imports.String()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := witbinary.PackageText(bin); err == nil || !strings.Contains(err.Error(), "says more than its size") {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, in := range a.Files {
			if strings.HasSuffix(in.Name, ".wat") {
				f.Add(assemble(f, in))
			}
		}
	}
	f.Fuzz(func(t *testing.T, bin []byte) {
		text, err := witbinary.PackageText(bin)
		if err == nil {
			// What cannot be read as text must be wrong WIT, never a panic.
			_, _, _ = wit.ParseText(map[string]string{"read.wit": text})
		}
		if w, err := witbinary.ModuleWorld(bin); err == nil {
			r, _, err := wit.ParseText(map[string]string{"read.wit": w.Text})
			if err == nil {
				if _, err := r.World(w.ID); err != nil {
					t.Error(err)
				}
			}
		}
		if len(text) > 64*len(bin)+1<<20 {
			t.Errorf("%d bytes give a text of %d", len(bin), len(text))
		}
	})
}
