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
	{"two values that are one", `
		(import "i" (instance $i (export "v" (value u8))))
		(alias export $i "v" (value $a)) (alias export $i "v" (value $b))
		(component $c (import "a" (value $a u8)) (import "b" (value $b (eq $a))) (export "a" (value $a)) (export "b" (value $b)))
		(instance (instantiate $c (with "a" (value $a)) (with "b" (value $b))))`, ""},
	{"two values that should be one", `
		(import "a" (value $a u8)) (import "b" (value $b u8))
		(component $c (import "a" (value $a u8)) (import "b" (value $b (eq $a))) (export "a" (value $a)) (export "b" (value $b)))
		(instance (instantiate $c (with "a" (value $a)) (with "b" (value $b))))`, `import "b": value 0 is expected, not one that may differ from it`},
	{"an export that is known to be another one", `
		(component $two
			(import "i" (instance $i (export "v" (value u8))))
			(alias export $i "v" (value $a)) (alias export $i "v" (value $b))
			(export "a" (value $a)) (export "b" (value $b)))
		(component $want (import "c" (component
			(import "i" (instance (export "v" (value u8))))
			(export "a" (value $a u8)) (export "b" (value (eq $a))))))
		(instance (instantiate $want (with "c" (component $two))))`, ""},
	{"an export of which only the type is known", `
		(component $two
			(import "i" (instance $i (export "v" (value u8))))
			(alias export $i "v" (value $a)) (alias export $i "v" (value $b))
			(export "a" (value $a)) (export "b" (value $b) (value u8)))
		(component $want (import "c" (component
			(import "i" (instance (export "v" (value u8))))
			(export "a" (value $a u8)) (export "b" (value (eq $a))))))
		(instance (instantiate $want (with "c" (component $two))))`, `export "b": value 0 is expected, not one that may differ from it`},
	{"an exported instance of which only the type is known", `
		(import "i" (instance $i (export "r" (type $r (sub resource))) (export "f" (func (result (own $r))))))
		(alias export $i "r" (type $r))
		(export $j "j" (instance $i) (instance (export "r" (type $r (sub resource))) (export "f" (func (result (own $r))))))
		(component $c (import "r" (type $r (sub resource))) (import "f" (func (result (own $r)))))
		(instance (instantiate $c (with "r" (type $j "r")) (with "f" (func $j "f"))))
		(instance (instantiate $c (with "r" (type $r)) (with "f" (func $j "f"))))`, `import "f": result of the function: type own<r> is expected, not own<r>`},
	{"a value with a borrow that is exported", `
		(import "r" (type $r (sub resource))) (import "v" (value $v (borrow $r))) (export "v" (value $v))`, "a value with a borrowed handle cannot be exported"},
	{"a component type that exports a value with a borrow", `
		(import "r" (type $r (sub resource))) (type (component (import "r" (type $r (sub resource))) (export "v" (value (list (borrow $r))))))`, "a value with a borrowed handle cannot be exported"},
	{"values of constants through an instance", `
		(value $s string "a") (value $t (list u8) (list 1 2))
		(instance $i (export "s" (value $s)) (export "t" (value $t)))
		(export "s" (value $i "s"))`, ""},
	{"a constant that is never used", `(value u8 1)`, "value 0 is never used"},
	{"a constant given twice", `(value $v u8 1) (instance (export "a" (value $v)) (export "b" (value $v)))`, "value 0 is used twice"},
	{"an exported value that is used again", `(value $v u8 1) (export $w "a" (value $v)) (export "b" (value $w))`, "value 1 is used twice"},
	{"a start function without its argument", `
		(import "f" (func $f (param "s" string)))
		(start $f)`, "1 parameters, but is given 0 arguments"},
	{"a start function whose result is left out", `
		(import "f" (func $f (result u8)))
		(start $f)`, "does not have 0 results"},
	{"built-ins of native async with the signatures that they have", `
		(type $s (stream u8)) (type $f (future))
		(canon stream.new $s (core func $new)) (canon future.drop-writable $f (core func $drop))
		(canon waitable.join (core func $join)) (canon context.set i32 1 (core func $set))
		(core module $m
			(import "" "new" (func (result i64))) (import "" "drop" (func (param i32)))
			(import "" "join" (func (param i32 i32))) (import "" "set" (func (param i32))))
		(core instance (instantiate $m (with "" (instance
			(export "new" (func $new)) (export "drop" (func $drop)) (export "join" (func $join)) (export "set" (func $set))))))`, ""},
	{"a built-in with another signature", `
		(core module $n (memory (export "m") 1))
		(core instance $i (instantiate $n))
		(canon task.return (result string) (memory $i "m") (core func $r))
		(core module $m (import "" "r" (func (param i32))))
		(core instance (instantiate $m (with "" (instance (export "r" (func $r))))))`, `import "r" of "" of the core module: a core func (param i32) is expected, not (param i32 i32)`},
	{"stream.new of a future", `(type $f (future u8)) (canon stream.new $f (core func))`, "stream.new: type 0 is not a stream"},
	{"stream.read without memory", `(type $s (stream u8)) (canon stream.read $s async (core func))`, "stream.read: the function's type needs the canonical option memory"},
	{"stream.write of nothing without memory", `(type $s (stream)) (canon stream.write $s async (core func))`, ""},
	{"task.return without memory", `(canon task.return (result string) (core func))`, "task.return: the function's type needs the canonical option memory"},
	{"task.return of a borrow", `(type $r (resource (rep i32))) (canon task.return (result (borrow $r)) (core func))`, "task.return: a borrowed handle cannot be returned"},
	{"task.return with async", `(canon task.return async (core func))`, "only the canonical options memory and string-encoding"},
	{"a third slot", `(canon context.get i32 2 (core func))`, "context.get: there is no slot 2"},
	{"a memory of bytes where one of pages is wanted", `
		(core module $a (memory (export "m") 70000 (pagesize 1)))
		(core module $b (import "a" "m" (memory 1)))
		(core instance $i (instantiate $a)) (core instance (instantiate $b (with "a" (instance $i))))`, "pages of one core memory are of 1 byte"},
	{"slots of 64 bits", `(canon context.get i64 0 (core func)) (canon context.set i64 1 (core func))`, ""},
	{"a slot of floats", `(canon context.get f32 0 (core func))`, "must be i32 or i64"},
	{"slots of two types", `(canon context.get i64 0 (core func)) (canon context.set i32 1 (core func))`, "i64 is stored elsewhere in the component, not i32"},
	{"a shared thread", `(core type $t (func (param i32))) (canon thread.spawn-ref shared $t (core func))`, "shared types are not supported"},
	{"a thread that returns something", `(core type $t (func (param i32) (result i32))) (canon thread.new-indirect $t 0 (core func))`, "core type 0 is not func (param i32)"},
	{"a stream of borrows", `(type $r (resource (rep i32))) (type (stream (borrow $r)))`, "a stream or future of borrowed handles"},
	{"async lower of a function that is not", `(import "f" (func $f)) (canon lower (func $f) async (core func))`, "async goes with an async function type only"},
	{"async lower of five parameters", `
		(import "f" (func $f async (param "a" u8) (param "b" u8) (param "c" u8) (param "d" u8) (param "e" u8)))
		(canon lower (func $f) async (core func))`, "needs the canonical option memory"},
	{"callback without async", `
		(core module $m (func (export "f")) (func (export "c") (param i32 i32 i32) (result i32) unreachable))
		(core instance $i (instantiate $m))
		(func (canon lift (core func $i "f") (callback (core func $i "c"))))`, "callback goes with async only"},
	{"a callback of another type", `
		(core module $m (func (export "f") (result i32) unreachable) (func (export "c")))
		(core instance $i (instantiate $m))
		(func async (canon lift (core func $i "f") async (callback (core func $i "c"))))`, "callback should be a core func (param i32 i32 i32) (result i32), not ()"},
	{"realloc without memory", `
		(core module $m (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable))
		(core instance $i (instantiate $m))
		(import "f" (func $f))
		(canon lower (func $f) (realloc (core func $i "r")) (core func))`, "realloc goes with memory only"},
	{"values in a memory of 64 bits", `
		(import "m" (core module $m (export "m" (memory i64 1))))
		(core instance $i (instantiate $m))
		(import "f" (func $f))
		(canon lower (func $f) (memory $i "m") (core func))`, "core memory 0 is shared or of 64-bit addresses"},
	{"an async function where none is expected", `
		(import "f" (func $f async))
		(component $c (import "f" (func)))
		(instance (instantiate $c (with "f" (func $f))))`, "a function that is not async is expected"},
	{"an import that a registry resolves", `(import "url=<https://example.com/a.wasm>,integrity=<sha256-AAAA>" (func))`, ""},
	{"an export that a registry should resolve", `(import "f" (func $f)) (export "locked-dep=<a:b@1.0.0>" (func $f))`, "only imports can have such a name"},
	{"a hash that is none", `(import "integrity=<sha256-AA=A>" (func))`, "it is not a valid name"},
	{"a version that begins with 0", `(import "a:b/c@01.0.0" (instance))`, "it is not a valid name"},
	{"a suffix of a version", `(import "a:b/c@0.2" (versionsuffix ".3-rc.1") (instance))`, ""},
	{"a suffix of a whole version", `(import "a:b/c@1.2.3" (versionsuffix "-rc") (instance))`, "does not complete the version"},
	{"a suffix that makes no version", `(import "a:b/c@1" (versionsuffix ".2") (instance))`, "does not complete the version"},
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
