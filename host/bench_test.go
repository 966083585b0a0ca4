package host

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/versus"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

// squareText calculates, loopText has it calculate often.
const (
	squareText = `(module
  (memory (export "memory") 1)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
  (func (export "poll") (param i32 i32) (result i32) (i32.const 0))
  (func (export "square") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))`
	loopText = `(module
  (import "s" "square" (func $square (param i32) (result i32)))
  (func (export "loop") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call $square (local.get $n))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))`
)

// BenchmarkScalarBetween measures a scalar call between components against a
// call between core modules. A callee that is polled sets a flag.
func BenchmarkScalarBetween(b *testing.B) {
	for _, polled := range []bool{false, true} {
		b.Run(map[bool]string{false: "direct", true: "polled"}[polled], func(b *testing.B) {
			rt := newRuntime(b)
			rt.instantiate("s", squareText)
			p := newProgram(b, "root", "root/0", "root/1")
			p.module(1, squareText)
			p.module(2, loopText, lower("s", "square", 2, lift(1, 0, "square", fn(u32, u32), memoryless), memoryless))
			p.export("loop", lift(2, 1, "loop", fn(u32, u32), memoryless))
			if polled {
				poll := lift(1, 0, "poll", p.convention().poll, memory(0))
				p.prog.Polls = append(p.prog.Polls, &component.PollFunc{Instance: 1, Name: "isyswasfa-poll", Func: poll})
			}
			versus.Loops(b, loop(b, p), rt.loop(loopText))
		})
	}
}

// takeText has a function take that a string is passed to, with an allocator
// that starts again at each string; giveText passes strings to it, which init
// makes.
const (
	takeText = `(module
  (memory (export "memory") 4)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "take") (param $p i32) (param $n i32) (result i32) (local.get $n)))`
	giveText = `(module
  (import "s" "take" (func $take (param i32 i32) (result i32)))
  (memory (export "memory") 4)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 131072))
  (func $init (local $p i32)
    (local.set $p (i32.const 65536))
    (loop $again
      (i64.store (local.get $p) (i64.const %d))
      (br_if $again (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 8))) (i32.const 131072)))))
  (start $init)
  (func (export "loop") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call $take (i32.const 65536) (i32.const %d))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))`
)

// BenchmarkStringBetween measures a call with a string, from memory to memory,
// against an adapter that a Go programmer would write for wazero.
func BenchmarkStringBetween(b *testing.B) {
	encodings := []struct {
		name string
		enc  component.StringEncoding
		aaaa uint64 // in memory
	}{
		{"utf8", component.UTF8, 0x6161616161616161},
		{"utf16", component.UTF16, 0x0061006100610061},
		{"latin1", component.Latin1UTF16, 0x6161616161616161},
	}
	for _, from := range encodings {
		for _, to := range encodings {
			for _, units := range []int{16, 16 << 10} {
				b.Run(fmt.Sprintf("%s-%s/%d", from.name, to.name, units), func(b *testing.B) {
					give := fmt.Sprintf(giveText, from.aaaa, units)
					p := newProgram(b, "root", "root/0", "root/1")
					a, c := memory(0), memory(1)
					a.Encoding, c.Encoding = to.enc, from.enc
					p.module(1, takeText)
					p.module(2, give, lower("s", "take", 2, lift(1, 0, "take", fn(u32, str), a), c))
					p.export("loop", lift(2, 1, "loop", fn(u32, u32), memoryless))
					rt := newRuntime(b)
					rt.adapter(from.enc == component.UTF16, to.enc == component.UTF16)
					versus.Loops(b, loop(b, p), rt.loop(give))
				})
			}
		}
	}
}

// BenchmarkStringHost measures a call of the host with a string that comes
// back, against the same by hand.
func BenchmarkStringHost(b *testing.B) {
	for _, size := range []int{16, 16 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			ctx, text := context.Background(), strings.Repeat("a", size)
			p := newProgram(b)
			p.module(0, echoText)
			p.export("echo", lift(0, 0, "echo", fn(str, str), memory(0)))
			pre := p.link(nil)
			in, echo := instance(b, pre), export[struct{ S string }, string](b, pre, "echo")
			rt := newRuntime(b)
			m := rt.instantiate("m", echoText)
			realloc, echoCore, stack := m.ExportedFunction("realloc"), m.ExportedFunction("echo"), make([]uint64, 4)
			versus.Loops(b, func(n int) {
				for range n {
					if s, err := echo.Call(ctx, in, struct{ S string }{text}); err != nil || len(s) != size {
						b.Fatal(s, err)
					}
				}
			}, func(n int) {
				for range n {
					stack[0], stack[1], stack[2], stack[3] = 0, 0, 1, uint64(size)
					rt.check(realloc.CallWithStack(ctx, stack))
					m.Memory().WriteString(uint32(stack[0]), text)
					stack[1] = uint64(size)
					rt.check(echoCore.CallWithStack(ctx, stack))
					at, _ := m.Memory().ReadUint32Le(uint32(stack[0]))
					units, _ := m.Memory().ReadUint32Le(uint32(stack[0]) + 4)
					bytes, _ := m.Memory().Read(at, units)
					if s := string(bytes); len(s) != size {
						b.Fatal(s)
					}
				}
			})
		})
	}
}

const echoText = `(module
  (memory (export "memory") 2)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "echo") (param $p i32) (param $n i32) (result i32)
    (i32.store (i32.const 16) (local.get $p))
    (i32.store (i32.const 20) (local.get $n))
    (i32.const 16)))`

