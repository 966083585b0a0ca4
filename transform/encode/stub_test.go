package encode_test

import (
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// stub makes a core module that imports everything that a world imports and
// exports everything that it exports, with functions that trap.
func stub(t testing.TB, w *wit.World) []byte {
	t.Helper()
	b := &wasm.Builder{Memories: []wasm.Limits{{Min: 1}}}
	sig := func(fn *wit.Function, dir abi.Direction) uint32 {
		ft, err := abi.FuncFromWIT(fn)
		if err != nil {
			t.Fatal(err)
		}
		flat := ft.Flatten(dir)
		var typ wasm.FuncType
		for _, p := range flat.Params {
			typ.Params = append(typ.Params, wasm.ValType(p))
		}
		for _, r := range flat.Results {
			typ.Results = append(typ.Results, wasm.ValType(r))
		}
		return b.Type(typ)
	}
	i32 := []wasm.ValType{wasm.I32}
	importFunc := func(module, name string, typ uint32) {
		b.Imports = append(b.Imports, wasm.Import{Module: module, Name: name, Type: typ})
	}
	for _, it := range w.Imports {
		if it.Func != nil {
			importFunc("$root", it.Name, sig(it.Func, abi.Lowered))
		}
		if it.Interface == nil {
			continue
		}
		for _, fn := range it.Interface.Funcs {
			importFunc(it.Name, fn.ABIName(), sig(fn, abi.Lowered))
		}
		for _, typ := range it.Interface.Types {
			if _, ok := typ.Kind.(*wit.Resource); ok {
				importFunc(it.Name, "[resource-drop]"+typ.Name, b.Type(wasm.FuncType{Params: i32}))
			}
		}
	}
	exportFunc := func(name string, typ uint32) {
		b.Exports = append(b.Exports, wasm.Export{Name: name, Index: uint32(len(b.Imports) + len(b.Funcs))})
		b.Funcs = append(b.Funcs, wasm.Func{Type: typ, Body: []byte{0x00, 0x0b}})
	}
	for _, it := range w.Exports {
		if it.Func != nil {
			exportFunc(it.Name, sig(it.Func, abi.Lifted))
			continue
		}
		for _, fn := range it.Interface.Funcs {
			exportFunc(it.Name+"#"+fn.ABIName(), sig(fn, abi.Lifted))
		}
	}
	exportFunc("cabi_realloc", b.Type(wasm.FuncType{Params: []wasm.ValType{wasm.I32, wasm.I32, wasm.I32, wasm.I32}, Results: i32}))
	b.Exports = append(b.Exports, wasm.Export{Name: "memory", Kind: wasm.KindMemory})
	return b.Bytes()
}

// Every world that ships can be encoded, all of it used.
func TestWorlds(t *testing.T) {
	r, err := std.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.Packages {
		for _, w := range p.Worlds {
			t.Run(strings.NewReplacer("/", "_", ":", "_").Replace(w.ID()), func(t *testing.T) {
				res, err := transform.Polyfill(w, transform.Options{Suffix: "-abc"})
				if err != nil {
					t.Fatal(err)
				}
				core := stub(t, res.World)
				bin, err := encode.Component(core, res.World, encode.Options{})
				if err != nil {
					t.Fatal(err)
				}
				c, err := component.Decode(bin)
				if err != nil {
					t.Fatal(err)
				}
				check(t, bin)
				if p, err := component.Link(c); err != nil || len(p.Modules) == 0 {
					t.Error(err)
				}
			})
		}
	}
}
