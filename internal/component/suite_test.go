package component_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// suite is the component model's reference tests, which need not be there.
const suite = "../../../shared/suites/component-model"

// TestSuite checks what the reference tests say of whether a component is
// valid. Exceptions stand in testdata/suite.ledger, one in a line: the place,
// and the reason. A case there that passes is a failure too.
func TestSuite(t *testing.T) {
	if _, err := os.Stat(suite); err != nil {
		t.Skip("the reference tests are not there")
	}
	l := readLedger(t, "testdata/suite.ledger")
	ctx := context.Background()
	features := api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(features))
	defer rt.Close(ctx)
	for _, folder := range []string{"values", "resources", "linking", "binary", "validation"} {
		passed, total := 0, 0
		files, _ := filepath.Glob(filepath.Join(suite, folder, "*.wast"))
		for _, file := range files {
			for _, cmd := range script(t, file) {
				if cmd.Text == nil {
					continue
				}
				place := fmt.Sprintf("%s/%s:%d", folder, filepath.Base(file), cmd.Line)
				err := checkValidity(ctx, rt, cmd)
				l.check(t, place, err)
				if strings.HasPrefix(string(cmd.Kind), "assert") {
					total++
					if err == nil {
						passed++
					}
				}
			}
		}
		t.Logf("%s: %d of %d assertions", folder, passed, total)
	}
	l.unused(t)
}

func script(t *testing.T, file string) []*wast.Command {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	list, err := wast.Parse(string(text))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return list
}

// checkValidity tells how a component differs from what the command says of
// it; nil if it does not.
func checkValidity(ctx context.Context, rt wazero.Runtime, cmd *wast.Command) error {
	bin, err := cmd.Text.Assemble()
	if err == nil {
		err = validate(ctx, rt, bin)
	}
	switch cmd.Kind {
	case wast.Invalid, wast.Malformed:
		if err == nil {
			return fmt.Errorf("it should be rejected: %s", cmd.Message)
		}
		if strings.Contains(err.Error(), "native async") {
			return err
		}
		return nil
	}
	return err
}

func validate(ctx context.Context, rt wazero.Runtime, bin []byte) error {
	if component.IsCoreModule(bin) {
		return compile(ctx, rt, bin)
	}
	c, err := component.Decode(bin)
	if err == nil {
		err = component.Validate(c)
	}
	if err != nil {
		return err
	}
	return compileModules(ctx, rt, c)
}

// compileModules has the engine check the bodies of functions, which is not
// this package's part.
func compileModules(ctx context.Context, rt wazero.Runtime, c *component.Component) error {
	for _, d := range c.Defs {
		var err error
		switch d := d.(type) {
		case *component.CoreModule:
			err = compile(ctx, rt, d.Data)
		case *component.Nested:
			err = compileModules(ctx, rt, d.Component)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func compile(ctx context.Context, rt wazero.Runtime, bin []byte) error {
	parsed, err := wasm.Parse(bin)
	if err != nil {
		return err
	}
	imports := slices.Clone(parsed.Imports)
	for i := range imports {
		imports[i].Module = "m" + imports[i].Module // the engine has no modules with empty names
	}
	m, err := rt.CompileModule(ctx, parsed.WithImports(imports, false))
	if err != nil {
		return fmt.Errorf("core module: %w", err)
	}
	return m.Close(ctx)
}

// A ledger has the cases that are known not to pass, with the reasons.
type ledger struct {
	reasons map[string]string
	met     map[string]bool
}

func readLedger(t *testing.T, file string) *ledger {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l := &ledger{map[string]string{}, map[string]bool{}}
	for s := bufio.NewScanner(f); s.Scan(); {
		place, reason, _ := strings.Cut(strings.TrimSpace(s.Text()), " ")
		if place == "" || place[0] == '#' {
			continue
		}
		if l.reasons[place] = strings.TrimSpace(reason); l.reasons[place] == "" {
			t.Errorf("%s: %s has no reason", file, place)
		}
	}
	return l
}

// check compares how a case went with the ledger.
func (l *ledger) check(t *testing.T, place string, err error) {
	_, known := l.reasons[place]
	l.met[place] = true
	switch {
	case err != nil && !known:
		t.Errorf("%s: %v", place, err)
	case err == nil && known:
		t.Errorf("%s passes: it should leave the ledger", place)
	}
}

func (l *ledger) unused(t *testing.T) {
	for place := range l.reasons {
		if !l.met[place] {
			t.Errorf("the ledger has %s, which does not exist", place)
		}
	}
}
