//go:build interop

package interop

import (
	"bufio"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/bindgen/host"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// hostCorpus is a folder with the folders wit-bindgen (its tests/codegen),
// wasmtime (component-macro's tests/codegen) and go-modules (its testdata).
var hostCorpus = flag.String("host-corpus", os.Getenv("ISYSWASFA_CORPUS"), "generate host bindings for the WIT below `DIR`")

// A witCase is a WIT file or folder of a corpus.
type witCase struct{ name, path string }

// witCases finds the cases of a corpus. A folder that has WIT is one case,
// unless the corpus is flat files in folders.
func witCases(t *testing.T, corpus string, flat bool) []witCase {
	var cases []witCase
	root := filepath.Join(*hostCorpus, corpus)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		rel, _ := filepath.Rel(*hostCorpus, path)
		name := filepath.ToSlash(rel)
		if d.IsDir() && !flat {
			for _, dir := range []string{path, filepath.Join(path, "wit")} {
				if files, _ := filepath.Glob(filepath.Join(dir, "*.wit")); len(files) > 0 {
					cases = append(cases, witCase{name, dir})
					break
				}
			}
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".wit") {
			cases = append(cases, witCase{name, path})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// load parses a case and gives the worlds of its main package.
func (c witCase) load() ([]*wit.World, error) {
	_, worlds, err := c.resolve()
	return worlds, err
}

// resolve gives the worlds with all packages that they need.
func (c witCase) resolve() (*wit.Resolve, []*wit.World, error) {
	info, err := os.Stat(c.path)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		r, p, err := wit.ParseDir(c.path, std.Files())
		if err != nil {
			return nil, nil, err
		}
		return r, p.Worlds, nil
	}
	text, err := os.ReadFile(c.path)
	if err != nil {
		return nil, nil, err
	}
	r, p, err := wit.ParseText(map[string]string{filepath.Base(c.path): string(text)}, std.Files())
	if err != nil {
		return nil, nil, err
	}
	worlds := p.Worlds
	if len(worlds) == 0 { // all packages of the file are nested ones
		for _, p := range r.Packages {
			if len(p.Worlds) > 0 && !strings.HasPrefix(p.Name.String(), "wasi:") {
				worlds = append(worlds, p.Worlds...)
			}
		}
	}
	return r, worlds, nil
}

// TestHostCorpus generates host bindings for every world of the corpora, and
// compiles and vets them. What fails must be in the ledger with its reason, and
// what the ledger has must fail.
func TestHostCorpus(t *testing.T) {
	if *hostCorpus == "" {
		t.Skip("no -host-corpus")
	}
	module := hostModule(t)
	ledger := readLedger(t, "testdata/bindgen_host.ledger")
	failed := map[string]string{}
	folders := map[string]string{} // package folder -> case and world
	worlds := map[string]int{}
	cases := map[string]int{}
	for _, corpus := range []struct {
		name string
		flat bool
	}{{"wit-bindgen", false}, {"wasmtime", false}, {"go-modules", true}} {
		for _, c := range witCases(t, corpus.name, corpus.flat) {
			cases[corpus.name]++
			all, err := c.load()
			if err != nil {
				failed[c.name] = err.Error()
				continue
			}
			for _, w := range all {
				worlds[corpus.name]++
				id := c.name + " " + w.Name
				folder := fmt.Sprintf("p%d", len(folders))
				folders[folder] = id
				if err := generateInto(filepath.Join(module, folder), w); err != nil {
					failed[id] = err.Error()
				}
			}
		}
	}
	for folder, text := range vetAll(t, module) {
		failed[folders[folder]] = text
	}
	for _, corpus := range []string{"wit-bindgen", "wasmtime", "go-modules"} {
		bad := 0
		for id := range failed {
			if strings.HasPrefix(id, corpus+"/") {
				bad++
			}
		}
		t.Logf("%s: %d cases, %d worlds, %d failures", corpus, cases[corpus], worlds[corpus], bad)
	}
	for id, reason := range failed {
		if ledger[id] == "" {
			t.Errorf("%s: %s", id, reason)
		}
	}
	for id := range ledger {
		if failed[id] == "" {
			t.Errorf("%s passes, but is in the ledger", id)
		}
	}
}

func generateInto(folder string, w *wit.World) error {
	poly, err := transform.Polyfill(w, transform.Options{NoPoll: true})
	if err != nil {
		return err
	}
	files, err := host.Generate(w, poly, host.Options{})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// hostModule makes a module that uses this one.
func hostModule(t *testing.T) string {
	dir := t.TempDir()
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(repo, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "go.mod" {
			_, rest, _ := strings.Cut(string(text), "\n")
			text = []byte("module corpus\n" + rest + "\nrequire github.com/isyswasfa/isyswasfa v0.0.0\n\nreplace github.com/isyswasfa/isyswasfa => " + filepath.ToSlash(repo) + "\n")
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// vetAll compiles and vets all packages and gives what is wrong, by folder.
func vetAll(t *testing.T, module string) map[string]string {
	bad := map[string]string{}
	place := regexp.MustCompile(`(?:^|[ /])(p\d+)/\w+\.go:\d+`)
	for _, command := range []string{"build", "vet"} {
		cmd := exec.Command("go", command, "-mod=mod", "./...")
		cmd.Dir = module
		out, err := cmd.CombinedOutput()
		for line := range strings.Lines(string(out)) {
			if m := place.FindStringSubmatch(line); m != nil && bad[m[1]] == "" {
				bad[m[1]] = strings.TrimSpace(line)
			}
		}
		if err != nil && len(bad) == 0 {
			t.Fatalf("go %s: %v\n%s", command, err, out)
		}
	}
	return bad
}

// readLedger reads lines of a name, a colon and a reason.
func readLedger(t *testing.T, name string) map[string]string {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ledger := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		id, reason, ok := strings.Cut(line, ": ")
		if !ok {
			t.Fatalf("%s: no reason in %q", name, line)
		}
		ledger[id] = reason
	}
	return ledger
}
