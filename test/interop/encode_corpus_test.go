//go:build interop

package interop

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/internal/build"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/outline"
	"github.com/isyswasfa/isyswasfa/wit"
)

// TestEncodeCorpus encodes the cases of wit-component, in the corpus' folder
// wit-component (crates/wit-component/tests/components of wasm-tools), and links
// those that are of libraries. What comes out must be valid and have the world that is expected there; where an
// error is expected there must be one. Modules are given their world once as
// WIT and once within. What fails must be in the ledger with its reason, and
// what the ledger has must fail.
func TestEncodeCorpus(t *testing.T) {
	if *hostCorpus == "" {
		t.Skip("no -host-corpus")
	}
	if _, err := exec.LookPath("wasm-tools"); err != nil {
		t.Skip("wasm-tools is not in PATH")
	}
	corpus := filepath.Join(*hostCorpus, "wit-component")
	dirs := encodeCases(corpus)
	if len(dirs) == 0 {
		t.Skip("the corpus has no wit-component")
	}
	ledger := readLedger(t, "testdata/encode.ledger")
	passed, failed, within := 0, 0, 0
	for _, dir := range dirs {
		name, err := filepath.Rel(corpus, dir)
		if err != nil {
			t.Fatal(err)
		}
		embedded, err := encodeCase(t, dir)
		problem := ""
		if err != nil {
			problem = strings.ReplaceAll(err.Error(), dir, name)
			failed++
		} else {
			passed++
		}
		if embedded {
			within++
		}
		switch reason := ledger[name]; {
		case problem != "" && reason == "":
			t.Errorf("%s: %s", name, problem)
		case problem == "" && reason != "":
			t.Errorf("%s passes, but is in the ledger: %s", name, reason)
		}
		delete(ledger, name)
	}
	for name := range ledger {
		t.Errorf("the ledger has %s, but there is no such case", name)
	}
	t.Logf("%d cases: %d pass, of which %d also with the world within the module; %d fail", len(dirs), passed, within, failed)
}

// encodeCases gives the folders that have a module or libraries.
func encodeCases(corpus string) []string {
	var dirs []string
	filepath.WalkDir(corpus, func(path string, d fs.DirEntry, err error) error {
		dir := filepath.Dir(path)
		if err == nil && caseModule.MatchString(d.Name()) && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
		return err
	})
	return dirs
}

var caseModule = regexp.MustCompile(`^(module|(dlopen-)?lib-.*)\.wat$`)

// caseWorld gives the folder with the WIT of a case, and the world in it. A
// folder of several packages has the module of package a:b in a/b.
func caseWorld(dir string) (wit, world string) {
	if _, err := os.Stat(filepath.Join(dir, "module.wit")); err == nil {
		return dir, "module"
	}
	namespace, pkg := filepath.Split(dir)
	top, namespace := filepath.Split(filepath.Clean(namespace))
	return top, namespace + ":" + pkg + "/module"
}

// encodeCase says what is wrong with a case, and whether it was tried with
// the world within the module.
func encodeCase(t *testing.T, dir string) (embedded bool, err error) {
	tmp := t.TempDir()
	opts := build.EncodeOptions{Annotate: true}
	if opts.Adapters, err = namedModules(dir, "adapt-", tmp); err != nil {
		return false, err
	}
	main := filepath.Join(dir, "module.wat")
	if _, err := os.Stat(main); err != nil {
		return false, linkCase(t, dir, opts.Adapters, tmp)
	}
	core, err := parsed(main, tmp)
	if err != nil {
		return false, err
	}
	opts.WITDir, opts.World = caseWorld(dir)
	if module, err := embed(main, opts.WITDir, opts.World, tmp); err == nil {
		embedded = true
		told := opts
		told.WITDir, told.World = "", ""
		if err := checkEncoded(t, dir, func() (*build.Encoded, error) { return build.Encode(module, told) }); err != nil {
			return true, fmt.Errorf("with the world within: %w", err)
		}
	}
	return embedded, checkEncoded(t, dir, func() (*build.Encoded, error) { return build.Encode(core, opts) })
}

// linkCase links the libraries of a case.
func linkCase(t *testing.T, dir string, adapters []build.NamedModule, tmp string) error {
	opts := build.LinkOptions{Adapters: adapters}
	files, _ := filepath.Glob(filepath.Join(dir, "*lib-*.wat"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		opts.StubMissing = opts.StubMissing || strings.Contains(string(text), ";;! stub-missing-functions = true")
		opts.BuiltinDL = opts.BuiltinDL || strings.Contains(string(text), ";;! use-built-in-libdl = true")
	}
	var err error
	if opts.Libraries, err = namedModules(dir, "lib-", tmp); err != nil {
		return err
	}
	if opts.Openable, err = namedModules(dir, "dlopen-lib-", tmp); err != nil {
		return err
	}
	return checkEncoded(t, dir, func() (*build.Encoded, error) { return build.Link(opts) })
}

// namedModules gives the modules of a case whose files have that prefix, with
// their worlds within.
func namedModules(dir, prefix, tmp string) ([]build.NamedModule, error) {
	files, _ := filepath.Glob(filepath.Join(dir, prefix+"*.wat"))
	var list []build.NamedModule
	for _, file := range files {
		core, err := embed(file, dir, baseName(file), tmp)
		if err != nil {
			return nil, err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		name := strings.TrimPrefix(baseName(file), prefix)
		if m := moduleName.FindSubmatch(text); m != nil {
			name = string(m[1])
		}
		list = append(list, build.NamedModule{Name: name, Core: core})
	}
	return list, nil
}

var moduleName = regexp.MustCompile(`(?m)^;; module name: (\S+)$`)

func baseName(file string) string { return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)) }

