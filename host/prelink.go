package host

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// An InstancePre is a component bound to what a linker gives it. It may be
// instantiated any number of times, from many goroutines at once.
type InstancePre struct {
	c     *Component
	hosts []api.Module // by step: what hostModule stands for; nil if nothing
	code  []wazero.CompiledModule
	cores []coreFunc          // core functions that the host calls
	opts  []boundOptions      // distinct canonical options
	types []*abi.ResourceType // by resource: host types; nil for those of guests
	dtors []int               // by resource: index in cores or -1
	polls []*exportHalf       // by component instance; nil if it has none
	names []string            // of component instances

	exports map[*component.Func]*exportHalf // without plans
	starts  map[int]*exportHalf             // by step
	values  []any                           // by component.Value.Index; nil for those that each instance makes
	made    []madeValue
	owning  []bool // by component.Value.Index: whether it may own resources

	steps     []compiledStep
	blocks    []bool // by component instance: whether it may block
	anyBlocks bool

	severalBlock bool // more than one
}

// A coreFunc is an exported core function.
type coreFunc struct {
	step int
	name string
}

// boundOptions are canonical options for a component instance.
type boundOptions struct {
	sub      int
	encoding abi.StringEncoding
	memory   coreFunc // the exported memory; step -1 for none
	realloc  int      // index in cores or -1
}

// Link binds a component to the linker's definitions. The error names
// everything that is missing and every function whose type does not fit.
func (l *Linker) Link(c *Component) (*InstancePre, error) {
	if err := l.e.living.begin(); err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	defer l.e.living.end()
	p := &InstancePre{
		c:     c,
		hosts: make([]api.Module, len(c.prog.Steps)),
		types: make([]*abi.ResourceType, len(c.prog.Resources)),
		dtors: make([]int, len(c.prog.Resources)),
		polls: make([]*exportHalf, len(c.prog.Instances)),

		exports: map[*component.Func]*exportHalf{},
		starts:  map[int]*exportHalf{},
		steps:   c.steps,
		blocks:  make([]bool, len(c.prog.Instances)),
	}
	for i := range c.prog.Instances {
		p.names = append(p.names, c.prog.Instances[i].Name)
	}
	k := &linking{
		l:         l,
		prog:      c.prog,
		pre:       p,
		imports:   map[string]hostCall{},
		blocking:  map[string]bool{},
		forked:    map[forkedKey]*forked{},
		coreIndex: map[coreFunc]int{},
		optIndex:  map[boundOptions]int{},
	}
	k.resources()
	k.values()
	k.checkImports("", c.prog.Imports)
	if len(k.problems) == 0 {
		k.findBlocking(context.Background())
	}
	if len(k.problems) == 0 {
		k.bind()
	}
	if len(k.problems) == 0 {
		k.hostModules(context.Background())
	}
	if len(k.problems) > 0 {
		p.Close(context.Background())
		return nil, fmt.Errorf("%s cannot be linked:\n\t%s", c.name, strings.Join(k.problems, "\n\t"))
	}
	return p, nil
}

// Close releases what Link made; the instances must have been closed.
func (p *InstancePre) Close(ctx context.Context) error {
	var errs []error
	for _, m := range p.hosts {
		if m != nil {
			errs = append(errs, m.Close(ctx))
		}
	}
	for _, c := range p.code {
		errs = append(errs, c.Close(ctx))
	}
	return errors.Join(errs...)
}

// linking is the state of Link.
type linking struct {
	l        *Linker
	prog     *component.Program
	pre      *InstancePre
	problems []string
	imports  map[string]hostCall // bound host functions, by import path
	blocking map[string]bool     // those that may block
	forked   map[forkedKey]*forked

	coreIndex map[coreFunc]int
	optIndex  map[boundOptions]int
}

func (k *linking) problem(format string, args ...any) {
	k.problems = append(k.problems, fmt.Sprintf(format, args...))
}

// importPath gives an import path as the key of linking.imports.
func importPath(path []string) string { return strings.Join(path, "/") }

