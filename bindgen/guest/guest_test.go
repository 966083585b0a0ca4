package guest

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the generated files instead of comparing them")

const root = "../.."

// parse gives the first world of a WIT text.
func parse(text string) (*wit.World, error) {
	_, pkg, err := wit.ParseText(map[string]string{"test.wit": text}, std.Files())
	if err != nil {
		return nil, err
	}
	return pkg.Worlds[0], nil
}

// generate generates the bindings for the world of a WIT text.
func generate(text string, o Options) (map[string][]byte, error) {
	w, err := parse(text)
	if err != nil {
		return nil, err
	}
	poly, err := transform.Polyfill(w, transform.Options{})
	if err != nil {
		return nil, err
	}
	return Generate(w, poly, o)
}

// wasiWorld is a world with all interfaces that have packages below guest/wasi.
func wasiWorld() string {
	text := "package isyswasfa:bindings;\nworld wasi {\n"
	for _, id := range wasiImports {
		text += "import " + id + ";\n"
	}
	for _, id := range wasiExports {
		text += "export " + id + ";\n"
	}
	return text + "}\n"
}

// TestWASI compares the packages below guest/wasi with what the generator
// makes of WASI's interfaces, and writes them with -update.
func TestWASI(t *testing.T) {
	want, err := generate(wasiWorld(), Options{ImportPath: Library + "/wasi", Exports: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range wasiImports {
		if want[wasiPackage(id, false)+"/bindings.go"] == nil {
			t.Errorf("no package for import %s", id)
		}
	}
	for _, id := range wasiExports {
		if want[wasiPackage(id, true)+"/bindings.go"] == nil {
			t.Errorf("no package for export %s", id)
		}
	}
	dir := filepath.Join(root, "guest", "wasi")
	if *update {
		if err := replaceTree(dir, want); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(toText(want), toText(readTree(t, dir))); diff != "" {
		t.Errorf("guest/wasi is not up to date (run go generate ./guest/wasi):\n%s", diff)
	}
}

func toText(files map[string][]byte) map[string]string {
	text := map[string]string{}
	for name, b := range files {
		text[name] = string(b)
	}
	return text
}

// readTree reads the generated files below a folder.
func readTree(t *testing.T, dir string) map[string][]byte {
	files := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(name, "/") {
			return err
		}
		files[name], err = os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// replaceTree replaces the packages below a folder.
func replaceTree(dir string, files map[string][]byte) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return writeTree(dir, files)
}

func writeTree(dir string, files map[string][]byte) error {
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// TestGolden generates the worlds of testdata/*.txtar. An archive has the WIT
// in its file test.wit; the others are the generated ones, or the file error
// with the error.
func TestGolden(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal(archives, err)
	}
	all := map[string][]byte{}
	for _, path := range archives {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(name, func(t *testing.T) {
			ar, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := &txtar.Archive{Comment: ar.Comment, Files: ar.Files[:1]}
			files, err := generate(string(ar.Files[0].Data), goldenOptions(name))
			if (err != nil) != strings.HasPrefix(name, "error") {
				t.Fatal(err)
			}
			if err != nil {
				got.Files = append(got.Files, txtar.File{Name: "error", Data: []byte(err.Error() + "\n")})
			}
			for _, file := range slices.Sorted(maps.Keys(files)) {
				if _, generated := bindgen.FileStamp(files[file]); generated {
					got.Files = append(got.Files, txtar.File{Name: file, Data: files[file]})
				}
				all[name+"/"+file] = files[file]
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(got), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(ar)), string(txtar.Format(got))); diff != "" {
				t.Error(diff)
			}
		})
	}
	compile(t, all)
}

// goldenOptions are those for a golden file. The packages of exports are
// completed by stubs, which the golden file leaves out.
func goldenOptions(name string) Options {
	return Options{ImportPath: testTree + "/" + name, Existing: WASI, Package: strings.ReplaceAll(name, "-", ""), Stubs: always}
}

func always(string) bool { return true }

// testTree is the import path of the generated packages of the golden files
// while they are compiled. The module of that name replaces a folder of ours
// that does not exist.
const testTree = "github.com/isyswasfa/isyswasfa/bindgen/guest/testdata/tree"

// compile builds generated packages for components and vets them natively,
// together with those of WASI.
func compile(t *testing.T, files map[string][]byte) {
	dir := t.TempDir()
	imports := map[string]bool{}
	program := "package main\n\nimport (\n"
	for name := range files {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		pkg := testTree + "/" + name[:strings.LastIndex(name, "/")]
		if !imports[pkg] {
			imports[pkg] = true
			program += fmt.Sprintf("\t_ %q\n", pkg)
		}
	}
	for _, id := range wasiImports {
		program += fmt.Sprintf("\t_ %q\n", WASI(id, false))
	}
	for _, id := range wasiExports {
		program += fmt.Sprintf("\t_ %q\n", WASI(id, true))
	}
	tree := testModule(t)
	tree["main.go"] = []byte(program + ")\n\nfunc main() {}\n")
	maps.Copy(tree, files)
	if err := writeTree(dir, tree); err != nil {
		t.Fatal(err)
	}
	run := func(env []string, args ...string) {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), append([]string{"GOWORK=off", "GOFLAGS=-mod=mod"}, env...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, bytes.TrimSpace(out))
		}
	}
	run([]string{"GOOS=wasip1", "GOARCH=wasm"}, "build", "-buildmode=c-shared", "-o", filepath.Join(dir, "core.wasm"), ".")
	run(nil, "vet", "./...", Library+"/wasi/...")
}
