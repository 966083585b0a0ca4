package host_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
)

// settings imports values alone, within an instance, equal to another one and
// made for each instance, and gives all of them out again.
const settings = `(component
	(type $p' (record (field "host" string) (field "port" u16)))
	(import "place" (type $p (eq $p')))
	(import "at" (value $at $p))
	(import "same" (value $same (eq $at)))
	(import "test:env/env" (instance $env (export "name" (value string)) (export "rest" (value (list string)))))
	(import "number" (value $n u32))
	(alias export $env "name" (value $name))
	(component $c (import "n" (value $n u32)) (import "more" (instance $m (export "name" (value string))))
		(alias export $m "name" (value $name))
		(export "n" (value $n)) (export "name" (value $name)))
	(instance $i (instantiate $c (with "n" (value $n)) (with "more" (instance $env))))
	(export "at" (value $at)) (export "same" (value $same)) (export "name" (value $name))
	(export "test:env/out" (instance $i)))`

func TestValueImports(t *testing.T) {
	lab := newValueLab(t)
	at := map[string]any{"port": 80, "host": "example.com"}
	made := 0
	define := func(l *host.Linker) {
		l.Instance("").Value("at", at).ValueFunc("number", func(*host.Instance) (any, error) { made++; return 40 + made, nil })
		l.Instance("test:env/env").Value("name", "me").Value("rest", []any{"a", "b"})
	}
	for i := range uint32(2) {
		pre, in, err := lab.instantiate(settings, define)
		if err != nil {
			t.Fatal(err)
		}
		record := host.Record{{Name: "host", Value: "example.com"}, {Name: "port", Value: uint16(80)}}
		for _, c := range []struct {
			iface, name string
			want        any
		}{{"", "at", record}, {"", "same", record}, {"", "name", "me"}, {"test:env/out", "n", 41 + i}, {"test:env/out", "name", "me"}} {
			if got := lab.get(pre, in, c.iface, c.name); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s: got %#v, want %#v", c.name, got, c.want)
			}
		}
	}
}

// TestValueTypes checks what the component tells of its values.
func TestValueTypes(t *testing.T) {
	lab := newValueLab(t)
	bin := assembled(t, settings)
	c, err := lab.engine.Compile(lab.ctx, "settings", bin)
	if err != nil {
		t.Fatal(err)
	}
	var list func(prefix string, externs []host.Extern) []string
	list = func(prefix string, externs []host.Extern) (lines []string) {
		for _, e := range externs {
			if e.Value != nil {
				lines = append(lines, prefix+e.Name+": "+e.Value.String())
			}
			lines = append(lines, list(prefix+e.Name+" ", e.Instance)...)
		}
		return lines
	}
	if got, want := list("", c.Imports()), []string{"at: place", "test:env/env name: string", "test:env/env rest: list<string>", "number: u32"}; !reflect.DeepEqual(got, want) {
		t.Errorf("imports: %q, want %q", got, want)
	}
	if got, want := list("", c.Exports()), []string{"at: place", "same: place", "name: string", "test:env/out n: u32", "test:env/out name: string"}; !reflect.DeepEqual(got, want) {
		t.Errorf("exports: %q, want %q", got, want)
	}
}

