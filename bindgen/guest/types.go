package guest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/wit"
)

var goPrimitives = [...]string{
	wit.Bool: "bool", wit.S8: "int8", wit.U8: "uint8", wit.S16: "int16", wit.U16: "uint16", wit.S32: "int32", wit.U32: "uint32",
	wit.S64: "int64", wit.U64: "uint64", wit.F32: "float32", wit.F64: "float64", wit.Char: "rune", wit.String: "string",
}

// goType gives the Go type of a value.
func (f *file) goType(t wit.Type) string {
	switch t := t.(type) {
	case wit.Primitive:
		return goPrimitives[t]
	case *wit.TypeDef:
		if t.Name != "" {
			return f.typeName(t)
		}
		return f.kind(t.Kind)
	}
	return f.witTypes() + "Unit"
}

// typeName gives the name of a type, qualified if it is in another package.
func (f *file) typeName(t *wit.TypeDef) string { return f.ref(t, "type", 0) }

// ref gives a name that belongs to a type, qualified if it is in another
// package.
func (f *file) ref(t *wit.TypeDef, what string, i int) string {
	t = bindgen.Origin(t)
	p := f.p.g.home(t, f.p)
	name := p.id(what, t, i)
	if p == f.p {
		return name
	}
	return f.use(p.path, p.name) + name
}

// kind gives the Go type of a type without a name of its own.
func (f *file) kind(k wit.Kind) string {
	switch k := k.(type) {
	case *wit.Alias:
		return f.goType(k.Type)
	case *wit.Handle:
		return "*" + f.typeName(k.Resource)
	case *wit.Tuple:
		return f.tuple(k)
	case *wit.Option:
		return f.witTypes() + "Option[" + f.goType(k.Type) + "]"
	case *wit.Result:
		return f.witTypes() + "Result[" + f.goType(k.OK) + ", " + f.goType(k.Err) + "]"
	case *wit.List:
		if k.Len > 0 {
			return fmt.Sprintf("[%d]%s", k.Len, f.goType(k.Elem))
		}
		return "[]" + f.goType(k.Elem)
	case *wit.Map:
		return "map[" + f.goType(k.Key) + "]" + f.goType(k.Value)
	case *wit.Stream:
		return "*" + f.witTypes() + "StreamReader[" + f.goType(k.Elem) + "]"
	case *wit.Future:
		return "*" + f.witTypes() + "FutureReader[" + f.goType(k.Elem) + "]"
	}
	panic(fmt.Sprintf("a type of kind %T has no name", k))
}

// maxTuple is the number of types of the longest tuple that package types has.
const maxTuple = 16

func (f *file) tuple(k *wit.Tuple) string {
	types := f.goTypes(k.Types)
	if len(types) > 0 && len(types) <= maxTuple {
		return fmt.Sprintf("%sTuple%d[%s]", f.witTypes(), len(types), strings.Join(types, ", "))
	}
	for i := range types {
		types[i] = fmt.Sprintf("F%d %s", i, types[i])
	}
	return "struct{" + strings.Join(types, "; ") + "}"
}

func (f *file) goTypes(types []wit.Type) []string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = f.goType(t)
	}
	return names
}

// docs writes a comment: a line of ours, then what the WIT says.
func (f *file) docs(line, text string, s wit.Stability) {
	f.printf("// %s\n", line)
	if text != "" {
		f.printf("//\n%s", bindgen.Comment(text))
	}
	if s.Deprecated != "" {
		f.printf("//\n// Deprecated: since version %s.\n", s.Deprecated)
	}
}

