package test

import (
	"context"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/gobuild"
	"github.com/isyswasfa/isyswasfa/internal/versus"
	"github.com/isyswasfa/isyswasfa/internal/wat"
	bench "github.com/isyswasfa/isyswasfa/test/cases/bench/host"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
)

// benchText is a guest of the world bench that does as little as possible.
const benchText = `(module
  (import "$root" "now" (func $now (result i64)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "sum") (param $a i32) (param $b i32) (result i32)
    (i32.add (local.get $a) (local.get $b)))
  (func (export "echo") (param $p i32) (param $n i32) (result i32)
    (i32.store (i32.const 16) (local.get $p))
    (i32.store (i32.const 20) (local.get $n))
    (i32.const 16))
  (func (export "ask") (param $times i32) (result i64) (local $last i64)
    (loop $again
      (local.set $last (call $now))
      (local.set $times (i32.sub (local.get $times) (i32.const 1)))
      (br_if $again (local.get $times)))
    (local.get $last)))`

type benchHost struct{}

func (benchHost) Now(context.Context) (uint64, error) { return 42, nil }

func benchCore(b *testing.B) []byte {
	core, err := wat.Assemble(benchText)
	if err != nil {
		b.Fatal(err)
	}
	return core
}

// benchBindings makes an instance behind generated bindings.
func benchBindings(b *testing.B) *bench.Bench {
	ctx := context.Background()
	r, _, err := wit.ParseDir("cases/bench/wit")
	if err != nil {
		b.Fatal(err)
	}
	world, err := r.World("bench")
	if err != nil {
		b.Fatal(err)
	}
	poly, err := transform.Polyfill(world, transform.Options{NoPoll: true})
	if err != nil {
		b.Fatal(err)
	}
	binary, err := encode.Component(benchCore(b), poly.World, encode.Options{})
	if err != nil {
		b.Fatal(err)
	}
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { engine.Close(ctx) })
	c, err := engine.Compile(ctx, "bench", binary)
	if err != nil {
		b.Fatal(err)
	}
	w, err := bench.Instantiate(ctx, engine, c, bench.Imports{World: benchHost{}}, host.InstanceConfig{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { w.Close(ctx) })
	return w
}

// benchWazero makes an instance of the core module alone.
func benchWazero(b *testing.B) api.Module {
	ctx := context.Background()
	rt := wazero.NewRuntime(ctx)
	b.Cleanup(func() { rt.Close(ctx) })
	_, err := rt.NewHostModuleBuilder("$root").NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, _ api.Module, stack []uint64) { stack[0] = 42 }), nil, []api.ValueType{api.ValueTypeI64}).
		Export("now").Instantiate(ctx)
	if err != nil {
		b.Fatal(err)
	}
	m, err := rt.Instantiate(ctx, benchCore(b))
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// BenchmarkBindings measures calls through generated bindings against the same
// calls done by hand with wazero alone.
func BenchmarkBindings(b *testing.B) {
	ctx := context.Background()
	w, m := benchBindings(b), benchWazero(b)
	b.Run("scalar", func(b *testing.B) { versus.Loops(b, sumLoop(b, w.Sum), sumByHand(b, m)) })
	b.Run("string", func(b *testing.B) {
		echo, realloc := m.ExportedFunction("echo"), m.ExportedFunction("cabi_realloc")
		stack := make([]uint64, 4)
		versus.Loops(b, func(n int) {
			for range n {
				if s, err := w.Echo(ctx, benchWords); s != benchWords || err != nil {
					b.Fatal(s, err)
				}
			}
		}, func(n int) {
			for range n {
				if s, err := echoByHand(ctx, m.Memory(), realloc, echo, stack, benchWords); s != benchWords || err != nil {
					b.Fatal(s, err)
				}
			}
		})
	})
	b.Run("import", func(b *testing.B) {
		ask, stack := m.ExportedFunction("ask"), make([]uint64, 1)
		versus.Loops(b, func(n int) {
			if r, err := w.Ask(ctx, uint32(n)); r != 42 || err != nil {
				b.Fatal(r, err)
			}
		}, func(n int) {
			stack[0] = uint64(n)
			if err := ask.CallWithStack(ctx, stack); stack[0] != 42 || err != nil {
				b.Fatal(stack, err)
			}
		})
	})
}

const benchWords = "And the mome raths outgrabe."

