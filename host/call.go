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

// stackSlots fits every signature of the Canonical ABI.
const stackSlots = abi.MaxFlatParams + 1

// An activation is what one call of a core function takes. wazero's
// api.Function must not be entered again while it runs, so each activation has
// its own.
type activation struct {
	fn    api.Function
	stack [stackSlots]uint64 // parameters, then results
}

// activate gives what a call of a core function takes.
func (in *Instance) activate(core int) (*reused[activation], error) {
	p := &in.cores[core]
	if a := p.take(); a != nil {
		return a, nil
	}
	c := &in.pre.cores[core]
	m := in.mods[c.step]
	if m == nil {
		return nil, errEarly
	}
	fn := m.ExportedFunction(c.name)
	if fn == nil {
		return nil, errNoExport
	}
	a := p.add()
	a.it.fn = fn
	return a, nil
}

// run makes the call.
func (in *Instance) run(a *reused[activation]) error {
	return a.it.fn.CallWithStack(&in.guest, a.it.stack[:])
}

// callCore calls a core function that takes few numbers and returns the first
// result.
func (in *Instance) callCore(core int, params ...uint64) (uint64, error) {
	a, err := in.activate(core)
	if err != nil {
		return 0, err
	}
	copy(a.it.stack[:], params)
	err = in.run(a)
	r := a.it.stack[0]
	in.cores[core].give(a)
	return r, err
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

// instanceOptions are canonical options in an instance, with the states of
// calls that have them.
type instanceOptions struct {
	abi   *abi.Options // made when first used
	calls reuse[Call]
}

// takeCall gives the state for one call of or by a component instance.
func (in *Instance) takeCall(opts int) *reused[Call] {
	o := &in.opts[opts]
	c := o.calls.take()
	if c == nil {
		c = o.calls.add()
		c.it.in, c.it.sub = in, in.pre.opts[opts].sub
		c.it.abi.Ctx, c.it.abi.Resources = &in.guest, in.types
	}
	if c.it.abi.Opts == nil || o.abi == nil {
		c.it.abi.Opts = in.options(opts)
	}
	return c
}

func (in *Instance) giveCall(opts int, c *reused[Call]) { in.opts[opts].calls.give(c) }

// options gives canonical options with what they refer to in this instance.
// Memories and functions are looked up when first used, for start functions
// may call imports before all modules exist.
func (in *Instance) options(i int) *abi.Options {
	if o := in.opts[i].abi; o != nil {
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
	in.opts[i].abi = o
	return o
}

func (in *Instance) realloc(core int, sub *subInstance) abi.Realloc {
	return func(_ context.Context, old, oldSize, align, newSize uint32) (uint32, error) {
		before := sub.noLeave
		sub.noLeave = true
		ptr, err := in.callCore(core, uint64(old), uint64(oldSize), uint64(align), uint64(newSize))
		sub.noLeave = before
		return uint32(ptr), err
	}
}

// An exportHalf is an exported function, or half of an async one.
type exportHalf struct {
	name   string
	sub    int
	core   int
	post   int // post-return or -1
	opts   int
	plan   *abi.GoPlan
	blocks bool // the component instance may block
}

// half gives the indices for a lifted function. name is for one that has none.
func (k *linking) half(name string, f *component.Func) *exportHalf {
	if f.Name != "" {
		name = f.Name
	}
	return &exportHalf{
		name: name,
		sub:  f.Instance,
		core: k.core(f.Core, name),
		post: k.core(f.Opts.PostReturn, name),
		opts: k.options(&f.Opts, f.Instance),

		blocks: k.pre.blocks[f.Instance],
	}
}

// callExport calls an exported function. An error is a trap and poisons the
// instance.
func (in *Instance) callExport(h *exportHalf, params, result unsafe.Pointer) error {
	if in.trap != nil {
		return in.trap
	}
	if in.interruptible {
		in.activations.Add(1)
	}
	if h.blocks {
		in.beginStack(h.sub)
	}
	a, err := in.activate(h.core)
	if err == nil {
		if h.plan.Scalar {
			err = in.callScalar(h, a, params, result)
		} else {
			err = in.callLifted(h, a, params, result)
		}
		in.cores[h.core].give(a)
	}
	if h.blocks {
		in.endStack()
	}
	if err != nil {
		in.poison(in.newTrap(h.name, err))
		return in.trap
	}
	return nil
}

// callScalar is for functions that move nothing but scalars.
func (in *Instance) callScalar(h *exportHalf, a *reused[activation], params, result unsafe.Pointer) error {
	h.plan.LowerScalars(a.it.stack[:], params)
	if err := in.run(a); err != nil {
		return err
	}
	h.plan.LiftScalar(a.it.stack[:], result)
	if h.post >= 0 {
		return in.postReturn(h, a)
	}
	return nil
}

func (in *Instance) callLifted(h *exportHalf, a *reused[activation], params, result unsafe.Pointer) error {
	c := in.takeCall(h.opts)
	err := h.plan.LowerParams(&c.it.abi, a.it.stack[:], params)
	if err == nil {
		err = in.run(a)
	}
	if err == nil {
		err = h.plan.LiftResult(&c.it.abi, a.it.stack[:], result)
	}
	if end := c.it.abi.End(); err == nil {
		err = end
	}
	if err == nil && h.post >= 0 {
		err = in.postReturn(h, a)
	}
	if err == nil {
		in.giveCall(h.opts, c)
	}
	return err
}

// postReturn calls the guest's post-return function, which h has, with what it
// returned.
func (in *Instance) postReturn(h *exportHalf, a *reused[activation]) error {
	sub := &in.subs[h.sub]
	sub.noLeave = true
	_, err := in.callCore(h.post, a.it.stack[0])
	sub.noLeave = false
	return err
}
