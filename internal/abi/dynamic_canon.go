package abi

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// A canon checks dynamic values and gives their canonical forms.
type canon struct {
	resources []*ResourceType // as in Call
	known     bool            // whether resources are; handles are not looked at if not
}

func (c canon) value(d *dyn, v any) (any, error) {
	if _, ok := scalars[d.t.Kind]; ok {
		return c.scalar(d, v)
	}
	switch d.t.Kind {
	case Enum:
		s, ok := v.(string)
		if !ok {
			return nil, unfit(d.t, "a string", v)
		}
		return s, knownCase(d.t, s)
	case Flags:
		return c.flags(d, v)
	case Own, Borrow:
		return c.handle(d, v)
	case List:
		return c.list(d, v)
	case Tuple:
		return c.tuple(d, v)
	case Record:
		return c.record(d, v)
	}
	return c.variant(d, v)
}

// unfit is the error of a value of another Go type.
func unfit(t *Type, want string, v any) error {
	return trapf(TrapValue, "%s wants %s, have %s", t.Kind, want, goName(v))
}

func knownCase(t *Type, name string) error {
	if caseIndex(t, name) >= 0 {
		return nil
	}
	names := make([]string, len(t.Cases))
	for i, c := range t.Cases {
		names[i] = c.Name
	}
	return trapf(TrapValue, "%s has no case %q, but %s", t.Kind, name, listed(names))
}

// listed gives names for a message, not too many.
func listed(names []string) string {
	const most = 12
	if len(names) > most {
		names = append(names[:most:most], "…")
	}
	return strings.Join(names, ", ")
}

func (c canon) scalar(d *dyn, v any) (any, error) {
	if n, ok := v.(int); ok && d.t.Kind >= S8 && d.t.Kind <= U64 {
		return fromInt(d, n)
	}
	if reflect.TypeOf(v) != d.shape {
		return nil, unfit(d.t, d.shape.String(), v)
	}
	return v, checkScalar(d.t.Kind, v)
}

// fromInt takes an int, which constants are, for any integer that it fits.
func fromInt(d *dyn, n int) (any, error) {
	v := reflect.New(d.shape).Elem()
	if v.CanInt() && !v.OverflowInt(int64(n)) {
		v.SetInt(int64(n))
	} else if v.CanUint() && n >= 0 && !v.OverflowUint(uint64(n)) {
		v.SetUint(uint64(n))
	} else {
		return nil, trapf(TrapValue, "%d does not fit %s", n, d.t.Kind)
	}
	return v.Interface(), nil
}

// checkScalar checks what the Go type does not tell.
func checkScalar(k Kind, v any) error {
	switch {
	case k == Char:
		return checkChar(uint32(v.(rune)))
	case k == String && len(v.(string)) > MaxListBytes:
		return trapf(TrapTooLong, "string of %d bytes", len(v.(string)))
	case k == String && !utf8.ValidString(v.(string)):
		return trapString(csUTF8)
	}
	return nil
}

func (c canon) flags(d *dyn, v any) (any, error) {
	set, ok := v.([]string)
	if !ok {
		return nil, unfit(d.t, "[]string", v)
	}
	for _, s := range set {
		if flagBits(d.t, []string{s}) == 0 {
			return nil, trapf(TrapValue, "flags have no label %q, but %s", s, listed(d.t.Labels))
		}
	}
	return labels(d.t, flagBits(d.t, set)), nil
}

func (c canon) handle(d *dyn, v any) (any, error) {
	ref, isRef := v.(Ref)
	pointer := reflect.ValueOf(v)
	isPointer := pointer.Kind() == reflect.Pointer && !pointer.IsNil()
	if !c.known {
		if !isPointer && (!isRef || ref.Type == nil) {
			return nil, unfit(d.t, "a resource", v)
		}
		return v, nil
	}
	res := d.leaf.res
	rt := res.Type
	if rt == nil && res.Index >= 0 && res.Index < len(c.resources) {
		rt = c.resources[res.Index]
	}
	if rt == nil {
		return nil, trapf(TrapResourceType, "resource type %d is not defined", res.Index)
	}
	switch {
	case isRef && ref.Type == rt && (rt.Go == nil || ref.Obj != nil):
		return ref, nil
	case isRef && ref.Type != nil && ref.Type != rt:
		return nil, trapf(TrapValue, "have resource %s, want %s", ref.Type.Name, rt.Name)
	case isRef:
		return nil, trapf(TrapNil, "nil where a resource %s is needed", rt.Name)
	case isPointer && rt.Go == pointer.Type():
		return Ref{Type: rt, Obj: pointer.UnsafePointer()}, nil
	case rt.Go != nil:
		return nil, unfit(d.t, rt.Go.String()+" for resource "+rt.Name, v)
	}
	return nil, unfit(d.t, "Ref for resource "+rt.Name, v)
}

func (c canon) list(d *dyn, v any) (any, error) {
	if v != nil && reflect.TypeOf(v) == d.shape {
		slice := reflect.ValueOf(v)
		if slice.Len() == 0 {
			v = reflect.Zero(d.shape).Interface()
		}
		return v, c.scalars(d, slice)
	}
	list, ok := v.([]any)
	if !ok && d.shape != nil {
		return nil, unfit(d.t, d.shape.String()+" or []any", v)
	} else if !ok {
		return nil, unfit(d.t, "[]any", v)
	}
	if err := checkLength(d.t, len(list)); err != nil {
		return nil, err
	}
	if d.shape != nil {
		return c.slice(d, list)
	}
	if len(list) == 0 {
		return []any(nil), nil
	}
	out := make([]any, len(list))
	for i, e := range list {
		var err error
		if out[i], err = c.value(d.elem, e); err != nil {
			return nil, at(err, index(i))
		}
	}
	return out, nil
}

