package abi

import (
	"fmt"
	"reflect"
	"strconv"
)

// A binder makes the nodes of one GoPlan.
type binder struct {
	resolve ResolveResource
	nodes   map[shapeKey]*node
}

// A shapeKey identifies a node: the plan for a type depends on nothing but
// the type and its Go shape.
type shapeKey struct {
	t *Type
	g reflect.Type
}

// maxInline is the number of steps up to which a record within a record is
// made part of the outer one.
const maxInline = 64

var (
	optionType = reflect.TypeFor[optionShape]()
	resultType = reflect.TypeFor[resultShape]()
	refType    = reflect.TypeFor[Ref]()
)

// scalars are the plans of the types whose Go shape is one kind. The others
// have op 0, which is right for Bool alone.
var scalars = map[Kind]struct {
	op   op
	kind reflect.Kind
}{
	Bool: {opBool, reflect.Bool}, Char: {opChar, reflect.Int32}, String: {opString, reflect.String},
	S8: {opS8, reflect.Int8}, S16: {opS16, reflect.Int16}, S32: {op32, reflect.Int32}, S64: {op64, reflect.Int64},
	U8: {op8, reflect.Uint8}, U16: {op16, reflect.Uint16}, U32: {op32, reflect.Uint32}, U64: {op64, reflect.Uint64},
	F32: {op32, reflect.Float32}, F64: {op64, reflect.Float64},
}

func mismatch(path string, t *Type, want string, have reflect.Type) error {
	return fmt.Errorf("%s: %s wants %s, have %s", path, t.Kind, want, have)
}

// params makes the node of the parameters, whose paths begin with their
// number, and which may be none.
func (b *binder) params(ft *FuncType, g reflect.Type) (*node, error) {
	if g != argsType && (g.Kind() != reflect.Struct || g.NumField() != len(ft.Params)) {
		return nil, fmt.Errorf("parameters: %d parameter(s) want a struct of as many fields, have %s", len(ft.Params), g)
	}
	t := ft.ParamTuple()
	names := make([]string, len(ft.Params))
	for i, f := range ft.Params {
		names[i] = fmt.Sprintf("param %d (%s)", i+1, f.Name)
	}
	if t.Size() > MaxListBytes {
		return nil, fmt.Errorf("parameters: too large")
	}
	if g == argsType {
		return b.dynamicParams(t, names)
	}
	return b.fields(newNode(t, g, opRecord), t, g, "", names)
}

func newNode(t *Type, g reflect.Type, o op) *node {
	return &node{op: o, size: t.Size(), align: t.Align(), goSize: g.Size(), flat: len(t.Flat())}
}

func (b *binder) bind(t *Type, g reflect.Type, path string) (*node, error) {
	key := shapeKey{t, g}
	if n := b.nodes[key]; n != nil {
		return n, nil
	}
	if err := checkType(t, path); err != nil {
		return nil, err
	}
	n, err := b.newNode(t, g, path)
	if err != nil {
		return nil, err
	}
	b.nodes[key] = n
	return n, nil
}

// checkType rejects types that no valid component has, and that would break
// the arithmetic of plans.
func checkType(t *Type, path string) error {
	switch {
	case t.Kind >= Stream && t.Kind <= ErrorContext:
		return fmt.Errorf("%s: %s: native async is not supported, lower it first", path, t.Kind)
	case t.Kind > ErrorContext:
		return fmt.Errorf("%s: type of unknown kind %d", path, t.Kind)
	case t.Kind >= Variant && t.Kind <= Result && len(t.Cases) == 0,
		t.Kind == Flags && len(t.Labels) == 0,
		t.Size() == 0:
		return fmt.Errorf("%s: empty %s", path, t.Kind)
	case t.Kind == Flags && len(t.Labels) > 32:
		return fmt.Errorf("%s: flags with more than 32 labels", path)
	case t.Size() > MaxListBytes:
		return fmt.Errorf("%s: %s is too large", path, t.Kind)
	}
	return nil
}

