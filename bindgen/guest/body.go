package guest

import (
	"fmt"
	"slices"
	"strings"

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

	borrows  string // the *Borrows: a parameter, or "&borrows", a variable that text declares
	borrowed bool   // whether the variable is needed
}

// body starts a function with the given parameters.
func (f *file) body(params ...string) *body {
	e := &body{f: f, taken: map[string]bool{"arena": true, "borrows": true}, arena: "&arena", borrows: "&borrows"}
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

// borrower gives the list of borrowed handles as an argument.
func (e *body) borrower() string {
	e.borrowed = true
	return e.borrows
}

// endBorrows emits the end of what an exported function has borrowed.
func (e *body) endBorrows() {
	if e.borrowed {
		e.printf("borrows.Drop()\n")
	}
}

// text gives the statements.
func (e *body) text() string {
	s := ""
	if e.arena == "&arena" && e.used {
		s = "var arena " + e.f.witRuntime() + "Arena\n"
	}
	if e.borrows == "&borrows" && e.borrowed {
		s += "var borrows " + e.f.witRuntime() + "Borrows\n"
	}
	return s + e.buf.String()
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
		r := structure(k.Resource).(*wit.TypeDef)
		if !k.Borrow {
			return e.f.ref(r, "own", 0) + "(" + handle + ")"
		}
		value := e.f.ref(r, "borrow", 0) + "(" + handle + ")"
		if e.hasBorrow(t) {
			value = e.f.witRuntime() + "Borrowed(" + e.borrower() + ", " + value + ")"
		}
		return value
	case *wit.Stream, *wit.Future:
		if isBytes(k) {
			return e.f.witAsync() + "MakeStreamReaderU8(" + handle + ")"
		}
		return e.f.payloadRef(t, "Lift") + "(" + handle + ")"
	}
	panic("not a handle")
}

// handleOf gives the handle of a resource, stream or future.
func (e *body) handleOf(t *wit.TypeDef, v string) string {
	switch k := t.Kind.(type) {
	case *wit.Handle:
		r := structure(k.Resource).(*wit.TypeDef)
		switch {
		case k.Borrow:
			return v + ".Handle()"
		case e.f.p.g.home(r, e.f.p).export:
			return e.f.ref(r, "give", 0) + "(" + v + ")"
		}
	case *wit.Stream, *wit.Future:
		if !isBytes(k) {
			return e.f.payloadRef(t, "Lower") + "(" + v + ")"
		}
	}
	return v + ".TakeHandle()"
}

// hasBorrow tells whether a value of the type holds borrowed handles that an
// exported function has to drop. Those of the component's own resources are
// no handles.
func (e *body) hasBorrow(t wit.Type) bool {
	td, ok := structure(t).(*wit.TypeDef)
	if !ok {
		return false
	}
	if h, ok := td.Kind.(*wit.Handle); ok {
		return h.Borrow && !e.f.p.g.home(structure(h.Resource).(*wit.TypeDef), e.f.p).export
	}
	return slices.ContainsFunc(wit.Parts(td), e.hasBorrow)
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
			arms[i] = arm{
				typ: c.Type, is: fmt.Sprintf("%s.Tag() == %d", v, i), get: v + "." + getterName(c) + "()",
				makeOne: func(payload string) string { return e.f.ref(t, "make", i) + "(" + payload + ")" },
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