// TestValueErrors gives wrong values, and asks for what is none.
func TestValueErrors(t *testing.T) {
	lab := newValueLab(t)
	for _, c := range []struct {
		name string
		v    any
		want string
	}{
		{"type", 7, "value at is of another type: record wants Record or map[string]any, have int"},
		{"field", map[string]any{"host": "x", "port": 70000}, "value at is of another type: .port: 70000 does not fit u16"},
		{"UTF-8", map[string]any{"host": "\xff", "port": 1}, "value at is of another type: .host: "},
		{"missing", nil, "missing value at\n"},
	} {
		_, _, err := lab.instantiate(settings, func(l *host.Linker) {
			if c.v != nil {
				l.Instance("").Value("at", c.v)
			}
		})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
	define := func(number any, err error) func(l *host.Linker) {
		return func(l *host.Linker) {
			l.Instance("").Value("at", map[string]any{"host": "x", "port": 1})
			l.Instance("").ValueFunc("number", func(*host.Instance) (any, error) { return number, err })
			l.Instance("test:env/env").Value("name", "").Value("rest", []string{})
		}
	}
	refused := errors.New("refused")
	if _, _, err := lab.instantiate(settings, define(-1, nil)); err == nil || !strings.HasSuffix(err.Error(), "value number: -1 does not fit u32") {
		t.Errorf("made of another type: %v", err)
	}
	if _, _, err := lab.instantiate(settings, define(nil, refused)); !errors.Is(err, refused) {
		t.Errorf("not made: %v", err)
	}
	pre, in, err := lab.instantiate(settings, define(1, nil))
	if err != nil {
		t.Fatal(err)
	}
	_, err = pre.Function("", "at")
	if err == nil || !strings.HasSuffix(err.Error(), "exports at as a value, which cannot be called") {
		t.Errorf("a value as a function: %v", err)
	}
	_, err = pre.Value("", "none")
	if err == nil || !strings.Contains(err.Error(), "does not export the value none, but at, same, name, test:env/out") {
		t.Errorf("no value: %v", err)
	}
	other, _, err := lab.instantiate(settings, define(1, nil))
	if err != nil {
		t.Fatal(err)
	}
	v, err := other.Value("", "at")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Get(in); err == nil {
		t.Error("a value of another component")
	}
}

// A door is a resource that counts how often it is dropped.
type door struct{ drops *int }

// doors passes a resource of the host's and one of its own through values.
const doors = `(component
	(import "door" (type $door (sub resource)))
	(import "front" (value $front (own $door)))
	(import "back" (value $back (option (own $door))))
	(import "unused" (instance (export "door" (value (own $door)))))
	(type $room (resource (rep i32)))
	(core func $new (canon resource.new $room))
	(core module $m
		(import "" "new" (func $new (param i32) (result i32)))
		(func (export "room") (param i32) (result i32) (call $new (i32.add (local.get 0) (i32.const 41))))
		(func (export "rep") (param i32) (result i32) (local.get 0)))
	(core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
	(export $room' "room" (type $room))
	(func $room-of (param "door" (own $door)) (result (own $room')) (canon lift (core func $i "room")))
	(start $room-of (value $front) (result (value $made)))
	(func (export "rep") (param "room" (borrow $room')) (result u32) (canon lift (core func $i "rep")))
	(export "made" (value $made))
	(export "back" (value $back)))`

func TestValuesOwn(t *testing.T) {
	lab := newValueLab(t)
	drops := 0
	define := func(l *host.Linker) {
		typ := host.NewResource("door", func(*host.Instance, *door) { drops++ })
		open := func(*host.Instance) (any, error) { return &door{&drops}, nil }
		l.Instance("").Resource("door", typ).ValueFunc("front", open).
			ValueFunc("back", func(*host.Instance) (any, error) { return host.Some[any](&door{&drops}), nil })
		l.Instance("unused").ValueFunc("door", open)
	}
	pre, in, err := lab.instantiate(doors, define)
	if err != nil {
		t.Fatal(err)
	}
	if s := in.Stats(); s.Handles != 1 {
		t.Errorf("%d handles, want that of the front door", s.Handles)
	}
	made := lab.get(pre, in, "", "made")
	rep, err := pre.Function("", "rep")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := rep.Call(lab.ctx, in, made); err != nil || got != uint32(42) {
		t.Errorf("rep: %v, %v", got, err)
	}
	v, err := pre.Value("", "made")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Get(in); err == nil || !strings.Contains(err.Error(), "was taken before") {
		t.Errorf("taken twice: %v", err)
	}
	if err := in.DropRef(made.(host.Ref)); err != nil {
		t.Error(err)
	}
	if drops != 0 {
		t.Errorf("%d doors dropped, want 0", drops)
	}
	in.Close(lab.ctx)
	if drops != 3 {
		t.Errorf("%d doors dropped, want 3: one in a table, one for nobody's use and one exported, which nobody took", drops)
	}
	_, _, err = lab.instantiate(doors, func(l *host.Linker) { define(l); l.Instance("").Value("front", &door{}) })
	if err == nil || !strings.Contains(err.Error(), "value front owns a resource, so that each instance needs one of its own") {
		t.Errorf("one value for all: %v", err)
	}
}

// TestValuesMove has a component make resources of its own and another one
// take them: one drops it, one is left in its table, one is never used.
func TestValuesMove(t *testing.T) {
	const text = `(component
		(component $maker
			(core module $m
				(import "" "new" (func $new (param i32) (result i32)))
				(memory (export "memory") 1)
				(global $sum (export "sum") (mut i32) (i32.const 0))
				(func (export "make") (result i32)
					(i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 3))
					(i32.store (i32.const 8) (call $new (i32.const 1)))
					(i32.store (i32.const 12) (call $new (i32.const 20)))
					(i32.store (i32.const 16) (call $new (i32.const 300)))
					(i32.const 0))
				(func (export "one") (result i32) (call $new (i32.const 4000)))
				(func (export "dropped") (result i32) (global.get $sum)))
			(core module $d (global $sum (mut i32) (i32.const 0))
				(func (export "drop") (param i32) (global.set $sum (i32.add (global.get $sum) (local.get 0))))
				(func (export "sum") (result i32) (global.get $sum)))
			(core instance $d (instantiate $d))
			(type $r' (resource (rep i32) (dtor (core func $d "drop"))))
			(core func $new (canon resource.new $r'))
			(core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
			(export $r "r" (type $r'))
			(func $make (result (list (own $r))) (canon lift (core func $i "make") (memory $i "memory")))
			(func $one (result (own $r)) (canon lift (core func $i "one")))
			(start $make (result (value $all)))
			(start $one (result (value $one)))
			(export "all" (value $all)) (export "one" (value $one))
			(func (export "sum") (result u32) (canon lift (core func $d "sum"))))
		(component $taker
			(import "r" (type $r (sub resource)))
			(import "all" (value $all (list (own $r))))
			(core func $drop (canon resource.drop $r))
			(core module $m (import "" "drop" (func $drop (param i32)))
				(memory (export "memory") 1)
				(func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
				(func (export "take") (param i32 i32) (result i32)
					(call $drop (i32.load offset=4 (local.get 0))) (i32.load offset=8 (local.get 0))))
			(core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop))))))
			(func $take (param "all" (list (own $r))) (result (own $r)) (canon lift (core func $i "take") (memory $i "memory") (realloc (core func $i "realloc"))))
			(start $take (value $all) (result (value $last)))
			(export "last" (value $last)))
		(instance $maker (instantiate $maker))
		(alias export $maker "r" (type $r))
		(instance $taker (instantiate $taker (with "r" (type $r)) (with "all" (value $maker "all"))))
		(export $r' "r" (type $r))
		(export "last" (value $taker "last") (value (own $r')))
		(export "sum" (func $maker "sum")))`
	lab := newValueLab(t)
	pre, in, err := lab.instantiate(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := pre.Function("", "sum")
	if err != nil {
		t.Fatal(err)
	}
	check := func(want uint32) {
		t.Helper()
		if got, err := sum.Call(lab.ctx, in); err != nil || got != want {
			t.Errorf("dropped: %v, %v, want %d", got, err, want)
		}
	}
	check(20)
	if s := in.Stats(); s.Handles != 1 {
		t.Errorf("%d handles, want 1", s.Handles)
	}
	if err := in.DropRef(lab.get(pre, in, "", "last").(host.Ref)); err != nil {
		t.Error(err)
	}
	check(320)
}
