package wasm_test

import (
	"context"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

// The functions named set the flag, others do not, and nothing else changes.
func TestFlag(t *testing.T) {
	const f = `
	  (func $a (export "a") (param i32) (result i32) (local i64) (local f32 f64)
	    (local.set 1 (i64.const 1))
	    (i32.add (local.get 0) (i32.const 1)))
	  (func (export "b") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
	  (func (export "c") (param i32) (result i32) (call $a (local.get 0)))`
	for name, text := range map[string]string{
		"no globals": `(module` + f + `)`,
		"globals":    `(module (global $g (export "g") (mut i64) (i64.const 5)) (memory 1)` + f + ` (data (i32.const 8) "x"))`,
	} {
		bin, err := wat.Assemble(text)
		if err != nil {
			t.Fatal(err)
		}
		m, err := wasm.Parse(bin)
		if err != nil {
			t.Fatal(err)
		}
		flagged := m.Clone()
		flagged.Flag([]string{"a"}, "flag")
		if _, ok := m.Export("flag"); ok || len(m.WithImports(m.Imports, false)) != len(bin) {
			t.Errorf("%s: the original has changed", name)
		}
		ctx := context.Background()
		rt := wazero.NewRuntime(ctx)
		defer rt.Close(ctx)
		in, err := rt.Instantiate(ctx, flagged.WithImports(flagged.Imports, false))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		flag := in.ExportedGlobal("flag").(api.MutableGlobal)
		for _, c := range []struct {
			name       string
			want, flag uint64
		}{{"b", 21, 0}, {"a", 8, 1}, {"b", 21, 0}, {"c", 8, 1}} {
			flag.Set(0)
			got, err := in.ExportedFunction(c.name).Call(ctx, 7)
			if err != nil || got[0] != c.want || flag.Get() != c.flag {
				t.Errorf("%s: %s gives %v, flag %d, %v", name, c.name, got, flag.Get(), err)
			}
		}
	}
}
