package guest

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/wit"
)

// load lifts a value from memory: it emits statements and gives the
// expression of the value.
func (e *body) load(p string, off uint32, t wit.Type) string {
	f := e.f
	switch s := structure(t).(type) {
	case wit.Primitive:
		if s == wit.String {
			return fmt.Sprintf("%sString(%s, %s)", f.witRuntime(), e.cell("uint32", p, off), e.cell("uint32", p, off+4))
		}
		return e.cell(goPrimitives[s], p, off)
	case *wit.TypeDef:
		switch k := s.Kind.(type) {
		case *wit.Record, *wit.Variant:
			args := e.at(p, off)
			if e.hasBorrow(s) {
				args += ", " + e.borrower()
			}
			return f.ref(s, "load", 0) + "(" + args + ")"
		case *wit.Enum, *wit.Flags:
			return e.cell(f.goType(s), p, off)
		case *wit.Tuple:
			return e.loadTuple(p, off, s, k)
		case *wit.Option, *wit.Result:
			return e.loadArms(p, off, s)
		case *wit.List:
			return e.loadList(p, off, k)
		case *wit.Map:
			return e.liftMap(e.cell("uint32", p, off), e.cell("uint32", p, off+4), k)
		default:
			return e.wrapHandle(s, e.cell("int32", p, off))
		}
	}
	panic("no type")
}

func (e *body) loadTuple(p string, off uint32, t *wit.TypeDef, k *wit.Tuple) string {
	var parts []string
	for i, at := range e.abi(t).FieldOffsets() {
		parts = append(parts, fmt.Sprintf("F%d: %s", i, e.load(p, off+at, k.Types[i])))
	}
	return e.f.goType(t) + "{" + strings.Join(parts, ", ") + "}"
}

// loadArms loads an option or a result. (The payload's statements belong to
// its case only.)
func (e *body) loadArms(p string, off uint32, t *wit.TypeDef) string {
	v := e.local("value")
	arms, payload := e.arms(t, v), off+e.abi(t).PayloadOffset()
	e.printf("var %s %s\n", v, e.f.goType(t))
	first, second := arms[0], arms[1]
	if first.typ != nil {
		e.printf("if %s == 0 {\n", e.cell("uint8", p, off))
		value := e.load(p, payload, first.typ)
		e.printf("%s = %s\n} else {\n", v, first.makeOne(value))
	} else {
		e.printf("if %s != 0 {\n", e.cell("uint8", p, off))
	}
	value := ""
	if second.typ != nil {
		value = e.load(p, payload, second.typ)
	}
	e.printf("%s = %s\n}\n", v, second.makeOne(value))
	return v
}

func (e *body) loadList(p string, off uint32, k *wit.List) string {
	elem, goElem := e.abi(k.Elem), e.f.goType(k.Elem)
	if k.Len > 0 {
		v, i := e.local("array"), e.local("i")
		e.printf("var %s [%d]%s\nfor %s := range %s {\n", v, k.Len, goElem, i, v)
		item := e.item(e.at(p, off), i, elem)
		e.printf("%s[%s] = %s\n}\n", v, i, e.load(item, 0, k.Elem))
		return v
	}
	if canonical(elem) {
		return fmt.Sprintf("%sList[%s](%s, %s)", e.f.witRuntime(), goElem, e.cell("uint32", p, off), e.cell("uint32", p, off+4))
	}
	return e.liftList(e.cell("uint32", p, off), e.cell("uint32", p, off+4), k)
}

// liftList lifts a list whose elements have to be lifted one by one.
func (e *body) liftList(addr, n string, k *wit.List) string {
	v, base, i := e.local("list"), e.local("base"), e.local("i")
	e.printf("%s := make([]%s, %s)\nif len(%s) > 0 {\n", v, e.f.goType(k.Elem), n, v)
	e.printf("%s := %sTake(%s)\nfor %s := range %s {\n", base, e.f.witRuntime(), addr, i, v)
	item := e.item(base, i, e.abi(k.Elem))
	e.printf("%s[%s] = %s\n}\n}\n", v, i, e.load(item, 0, k.Elem))
	return v
}

