package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// TestNestedTrap has a component trap that another one calls: the trap tells
// which, and has the frames of both.
func TestNestedTrap(t *testing.T) {
	const text = `(component
		(component $A
			(core module $m
				(func $deep unreachable)
				(func $f (export "f") (param i32) (if (local.get 0) (then (call $deep)))))
			(core instance $i (instantiate $m))
			(func (export "f") (param "fail" bool) (canon lift (core func $i "f"))))
		(component $B
			(import "f" (func $f (param "fail" bool)))
			(core func $g (canon lower (func $f)))
			(core module $m
				(import "" "f" (func $f (param i32)))
				(func $outer (export "g") (param i32) (call $f (local.get 0))))
			(core instance $i (instantiate $m (with "" (instance (export "f" (func $g))))))
			(func (export "g") (param "fail" bool) (canon lift (core func $i "g"))))
		(instance $a (instantiate $A))
		(instance $b (instantiate $B (with "f" (func $a "f"))))
		(export "run" (func $b "g")))`
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
	c, err := engine.Compile(ctx, "two", bin)
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
	run, err := pre.Function("", "run")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run.Call(ctx, in, false); err != nil {
		t.Fatal(err)
	}
	_, err = run.Call(ctx, in, true)
	var trap *host.Trap
	if !errors.As(err, &trap) {
		t.Fatalf("got %v, want a trap", err)
	}
	if want := "two: run: f of component instance root/0: unreachable"; trap.Error() != want {
		t.Errorf("got %s, want %s", trap, want)
	}
	deep, outer := strings.Index(trap.Stack, ".deep()"), strings.Index(trap.Stack, ".outer(i32)")
	if deep < 0 || outer < deep {
		t.Errorf("stack:\n%s", trap.Stack)
	}
	if _, err := run.Call(ctx, in, false); !errors.Is(err, trap) {
		t.Errorf("the instance is not poisoned: %v", err)
	}
}
