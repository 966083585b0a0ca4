package bridge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// A borrowWriter writes the code that drops the borrowed handles in the
// parameters of a function, which the bridge has lent to the callee and must
// have dropped itself when it returns. There is a function for each type that
// has some in it, and one for the elements of each list.
type borrowWriter struct {
	resources []*component.Resource // whose drops are imported
	values    map[*abi.Type]int     // functions $value, by type
	lists     map[*abi.Type]int     // functions $list, by the type of the elements
	funcs     strings.Builder
}

// params gives the code for a function whose parameters are the locals.
func (w *borrowWriter) params(f *abi.FuncType) string {
	t := f.ParamTuple()
	switch slots := t.Flat(); {
	case !t.HasBorrows():
		return ""
	case len(slots) > abi.MaxFlatParams:
		return w.inMemory(t, "(local.get 0)")
	default:
		return w.flat(t, 0, slots)
	}
}

// flat gives the code for a value in the locals from slot on. slots are the
// types of all locals, which differ from the value's own within a variant.
func (w *borrowWriter) flat(t *abi.Type, slot int, slots []abi.CoreType) string {
	local := func(i int) string {
		if slots[i] == abi.I64 {
			return fmt.Sprintf("(i32.wrap_i64 (local.get %d))", i)
		}
		return fmt.Sprintf("(local.get %d)", i)
	}
	var b strings.Builder
	switch {
	case !t.HasBorrows():
	case t.Kind == abi.Borrow:
		return w.drop(t, local(slot))
	case t.Kind == abi.List && t.Len == 0:
		return w.list(t.Elem, local(slot), local(slot+1))
	case t.Kind == abi.List:
		for i := range int(t.Len) {
			b.WriteString(w.flat(t.Elem, slot+i*len(t.Elem.Flat()), slots))
		}
	case t.Kind == abi.Record || t.Kind == abi.Tuple:
		for _, f := range t.Fields {
			b.WriteString(w.flat(f.Type, slot, slots))
			slot += len(f.Type.Flat())
		}
	default:
		for i, c := range t.Cases {
			if c.Type != nil && c.Type.HasBorrows() {
				b.WriteString(inCase(local(slot), i, w.flat(c.Type, slot+1, slots)))
			}
		}
	}
	return b.String()
}

func (w *borrowWriter) drop(t *abi.Type, handle string) string {
	r := t.Resource.(*component.Resource)
	i := slices.Index(w.resources, r)
	if i < 0 {
		i = len(w.resources)
		w.resources = append(w.resources, r)
	}
	return fmt.Sprintf(" (call $drop%d %s)", i, handle)
}

func inCase(discriminant string, i int, code string) string {
	return fmt.Sprintf(" (if (i32.eq %s (i32.const %d)) (then%s))", discriminant, i, code)
}

// inMemory gives the code for a value at an address.
func (w *borrowWriter) inMemory(t *abi.Type, address string) string {
	if !t.HasBorrows() {
		return ""
	}
	n, ok := w.values[t]
	if !ok {
		n = len(w.values)
		w.values[t] = n
		fmt.Fprintf(&w.funcs, "(func $value%d (param i32)%s)\n", n, w.value(t))
	}
	return fmt.Sprintf(" (call $value%d %s)", n, address)
}

// value gives the body of a function $value.
func (w *borrowWriter) value(t *abi.Type) string {
	at := func(offset uint32) string { return fmt.Sprintf("(i32.add (local.get 0) (i32.const %d))", offset) }
	var b strings.Builder
	switch {
	case t.Kind == abi.Borrow:
		return w.drop(t, "(i32.load (local.get 0))")
	case t.Kind == abi.List && t.Len == 0:
		return w.list(t.Elem, "(i32.load (local.get 0))", "(i32.load offset=4 (local.get 0))")
	case t.Kind == abi.List:
		return w.list(t.Elem, "(local.get 0)", fmt.Sprintf("(i32.const %d)", t.Len))
	case t.Kind == abi.Record || t.Kind == abi.Tuple:
		for i, f := range t.Fields {
			b.WriteString(w.inMemory(f.Type, at(t.FieldOffsets()[i])))
		}
		return b.String()
	}
	load := map[uint32]string{1: "i32.load8_u", 2: "i32.load16_u", 4: "i32.load"}[abi.DiscriminantSize(len(t.Cases))]
	for i, c := range t.Cases {
		if c.Type != nil && c.Type.HasBorrows() {
			b.WriteString(inCase("("+load+" (local.get 0))", i, w.inMemory(c.Type, at(t.PayloadOffset()))))
		}
	}
	return b.String()
}

// list gives the code for the elements of a list.
func (w *borrowWriter) list(elem *abi.Type, address, length string) string {
	n, ok := w.lists[elem]
	if !ok {
		n = len(w.lists)
		w.lists[elem] = n
		fmt.Fprintf(&w.funcs, `(func $list%d (param i32) (param i32)
 (block $end (loop $next
  (br_if $end (i32.eqz (local.get 1)))
  %s
  (local.set 0 (i32.add (local.get 0) (i32.const %d)))
  (local.set 1 (i32.sub (local.get 1) (i32.const 1)))
  (br $next))))
`, n, w.inMemory(elem, "(local.get 0)"), elem.Size())
	}
	return fmt.Sprintf(" (call $list%d %s %s)", n, address, length)
}

// resource gives the index of a resource type that the interface uses.
func (r *root) resource(res *component.Resource) (uint32, error) {
	if len(res.Import) == 2 {
		for _, a := range importArgs(&r.b) {
			if a.Sort == component.SortInstance && a.Name == res.Import[0] {
				return r.b.Member(a.Index, component.SortType, res.Import[1]), nil
			}
		}
	}
	for _, a := range importArgs(&r.b) {
		if len(res.Import) == 1 && a.Sort == component.SortType && a.Name == res.Import[0] {
			return a.Index, nil
		}
	}
	return 0, fmt.Errorf("resource %s, of which it borrows handles: %w", res.Name, errDepends)
}
