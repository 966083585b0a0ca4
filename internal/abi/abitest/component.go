package abitest

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// Instance is the name of the instance that a composition imports, and of the
// one that it exports.
const Instance = "test:abi/pass"

// Composition gives the text of a component made of one for each encoding of
// strings. The first one's exports are exported, each of them imports what the
// next one exports, and the last one imports from the host: a function
//
//	x0: func(p: T) -> T
//
// for each type, x1 and so on. What a component is called with it passes on as
// it lies in its memory, and so it does with the results.
func Composition(types []*abi.Type, encodings []abi.StringEncoding) string {
	var b strings.Builder
	names := &typeNames{}
	iface := names.instance(types)
	fmt.Fprintf(&b, "(component\n")
	for i, enc := range encodings {
		fmt.Fprintf(&b, "(component $c%d\n(import %q (instance $f %s))\n", i, Instance, iface)
		passer(&b, types, names, enc)
		fmt.Fprintf(&b, ")\n")
	}
	fmt.Fprintf(&b, "(import %q (instance $i%d %s))\n", Instance, len(encodings), iface)
	for i := len(encodings) - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "(instance $i%d (instantiate $c%d (with %q (instance $i%d))))\n", i, i, Instance, i+1)
	}
	fmt.Fprintf(&b, "(export %q (instance $i0)))\n", Instance)
	return b.String()
}

// allocator is the core module that has the memory. The blocks of a call are
// given back when it is over.
const allocator = `(core module $libc
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 1024))
  (func (export "realloc") (param $old i32) (param $oldsize i32) (param $align i32) (param $size i32) (result i32)
    (local $p i32)
    (local.set $p (i32.and (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1))) (i32.sub (i32.const 0) (local.get $align))))
    (global.set $top (i32.add (local.get $p) (local.get $size)))
    (block $enough
      (br_if $enough (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
      (br_if $enough (i32.ne (i32.const -1)
        (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get $size) (i32.const 65536))))))
      (unreachable))
    (memory.copy (local.get $p) (local.get $old)
      (select (local.get $size) (local.get $oldsize) (i32.lt_u (local.get $size) (local.get $oldsize))))
    (local.get $p))
  (func (export "reset") (global.set $top (i32.const 1024))))
(core instance $libc (instantiate $libc))
`

// passer writes the body of a component after its import.
func passer(b *strings.Builder, types []*abi.Type, names *typeNames, enc abi.StringEncoding) {
	options := fmt.Sprintf(`string-encoding=%s (memory $libc "memory") (realloc (func $libc "realloc"))`,
		[]string{"utf8", "utf16", "latin1+utf16"}[enc])
	b.WriteString(allocator)
	var imports strings.Builder
	for i := range types {
		fmt.Fprintf(b, "(core func $x%d (canon lower (func $f \"x%d\") %s))\n", i, i, options)
		fmt.Fprintf(&imports, "(export \"x%d\" (func $x%d)) ", i, i)
	}
	fmt.Fprintf(b, "(core module $m\n(import \"libc\" \"realloc\" (func $realloc (param i32 i32 i32 i32) (result i32)))\n"+
		"(import \"libc\" \"reset\" (func $reset))\n")
	for i, t := range types {
		lower := funcType(t).Flatten(abi.Lowered)
		fmt.Fprintf(b, "(import \"f\" \"x%d\" (func $x%d%s))\n", i, i, signature(lower.Params, lower.Results))
	}
	for i, t := range types {
		passFunc(b, i, t)
	}
	fmt.Fprintf(b, ")\n(core instance $m (instantiate $m (with \"libc\" (instance $libc)) (with \"f\" (instance %s))))\n", &imports)
	b.WriteString(names.exports.String())
	for i, t := range types {
		text := names.text(t)
		fmt.Fprintf(b, "(func (export \"x%d\") (param \"p\" %s) (result %s) (canon lift (core func $m \"x%d\") %s (post-return (func $m \"end%d\"))))\n",
			i, text, text, i, options, i)
	}
}

func funcType(t *abi.Type) *abi.FuncType {
	return &abi.FuncType{Params: []abi.Field{{Name: "p", Type: t}}, Result: t}
}

