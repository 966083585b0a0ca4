package host

import (
	"cmp"
	"context"
	"crypto/rand"
	"strconv"
	"time"
	"unsafe"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// moduleConfig is for anonymous modules whose start is the component's
// business. wazero's own random source is costly to seed and of no use here.
var moduleConfig = wazero.NewModuleConfig().WithName("").WithStartFunctions().WithRandSource(rand.Reader)

// Instantiate makes an instance. Start functions run in it, which may call
// host functions. ctx bounds the instantiation alone; its values do not matter.
func (p *InstancePre) Instantiate(ctx context.Context, conf InstanceConfig) (*Instance, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	prog := p.c.prog
	in := &Instance{
		pre:   p,
		mods:  make([]api.Module, len(prog.Steps)),
		subs:  make([]subInstance, len(prog.Instances)),
		cores: make([]activation, len(p.cores)),
		opts:  make([]instanceOptions, len(p.opts)),
		types: p.types,
		down:  make(chan struct{}),
		owner: conf.Embedder,
	}
	if len(conf.Values) > 0 {
		in.values = make(map[any]any, len(conf.Values))
		for k, v := range conf.Values {
			in.values[k] = v
		}
	}
	in.ctx, in.cancel = context.WithCancel(context.Background())
	in.guest, in.nested = guestContext{in.ctx, in}, nestedContext{in.ctx, in}
	in.interruptible = p.c.e.conf.Interruptible && !conf.Shared
	if conf.Shared {
		in.clock = &workClock{made: time.Now()}
	}
	in.drv.role.Store(roleTaken)
	in.router.observer, in.router.number, in.router.names = p.c.e.conf.Observer, p.c.e.made.Add(1), p.names
	in.router.init(in, len(in.subs))
	in.host = subInstance{in: in}
	in.host.table.Owner = &in.host
	for i := range in.subs {
		s := &in.subs[i]
		s.in, s.table.Owner, s.index = in, s, i
		in.router.comps[i].polls = p.polls[i] != nil
	}
	in.makeTypes()
	if err := p.c.e.living.add(in); err != nil {
		return nil, err
	}
	err := in.makeValues()
	if err == nil {
		err = in.runSteps(ctx)
	}
	if err != nil {
		in.poison(err)
		in.shutdown(ctx)
		in.pass()
		return nil, err
	}
	in.router.direct = in.directEntries()
	in.pass()
	return in, nil
}

// makeTypes makes the resource types that the program defines: each instance
// has its own.
func (in *Instance) makeTypes() {
	res := in.pre.c.prog.Resources
	for i, r := range res {
		if r.Imported {
			continue
		}
		if &in.types[0] == &in.pre.types[0] {
			in.types = append([]*abi.ResourceType(nil), in.pre.types...)
		}
		rt := &abi.ResourceType{Name: r.Name, Impl: &in.subs[r.Owner].table}
		if core := in.pre.dtors[i]; core >= 0 {
			rt.Destroy = in.destructor(core, r.Owner)
		}
		in.types[i] = rt
	}
}

// destructor calls the guest's destructor, but not when everything ends. If the
// component instance may block, that has to wait in line.
func (in *Instance) destructor(core, owner int) func(context.Context, *abi.Table, abi.Entry) error {
	return func(_ context.Context, t *abi.Table, e abi.Entry) error {
		if in.trap != nil {
			return nil
		}
		if t == &in.subs[owner].table {
			err := in.callCore(core, uint64(e.Rep))
			return err
		}
		if caller := t.Owner.(*subInstance); caller != &in.host {
			enters := in.pre.c.enter.entering(caller.index, owner)
			if err := in.enterOnce(enters); err != nil {
				return err
			}
			defer in.exit(enters)
		}
		if !in.pre.blocks[owner] {
			in.router.enter(owner)
			err := in.callCore(core, uint64(e.Rep))
			return err
		}
		if in.stack == nil {
			in.drv.push(&dropping{sub: owner, core: core, rep: e.Rep})
			return nil
		}
		if err := in.enterSub(owner); err != nil {
			return err
		}
		in.router.enter(owner)
		err := in.callCore(core, uint64(e.Rep))
		in.leaveSub(owner)
		return err
	}
}

// runSteps instantiates the core modules in order.
func (in *Instance) runSteps(ctx context.Context) error {
	stop := context.AfterFunc(ctx, in.cancel)
	current := 0
	resolve := func(name string) api.Module {
		if name == hostModule {
			return in.pre.hosts[current]
		}
		n, _ := strconv.Atoi(name)
		return in.mods[in.pre.steps[current].sources[n]]
	}
	ictx := experimental.WithImportResolver(&in.guest, resolve)
	if pool := in.pre.c.e.pool; pool != nil && in.clock != nil {
		ictx = experimental.WithMemoryAllocator(ictx, pool.sparing())
	} else if pool != nil {
		ictx = experimental.WithMemoryAllocator(ictx, pool)
	}
	for i, s := range in.pre.c.prog.Steps {
		if h := in.pre.starts[i]; h != nil {
			if err := in.callStart(h, s.(*component.CallStart)); err != nil {
				return cmp.Or(ctx.Err(), err)
			}
		}
		if _, ok := s.(*component.InstantiateModule); !ok {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		current = i
		m, err := in.pre.c.e.rt.InstantiateModule(ictx, in.pre.steps[i].mod, moduleConfig)
		if err != nil {
			if cerr := ctx.Err(); cerr != nil {
				return cerr
			}
			return in.newTrap("instantiation", err)
		}
		in.mods[i] = m
	}
	if !stop() {
		return ctx.Err()
	}
	return nil
}

// callStart calls a start function of a component.
func (in *Instance) callStart(h *exportHalf, s *component.CallStart) error {
	args := make([]any, len(s.Args))
	for i, v := range s.Args {
		args[i] = in.takeValue(v)
	}
	args, err := h.plan.CheckParams(in.types, args)
	var a *activation
	if err == nil {
		a, err = in.activate(h.core)
	}
	if err == nil {
		err = in.enterOnce(h.enters)
	}
	var result any
	if err == nil {
		in.router.enter(h.sub)
		err = in.callLifted(h, a, unsafe.Pointer(&args), unsafe.Pointer(&result))
		in.exit(h.enters)
	}
	if err != nil {
		return in.newTrap(h.name, err)
	}
	if s.Result != nil {
		in.vals[s.Result.Index] = result
	}
	return nil
}
