package guest

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/wit"
)

// lower lowers a value to core values: it emits statements and gives an
// expression for each.
func (e *body) lower(v string, t wit.Type) []string {
	switch s := structure(t).(type) {
	case wit.Primitive:
		return e.lowerPrimitive(v, s)
	case *wit.TypeDef:
		switch k := s.Kind.(type) {
		case *wit.Record:
			var slots []string
			if len(k.Fields) > 0 {
				v = e.named(v, "record")
			}
			for i, name := range fieldNames(k) {
				slots = append(slots, e.lower(v+"."+name, k.Fields[i].Type)...)
			}
			return slots
		case *wit.Tuple:
			var slots []string
			if len(k.Types) > 0 {
				v = e.named(v, "tuple")
			}
			for i, elem := range k.Types {
				slots = append(slots, e.lower(fmt.Sprintf("%s.F%d", v, i), elem)...)
			}
			return slots
		case *wit.Enum, *wit.Flags:
			return []string{"int32(" + v + ")"}
		case *wit.Variant, *wit.Option, *wit.Result:
			return e.lowerArms(e.named(v, "value"), s)
		case *wit.List:
			return e.lowerListPair(v, k)
		case *wit.Map:
			v = e.named(v, "entries")
			return []string{"int32(uintptr(" + e.lowerMap(v, k) + "))", "int32(len(" + v + "))"}
		default:
			return []string{e.handleOf(s, v)}
		}
	}
	panic("no type")
}

func (e *body) lowerPrimitive(v string, p wit.Primitive) []string {
	switch p {
	case wit.Bool:
		b := e.local("bit")
		e.printf("var %s int32\nif %s {\n%s = 1\n}\n", b, v, b)
		return []string{b}
	case wit.S32, wit.Char, wit.S64, wit.F32, wit.F64:
		return []string{v}
	case wit.U64:
		return []string{"int64(" + v + ")"}
	case wit.String:
		return e.pair(e.allocate() + "String(" + v + ")")
	}
	return []string{"int32(" + v + ")"}
}

func (e *body) pair(expr string) []string {
	addr, n := e.local("addr"), e.local("n")
	e.printf("%s, %s := %s\n", addr, n, expr)
	return []string{"int32(" + addr + ")", "int32(" + n + ")"}
}

func (e *body) lowerListPair(v string, k *wit.List) []string {
	if k.Len > 0 {
		v = e.named(v, "array")
		var slots []string
		for i := range k.Len {
			slots = append(slots, e.lower(fmt.Sprintf("%s[%d]", v, i), k.Elem)...)
		}
		return slots
	}
	if canonical(e.abi(k.Elem)) {
		return e.pair(e.f.witRuntime() + "Slice(" + e.allocator() + ", " + v + ")")
	}
	v = e.named(v, "list")
	base := e.lowerList(v, k)
	return []string{"int32(uintptr(" + base + "))", "int32(len(" + v + "))"}
}

func (e *body) lowerArms(v string, t *wit.TypeDef) []string {
	at := e.abi(t)
	flat := at.Flat()
	slots := make([]string, len(flat))
	for i, ct := range flat[1:] {
		slots[i+1] = e.local("slot")
		e.printf("var %s %s\n", slots[i+1], coreType(ct))
	}
	arms := e.arms(t, v)
	slots[0] = "int32(" + v + ".Tag())"
	if len(flat) == 1 {
		return slots
	}
	e.printf("switch {\n")
	for i, a := range arms {
		if a.typ == nil {
			continue
		}
		e.printf("case %s:\n", a.is)
		for j, value := range e.lower(a.get, a.typ) {
			from := at.Cases[i].Type.Flat()[j]
			e.printf("%s = %s\n", slots[j+1], e.join(value, from, flat[j+1]))
		}
	}
	e.printf("}\n")
	return slots
}

// join converts a core value to the type of a slot that the cases share.
func (e *body) join(v string, from, to abi.CoreType) string {
	switch {
	case from == to:
		return v
	case from == abi.CF32 && to == abi.I32:
		return "int32(" + e.math() + "Float32bits(" + v + "))"
	case from == abi.CF32:
		return "int64(" + e.math() + "Float32bits(" + v + "))"
	case from == abi.CF64:
		return "int64(" + e.math() + "Float64bits(" + v + "))"
	}
	return "int64(uint32(" + v + "))"
}

// split undoes join.
func (e *body) split(v string, slot, to abi.CoreType) string {
	switch {
	case slot == to:
		return v
	case to == abi.CF32:
		return e.math() + "Float32frombits(uint32(" + v + "))"
	case to == abi.CF64:
		return e.math() + "Float64frombits(uint64(" + v + "))"
	}
	return "int32(" + v + ")"
}

