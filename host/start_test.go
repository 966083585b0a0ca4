package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// TestStart has start functions of a component and of one within it, which run
// at instantiation, in order, before what comes after them.
func TestStart(t *testing.T) {
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(ctx)
	for _, c := range []struct{ what, want string }{{"nop", ""}, {"unreachable", "start function: unreachable"}} {
		bin, err := wast.Assemble(strings.Replace(`(component
			(core module $count
				(global $n (export "n") (mut i32) (i32.const 0))
				(func (export "tick") (global.set $n (i32.add (i32.mul (global.get $n) (i32.const 10)) (i32.const 1))))
				(func (export "twice") WHAT (global.set $n (i32.mul (global.get $n) (i32.const 2))))
				(func (export "n-now") (result i32) (global.get $n)))
			(core instance $c (instantiate $count))
			(func $tick (canon lift (core func $c "tick")))
			(func $twice (canon lift (core func $c "twice")))
			(start $tick)
			(component $inner (import "tick" (func $tick)) (core func $t (canon lower (func $tick)))
				(core module $m (import "" "tick" (func $tick)) (func (export "start") (call $tick)))
				(core instance $i (instantiate $m (with "" (instance (export "tick" (func $t))))))
				(func $start (canon lift (core func $i "start")))
				(start $start))
			(instance (instantiate $inner (with "tick" (func $tick))))
			(start $twice)
			(core module $after (import "" "n" (global $n (mut i32))) (start $f) (func $f (global.set $n (i32.add (global.get $n) (i32.const 3)))))
			(core instance (instantiate $after (with "" (instance $c))))
			(func (export "n") (result u32) (canon lift (core func $c "n-now"))))`, "WHAT", c.what, 1))
		if err != nil {
			t.Fatal(err)
		}
		comp, err := engine.Compile(ctx, "start", bin)
		if err != nil {
			t.Fatal(err)
		}
		pre, err := host.NewLinker(engine).Link(comp)
		if err != nil {
			t.Fatal(err)
		}
		in, err := pre.Instantiate(ctx, host.InstanceConfig{})
		if c.want != "" {
			var trap *host.Trap
			if !errors.As(err, &trap) || !strings.HasSuffix(trap.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close(ctx)
		f, err := pre.Function("", "n")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Call(ctx, in); err != nil || got != uint32(11*2+3) {
			t.Errorf("got %v, %v", got, err)
		}
	}
}
