package component

import (
	"errors"
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// maxElemSize bounds the size of a value in a memory of 64-bit addresses
// (spec: elem_size(t, 'i64') < 2^28).
const maxElemSize = 1 << 28

// A typeInfo is what is known of a value type beside its structure.
type typeInfo struct {
	nodes       int    // of the type as a tree
	size, align uint64 // with pointers of 64 bits
	resource    bool   // has a handle in it
	borrow      bool   // has a borrowed handle in it
	async       bool   // has a stream, future or error-context in it

	handle *typeVal // own, borrow: the resource type as it was named
	isMap  bool     // a map, which is a list of pairs otherwise

	from *abi.Type // the type that was given another name, or nil
}

func (l *linker) typeDef(s *scope, t Type) (*typeVal, error) {
	if err := l.spend(cost(t)); err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case *DefinedType:
		v, err := l.definedType(s, t)
		return &typeVal{val: v}, err
	case *FuncType:
		f, err := l.funcType(s, t)
		return &typeVal{fn: f}, err
	case *ResourceType:
		return l.resourceType(s, t)
	case *ComponentType:
		return l.closure(&typeClosure{ast: t, component: true, decls: t.Decls, parent: s, visible: s.counts()})
	case *InstanceType:
		return l.closure(&typeClosure{ast: t, decls: t.Decls, parent: s, visible: s.counts()})
	}
	return nil, fmt.Errorf("unknown type %T", t)
}

// closure makes a type of a component or instance type. What it says is
// checked when it is met first; later it is evaluated where it is used.
func (l *linker) closure(tc *typeClosure) (*typeVal, error) {
	if l.checked[tc.ast] {
		return &typeVal{closure: tc}, nil
	}
	l.checked[tc.ast] = true
	err := l.checking(func() error {
		_, err := l.declare(tc, l.anything, l.anything)
		return err
	})
	return &typeVal{closure: tc}, err
}

// anything is a supplier that makes up what is wanted.
func (l *linker) anything(name string, d ExternDesc, s *scope) (entity, error) {
	e, _, err := l.fresh(s, d, []string{name})
	return e, err
}

func (l *linker) resourceType(s *scope, t *ResourceType) (*typeVal, error) {
	if s.kind == typeScope {
		return nil, errors.New("a resource type is defined within a component or instance type")
	}
	r := &Resource{Owner: s.inst}
	step := &DefineResource{Resource: r}
	if t.Dtor != nil {
		f, err := lookup[*coreItem](s, SortCoreFunc, *t.Dtor)
		if err == nil {
			err = wantSig(f, "the destructor", sigOf([]abi.CoreType{abi.I32}, nil))
		}
		if err != nil {
			return nil, err
		}
		if step.Dtor, err = l.exported(f, s.inst); err != nil {
			return nil, err
		}
	}
	l.out.prog.Resources = append(l.out.prog.Resources, r)
	_, err := l.addStep(step)
	return &typeVal{res: r}, err
}

func (l *linker) funcType(s *scope, t *FuncType) (*abi.FuncType, error) {
	f := &abi.FuncType{Async: t.Async}
	var names labelSet
	for _, p := range t.Params {
		if err := names.add(p.Name); err != nil {
			return nil, fmt.Errorf("parameter: %w", err)
		}
		v, err := l.valType(s, p.Type)
		if err != nil {
			return nil, fmt.Errorf("parameter %q: %w", p.Name, err)
		}
		f.Params = append(f.Params, abi.Field{Name: p.Name, Type: v})
	}
	if t.Result == nil {
		return f, nil
	}
	v, err := l.valType(s, t.Result)
	if err == nil && l.info[v].borrow {
		err = errors.New("a borrowed handle cannot be returned")
	}
	if err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	f.Result = v
	return f, nil
}

func (l *linker) funcTypeAt(s *scope, i uint32) (*abi.FuncType, error) {
	t, err := lookup[*typeVal](s, SortType, i)
	if err != nil {
		return nil, err
	}
	if t.fn == nil {
		return nil, fmt.Errorf("type %d is %s, not a function type", i, t.describe())
	}
	return t.fn, nil
}

