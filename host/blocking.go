package host

import (
	"context"
	"slices"

	"github.com/tetratelabs/wazero"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// mayBlock tells whether a host function is a [BlockingFunc].
func (k *linking) mayBlock(inst, name string) bool {
	def, _ := k.l.function(inst, name)
	_, ok := def.sync.(interface{ blocks() })
	return ok
}

// findBlocking finds the component instances that may block: those that import
// a blocking function, and those that call them. Only for these the host keeps
// stacks and gates.
func (k *linking) findBlocking(ctx context.Context) {
	calls := make([][]int, len(k.prog.Instances)) // who calls it, by component instance
	var found []int
	for _, p := range k.prog.Polls {
		k.polled[p.Instance] = true
	}
	add := func(sub int) {
		if !k.pre.blocks[sub] {
			k.pre.blocks[sub] = true
			found = append(found, sub)
		}
	}
	for _, s := range k.prog.Steps {
		inst, ok := s.(*component.InstantiateModule)
		if !ok {
			continue
		}
		for _, arg := range inst.Args {
			ref := &arg.Ref
			switch {
			case ref.Kind == component.CoreLowered && ref.Func.Import != nil:
				if k.blocking[importPath(ref.Func.Import)] {
					add(ref.Instance)
				}
			case ref.Kind == component.CoreLowered && k.isForked(ref.Func):
				// its caller does not wait
			case ref.Kind == component.CoreLowered:
				calls[ref.Func.Instance] = append(calls[ref.Func.Instance], ref.Instance)
			case ref.Kind == component.CoreResourceDrop && !ref.Resource.Imported:
				calls[ref.Resource.Owner] = append(calls[ref.Resource.Owner], ref.Instance)
			}
		}
	}
	for len(found) > 0 {
		k.pre.anyBlocks = true
		sub := found[len(found)-1]
		found = found[:len(found)-1]
		for _, caller := range calls[sub] {
			add(caller)
		}
	}
	if k.pre.anyBlocks {
		k.rewire(ctx)
	}
}

// rewire compiles the modules again that call functions of component instances
// that may block directly: the host has to see these calls.
func (k *linking) rewire(ctx context.Context) {
	c := k.pre.c
	m := &moduleCompiler{e: c.e, name: c.name, prog: k.prog, parsed: map[int]*wasm.Module{}, done: map[moduleKey]wazero.CompiledModule{}}
	for i, s := range k.prog.Steps {
		inst, ok := s.(*component.InstantiateModule)
		if !ok {
			continue
		}
		args, changed := directArgs(c, inst.Args), false
		for n := range args {
			given := &inst.Args[n].Ref
			if given.Kind == component.CoreLowered && args[n].Ref.Kind == component.CoreExported && k.pre.blocks[given.Func.Instance] {
				args[n].Ref, changed = *given, true
			}
		}
		if !changed {
			continue
		}
		if &k.pre.steps[0] == &c.steps[0] {
			k.pre.steps = slices.Clone(c.steps)
		}
		var step compiledStep
		if err := m.compile(ctx, &step, inst, args, c.flagged[i]); err != nil {
			k.problem("%v", err)
			return
		}
		k.pre.steps[i] = step
	}
	for _, code := range m.done {
		k.pre.code = append(k.pre.code, code)
	}
}