// typeDef declares a type.
func (f *file) typeDef(t *wit.TypeDef) {
	name := f.p.id("type", t, 0)
	docs := func(kind string) {
		f.docs(fmt.Sprintf("%s is the %s %s.", name, kind, t.Name), t.Docs, t.Stability)
	}
	switch k := t.Kind.(type) {
	case *wit.Record:
		docs("record")
		f.record(name, k)
		f.helpers(name, t)
	case *wit.Variant:
		docs("variant")
		f.variant(name, t, k)
		f.helpers(name, t)
	case *wit.Enum:
		docs("enum")
		f.printf("type %s = uint%d\n\n", name, tagBits(len(k.Cases)))
		f.constants(name, t, k.Cases, "%d")
	case *wit.Flags:
		docs("flags type")
		f.printf("type %s = uint%d\n\n", name, 8*f.p.g.types.Type(t).Size())
		f.constants(name, t, k.Flags, "1 << %d")
	case *wit.Resource:
		if f.p.export {
			f.ownResource(name, t)
			return
		}
		docs("resource")
		f.resource(name, t)
	case *wit.Alias:
		docs("type")
		f.printf("type %s = %s\n\n", name, f.alias(t))
	default:
		docs("type")
		f.printf("type %s = %s\n\n", name, f.kind(k))
	}
}

// alias gives what a type alias stands for. The name of a resource alone is
// no value type.
func (f *file) alias(t *wit.TypeDef) string {
	if o := bindgen.Origin(t); o != t {
		return f.typeName(o)
	}
	target := t.Kind.(*wit.Alias).Type
	if td, ok := target.(*wit.TypeDef); ok && td.Name == "" {
		if h, ok := td.Kind.(*wit.Handle); ok && !h.Borrow {
			return f.typeName(h.Resource)
		}
	}
	return f.goType(target)
}

func tagBits(cases int) int {
	switch {
	case cases <= 1<<8:
		return 8
	case cases <= 1<<16:
		return 16
	}
	return 32
}

func (f *file) constants(name string, t *wit.TypeDef, labels []wit.Label, value string) {
	if len(labels) == 0 {
		return
	}
	f.printf("const (\n")
	for i, l := range labels {
		f.printf("%s%s %s = "+value+"\n", bindgen.Comment(l.Docs), f.p.id("const", t, i), name, i)
	}
	f.printf(")\n\n")
}

func (f *file) record(name string, r *wit.Record) {
	f.printf("type %s struct {\n", name)
	for i, field := range fieldNames(r) {
		f.printf("%s%s %s\n", bindgen.Comment(r.Fields[i].Docs), field, f.goType(r.Fields[i].Type))
	}
	f.printf("}\n\n")
}

// fieldNames gives the Go names of a record's fields.
func fieldNames(r *wit.Record) []string {
	names := make([]string, len(r.Fields))
	for i, field := range r.Fields {
		names[i] = bindgen.UpperCamel(field.Name)
	}
	return names
}

// getterName gives the name of the method for a case's payload.
func getterName(c wit.Case) string {
	if name := bindgen.UpperCamel(c.Name); name != "Tag" {
		return name
	}
	return "Tag_"
}

func (f *file) variant(name string, t *wit.TypeDef, v *wit.Variant) {
	tag := fmt.Sprintf("uint%d", tagBits(len(v.Cases)))
	f.printf("type %s struct {\ntag %s\nvalue any\n}\n\n", name, tag)
	f.printf("// The cases of [%s].\n", name)
	f.printf("const (\n")
	for i, c := range v.Cases {
		f.printf("%s%s %s = %d\n", bindgen.Comment(c.Docs), f.p.id("const", t, i), tag, i)
	}
	f.printf(")\n\n// Tag tells which case it is.\nfunc (v %s) Tag() %s { return v.tag }\n\n", name, tag)
	for i, c := range v.Cases {
		makeName := f.p.id("make", t, i)
		if c.Type == nil {
			f.printf("// %s makes the case %s.\nfunc %s() %s { return %s{tag: %d} }\n\n", makeName, c.Name, makeName, name, name, i)
			continue
		}
		value := f.goType(c.Type)
		f.printf("// %s makes the case %s.\nfunc %s(value %s) %s { return %s{%d, value} }\n\n", makeName, c.Name, makeName, value, name, name, i)
		get := getterName(c)
		f.printf("// %s gives the value of the case %s, and panics if it is another one.\n", get, c.Name)
		f.printf("func (v %s) %s() %s {\nif v.tag != %d {\npanic(\"tag mismatch\")\n}\nreturn v.value.(%s)\n}\n\n", name, get, value, i, value)
	}
}

