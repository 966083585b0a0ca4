package abi

import (
	"fmt"
	"reflect"
)

// A RecordValue is the dynamic Go value of a record.
type RecordValue []FieldValue

// A FieldValue is one field of a RecordValue.
type FieldValue struct {
	Name  string
	Value any
}

// A VariantValue is the dynamic Go value of a variant. Value is nil for a case
// without a payload.
type VariantValue struct {
	Case  string
	Value any
}

// Get gives the value of a field, nil if there is none of that name.
func (r RecordValue) Get(name string) any {
	for _, f := range r {
		if f.Name == name {
			return f.Value
		}
	}
	return nil
}

var (
	anyType  = reflect.TypeFor[any]()
	argsType = reflect.TypeFor[[]any]()
	wordType = reflect.TypeFor[uint32]()
)

// goScalars are the Go types of scalars by their reflect.Kind.
var goScalars = map[reflect.Kind]reflect.Type{
	reflect.Bool: reflect.TypeFor[bool](), reflect.String: reflect.TypeFor[string](),
	reflect.Int8: reflect.TypeFor[int8](), reflect.Int16: reflect.TypeFor[int16](),
	reflect.Int32: reflect.TypeFor[int32](), reflect.Int64: reflect.TypeFor[int64](),
	reflect.Uint8: reflect.TypeFor[uint8](), reflect.Uint16: reflect.TypeFor[uint16](),
	reflect.Uint32: reflect.TypeFor[uint32](), reflect.Uint64: reflect.TypeFor[uint64](),
	reflect.Float32: reflect.TypeFor[float32](), reflect.Float64: reflect.TypeFor[float64](),
}

// A dyn is the plan for values of one type whose Go shape is any. What one Go
// type can hold is left to a plan for that type (leaf), so that all checks are
// those of other plans; a dyn adds what no Go type known beforehand can hold.
type dyn struct {
	t           *Type
	size, align uint32
	flat        int

	// Scalars, enums, flags and handles, with the Go type of leaf. Of a list
	// of scalars, leaf is the plan of a slice.
	leaf  *node
	shape reflect.Type

	elem    *dyn      // the elements of a list that has no leaf
	steps   []dynStep // fields, or cases
	disc    uint32    // as in node
	payload uint32
	args    bool // the parameters of a function: the Go shape is []any
}

// A dynStep is the plan for a field or a case.
type dynStep struct {
	dyn  *dyn // nil for a case without payload
	mem  uint32
	slot int
	name string // for the path in an error
}

// dynamic makes the node for values whose Go shape is any.
func (b *binder) dynamic(t *Type, path string) (*node, error) {
	n := newNode(t, anyType, opDyn)
	var err error
	n.dyn, err = b.dyn(t, path)
	return n, err
}

// dynamicParams makes the node for parameters whose Go shape is []any.
func (b *binder) dynamicParams(t *Type, names []string) (*node, error) {
	n := newNode(t, argsType, opDyn)
	n.dyn = &dyn{t: t, size: n.size, align: n.align, flat: n.flat, args: true}
	return n, b.dynFields(n.dyn, "", names)
}