// split gives instance and name of an import path.
func split(path []string) (inst, name string) {
	if len(path) == 1 {
		return "", path[0]
	}
	return strings.Join(path[:len(path)-1], "/"), path[len(path)-1]
}

// quote names an import for messages.
func quote(inst, name string) string {
	if inst == "" {
		return name
	}
	return inst + " " + name
}

func (k *linking) resources() {
	for i, r := range k.prog.Resources {
		k.pre.dtors[i] = -1
		if !r.Imported {
			continue
		}
		inst, name := split(r.Import)
		rt, ok := k.l.resource(inst, name)
		switch {
		case ok:
			k.pre.types[i] = rt.rt
		case inst == "" || k.l.has(inst):
			k.problem("missing resource %s", quote(inst, name))
		}
	}
}

// resolve is the abi.ResolveResource of the program.
func (p *InstancePre) resolve(id any) (abi.ResourceRef, error) {
	r := id.(*component.Resource)
	if !r.Imported {
		return abi.ResourceRef{Index: r.Index}, nil
	}
	if p.types[r.Index] == nil {
		return abi.ResourceRef{}, fmt.Errorf("resource %s is missing", r.Name)
	}
	return abi.ResourceRef{Type: p.types[r.Index], Index: r.Index}, nil
}

// checkImports binds every imported function, used or not: that is what the
// component's type asks for.
func (k *linking) checkImports(inst string, items []*component.ImportItem) {
	for _, it := range items {
		path := it.Name
		if inst != "" {
			path = inst + "/" + it.Name
		}
		switch {
		case it.Instance != nil:
			if !k.l.has(path) && hasContent(it.Instance) {
				k.problem("missing instance %s%s", path, k.flavour(path))
				continue
			}
			k.checkImports(path, it.Instance)
		case it.Func != nil:
			call, err := k.importFunc(inst, it.Name, it.Func)
			if err != nil {
				k.problem("%v", err)
			}
			k.imports[path] = call
			k.blocking[path] = k.mayBlock(inst, it.Name)
		case it.Value != nil:
			if err := k.importValue(inst, it); err != nil {
				k.problem("%v", err)
			}
		}
	}
}

// hasContent tells whether an imported instance has anything but types that
// are no resources of its own.
func hasContent(items []*component.ImportItem) bool {
	for _, it := range items {
		if it.Func != nil || it.Value != nil || it.Resource != nil || hasContent(it.Instance) {
			return true
		}
	}
	return false
}

// flavour tells which other versions of an instance there are.
func (k *linking) flavour(name string) string {
	base, _, _ := strings.Cut(name, "@")
	var have []string
	for _, d := range k.l.insts {
		if b, v, _ := strings.Cut(d.name, "@"); b == base {
			have = append(have, v)
		}
	}
	if have == nil {
		return ""
	}
	return " (given: " + strings.Join(have, ", ") + ")"
}

// importFunc binds one imported function.
func (k *linking) importFunc(inst, name string, ft *abi.FuncType) (hostCall, error) {
	def, ok := k.l.function(inst, name)
	if !ok {
		return nil, fmt.Errorf("missing function %s", quote(inst, name))
	}
	b := &binding{name: quote(inst, name), ft: ft, resolve: k.pre.resolve}
	var call hostCall
	var err error
	switch {
	case def.sync != nil:
		call, err = def.sync.bindSync(b)
	case def.result:
		call, err = def.async.bindResult(b)
	default:
		call, err = def.async.bindStart(b)
	}
	if err != nil {
		return nil, fmt.Errorf("function %s is of another type: %w", quote(inst, name), err)
	}
	return call, nil
}

// bind gives indices to all that instances need and binds the poll functions.
func (k *linking) bind() {
	for i, s := range k.prog.Steps {
		if start, ok := s.(*component.CallStart); ok {
			k.bindStart(i, start)
		}
		if d, ok := s.(*component.DefineResource); ok && d.Dtor.Kind != component.CoreNone {
			k.pre.dtors[d.Resource.Index] = k.core(d.Dtor, "destructor of resource "+d.Resource.Name)
		}
	}
	for _, p := range k.prog.Polls {
		k.bindExport(p.Name, p.Func)
		h, err := k.pre.exportHalf(p.Name, p.Func, pollParams, pollResult)
		if err != nil {
			k.problem("%v", err)
			continue
		}
		k.pre.polls[p.Instance] = h
	}
	k.bindExports("", k.prog.Exports)
}

