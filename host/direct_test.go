package host

import (
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// A component instance that another one calls without the host is polled all
// the same; a function that its module only passes on is called through the
// host.
func TestDirectEntry(t *testing.T) {
	for _, c := range []struct {
		export string
		host   int // imports of the caller that go through the host
	}{{"square", 0}, {"passed", 1}} {
		t.Run(c.export, func(t *testing.T) {
			polled := make(chan struct{}, 1)
			p := newProgram(t, "root", "root/0", "root/1")
			note := p.imported("test:note/note", "note", fn(none))
			p.module(1, `(module (func (export "square") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))`)
			p.module(1, `(module
			  (import "" "note" (func $note))
			  (import "m" "square" (func $square (param i32) (result i32)))
			  (memory (export "memory") 1)
			  (func (export "square") (param i32) (result i32) (local i64 f32)
			    (local.set 1 (i64.const 7))
			    (i32.mul (local.get 0) (local.get 0)))
			  (export "passed" (func $square))
			  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
			  (func (export "poll") (param i32 i32) (result i32) (call $note) (i32.const 0)))`,
				lower("", "note", 1, note, memoryless), arg("m", "square", 0, "square"))
			p.module(2, loopText, lower("s", "square", 2, lift(1, 1, c.export, fn(u32, u32), memoryless), memoryless))
			p.export("loop", lift(2, 2, "loop", fn(u32, u32), memoryless))
			p.prog.Polls = []*component.PollFunc{{Instance: 1, Name: "isyswasfa-poll", Func: lift(1, 1, "poll", p.convention().poll, memory(1))}}
			pre := p.link(func(l *Linker) {
				l.Instance("test:note/note").Func("note", Func(func(*Call, struct{}) (struct{}, error) {
					select {
					case polled <- struct{}{}:
					default:
					}
					return struct{}{}, nil
				}))
			})
			if n := len(pre.steps[2].host); n != c.host {
				t.Errorf("%d imports go through the host, want %d", n, c.host)
			}
			sum := export[single, uint32](t, pre, "loop")
			in := instance(t, pre)
			if got, err := sum.Call(t.Context(), in, single{3}); got != 14 || err != nil {
				t.Fatal(got, err)
			}
			select {
			case <-polled:
			case <-time.After(10 * time.Second):
				t.Error("no poll")
			}
			if err := in.WaitIdle(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
