package host

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"unsafe"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/wit"
)

// An ExportFunc is an exported function of a component, bound to Go types. It
// belongs to an InstancePre and serves all its instances.
type ExportFunc[P, R any] struct {
	pre    *InstancePre
	start  *exportHalf
	result *exportHalf // nil if the function is not async
	res    *abi.Type   // of the result; nil for none
	owned  []abi.Field // the parameters, if they may own resources
	direct bool        // calls that find nobody driving need no op
	ops    sync.Pool
}

// Export binds the exported function name of the exported instance iface, such
// as "wasi:http/handler@0.3.0", or of the world if iface is "". Versions match
// as in [Linker.Instance]. For a function declared async, name is the one that
// the original WIT has. P and R are as in [Func].
func Export[P, R any](p *InstancePre, iface, name string) (*ExportFunc[P, R], error) {
	f := &ExportFunc[P, R]{pre: p}
	items, err := p.exported(iface)
	if err != nil {
		return nil, err
	}
	start, result := halves(name)
	params, res := reflect.TypeFor[P](), reflect.TypeFor[R]()
	if it := find(items, name); it != nil {
		f.res, f.owned = it.Type.Result, owned(it.Type)
		f.direct = !p.c.e.conf.Interruptible
		f.start, err = p.exportHalf(quote(iface, name), it, params, res)
		return f, err
	}
	first, second := find(items, start), find(items, result)
	if first == nil || second == nil {
		if findValue(items, name) != nil {
			return nil, fmt.Errorf("%s exports %s as a value, which cannot be called", p.c.name, quote(iface, name))
		}
		return nil, fmt.Errorf("%s does not export the function %s%s", p.c.name, quote(iface, name), p.c.names(items))
	}
	if f.start, err = p.exportHalf(quote(iface, start), first, params, reflect.TypeFor[Result[R, *task]]()); err != nil {
		return nil, err
	}
	f.res, f.owned = second.Type.Result, owned(first.Type)
	f.result, err = p.exportHalf(quote(iface, result), second, reflect.TypeFor[readyParam](), res)
	return f, err
}

// exported gives the exports of an exported instance, or of the root.
func (p *InstancePre) exported(iface string) ([]*component.ExportItem, error) {
	if iface == "" {
		return p.c.prog.Exports, nil
	}
	var match []*component.ExportItem
	for _, it := range p.c.prog.Exports {
		switch {
		case it.Instance == nil:
		case it.Name == iface:
			return it.Instance, nil
		case wit.Track(it.Name) == wit.Track(iface):
			match = it.Instance
		}
	}
	if match == nil {
		return nil, fmt.Errorf("%s does not export the instance %s%s", p.c.name, iface, p.c.names(p.c.prog.Exports))
	}
	return match, nil
}

// names lists exports for a message.
func (c *Component) names(items []*component.ExportItem) string {
	var list []string
	for _, x := range c.describer().exports(items) {
		if x.Func != nil || x.Value != nil || x.Instance != nil {
			list = append(list, x.Name)
		}
	}
	if list == nil {
		return ", nor anything else"
	}
	return ", but " + strings.Join(list, ", ")
}

func find(items []*component.ExportItem, name string) *component.Func {
	for _, it := range items {
		if it.Func != nil && it.Name == name {
			return it.Func
		}
	}
	return nil
}