func closureAt(s *scope, i uint32, component bool) (*typeClosure, error) {
	t, err := lookup[*typeVal](s, SortType, i)
	if err != nil {
		return nil, err
	}
	if t.closure == nil || t.closure.component != component {
		what := "an instance type"
		if component {
			what = "a component type"
		}
		return nil, fmt.Errorf("type %d is %s, not %s", i, t.describe(), what)
	}
	return t.closure, nil
}

func resourceAt(s *scope, i uint32) (*Resource, error) {
	t, err := resourceTypeAt(s, i)
	if err != nil {
		return nil, err
	}
	return t.res, nil
}

func resourceTypeAt(s *scope, i uint32) (*typeVal, error) {
	t, err := lookup[*typeVal](s, SortType, i)
	if err != nil {
		return nil, err
	}
	if t.res == nil {
		return nil, fmt.Errorf("type %d is %s, not a resource type", i, t.describe())
	}
	return t, nil
}

var primKinds = map[PrimType]abi.Kind{
	PrimBool: abi.Bool, PrimS8: abi.S8, PrimU8: abi.U8, PrimS16: abi.S16, PrimU16: abi.U16,
	PrimS32: abi.S32, PrimU32: abi.U32, PrimS64: abi.S64, PrimU64: abi.U64,
	PrimF32: abi.F32, PrimF64: abi.F64, PrimChar: abi.Char, PrimString: abi.String,
	PrimErrorContext: abi.ErrorContext,
}

// valType resolves a reference to a value type.
func (l *linker) valType(s *scope, v *ValType) (*abi.Type, error) {
	if v == nil {
		return nil, errors.New("a type is missing")
	}
	if v.Prim == 0 {
		t, err := lookup[*typeVal](s, SortType, v.Index)
		if err != nil {
			return nil, err
		}
		if t.val == nil {
			return nil, fmt.Errorf("type %d is %s, not a value type", v.Index, t.describe())
		}
		return t.val, nil
	}
	if t := l.prims[v.Prim]; t != nil {
		return t, nil
	}
	t, err := l.primType(v.Prim)
	if err == nil {
		l.prims[v.Prim] = t
	}
	return t, err
}

func (l *linker) primType(p PrimType) (*abi.Type, error) {
	kind, ok := primKinds[p]
	if !ok {
		return nil, fmt.Errorf("primitive type 0x%02x is not supported", byte(p))
	}
	return l.newType(&abi.Type{Kind: kind})
}

func (l *linker) definedType(s *scope, d *DefinedType) (*abi.Type, error) {
	t := &abi.Type{}
	var err error
	switch d.Kind {
	case DefPrim:
		// A type of its own, not the shared one, so that it can have a name.
		return l.primType(d.Prim)
	case DefRecord, DefTuple:
		t.Kind = abi.Record
		if d.Kind == DefTuple {
			t.Kind = abi.Tuple
		}
		t.Fields, err = l.fields(s, d)
	case DefVariant:
		t.Kind = abi.Variant
		t.Cases, err = l.cases(s, d)
	case DefEnum, DefFlags:
		err = labels(t, d)
	case DefList, DefFixed:
		t.Kind, t.Len = abi.List, d.Len
		if d.Kind == DefFixed && d.Len == 0 {
			return nil, errors.New("a list of fixed length 0")
		}
		t.Elem, err = l.valType(s, d.Elem)
	case DefOption:
		var elem *abi.Type
		elem, err = l.valType(s, d.Elem)
		t.Kind, t.Cases = abi.Option, []abi.Case{{Name: "none"}, {Name: "some", Type: elem}}
	case DefResult:
		t.Kind, t.Cases = abi.Result, []abi.Case{{Name: "ok"}, {Name: "error"}}
		for i, arm := range []*ValType{d.Elem, d.Err} {
			if arm != nil && err == nil {
				t.Cases[i].Type, err = l.valType(s, arm)
			}
		}
	case DefOwn, DefBorrow:
		t.Kind = abi.Own
		if d.Kind == DefBorrow {
			t.Kind = abi.Borrow
		}
		return l.handleType(s, t, d.Res)
	case DefStream, DefFuture:
		t.Kind = abi.Stream
		if d.Kind == DefFuture {
			t.Kind = abi.Future
		}
		t.Elem, err = l.element(s, d)
	case DefMap:
		return l.mapType(s, d)
	default:
		err = fmt.Errorf("unknown kind of type 0x%02x", byte(d.Kind))
	}
	if err != nil {
		return nil, err
	}
	return l.newType(t)
}