// entry gives the layout of the list element that an entry of a map is.
func (e *body) entry(k *wit.Map) (elem *abi.Type, value uint32) {
	elem = e.abi(&wit.TypeDef{Kind: &wit.Tuple{Types: []wit.Type{k.Key, k.Value}}})
	return elem, elem.FieldOffsets()[1]
}

func (e *body) liftMap(addr, n string, k *wit.Map) string {
	elem, value := e.entry(k)
	v, size, base, i := e.local("entries"), e.local("n"), e.local("base"), e.local("i")
	e.printf("%s := %s\n%s := make(%s, %s)\nif %s > 0 {\n", size, n, v, e.f.kind(k), size, size)
	e.printf("%s := %sTake(%s)\nfor %s := range %s {\n", base, e.f.witRuntime(), addr, i, size)
	item := e.item(base, i, elem)
	key := e.named(e.load(item, 0, k.Key), "key")
	e.printf("%s[%s] = %s\n}\n}\n", v, key, e.load(item, value, k.Value))
	return v
}

// lowerMap lowers the entries of a map and gives their address.
func (e *body) lowerMap(v string, k *wit.Map) string {
	elem, at := e.entry(k)
	base, i, key, value := e.local("base"), e.local("i"), e.local("key"), e.local("x")
	e.printf("%s := %sAlloc(uintptr(len(%s))*%d, %d)\n%s := 0\n", base, e.allocate(), v, elem.Size(), elem.Align(), i)
	e.printf("for %s, %s := range %s {\n", key, value, v)
	item := e.item(base, i, elem)
	e.store(item, 0, key, k.Key)
	e.store(item, at, value, k.Value)
	e.printf("%s++\n}\n", i)
	return base
}

// item emits the address of an element of a list.
func (e *body) item(base, i string, elem *abi.Type) string {
	item := e.local("item")
	e.printf("%s := %sAdd(%s, %s*%d)\n", item, e.f.unsafe(), base, i, elem.Size())
	return item
}

// loadFields loads a record or a variant itself, in the package it is of.
func (e *body) loadFields(p string, t *wit.TypeDef) string {
	name := e.f.p.id("type", t, 0)
	if r, ok := t.Kind.(*wit.Record); ok {
		var parts []string
		names := fieldNames(r)
		for i, at := range e.abi(t).FieldOffsets() {
			parts = append(parts, names[i]+": "+e.load(p, at, r.Fields[i].Type)+",\n")
		}
		return name + "{\n" + strings.Join(parts, "") + "}"
	}
	cases, payload := t.Kind.(*wit.Variant).Cases, e.abi(t).PayloadOffset()
	tag := e.local("tag")
	e.printf("%s := %s\n", tag, e.cell(fmt.Sprintf("uint%d", tagBits(len(cases))), p, 0))
	if e.hasPayload(t) {
		e.printf("switch %s {\n", tag)
		for i, c := range cases {
			if c.Type != nil {
				e.printf("case %d:\n", i)
				e.printf("return %s{%s, %s}\n", name, tag, e.load(p, payload, c.Type))
			}
		}
		e.printf("}\n")
	}
	return name + "{tag: " + tag + "}"
}

func (e *body) hasPayload(t *wit.TypeDef) bool {
	for _, c := range e.abi(t).Cases {
		if c.Type != nil {
			return true
		}
	}
	return false
}