// Call calls the function in an instance and waits for its result, while all
// other tasks of the instance progress too. It may be called from many
// goroutines at once. Resources that p owns are passed on to the guest; if the
// call does not take place, as ctx is cancelled already, they are dropped.
//
// When ctx is cancelled, Call answers ctx.Err() without waiting for the guest;
// the guest is told by the cancel event of the convention, and the instance
// stays usable. While the guest computes, or blocks in a host function, on the
// calling goroutine, Call notices the cancellation only afterwards; see
// Config.Interruptible. Any other error is a *[Trap] or *[ExitError], after which the
// instance is unusable, or [ErrClosed]; in a *[RefusedError] if the call has not
// begun. If nothing is going on that could ever
// end the guest's waiting, and ctx cannot be cancelled either, the error says
// "guest task is pending with no pending host tasks" and which task waits for
// which; see [Instance.Hold].
func (f *ExportFunc[P, R]) Call(ctx context.Context, in *Instance, p P) (r R, err error) {
	if f.direct && in.pre == f.pre && ctx.Err() == nil && !in.refusing.Load() && in.drv.role.CompareAndSwap(roleFree, roleQuick) {
		// What an op does, but that it cannot be told to wait here. A call by
		// a host function of the instance finds the role taken.
		h := f.start
		if a := &in.cores[h.core]; h.scalars != nil && !a.busy && a.fn != nil && in.trap == nil {
			if h.polled {
				in.router.enter(h.sub)
			}
			a.busy = true
			h.scalars.Lower(a.stack[:], unsafe.Pointer(&p))
			if err = in.run(a); err == nil {
				h.scalars.Lift(a.stack[:], unsafe.Pointer(&r))
				a.busy = false
			} else {
				err = in.trapped(h, err)
			}
		} else if h.blocks && in.busy(h.sub) {
			in.pass()
			return f.callOp(ctx, in, p)
		} else {
			in.router.enter(h.sub)
			err = in.callExport(h, unsafe.Pointer(&p), unsafe.Pointer(&r))
		}
		if calm := in.router.calm() && in.drv.role.CompareAndSwap(roleQuick, roleFree); !calm && !in.quit(&in.drv) {
			in.pass()
		}
		if err != nil {
			r = *new(R) // may be there in part
		}
		return r, err
	}
	return f.callOp(ctx, in, p)
}

// callOp is Call by an op.
func (f *ExportFunc[P, R]) callOp(ctx context.Context, in *Instance, p P) (r R, err error) {
	switch {
	case in.pre != f.pre:
		return r, errors.New("the function belongs to another component")
	case ctx.Value(driverKey{}) == any(in):
		return r, errors.New("a host function calls its own instance, which waits for it")
	}
	if err := ctx.Err(); err != nil {
		f.refuseLater(in, p)
		return r, err
	}
	c, ok := f.ops.Get().(*exportCall[P, R])
	if !ok {
		c = &exportCall[P, R]{f: f}
		c.op.f, c.op.call = c, true
	}
	c.op.in, c.op.sub, c.p = in, f.start.sub, p
	err = in.do(ctx, &c.op)
	if c.op.abandoned.Load() {
		return r, err // the driver still has c
	}
	if err == nil {
		r = c.r
	}
	if !in.interruptible { // else watch may still look at it
		c.reset()
		f.ops.Put(c)
	}
	return r, err
}

// owned gives the parameters of a function if they may own resources.
func owned(ft *abi.FuncType) []abi.Field {
	for _, p := range ft.Params {
		if owns(p.Type) {
			return ft.Params
		}
	}
	return nil
}

// refuse drops what the parameters of a call own that does not take place. It
// runs on the driver.
func (f *ExportFunc[P, R]) refuse(in *Instance, p *P) {
	v := reflect.ValueOf(p).Elem()
	owned, param := f.owned, v.Field
	if v.Kind() == reflect.Slice { // of dynamic values, perhaps too few
		owned, param = owned[:min(len(owned), v.Len())], v.Index
	}
	for i, field := range owned {
		in.discard(field.Type, param(i))
	}
}

// refuseLater is refuse for any goroutine; at once if nobody drives any more.
func (f *ExportFunc[P, R]) refuseLater(in *Instance, p P) {
	if f.owned == nil {
		return
	}
	refuse := func() { f.refuse(in, &p) }
	if !in.drv.post(in, workFunc(refuse)) {
		refuse()
	}
}

// An exportCall is the op of one call with everything that moves.
type exportCall[P, R any] struct {
	op    op
	f     *ExportFunc[P, R]
	p     P
	start Result[R, *task]
	ready readyParam
	r     R
}

