// Package fuzzlimit measures what reading an input costs, for fuzz targets of
// whatever reads input that is not trusted.
package fuzzlimit

import (
	"flag"
	"runtime"
	"testing"
	"time"
)

// What an input may cost for each started 64 KiB: the time is looked at only
// while fuzzing, for a test may run beside others.
const (
	unit      = 64 << 10
	MaxTime   = time.Second
	MaxMemory = 64 << 20 // allocated altogether, given back or not
)

// Check runs f, which reads an input of that many bytes, and fails the test if
// it takes too long or too much memory.
func Check(t *testing.T, size int, f func()) {
	t.Helper()
	units := uint64(size+unit-1)/unit + bit(size == 0)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := clock()
	f()
	took := clock() - start
	runtime.ReadMemStats(&after)
	got := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d bytes: %v, %d KiB", size, took, got>>10)
	if got > units*MaxMemory {
		t.Errorf("an input of %d bytes takes %d MiB", size, got>>20)
	}
	if took > time.Duration(units)*MaxTime && fuzzing() {
		t.Errorf("an input of %d bytes takes %v", size, took)
	}
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// fuzzing tells whether the test runs as a fuzz target with new inputs.
func fuzzing() bool {
	f := flag.Lookup("test.fuzz")
	return f != nil && f.Value.String() != ""
}
