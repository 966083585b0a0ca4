package host

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/effort"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// hostModule is the module name under which a core module finds what the host
// gives; other sources have numbers.
const hostModule = "host"

// A compiledStep is a core module compiled for one step. wazero resolves an
// import by module name and then by that module's export, while a Program
// gives each import a source of its own; so the imports were renamed: the
// module is the number of the source in sources, the name what the source
// calls it. Steps that are wired in the same pattern share the code.
type compiledStep struct {
	mod     wazero.CompiledModule
	sources []int                  // steps whose exports it imports
	host    []component.CoreImport // by the number that is their name
}

// compileProgram compiles each core module once for each pattern of imports
// that it is instantiated with. size is that of the component in binary, which
// all this has to be in proportion to.
func compileProgram(ctx context.Context, e *Engine, name string, prog *component.Program, size int) (*Component, error) {
	if err := prog.Runnable(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c := &Component{name: name, e: e, prog: prog, steps: make([]compiledStep, len(prog.Steps)), enter: newReentry(prog), quiet: newQuietCode(prog)}
	m := c.compiler(costs{size: size})
	if err := c.noteFlagged(m); err != nil {
		return nil, err
	}
	for i, s := range prog.Steps {
		if inst, ok := s.(*component.InstantiateModule); ok {
			if err := m.compile(ctx, &c.steps[i], inst, directArgs(c, inst), c.flagged[i]); err != nil {
				return nil, err
			}
		}
	}
	clear(c.quiet.mods) // all answers are known now
	clear(c.quiet.given)
	if err := checkSpare(ctx, m); err != nil {
		return nil, err
	}
	c.costs = m.costs
	c.costs.bounds = nil // and the modules with them
	return c, nil
}

// A moduleCompiler compiles each core module once for each pattern of imports.
type moduleCompiler struct {
	e      *Engine
	name   string
	prog   *component.Program
	parsed map[int]*wasm.Module
	done   map[moduleKey]wazero.CompiledModule
	costs  costs
}

// compiler gives a moduleCompiler that goes on from costs.
func (c *Component) compiler(costs costs) *moduleCompiler {
	costs.bounds = map[*wasm.Module]effort.Bound{}
	return &moduleCompiler{e: c.e, name: c.name, prog: c.prog, parsed: map[int]*wasm.Module{}, done: map[moduleKey]wazero.CompiledModule{}, costs: costs}
}

type moduleKey struct {
	module int
	wiring string
}

// compile makes the step for the instantiation of a module with args, in which
// the exports flagged set the flag.
func (c *moduleCompiler) compile(ctx context.Context, step *compiledStep, inst *component.InstantiateModule, args []component.CoreImport, flagged []string) error {
	fail := func(err error) error { return fmt.Errorf("%s: core module %d: %w", c.name, inst.Module, err) }
	m, err := c.module(inst.Module)
	if err != nil {
		return err
	}
	imports, wiring, err := step.wire(m, args)
	if err != nil {
		return fail(err)
	}
	if len(flagged) > 0 {
		m = m.Clone()
		m.Flag(flagged, enteredFlag)
		wiring += strings.Join(flagged, "\x00")
	}
	k := moduleKey{inst.Module, wiring}
	if c.done[k] == nil {
		if err := c.costs.spend(c.parsed[inst.Module], c.prog.Modules[inst.Module].Offset); err != nil {
			return fail(err)
		}
		ctx = experimental.WithCompilationWorkers(ctx, min(runtime.GOMAXPROCS(0), effort.Workers))
		if c.done[k], err = c.e.compileModule(ctx, m.WithImports(imports, false)); err != nil {
			return fail(err)
		}
	}
	step.mod = c.done[k]
	return nil
}

// module gives a core module, parsed.
func (c *moduleCompiler) module(i int) (*wasm.Module, error) {
	if m := c.parsed[i]; m != nil {
		return m, nil
	}
	m, err := wasm.Parse(c.prog.Modules[i].Data)
	if err != nil {
		return nil, fmt.Errorf("%s: core module %d: %w", c.name, i, err)
	}
	m.MergeData()
	c.parsed[i] = m
	return m, nil
}

// checkSpare has the engine check the core modules that are never
// instantiated.
func checkSpare(ctx context.Context, c *moduleCompiler) error {
	for _, spare := range c.prog.Spare {
		fail := func(err error) error {
			return fmt.Errorf("%s: core module at offset 0x%x: %w", c.name, spare.Offset, err)
		}
		m, err := wasm.Parse(spare.Data)
		if err == nil {
			err = c.costs.spend(m, spare.Offset)
		}
		if err != nil {
			return fail(err)
		}
		imports := slices.Clone(m.Imports)
		for i := range imports {
			imports[i].Module = hostModule // wazero has no modules with empty names
		}
		mod, err := c.e.compileModule(ctx, m.WithImports(imports, false))
		if err != nil {
			return fail(err)
		}
		mod.Close(ctx)
	}
	return nil
}

// onlyNumbers tells whether the core values of a function are the values
// themselves. Integers narrower than 32 bits have to be cut to their width.
func onlyNumbers(f *abi.FuncType) bool {
	number := func(t *abi.Type) bool {
		switch t.Kind {
		case abi.S32, abi.U32, abi.S64, abi.U64, abi.F32, abi.F64:
			return true
		}
		return false
	}
	for _, p := range f.Params {
		if !number(p.Type) {
			return false
		}
	}
	return len(f.Params) <= abi.MaxFlatParams && (f.Result == nil || number(f.Result))
}

// wire gives each import of m its new name and notes where it comes from.
func (s *compiledStep) wire(m *wasm.Module, args []component.CoreImport) ([]wasm.Import, string, error) {
	type name struct{ module, name string }
	byName := make(map[name]*component.CoreImport, len(args))
	for i := range args {
		byName[name{args[i].Module, args[i].Name}] = &args[i]
	}
	sources := map[int]int{}
	hosts := map[name]int{}
	imports := make([]wasm.Import, len(m.Imports))
	var wiring []byte
	for i, im := range m.Imports {
		arg := byName[name{im.Module, im.Name}]
		if arg == nil {
			return nil, "", fmt.Errorf("nothing satisfies the import %q %q", im.Module, im.Name)
		}
		imports[i] = im
		if arg.Ref.Kind == component.CoreExported {
			n, ok := sources[arg.Ref.Step]
			if !ok {
				n = len(s.sources)
				sources[arg.Ref.Step] = n
				s.sources = append(s.sources, arg.Ref.Step)
			}
			imports[i].Module, imports[i].Name = strconv.Itoa(n), arg.Ref.Name
		} else {
			n, ok := hosts[name{im.Module, im.Name}]
			if !ok {
				n = len(s.host)
				hosts[name{im.Module, im.Name}] = n
				s.host = append(s.host, *arg)
			}
			imports[i].Module, imports[i].Name = hostModule, strconv.Itoa(n)
		}
		wiring = wasm.AppendName(wasm.AppendName(wiring, imports[i].Module), imports[i].Name)
	}
	return imports, string(wiring), nil
}

// compileModule has the engine compile a core module. Its validator panics on
// some that are not valid.
func (e *Engine) compileModule(ctx context.Context, bin []byte) (m wazero.CompiledModule, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the engine cannot validate it: %v", v)
		}
	}()
	if err := ctx.Err(); err != nil { // which the engine does not ask for on one processor
		return nil, err
	}
	return e.rt.CompileModule(ctx, bin)
}