func (b *binder) newNode(t *Type, g reflect.Type, path string) (*node, error) {
	if g == anyType {
		return b.dynamic(t, path)
	}
	if s, ok := scalars[t.Kind]; ok {
		if g.Kind() != s.kind {
			return nil, mismatch(path, t, s.kind.String(), g)
		}
		n := newNode(t, g, s.op)
		n.bulk = n.size == 1 && s.op != opBool || littleEndian && isNumber(s.op)
		return n, nil
	}
	switch t.Kind {
	case List:
		return b.list(t, g, path)
	case Record, Tuple:
		if t.Kind == Tuple && g.Kind() == reflect.Array {
			return b.array(t, g, path)
		}
		if g.Kind() != reflect.Struct {
			return nil, mismatch(path, t, "a struct", g)
		}
		if g.NumField() != len(t.Fields) {
			return nil, mismatch(path, t, fmt.Sprintf("a struct of %d fields", len(t.Fields)), g)
		}
		return b.fields(newNode(t, g, opRecord), t, g, path, fieldNames(t))
	case Flags:
		if !isUnsigned(g) || g.Bits() < len(t.Labels) {
			return nil, mismatch(path, t, fmt.Sprintf("an unsigned integer of at least %d bits", len(t.Labels)), g)
		}
		n := newNode(t, g, opFlags)
		n.mask = flagsMask(t)
		return n, nil
	case Own, Borrow:
		return b.handle(t, g, path)
	}
	return b.variant(t, g, path)
}

func isNumber(o op) bool { return o >= op8 && o <= opS16 }

func flagsMask(t *Type) uint32 { return uint32(1<<len(t.Labels) - 1) }

func isUnsigned(g reflect.Type) bool {
	return g.Kind() >= reflect.Uint && g.Kind() <= reflect.Uint64
}

// fieldNames gives what paths call the fields of a record or tuple.
func fieldNames(t *Type) []string {
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = "." + f.Name
		if f.Name == "" {
			names[i] = "." + strconv.Itoa(i)
		}
	}
	return names
}

// fields fills in the steps of a record.
func (b *binder) fields(n *node, t *Type, g reflect.Type, path string, names []string) (*node, error) {
	n.bulk = n.goSize == uintptr(n.size)
	slot, sum := 0, uint32(0)
	for i, f := range t.Fields {
		gf := g.Field(i)
		if !gf.IsExported() {
			return nil, fmt.Errorf("%s%s: field %s of %s is not exported", path, names[i], gf.Name, g)
		}
		e, err := b.bind(f.Type, gf.Type, path+names[i])
		if err != nil {
			return nil, err
		}
		s := step{node: e, mem: t.FieldOffsets()[i], slot: slot, off: gf.Offset, name: names[i]}
		n.bulk = n.bulk && e.bulk && s.off == uintptr(s.mem)
		n.inline(s)
		slot += e.flat
		sum += e.size
	}
	n.bulk = n.bulk && sum == n.size // padding is not for the other side to see
	return n, nil
}

// array fills in the steps of a tuple that stands for a list of fixed length.
func (b *binder) array(t *Type, g reflect.Type, path string) (*node, error) {
	if g.Len() != len(t.Fields) {
		return nil, mismatch(path, t, fmt.Sprintf("an array of length %d", len(t.Fields)), g)
	}
	n := newNode(t, g, opRecord)
	n.bulk = n.goSize == uintptr(n.size)
	slot := 0
	for i, f := range t.Fields {
		name := "[" + strconv.Itoa(i) + "]"
		e, err := b.bind(f.Type, g.Elem(), path+name)
		if err != nil {
			return nil, err
		}
		s := step{node: e, mem: t.FieldOffsets()[i], slot: slot, off: uintptr(i) * g.Elem().Size(), name: name}
		n.bulk = n.bulk && e.bulk && s.off == uintptr(s.mem) && e.goSize == uintptr(e.size)
		n.inline(s)
		slot += e.flat
	}
	return n, nil
}

// inline appends a step, or the steps of the record that it is.
func (n *node) inline(s step) {
	if s.node.op != opRecord || len(s.node.steps)+len(n.steps) > maxInline {
		n.steps = append(n.steps, s)
		return
	}
	for _, in := range s.node.steps {
		in.mem += s.mem
		in.slot += s.slot
		in.off += s.off
		in.name = s.name + in.name
		n.steps = append(n.steps, in)
	}
}

func (b *binder) list(t *Type, g reflect.Type, path string) (*node, error) {
	n := newNode(t, g, opList)
	want, kind := "a slice", reflect.Slice
	if t.Len > 0 {
		n.op, n.length = opArray, t.Len
		want, kind = fmt.Sprintf("an array of length %d", t.Len), reflect.Array
	}
	if g.Kind() != kind || t.Len > 0 && uint64(g.Len()) != uint64(t.Len) {
		return nil, mismatch(path, t, want, g)
	}
	var err error
	if n.elem, err = b.bind(t.Elem, g.Elem(), path+"[]"); err != nil {
		return nil, err
	}
	if n.op == opArray {
		n.bulk = n.elem.bulk
	} else if hasPointers(g.Elem()) {
		n.slice = g
	}
	return n, nil
}

