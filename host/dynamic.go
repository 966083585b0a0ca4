package host

import (
	"context"
	"fmt"
	"reflect"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// The Go values of component values whose types are known only at run time,
// as [Function.Call] and host functions made by Func[[]any, any] take and give
// them.
type (
	// A Record is a record, with its fields in the order of the type.
	Record = abi.RecordValue

	// A Field is a field of a [Record].
	Field = abi.FieldValue

	// A Variant is a variant; Value is nil for a case without a payload.
	Variant = abi.VariantValue
)

// A Function is an exported function of a component that takes and gives
// dynamic values. It belongs to an InstancePre and serves all its instances.
type Function struct {
	name string
	typ  *FuncType
	f    *ExportFunc[[]any, any]
}

// Function gives an exported function for calls with dynamic values. The names
// are as in [Export].
func (p *InstancePre) Function(iface, name string) (*Function, error) {
	f, err := Export[[]any, any](p, iface, name)
	if err != nil {
		return nil, err
	}
	items, _ := p.exported(iface)
	first := find(items, name)
	if first == nil {
		start, _ := halves(name)
		first = find(items, start)
	}
	d := p.c.describer()
	typ := &FuncType{Params: d.fields(first.Type.Params), Result: d.typ(f.res), Async: f.result != nil}
	return &Function{quote(iface, name), typ, f}, nil
}

// Type gives the type of the function.
func (f *Function) Type() *FuncType { return f.typ }

// Call calls the function with one argument for each parameter, and gives its
// result, nil if it has none. Arguments that do not fit are an error that
// names the place; then nothing was called and the instance is as before. For
// all else see [ExportFunc.Call].
func (f *Function) Call(ctx context.Context, in *Instance, args ...any) (any, error) {
	var err error
	if in.pre == f.f.pre { // or else Call has something to say
		args, err = f.f.start.plan.CheckParams(in.types, args)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	return f.f.Call(ctx, in, args)
}

// discardDynamic drops what a dynamic value owns. What does not fit its type
// owns nothing.
func (in *Instance) discardDynamic(t *abi.Type, v any) {
	abi.EachOwned(t, v, func(t *abi.Type, v any) {
		rt := in.types[t.Resource.(*component.Resource).Index]
		_, isRef := v.(Ref)
		if isRef || rt != nil && rt.Go == reflect.TypeOf(v) {
			in.discardHandle(t, reflect.ValueOf(v))
		}
	})
}
