package abi

import (
	"reflect"
	"unsafe"
)

// A place is where a value lies: in memory at off, which is known to be
// inside, or in the first core values of flat, if that is not nil.
type place struct {
	off  uint32
	flat []uint64
}

// What lifting costs beside the leaves themselves, in bytes.
const (
	dynSlot  = int(unsafe.Sizeof([1]any{}))
	dynField = int(unsafe.Sizeof(FieldValue{}))
	dynCase  = int(unsafe.Sizeof(VariantValue{}))
)

// lift lifts the value for the Go value at p.
func (d *dyn) lift(cx *Call, pl place, p unsafe.Pointer) error {
	v, err := d.get(cx, pl)
	if err != nil {
		return err
	}
	if d.args {
		*(*[]any)(p) = v.([]any)
	} else {
		*(*any)(p) = v
	}
	return nil
}

// lower lowers the Go value at p.
func (d *dyn) lower(cx *Call, pl place, p unsafe.Pointer) error {
	var v any
	if d.args {
		v = *(*[]any)(p)
	} else {
		v = *(*any)(p)
	}
	v, err := canon{resources: cx.Resources, known: true}.value(d, v)
	if err != nil {
		return err
	}
	return d.put(cx, pl, v)
}

func (d *dyn) get(cx *Call, pl place) (any, error) {
	switch {
	case d.leaf != nil && d.t.Len > 0:
		return d.getScalars(cx, pl)
	case d.leaf != nil:
		return d.getLeaf(cx, pl)
	case d.t.Kind == List:
		return d.getList(cx, pl)
	case d.t.Kind == Record || d.t.Kind == Tuple:
		return d.getFields(cx, pl)
	}
	return d.getCase(cx, pl)
}

func (d *dyn) getLeaf(cx *Call, pl place) (any, error) {
	if err := cx.spend(int(d.shape.Size())); err != nil {
		return nil, err
	}
	v := reflect.New(d.shape)
	var err error
	if pl.flat != nil {
		err = d.leaf.liftFlat(cx, pl.flat, v.UnsafePointer())
	} else {
		err = d.leaf.load(cx, pl.off, v.UnsafePointer())
	}
	if err != nil {
		return nil, err
	}
	switch d.t.Kind {
	case Enum:
		return d.t.Cases[v.Elem().Uint()].Name, nil
	case Flags:
		return labels(d.t, uint32(v.Elem().Uint())), nil
	case Own, Borrow:
		return object(v.Elem().Interface().(Ref)), nil
	}
	return v.Elem().Interface(), nil
}

// labels gives the labels that are set, in the order of the type.
func labels(t *Type, set uint32) []string {
	var list []string
	for i, l := range t.Labels {
		if set>>i&1 != 0 {
			list = append(list, l)
		}
	}
	return list
}

// object gives the object of a host resource, and a Ref of a guest's.
func object(r Ref) any {
	if r.Type.Go == nil {
		return r
	}
	return reflect.NewAt(r.Type.Go.Elem(), r.Obj).Interface()
}

// getScalars lifts a list of fixed length that becomes a slice of scalars.
func (d *dyn) getScalars(cx *Call, pl place) (any, error) {
	e, n := d.leaf.elem, int(d.t.Len)
	if err := cx.spend(n * int(e.goSize)); err != nil {
		return nil, err
	}
	v := reflect.MakeSlice(d.shape, n, n)
	if pl.flat == nil {
		return v.Interface(), d.leaf.loadElems(cx, pl.off, v.UnsafePointer(), d.t.Len)
	}
	for i := range n {
		if err := e.liftFlat(cx, pl.flat[i*e.flat:], v.Index(i).Addr().UnsafePointer()); err != nil {
			return nil, at(err, index(i))
		}
	}
	return v.Interface(), nil
}

// getList lifts a list, of fixed length or not.
func (d *dyn) getList(cx *Call, pl place) (any, error) {
	n, e := d.t.Len, d.elem
	if n == 0 {
		ptr, length := cx.pair(pl)
		if err := cx.checkList(ptr, length, e.size, e.align); err != nil {
			return nil, err
		}
		pl, n = place{off: ptr}, length
	}
	if err := cx.spend(int(n) * dynSlot); err != nil {
		return nil, err
	}
	if n == 0 {
		return []any(nil), nil
	}
	list := make([]any, n)
	for i := range list {
		var err error
		if list[i], err = e.get(cx, d.elemPlace(pl, i)); err != nil {
			return nil, at(err, index(i))
		}
	}
	return list, nil
}

// pair gives pointer and length of a list.
func (cx *Call) pair(pl place) (ptr, length uint32) {
	if pl.flat != nil {
		return uint32(pl.flat[0]), uint32(pl.flat[1])
	}
	return cx.u32(pl.off), cx.u32(pl.off + 4)
}

func (d *dyn) elemPlace(pl place, i int) place {
	if pl.flat != nil {
		return place{flat: pl.flat[i*d.elem.flat:]}
	}
	return place{off: pl.off + uint32(i)*d.elem.size}
}

func (s *dynStep) place(pl place) place {
	if pl.flat != nil {
		return place{flat: pl.flat[s.slot:]}
	}
	return place{off: pl.off + s.mem}
}

// payloadPlace gives where the payload of a variant lies.
func (d *dyn) payloadPlace(pl place) place {
	if pl.flat != nil {
		return place{flat: pl.flat[1:]}
	}
	return place{off: pl.off + d.payload}
}