// BenchmarkFourModules measures an instance of a component with four core
// instances, against instances of the four modules.
func BenchmarkFourModules(b *testing.B) {
	ctx := context.Background()
	const user = `(module (import "m" "memory" (memory 1)) (func (export "f") (result i32) (i32.load (i32.const 8))))`
	p := newProgram(b)
	p.module(0, takeText)
	for range 3 {
		m := p.module(0, user, arg("m", "memory", 0, "memory"))
		p.export(fmt.Sprint("f", m), lift(0, m, "f", fn(u32), memoryless))
	}
	pre := p.link(nil)
	rt := newRuntime(b)
	first, others := rt.compile(takeText), rt.compile(user)
	conf := wazero.NewModuleConfig().WithRandSource(rand.Reader)
	versus.Loops(b, func(n int) {
		for range n {
			in, err := pre.Instantiate(ctx, InstanceConfig{})
			if err != nil {
				b.Fatal(err)
			}
			in.Close(ctx)
		}
	}, func(n int) {
		for range n {
			m, err := rt.InstantiateModule(ctx, first, conf.WithName("m"))
			rt.check(err)
			mods := []api.Module{m}
			for range 3 {
				m, err := rt.InstantiateModule(ctx, others, conf.WithName(""))
				rt.check(err)
				mods = append(mods, m)
			}
			for _, m := range slices.Backward(mods) {
				m.Close(ctx)
			}
		}
	})
}

// Calls between components allocate nothing.
func TestNoAllocsBetween(t *testing.T) {
	for _, to := range []component.StringEncoding{component.UTF8, component.UTF16, component.Latin1UTF16} {
		p := newProgram(t, "root", "root/0", "root/1")
		a := memory(0)
		a.Encoding = to
		p.module(1, takeText)
		p.module(2, fmt.Sprintf(giveText, 0x6161616161616161, 64), lower("s", "take", 2, lift(1, 0, "take", fn(u32, str), a), memory(1)))
		p.export("loop", lift(2, 1, "loop", fn(u32, u32), memoryless))
		run := loop(t, p)
		if n := testing.AllocsPerRun(10, func() { run(1000) }); n >= 1 {
			t.Errorf("encoding %v: %v allocations for 1000 calls", to, n)
		}
	}
}

// loop gives the function loop of a program.
func loop(t testing.TB, p *program) func(n int) {
	ctx, pre := context.Background(), p.link(nil)
	in, f := instance(t, pre), export[single, uint32](t, pre, "loop")
	return func(n int) {
		if _, err := f.Call(ctx, in, single{uint32(n)}); err != nil {
			t.Fatal(err)
		}
	}
}

// A bareRuntime is wazero without components.
type bareRuntime struct {
	wazero.Runtime
	t testing.TB
}

func newRuntime(t testing.TB) *bareRuntime {
	r := &bareRuntime{wazero.NewRuntime(context.Background()), t}
	t.Cleanup(func() { r.Close(context.Background()) })
	return r
}

func (r *bareRuntime) check(err error) {
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *bareRuntime) compile(text string) wazero.CompiledModule {
	data, err := wat.Assemble(text)
	r.check(err)
	c, err := r.CompileModule(context.Background(), data)
	r.check(err)
	return c
}

func (r *bareRuntime) instantiate(name, text string) api.Module {
	m, err := r.InstantiateModule(context.Background(), r.compile(text), wazero.NewModuleConfig().WithName(name))
	r.check(err)
	return m
}

// loop is loop for a module.
func (r *bareRuntime) loop(text string) func(n int) {
	f := r.instantiate("", text).ExportedFunction("loop")
	stack := make([]uint64, 1)
	return func(n int) {
		stack[0] = uint64(n)
		r.check(f.CallWithStack(context.Background(), stack))
	}
}

// adapter defines the import take by hand: the text is checked, converted and
// copied to takeText.
func (r *bareRuntime) adapter(from16, to16 bool) {
	m := r.instantiate("callee", takeText)
	realloc, take := m.ExportedFunction("realloc"), m.ExportedFunction("take")
	call := func(ctx context.Context, caller api.Module, stack []uint64) {
		width := map[bool]uint32{false: 1, true: 2}
		units := uint32(stack[1])
		src, _ := caller.Memory().Read(uint32(stack[0]), units*width[from16])
		var args [4]uint64
		args[2], args[3] = uint64(width[to16]), uint64(units*width[to16])
		r.check(realloc.CallWithStack(ctx, args[:]))
		dst, _ := m.Memory().Read(uint32(args[0]), units*width[to16])
		convert(dst, src, from16, to16)
		args[1] = uint64(units)
		r.check(take.CallWithStack(ctx, args[:]))
		stack[0] = args[0]
	}
	i32 := []api.ValueType{api.ValueTypeI32}
	_, err := r.NewHostModuleBuilder("s").NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(call), append(i32, i32...), i32).Export("take").Instantiate(context.Background())
	r.check(err)
}

func convert(dst, src []byte, from16, to16 bool) {
	switch {
	case from16 == to16 && (from16 || utf8.Valid(src)):
		copy(dst, src)
	case to16:
		for i, r := range string(src) {
			binary.LittleEndian.PutUint16(dst[2*i:], uint16(r))
		}
	default:
		for i := range dst {
			dst[i] = byte(binary.LittleEndian.Uint16(src[2*i:]))
		}
	}
}
