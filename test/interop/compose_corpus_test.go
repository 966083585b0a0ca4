//go:build interop

package interop

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wast"
	"github.com/isyswasfa/isyswasfa/transform/compose"
)

var composeSuite = flag.String("compose-suite", os.Getenv("ISYSWASFA_COMPOSE_SUITE"), "compose the cases of wasm-compose in `DIR`, crates/wasm-compose/tests/compositions of wasm-tools")

// complaints has what the message must say of each case that cannot be
// composed.
var complaints = map[string]string{
	"arg-not-satisfied":            `a.wat does not fit the import "a" of .*root.wat: "a": it is missing`,
	"component-incorrect-version":  `a.wasm: .*version`,
	"component-missing":            `the dependency "a": .*a.wat: no such file`,
	"component-not-valid":          `root.wat: .*core func 0`,
	"component-not-wat":            `root.wat`,
	"conflict-on-import":           `root.wat and .*b.wat import "a" with types that differ: "x"`,
	"def-mismatch":                 `definitions.wat does not fit the import "foo" of .*root.wat: "foo": it is missing`,
	"disallow-imports":             `nothing provides a, imported by .*root.wat`,
	"export-on-import":             `an export "x" cannot be taken|there is no instance "a"`,
	"incompatible-explicit-export": `the export "x" of .*a.wat does not fit the import "a" of .*root.wat`,
	"instantiation-cycle":          `cycle: a1 -> a2 -> a1`,
	"invalid-instantiation-arg":    `root.wat has no import named "invalid"`,
	"locked-dep-invalid-semver":    `root.wat: .*locked-dep=<foo:add@1.0.>`,
	"missing-explicit-dep":         `the dependency "a": .*a.wat: no such file`,
	"missing-explicit-export":      `a.wat exports no instance named "x"`,
	"missing-root":                 `root.wat: no such file`,
	"module":                       `root.wat: it is a core module, not a component`,
	"no-deps":                      `root.wat imports no instances`,
	"no-deps-resolved":             `no dependencies of .*root.wat were found`,
	"unlocked-dep-invalid-semver":  `root.wat: .*unlocked-dep=<foo:add@{>=1.0.}>`,
}

// TestComposeSuite composes what wasm-compose is tested with. The result must
// be valid, import and export the same, and be wired alike; the order of
// things may differ. What that composer refuses must be refused for the same
// reason.
func TestComposeSuite(t *testing.T) {
	if *composeSuite == "" {
		t.Skip("no -compose-suite")
	}
	dirs, err := filepath.Glob(filepath.Join(*composeSuite, "*"))
	if err != nil || dirs == nil {
		t.Fatal("no cases", err)
	}
	composed, refused := 0, 0
	for _, dir := range dirs {
		name := filepath.Base(dir)
		t.Run(name, func(t *testing.T) {
			r, err := composeCase(t, dir)
			if _, statErr := os.Stat(filepath.Join(dir, "error.txt")); statErr == nil {
				refused++
				checkComplaint(t, name, err)
				return
			}
			composed++
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "composed.wasm")
			if err := os.WriteFile(file, r.Component, 0o644); err != nil {
				t.Fatal(err)
			}
			tool(t, "wasm-tools", "validate", file)
			text, err := os.ReadFile(filepath.Join(dir, "composed.wat"))
			if err != nil {
				t.Fatal(err)
			}
			want, err := assembleText(text)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(composition(t, want), composition(t, r.Component)); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			for _, n := range r.Notes {
				t.Log("note:", n)
			}
		})
	}
	t.Logf("%d cases composed, %d refused", composed, refused)
	if len(complaints) != refused {
		t.Errorf("%d cases are refused, but %d are listed", refused, len(complaints))
	}
}

