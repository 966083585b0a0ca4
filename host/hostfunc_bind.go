package host

import (
	"errors"
	"reflect"
	"unsafe"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// A hostCall is a host function bound to a component type.
type hostCall func(c *Call, stack []uint64) error

// A binding is what a host function is bound to.
type binding struct {
	name    string
	ft      *abi.FuncType
	resolve abi.ResolveResource
}

func bindPlan[P, R any](b *binding) (*abi.GoPlan, error) {
	return abi.BindGo(b.ft, reflect.TypeFor[P](), reflect.TypeFor[R](), b.resolve)
}

type syncFunc[P, R any] struct {
	fn func(*Call, P) (R, error)
}

func (f syncFunc[P, R]) bindSync(b *binding) (hostCall, error) {
	plan, err := bindPlan[P, R](b)
	if err != nil {
		return nil, err
	}
	return bindFunc(plan, f.fn), nil
}

func bindFunc[P, R any](plan *abi.GoPlan, fn func(*Call, P) (R, error)) hostCall {
	return func(c *Call, stack []uint64) error {
		var p P
		if err := plan.LiftParams(&c.abi, stack, unsafe.Pointer(&p)); err != nil {
			return err
		}
		r, err := fn(c, p)
		if err != nil {
			return err
		}
		return plan.LowerResult(&c.abi, stack, unsafe.Pointer(&r))
	}
}

type asyncFunc[P, R any] struct {
	fn func(*Call, P, *Completion[R]) error
}

// bindStart binds the half that answers the result or a pending handle.
func (f *asyncFunc[P, R]) bindStart(b *binding) (hostCall, error) {
	plan, err := bindPlan[P, Result[R, *task]](b)
	if err != nil {
		return nil, err
	}
	t, name := b.ft.Result.Cases[0].Type, b.name
	owning := t != nil && owns(t)
	return bindFunc(plan, func(c *Call, p P) (Result[R, *task], error) {
		d := &Completion[R]{w: hostWork{in: c.in}}
		if in := c.in; owning {
			d.w.discard = func() { in.discard(t, reflect.ValueOf(&d.value).Elem()) }
		}
		return f.start(name, c, p, d)
	}), nil
}

func (f *asyncFunc[P, R]) start(name string, c *Call, p P, d *Completion[R]) (r Result[R, *task], err error) {
	in := c.in
	if err := f.fn(c, p, d); err != nil {
		d.w.interrupt()
		return r, err
	}
	t, pending := d.w.pend(func() *task {
		t := in.router.newTask(hostTask, c.sub)
		t.fn, t.work, t.done, t.host = name, &d.w, d, f
		return t
	})
	if pending {
		in.router.started(t)
		return Err[R](t), nil
	}
	if err := d.w.outcome(); err != nil {
		return r, err
	}
	in.router.answered(c.sub, name)
	return OK[R, *task](d.value), nil
}

// bindResult binds the half that answers the result of a finished task.
func (f *asyncFunc[P, R]) bindResult(b *binding) (hostCall, error) {
	plan, err := bindPlan[readyParam, R](b)
	if err != nil {
		return nil, err
	}
	return bindFunc(plan, f.result), nil
}

// readyParam is the parameter of result halves.
type readyParam struct{ Ready *task }

func (f *asyncFunc[P, R]) result(c *Call, p readyParam) (r R, err error) {
	if p.Ready.host != any(f) {
		return r, errors.New("the ready handle is of a task of another function")
	}
	if err := p.Ready.take(hostTask); err != nil {
		return r, err
	}
	r = p.Ready.done.(*Completion[R]).value
	p.Ready.released(readyHandle)
	return r, nil
}
