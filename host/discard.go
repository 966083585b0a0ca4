package host

import (
	"context"
	"reflect"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// discard drops what a value owns that nobody will take: the result of a call
// whose caller has gone, or of a host function whose task was given up. v has
// the Go shape of t. It is rare, so that reflection is good enough.
func (in *Instance) discard(t *abi.Type, v reflect.Value) {
	if t == nil || !owns(t) {
		return
	}
	if v.Kind() == reflect.Interface {
		in.discardDynamic(t, v.Interface())
		return
	}
	switch t.Kind {
	case abi.Own:
		in.discardHandle(t, v)
	case abi.List:
		for i := range v.Len() {
			in.discard(t.Elem, v.Index(i))
		}
	case abi.Record, abi.Tuple:
		for i, f := range t.Fields {
			if v.Kind() == reflect.Array {
				in.discard(f.Type, v.Index(i))
			} else {
				in.discard(f.Type, v.Field(i))
			}
		}
	case abi.Option:
		if v.Field(0).Bool() {
			in.discard(t.Cases[1].Type, v.Field(1))
		}
	case abi.Result:
		arm := 0
		if v.Field(0).Bool() {
			arm = 1
		}
		in.discard(t.Cases[arm].Type, v.Field(1+arm))
	case abi.Variant:
		field := 1
		for i, c := range t.Cases {
			switch {
			case c.Type == nil:
			case uint64(i) == v.Field(0).Uint():
				in.discard(c.Type, v.Field(field))
				return
			default:
				field++
			}
		}
	}
}

// owns tells whether a value of the type may own a resource.
func owns(t *abi.Type) bool {
	if t.Kind == abi.Own {
		return true
	}
	if t.Kind == abi.List && owns(t.Elem) {
		return true
	}
	for _, f := range t.Fields {
		if owns(f.Type) {
			return true
		}
	}
	for _, c := range t.Cases {
		if c.Type != nil && owns(c.Type) {
			return true
		}
	}
	return false
}

// discardHandle destroys one resource. Its errors do not matter any more.
func (in *Instance) discardHandle(t *abi.Type, v reflect.Value) {
	e := abi.Entry{Type: in.types[t.Resource.(*component.Resource).Index], Own: true}
	if ref, ok := v.Interface().(Ref); ok {
		e.Type, e.Obj, e.Rep = ref.Type, ref.Obj, ref.Rep
	} else {
		e.Obj = v.UnsafePointer()
	}
	in.destroy(e)
}

// destroy runs the destructor of a resource that is in no table.
func (in *Instance) destroy(e abi.Entry) error {
	if e.Type == nil || e.Type.Destroy == nil || e.Type.Go != nil && e.Obj == nil {
		return nil
	}
	return e.Type.Destroy(&in.guest, &in.host.table, e)
}

// DropRef drops a resource of a guest that a Ref owns. An error is the trap of
// its destructor. It must not be called on the driver.
func (in *Instance) DropRef(r Ref) (err error) {
	if s, ok := definer(r.Type); ok && in.pre.blocks[s.index] {
		return in.do(context.Background(), &op{in: in, sub: s.index, f: dropRef{r}})
	}
	in.onDriver(func() {
		if err = in.trap; err != nil {
			return
		}
		if derr := in.destroy(abi.Entry{Type: r.Type, Obj: r.Obj, Rep: r.Rep, Own: true}); derr != nil {
			in.poison(in.newTrap("destructor", derr))
			err = in.trap
		}
	})
	return err
}

// definer gives the component instance that defines a resource type.
func definer(t *abi.ResourceType) (*subInstance, bool) {
	if t == nil || t.Impl == nil {
		return nil, false
	}
	s, ok := t.Impl.Owner.(*subInstance)
	return s, ok
}

// dropRef is the op of [Instance.DropRef] for a component instance that may
// block.
type dropRef struct{ ref Ref }

func (d dropRef) begin(o *op) {
	in, e := o.in, abi.Entry{Type: d.ref.Type, Rep: d.ref.Rep, Own: true}
	in.beginStack(o.sub)
	err := in.destroy(e)
	in.endStack()
	if err != nil {
		in.poison(in.newTrap("destructor", err))
		err = in.trap
	}
	o.finish(err)
}

func (dropRef) refuse(*op)        {}
func (dropRef) resume(*op, *task) {}

// dropping is the work of calling a destructor of a component instance that
// may block.
type dropping struct {
	sub, core int
	rep       uint32
}

func (d *dropping) run(in *Instance) {
	if in.busy(d.sub) && in.trap == nil {
		in.waitInLine(d.sub, d)
		return
	}
	d.enter(in)
}

func (d *dropping) enter(in *Instance) {
	if in.trap != nil {
		return
	}
	in.beginStack(d.sub)
	in.router.enter(d.sub)
	err := in.callCore(d.core, uint64(d.rep))
	in.endStack()
	if err != nil {
		in.poison(in.newTrap("destructor", err))
	}
}
