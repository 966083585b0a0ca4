package host_test

import (
	"context"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// TestSeveralMemories has a core module with three memories, the second of
// which is what canonical options name, and another module imports the third.
func TestSeveralMemories(t *testing.T) {
	const text = `(component
		(core module $m
			(memory $scratch 1) (memory $values (export "values") 1) (memory $own (export "own") 1 2)
			(data (memory $values) (i32.const 64) "hello, ")
			(global $next (mut i32) (i32.const 256))
			(func (export "realloc") (param i32 i32 i32 i32) (result i32)
				(global.get $next)
				(global.set $next (i32.add (global.get $next) (local.get 3))))
			(func (export "greet") (param $at i32) (param $len i32) (result i32)
				(memory.copy $scratch $values (i32.const 0) (i32.const 64) (i32.const 7))
				(memory.copy $scratch $values (i32.const 7) (local.get $at) (local.get $len))
				(memory.copy $own $scratch (i32.const 1024) (i32.const 0) (i32.const 100))
				(memory.copy $values $own (i32.const 1024) (i32.const 1024) (i32.const 100))
				(i32.store $values (i32.const 8) (i32.const 1024))
				(i32.store $values offset=4 (i32.const 8) (i32.add (local.get $len) (i32.const 7)))
				(i32.const 8))
			(func (export "poke") (param i32 i32) (i32.store8 $values (local.get 0) (local.get 1))))
		(core instance $i (instantiate $m))
		(core module $n
			(import "m" "own" (memory 1 3))
			(func (export "size") (result i32) (drop (memory.grow (i32.const 1))) (i32.add (memory.size) (i32.load8_u (i32.const 1024)))))
		(core instance $j (instantiate $n (with "m" (instance $i))))
		(func (export "greet") (param "who" string) (result string)
			(canon lift (core func $i "greet") (memory $i "values") (realloc (core func $i "realloc"))))
		(func (export "size") (result u32) (canon lift (core func $j "size")))
		(func (export "poke") (param "at" u32) (param "value" u32) (canon lift (core func $i "poke"))))`
	bin, err := wast.Assemble(text)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(ctx)
	c, err := engine.Compile(ctx, "three", bin)
	if err != nil {
		t.Fatal(err)
	}
	pre, err := host.NewLinker(engine).Link(c)
	if err != nil {
		t.Fatal(err)
	}
	in, err := pre.Instantiate(ctx, host.InstanceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close(ctx)
	call := func(name string, args ...any) (any, error) {
		f, err := pre.Function("", name)
		if err != nil {
			t.Fatal(err)
		}
		return f.Call(ctx, in, args...)
	}
	if got, err := call("greet", "memory"); err != nil || got != "hello, memory" {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := call("size"); err != nil || got != uint32(2+'h') {
		t.Errorf("got %v, %v", got, err)
	}
	_, err = call("poke", uint32(65536), uint32(1))
	if err == nil || !strings.HasSuffix(err.Error(), "three: poke: out of bounds memory access") {
		t.Errorf("got %v", err)
	}
}
