package host_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/fuzzlimit"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// bombs are components, most of up to 64 KiB, with core modules that ask for as
// much as they can.
func bombs() map[string][]byte {
	of := func(instances int, b *wasm.Builder) []byte {
		c := &component.Component{Defs: []component.Def{&component.CoreModule{Data: b.Bytes()}}}
		for range instances {
			c.Defs = append(c.Defs, &component.CoreInstance{Instantiate: true})
		}
		return c.Encode()
	}
	funcs := func(n int, f wasm.Func) *wasm.Builder {
		return &wasm.Builder{Types: []wasm.FuncType{{}}, Funcs: slices.Repeat([]wasm.Func{f}, n)}
	}
	loops := append(slices.Repeat([]byte{0x03, 0x40, 0x20, 0, 0x21, 1}, 2000), slices.Repeat([]byte{0x0b}, 2001)...)
	locals := wasm.AppendU32([]byte{1}, 50_000)
	return map[string][]byte{
		"large tables":      of(1000, &wasm.Builder{Tables: []wasm.Table{{Elem: wasm.FuncRef, Limits: wasm.Limits{Min: 1 << 27}}}}),
		"large memories":    of(9000, &wasm.Builder{Memories: []wasm.Limits{{Min: 1 << 16}}}),
		"many functions":    of(1, funcs(16_000, wasm.Func{Body: []byte{0x0b}})),
		"many locals":       of(1, funcs(5000, wasm.Func{Raw: append(slices.Clone(locals), 0x7f, 0x0b)})),
		"nested loops":      of(1, funcs(1, wasm.Func{Locals: []wasm.ValType{wasm.I32, wasm.I32}, Body: loops})),
		"many instances":    of(9000, funcs(1, wasm.Func{Body: []byte{0x0b}})),
		"instances of code": of(8000, funcs(4000, wasm.Func{Body: []byte{0x0b}})),
		"calls in a row":    behindRealloc(8000),
	}
}

// TestBombs compiles and instantiates each bomb within the limits of what an
// input may cost; it may be refused.
func TestBombs(t *testing.T) {
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(ctx)
	for name, bin := range bombs() {
		t.Run(name, func(t *testing.T) {
			fuzzlimit.Check(t, len(bin), func() {
				c, err := engine.Compile(ctx, "bomb", bin)
				if err != nil {
					t.Log(err)
					return
				}
				pre, err := host.NewLinker(engine).Link(c)
				if err != nil {
					t.Fatal(err)
				}
				defer pre.Close(ctx)
				in, err := pre.Instantiate(ctx, host.InstanceConfig{})
				if err != nil {
					t.Fatal(err)
				}
				in.Close(ctx)
			})
		})
	}
}

// TestTailCalls refuses tail calls where guests are to be interruptible.
func TestTailCalls(t *testing.T) {
	bin, err := wast.Assemble(`(component (core module $m (func $f (export "f") (return_call $f))) (core instance (instantiate $m)))`)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, interruptible := range []bool{false, true} {
		engine, err := host.NewEngine(ctx, host.Config{Interruptible: interruptible})
		if err != nil {
			t.Fatal(err)
		}
		defer engine.Close(ctx)
		_, err = engine.Compile(ctx, "around", bin)
		if interruptible != (err != nil) || err != nil && !strings.Contains(err.Error(), "tail-call") {
			t.Errorf("interruptible %v: %v", interruptible, err)
		}
	}
}
