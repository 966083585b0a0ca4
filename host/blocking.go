package host

import (
	"context"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// mayBlock tells whether a host function is a [BlockingFunc].
func (k *linking) mayBlock(inst, name string) bool {
	def, _ := k.l.function(inst, name)
	_, ok := def.sync.(interface{ blocks() })
	return ok
}

// findBlocking finds the component instances that may block. Only for these the
// host keeps stacks and gates.
func (k *linking) findBlocking(ctx context.Context) {
	k.pre.blocks = blockingInstances(k.prog, k.pre.c.polled, func(path []string) bool { return k.blocking[importPath(path)] })
	first := slices.Index(k.pre.blocks, true)
	if first < 0 {
		return
	}
	k.pre.anyBlocks = true
	k.pre.severalBlock = slices.Contains(k.pre.blocks[first+1:], true)
	k.rewire(ctx)
}

// blockingInstances gives the component instances that import a function that
// blocks, and those that call them.
func blockingInstances(prog *component.Program, polled map[int]bool, blocks func(path []string) bool) []bool {
	calls := make([][]int, len(prog.Instances)) // who calls it, by component instance
	may := make([]bool, len(prog.Instances))
	var found []int
	add := func(sub int) {
		if !may[sub] {
			may[sub] = true
			found = append(found, sub)
		}
	}
	for _, s := range prog.Steps {
		inst, ok := s.(*component.InstantiateModule)
		if !ok {
			continue
		}
		for _, arg := range inst.Args {
			ref := &arg.Ref
			switch {
			case ref.Kind == component.CoreLowered && ref.Func.Import != nil:
				if blocks(ref.Func.Import) {
					add(ref.Instance)
				}
			case ref.Kind == component.CoreLowered && isForked(ref.Func, polled):
				// its caller does not wait
			case ref.Kind == component.CoreLowered:
				calls[ref.Func.Instance] = append(calls[ref.Func.Instance], ref.Instance)
			case ref.Kind == component.CoreResourceDrop && !ref.Resource.Imported:
				calls[ref.Resource.Owner] = append(calls[ref.Resource.Owner], ref.Instance)
			}
		}
	}
	for len(found) > 0 {
		sub := found[len(found)-1]
		found = found[:len(found)-1]
		for _, caller := range calls[sub] {
			add(caller)
		}
	}
	return may
}

// looksBlocking guesses by the name whether an imported function blocks. That is
// known when the component is linked; but the modules are compiled before, and
// what was guessed right need not be compiled again.
func looksBlocking(path []string) bool {
	name := path[len(path)-1]
	switch iface, _, _ := strings.Cut(path[0], "@"); iface {
	case "wasi:io/poll":
		return name == "poll" || name == "[method]pollable.block"
	case "wasi:io/streams":
		return strings.Contains(name, ".blocking-")
	case bridgeInterface:
		return true
	}
	return false
}

// rewire compiles the modules again that call functions of component instances
// that may block directly: the host has to see these calls.
func (k *linking) rewire(ctx context.Context) {
	c := k.pre.c
	m := c.compiler(c.costs)
	for i, s := range k.prog.Steps {
		inst, ok := s.(*component.InstantiateModule)
		if !ok {
			continue
		}
		args, changed := directArgs(c, inst), false
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
