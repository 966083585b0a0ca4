package host

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// Work that is posted while calls take the driver's role without the lock is
// done, though the calls go on.
func TestQuickCalls(t *testing.T) {
	p := newProgram(t)
	m := p.module(0, `(module (func (export "add") (param i32 i32) (result i32)
	  (i32.add (local.get 0) (local.get 1))))`)
	p.export("add", lift(0, m, "add", fn(u32, u32, u32), memoryless))
	pre := p.link(nil)
	add := export[pair, uint32](t, pre, "add")
	in := instance(t, pre)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	stop := make(chan struct{})
	var callers, posters sync.WaitGroup
	for range 2 {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if n, err := add.Call(ctx, in, pair{1, 2}); n != 3 || err != nil {
					t.Errorf("%d, %v", n, err)
					return
				}
				runtime.Gosched() // else one processor is kept for 10 ms at a time
			}
		})
		posters.Go(func() {
			for i := range 2000 {
				done := make(chan struct{})
				in.Post(func() { close(done) })
				select {
				case <-done:
				case <-ctx.Done():
					t.Errorf("work %d is not done", i)
					return
				}
				if i%10 == 0 {
					if err := in.WaitIdle(ctx); err != nil {
						t.Errorf("after work %d: %v", i, err)
						return
					}
				}
			}
		})
	}
	posters.Wait()
	close(stop)
	callers.Wait()
	checkEmpty(t, in)
}

// A component that was called is polled soon, though nobody waits for it.
func TestLinger(t *testing.T) {
	polled := make(chan struct{}, 1)
	p := newProgram(t)
	c := p.convention()
	note := p.imported("test:note/note", "note", fn(none))
	m := p.module(0, `(module
	  (import "" "note" (func $note))
	  (memory (export "memory") 1)
	  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
	  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
	  (func (export "poll") (param i32 i32) (result i32) (call $note) (i32.const 0)))`,
		lower("", "note", 0, note, memoryless))
	p.export("add", lift(0, m, "add", fn(u32, u32, u32), memoryless))
	p.prog.Polls = []*component.PollFunc{{Name: "isyswasfa-poll", Func: lift(0, m, "poll", c.poll, memory(m))}}
	pre := p.link(func(l *Linker) {
		l.Instance("test:note/note").Func("note", Func(func(*Call, struct{}) (struct{}, error) {
			select {
			case polled <- struct{}{}:
			default:
			}
			return struct{}{}, nil
		}))
	})
	add := export[pair, uint32](t, pre, "add")
	in := instance(t, pre)
	if _, err := add.Call(t.Context(), in, pair{1, 2}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-polled:
	case <-time.After(10 * time.Second):
		t.Error("no poll")
	}
	if err := in.WaitIdle(t.Context()); err != nil {
		t.Error(err)
	}
}
