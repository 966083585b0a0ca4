package bridge

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

// resultArea is where the results of calls are put; the allocator begins
// behind it.
const resultArea = 16

// memoryModule is the module with the memory, given where the allocator begins.
const memoryModule = `(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const %[1]d))

  ;; What a call allocates is freed when it is over. Nothing is ever resized
  ;; but strings that turn out shorter, which may stay as they are.
  (func (export "realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32)
    (local $p i32) (local $end i64) (local $pages i32)
    (local.set $p (i32.and
      (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (local.set $end (i64.add (i64.extend_i32_u (local.get $p)) (i64.extend_i32_u (local.get $size))))
    (if (i64.gt_u (local.get $end) (i64.const 0xffff0000)) (then (unreachable)))
    (local.set $pages (i32.sub
      (i32.wrap_i64 (i64.shr_u (i64.add (local.get $end) (i64.const 0xffff)) (i64.const 16)))
      (memory.size)))
    (if (i32.gt_s (local.get $pages) (i32.const 0)) (then
      (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then (unreachable)))))
    (global.set $top (i32.wrap_i64 (local.get $end)))
    (if (local.get $old) (then
      (memory.copy (local.get $p) (local.get $old)
        (select (local.get $had) (local.get $size) (i32.lt_u (local.get $had) (local.get $size))))))
    (local.get $p))

  (func $free (export "free") (global.set $top (i32.const %[1]d)))
  (func (export "free-i32") (param i32) (call $free))
  (func (export "free-i64") (param i64) (call $free))
  (func (export "free-f32") (param f32) (call $free))
  (func (export "free-f64") (param f64) (call $free)))`

// A crossing is a function that differs, as the core modules see it.
type crossing struct {
	diff   Difference
	params *abi.FuncType // the plain function
	start  *abi.FuncType // of the start half; with any handle for pending
}

func newCrossing(d Difference, params []abi.Field, result *abi.Type) *crossing {
	handle := &abi.Type{Kind: abi.Own}
	return &crossing{
		diff:   d,
		params: &abi.FuncType{Params: params, Result: result},
		start: &abi.FuncType{Params: params, Result: &abi.Type{Kind: abi.Result,
			Cases: []abi.Case{{Name: "ok", Type: result}, {Name: "error", Type: handle}}}},
	}
}

// area gives the bytes that the results of the function take.
func (c *crossing) area() uint32 { return c.start.Result.Size() }

// A coreWriter writes the module with the functions.
type coreWriter struct {
	imports, funcs strings.Builder
	borrows        borrowWriter
}

func newCoreWriter() *coreWriter {
	return &coreWriter{borrows: borrowWriter{values: map[*abi.Type]int{}, lists: map[*abi.Type]int{}}}
}

func (w *coreWriter) module() ([]byte, error) {
	for i := range w.borrows.resources {
		w.imported("d", i, fmt.Sprint("drop", i), abi.CoreSig{Params: []abi.CoreType{abi.I32}})
	}
	return wat.Assemble("(module\n" + w.imports.String() + `(import "m" "memory" (memory 1))` + "\n" + w.funcs.String() + w.borrows.funcs.String() + ")")
}

func signature(s abi.CoreSig) string {
	var b strings.Builder
	for _, p := range s.Params {
		fmt.Fprintf(&b, " (param %s)", coreName(p))
	}
	for _, r := range s.Results {
		fmt.Fprintf(&b, " (result %s)", coreName(r))
	}
	return b.String()
}

func coreName(t abi.CoreType) string {
	return map[abi.CoreType]string{abi.I32: "i32", abi.I64: "i64", abi.CF32: "f32", abi.CF64: "f64"}[t]
}

func (w *coreWriter) imported(module string, n int, name string, s abi.CoreSig) {
	fmt.Fprintf(&w.imports, "(import %q \"%d\" (func $%s%s))\n", module, n, name, signature(s))
}

// write adds function n. What it calls is imported as "f" (the plain function
// or the start half), "r" (the result half) and "w" (wait), and drops of handles
// as "d".
func (w *coreWriter) write(n int, c *crossing) {
	if c.diff.Async {
		w.async(n, c)
	} else {
		w.plain(n, c)
	}
}

