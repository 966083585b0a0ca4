//go:build !isyswasfa_overlay

package async

import (
	"runtime"
	"runtime/metrics"
)

var runnable = []metrics.Sample{{Name: "/sched/goroutines/runnable:goroutines"}}

// The public API does not tell when the next timer is due. So a busy component
// asks to be woken again and again.
const tick = 5_000_000 // ns

// waitIdle returns when no other goroutine can run. It returns a nanotime at
// which to look for timers that are due.
func waitIdle() int64 {
	for {
		runtime.Gosched()
		metrics.Read(runnable)
		if runnable[0].Value.Uint64() == 0 {
			return nanotime() + tick
		}
	}
}
