package host

import (
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// TestStartPolled has a start function of a component that is polled: what it
// leaves behind goes on once the instance is made.
func TestStartPolled(t *testing.T) {
	checkGoroutines(t)
	polled := make(chan struct{}, 1)
	p := newProgram(t, "root")
	note := p.imported("test:note/note", "note", fn(none))
	m := p.module(0, `(module
	  (import "" "note" (func $note))
	  (memory (export "memory") 1)
	  (global $n (mut i32) (i32.const 0))
	  (func (export "start") (param i32) (global.set $n (local.get 0)))
	  (func (export "n") (result i32) (global.get $n))
	  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
	  (func (export "poll") (param i32 i32) (result i32) (call $note) (i32.const 0)))`, lower("", "note", 0, note, memoryless))
	n := &component.Value{Type: u32, Const: uint32(7)}
	p.prog.Values = []*component.Value{n}
	p.prog.Steps = append(p.prog.Steps, &component.CallStart{Func: lift(0, m, "start", fn(none, u32), memoryless), Args: []*component.Value{n}})
	p.prog.Polls = []*component.PollFunc{{Name: "isyswasfa-poll", Func: lift(0, m, "poll", p.convention().poll, memory(m))}}
	p.export("n", lift(0, m, "n", fn(u32), memoryless))
	pre := p.link(func(l *Linker) {
		l.Instance("test:note/note").Func("note", Func(func(*Call, struct{}) (struct{}, error) {
			select {
			case polled <- struct{}{}:
			default:
			}
			return struct{}{}, nil
		}))
	})
	in := instance(t, pre)
	if err := in.WaitIdle(t.Context()); err != nil {
		t.Error(err)
	}
	<-polled
	if got, err := export[struct{}, uint32](t, pre, "n").Call(t.Context(), in, struct{}{}); got != 7 || err != nil {
		t.Error(got, err)
	}
}
