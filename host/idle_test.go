package host

import (
	"context"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// An instance gets idle by a call that gives the last host task up, without an
// event or a poll.
func TestIdleByCall(t *testing.T) {
	checkGoroutines(t)
	p := newChain(t)
	mem := component.Options{Memory: core(0, "memory")}
	m := p.module(0, `(module
	  (import "h" "fetch" (func $fetch (param i32 i32)))
	  (import "h" "drop-pending" (func $drop-pending (param i32)))
	  (memory (export "memory") 1)
	  (func (export "begin") (call $fetch (i32.const 1) (i32.const 0)))
	  (func (export "end") (call $drop-pending (i32.load (i32.const 4)))))`,
		lower("h", "fetch", 0, p.hostFetch()[0], mem), drop("h", "drop-pending", 0, p.c.pending))
	p.export("begin", lift(0, m, "begin", fn(none), memoryless))
	p.export("end", lift(0, m, "end", fn(none), memoryless))
	pre := p.link(defineFetch(func(*Call, single, *Completion[uint32]) error { return nil }))
	in := instance(t, pre)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	call := func(name string) {
		if _, err := export[struct{}, struct{}](t, pre, name).Call(ctx, in, struct{}{}); err != nil {
			t.Error(err)
		}
	}
	call("begin")
	idle := make(chan error, 1)
	go func() { idle <- in.WaitIdle(ctx) }()
	for waiting := false; !waiting; time.Sleep(time.Millisecond) {
		in.drv.mu.Lock()
		waiting = len(in.drv.idle) > 0
		in.drv.mu.Unlock()
	}
	call("end")
	if err := <-idle; err != nil {
		t.Error(err)
	}
}
