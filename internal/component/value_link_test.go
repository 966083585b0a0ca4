package component_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

func decoded(t *testing.T, text string) *component.Component {
	t.Helper()
	bin, err := wast.Assemble("(component " + text + ")")
	if err != nil {
		t.Fatal(err)
	}
	c, err := component.Decode(bin)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestUnkept links components that are valid, but whose values no host keeps.
func TestUnkept(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"one resource in two places", `
			(import "r" (type $r (sub resource)))
			(import "i" (instance $i (export "v" (value (own $r)))))
			(export "a" (value $i "v")) (export "b" (value $i "v"))`, `export: export "b": a value of type own<r>, which owns a resource, is used in two places (at offset 0x48)`},
		{"a value with a borrowed handle", `
			(import "r" (type $r (sub resource)))
			(component $c (import "r" (type $r (sub resource))) (import "v" (value $v (borrow $r))) (import "f" (func $f (param "v" (borrow $r)))) (start $f (value $v)))
			(import "v" (value $v (borrow $r))) (import "f" (func $f (param "v" (borrow $r))))
			(instance (instantiate $c (with "r" (type $r)) (with "v" (value $v)) (with "f" (func $f))))`, "import: import \"v\": a value of type borrow<r>: a host keeps none with borrowed handles, streams, futures or error-contexts (at offset 0x52)"},
		{"a start function that gives a stream", `
			(import "f" (func $f (result (stream u8)))) (start $f (result (value $v))) (export "v" (value $v))`, "start: a value of type stream<u8>: a host keeps none with borrowed handles, streams, futures or error-contexts (at offset 0x1c)"},
	} {
		decoded := decoded(t, c.text)
		if err := component.Validate(decoded); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if _, err := component.Link(decoded); err == nil || err.Error() != c.want {
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.want)
		}
	}
}

// TestValueProgram links a component with values of all origins.
func TestValueProgram(t *testing.T) {
	const text = `
		(import "v" (value $v string))
		(import "f" (func $f (param "n" u8) (param "s" string) (result string)))
		(component $c (import "s" (value $s string))
			(core module $m (memory (export "m") 1) (func (export "f") (param i32 i32)) (func (export "r") (param i32 i32 i32 i32) (result i32) i32.const 0))
			(core instance $i (instantiate $m))
			(func $own (param "s" string) (canon lift (core func $i "f") (memory $i "m") (realloc (core func $i "r"))))
			(start $own (value $s)))
		(value $n u8 7)
		(start $f (value $n) (value $v) (result (value $w)))
		(instance (instantiate $c (with "s" (value $w))))
		(import "i" (instance $i (export "x" (value u8))))
		(alias export $i "x" (value $x))
		(export "x" (value $x))`
	const want = `import v: value 0
import f: func(n: u8, s: string) -> string
import i: instance
  x: value 3
instance 0: root
instance 1: root/0
value 0: string, imported as v
value 1: u8, the constant 7
value 2: string, of a start function
value 3: u8, imported as i x
step 0: module 0 (225 bytes) in instance 0
  core func "start" "f" = lower in instance 0 (memory step 0 "memory", realloc step 0 "realloc") import f
step 1: call of lift in instance 0 (memory step 0 "memory", realloc step 0 "realloc") step 0 "f" (value 1) (value 0) -> value 2
step 2: module 1 (60 bytes) in instance 1
step 3: call of lift in instance 1 (memory step 2 "m", realloc step 2 "r") step 2 "f" (value 2)
export x: value 3
`
	p, err := component.Link(decoded(t, text))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, p.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if err := p.Runnable(); err != nil {
		t.Error(err)
	}
}