// parsed gives a module of the text format.
func parsed(file, tmp string) ([]byte, error) {
	out := filepath.Join(tmp, "parsed.wasm")
	if text, err := exec.Command("wasm-tools", "parse", file, "-o", out).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("wasm-tools parse: %s", text)
	}
	return os.ReadFile(out)
}

// embed gives a module with its world within.
func embed(file, dir, world, tmp string) ([]byte, error) {
	out := filepath.Join(tmp, "embedded.wasm")
	text, err := exec.Command("wasm-tools", "component", "embed", "--all-features", "--world", world, dir, file, "-o", out).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("wasm-tools component embed: %s", text)
	}
	return os.ReadFile(out)
}

// releasedText has what expected components are written with that released
// tools do not read, and how they want it.
var releasedText = map[string]string{
	`\(dtor (\$(?:"[^"]*"|[^()\s]+))\)`:               "(dtor (func $1))",
	`(\(canon thread\.new-indirect \S+) ([^\s()]+)\)`: "$1 (table $2))",
	`(\(global \$"[^"]*" )\(@name "[^"]*"\)`:          "$1",
}

// checkEncoded encodes and compares with what is expected.
func checkEncoded(t *testing.T, dir string, encode func() (*build.Encoded, error)) error {
	wantError := strings.HasPrefix(filepath.Base(dir), "error-")
	e, err := encode()
	if wantError {
		if err == nil {
			return fmt.Errorf("there should be an error")
		}
		t.Logf("%s: %v", filepath.Base(dir), err)
		return nil
	}
	if err != nil {
		return err
	}
	c, err := component.Decode(e.Component)
	if err != nil {
		return err
	}
	if err := component.Validate(c); err != nil {
		return fmt.Errorf("our validator: %w", err)
	}
	expected, err := os.ReadFile(filepath.Join(dir, "component.wat"))
	if err != nil {
		return err
	}
	ours, theirs := compareSurfaces(c, string(expected)), compareWorlds(t, e.Component, expected)
	if errors.Is(ours, errUnread) && errors.Is(theirs, errUnread) {
		return errors.Join(ours, theirs)
	}
	for _, err := range []error{ours, theirs} {
		if err != nil && !errors.Is(err, errUnread) {
			return err
		}
	}
	return nil
}

// errUnread is the error of a reader that does not know all that the expected
// component has: wasm-tools, of which releases are behind the corpus, or ours,
// which knows no typed references. The other one has to.
var errUnread = errors.New("the expected component cannot be read")

// compareWorlds says how a component differs from the expected one in the eyes
// of wasm-tools.
func compareWorlds(t *testing.T, have, expected []byte) error {
	for newer, released := range releasedText {
		expected = regexp.MustCompile(newer).ReplaceAll(expected, []byte(released))
	}
	out := filepath.Join(t.TempDir(), "component.wasm")
	if err := os.WriteFile(out, expected, 0o666); err != nil {
		return err
	}
	want, err := worldOf(out)
	if err != nil {
		return fmt.Errorf("%w: %w", errUnread, err)
	}
	if err := os.WriteFile(out, have, 0o666); err != nil {
		return err
	}
	if text, err := exec.Command("wasm-tools", "validate", "--features", "all", out).CombinedOutput(); err != nil {
		return fmt.Errorf("wasm-tools validate: %s", text)
	}
	got, err := worldOf(out)
	if err != nil {
		return err
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		return fmt.Errorf("the world differs (- expected):\n%s", diff)
	}
	return nil
}

// worldOf describes the world of a component.
func worldOf(file string) (string, error) {
	text, err := exec.Command("wasm-tools", "component", "wit", file).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("wasm-tools component wit: %s", text)
	}
	return sortedOutline(string(text))
}

// sortedOutline describes WIT without regard to order.
func sortedOutline(text string) (string, error) {
	r, _, err := wit.ParseText(map[string]string{"component.wit": text}, wit.Features{"*"})
	if err != nil {
		return "", err
	}
	sortResolve(r)
	return outline.FromModel(r, false), nil
}

// sortResolve sorts everything by name.
func sortResolve(r *wit.Resolve) {
	slices.SortFunc(r.Packages, func(a, b *wit.Package) int { return cmp.Compare(a.Name.String(), b.Name.String()) })
	for _, p := range r.Packages {
		slices.SortFunc(p.Interfaces, func(a, b *wit.Interface) int { return cmp.Compare(a.Name, b.Name) })
		for _, i := range p.Interfaces {
			sortInterface(i)
		}
		for _, w := range p.Worlds {
			for _, items := range [][]*wit.WorldItem{w.Imports, w.Exports} {
				slices.SortFunc(items, func(a, b *wit.WorldItem) int { return cmp.Compare(a.Name, b.Name) })
				for _, it := range items {
					if it.Interface != nil {
						sortInterface(it.Interface)
					}
				}
			}
		}
	}
}

func sortInterface(i *wit.Interface) {
	slices.SortFunc(i.Types, func(a, b *wit.TypeDef) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(i.Funcs, func(a, b *wit.Function) int { return cmp.Compare(a.ABIName(), b.ABIName()) })
}
