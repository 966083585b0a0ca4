package host

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// yes is always ready.
type yes struct{}

func (yes) Ready() bool { return true }

func (yes) Notify(wake func()) func() {
	wake()
	return func() {}
}

// soon is ready when another goroutine has run.
type soon struct{ ready atomic.Bool }

func (s *soon) Ready() bool { return s.ready.Load() }

func (s *soon) Notify(wake func()) func() {
	go func() {
		s.ready.Store(true)
		wake()
	}()
	return func() {}
}

// BenchmarkSuspend compares calls of a nap whose host function cannot block,
// might block but does not, and does; and calls of an async function that is
// a bridge to it, which is forked if the callee might block. The last ones are
// called by a loop in a guest.
func BenchmarkSuspend(b *testing.B) {
	none := func(*Call, single) (struct{}, error) { return struct{}{}, nil }
	waits := func(src func() PollSource) HostFunc {
		return BlockingFunc(func(c *Call, _ single) (struct{}, error) { return struct{}{}, c.Block(src()) })
	}
	ready := func() PollSource { return yes{} }
	for _, k := range []struct {
		name string
		f    HostFunc
	}{
		{"cannot block", Func(none)},
		{"does not block", waits(ready)},
		{"blocks", waits(func() PollSource { return new(soon) })},
	} {
		define := func(l *Linker) { l.Instance("test:nap/nap").Func("wait", k.f) }
		b.Run("call/"+k.name, func(b *testing.B) {
			p := newChain(b)
			p.export("nap", p.napper(nil))
			benchCalls(b, p.link(define), "nap")
		})
		b.Run("bridged/"+k.name, func(b *testing.B) {
			p := newChain(b)
			p.exportLoop(p.toAsync(p.napper(nil)))
			if k.name == "blocks" {
				b.Skip("the loop does not wait")
			}
			in := instance(b, p.link(define))
			if _, err := export[single, uint32](b, in.pre, "loop").Call(context.Background(), in, single{uint32(b.N)}); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func benchCalls(b *testing.B, pre *InstancePre, name string) {
	in := instance(b, pre)
	f := export[single, uint32](b, pre, name)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Call(context.Background(), in, single{1}); err != nil {
			b.Fatal(err)
		}
	}
}

// exportLoop exports loop, which starts an async function many times.
func (p *chain) exportLoop(f [2]*component.Func) {
	sub, step := p.add(), len(p.prog.Steps)
	m := p.module(sub, `(module
	  (import "h" "start" (func $start (param i32 i32)))
	  (memory (export "memory") 1)
	  (func (export "loop") (param $n i32) (result i32)
	    (loop $again
	      (call $start (i32.const 1) (i32.const 0))
	      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
	      (br_if $again (i32.gt_s (local.get $n) (i32.const 0))))
	    (i32.const 0)))`, lower("h", "start", sub, f[0], component.Options{Memory: core(step, "memory")}))
	p.export("loop", lift(sub, m, "loop", fn(u32, u32), memoryless))
}

// BenchmarkForked measures forked calls that a guest makes in a loop, with a
// number or a string that comes back, of a callee that pauses or does not. The
// caller waits by isyswasfa:bridge/bridge.
func BenchmarkForked(b *testing.B) {
	for _, pauses := range []bool{false, true} {
		for _, size := range []int{0, 16, 16 << 10} {
			name := fmt.Sprintf("%s/string of %d", map[bool]string{false: "goes on", true: "pauses"}[pauses], size)
			if size == 0 {
				name = strings.Replace(name, "string of 0", "number", 1)
			}
			b.Run(name, func(b *testing.B) {
				in := instance(b, newChain(b).forkedLoop(pauses, size))
				loop := export[single, uint32](b, in.pre, "loop")
				b.ReportAllocs()
				if _, err := loop.Call(context.Background(), in, single{uint32(b.N)}); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

// forkedLoop links a caller and a callee that pass a string of a size, or a
// number for 0.
func (p *chain) forkedLoop(pauses bool, size int) *InstancePre {
	const callee = `(module
	  (import "h" "wait" (func $wait (param i32)))
	  (memory (export "memory") 2)
	  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
	  (func (export "start") %s (result i32)
	    (call $wait (i32.const 0))
	    %s
	    (i32.const 0))
	  (func (export "result") (param i32) (result i32) (unreachable)))`
	const caller = `(module
	  (import "h" "start" (func $start %s))
	  (import "h" "result" (func $result %s))
	  (import "h" "bridge" (func $bridge (param i32) (result i32)))
	  (memory (export "memory") 2)
	  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
	  (func (export "loop") (param $n i32) (result i32)
	    (loop $again
	      (call $start %s (i32.const 0))
	      (if (i32.load8_u (i32.const 0)) (then %s))
	      (br_if $again (i32.gt_s (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 0))))
	    (i32.const 0)))`
	const ready = "(call $bridge (i32.load (i32.const 4)))"
	of, in := u32, fmt.Sprintf(callee, "(param i32)", "(i32.store (i32.const 4) (local.get 0))")
	out := fmt.Sprintf(caller, "(param i32 i32)", "(param i32) (result i32)", "(i32.const 7)", "(drop (call $result "+ready+"))")
	if size > 0 {
		of, in = str, fmt.Sprintf(callee, "(param i32 i32)", "(i32.store (i32.const 4) (local.get 0)) (i32.store (i32.const 8) (local.get 1))")
		out = fmt.Sprintf(caller, "(param i32 i32 i32)", "(param i32 i32)", fmt.Sprintf("(i32.const 1024) (i32.const %d)", size), "(call $result "+ready+" (i32.const 0))")
	}
	sub, step := p.add(), len(p.prog.Steps)
	wait := p.imported("test:nap/nap", "wait", fn(none, u32))
	p.module(sub, in, lower("h", "wait", sub, wait, memoryless))
	f := p.asyncOf(sub, step, "fetch", memory(step), of, of)
	sub, step = p.add(), len(p.prog.Steps)
	bridge := p.imported("isyswasfa:bridge/bridge", "wait", fn(handle(abi.Own, p.c.ready), handle(abi.Own, p.c.pending)))
	mem := memory(step)
	p.module(sub, out, lower("h", "start", sub, f[0], mem), lower("h", "result", sub, f[1], mem), lower("h", "bridge", sub, bridge, mem))
	p.export("loop", lift(sub, step, "loop", fn(u32, u32), memoryless))
	return p.link(func(l *Linker) {
		l.Instance("test:nap/nap").Func("wait", BlockingFunc(func(c *Call, _ single) (struct{}, error) {
			var src PollSource = yes{}
			if pauses {
				src = new(soon)
			}
			return struct{}{}, c.Block(src)
		}))
	})
}
