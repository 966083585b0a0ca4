package guest

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A body is the statements of a function under construction.
type body struct {
	f     *file
	buf   strings.Builder
	taken map[string]bool // local names
	arena string          // the *Arena: "arena", a parameter, or "&arena", a variable that text declares
	used  bool            // whether the variable is needed
}

// body starts a function with the given parameters.
func (f *file) body(params ...string) *body {
	e := &body{f: f, taken: map[string]bool{"arena": true}, arena: "&arena"}
	for _, p := range params {
		e.taken[p] = true
	}
	return e
}

func (e *body) printf(format string, args ...any) { fmt.Fprintf(&e.buf, format, args...) }

// local makes a name that is new in the function and that hides nothing the
// function needs.
func (e *body) local(name string) string {
	base := name
	for n := 2; e.taken[name] || e.f.p.decls[name] || e.f.p.g.names[name]; n++ {
		name = fmt.Sprintf("%s%d", base, n)
	}
	e.taken[name] = true
	return name
}

// allocator gives the arena as an argument.
func (e *body) allocator() string {
	e.used = true
	return e.arena
}

// allocate gives the start of a call of one of the arena's methods.
func (e *body) allocate() string { return strings.TrimPrefix(e.allocator(), "&") + "." }

// text gives the statements.
func (e *body) text() string {
	if e.arena == "&arena" && e.used {
		return "var arena " + e.f.witRuntime() + "Arena\n" + e.buf.String()
	}
	return e.buf.String()
}

// free ends the life of what was lowered.
func (e *body) free() {
	if e.used {
		e.printf("arena.Free()\n")
	}
}

func (e *body) abi(t wit.Type) *abi.Type { return e.f.p.g.types.Type(t) }

// at gives the expression of an address.
func (e *body) at(p string, off uint32) string {
	if off == 0 {
		return p
	}
	return fmt.Sprintf("%sAdd(%s, %d)", e.f.unsafe(), p, off)
}

// cell gives the expression of a variable of a Go type at an address.
func (e *body) cell(goType, p string, off uint32) string {
	return "*(*" + goType + ")(" + e.at(p, off) + ")"
}

// named makes sure that an expression may be used more than once.
func (e *body) named(expr, name string) string {
	if strings.ContainsAny(expr, " ([{*") {
		v := e.local(name)
		e.printf("%s := %s\n", v, expr)
		return v
	}
	return expr
}

// canonical tells whether a Go slice of the type lies in memory as the
// Canonical ABI wants it.
func canonical(t *abi.Type) bool {
	switch t.Kind {
	case abi.Bool, abi.U8, abi.S8, abi.U16, abi.S16, abi.U32, abi.S32, abi.U64, abi.S64, abi.F32, abi.F64, abi.Char, abi.Enum, abi.Flags:
		return true
	}
	return false
}

// structure follows aliases to a type that is none; it keeps the name of the
// type found.
func structure(t wit.Type) wit.Type {
	if td, ok := t.(*wit.TypeDef); ok {
		return td.Resolve()
	}
	return t
}

// wrapHandle gives the call that wraps a handle.
func (e *body) wrapHandle(t *wit.TypeDef, handle string) string {
	switch k := t.Kind.(type) {
	case *wit.Handle:
		how := "FromOwnHandle"
		if k.Borrow {
			how = "FromBorrowHandle"
		}
		r := structure(k.Resource).(*wit.TypeDef)
		return e.f.qualified(r, bindgen.UpperCamel(r.Name)+how) + "(" + handle + ")"
	case *wit.Stream, *wit.Future:
		if isBytes(k) {
			return e.f.witAsync() + "MakeStreamReaderU8(" + handle + ")"
		}
		return e.liftPayload(t, handle)
	}
	panic("not a handle")
}

// An arm is a case of an option, result or variant.
type arm struct {
	typ     wit.Type                    // of the payload, or nil
	is      string                      // the condition that it is the value's case
	get     string                      // the payload of the value
	makeOne func(payload string) string // makes a value
}

// arms gives the cases of the type of a value v.
func (e *body) arms(t *wit.TypeDef, v string) []arm {
	// What mentions other packages is asked for when it is used, so that no
	// import is left over.
	types := func(name string, params ...wit.Type) func(string) string {
		return func(payload string) string {
			return e.f.witTypes() + name + "[" + strings.Join(e.f.goTypes(params), ", ") + "](" + payload + ")"
		}
	}
	switch k := t.Kind.(type) {
	case *wit.Option:
		return []arm{
			{is: v + ".IsNone()", makeOne: types("None", k.Type)},
			{typ: k.Type, is: v + ".IsSome()", get: v + ".Some()", makeOne: types("Some", k.Type)},
		}
	case *wit.Result:
		return []arm{
			{typ: k.OK, is: v + ".IsOk()", get: v + ".Ok()", makeOne: e.unit(k.OK, types("Ok", k.OK, k.Err))},
			{typ: k.Err, is: v + ".IsErr()", get: v + ".Err()", makeOne: e.unit(k.Err, types("Err", k.OK, k.Err))},
		}
	case *wit.Variant:
		arms := make([]arm, len(k.Cases))
		for i, c := range k.Cases {
			name := "Make" + bindgen.UpperCamel(t.Name) + bindgen.UpperCamel(c.Name)
			arms[i] = arm{
				typ: c.Type, is: fmt.Sprintf("%s.Tag() == %d", v, i), get: v + "." + getterName(c) + "()",
				makeOne: func(payload string) string { return e.f.qualified(t, name) + "(" + payload + ")" },
			}
		}
		return arms
	}
	panic("no variant")
}

// unit gives an arm without a type the payload Unit.
func (e *body) unit(t wit.Type, makeOne func(string) string) func(string) string {
	if t != nil {
		return makeOne
	}
	return func(string) string { return makeOne(e.f.witTypes() + "Unit{}") }
}