func (c *exportCall[P, R]) reset() {
	c.op.in, c.op.begun, c.op.done, c.op.err, c.op.task, c.op.shared = nil, false, false, nil, nil, false
	var (
		p     P
		r     R
		start Result[R, *task]
	)
	c.p, c.r, c.start, c.ready = p, r, start, readyParam{}
}

func (c *exportCall[P, R]) refuse(o *op) { c.f.refuse(o.in, &c.p) }

func (c *exportCall[P, R]) begin(o *op) {
	in := o.in
	in.router.enter(c.f.start.sub)
	if c.f.result == nil {
		c.finish(in.callExport(c.f.start, unsafe.Pointer(&c.p), unsafe.Pointer(&c.r)))
		return
	}
	sub := c.f.start.sub
	outer := in.router.beginStart(sub, c.f.start.name, caller{comp: -1})
	err := in.callExport(c.f.start, unsafe.Pointer(&c.p), unsafe.Pointer(&c.start))
	in.router.endStart(sub, outer)
	if err != nil || !c.start.IsErr {
		c.r = c.start.OK
		c.finish(err)
		return
	}
	o.sub = c.f.result.sub
	in.router.awaitTask(o, c.start.Err)
	if o.abandoned.Load() { // while the guest was paused
		in.router.cancelOp(o)
	}
}

// finish ends the op; a result without a caller is dropped.
func (c *exportCall[P, R]) finish(err error) {
	if in := c.op.in; !c.op.finish(err) && err == nil {
		in.discard(c.f.res, reflect.ValueOf(&c.r).Elem())
	}
}

func (c *exportCall[P, R]) resume(o *op, t *task) {
	in := o.in
	in.router.enter(c.f.result.sub)
	c.ready.Ready = t
	c.finish(in.callExport(c.f.result, unsafe.Pointer(&c.ready), unsafe.Pointer(&c.r)))
}

// resume is the router's way to a ready op.
func (in *Instance) resume(o *op, t *task) {
	if o.pause == nil && in.pre.blocks[o.sub] && (in.busy(o.sub) || !in.mayEnter(o.sub)) {
		in.drv.push(&resumption{o, t})
		return
	}
	o.f.resume(o, t)
}

// A resumption is an op whose task is ready but which cannot go on yet.
type resumption struct {
	o *op
	t *task
}

func (r *resumption) run(in *Instance) {
	if in.busy(r.o.sub) && in.trap == nil {
		in.waitInLine(r.o.sub, r)
		return
	}
	r.enter(in)
}

func (r *resumption) enter(*Instance) { r.o.f.resume(r.o, r.t) }

// exportHalf binds a lifted function to Go types.
func (p *InstancePre) exportHalf(name string, f *component.Func, params, result reflect.Type) (*exportHalf, error) {
	if f.Import != nil {
		return nil, fmt.Errorf("function %s: the component only passes on an import", name)
	}
	plan, err := abi.BindGo(f.Type, params, result, p.resolve)
	if err != nil {
		return nil, fmt.Errorf("function %s is of another type: %w", name, err)
	}
	h := *p.exports[f]
	h.name, h.plan, h.polled = name, plan, p.polls[h.sub] != nil
	if h.post < 0 && !h.blocks && h.enters == nil {
		h.scalars = plan.Scalars()
	}
	return &h, nil
}

// pollParams and pollResult are the Go shape of the poll functions.
var (
	pollParams = reflect.TypeFor[pollList]()
	pollResult = reflect.TypeFor[[]pollOutput]()
)

type pollList struct{ Input []pollInput }

// poll is the router's way to a poll function.
func (in *Instance) poll(comp int, inputs []pollInput) ([]pollOutput, error) {
	params := pollList{inputs}
	var out []pollOutput
	err := in.callExport(in.pre.polls[comp], unsafe.Pointer(&params), unsafe.Pointer(&out))
	return out, err
}