func checkLength(t *Type, n int) error {
	switch {
	case t.Len > 0 && uint64(n) != uint64(t.Len):
		return trapf(TrapValue, "list of fixed length wants %d elements, have %d", t.Len, n)
	case n > MaxListBytes/int(t.Elem.Size()):
		return trapf(TrapTooLong, "list of %d elements", n)
	}
	return nil
}

// scalars checks a slice of scalars.
func (c canon) scalars(d *dyn, v reflect.Value) error {
	if err := checkLength(d.t, v.Len()); err != nil {
		return err
	}
	if k := d.t.Elem.Kind; k == Char || k == String {
		for i := range v.Len() {
			if err := checkScalar(k, v.Index(i).Interface()); err != nil {
				return at(err, index(i))
			}
		}
	}
	return nil
}

// slice makes a slice of scalars of a list of any.
func (c canon) slice(d *dyn, list []any) (any, error) {
	if len(list) == 0 {
		return reflect.Zero(d.shape).Interface(), nil
	}
	elem := &dyn{t: d.t.Elem, shape: d.shape.Elem()}
	out := reflect.MakeSlice(d.shape, len(list), len(list))
	for i, e := range list {
		e, err := c.scalar(elem, e)
		if err != nil {
			return nil, at(err, index(i))
		}
		out.Index(i).Set(reflect.ValueOf(e))
	}
	return out.Interface(), nil
}

func (c canon) tuple(d *dyn, v any) (any, error) {
	list, ok := v.([]any)
	switch {
	case !ok:
		return nil, unfit(d.t, "[]any", v)
	case d.args && len(list) != len(d.steps):
		return nil, trapf(TrapValue, "the function wants %d argument(s), have %d", len(d.steps), len(list))
	case len(list) != len(d.steps):
		return nil, trapf(TrapValue, "tuple wants %d values, have %d", len(d.steps), len(list))
	}
	out := make([]any, len(list))
	for i := range d.steps {
		s := &d.steps[i]
		var err error
		if out[i], err = c.value(s.dyn, list[i]); err != nil {
			return nil, at(err, s.name)
		}
	}
	return out, nil
}

func (c canon) record(d *dyn, v any) (any, error) {
	given := map[string]any{}
	switch v := v.(type) {
	case map[string]any:
		given = v
	case RecordValue:
		for _, f := range v {
			if _, twice := given[f.Name]; twice {
				return nil, trapf(TrapValue, "field %q is there twice", f.Name)
			}
			given[f.Name] = f.Value
		}
	default:
		return nil, unfit(d.t, "Record or map[string]any", v)
	}
	out := make(RecordValue, len(d.steps))
	for i, f := range d.t.Fields {
		e, ok := given[f.Name]
		if !ok {
			return nil, trapf(TrapValue, "field %q is missing", f.Name)
		}
		e, err := c.value(d.steps[i].dyn, e)
		if err != nil {
			return nil, at(err, d.steps[i].name)
		}
		out[i] = FieldValue{f.Name, e}
	}
	if len(given) > len(out) {
		return nil, extraField(d.t, given)
	}
	return out, nil
}

func extraField(t *Type, given map[string]any) error {
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = f.Name
	}
	extra := slices.Sorted(maps.Keys(given))
	extra = slices.DeleteFunc(extra, func(name string) bool { return slices.Contains(names, name) })
	return trapf(TrapValue, "record has no field %q, but %s", extra[0], listed(names))
}

func (c canon) variant(d *dyn, v any) (any, error) {
	ok, want := false, ""
	switch d.t.Kind {
	case Option:
		_, ok = v.(OptionOf[any])
		want = "Option[any]"
	case Result:
		_, ok = v.(ResultOf[any, any])
		want = "Result[any, any]"
	default:
		var vv VariantValue
		vv, ok = v.(VariantValue)
		want = "Variant"
		if ok {
			if err := knownCase(d.t, vv.Case); err != nil {
				return nil, err
			}
		}
	}
	if !ok {
		return nil, unfit(d.t, want, v)
	}
	i, payload := openCase(d.t, v)
	s := &d.steps[i]
	if s.dyn == nil {
		if payload != nil {
			return nil, at(trapf(TrapValue, "the case has no payload, have %s", goName(payload)), s.name)
		}
		return closeCase(d.t, i, nil), nil
	}
	payload, err := c.value(s.dyn, payload)
	if err != nil {
		return nil, at(err, s.name)
	}
	return closeCase(d.t, i, payload), nil
}

// closeCase makes the value of a case.
func closeCase(t *Type, i int, payload any) any {
	switch {
	case t.Kind == Option:
		return OptionOf[any]{Some: i == 1, Value: payload}
	case t.Kind == Result && i == 1:
		return ResultOf[any, any]{IsErr: true, Err: payload}
	case t.Kind == Result:
		return ResultOf[any, any]{OK: payload}
	}
	return VariantValue{Case: t.Cases[i].Name, Value: payload}
}
