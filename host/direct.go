package host

import (
	"slices"

	"github.com/tetratelabs/wazero/api"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// enteredFlag is the flag that a core module gets which has functions that
// other component instances call without the host, if its component instance
// is polled: the host sees by it that the instance was entered.
const enteredFlag = "isyswasfa-entered"

// directArgs replaces calls between component instances that move nothing but
// numbers by the callee's core function, so that they are calls from wasm to
// wasm. A callee that is polled must be noted as entered, for which its
// function has to set a flag. One that might be entered again during the call
// is called through the host, as is one that the caller might call in its
// realloc or post-return.
func directArgs(c *Component, inst *component.InstantiateModule) []component.CoreImport {
	out := slices.Clone(inst.Args)
	for i := range out {
		if !c.mayBeDirect(inst, &out[i]) {
			continue
		}
		ref := &out[i].Ref
		f := ref.Func
		if !c.polled[f.Instance] || slices.Contains(c.flagged[f.Core.Step], f.Core.Name) {
			*ref = f.Core
		}
	}
	return out
}

func (c *Component) mayBeDirect(inst *component.InstantiateModule, arg *component.CoreImport) bool {
	ref := &arg.Ref
	f := ref.Func
	return ref.Kind == component.CoreLowered && f.Import == nil && f.Core.Kind == component.CoreExported &&
		f.Opts.PostReturn.Kind == component.CoreNone && onlyNumbers(f.Type) && !c.blocking[f.Instance] &&
		c.enter.entering(ref.Instance, f.Instance) == nil && !c.quiet.mayCall(inst, arg.Module, arg.Name, c.polled[inst.Instance])
}

// noteFlagged finds the functions that have to set the flag. An export that is
// an import of its module cannot, so it is called through the host.
func (c *Component) noteFlagged(m *moduleCompiler) error {
	c.polled, c.flagged = map[int]bool{}, map[int][]string{}
	for _, p := range c.prog.Polls {
		c.polled[p.Instance] = true
	}
	c.blocking = blockingInstances(c.prog, c.polled, looksBlocking)
	for _, s := range c.prog.Steps {
		in, ok := s.(*component.InstantiateModule)
		if !ok {
			continue
		}
		for i := range in.Args {
			if arg := &in.Args[i]; c.mayBeDirect(in, arg) && c.polled[arg.Ref.Func.Instance] {
				if err := c.noteCallee(m, arg.Ref.Func.Core); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (c *Component) noteCallee(m *moduleCompiler, core component.CoreRef) error {
	module, err := m.module(c.prog.Steps[core.Step].(*component.InstantiateModule).Module)
	if err != nil {
		return err
	}
	_, taken := module.Export(enteredFlag)
	if !taken && module.Defined(core.Name) && !slices.Contains(c.flagged[core.Step], core.Name) {
		c.flagged[core.Step] = append(c.flagged[core.Step], core.Name)
	}
	return nil
}

// A directEntry is the flag of a core module.
type directEntry struct {
	comp int
	flag api.MutableGlobal
}

// directEntries gives those of an instance.
func (in *Instance) directEntries() []directEntry {
	var list []directEntry
	for step := range in.pre.c.flagged {
		flag, ok := in.mods[step].ExportedGlobal(enteredFlag).(api.MutableGlobal)
		if ok {
			sub := in.pre.c.prog.Steps[step].(*component.InstantiateModule).Instance
			list = append(list, directEntry{sub, flag})
		}
	}
	return list
}

// noteDirect notes the components that were entered without the host.
func (r *router) noteDirect() {
	for i := range r.direct {
		if d := &r.direct[i]; d.flag.Get() != 0 {
			d.flag.Set(0)
			r.enter(d.comp)
		}
	}
}