func (d *dyn) getFields(cx *Call, pl place) (any, error) {
	if err := cx.spend(len(d.steps) * dynField); err != nil {
		return nil, err
	}
	list := make([]any, len(d.steps))
	for i := range d.steps {
		s := &d.steps[i]
		var err error
		if list[i], err = s.dyn.get(cx, s.place(pl)); err != nil {
			return nil, at(err, s.name)
		}
	}
	if d.t.Kind == Tuple {
		return list, nil
	}
	record := make(RecordValue, len(list))
	for i, v := range list {
		record[i] = FieldValue{d.t.Fields[i].Name, v}
	}
	return record, nil
}

func (d *dyn) getCase(cx *Call, pl place) (any, error) {
	if err := cx.spend(dynCase); err != nil {
		return nil, err
	}
	var i uint32
	if pl.flat != nil {
		i = uint32(pl.flat[0])
	} else {
		i = loadUint(cx.mem, pl.off, d.disc)
	}
	if uint64(i) >= uint64(len(d.steps)) {
		return nil, trapf(TrapDiscriminant, "case %d of a type with %d cases", i, len(d.steps))
	}
	var v any
	if s := &d.steps[i]; s.dyn != nil {
		var err error
		if v, err = s.dyn.get(cx, d.payloadPlace(pl)); err != nil {
			return nil, at(err, s.name)
		}
	}
	return closeCase(d.t, int(i), v), nil
}

// put lowers a value in canonical form.
func (d *dyn) put(cx *Call, pl place, v any) error {
	switch {
	case d.leaf != nil && d.t.Len > 0:
		return d.putScalars(cx, pl, reflect.ValueOf(v))
	case d.leaf != nil:
		return d.putLeaf(cx, pl, v)
	case d.t.Kind == List:
		return d.putList(cx, pl, v.([]any))
	case d.t.Kind == Record:
		for i, f := range v.(RecordValue) {
			if err := d.putField(cx, pl, i, f.Value); err != nil {
				return err
			}
		}
		return nil
	case d.t.Kind == Tuple:
		for i, f := range v.([]any) {
			if err := d.putField(cx, pl, i, f); err != nil {
				return err
			}
		}
		return nil
	}
	return d.putCase(cx, pl, v)
}

func (d *dyn) putField(cx *Call, pl place, i int, v any) error {
	s := &d.steps[i]
	return at(s.dyn.put(cx, s.place(pl), v), s.name)
}

func (d *dyn) putLeaf(cx *Call, pl place, v any) error {
	p := reflect.New(d.shape)
	switch d.t.Kind {
	case Enum:
		p.Elem().SetUint(uint64(caseIndex(d.t, v.(string))))
	case Flags:
		p.Elem().SetUint(uint64(flagBits(d.t, v.([]string))))
	default:
		p.Elem().Set(reflect.ValueOf(v))
	}
	if pl.flat != nil {
		return d.leaf.lowerFlat(cx, pl.flat, p.UnsafePointer())
	}
	return d.leaf.store(cx, pl.off, p.UnsafePointer())
}

func (d *dyn) putScalars(cx *Call, pl place, v reflect.Value) error {
	if pl.flat == nil {
		return d.leaf.storeElems(cx, pl.off, v.UnsafePointer(), d.t.Len)
	}
	e := d.leaf.elem
	for i := range v.Len() {
		if err := e.lowerFlat(cx, pl.flat[i*e.flat:], v.Index(i).Addr().UnsafePointer()); err != nil {
			return at(err, index(i))
		}
	}
	return nil
}

func (d *dyn) putList(cx *Call, pl place, list []any) error {
	if d.t.Len == 0 {
		ptr, err := cx.alloc(d.elem.align, uint32(len(list))*d.elem.size)
		if err != nil {
			return err
		}
		if pl.flat != nil {
			pl.flat[0], pl.flat[1] = uint64(ptr), uint64(len(list))
		} else {
			cx.putU32(pl.off, ptr)
			cx.putU32(pl.off+4, uint32(len(list)))
		}
		pl = place{off: ptr}
	}
	for i, v := range list {
		if err := d.elem.put(cx, d.elemPlace(pl, i), v); err != nil {
			return at(err, index(i))
		}
	}
	return nil
}

func (d *dyn) putCase(cx *Call, pl place, v any) error {
	i, payload := openCase(d.t, v)
	if pl.flat != nil {
		clear(pl.flat[:d.flat])
		pl.flat[0] = uint64(i)
	} else {
		storeUint(cx.mem, pl.off, d.disc, uint32(i))
	}
	s := &d.steps[i]
	if s.dyn == nil {
		return nil
	}
	return at(s.dyn.put(cx, d.payloadPlace(pl), payload), s.name)
}

// openCase gives the case and the payload of a canonical value.
func openCase(t *Type, v any) (int, any) {
	switch v := v.(type) {
	case OptionOf[any]:
		if v.Some {
			return 1, v.Value
		}
		return 0, nil
	case ResultOf[any, any]:
		if v.IsErr {
			return 1, v.Err
		}
		return 0, v.OK
	case VariantValue:
		return caseIndex(t, v.Case), v.Value
	}
	panic("abi: no value of a variant")
}

// caseIndex gives the index of a case, -1 if there is none of that name.
func caseIndex(t *Type, name string) int {
	for i, c := range t.Cases {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// flagBits gives the bits of labels that are known to be of t.
func flagBits(t *Type, set []string) (bits uint32) {
	for _, s := range set {
		for i, l := range t.Labels {
			if s == l {
				bits |= 1 << i
			}
		}
	}
	return bits
}