// passed gives the parameters of the function, to pass on.
func passed(s abi.CoreSig) string {
	var b strings.Builder
	for i := range s.Params {
		fmt.Fprintf(&b, " (local.get %d)", i)
	}
	return b.String()
}

// async writes the halves of an async function that calls a plain one.
func (w *coreWriter) async(n int, c *crossing) {
	callee, sig := c.params.Flatten(abi.Lowered), c.start.Flatten(abi.Lifted)
	w.imported("f", n, fmt.Sprintf("f%d", n), callee)
	value := resultArea + c.start.Result.PayloadOffset()
	fmt.Fprintf(&w.funcs, "(func (export \"start%d\")%s\n", n, signature(sig))
	call := fmt.Sprintf("(call $f%d%s", n, passed(sig))
	switch {
	case c.params.Result == nil:
		fmt.Fprintf(&w.funcs, "%s)", call)
	case len(callee.Results) == 0:
		fmt.Fprintf(&w.funcs, "%s (i32.const %d))", call, value)
	default:
		fmt.Fprintf(&w.funcs, "(%s (i32.const %d) %s))", access(c.params.Result, true), value, call)
	}
	fmt.Fprintf(&w.funcs, "%s\n (i32.store8 (i32.const %d) (i32.const 0)) (i32.const %d))\n", w.borrows.params(c.params), resultArea, resultArea)
	half := abi.FuncType{Params: []abi.Field{{Name: "ready", Type: &abi.Type{Kind: abi.Own}}}, Result: c.params.Result}
	fmt.Fprintf(&w.funcs, "(func (export \"result%d\")%s (unreachable))\n", n, signature(half.Flatten(abi.Lifted)))
}

// plain writes a plain function that calls an async one and waits for it.
func (w *coreWriter) plain(n int, c *crossing) {
	half := abi.FuncType{Params: []abi.Field{{Name: "ready", Type: &abi.Type{Kind: abi.Own}}}, Result: c.params.Result}
	sig, result := c.params.Flatten(abi.Lifted), half.Flatten(abi.Lowered)
	w.imported("f", n, fmt.Sprintf("f%d", n), c.start.Flatten(abi.Lowered))
	w.imported("r", n, fmt.Sprintf("r%d", n), result)
	w.imported("w", n, fmt.Sprintf("w%d", n), abi.CoreSig{Params: []abi.CoreType{abi.I32}, Results: []abi.CoreType{abi.I32}})
	value := resultArea + c.start.Result.PayloadOffset()
	fmt.Fprintf(&w.funcs, "(func (export \"plain%d\")%s\n (call $f%d%s (i32.const %d))%s\n", n, signature(sig), n, passed(sig), resultArea, w.borrows.params(c.params))
	later := fmt.Sprintf("(call $r%d (call $w%d (i32.load (i32.const %d)))", n, n, value)
	pending := fmt.Sprintf("(i32.load8_u (i32.const %d))", resultArea)
	switch {
	case c.params.Result == nil:
		fmt.Fprintf(&w.funcs, " (if %s (then %s))))\n", pending, later)
	case len(result.Results) == 0:
		fmt.Fprintf(&w.funcs, " (if %s (then %s (i32.const %d))))\n (i32.const %d))\n", pending, later, value, value)
	default:
		fmt.Fprintf(&w.funcs, " (if (result %s) %s (then %s)) (else (%s (i32.const %d)))))\n",
			coreName(result.Results[0]), pending, later, access(c.params.Result, false), value)
	}
}

// access gives the instruction that stores or loads a value of one core value.
func access(t *abi.Type, store bool) string {
	for t.Kind == abi.Record || t.Kind == abi.Tuple || t.Kind == abi.List {
		if t.Kind == abi.List {
			t = t.Elem
		} else {
			t = t.Fields[0].Type
		}
	}
	c, op := coreName(t.Flat()[0]), "load"
	if store {
		op = "store"
	}
	bits := map[string]uint32{"i32": 4, "f32": 4, "i64": 8, "f64": 8}[c]
	if t.Size() == bits {
		return c + "." + op
	}
	op = fmt.Sprintf("%s.%s%d", c, op, 8*t.Size())
	switch {
	case store:
	case t.Kind == abi.S8 || t.Kind == abi.S16:
		op += "_s"
	default:
		op += "_u"
	}
	return op
}
