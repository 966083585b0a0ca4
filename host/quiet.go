package host

import (
	"github.com/isyswasfa/isyswasfa/internal/bytecode"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// During realloc and post-return a component instance must not call imports
// (spec: may_leave). The host sees to that in the calls that it makes; a direct
// call from core function to core function it does not see. So imports that
// those functions may reach are not called directly: a quietCode follows calls
// from them through the core modules. Indirect calls may reach anything, but
// for component instances of the isyswasfa convention: the functions of their
// runtimes keep quiet, and all code of Go's is full of such calls.
type quietCode struct {
	prog  *component.Program
	roots map[int][]component.CoreRef // by component instance: its realloc and post-return functions
	done  map[int]*loudness
	mods  map[int]*callGraph // by module
	given map[int]stepArgs
}

// A stepArgs has what the module of a step is given, by the names of its imports.
type stepArgs map[[2]string]component.CoreRef

// A loudness is what the functions of a component instance that must be quiet
// may call.
type loudness struct {
	all  bool // there are indirect calls
	args map[loudArg]bool
	seen map[loudFunc]bool
}

// A loudFunc is a function of the module of a step.
type loudFunc struct {
	step  int
	index uint32
}

// A loudArg is an import of the module of a step.
type loudArg struct {
	step         *component.InstantiateModule
	module, name string
}

// A callGraph tells what the functions of a module call.
type callGraph struct {
	m      *wasm.Module
	funcs  []wasm.Import // imported functions
	bodies [][]byte
}

func newQuietCode(prog *component.Program) *quietCode {
	q := &quietCode{prog: prog, roots: map[int][]component.CoreRef{}, done: map[int]*loudness{}, mods: map[int]*callGraph{}, given: map[int]stepArgs{}}
	for _, s := range prog.Steps {
		if start, ok := s.(*component.CallStart); ok {
			q.root(start.Func.Instance, &start.Func.Opts)
		}
		in, ok := s.(*component.InstantiateModule)
		if !ok {
			continue
		}
		for _, a := range in.Args {
			if a.Ref.Kind == component.CoreLowered {
				q.root(a.Ref.Instance, a.Ref.Opts)
				q.root(a.Ref.Func.Instance, &a.Ref.Func.Opts)
			}
		}
	}
	q.exports(prog.Exports)
	for _, p := range prog.Polls {
		q.root(p.Instance, &p.Func.Opts)
	}
	return q
}

func (q *quietCode) root(sub int, o *component.Options) {
	for _, ref := range []component.CoreRef{o.Realloc, o.PostReturn} {
		if ref.Kind == component.CoreExported {
			q.roots[sub] = append(q.roots[sub], ref)
		}
	}
}

func (q *quietCode) exports(items []*component.ExportItem) {
	for _, it := range items {
		if it.Func != nil {
			q.root(it.Func.Instance, &it.Func.Opts)
		}
		q.exports(it.Instance)
	}
}

// mayCall tells whether an import may be called during realloc or post-return
// of its component instance; convention tells that this is one of the
// convention.
func (q *quietCode) mayCall(step *component.InstantiateModule, module, name string, convention bool) bool {
	sub := step.Instance
	l := q.done[sub]
	if l == nil {
		l = &loudness{args: map[loudArg]bool{}, seen: map[loudFunc]bool{}}
		q.done[sub] = l
		for _, ref := range q.roots[sub] {
			q.exported(l, ref)
		}
	}
	return l.all && !convention || l.args[loudArg{step, module, name}]
}

// exported follows an exported function.
func (q *quietCode) exported(l *loudness, ref component.CoreRef) {
	step := q.prog.Steps[ref.Step].(*component.InstantiateModule)
	g := q.graph(step.Module)
	if g == nil {
		l.all = true
		return
	}
	if e, ok := g.m.Export(ref.Name); ok && e.Kind == wasm.KindFunc {
		q.function(l, ref.Step, g, e.Index)
	}
}

// function follows what a function calls, and what that calls.
func (q *quietCode) function(l *loudness, step int, g *callGraph, f uint32) {
	for todo := []uint32{f}; len(todo) > 0; {
		f, todo = todo[len(todo)-1], todo[:len(todo)-1]
		if l.seen[loudFunc{step, f}] {
			continue
		}
		l.seen[loudFunc{step, f}] = true
		if int(f) < len(g.funcs) {
			q.imported(l, step, g.funcs[f])
			continue
		}
		if f -= uint32(len(g.funcs)); int(f) >= len(g.bodies) {
			continue
		}
		c := bytecode.On(g.bodies[f])
		c.Locals()
		for c.More() {
			switch in := c.Next(); in.Op {
			case bytecode.Call, bytecode.ReturnCall:
				todo = append(todo, in.Index[0])
			case bytecode.CallIndirect, bytecode.ReturnCallIndirect:
				l.all = true
			}
		}
		l.all = l.all || c.Err != nil
	}
}

// imported follows a call of an import.
func (q *quietCode) imported(l *loudness, step int, im wasm.Import) {
	in := q.prog.Steps[step].(*component.InstantiateModule)
	args := q.given[step]
	if args == nil {
		args = make(stepArgs, len(in.Args))
		for _, a := range in.Args {
			args[[2]string{a.Module, a.Name}] = a.Ref
		}
		q.given[step] = args
	}
	switch ref, ok := args[[2]string{im.Module, im.Name}]; {
	case ok && ref.Kind == component.CoreExported:
		q.exported(l, ref)
	case ok:
		l.args[loudArg{in, im.Module, im.Name}] = true
	}
}

// graph reads a module; nil if that fails, which is for others to complain
// about.
func (q *quietCode) graph(module int) *callGraph {
	if g, ok := q.mods[module]; ok {
		return g
	}
	q.mods[module] = nil
	m, err := wasm.Parse(q.prog.Modules[module].Data)
	if err != nil {
		return nil
	}
	g := &callGraph{m: m}
	for _, im := range m.Imports {
		if im.Kind == wasm.KindFunc {
			g.funcs = append(g.funcs, im)
		}
	}
	if g.bodies, err = m.Bodies(); err != nil {
		return nil
	}
	q.mods[module] = g
	return g
}