func (e *body) math() string { return e.f.use("math", "math") }

// lift lifts a value from core values: it takes as many of the slots as the
// type has.
func (e *body) lift(slots []string, t wit.Type) string {
	f := e.f
	switch s := structure(t).(type) {
	case wit.Primitive:
		return e.liftPrimitive(slots, s)
	case *wit.TypeDef:
		switch k := s.Kind.(type) {
		case *wit.Record:
			var parts []string
			names := fieldNames(k)
			for i, field := range k.Fields {
				parts = append(parts, names[i]+": "+e.liftNext(&slots, field.Type)+",\n")
			}
			return f.goType(s) + "{\n" + strings.Join(parts, "") + "}"
		case *wit.Tuple:
			var parts []string
			for i, elem := range k.Types {
				parts = append(parts, fmt.Sprintf("F%d: %s", i, e.liftNext(&slots, elem)))
			}
			return f.goType(s) + "{" + strings.Join(parts, ", ") + "}"
		case *wit.Enum, *wit.Flags:
			return f.goType(s) + "(" + slots[0] + ")"
		case *wit.Variant, *wit.Option, *wit.Result:
			return e.liftArms(slots, s)
		case *wit.List:
			return e.liftListPair(slots, k)
		case *wit.Map:
			return e.liftMap("uint32("+slots[0]+")", "uint32("+slots[1]+")", k)
		default:
			return e.wrapHandle(s, slots[0])
		}
	}
	panic("no type")
}

// liftNext lifts from the first slots and drops them.
func (e *body) liftNext(slots *[]string, t wit.Type) string {
	n := len(e.abi(t).Flat())
	v := e.lift((*slots)[:n], t)
	*slots = (*slots)[n:]
	return v
}

func (e *body) liftPrimitive(slots []string, p wit.Primitive) string {
	switch p {
	case wit.Bool:
		return slots[0] + " != 0"
	case wit.S32, wit.Char, wit.S64, wit.F32, wit.F64:
		return slots[0]
	case wit.String:
		return fmt.Sprintf("%sString(uint32(%s), uint32(%s))", e.f.witRuntime(), slots[0], slots[1])
	}
	return goPrimitives[p] + "(" + slots[0] + ")"
}

func (e *body) liftListPair(slots []string, k *wit.List) string {
	if k.Len > 0 {
		var parts []string
		for range k.Len {
			parts = append(parts, e.liftNext(&slots, k.Elem))
		}
		return fmt.Sprintf("[%d]%s{%s}", k.Len, e.f.goType(k.Elem), strings.Join(parts, ", "))
	}
	if canonical(e.abi(k.Elem)) {
		return fmt.Sprintf("%sList[%s](uint32(%s), uint32(%s))", e.f.witRuntime(), e.f.goType(k.Elem), slots[0], slots[1])
	}
	return e.liftList("uint32("+slots[0]+")", "uint32("+slots[1]+")", k)
}

func (e *body) liftArms(slots []string, t *wit.TypeDef) string {
	at := e.abi(t)
	flat := at.Flat()
	v := e.local("value")
	e.printf("var %s %s\nswitch %s {\n", v, e.f.goType(t), slots[0])
	for i, a := range e.arms(t, v) {
		e.printf("case %d:\n", i)
		value := ""
		if a.typ != nil {
			var own []string
			for j, to := range at.Cases[i].Type.Flat() {
				own = append(own, e.split(slots[j+1], flat[j+1], to))
			}
			value = e.lift(own, a.typ)
		}
		e.printf("%s = %s\n", v, a.makeOne(value))
	}
	e.printf("}\n")
	return v
}

// results gives the Go results of a function: a tuple becomes several.
func results(t wit.Type) []wit.Type {
	if t == nil {
		return nil
	}
	if td, ok := structure(t).(*wit.TypeDef); ok {
		if k, ok := td.Kind.(*wit.Tuple); ok {
			return k.Types
		}
	}
	return []wit.Type{t}
}

// signature gives the parameters and results of a function in Go, and claims
// the parameters' names.
func (e *body) signature(f *wit.Function) (names []string, params, result string) {
	var list []string
	for i, p := range f.Params {
		if i == 0 && f.Kind == wit.Method {
			names = append(names, "self")
			e.taken["self"] = true
			continue
		}
		name := e.local(bindgen.LowerCamel(p.Name))
		names = append(names, name)
		list = append(list, name+" "+e.f.goType(p.Type))
	}
	types := e.f.goTypes(results(f.Result))
	result = strings.Join(types, ", ")
	if len(types) > 1 {
		result = "(" + result + ")"
	}
	return names, strings.Join(list, ", "), result
}
