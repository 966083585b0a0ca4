package host

import (
	"context"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

// A program builds a component.Program by hand: one root instance whose core
// modules are given as text.
type program struct {
	t    testing.TB
	prog component.Program
}

func newProgram(t testing.TB, instances ...string) *program {
	p := &program{t: t}
	if instances == nil {
		instances = []string{"root"}
	}
	for i, name := range instances {
		p.prog.Instances = append(p.prog.Instances, component.InstanceInfo{Name: name, Parent: min(i, 1) - 1})
	}
	return p
}

// resource adds an imported resource.
func (p *program) resource(inst, name string) *component.Resource {
	r := &component.Resource{Index: len(p.prog.Resources), Name: name, Imported: true, Import: []string{inst, name}}
	p.prog.Resources = append(p.prog.Resources, r)
	p.item(inst, &component.ImportItem{Name: name, Resource: r})
	return r
}

// item adds to an imported instance.
func (p *program) item(inst string, it *component.ImportItem) {
	for _, i := range p.prog.Imports {
		if i.Name == inst {
			i.Instance = append(i.Instance, it)
			return
		}
	}
	p.prog.Imports = append(p.prog.Imports, &component.ImportItem{Name: inst, Instance: []*component.ImportItem{it}})
}

// imported adds an imported function.
func (p *program) imported(inst, name string, ft *abi.FuncType) *component.Func {
	p.item(inst, &component.ImportItem{Name: name, Func: ft})
	return &component.Func{Type: ft, Import: []string{inst, name}}
}

// module adds a step that instantiates a core module, and answers its number.
func (p *program) module(sub int, text string, args ...component.CoreImport) int {
	p.t.Helper()
	data, err := wat.Assemble(text)
	if err != nil {
		p.t.Fatal(err)
	}
	p.prog.Modules = append(p.prog.Modules, &component.CoreModule{Data: data})
	p.prog.Steps = append(p.prog.Steps, &component.InstantiateModule{
		Module: len(p.prog.Modules) - 1, Instance: sub, Args: args,
	})
	return len(p.prog.Steps) - 1
}

// core refers to a core export.
func core(step int, name string) component.CoreRef {
	return component.CoreRef{Kind: component.CoreExported, Step: step, Name: name}
}

// memory is the options of a module that exports memory and realloc.
func memory(step int) component.Options {
	return component.Options{Memory: core(step, "memory"), Realloc: core(step, "realloc")}
}

// arg satisfies a core import by an export of another step.
func arg(module, name string, step int, export string) component.CoreImport {
	return component.CoreImport{Module: module, Name: name, Ref: core(step, export)}
}

// lower satisfies a core import by a component function.
func lower(module, name string, sub int, f *component.Func, opts component.Options) component.CoreImport {
	return component.CoreImport{Module: module, Name: name, Ref: component.CoreRef{
		Kind: component.CoreLowered, Func: f, Opts: &opts, Instance: sub,
	}}
}

// drop satisfies a core import by resource.drop.
func drop(module, name string, sub int, r *component.Resource) component.CoreImport {
	return component.CoreImport{Module: module, Name: name, Ref: component.CoreRef{
		Kind: component.CoreResourceDrop, Resource: r, Instance: sub,
	}}
}

// lift makes a function of a core export.
func lift(sub, step int, name string, ft *abi.FuncType, opts component.Options) *component.Func {
	return &component.Func{Type: ft, Core: core(step, name), Opts: opts, Instance: sub}
}

func (p *program) export(name string, f *component.Func) {
	p.prog.Exports = append(p.prog.Exports, &component.ExportItem{Name: name, Func: f})
}

// link compiles and links the program.
func (p *program) link(define func(l *Linker)) *InstancePre {
	p.t.Helper()
	return p.linkWith(Config{}, define)
}

func (p *program) linkWith(conf Config, define func(l *Linker)) *InstancePre {
	p.t.Helper()
	ctx := context.Background()
	e, err := NewEngine(ctx, conf)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if n := e.Stats().Instances; n != 0 {
			p.t.Errorf("%d instances left open", n)
		}
		e.Close(ctx)
	})
	c, err := compileProgram(ctx, e, "test", &p.prog, 1<<20)
	if err != nil {
		p.t.Fatal(err)
	}
	l := NewLinker(e)
	if define != nil {
		define(l)
	}
	pre, err := l.Link(c)
	if err != nil {
		p.t.Fatal(err)
	}
	return pre
}

func instance(t testing.TB, pre *InstancePre) *Instance {
	t.Helper()
	in, err := pre.Instantiate(context.Background(), InstanceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(context.Background()) })
	return in
}

// Types.
var (
	u32  = &abi.Type{Kind: abi.U32}
	str  = &abi.Type{Kind: abi.String}
	none *abi.Type

	memoryless component.Options
)

func fn(result *abi.Type, params ...*abi.Type) *abi.FuncType {
	ft := &abi.FuncType{Result: result}
	for i, p := range params {
		ft.Params = append(ft.Params, abi.Field{Name: string(rune('a' + i)), Type: p})
	}
	return ft
}

// defined adds a resource that a component instance defines.
func (p *program) defined(name string, owner int) *component.Resource {
	r := &component.Resource{Index: len(p.prog.Resources), Name: name, Owner: owner}
	p.prog.Resources = append(p.prog.Resources, r)
	return r
}

// dtor adds the step that defines a resource.
func (p *program) dtor(r *component.Resource, dtor component.CoreRef) {
	p.prog.Steps = append(p.prog.Steps, &component.DefineResource{Resource: r, Dtor: dtor})
}

// newOf satisfies a core import by resource.new.
func newOf(module, name string, sub int, r *component.Resource) component.CoreImport {
	return component.CoreImport{Module: module, Name: name, Ref: component.CoreRef{
		Kind: component.CoreResourceNew, Resource: r, Instance: sub,
	}}
}
