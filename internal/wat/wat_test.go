package wat_test

import (
	"context"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wat"
	"github.com/tetratelabs/wazero"
)

// The modules export a function "f" without parameters that gives an i64.
var programs = []struct {
	name, text string
	want       uint64
}{
	{"folded", `(module (func (export "f") (result i64) (i64.add (i64.const 0x2_0) (i64.extend_i32_s (i32.const -2)))))`, 30},
	{"names in quotes, annotations", `
		(module $"a module" (@custom "x" "\01")
		  (func $"one (1)" (@name "one") (export "f") (result i64) (@hint (x) ")") (call $"two \"2\""))
		  (func $"two \"2\"" (result i64) (i64.const 2)))`, 2},
	{"flat", `(func (export "f") (result i64) i64.const 7 i64.const 6 i64.mul)`, 42},
	{"flat blocks", `
		(func (export "f") (result i64) (local $i i64) (local $sum i64)
		  block $done
		    loop $more
		      local.get $i i64.const 10 i64.eq br_if $done
		      local.get $i i64.const 1 i64.add local.tee $i
		      local.get $sum i64.add local.set $sum
		      br $more
		    end $more
		  end
		  local.get $sum i64.const 100 i64.gt_s
		  if (result i64) i64.const 0 else local.get $sum end)`, 55},
	{"folded blocks, indices and labels by number", `
		(func $fac (param i64) (result i64)
		  (if (result i64) (i64.eqz (local.get 0))
		    (then (i64.const 1))
		    (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1)))))))
		(func (export "f") (result i64) (block (result i64) (br 0 (call 0 (i64.const 10)))))`, 3628800},
	{"memory", `
		(memory 1) (data $d "passive") (data (i32.const 8) "\01\02" "\u{e9}\n") (data (offset i32.const 100) "")
		(func (export "f") (result i64)
		  (memory.copy (i32.const 16) (i32.const 8) (i32.const 4))
		  (memory.fill (i32.const 20) (i32.const 255) (i32.const 2))
		  (memory.init $d (i32.const 22) (i32.const 0) (i32.const 1))
		  (i64.load offset=8 align=1 (i32.const 8)))`, 0x0070ffffa9c30201},
	{"table, elem, call_indirect, br_table, select", `
		(type $t (func (param i32) (result i64)))
		(table $tab 3 funcref)
		(elem (i32.const 1) $one $two)
		(elem declare func $two)
		(func $one (type $t) (i64.const 1))
		(func $two (type $t) (param $x i32) (result i64)
		  (block $a (block $b (br_table $a $b (local.get $x))) (return (i64.const 20)))
		  (i64.const 10))
		(func (export "f") (result i64)
		  (i64.add (call_indirect $tab (type $t) (i32.const 1) (i32.const 2))
		    (call_indirect (param i32) (result i64) (i32.const 0) (select (i32.const 1) (i32.const 2) (ref.is_null (ref.null func))))))`, 21},
	{"globals, start, comments", `
		(module $m (; a (; nested ;) comment ;)
		  (global $g (mut i64) (i64.const 1)) ;; line
		  (global (export "h") i64 (i64.const -9223372036854775808))
		  (func $s (global.set $g (i64.const 5)))
		  (start $s)
		  (func $f (result i64) (global.get $g))
		  (export "f" (func $f)))`, 5},
	{"inline table and memory, floats, several results", `
		(table funcref (elem $p))
		(memory (export "memory") (data "\05"))
		(func $p (result f64 f64) (f64.const 1.5) (f64.const 0x10))
		(func (export "f") (result i64)
		  (call_indirect (result f64 f64) (i32.const 0)) f64.add i64.trunc_sat_f64_u
		  (i64.load8_u (i32.const 0)) i64.add)`, 22},
}

func TestAssemble(t *testing.T) {
	ctx := context.Background()
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer rt.Close(ctx)
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			bin, err := wat.Assemble(p.text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := wasm.Parse(bin); err != nil {
				t.Error(err)
			}
			mod, err := rt.InstantiateWithConfig(ctx, bin, wazero.NewModuleConfig().WithName(""))
			if err != nil {
				t.Fatal(err)
			}
			got, err := mod.ExportedFunction("f").Call(ctx)
			if err != nil || len(got) != 1 || got[0] != p.want {
				t.Errorf("f() = %x, %v, want %x", got, err, p.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"(module\n  (func (i32.foo)))", "2:10: unknown instruction i32.foo"},
		{"(func (call $g))", "1:13: unknown func $g"},
		{"(func (local.get 1))", "1:18: unknown local 1"},
		{"(func (br $l))", "1:11: unknown label $l"},
		{"(func block)", "1:7: block is not closed by end"},
		{"(func (i32.const 4294967296))", `1:18: "4294967296" is no number of 32 bits`},
		{"(func (i32.load align=8 (i32.const 0)))", "1:17: the alignment is a power of two up to 4"},
		{"(func (param $a i32) (local $a i32))", "1:22: local $a is already defined"},
		{"(func $f) (func $f)", "1:11: func $f is already defined"},
		{"(func) (import \"a\" \"b\" (func))", "1:24: imports come before definitions"},
		{"(func", "1:1: parenthesis is not closed"},
		{")", "1:1: parenthesis closes nothing"},
		{`(data "\q")`, "1:8: unknown escape in a string"},
		{"(; x", "1:1: comment is not closed"},
		{"(memory 1) extra", "1:12: a module field is expected"},
		{"(type $t (func (param i32))) (func (type $t) (param i64))", "1:36: the signature differs from that of its type"},
	} {
		if _, err := wat.Assemble(c.text); err == nil || err.Error() != c.want {
			t.Errorf("%s\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestAssembleOnly(t *testing.T) {
	const text = `
		(import "env" "memory" (memory 0))
		(import "a" "needed" (func $needed))
		(import "a" "spare" (func $spare))
		(global $g (mut i32) (i32.const 0))
		(global $h (mut i32) (i32.const 0))
		(func $inner (call $needed) (global.set $h (i32.const 1)))
		(func (export "x") (call $inner))
		(func (export "y") (call $spare) (global.set $g (i32.const 1)))`
	bin, err := wat.AssembleOnly(text, []string{"x"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := wasm.Parse(bin)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Imports) != 2 || m.Imports[1].Name != "needed" || len(m.Globals) != 1 || len(m.Funcs) != 2 || len(m.Exports) != 1 {
		t.Errorf("imports %v, globals %v, functions %v, exports %v", m.Imports, m.Globals, m.Funcs, m.Exports)
	}
}

func FuzzAssemble(f *testing.F) {
	for _, p := range programs {
		f.Add(p.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		bin, err := wat.Assemble(text)
		if err == nil && !wasm.IsModule(bin) {
			t.Error("neither a module nor an error")
		}
	})
}
