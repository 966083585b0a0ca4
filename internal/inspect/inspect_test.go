package inspect_test

import (
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/inspect"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// TestNativeAsync describes a component of WASI 0.3: its world can be read
// although it cannot be run.
func TestNativeAsync(t *testing.T) {
	const text = `(component
		(import "acme:app/source" (instance
			(export "r" (type $r (sub resource)))
			(export "[static]r.open" (func async (result (own $r))))
			(export "read" (func async (param "from" (stream u8)) (result (future (result u32 (error error-context))))))
			(export "size" (func (param "of" (stream)) (result u64)))))
		(core module $m
			(import "" "task.return" (func (param i32)))
			(func (export "run") (result i32) unreachable)
			(func (export "callback") (param i32 i32 i32) (result i32) unreachable))
		(canon task.return (result u32) (core func $return))
		(core instance $i (instantiate $m (with "" (instance (export "task.return" (func $return))))))
		(func (export "run") async (result u32)
			(canon lift (core func $i "run") async (callback (core func $i "callback")))))`
	const want = `app.wasm: component with native async functions, as of WASI 0.3
it cannot be run here: core module 0 of component instance root imports "" "task.return", which is the canonical built-in task.return: native async is not supported, lower it first

imports
  acme:app/source
    r.open: static async func() -> r
    read: async func(from: stream<u8>) -> future<result<u32, error-context>>
    size: func(of: stream) -> u64

exports
  run: async func() -> u32

sizes
`
	bin, err := wast.Assemble(text)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := inspect.Describe(&b, "app.wasm", bin); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestValues describes a component whose imports and exports are values.
func TestValues(t *testing.T) {
	const text = `(component
		(type $place' (record (field "host" string) (field "port" u16)))
		(import "place" (type $place (eq $place')))
		(import "acme:app/env" (instance $env (export "get" (func (result string))) (export "at" (value (type $place)))))
		(import "name" (value $name string))
		(alias export $env "at" (value $at))
		(value $one u8 1)
		(instance $out (export "at" (value $at)) (export "one" (value $one)))
		(export "acme:app/out" (instance $out))
		(export "name" (value $name)))`
	const want = `
imports
  acme:app/env
    get: func() -> string
    at: value place
  name: value string

exports
  acme:app/out
    at: value place
    one: value u8
  name: value string
`
	bin, err := wast.Assemble(text)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := inspect.Describe(&b, "app.wasm", bin); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
