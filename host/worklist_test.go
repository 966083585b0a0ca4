package host

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"
)

// TestWorkList compares with a set of flags.
func TestWorkList(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 65, 200} {
		l, want := newWorkList(n), make([]bool, n)
		for range 20 * n {
			i, members := rand.IntN(n), 0
			if want[i] = rand.IntN(2) == 0; want[i] {
				l.add(i)
			} else {
				l.remove(i)
			}
			next := l.next(0)
			for j, in := range want {
				if in != (j == next) {
					t.Fatalf("%d components: %d, want %d to be %v", n, next, j, in)
				}
				if in {
					members++
					next = l.next(j + 1)
				}
			}
			if next != -1 || l.n != members {
				t.Fatalf("%d components: %d left, %d members, want %d", n, next, l.n, members)
			}
		}
	}
}

// idleProgram is a relay with others beside it that nobody calls.
func idleProgram(b *testing.B, idle int) *program {
	names := make([]string, idle+2)
	for i := range names {
		names[i] = "root"
	}
	p := newProgram(b, names...)
	relayProgramOf(p, u32, beside)
	return p
}

// BenchmarkIdleComponents is a round trip in a composition with 100 idle
// components, and what it costs as a multiple of one with 2.
func BenchmarkIdleComponents(b *testing.B) {
	fetch := defineFetch(func(c *Call, p single, done *Completion[uint32]) error {
		c.Instance().Post(func() { done.Resolve(p.A) })
		return nil
	})
	var took [2]time.Duration
	var get [2]*ExportFunc[single, uint32]
	var in [2]*Instance
	for i, idle := range []int{2, 100} {
		pre := idleProgram(b, idle).link(fetch)
		get[i], in[i] = export[single, uint32](b, pre, "get"), instance(b, pre)
	}
	const batch, most = 100, 20000 // what a relay has memory for
	ctx, calls := context.Background(), 0
	for b.Loop() {
		if calls += batch; calls%most == 0 {
			b.StopTimer()
			for i := range in {
				in[i].Close(ctx)
				in[i] = instance(b, in[i].pre)
			}
			b.StartTimer()
		}
		for i := range in {
			start := time.Now()
			for range batch {
				if _, err := get[i].Call(ctx, in[i], single{1}); err != nil {
					b.Fatal(err)
				}
			}
			took[i] += time.Since(start)
		}
	}
	b.ReportMetric(float64(took[1].Nanoseconds())/float64(calls), "ns/call")
	b.ReportMetric(float64(took[1])/float64(took[0]), "times/2-idle")
}
