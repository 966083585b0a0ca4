// Package versus is for benchmarks that measure one thing by another.
package versus

import (
	"slices"
	"testing"
	"time"
)

// pairs is how many times the two loops take turns.
const pairs = 64

// Loops runs two loops in turn, so that both meet the same machine, and
// reports the medians of both per round (ns/op and base-ns/op) and their ratio.
// Allocations are those of ours alone. A loop makes n rounds.
func Loops(b *testing.B, ours, base func(n int)) {
	b.Helper()
	n := max(b.N/pairs, 1)
	timed := func(f func(int)) float64 {
		start := time.Now()
		f(n)
		return float64(time.Since(start)) / float64(n)
	}
	timed(ours)
	timed(base)
	var a, c []float64
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += n {
		a = append(a, timed(ours))
		b.StopTimer()
		c = append(c, timed(base))
		b.StartTimer()
	}
	b.StopTimer()
	slices.Sort(a)
	slices.Sort(c)
	mine, theirs := a[len(a)/2], c[len(c)/2]
	b.ReportMetric(mine, "ns/op")
	b.ReportMetric(theirs, "base-ns/op")
	b.ReportMetric(mine/theirs, "ratio")
}
