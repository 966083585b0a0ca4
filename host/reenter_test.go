package host_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// donut is a parent around children $a and $b: its core module $low is called
// by $a, through the function "back", and $high calls $a and $b. What $low does
// is up to "how", through a table that $high fills: 1 returns, 2 calls $b, 3
// calls $a again, 4 drops a resource of $a.
const donut = `(component
	(core module $low
		(table (export "t") 5 funcref) (type $f (func))
		(func (export "back") (param $how i32) (call_indirect (type $f) (local.get $how))))
	(core instance $low (instantiate $low))
	(func $back (param "how" u32) (canon lift (core func $low "back")))
	(component $A
		(import "back" (func $back (param "how" u32)))
		(core module $d (func (export "dtor") (param i32)))
		(core instance $d (instantiate $d))
		(type $r' (resource (rep i32) (dtor (core func $d "dtor"))))
		(export $r "r" (type $r'))
		(core func $back' (canon lower (func $back)))
		(core func $new (canon resource.new $r'))
		(core module $m
			(import "" "back" (func $back (param i32)))
			(import "" "new" (func $new (param i32) (result i32)))
			(func (export "run") (param i32) (call $back (local.get 0)))
			(func (export "make") (result i32) (call $new (i32.const 7))))
		(core instance $i (instantiate $m (with "" (instance (export "back" (func $back')) (export "new" (func $new))))))
		(func (export "run") (param "how" u32) (canon lift (core func $i "run")))
		(func (export "make") (result (own $r)) (canon lift (core func $i "make"))))
	(instance $a (instantiate $A (with "back" (func $back))))
	(component $B
		(core module $m (func (export "nop")))
		(core instance $i (instantiate $m))
		(func (export "nop") (canon lift (core func $i "nop"))))
	(instance $b (instantiate $B))
	(alias export $a "r" (type $r))
	(core func $run (canon lower (func $a "run")))
	(core func $make (canon lower (func $a "make")))
	(core func $drop (canon resource.drop $r))
	(core func $nop (canon lower (func $b "nop")))
	(core module $high
		(import "" "t" (table 5 funcref))
		(import "" "run" (func $run (param i32)))
		(import "" "make" (func $make (result i32)))
		(import "" "drop" (func $drop (param i32)))
		(import "" "nop" (func $nop))
		(global $h (mut i32) (i32.const 0))
		(elem (i32.const 1) $return $nop $again $destroy)
		(func $return)
		(func $again (call $run (i32.const 1)))
		(func $destroy (call $drop (global.get $h)))
		(func (export "run") (param i32) (global.set $h (call $make)) (call $run (local.get 0))))
	(core instance $high (instantiate $high (with "" (instance
		(export "t" (table $low "t")) (export "run" (func $run)) (export "make" (func $make))
		(export "drop" (func $drop)) (export "nop" (func $nop))))))
	(func (export "run") (param "how" u32) (canon lift (core func $high "run")))
	(export "inner" (func $a "run")))`

// TestReentry calls into children and back into their parent: only a child
// that is entered again traps.
func TestReentry(t *testing.T) {
	bin, err := wast.Assemble(donut)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(ctx)
	c, err := engine.Compile(ctx, "donut", bin)
	if err != nil {
		t.Fatal(err)
	}
	pre, err := host.NewLinker(engine).Link(c)
	if err != nil {
		t.Fatal(err)
	}
	const again = "component instance root/0 is entered again during a call of it"
	for _, call := range []struct {
		name string
		how  uint32
		want string
	}{
		{"run", 1, ""}, {"run", 2, ""}, {"run", 3, again}, {"run", 4, again},
		{"inner", 1, ""}, {"inner", 2, ""}, {"inner", 3, again},
	} {
		in, err := pre.Instantiate(ctx, host.InstanceConfig{})
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close(ctx)
		f, err := pre.Function("", call.name)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%s(%d)", call.name, call.how)
		for range 2 {
			_, err = f.Call(ctx, in, call.how)
			var trap *host.Trap
			switch {
			case call.want == "" && err != nil:
				t.Errorf("%s: %v", name, err)
			case call.want != "" && (!errors.As(err, &trap) || !strings.HasSuffix(trap.Msg, call.want)):
				t.Errorf("%s: got %v, want %s", name, err, call.want)
			}
		}
	}
}
