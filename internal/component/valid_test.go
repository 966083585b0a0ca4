package component_test

import (
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// What makes a component valid or not; want is "" or part of the complaint.
var validity = []struct{ name, text, want string }{
	{"an exported function mentions a record without a name", `
		(type $r (record (field "a" u8)))
		(import "i" (func $f (param "a" u8)))
		(import "g" (func (param "r" $r)))`, "neither imported nor exported"},
	{"a record is named first", `
		(type $r (record (field "a" u8)))
		(import "r" (type $s (eq $r)))
		(import "g" (func (param "l" (list (option $s)))))`, ""},
	{"an export names a type for exports only", `
		(type $r (resource (rep i32)))
		(export $s "r" (type $r))
		(import "f" (func (param "r" (own $s))))`, "resource type r is neither imported nor exported"},
	{"a type within an exported instance has a name", `
		(type $e (enum "a"))
		(instance $i (export "e" (type $e)))
		(export $j "i" (instance $i))
		(alias export $j "e" (type $f))
		(type $l (list $f))
		(export "l" (type $l))`, ""},
	{"a resource that was exported as an unknown one", `
		(component $c (type $r (resource (rep i32))) (export "a" (type $r)) (export "b" (type $r) (type (sub resource))))
		(instance $i (instantiate $c))
		(component $same (import "x" (type $x (sub resource))) (import "y" (type (eq $x))))
		(instance (instantiate $same (with "x" (type $i "a")) (with "y" (type $i "b"))))`, "differ"},
	{"two resources that happen to be one", `
		(component $c
			(import "a" (type $a (sub resource))) (import "b" (type $b (sub resource)))
			(import "f" (func $f (param "x" (own $a))))
			(component $d (import "b" (type $b (sub resource))) (import "f" (func (param "x" (own $b)))))
			(instance (instantiate $d (with "b" (type $b)) (with "f" (func $f)))))
		(type $r (resource (rep i32)))
		(import "i" (instance $i (export "r" (type $r (sub resource))) (export "f" (func (param "x" (own $r))))))
		(alias export $i "r" (type $s))
		(instance (instantiate $c (with "a" (type $s)) (with "b" (type $s)) (with "f" (func $i "f"))))`, "type own<b> is expected, not own<a>"},
	{"a component that imports less and exports more", `
		(component $c (import "f" (func (param "a" u8))) (type $t (list u8)) (export "t" (type $t)) (export "u" (type $t)))
		(component $d (import "c" (component
			(import "f" (func (param "a" u8))) (import "g" (func)) (type $t (list u8)) (export "t" (type (eq $t))))))
		(instance (instantiate $d (with "c" (component $c))))`, ""},
	{"a component that imports too much", `
		(component $c (import "f" (func)) (import "h" (func)))
		(component $d (import "c" (component (import "f" (func)))))
		(instance (instantiate $d (with "c" (component $c))))`, `import "h": the type expected does not have it`},
	{"a component that exports too little", `
		(component $c)
		(component $d (import "c" (component (export "f" (func)))))
		(instance (instantiate $d (with "c" (component $c))))`, `export "f": the component given has no such export`},
	{"a component whose export has another type", `
		(import "c" (component $c (import "r" (type $r (sub resource))) (export "f" (func (param "x" (own $r))))))
		(component $d (import "c" (component
			(import "r" (type (sub resource))) (import "s" (type $s (sub resource))) (export "f" (func (param "x" (own $s)))))))
		(instance (instantiate $d (with "c" (component $c))))`, `parameter "x" of the function: type own<s> is expected, not own<r>`},
	{"types of instances are equal", `
		(type $i (instance (export "a" (func)))) (type $j (instance (export "a" (func)) (export "b" (func))))
		(import "i" (type $k (eq $i)))
		(component $c (type $i (instance (export "a" (func)))) (import "t" (type (eq $i))))
		(instance (instantiate $c (with "t" (type $k))))
		(instance (instantiate $c (with "t" (type $j))))`, `"b"`},
	{"maps are no lists of pairs", `
		(type $m (map string u8)) (type $l (list (tuple string u8)))
		(import "m" (type $n (eq $m)))
		(component $c (type $l (list (tuple string u8))) (import "t" (type (eq $l))))
		(instance (instantiate $c (with "t" (type $n))))`, "is expected"},
	{"a map with keys that are none", `(type (map f32 u8))`, "a map with keys of type f32"},
	{"values pass through a start function and a child", `
		(import "v" (value $v string))
		(import "f" (func $f (param "s" string) (result u8)))
		(start $f (value $v) (result (value $w)))
		(component $c (import "v" (value $v u8)) (export "v" (value $v)))
		(instance $i (instantiate $c (with "v" (value $w))))
		(alias export $i "v" (value $x))
		(export "x" (value $x))`, ""},
	{"a value that is never used", `(import "v" (value string))`, "value 0 is never used"},
	{"a value that is used twice", `(import "v" (value $v string)) (export "a" (value $v)) (export "b" (value $v))`, "value 0 is used twice"},
	{"a value of another type", `
		(import "v" (value $v string))
		(component $c (import "v" (value $v u8)) (export "v" (value $v)))
		(instance $i (instantiate $c (with "v" (value $v))))`, "type u8 is expected, not string"},
	{"a start function without its argument", `
		(import "f" (func $f (param "s" string)))
		(start $f)`, "1 parameters, but is given 0 arguments"},
	{"a start function whose result is left out", `
		(import "f" (func $f (result u8)))
		(start $f)`, "does not have 0 results"},
	{"a memory type of more than 4 GiB", `(import "m" (core module (import "" "m" (memory 65537))))`, "at most 65536"},
}

func TestValidity(t *testing.T) {
	for _, c := range validity {
		bin, err := wast.Assemble("(component " + c.text + ")")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		decoded, err := component.Decode(bin)
		if err == nil {
			err = component.Validate(decoded)
		}
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.want)
		}
	}
}
