package host

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// A Value is an exported value of a component: it is there as soon as the
// component is instantiated, and does not change. It belongs to an InstancePre
// and serves all its instances.
type Value struct {
	pre  *InstancePre
	name string
	typ  *Type
	v    *component.Value
}

// Value gives an exported value. The names are as in [Export].
func (p *InstancePre) Value(iface, name string) (*Value, error) {
	items, err := p.exported(iface)
	if err != nil {
		return nil, err
	}
	v := findValue(items, name)
	switch {
	case v != nil:
		return &Value{p, quote(iface, name), p.c.describer().typ(v.Type), v}, nil
	case find(items, name) != nil:
		return nil, fmt.Errorf("%s exports %s as a function, which is no value", p.c.name, quote(iface, name))
	}
	return nil, fmt.Errorf("%s does not export the value %s%s", p.c.name, quote(iface, name), p.c.names(items))
}

func findValue(items []*component.ExportItem, name string) *component.Value {
	for _, it := range items {
		if it.Value != nil && it.Name == name {
			return it.Value
		}
	}
	return nil
}

// Type gives the type of the value.
func (v *Value) Type() *Type { return v.typ }

// Get gives the value in an instance, as a dynamic value that must not be
// changed. One that owns resources can be had once: from then on they are the
// caller's. For such a value Get waits for the driver, so host functions must
// not call it.
func (v *Value) Get(in *Instance) (any, error) {
	switch {
	case in.pre != v.pre:
		return nil, errors.New("the value belongs to another component")
	case !v.pre.owning[v.v.Index]:
		return in.vals[v.v.Index], nil
	}
	var got any
	var err error
	in.onDriver(func() {
		if err = in.trap; err == nil {
			got = in.takeValue(v.v)
		}
	})
	if got == nil && err == nil {
		err = fmt.Errorf("the value %s, which owns resources, was taken before", v.name)
	}
	return got, err
}

// takeValue gives a value to who uses it. What owns resources is used once.
func (in *Instance) takeValue(v *component.Value) any {
	got := in.vals[v.Index]
	if in.pre.owning[v.Index] {
		in.vals[v.Index] = nil
	}
	return got
}

// dropValues drops what the values own that nobody took.
func (in *Instance) dropValues() {
	for i, v := range in.pre.c.prog.Values {
		if i < len(in.vals) && in.vals[i] != nil && in.pre.owning[i] {
			guard(func() { in.discard(v.Type, reflect.ValueOf(&in.vals[i]).Elem()) })
			in.vals[i] = nil
		}
	}
}