// resource declares an imported resource.
func (f *file) resource(name string, t *wit.TypeDef) {
	drop := f.p.addRaw("Drop"+name, "[resource-drop]"+t.Name, []string{"int32"}, nil)
	rt := f.witRuntime()
	goruntime := f.use("runtime", "runtime")
	f.printf("type %s struct {\nhandle *%sHandle\n}\n\n", name, rt)
	f.printf("// Handle gives the handle, which stays in place.\nfunc (r *%s) Handle() int32 { return r.handle.Use() }\n\n", name)
	f.printf("// TakeHandle gives the handle away: the resource is no longer this value's.\nfunc (r *%s) TakeHandle() int32 { return r.handle.Take() }\n\n", name)
	f.printf("// SetHandle puts a handle into a value whose handle was taken.\nfunc (r *%s) SetHandle(handle int32) { r.handle.Set(handle) }\n\n", name)
	f.printf("// Drop drops the resource, unless it was dropped or given away before.\n")
	f.printf("func (r *%s) Drop() {\nif h := r.handle.TakeOrNil(); h != 0 {\n%s(h)\n}\n}\n\n", name, drop)
	own := f.p.id("own", t, 0)
	f.printf("// %s wraps an owned handle. It is dropped with the value, at the latest when\n// the garbage collector finds that nothing refers to it.\n", own)
	f.printf("func %s(handle int32) *%s {\nh := %sMakeHandle(handle)\nr := &%s{h}\n", own, name, rt, name)
	f.printf("%sAddCleanup(r, func(h *%sHandle) {\nif h := h.TakeOrNil(); h != 0 {\n%s(h)\n}\n}, h)\nreturn r\n}\n\n", goruntime, rt, drop)
	borrow := f.p.id("borrow", t, 0)
	f.printf("// %s wraps a borrowed handle.\n", borrow)
	f.printf("func %s(handle int32) *%s { return &%s{%sMakeHandle(handle)} }\n\n", borrow, name, name, rt)
}

// helpers declares the functions that read and write a type in the
// Canonical ABI's memory layout.
func (f *file) helpers(name string, t *wit.TypeDef) {
	f.unsafe()
	load, params := f.p.id("load", t, 0), "p unsafe.Pointer"
	e := f.body("p", "borrows")
	if e.hasBorrow(t) {
		e.borrows = "borrows"
		params += ", borrows *" + f.witRuntime() + "Borrows"
	}
	result := e.loadFields("p", t)
	f.printf("// %s is for generated code: it lifts a value from memory.\n", load)
	f.printf("func %s(%s) %s {\n%sreturn %s\n}\n\n", load, params, name, e.text(), result)
	if f.p.export && holdsBorrow(t) {
		return // no result has it
	}
	store := f.p.id("store", t, 0)
	e = f.body("p", "v", "arena")
	e.arena = "arena"
	e.storeFields("p", "v", t)
	f.printf("// %s is for generated code: it lowers a value to memory.\n", store)
	f.printf("func %s(arena *%sArena, p unsafe.Pointer, v %s) {\n%s}\n\n", store, f.witRuntime(), name, e.text())
}

// holdsBorrow tells whether a value of the type holds borrowed handles.
func holdsBorrow(t wit.Type) bool {
	td, ok := structure(t).(*wit.TypeDef)
	if !ok {
		return false
	}
	if h, ok := td.Kind.(*wit.Handle); ok {
		return h.Borrow
	}
	return slices.ContainsFunc(wit.Parts(td), holdsBorrow)
}