// store emits the statements that lower the value of an expression to memory
// that is zero.
func (e *body) store(p string, off uint32, v string, t wit.Type) {
	f := e.f
	switch s := structure(t).(type) {
	case wit.Primitive:
		if s == wit.String {
			e.storePair(p, off, e.allocate()+"String("+v+")")
			return
		}
		e.printf("%s = %s\n", e.cell(goPrimitives[s], p, off), v)
	case *wit.TypeDef:
		switch k := s.Kind.(type) {
		case *wit.Record, *wit.Variant:
			e.printf("%s(%s, %s, %s)\n", f.ref(s, "store", 0), e.allocator(), e.at(p, off), v)
		case *wit.Enum, *wit.Flags:
			e.printf("%s = %s\n", e.cell(f.goType(s), p, off), v)
		case *wit.Tuple:
			if len(k.Types) > 0 {
				v = e.named(v, "tuple")
			}
			for i, at := range e.abi(s).FieldOffsets() {
				e.store(p, off+at, fmt.Sprintf("%s.F%d", v, i), k.Types[i])
			}
		case *wit.Option, *wit.Result:
			e.storeArms(p, off, e.named(v, "value"), s)
		case *wit.List:
			e.storeList(p, off, v, k)
		case *wit.Map:
			v = e.named(v, "entries")
			e.printf("%s = uint32(uintptr(%s))\n%s = uint32(len(%s))\n", e.cell("uint32", p, off), e.lowerMap(v, k), e.cell("uint32", p, off+4), v)
		default:
			e.printf("%s = %s\n", e.cell("int32", p, off), e.handleOf(s, v))
		}
	}
}

// storePair stores an address and a length.
func (e *body) storePair(p string, off uint32, pair string) {
	addr, n := e.local("addr"), e.local("n")
	e.printf("%s, %s := %s\n%s = %s\n%s = %s\n", addr, n, pair, e.cell("uint32", p, off), addr, e.cell("uint32", p, off+4), n)
}

func (e *body) storeArms(p string, off uint32, v string, t *wit.TypeDef) {
	payload := off + e.abi(t).PayloadOffset()
	first, second := e.arms(t, v)[0], e.arms(t, v)[1]
	if first.typ != nil {
		e.printf("if %s {\n", first.is)
		e.store(p, payload, first.get, first.typ)
		e.printf("} else {\n")
	} else {
		e.printf("if %s {\n", second.is)
	}
	e.printf("%s = 1\n", e.cell("uint8", p, off))
	if second.typ != nil {
		e.store(p, payload, second.get, second.typ)
	}
	e.printf("}\n")
}

func (e *body) storeList(p string, off uint32, v string, k *wit.List) {
	elem := e.abi(k.Elem)
	switch {
	case k.Len > 0:
		i, x := e.local("i"), e.local("x")
		e.printf("for %s, %s := range %s {\n", i, x, v)
		e.store(e.item(e.at(p, off), i, elem), 0, x, k.Elem)
		e.printf("}\n")
	case canonical(elem):
		e.storePair(p, off, e.f.witRuntime()+"Slice("+e.allocator()+", "+v+")")
	default:
		v = e.named(v, "list")
		base := e.lowerList(v, k)
		e.printf("%s = uint32(uintptr(%s))\n%s = uint32(len(%s))\n", e.cell("uint32", p, off), base, e.cell("uint32", p, off+4), v)
	}
}

// lowerList lowers a list whose elements have to be lowered one by one, and
// gives its address.
func (e *body) lowerList(v string, k *wit.List) string {
	elem := e.abi(k.Elem)
	base, i, x := e.local("base"), e.local("i"), e.local("x")
	e.printf("%s := %sAlloc(uintptr(len(%s))*%d, %d)\n", base, e.allocate(), v, elem.Size(), elem.Align())
	e.printf("for %s, %s := range %s {\n", i, x, v)
	e.store(e.item(base, i, elem), 0, x, k.Elem)
	e.printf("}\n")
	return base
}

// storeFields stores a record or a variant itself, in the package it is of.
func (e *body) storeFields(p, v string, t *wit.TypeDef) {
	if r, ok := t.Kind.(*wit.Record); ok {
		names := fieldNames(r)
		for i, at := range e.abi(t).FieldOffsets() {
			e.store(p, at, v+"."+names[i], r.Fields[i].Type)
		}
		return
	}
	cases, payload := t.Kind.(*wit.Variant).Cases, e.abi(t).PayloadOffset()
	e.printf("%s = %s.tag\n", e.cell(fmt.Sprintf("uint%d", tagBits(len(cases))), p, 0), v)
	if !e.hasPayload(t) {
		return
	}
	e.printf("switch %s.tag {\n", v)
	for i, c := range cases {
		if c.Type != nil {
			e.printf("case %d:\n", i)
			e.store(p, payload, v+"."+getterName(c)+"()", c.Type)
		}
	}
	e.printf("}\n")
}