// variant binds variants and all that are variants by another name.
func (b *binder) variant(t *Type, g reflect.Type, path string) (*node, error) {
	fields, err := caseFields(t, g, path)
	if err != nil {
		return nil, err
	}
	n := newNode(t, g, opVariant)
	n.disc, n.payload = DiscriminantSize(len(t.Cases)), t.PayloadOffset()
	n.goDisc = g.Size()
	if g.Kind() == reflect.Struct {
		n.goDisc = g.Field(0).Type.Size()
	}
	n.steps = make([]step, len(t.Cases))
	for i, c := range t.Cases {
		n.steps[i].name = "." + c.Name
		if c.Type == nil {
			continue
		}
		f := fields[0]
		fields = fields[1:]
		if n.steps[i].node, err = b.bind(c.Type, f.Type, path+"."+c.Name); err != nil {
			return nil, err
		}
		n.steps[i].off = f.Offset
	}
	return n, nil
}

// caseFields checks the outer shape of a variant-like type and gives the Go
// fields of the cases that have a payload.
func caseFields(t *Type, g reflect.Type, path string) ([]reflect.StructField, error) {
	var fields []reflect.StructField
	if g.Kind() == reflect.Struct {
		fields = reflect.VisibleFields(g)
	}
	switch t.Kind {
	case Enum:
		if !isUnsigned(g) || g.Bits() < 32 && len(t.Cases) > 1<<g.Bits() {
			return nil, mismatch(path, t, fmt.Sprintf("an unsigned integer with room for %d cases", len(t.Cases)), g)
		}
		return nil, nil
	case Option:
		if !g.Implements(optionType) || len(fields) != 2 {
			return nil, mismatch(path, t, "abi.OptionOf", g)
		}
		return fields[1:], nil
	case Result:
		if !g.Implements(resultType) || len(fields) != 3 {
			return nil, mismatch(path, t, "abi.ResultOf", g)
		}
		return resultFields(t, fields[1:], path)
	}
	payloads := 0
	for _, c := range t.Cases {
		if c.Type != nil {
			payloads++
		}
	}
	want := fmt.Sprintf("a struct of an unsigned integer Case with room for %d cases and %d exported field(s) for payloads", len(t.Cases), payloads)
	if len(fields) != payloads+1 || g.NumField() != len(fields) || fields[0].Name != "Case" || !isUnsigned(fields[0].Type) ||
		fields[0].Type.Bits() < 32 && len(t.Cases) > 1<<fields[0].Type.Bits() {
		return nil, mismatch(path, t, want, g)
	}
	for _, f := range fields {
		if !f.IsExported() {
			return nil, mismatch(path, t, want, g)
		}
	}
	return fields[1:], nil
}

// resultFields drops the arms without a payload, which must be struct{}.
func resultFields(t *Type, arms []reflect.StructField, path string) ([]reflect.StructField, error) {
	var fields []reflect.StructField
	for i, f := range arms {
		switch c := t.Cases[i]; {
		case c.Type != nil:
			fields = append(fields, f)
		case f.Type != anyType && (f.Type.Kind() != reflect.Struct || f.Type.NumField() > 0):
			return nil, fmt.Errorf("%s.%s: an absent payload wants struct{}, have %s", path, c.Name, f.Type)
		}
	}
	return fields, nil
}

func (b *binder) handle(t *Type, g reflect.Type, path string) (*node, error) {
	n := newNode(t, g, opOwn)
	if t.Kind == Borrow {
		n.op = opBorrow
	}
	if b.resolve == nil {
		return nil, fmt.Errorf("%s: no resource types are known here", path)
	}
	var err error
	if n.res, err = b.resolve(t.Resource); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	switch rt := n.res.Type; {
	case g == refType:
		n.ref = true
	case rt == nil || rt.Go == nil:
		return nil, mismatch(path, t, refType.String(), g)
	case rt.Go != g || g.Kind() != reflect.Pointer:
		return nil, mismatch(path, t, fmt.Sprintf("%s for resource %s", rt.Go, rt.Name), g)
	}
	return n, nil
}

// hasPointers tells whether the garbage collector has to look into values of
// a Go type that a plan accepts.
func hasPointers(g reflect.Type) bool {
	switch g.Kind() {
	case reflect.Array:
		return g.Len() > 0 && hasPointers(g.Elem())
	case reflect.Struct:
		for i := range g.NumField() {
			if hasPointers(g.Field(i).Type) {
				return true
			}
		}
		return false
	case reflect.Bool, reflect.Float32, reflect.Float64:
		return false
	}
	return g.Kind() < reflect.Int || g.Kind() > reflect.Uint64
}
