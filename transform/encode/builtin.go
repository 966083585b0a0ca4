package encode

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A builtin is a canonical built-in that a module imports. Its definition has
// everything but indices, which are there only when it is emitted.
type builtin struct {
	place
	def component.Canon
	typ wit.Type // the resource, stream or future that it is for, or the result that task.return takes; else nil
}

// builtinTarget finds the built-in that an import stands for: of a resource,
// or of native async. It is nil if the name is of neither kind.
func (e *encoder) builtinTarget(m *module, p place, field string, sig wasm.FuncType) (*target, error) {
	if t, err := e.resourceBuiltin(p, field, sig); t != nil || err != nil {
		return t, err
	}
	n, ok := builtinNamed(field)
	if !ok {
		return nil, nil
	}
	b := &builtin{place: p, def: component.Canon{Op: n.op, Cancellable: n.cancellable}}
	b.def.Opts.Encoding = m.strings
	t := &target{id: p.id() + field, builtin: b}
	want := n.op.Signature()
	err := n.checkPrefixes()
	switch {
	case err != nil:
	case n.op == component.CanonTaskReturn:
		want, err = e.taskReturn(t, n)
	case n.isTransport():
		err = e.transport(t, n)
	case n.fn != "":
		err = fmt.Errorf("there is a name behind %s, which belongs to no function", n.op)
	case p.exported != (n.op == component.CanonTaskCancel) || p.iface != nil:
		err = fmt.Errorf("%s is imported from %q", n.op, n.module())
	default:
		want, err = b.plain(t, n)
	}
	if err == nil {
		err = sameSig(sig, want)
	}
	return t, err
}

// resourceBuiltin finds the built-in of a resource that an import stands for,
// if its name is one of those.
func (e *encoder) resourceBuiltin(p place, field string, sig wasm.FuncType) (*target, error) {
	word, name, ok := strings.Cut(strings.TrimPrefix(field, "[resource-"), "]")
	op, known := component.CanonNamed("resource." + word)
	if !ok || !known || !strings.HasPrefix(field, "[resource-") || !p.exported && op != component.CanonResourceDrop {
		return nil, nil
	}
	def, err := e.resourceNamed(p, name)
	if def == nil || err != nil {
		return nil, err
	}
	if _, own := def.Kind.(*wit.Resource); !own && op != component.CanonResourceDrop {
		return nil, fmt.Errorf("%s is a resource of another interface", name)
	}
	if !p.exported {
		e.use(p.iface, false, def)
	}
	b := &builtin{place: p, def: component.Canon{Op: op}, typ: def}
	return &target{id: p.id() + field, builtin: b}, sameSig(sig, op.Signature())
}

// resourceNamed finds a resource of an interface; of the world it is nil if
// there is none.
func (e *encoder) resourceNamed(p place, name string) (*wit.TypeDef, error) {
	if p.iface == nil {
		for _, it := range e.worldImports {
			if !p.exported && it.Type != nil && it.Name == name && isResource(it.Type) {
				return it.Type, nil
			}
		}
		return nil, nil
	}
	def := p.iface.types[name]
	switch {
	case def == nil:
		return nil, fmt.Errorf("the interface has no resource %s", name)
	case !isResource(def):
		return nil, fmt.Errorf("%s is no resource", name)
	}
	return def, nil
}

// isResource tells whether a type is a resource, aliases followed.
func isResource(t *wit.TypeDef) bool {
	r, ok := t.Resolve().(*wit.TypeDef)
	if ok {
		_, ok = r.Kind.(*wit.Resource)
	}
	return ok
}

// taskReturn finds the function whose result the built-in returns.
func (e *encoder) taskReturn(t *target, n builtinName) (wasm.FuncType, error) {
	b := t.builtin
	if !b.exported {
		return wasm.FuncType{}, fmt.Errorf("%s belongs to exports: it is imported from %q or %q", n.op, exportMark+worldModule, exportMark+"INTERFACE")
	}
	fn, err := e.functionOf(b.place, n)
	if err != nil {
		return wasm.FuncType{}, err
	}
	if !fn.Async {
		return wasm.FuncType{}, fmt.Errorf("the function %s is not async", n.fn)
	}
	ft, err := abi.FuncFromWIT(fn)
	if err != nil {
		return wasm.FuncType{}, err
	}
	result := new(abi.FuncType)
	if ft.Result != nil {
		b.typ, result.Params = fn.Result, []abi.Field{{Type: ft.Result}}
	}
	t.needs.memory = liftNeeds(ft, ft.FlattenAsync(abi.Lifted, false)).memory // as of the function itself
	return coreSig(result.Flatten(abi.Lowered)), nil
}

// functionOf finds the function that a built-in belongs to.
func (e *encoder) functionOf(p place, n builtinName) (*wit.Function, error) {
	fn := e.function(p, n.fn)
	if fn == nil {
		return nil, fmt.Errorf("there is no function %q, which %s belongs to", n.fn, n.op)
	}
	return fn, nil
}

