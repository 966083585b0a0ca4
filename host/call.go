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
// its own. The first one of each core function is made with the instance; more
// are needed if calls of it are in progress.
type activation struct {
	fn    api.Function // nil until first used
	busy  bool
	stack [stackSlots]uint64 // parameters, then results
	next  *activation
}

// activate gives what a call of a core function takes; the caller clears busy.
func (in *Instance) activate(core int) (*activation, error) {
	a := &in.cores[core]
	for a.busy {
		if a.next == nil {
			a.next = new(activation)
		}
		a = a.next
	}
	if a.fn == nil {
		c := &in.pre.cores[core]
		m := in.mods[c.step]
		if m == nil {
			return nil, errEarly
		}
		if a.fn = m.ExportedFunction(c.name); a.fn == nil {
			return nil, errNoExport
		}
		if in.clock != nil {
			a.fn = &timedFunction{a.fn, in.clock}
		}
	}
	a.busy = true
	return a, nil
}

// run makes the call.
func (in *Instance) run(a *activation) error {
	return a.fn.CallWithStack(&in.guest, a.stack[:])
}

// callCore calls a core function that takes one number and returns nothing.
func (in *Instance) callCore(core int, param uint64) error {
	a, err := in.activate(core)
	if err != nil {
		return err
	}
	a.stack[0] = param
	err = in.run(a)
	a.busy = false
	return err
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
	first Call
}

// takeCall gives the state for one call of or by a component instance; the
// caller clears busy.
func (in *Instance) takeCall(opts int) *Call {
	o := &in.opts[opts]
	c := &o.first
	for c.busy {
		if c.next == nil {
			c.next = new(Call)
		}
		c = c.next
	}
	if c.abi.Opts == nil || o.abi == nil {
		c.in, c.sub = in, in.pre.opts[opts].sub
		c.abi = abi.Call{Ctx: &in.guest, Resources: in.types, Opts: in.options(opts)}
	}
	c.busy = true
	return c
}

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
		a, err := in.activate(core)
		if err != nil {
			return 0, err
		}
		a.stack[0], a.stack[1], a.stack[2], a.stack[3] = uint64(old), uint64(oldSize), uint64(align), uint64(newSize)
		before := sub.noLeave
		sub.noLeave = true
		err = in.run(a)
		sub.noLeave, a.busy = before, false
		return uint32(a.stack[0]), err
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
	blocks bool  // the component instance may block
	polled bool  // it has a poll function
	enters []int // by a call of the host; see reentry

	scalars *abi.ScalarPlan // if it will do, in instances that nobody interrupts
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
		enters: k.pre.c.enter.entering(-1, f.Instance),
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
	if err == nil && h.enters != nil {
		err = in.enterOnce(h.enters)
	}
	if err == nil {
		err = in.callLifted(h, a, params, result)
		in.exit(h.enters)
	}
	if h.blocks {
		in.endStack()
	}
	if err != nil {
		return in.trapped(h, err)
	}
	return nil
}

// trapped ends the instance with the error of an export.
func (in *Instance) trapped(h *exportHalf, err error) error {
	in.poison(in.newTrap(h.name, err))
	return in.trap
}

func (in *Instance) callLifted(h *exportHalf, a *activation, params, result unsafe.Pointer) error {
	c := in.takeCall(h.opts)
	err := h.plan.LowerParams(&c.abi, a.stack[:], params)
	if err == nil {
		err = in.run(a)
	}
	if err == nil {
		err = h.plan.LiftResult(&c.abi, a.stack[:], result)
	}
	if end := c.abi.End(); err == nil {
		err = end
	}
	if err == nil && h.post >= 0 {
		err = in.postReturn(h, a)
	}
	if err == nil {
		c.busy, a.busy = false, false
	}
	return err
}

// postReturn calls the guest's post-return function, which h has, with what it
// returned.
func (in *Instance) postReturn(h *exportHalf, a *activation) error {
	sub := &in.subs[h.sub]
	sub.noLeave = true
	err := in.callCore(h.post, a.stack[0])
	sub.noLeave = false
	return err
}
