//go:build interop

package interop

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/bindgen/guest"
	"github.com/isyswasfa/isyswasfa/internal/gobuild"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
)

// guestLink selects the worlds whose generated code is linked and made a
// component too, which takes seconds for each.
var guestLink = flag.String("guest-link", "", "link the guest bindings of worlds whose names match the regular `EXPRESSION`")

// TestGuestCorpus generates guest bindings for every world of the corpora,
// with stubs for what they export, compiles them for components and vets them
// natively. What fails must be in the ledger with its reason, and what the
// ledger has must fail.
func TestGuestCorpus(t *testing.T) {
	if *hostCorpus == "" {
		t.Skip("no -host-corpus")
	}
	module := hostModule(t)
	ledger := readLedger(t, "testdata/bindgen_guest.ledger")
	failed := map[string]string{}
	folders := map[string]string{} // folder -> case and world
	generated := map[string]*wit.World{}
	worlds := map[string]int{}
	for _, corpus := range []struct {
		name string
		flat bool
	}{{"wit-bindgen", false}, {"wasmtime", false}, {"go-modules", true}} {
		cases := witCases(t, corpus.name, corpus.flat)
		for _, c := range cases {
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
				if err := guestInto(filepath.Join(module, folder), w); err != nil {
					failed[id] = err.Error()
				} else {
					generated[folder] = w
				}
			}
		}
		t.Logf("%s: %d cases, %d worlds", corpus.name, len(cases), worlds[corpus.name])
	}
	t.Logf("generated: %d worlds of %d", len(generated), len(folders))
	for _, run := range []struct {
		what string
		env  []string
		args []string
	}{
		{"compiled for wasip1", []string{"GOOS=wasip1", "GOARCH=wasm"}, []string{"build"}},
		{"vetted natively", nil, []string{"vet"}},
	} {
		bad := goAll(t, module, run.env, run.args...)
		for folder, text := range bad {
			failed[folders[folder]] = text
		}
		t.Logf("%s: %d worlds, not: %d", run.what, len(generated)-len(bad), len(bad))
	}
	if *guestLink != "" {
		linkGuests(t, module, folders, generated)
	}
	for _, id := range slices.Sorted(maps.Keys(failed)) {
		if ledger[id] == "" {
			t.Errorf("%s: %s", id, failed[id])
		}
	}
	for id := range ledger {
		if failed[id] == "" {
			t.Errorf("%s passes, but is in the ledger", id)
		}
	}
}

// guestInto generates code with stubs and writes it.
func guestInto(folder string, w *wit.World) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o666); err != nil {
		return err
	}
	out, err := guest.Output(w, folder, "", true)
	if err != nil {
		return err
	}
	for name, text := range out.Files {
		if again, err := format.Source(text); err != nil || !bytes.Equal(again, text) {
			return fmt.Errorf("%s is not formatted (%v)", name, err)
		}
	}
	_, err = out.Write()
	return err
}

// goAll runs the go command over all packages and gives what is wrong, by
// folder.
func goAll(t *testing.T, module string, env []string, args ...string) map[string]string {
	cmd := exec.Command("go", append(args, "-mod=mod", "./...")...)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	bad := map[string]string{}
	place := regexp.MustCompile(`(?:^|[ /])(p\d+)/[\w/]*\.go:\d+`)
	for line := range strings.Lines(string(out)) {
		if m := place.FindStringSubmatch(line); m != nil && bad[m[1]] == "" {
			bad[m[1]] = strings.TrimSpace(line)
		}
	}
	if err != nil && len(bad) == 0 {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return bad
}

// linkGuests makes components of programs that mention all of the generated
// code: the encoder compares each of their imports and exports with the world.
func linkGuests(t *testing.T, module string, folders map[string]string, generated map[string]*wit.World) {
	match := regexp.MustCompile(*guestLink)
	linked := 0
	for _, folder := range slices.Sorted(maps.Keys(generated)) {
		if !match.MatchString(folders[folder]) {
			continue
		}
		err := mentionAll(filepath.Join(module, folder), "corpus/"+folder)
		if err == nil {
			err = linkGuest(t, filepath.Join(module, folder), generated[folder])
		}
		if err != nil {
			t.Errorf("%s: %v", folders[folder], err)
			continue
		}
		linked++
	}
	t.Logf("made a component: %d worlds", linked)
}

// mentionAll adds a file that mentions every generated function, so that the
// linker keeps all imports.
func mentionAll(dir, importPath string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*", "*bindings.go"))
	if err != nil {
		return err
	}
	imports, uses := "", ""
	for i, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		before := uses
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() {
				continue
			}
			at := fmt.Sprintf("p%d.", i)
			if fn.Recv != nil {
				at += strings.TrimPrefix(types.ExprString(fn.Recv.List[0].Type), "*")
				at = "(*" + at + ")."
			}
			uses += "\t" + at + fn.Name.Name + ",\n"
		}
		if uses != before {
			imports += fmt.Sprintf("import p%d %q\n", i, importPath+"/"+filepath.Base(filepath.Dir(name)))
		}
	}
	text := "package main\n\n" + imports + "\nvar used = []any{\n" + uses + "}\n\nfunc init() {\n\tfor _, u := range used {\n\t\tif u == nil {\n\t\t\tpanic(u)\n\t\t}\n\t}\n}\n"
	return os.WriteFile(filepath.Join(dir, "used.go"), []byte(text), 0o666)
}

func linkGuest(t *testing.T, dir string, w *wit.World) error {
	r, err := gobuild.Build(t.Context(), gobuild.Options{Dir: dir, Env: append(os.Environ(), "GOFLAGS=-mod=mod")})
	if err != nil {
		return err
	}
	poly, err := transform.Polyfill(w, transform.Options{Suffix: "-test"})
	if err != nil {
		return err
	}
	_, err = encode.Component(r.Core, poly.World, encode.Options{})
	return err
}
