package component_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/fuzzlimit"
	"github.com/isyswasfa/isyswasfa/internal/multimemory"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// suite is the component model's reference tests, which need not be there.
const suite = "../../../shared/suites/component-model"

// TestSuite checks what the reference tests say of whether a component is
// valid.
func TestSuite(t *testing.T) {
	l := wast.ReadLedger(t, "testdata/suite.ledger")
	ctx := context.Background()
	features := api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(features))
	defer rt.Close(ctx)
	for _, folder := range append(wast.Folders, "async") {
		passed, total := 0, 0
		wast.Suite(t, suite, folder, func(name string, script []*wast.Command) {
			for _, cmd := range script {
				if cmd.Text == nil {
					continue
				}
				err := checkValidity(ctx, rt, cmd)
				l.Check(t, name, cmd.Line, err)
				if cmd.Kind == wast.Invalid || cmd.Kind == wast.Malformed {
					total++
					if err == nil {
						passed++
					}
				}
			}
		})
		t.Logf("%s: %d of %d assertions", folder, passed, total)
	}
	l.Unused(t)
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
	if parsed.Count(wasm.KindMemory) > 1 {
		return compileParts(ctx, rt, parsed)
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

// compileParts has the engine check a module with several memories, of which
// it knows the parts only.
func compileParts(ctx context.Context, rt wazero.Runtime, m *wasm.Module) error {
	split, err := multimemory.Of(m)
	if err != nil {
		return err
	}
	parts := [][]byte{split.Main}
	for _, h := range split.Helpers {
		parts = append(parts, h.Module)
	}
	for _, p := range parts {
		if err := compile(ctx, rt, p); err != nil {
			return err
		}
	}
	return nil
}

// FuzzValidate starts from the components of the reference tests.
func FuzzValidate(f *testing.F) {
	for _, bin := range wast.Binaries(suite) {
		f.Add(bin)
	}
	for _, c := range validity {
		if bin, err := wast.Assemble("(component " + c.text + ")"); err == nil {
			f.Add(bin)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var c *component.Component
		var err, valid error
		fuzzlimit.Check(t, len(b), func() {
			if c, err = component.Decode(b); err == nil {
				valid = component.Validate(c)
			}
		})
		if err != nil {
			return
		}
		again, err := component.Decode(c.Encode())
		if err != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
		if got := component.Validate(again); (got == nil) != (valid == nil) {
			t.Errorf("%v, but after encoding it %v", valid, got)
		}
		var p *component.Program
		fuzzlimit.Check(t, len(b), func() { p, err = component.Link(c) })
		if err == nil {
			if _ = p.String(); valid != nil {
				t.Errorf("it can be linked, but is not valid: %v", valid)
			}
		}
	})
}
