package host

import (
	"context"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// shoutModule answers its parameter with a "!"; freed counts the post-returns.
const shoutModule = `(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 1024))
  (global $freed (mut i32) (i32.const 0))
  (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32) (local $p i32)
    (local.set $p (global.get $top))
    (global.set $top (i32.add (local.get $p) (i32.and (i32.add (local.get 3) (i32.const 7)) (i32.const -8))))
    (local.get $p))
  (func (export "shout") (param $p i32) (param $n i32) (result i32)
    (i32.store8 (i32.add (local.get $p) (local.get $n)) (i32.const 33))
    (i32.store (i32.const 8) (local.get $p))
    (i32.store (i32.const 12) (i32.add (local.get $n) (i32.const 1)))
    (i32.const 8))
  (func (export "free") (param i32)
    (global.set $top (i32.const 1024))
    (global.set $freed (i32.add (global.get $freed) (i32.const 1))))
  (func (export "freed") (result i32) (global.get $freed))
  (func (export "square") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))`

// passModule calls shout and square of another instance.
const passModule = `(module
  (import "s" "shout" (func $shout (param i32 i32 i32)))
  (import "s" "square" (func $square (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.add (i32.const 4096) (i32.mul (local.get 3) (i32.const 16))))
  (func (export "shout") (param i32 i32) (result i32)
    (call $shout (local.get 0) (local.get 1) (i32.const 16))
    (i32.const 16))
  (func (export "square") (param i32) (result i32) (call $square (local.get 0))))`

func composedProgram(t testing.TB) *program {
	p := newProgram(t, "root", "root/0", "root/1")
	a, b := memory(0), memory(1)
	a.PostReturn = core(0, "free")
	p.module(1, shoutModule)
	p.module(2, passModule,
		lower("s", "shout", 2, lift(1, 0, "shout", fn(str, str), a), b),
		lower("s", "square", 2, lift(1, 0, "square", fn(u32, u32), memoryless), b))
	p.export("shout", lift(2, 1, "shout", fn(str, str), b))
	p.export("square", lift(2, 1, "square", fn(u32, u32), b))
	p.export("freed", lift(1, 0, "freed", fn(u32), memoryless))
	return p
}

func TestCallBetweenComponents(t *testing.T) {
	ctx := context.Background()
	pre := composedProgram(t).link(nil)
	in := instance(t, pre)
	shout := export[struct{ S string }, string](t, pre, "shout")
	square := export[single, uint32](t, pre, "square")
	freed := export[struct{}, uint32](t, pre, "freed")
	for i := range uint32(3) {
		want := strings.Repeat("hé", int(i)*20)
		if got, err := shout.Call(ctx, in, struct{ S string }{want}); err != nil || got != want+"!" {
			t.Errorf("shout(%q): %q, %v", want, got, err)
		}
		if got, err := square.Call(ctx, in, single{i}); err != nil || got != i*i {
			t.Errorf("square(%d): %d, %v", i, got, err)
		}
	}
	if n, err := freed.Call(ctx, in, struct{}{}); n != 3 || err != nil {
		t.Errorf("%d post-returns, want 3: %v", n, err)
	}
	if n := len(pre.c.steps[1].host); n != 1 {
		t.Errorf("%d imports go through the host, want shout alone", n)
	}
}

// The same module instantiated twice is compiled twice only if it is wired in
// another pattern.
func TestShareCode(t *testing.T) {
	p := newProgram(t)
	p.module(0, shoutModule)
	for range 2 {
		p.prog.Steps = append(p.prog.Steps, &component.InstantiateModule{Module: 0})
	}
	pre := p.link(nil)
	if s := pre.c.steps; s[0].mod != s[1].mod || s[1].mod != s[2].mod {
		t.Error("the module was compiled again")
	}
	in := instance(t, pre)
	if in.mods[0] == in.mods[1] {
		t.Error("one instance for two steps")
	}
}
