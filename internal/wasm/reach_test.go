package wasm_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

// Functions are reached by calls, tail calls, tables and references, whatever
// instructions stand between.
func TestPrune(t *testing.T) {
	bin, err := wat.Assemble(`(module
  (import "m" "called" (func $called))
  (import "m" "from-table" (func $table))
  (import "m" "deep" (func $deep (param i32) (result i64)))
  (import "m" "never" (func $never))
  (import "m" "other" (func $other))
  (memory 1)
  (table 1 funcref)
  (elem (i32.const 0) func $table)
  (func $inner (param i32) (result i64)
    (local $x i64) (local $f f32) (local $g f64)
    (local.set $f (f32.const 1.5))
    (local.set $g (f64.const -2))
    (block $out
      (loop $next
        (br_if $out (i32.eqz (local.get 0)))
        (i64.store offset=300 (i32.const -1) (i64.const 0x7fffffffffffffff))
        (memory.fill (i32.const 0) (i32.const 0) (i32.const 8))
        (br $next)))
    (call $deep (local.get 0)))
  (func (export "a") (call $called))
  (func (export "b") (drop (call $inner (i32.const 65536))))
  (func (export "c") (call $other))
  (func (call $never)))`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		exports []string
		want    []uint32
	}{
		{nil, []uint32{1}},
		{[]string{"a"}, []uint32{0, 1}},
		{[]string{"b", "none"}, []uint32{1, 2}},
		{[]string{"a", "b", "c"}, []uint32{0, 1, 2, 4}},
	} {
		m, err := wasm.Parse(bin)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Sorted(maps.Keys(m.Prune(c.exports))); !slices.Equal(got, c.want) {
			t.Errorf("%v: imports %v, want %v", c.exports, got, c.want)
		}
		again, err := wasm.Parse(m.WithImports(m.Imports, false))
		if err != nil {
			t.Fatal(err)
		}
		// What is left is the same from any export: the rest traps.
		if got := slices.Sorted(maps.Keys(again.Prune([]string{"a", "b", "c"}))); !slices.Equal(got, c.want) {
			t.Errorf("%v: pruned it has imports %v, want %v", c.exports, got, c.want)
		}
	}
}

// Globals are found by the name section, and get exports.
func TestExportGlobal(t *testing.T) {
	b := wasm.Builder{
		Name:    "m",
		Globals: []wasm.Global{{GlobalType: wasm.GlobalType{Type: wasm.I32, Mutable: true}, Init: []byte{0x41, 0, 0x0b}}, {GlobalType: wasm.GlobalType{Type: wasm.I64}, Init: []byte{0x42, 0, 0x0b}}},
	}
	names := wasm.AppendName(nil, "name")
	names = append(names, 7, 8, 2, 0, 1, 'a', 1, 2, 'b', 'c')
	bin := append(append(b.Bytes(), 0, byte(len(names))), names...)
	m, err := wasm.Parse(bin)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.GlobalNames(); len(got) != 2 || got["a"] != 0 || got["bc"] != 1 {
		t.Errorf("names %v", got)
	}
	m.AddExport(wasm.Export{Name: "x", Kind: wasm.KindGlobal, Index: 1})
	m.AddExport(wasm.Export{Name: "y", Kind: wasm.KindGlobal, Index: 0})
	again, err := wasm.Parse(m.WithImports(nil, false))
	if err != nil || len(again.Exports) != 2 || again.Exports[1].Name != "y" {
		t.Error(again, err)
	}
}
