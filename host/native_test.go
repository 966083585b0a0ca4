package host_test

import (
	"context"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// TestNativeAsync has components of native async: what needs it to run, or
// memories of another kind, is refused with the place, when the component is compiled or when the function
// is asked for; async types alone do no harm.
func TestNativeAsync(t *testing.T) {
	const refused = ": native async is not supported, lower it first"
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(ctx)
	for _, c := range []struct{ name, text, want string }{
		{"built-in", `
			(component $C
				(canon waitable-set.new (core func $new))
				(core module $m (import "a" "b" (func (result i32))))
				(core instance (instantiate $m (with "a" (instance (export "b" (func $new)))))))
			(instance (instantiate $C))`, `core module 0 of component instance root/0 imports "a" "b", which is the canonical built-in waitable-set.new` + refused},
		{"lift", `
			(core module $m (func (export "f")))
			(core instance $i (instantiate $m))
			(func $f async (canon lift (core func $i "f") async))
			(instance (export "x" (func $f)))
			(export "i" (instance 0))`, `export "i#x" is lifted with the canonical option async` + refused},
		{"lower", `
			(import "f" (func $f async))
			(canon lower (func $f) async (core func $g))
			(core module $m (import "a" "b" (func (result i32))))
			(core instance (instantiate $m (with "a" (instance (export "b" (func $g))))))`, `imports "a" "b", which is a function lowered with the canonical option async` + refused},
		{"pages of other sizes", `
			(core module $m (memory 70000 (pagesize 1)))
			(core instance (instantiate $m))`, "core module 0 of component instance root has a memory with pages of 1 byte, which are not supported"},
		{"unused", `(canon task.cancel (core func)) (type $t (future string)) (canon future.new $t (core func))`, ""},
		{"sync lift of async types", `
			(core module $m
				(func (export "double") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
				(func (export "first") (param i32) (result i32) unreachable))
			(core instance $i (instantiate $m))
			(type $s (stream u8))
			(func (export "double") async (param "n" u32) (result u32) (canon lift (core func $i "double")))
			(func (export "first") (param "of" $s) (result u32) (canon lift (core func $i "first")))`, ""},
	} {
		bin, err := wast.Assemble("(component " + c.text + ")")
		if err != nil {
			t.Fatal(c.name, err)
		}
		comp, err := engine.Compile(ctx, c.name, bin)
		if c.want != "" {
			if err == nil || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		pre, err := host.NewLinker(engine).Link(comp)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		in, err := pre.Instantiate(ctx, host.InstanceConfig{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		defer in.Close(ctx)
		if len(comp.Exports()) > 0 {
			callTypes(ctx, t, comp, pre, in)
		}
	}
}

// callTypes calls the exports of the last component of TestNativeAsync.
func callTypes(ctx context.Context, t *testing.T, comp *host.Component, pre *host.InstancePre, in *host.Instance) {
	if got, want := comp.Exports()[0].Func.String(), "async func(n: u32) -> u32"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := comp.Exports()[1].Func.String(), "func(of: stream<u8>) -> u32"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	double, err := pre.Function("", "double")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := double.Call(ctx, in, uint32(21)); err != nil || got != uint32(42) {
		t.Errorf("got %v, %v", got, err)
	}
	_, err = pre.Function("", "first")
	if err == nil || !strings.Contains(err.Error(), "(of): stream: native async is not supported, lower it first") {
		t.Errorf("got %v", err)
	}
}