// BenchmarkGoBindings is BenchmarkBindings for a guest in Go.
func BenchmarkGoBindings(b *testing.B) {
	ctx := context.Background()
	w, m := startValues(b), goCore(b)
	b.Run("scalar", func(b *testing.B) { versus.Loops(b, sumLoop(b, w.Sum), sumByHand(b, m)) })
	b.Run("string", func(b *testing.B) {
		measure, realloc := m.ExportedFunction("measure"), m.ExportedFunction("cabi_realloc")
		stack := make([]uint64, 4)
		versus.Loops(b, func(n int) {
			for range n {
				if got, err := w.Measure(ctx, benchWords); int(got) != len(benchWords) || err != nil {
					b.Fatal(got, err)
				}
			}
		}, func(n int) {
			for range n {
				stack[0], stack[1], stack[2], stack[3] = 0, 0, 1, uint64(len(benchWords))
				if err := realloc.CallWithStack(ctx, stack); err != nil {
					b.Fatal(err)
				}
				m.Memory().WriteString(uint32(stack[0]), benchWords)
				stack[1] = uint64(len(benchWords))
				if err := measure.CallWithStack(ctx, stack); int(stack[0]) != len(benchWords) || err != nil {
					b.Fatal(stack, err)
				}
			}
		})
	})
}

// sumLoop calls a method sum.
func sumLoop(b *testing.B, sum func(ctx context.Context, x, y uint32) (uint32, error)) func(n int) {
	ctx := context.Background()
	return func(n int) {
		for range n {
			if got, err := sum(ctx, 1, 2); got != 3 || err != nil {
				b.Fatal(got, err)
			}
		}
	}
}

// sumByHand calls the core function sum.
func sumByHand(b *testing.B, m api.Module) func(n int) {
	ctx, sum, stack := context.Background(), m.ExportedFunction("sum"), make([]uint64, 2)
	return func(n int) {
		for range n {
			stack[0], stack[1] = 1, 2
			if err := sum.CallWithStack(ctx, stack); uint32(stack[0]) != 3 || err != nil {
				b.Fatal(stack, err)
			}
		}
	}
}

// goCore makes an instance of the core module of the guest values, with
// imports that do nothing but for WASI's.
func goCore(b *testing.B) api.Module {
	ctx := context.Background()
	built, err := gobuild.Build(ctx, gobuild.Options{Package: "./cases/values"})
	if err != nil {
		b.Fatal(err)
	}
	rt := wazero.NewRuntime(ctx)
	b.Cleanup(func() { rt.Close(ctx) })
	wasi_snapshot_preview1.MustInstantiate(ctx, rt)
	core, err := rt.CompileModule(ctx, built.Core)
	if err != nil {
		b.Fatal(err)
	}
	hosts := map[string]wazero.HostModuleBuilder{}
	for _, f := range core.ImportedFunctions() {
		module, name, _ := f.Import()
		if module == wasi_snapshot_preview1.ModuleName {
			continue
		}
		if hosts[module] == nil {
			hosts[module] = rt.NewHostModuleBuilder(module)
		}
		hosts[module].NewFunctionBuilder().WithGoModuleFunction(
			api.GoModuleFunc(func(context.Context, api.Module, []uint64) {}), f.ParamTypes(), f.ResultTypes()).Export(name)
	}
	for _, h := range hosts {
		if _, err := h.Instantiate(ctx); err != nil {
			b.Fatal(err)
		}
	}
	m, err := rt.InstantiateModule(ctx, core, wazero.NewModuleConfig().WithStartFunctions("_initialize"))
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// echoByHand is what a call with a string takes.
func echoByHand(ctx context.Context, mem api.Memory, realloc, echo api.Function, stack []uint64, s string) (string, error) {
	stack[0], stack[1], stack[2], stack[3] = 0, 0, 1, uint64(len(s))
	if err := realloc.CallWithStack(ctx, stack); err != nil {
		return "", err
	}
	mem.WriteString(uint32(stack[0]), s)
	stack[1] = uint64(len(s))
	if err := echo.CallWithStack(ctx, stack); err != nil {
		return "", err
	}
	p, _ := mem.ReadUint32Le(uint32(stack[0]))
	n, _ := mem.ReadUint32Le(uint32(stack[0]) + 4)
	out, _ := mem.Read(p, n)
	return string(out), nil
}