// bindStart binds a start function of a component.
func (k *linking) bindStart(step int, s *component.CallStart) {
	name := "start function"
	if s.Instance > 0 {
		name += " of component instance " + k.pre.names[s.Instance]
	}
	k.bindExport(name, s.Func)
	h, err := k.pre.exportHalf(name, s.Func, reflect.TypeFor[[]any](), reflect.TypeFor[any]())
	if err != nil {
		k.problem("%v", err)
		return
	}
	k.pre.starts[step] = h
}

func (k *linking) bindExports(inst string, items []*component.ExportItem) {
	for _, it := range items {
		if it.Func != nil {
			k.bindExport(quote(inst, it.Name), it.Func)
		}
		k.bindExports(it.Name, it.Instance)
	}
}

// bindExport gives indices to what a call of a lifted function needs.
func (k *linking) bindExport(name string, f *component.Func) {
	if f.Import == nil && k.pre.exports[f] == nil {
		k.pre.exports[f] = k.half(name, f)
	}
}

// core gives the index of a core function, -1 for none.
func (k *linking) core(ref component.CoreRef, what string) int {
	switch ref.Kind {
	case component.CoreNone:
		return -1
	case component.CoreExported:
		f := coreFunc{ref.Step, ref.Name}
		i, ok := k.coreIndex[f]
		if !ok {
			i = len(k.pre.cores)
			k.pre.cores = append(k.pre.cores, f)
			k.coreIndex[f] = i
		}
		return i
	}
	k.problem("%s: a function that the component itself lowers is not supported there", what)
	return -1
}

// options gives the index of canonical options.
func (k *linking) options(o *component.Options, sub int) int {
	b := boundOptions{sub: sub, encoding: abi.StringEncoding(o.Encoding), memory: coreFunc{step: -1}, realloc: k.core(o.Realloc, "realloc")}
	if o.Memory.Kind == component.CoreExported {
		b.memory = coreFunc{o.Memory.Step, o.Memory.Name}
	}
	i, ok := k.optIndex[b]
	if !ok {
		i = len(k.pre.opts)
		k.pre.opts = append(k.pre.opts, b)
		k.optIndex[b] = i
	}
	return i
}

// hostModules makes, for each step, the module of what the host gives to it.
// It is stateless, so that all instances share it: calls find their instance
// by the context.
func (k *linking) hostModules(ctx context.Context) {
	rt := k.l.e.rt
	for i := range k.pre.steps {
		step := &k.pre.steps[i]
		if len(step.host) == 0 {
			continue
		}
		b := rt.NewHostModuleBuilder(hostModule)
		for n, arg := range step.host {
			f, sig, err := k.hostFunc(&arg)
			if err != nil {
				k.problem("import %q %q of core module: %v", arg.Module, arg.Name, err)
				continue
			}
			b.NewFunctionBuilder().WithGoModuleFunction(f, valueTypes(sig.Params), valueTypes(sig.Results)).
				WithName(arg.Name).Export(strconv.Itoa(n))
		}
		if err := k.hostModuleOf(ctx, b, i); err != nil {
			k.problem("%v", err)
		}
	}
}

func (k *linking) hostModuleOf(ctx context.Context, b wazero.HostModuleBuilder, step int) error {
	compiled, err := b.Compile(ctx)
	if err == nil {
		k.pre.code = append(k.pre.code, compiled)
		k.pre.hosts[step], err = k.l.e.rt.InstantiateModule(ctx, compiled, moduleConfig)
	}
	return err
}

func valueTypes(ts []abi.CoreType) []api.ValueType {
	vs := make([]api.ValueType, len(ts))
	for i, t := range ts {
		vs[i] = api.ValueType(t)
	}
	return vs
}
