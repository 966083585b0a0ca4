package host

import (
	"context"
	"unsafe"

	"github.com/tetratelabs/wazero/api"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// guestContext is what guest code runs under; wazero hands it on to host
// functions, which find the instance by it.
type guestContext struct {
	context.Context
	in *Instance
}

type instanceKey struct{}

func (g *guestContext) Value(key any) any {
	if _, ok := key.(instanceKey); ok {
		return g.in
	}
	return nil // wazero asks for a key of its own at each call
}

// instanceOf finds the instance that guest code belongs to. During start
// functions the context is wrapped.
func instanceOf(ctx context.Context) *Instance {
	if g, ok := ctx.(*guestContext); ok {
		return g.in
	}
	return ctx.Value(instanceKey{}).(*Instance)
}

// A corePool keeps the handles of one core function. wazero's api.Function
// must not be entered again while it runs, so each activation takes one.
type corePool struct{ free []api.Function }

// callCore calls a core function; the stack holds parameters, then results.
func (in *Instance) callCore(core int, stack []uint64) error {
	p := &in.cores[core]
	var f api.Function
	if n := len(p.free); n > 0 {
		f = p.free[n-1]
		p.free = p.free[:n-1]
	} else {
		c := &in.pre.cores[core]
		if f = in.mods[c.step].ExportedFunction(c.name); f == nil {
			return errNoExport
		}
	}
	if err := f.CallWithStack(&in.guest, stack); err != nil {
		return err // the instance is lost, the handle with it
	}
	in.cores[core].free = append(in.cores[core].free, f)
	return nil
}

// leave checks that a component instance may call an import now.
func (in *Instance) leave(sub int, name string) {
	if in.stopping.Load() {
		panic(&hostError{name: name, err: ErrClosed})
	}
	if in.interrupted.Load() {
		panic(&hostError{name: name, err: errInterrupted})
	}
	if in.subs[sub].noLeave {
		panic(&hostError{name: name, err: errLeave})
	}
}

// takeCall gives the state for one call of or by a component instance.
func (in *Instance) takeCall(name string, sub, opts int) *Call {
	var c *Call
	if n := len(in.calls); n > 0 {
		c = in.calls[n-1]
		in.calls = in.calls[:n-1]
	} else {
		c = &Call{in: in}
		c.abi.Ctx, c.abi.Resources = &in.guest, in.types
	}
	c.name, c.sub, c.abi.Opts = name, sub, in.options(opts)
	return c
}

func (in *Instance) giveCall(c *Call) { in.calls = append(in.calls, c) }

// stackSlots fits every signature of the Canonical ABI.
const stackSlots = abi.MaxFlatParams + 1

func (in *Instance) takeStack(n int) []uint64 {
	if k := len(in.stacks); k > 0 && n <= stackSlots {
		s := in.stacks[k-1]
		in.stacks = in.stacks[:k-1]
		return s[:n]
	}
	return make([]uint64, max(n, stackSlots))[:n]
}

func (in *Instance) giveStack(s []uint64) { in.stacks = append(in.stacks, s) }

// options gives canonical options with what they refer to in this instance.
// Memories and functions are looked up when first used, for start functions
// may call imports before all modules exist.
func (in *Instance) options(i int) *abi.Options {
	if o := in.opts[i]; o != nil {
		return o
	}
	b := &in.pre.opts[i]
	o := &abi.Options{Encoding: b.encoding, Table: &in.subs[b.sub].table}
	if b.memory.step >= 0 {
		m := in.mods[b.memory.step]
		if m == nil {
			return o // not kept: the memory may come
		}
		if mem := m.ExportedMemory(b.memory.name); mem != nil {
			o.Memory = mem
		}
	}
	if b.realloc >= 0 {
		o.Realloc = in.realloc(b.realloc, &in.subs[b.sub])
	}
	in.opts[i] = o
	return o
}

func (in *Instance) realloc(core int, sub *subInstance) abi.Realloc {
	return func(_ context.Context, old, oldSize, align, newSize uint32) (uint32, error) {
		if in.mods[in.pre.cores[core].step] == nil {
			return 0, errEarly
		}
		stack := in.takeStack(4)
		stack[0], stack[1], stack[2], stack[3] = uint64(old), uint64(oldSize), uint64(align), uint64(newSize)
		before := sub.noLeave
		sub.noLeave = true
		err := in.callCore(core, stack)
		sub.noLeave = before
		ptr := uint32(stack[0])
		in.giveStack(stack)
		return ptr, err
	}
}

// An exportHalf is an exported function, or half of an async one.
type exportHalf struct {
	name string
	sub  int
	core int
	post int // post-return or -1
	opts int
	plan *abi.GoPlan
}

// half gives the indices for a lifted function.
func (k *linking) half(name string, f *component.Func) *exportHalf {
	return &exportHalf{
		name: name,
		sub:  f.Instance,
		core: k.core(f.Core, name),
		post: k.core(f.Opts.PostReturn, name),
		opts: k.options(&f.Opts, f.Instance),
	}
}

// callExport calls an exported function. An error is a trap and poisons the
// instance.
func (in *Instance) callExport(h *exportHalf, params, result unsafe.Pointer) error {
	if in.trap != nil {
		return in.trap
	}
	if in.interruptible {
		in.activation.Add(1)
	}
	c := in.takeCall(h.name, h.sub, h.opts)
	stack := c.stack[:h.plan.StackLen()]
	err := h.plan.LowerParams(&c.abi, stack, params)
	if err == nil {
		err = in.callCore(h.core, stack)
	}
	if err == nil {
		err = h.plan.LiftResult(&c.abi, stack, result)
	}
	if end := c.abi.End(); err == nil {
		err = end
	}
	if err == nil && h.post >= 0 {
		err = in.postReturn(h, stack)
	}
	if err != nil {
		in.poison(in.newTrap(h.name, err))
		return in.trap
	}
	in.giveCall(c)
	return nil
}

// postReturn calls the guest's post-return function, which h has, with what it
// returned.
func (in *Instance) postReturn(h *exportHalf, stack []uint64) error {
	sub := &in.subs[h.sub]
	sub.noLeave = true
	err := in.callCore(h.post, stack)
	sub.noLeave = false
	return err
}