// dyn gives the plan for a type. It is found through bind, so that a type that
// occurs often has one plan.
func (b *binder) dyn(t *Type, path string) (*dyn, error) {
	d := &dyn{t: t, size: t.Size(), align: t.Align(), flat: len(t.Flat())}
	if s, ok := scalars[t.Kind]; ok {
		return d, b.dynLeaf(d, t, goScalars[s.kind], path)
	}
	switch t.Kind {
	case Enum, Flags:
		return d, b.dynLeaf(d, t, wordType, path)
	case Own, Borrow:
		return d, b.dynLeaf(d, t, refType, path)
	case List:
		if s, ok := scalars[t.Elem.Kind]; ok {
			slice := t
			if t.Len > 0 {
				slice = &Type{Kind: List, Elem: t.Elem}
			}
			return d, b.dynLeaf(d, slice, reflect.SliceOf(goScalars[s.kind]), path)
		}
		var err error
		d.elem, err = b.dynOf(t.Elem, path+"[]")
		return d, err
	case Record, Tuple:
		return d, b.dynFields(d, path, fieldNames(t))
	}
	d.disc, d.payload = DiscriminantSize(len(t.Cases)), t.PayloadOffset()
	d.steps = make([]dynStep, len(t.Cases))
	for i, c := range t.Cases {
		d.steps[i].name = "." + c.Name
		if c.Type == nil {
			continue
		}
		var err error
		if d.steps[i].dyn, err = b.dynOf(c.Type, path+"."+c.Name); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (b *binder) dynOf(t *Type, path string) (*dyn, error) {
	n, err := b.bind(t, anyType, path)
	if err != nil {
		return nil, err
	}
	return n.dyn, nil
}

func (b *binder) dynLeaf(d *dyn, t *Type, shape reflect.Type, path string) (err error) {
	d.shape = shape
	d.leaf, err = b.bind(t, shape, path)
	return err
}

func (b *binder) dynFields(d *dyn, path string, names []string) error {
	slot := 0
	for i, f := range d.t.Fields {
		e, err := b.dynOf(f.Type, path+names[i])
		if err != nil {
			return err
		}
		d.steps = append(d.steps, dynStep{dyn: e, mem: d.t.FieldOffsets()[i], slot: slot, name: names[i]})
		slot += e.flat
	}
	return nil
}

// CheckParams checks the arguments of a function that was bound to []any and
// gives their canonical forms. After it, lowering them fails for nothing that
// the caller of the function could help. The error is a *[Trap] whose Path
// names the place. resources are as in [Call].
func (p *GoPlan) CheckParams(resources []*ResourceType, args []any) ([]any, error) {
	v, err := canon{resources: resources, known: true}.value(p.params.dyn, args)
	if err != nil {
		return nil, err
	}
	return v.([]any), nil
}

// Canonical checks that v is a dynamic value of type t, and gives its
// canonical form: the one that lifting yields. Of handles it checks only that
// they are some. The error is a *[Trap] whose Path names the place, from below
// the value.
func Canonical(t *Type, v any) (any, error) {
	p, err := BindValue(t, func(any) (ResourceRef, error) { return ResourceRef{}, nil })
	if err != nil {
		return nil, err
	}
	return canon{}.value(p.d, v)
}

// A ValuePlan checks dynamic values of one type. It is immutable.
type ValuePlan struct{ d *dyn }

// BindValue makes the plan for a type; resolve is as in [BindGo].
func BindValue(t *Type, resolve ResolveResource) (*ValuePlan, error) {
	b := &binder{nodes: map[shapeKey]*node{}, resolve: resolve}
	d, err := b.dynOf(t, "type")
	return &ValuePlan{d}, err
}

// Canonical is the function of that name, but that handles are checked too.
// resources are as in [Call].
func (p *ValuePlan) Canonical(resources []*ResourceType, v any) (any, error) {
	if _, err := (canon{resources: resources, known: true}).value(p.d, v); err != nil {
		return nil, err
	}
	return canon{}.value(p.d, v)
}

// EachOwned calls f with each resource that a dynamic value of type t owns,
// nil ones included.
func EachOwned(t *Type, v any, f func(t *Type, v any)) {
	if t == nil || v == nil {
		return
	}
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			switch {
			case t.Kind == List:
				EachOwned(t.Elem, e, f)
			case i < len(t.Fields):
				EachOwned(t.Fields[i].Type, e, f)
			}
		}
	case RecordValue:
		for _, field := range t.Fields {
			EachOwned(field.Type, v.Get(field.Name), f)
		}
	case map[string]any:
		for _, field := range t.Fields {
			EachOwned(field.Type, v[field.Name], f)
		}
	case VariantValue:
		for _, c := range t.Cases {
			if c.Name == v.Case {
				EachOwned(c.Type, v.Value, f)
			}
		}
	case OptionOf[any]:
		if t.Kind == Option && v.Some {
			EachOwned(t.Cases[1].Type, v.Value, f)
		}
	case ResultOf[any, any]:
		switch {
		case t.Kind != Result:
		case v.IsErr:
			EachOwned(t.Cases[1].Type, v.Err, f)
		default:
			EachOwned(t.Cases[0].Type, v.OK, f)
		}
	default:
		if t.Kind == Own {
			f(t, v)
		}
	}
}

// goName names the Go type of a dynamic value for a message.
func goName(v any) string {
	switch v.(type) {
	case nil:
		return "nil"
	case RecordValue:
		return "Record"
	case VariantValue:
		return "Variant"
	case OptionOf[any]:
		return "Option[any]"
	case ResultOf[any, any]:
		return "Result[any, any]"
	case []any:
		return "[]any"
	}
	return fmt.Sprintf("%T", v)
}
