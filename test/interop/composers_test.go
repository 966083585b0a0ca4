//go:build interop

package interop

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/transform/compose"
)

// A composer meets the import component:test/baz of one component with what
// another one exports.
type composer struct {
	name    string
	compose func(importer, exporter, out string) error
}

var composers = []composer{
	{"isyswasfa", func(importer, exporter, out string) error {
		r, err := compose.Loader{}.Compose(importer, &compose.Config{Definitions: []string{exporter}}, false)
		if err != nil {
			return err
		}
		return os.WriteFile(out, r.Component, 0o644)
	}},
	{"wasm-tools", func(importer, exporter, out string) error {
		return runTool("wasm-tools", "compose", importer, "-d", exporter, "-o", out)
	}},
	{"wac-plug", func(importer, exporter, out string) error {
		return runTool("wac", "plug", importer, "--plug", exporter, "-o", out)
	}},
	{"wac-compose", func(importer, exporter, out string) error {
		return runTool("wac", "compose", "testdata/baz.wac", "--dep", "test:importer="+importer, "--dep", "test:exporter="+exporter, "-o", out)
	}},
}

// runTool runs another tool. The error has what it said.
func runTool(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil && !errors.Is(err, exec.ErrNotFound) {
		err = fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return err
}

// TestComposers has other composers make the compositions of the guests of
// test/cases, and the tests of these ask the same of them.
func TestComposers(t *testing.T) {
	for name, tool := range map[string]string{"wasm-tools": "wasm-tools", "wac-plug": "wac", "wac-compose": "wac"} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(tool); err != nil {
				t.Skipf("%s is not in PATH", tool)
			}
			test := exec.Command("go", "test", ".", "-count=1", "-timeout=10m", "-composer="+name, "-run=^Test(RoundTrip|Example|Middleware|Crowd|Disconnect|ComposedServe)", "-v")
			test.Dir = ".."
			out, err := test.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			t.Logf("%d tests", strings.Count(string(out), "\n--- PASS: "))
		})
	}
}
