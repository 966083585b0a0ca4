package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// quiet is a component whose realloc or post-return does what CALL says; the
// function that it imports takes and gives nothing, so that the host might let
// core modules call each other.
const quiet = `(component
	(component $B
		(core module $m (func (export "nop")))
		(core instance $i (instantiate $m))
		(func (export "nop") (canon lift (core func $i "nop"))))
	(instance $b (instantiate $B))
	(component $A
		(import "nop" (func $nop))
		(core func $nop' (canon lower (func $nop)))
		(type $r (resource (rep i32)))
		(core func $new (canon resource.new $r))
		(core module $other
			(import "" "nop" (func $nop))
			(func (export "other") (call $nop)))
		(core instance $other (instantiate $other (with "" (instance (export "nop" (func $nop'))))))
		(core module $m
			(import "" "nop" (func $nop)) (import "" "new" (func $new (param i32) (result i32))) (import "" "other" (func $other))
			(table 1 funcref) (elem (i32.const 0) $nop) (type $f (func))
			(memory (export "m") 1)
			(func $quiet)
			(func $loud CALL)
			(func (export "realloc") (param i32 i32 i32 i32) (result i32) (call REALLOC) (i32.const 64))
			(func (export "post") (call POST))
			(func (export "f") (param i32 i32) (call $nop))
			(func (export "g") (call $nop)))
		(core instance $i (instantiate $m (with "" (instance
			(export "nop" (func $nop')) (export "new" (func $new)) (export "other" (func $other "other"))))))
		(func (export "f") (param "s" string) (canon lift (core func $i "f") (memory $i "m") (realloc (core func $i "realloc"))))
		(func (export "g") (canon lift (core func $i "g") (post-return (core func $i "post")))))
	(instance $a (instantiate $A (with "nop" (func $b "nop"))))
	(export "f" (func $a "f"))
	(export "g" (func $a "g")))`

// TestQuiet calls imports during realloc and post-return, which traps however
// they are called, and after them, which does not.
func TestQuiet(t *testing.T) {
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(ctx)
	for _, c := range []struct{ what, call string }{
		{"nothing", "nop"},
		{"an import", "(call $nop)"},
		{"an import as a tail call", "(return_call $nop)"},
		{"an import through a table", "(call_indirect (type $f) (i32.const 0))"},
		{"an import of another core module", "(call $other)"},
		{"a built-in", "(drop (call $new (i32.const 1)))"},
	} {
		for _, f := range []string{"f", "g"} {
			realloc, post := "$loud", "$quiet"
			args := []any{"x"}
			if f == "g" {
				realloc, post, args = post, realloc, nil
			}
			text := strings.NewReplacer(" CALL)", " "+c.call+")", "REALLOC", realloc, "POST", post).Replace(quiet)
			bin, err := wast.Assemble(text)
			if err != nil {
				t.Fatal(err)
			}
			comp, err := engine.Compile(ctx, "quiet", bin)
			if err != nil {
				t.Fatal(err)
			}
			pre, err := host.NewLinker(engine).Link(comp)
			if err != nil {
				t.Fatal(err)
			}
			in, err := pre.Instantiate(ctx, host.InstanceConfig{})
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close(ctx)
			fn, err := pre.Function("", f)
			if err != nil {
				t.Fatal(err)
			}
			_, err = fn.Call(ctx, in, args...)
			var trap *host.Trap
			switch {
			case c.call == "nop" && err != nil:
				t.Errorf("%s of %s: %v", f, c.what, err)
			case c.call != "nop" && (!errors.As(err, &trap) || !strings.HasSuffix(trap.Msg, "call of an import during realloc or post-return")):
				t.Errorf("%s of %s: got %v", f, c.what, err)
			}
		}
	}
}