// element resolves the type of what a stream or future carries; nil for none.
func (l *linker) element(s *scope, d *DefinedType) (*abi.Type, error) {
	if d.Elem == nil {
		return nil, nil
	}
	t, err := l.valType(s, d.Elem)
	switch {
	case err != nil:
		return nil, err
	case l.info[t].borrow:
		return nil, errors.New("a stream or future of borrowed handles")
	case d.Kind == DefStream && t.Kind == abi.Char:
		return nil, errors.New("stream<char> is not valid at this time")
	}
	return t, nil
}

func (l *linker) handleType(s *scope, t *abi.Type, resource uint32) (*abi.Type, error) {
	r, err := resourceTypeAt(s, resource)
	if err != nil {
		return nil, err
	}
	t.Resource = r.res
	if t, err = l.newType(t); err == nil {
		info := l.info[t]
		info.handle = r
		l.info[t] = info
	}
	return t, err
}

// mapType makes a list of pairs, which is what a map is to the canonical ABI.
func (l *linker) mapType(s *scope, d *DefinedType) (*abi.Type, error) {
	key, err := l.valType(s, d.Key)
	if err != nil {
		return nil, err
	}
	switch key.Kind {
	case abi.Bool, abi.S8, abi.U8, abi.S16, abi.U16, abi.S32, abi.U32, abi.S64, abi.U64, abi.Char, abi.String:
	default:
		return nil, fmt.Errorf("a map with keys of type %s", brief(key))
	}
	val, err := l.valType(s, d.Elem)
	if err != nil {
		return nil, err
	}
	pair := &abi.Type{Kind: abi.Tuple, Fields: []abi.Field{{Type: key}, {Type: val}}}
	l.info[pair] = l.infoOf(pair) // of any size: only what is defined has a limit
	t, err := l.newType(&abi.Type{Kind: abi.List, Elem: pair})
	if err == nil {
		info := l.info[t]
		info.isMap = true
		l.info[t] = info
	}
	return t, err
}

func (l *linker) fields(s *scope, d *DefinedType) ([]abi.Field, error) {
	if len(d.Fields) == 0 {
		return nil, errors.New("a record or tuple without fields")
	}
	var names labelSet
	fields := make([]abi.Field, 0, len(d.Fields))
	for _, f := range d.Fields {
		if d.Kind == DefRecord {
			if err := names.add(f.Name); err != nil {
				return nil, fmt.Errorf("field: %w", err)
			}
		}
		t, err := l.valType(s, f.Type)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", f.Name, err)
		}
		fields = append(fields, abi.Field{Name: f.Name, Type: t})
	}
	return fields, nil
}