// passFunc writes the core functions for one type.
func passFunc(b *strings.Builder, i int, t *abi.Type) {
	lift := funcType(t).Flatten(abi.Lifted)
	args := ""
	for j := range lift.Params {
		args += fmt.Sprintf(" (local.get %d)", j)
	}
	fmt.Fprintf(b, "(func (export \"x%d\")%s", i, signature(lift.Params, lift.Results))
	if lift.IndirectResult {
		fmt.Fprintf(b, " (local $r i32)\n"+
			"  (local.set $r (call $realloc (i32.const 0) (i32.const 0) (i32.const %d) (i32.const %d)))\n"+
			"  (call $x%d%s (local.get $r)) (local.get $r))\n", t.Align(), t.Size(), i, args)
	} else {
		fmt.Fprintf(b, " (call $x%d%s))\n", i, args)
	}
	fmt.Fprintf(b, "(func (export \"end%d\")%s (call $reset))\n", i, signature(lift.Results, nil))
}

func signature(params, results []abi.CoreType) (s string) {
	for _, p := range params {
		s += " (param " + coreNames[p] + ")"
	}
	for _, r := range results {
		s += " (result " + coreNames[r] + ")"
	}
	return s
}

var coreNames = map[abi.CoreType]string{abi.I32: "i32", abi.I64: "i64", abi.CF32: "f32", abi.CF64: "f64"}

// typeNames are the names of the types that must have some.
type typeNames struct {
	of      map[*abi.Type]string
	decls   strings.Builder // in the type of an instance
	exports strings.Builder // in a component, where what is exported is a type of its own
}

// instance gives the type of the instance, which exports all named types.
func (n *typeNames) instance(types []*abi.Type) string {
	n.of = map[*abi.Type]string{}
	var funcs strings.Builder
	for i, t := range types {
		n.declare(t)
		fmt.Fprintf(&funcs, "(export \"x%d\" (func (param \"p\" %s) (result %s)))\n", i, n.text(t), n.text(t))
	}
	return "\n" + n.decls.String() + funcs.String()
}

// declare writes the declarations of the named types within a type.
func (n *typeNames) declare(t *abi.Type) {
	if t == nil {
		return
	}
	n.declare(t.Elem)
	for _, f := range t.Fields {
		n.declare(f.Type)
	}
	for _, c := range t.Cases {
		n.declare(c.Type)
	}
	switch t.Kind {
	case abi.Record, abi.Variant, abi.Enum, abi.Flags:
		name := fmt.Sprint("n", len(n.of))
		text := n.structure(t)
		fmt.Fprintf(&n.decls, "(type $d%s %s) (export %q (type $%s (eq $d%s)))\n", name, text, name, name, name)
		fmt.Fprintf(&n.exports, "(type $d%s %s) (export $%s %q (type $d%s))\n", name, text, name, name, name)
		n.of[t] = "$" + name
	}
}

// text gives a reference to a type.
func (n *typeNames) text(t *abi.Type) string {
	if name, ok := n.of[t]; ok {
		return name
	}
	return n.structure(t)
}

func (n *typeNames) structure(t *abi.Type) string {
	s := "(" + t.Kind.String()
	switch t.Kind {
	case abi.List:
		s += " " + n.text(t.Elem)
		if t.Len > 0 {
			s += fmt.Sprint(" ", t.Len)
		}
	case abi.Option:
		s += " " + n.text(t.Cases[1].Type)
	case abi.Result:
		if ok := t.Cases[0].Type; ok != nil {
			s += " " + n.text(ok)
		}
		if err := t.Cases[1].Type; err != nil {
			s += " (error " + n.text(err) + ")"
		}
	case abi.Record, abi.Tuple:
		for _, f := range t.Fields {
			if t.Kind == abi.Record {
				s += fmt.Sprintf(" (field %q %s)", f.Name, n.text(f.Type))
			} else {
				s += " " + n.text(f.Type)
			}
		}
	case abi.Variant:
		for _, c := range t.Cases {
			if s += fmt.Sprintf(" (case %q", c.Name); c.Type != nil {
				s += " " + n.text(c.Type)
			}
			s += ")"
		}
	case abi.Enum:
		for _, c := range t.Cases {
			s += fmt.Sprintf(" %q", c.Name)
		}
	case abi.Flags:
		for _, l := range t.Labels {
			s += fmt.Sprintf(" %q", l)
		}
	default:
		return t.Kind.String()
	}
	return s + ")"
}
