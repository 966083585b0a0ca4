package host

import (
	"context"
	"sync/atomic"
	"testing"

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