func (l *linker) cases(s *scope, d *DefinedType) ([]abi.Case, error) {
	if len(d.Fields) == 0 {
		return nil, errors.New("a variant without cases")
	}
	var names labelSet
	cases := make([]abi.Case, 0, len(d.Fields))
	for _, f := range d.Fields {
		if err := names.add(f.Name); err != nil {
			return nil, fmt.Errorf("case: %w", err)
		}
		c := abi.Case{Name: f.Name}
		if f.Type != nil {
			t, err := l.valType(s, f.Type)
			if err != nil {
				return nil, fmt.Errorf("case %q: %w", f.Name, err)
			}
			c.Type = t
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// labels completes an enum or flags type.
func labels(t *abi.Type, d *DefinedType) error {
	switch {
	case len(d.Labels) == 0:
		return errors.New("an enum or flags type without labels")
	case d.Kind == DefFlags && len(d.Labels) > 32:
		return fmt.Errorf("%d flags, at most 32 are allowed", len(d.Labels))
	}
	var names labelSet
	for _, label := range d.Labels {
		if err := names.add(label); err != nil {
			return fmt.Errorf("label: %w", err)
		}
	}
	if d.Kind == DefFlags {
		t.Kind, t.Labels = abi.Flags, d.Labels
		return nil
	}
	t.Kind = abi.Enum
	for _, label := range d.Labels {
		t.Cases = append(t.Cases, abi.Case{Name: label})
	}
	return nil
}

// newType checks the size of a type whose parts are known already, and has
// its layout computed: layouts are cached without a lock, so this must be
// over before a Program is shared.
func (l *linker) newType(t *abi.Type) (*abi.Type, error) {
	info := l.infoOf(t)
	if info.nodes > maxTypeNodes {
		return nil, fmt.Errorf("a type that written out has more than %d parts", maxTypeNodes)
	}
	if l.nodes += info.nodes; l.nodes > maxAllNodes {
		return nil, errors.New("the types of the component are too large")
	}
	if info.size >= maxElemSize {
		return nil, errors.New("a value of the type takes 2^28 bytes or more")
	}
	l.info[t] = info
	t.Size()
	return t, nil
}

func (l *linker) infoOf(t *abi.Type) typeInfo {
	info := typeInfo{nodes: 1, align: 1}
	part := func(p *abi.Type, times int) typeInfo {
		sub := l.info[p]
		info.nodes = min(info.nodes+sub.nodes*times, maxTypeNodes+1)
		info.resource = info.resource || sub.resource
		info.borrow = info.borrow || sub.borrow
		info.async = info.async || sub.async
		return sub
	}
	switch t.Kind {
	case abi.String:
		info.size, info.align = 16, 8
	case abi.List:
		// Flattening repeats the element as often as it could be passed flat.
		elem := part(t.Elem, int(min(max(t.Len, 1), abi.MaxFlatParams+1)))
		info.size, info.align = 16, 8
		if t.Len > 0 {
			info.size, info.align = elem.size*uint64(t.Len), elem.align
		}
	case abi.Record, abi.Tuple:
		for _, f := range t.Fields {
			sub := part(f.Type, 1)
			info.align = max(info.align, sub.align)
			info.size = alignTo(info.size, sub.align) + sub.size
		}
		info.size = alignTo(info.size, info.align)
	case abi.Variant, abi.Enum, abi.Option, abi.Result:
		disc := uint64(abi.DiscriminantSize(len(t.Cases)))
		payload := uint64(0)
		info.align, info.nodes = disc, 1+len(t.Cases)
		payloadAlign := uint64(1)
		for _, c := range t.Cases {
			if c.Type != nil {
				sub := part(c.Type, 1)
				payload, payloadAlign = max(payload, sub.size), max(payloadAlign, sub.align)
			}
		}
		info.align = max(disc, payloadAlign)
		info.size = alignTo(alignTo(disc, payloadAlign)+payload, info.align)
	case abi.Own, abi.Borrow:
		info.size, info.align = 4, 4
		info.resource, info.borrow = true, t.Kind == abi.Borrow
	case abi.Stream, abi.Future:
		info.size, info.align, info.async = 4, 4, true
		if t.Elem != nil {
			part(t.Elem, 1)
		}
	default:
		info.size, info.align = uint64(t.Size()), uint64(t.Align())
		info.async = t.Kind == abi.ErrorContext
	}
	return info
}

func alignTo(offset, align uint64) uint64 { return (offset + align - 1) &^ (align - 1) }

// mentionsResource tells whether a type refers to a resource, a component or
// instance type to one outside of it.
func (l *linker) mentionsResource(t *typeVal) bool {
	switch {
	case t.res != nil:
		return true
	case t.val != nil:
		return l.info[t.val].resource
	case t.closure != nil:
		return l.free[t.closure.ast]
	case t.fn != nil:
		for _, p := range t.fn.Params {
			if l.info[p.Type].resource {
				return true
			}
		}
		return t.fn.Result != nil && l.info[t.fn.Result].resource
	}
	return false
}