// transport finds the stream or future that the built-in is for.
func (e *encoder) transport(t *target, n builtinName) error {
	b := t.builtin
	if err := e.carrier(b, n); err != nil {
		return err
	}
	typ, err := abi.FromWIT(b.typ)
	if err != nil {
		return err
	}
	want := abi.Future
	if n.isStream() {
		want = abi.Stream
	}
	if typ.Kind != want {
		return fmt.Errorf("number %s of the function %s is not a %s", n.rest[1:], n.fn, want)
	}
	if !b.exported {
		e.use(b.iface, false, b.typ)
	}
	b.def.Async, b.def.Opts.Async = n.async, n.async
	if n.isCopy() {
		reads := n.op == component.CanonStreamRead || n.op == component.CanonFutureRead
		t.needs.memory = typ.Elem != nil || e.hasMemory()
		t.needs.realloc = reads && typ.Elem != nil && typ.Elem.HasPointers()
	}
	return nil
}

// carrier finds the type by its number in the type of a function.
func (e *encoder) carrier(b *builtin, n builtinName) error {
	if n.rest == "-unit" {
		b.typ = &wit.TypeDef{Kind: new(wit.Future)}
		if n.isStream() {
			b.typ = &wit.TypeDef{Kind: new(wit.Stream)}
		}
		return nil
	}
	i, err := strconv.ParseUint(strings.TrimPrefix(n.rest, "-"), 10, 32)
	if err != nil {
		return fmt.Errorf("%s is followed by the number of a stream or future, or by unit, not by %q", n.op, n.rest)
	}
	fn, err := e.functionOf(b.place, n)
	if err != nil {
		return err
	}
	list := transports(fn)
	if i >= uint64(len(list)) {
		return fmt.Errorf("the function %s has no stream or future of number %d: their numbers begin with 0, and it has %d", n.fn, i, len(list))
	}
	b.typ = list[i]
	return nil
}

// transports gives the streams and futures in a function's type, parameters
// first, what another one carries before that one.
func transports(fn *wit.Function) []*wit.TypeDef {
	var list []*wit.TypeDef
	var walk func(wit.Type)
	walk = func(typ wit.Type) {
		t, ok := typ.(*wit.TypeDef)
		if !ok {
			return
		}
		if _, ok := t.Kind.(*wit.Handle); ok {
			return
		}
		for _, c := range components(t.Kind) {
			walk(c)
		}
		switch t.Kind.(type) {
		case *wit.Stream, *wit.Future:
			list = append(list, t)
		}
	}
	for _, p := range fn.Params {
		walk(p.Type)
	}
	if fn.Result != nil {
		walk(fn.Result)
	}
	return list
}

// plain completes a built-in that belongs to no function.
func (b *builtin) plain(t *target, n builtinName) (wasm.FuncType, error) {
	sig := n.op.Signature()
	switch {
	case n.has(component.ImmSlot):
		return b.context(n)
	case n.has(component.ImmOpts): // of error contexts
		for i, name := range encodings {
			if n.rest == "-"+name {
				b.def.Opts.Encoding = component.StringEncoding(i)
				t.needs = needs{memory: true, realloc: n.op == component.CanonErrorContextDebugMessage}
				return sig, nil
			}
		}
		return sig, fmt.Errorf("%s is followed by the encoding of strings, which is one of %s", n.op, strings.Join(encodings, ", "))
	case n.has(component.ImmMemory):
		t.needs.memory = true
		switch n.rest {
		case "-i32":
			return sig, nil
		case "-i64":
			return sig, errors.New("memories of 64-bit addresses are not supported")
		}
	case n.has(component.ImmTable):
		t.needs.table = true
		if n.rest != "-v0" {
			return sig, fmt.Errorf("%s is followed by -v0, not by %q", n.op, n.rest)
		}
		return sig, nil
	}
	b.def.Async = n.async
	if n.rest != "" {
		return sig, fmt.Errorf("%s is followed by %q", n.op, n.rest)
	}
	return sig, nil
}

// encodings are the encodings of strings in the names of built-ins, in the
// order of component.StringEncoding.
var encodings = []string{"utf8", "utf16", "latin1+utf16"}

// context completes what reads or writes a slot of a thread's storage.
func (b *builtin) context(n builtinName) (wasm.FuncType, error) {
	slot, long := strings.CutPrefix(n.rest, "-i64-")
	if !long {
		slot = strings.TrimPrefix(strings.TrimPrefix(n.rest, "-"), "i32-")
	}
	i, err := strconv.ParseUint(slot, 10, 32)
	if err != nil || i > 1 {
		return wasm.FuncType{}, fmt.Errorf("%s is followed by the number of a slot, which is 0 or 1, not by %q", n.op, n.rest)
	}
	typ := wasm.I32
	if long {
		typ = wasm.I64
	}
	return b.slot(uint32(i), typ), nil
}

// slot sets the slot and the type of what is stored, and gives the signature.
func (b *builtin) slot(i uint32, typ wasm.ValType) wasm.FuncType {
	b.def.Slot, b.def.Val = i, byte(typ)
	if b.def.Op == component.CanonContextGet {
		return wasm.FuncType{Results: []wasm.ValType{typ}}
	}
	return wasm.FuncType{Params: []wasm.ValType{typ}}
}