func composeCase(t *testing.T, dir string) (*compose.Result, error) {
	config := &compose.Config{}
	if text, err := os.ReadFile(filepath.Join(dir, "config.yml")); err == nil {
		if config, err = compose.ParseConfig(text); err != nil {
			return nil, err
		}
	}
	config.Dir = dir
	return compose.Loader{Text: assembleText}.Compose(filepath.Join(dir, "root.wat"), config, false)
}

// assembleText gives the binary of text. Its reference is wasm-tools, but an
// older one does not read all that a newer one prints.
func assembleText(text []byte) ([]byte, error) {
	cmd := exec.Command("wasm-tools", "parse", "-")
	cmd.Stdin = strings.NewReader(string(text))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		return out, nil
	}
	if bin, err := wast.Assemble(string(text)); err == nil {
		return bin, nil
	}
	return nil, fmt.Errorf("%w: %s", err, stderr.String())
}

func checkComplaint(t *testing.T, name string, err error) {
	if err == nil {
		t.Fatal("it is composed, but should be refused")
	}
	t.Log(err)
	want := complaints[name]
	if want == "" || !regexp.MustCompile("(?s)"+want).MatchString(err.Error()) {
		t.Errorf("the complaint should be about %q", want)
	}
}

// composition writes what matters of a composed component: its imports with their
// types, in the order of their names, and each instance and export as an
// expression of the components and imports it is made of.
func composition(t *testing.T, binary []byte) string {
	c, err := component.Decode(binary)
	if err != nil {
		t.Fatal(err)
	}
	s, err := component.Describe(c)
	if err != nil {
		t.Fatal(err)
	}
	lines := items(s, "import ", s.Imports)
	o := expressions{t: t, names: make(map[component.Sort][]string)}
	for _, d := range c.Defs {
		o.define(d)
	}
	slices.Sort(o.lines)
	return strings.Join(append(lines, o.lines...), "\n") + "\n"
}

// items writes imports or exports, sorted.
func items(s *component.Surface, prefix string, list []*component.Item) []string {
	var lines []string
	for _, i := range list {
		line := prefix + i.Name + ": "
		switch {
		case i.Func != nil:
			line += s.FuncString(i.Func)
		case i.Type != nil:
			line += s.Structure(i.Type)
		case i.Resource != nil:
			line += "resource"
		default:
			line += i.Sort.String()
		}
		lines = append(lines, line)
		lines = append(lines, items(s, prefix+i.Name+" ", i.Items)...)
	}
	slices.Sort(lines)
	return lines
}

// expressions writes definitions as what they are made of.
type expressions struct {
	t     *testing.T
	names map[component.Sort][]string
	lines []string
}

func (o *expressions) add(sort component.Sort, s string) { o.names[sort] = append(o.names[sort], s) }

// contained names a component by what it imports and exports.
func (o *expressions) contained(c *component.Component) string {
	s, err := component.Describe(c)
	if err != nil {
		o.t.Fatal(err)
	}
	text := strings.Join(append(items(s, "import ", s.Imports), items(s, "export ", s.Exports)...), "\n")
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:8]
}

func (o *expressions) define(d component.Def) {
	switch d := d.(type) {
	case *component.Import:
		o.add(d.Desc.Sort, d.Name)
	case *component.Nested:
		o.add(component.SortComponent, o.contained(d.Component))
	case *component.TypeDef:
		o.add(component.SortType, "type")
	case *component.Alias:
		o.add(d.Sort, o.names[component.SortInstance][d.Instance]+"."+d.Name)
	case *component.Instance:
		var args []string
		for _, a := range d.Args {
			args = append(args, a.Name+"="+o.names[a.Sort][a.Index])
		}
		slices.Sort(args)
		s := "new " + o.names[component.SortComponent][d.Component] + "(" + strings.Join(args, ", ") + ")"
		o.add(component.SortInstance, s)
		o.lines = append(o.lines, "instance "+s)
	case *component.Export:
		s := o.names[d.Sort][d.Index]
		o.add(d.Sort, s)
		o.lines = append(o.lines, "export "+d.Name+" = "+s)
	}
}
