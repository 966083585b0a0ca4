package host

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// waitModule makes fetch-start and fetch-result of the relay out of
// isyswasfa:io/poll: it waits for the pollable it gets and drops it.
const waitModule = `(module
  (import "p" "start" (func $start (param i32 i32)))
  (import "p" "result" (func $result (param i32)))
  (import "p" "drop" (func $drop (param i32)))
  (global $pollable (mut i32) (i32.const 0))
  (func (export "fetch-start") (param i32 i32)
    (global.set $pollable (local.get 0))
    (call $start (local.get 0) (local.get 1)))
  (func (export "fetch-result") (param i32) (result i32)
    (call $result (local.get 0))
    (call $drop (global.get $pollable))
    (i32.const 5)))`

// An alarm is a PollSource that goes off once; each wake-up but the last one
// comes too early.
type alarm struct {
	early   int
	after   time.Duration
	mu      sync.Mutex
	ringing bool
}

func (a *alarm) Ready() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ringing
}

func (a *alarm) Notify(wake func()) func() {
	if a.early > 0 {
		a.early--
		wake()
		return func() {}
	}
	t := time.AfterFunc(a.after, func() {
		a.mu.Lock()
		a.ringing = true
		a.mu.Unlock()
		wake()
	})
	return func() { t.Stop() }
}

func TestPollable(t *testing.T) {
	checkGoroutines(t)
	p := newProgram(t)
	c := p.convention()
	pollable := p.resource("wasi:io/poll@0.2.6", "pollable")
	own, borrow := handle(abi.Own, pollable), handle(abi.Borrow, pollable)
	start, result := c.halves(u32, own)
	blockStart := fn(variant(abi.Result, nil, handle(abi.Own, c.pending)), borrow)
	blockResult := fn(none, handle(abi.Own, c.ready))
	mem := memory(1) // of the relay, which is instantiated later
	p.module(0, waitModule,
		lower("p", "start", 0, p.imported("isyswasfa:io/poll", "block-isyswasfa-start", blockStart), mem),
		lower("p", "result", 0, p.imported("isyswasfa:io/poll", "block-isyswasfa-result", blockResult), mem),
		drop("p", "drop", 0, pollable))
	p.module(0, relayModule,
		lower("i", "make-task", 0, c.makeTask, mem),
		lower("i", "state", 0, c.state, mem),
		drop("i", "drop-cancel", 0, c.cancel),
		drop("i", "drop-ready", 0, c.ready),
		arg("h", "fetch-start", 0, "fetch-start"),
		arg("h", "fetch-result", 0, "fetch-result"))
	p.export("get-isyswasfa-start", lift(0, 1, "get-start", start, mem))
	p.export("get-isyswasfa-result", lift(0, 1, "get-result", result, mem))
	p.prog.Polls = []*component.PollFunc{{Name: "isyswasfa-poll", Func: lift(0, 1, "poll", c.poll, mem)}}
	pre := p.link(nil)
	get := export[struct{ P *Pollable }, uint32](t, pre, "get")
	in := instance(t, pre)
	for early := range 3 {
		a := &alarm{early: early, after: time.Millisecond}
		if got, err := get.Call(context.Background(), in, struct{ P *Pollable }{&Pollable{a}}); err != nil || got != 5 {
			t.Fatalf("got %d, %v", got, err)
		}
		checkEmpty(t, in)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	a := &alarm{after: time.Hour}
	if _, err := get.Call(ctx, in, struct{ P *Pollable }{&Pollable{a}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := in.WaitIdle(context.Background()); err != nil {
		t.Error(err)
	}
	if got, want := in.Stats(), (InstanceStats{Handles: 1}); got != want { // the pollable, which the guest keeps
		t.Errorf("got %v, want %v", got, want)
	}
}

// Functions that the world itself imports.
func TestWorldFunctions(t *testing.T) {
	p := newProgram(t)
	f := &component.Func{Type: fn(u32, u32), Import: []string{"twice"}}
	p.prog.Imports = append(p.prog.Imports, &component.ImportItem{Name: "twice", Func: f.Type})
	m := p.module(0, addModule, lower("", "twice", 0, f, memoryless))
	p.export("add", lift(0, m, "add", fn(u32, u32, u32), memoryless))
	pre := p.link(func(l *Linker) { l.Instance("").Func("twice", Func(twice)) })
	add := export[pair, uint32](t, pre, "add")
	if got, err := add.Call(context.Background(), instance(t, pre), pair{3, 4}); err != nil || got != 14 {
		t.Errorf("got %d, %v", got, err)
	}
}
