package test

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/wast"
	"github.com/isyswasfa/isyswasfa/internal/wat"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// callWIT is the world of callText.
var callWIT = map[string]string{
	"call.wit": `package test:call@0.1.0;
interface echo {
  enum color { red, ok }
  flags perms { read, write }
  variant shape { none, circle(f32), polygon(list<tuple<s32, s32>>) }
  record mixed {
    yes: bool, small: u8, short: s16, letter: char, text: string,
    where: option<tuple<f64, f64>>, color: color, perms: perms, shape: shape,
    outcome: result<list<u64>, string>, pair: tuple<u8, string>, maybe: option<option<u8>>,
  }
  mix: func(m: mixed) -> mixed;
  number: func(n: u8) -> u8;
  optional: func(a: option<u32>, b: option<u32>) -> option<u32>;
  fail: func();
  copy: func();
  resource thing { constructor(); }
  take: func(t: thing);
  make: func() -> thing;
}
world call {
  import wasi:cli/stdin@0.2.0;
  import wasi:cli/stdout@0.2.0;
  import wasi:cli/exit@0.2.0;
  export echo;
  export test:old/shared@1.0.0;
  export test:old/shared@2.0.0;
  export twice: func(n: u32) -> u32;
  export leave: func(bad: bool);
}
`,
	"deps/old1.wit": "package test:old@1.0.0;\ninterface shared { hello: func(); }\n",
	"deps/old2.wit": "package test:old@2.0.0;\ninterface shared { hello: func(); }\n",
}

// callText answers what it is given where that is in memory, or one number.
const callText = `(module
  (import "wasi:cli/stdin@0.2.0" "get-stdin" (func $stdin (result i32)))
  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
  (import "wasi:cli/exit@0.2.0" "exit" (func $exit (param i32)))
  (import "wasi:io/streams@0.2.0" "[method]input-stream.blocking-read" (func $read (param i32 i64 i32)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush" (func $write (param i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
    (local $p i32)
    (local.set $p (i32.and
      (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $top (i32.add (local.get $p) (local.get $new)))
    (local.get $p))
  (func (export "test:call/echo@0.1.0#mix") (param i32) (result i32) (local.get 0))
  (func (export "test:call/echo@0.1.0#number") (param i32) (result i32) (local.get 0))
  (func (export "test:call/echo@0.1.0#optional") (param i32 i32 i32 i32) (result i32)
    (i32.store (i32.const 16) (local.get 2))
    (i32.store (i32.const 20) (local.get 3))
    (i32.const 16))
  (func (export "test:call/echo@0.1.0#fail") (unreachable))
  (func (export "test:call/echo@0.1.0#copy")
    (call $read (call $stdin) (i64.const 100) (i32.const 0))
    (call $write (call $stdout) (i32.load (i32.const 4)) (i32.load (i32.const 8)) (i32.const 32)))
  (func (export "test:call/echo@0.1.0#[constructor]thing") (result i32) (unreachable))
  (func (export "test:call/echo@0.1.0#take") (param i32))
  (func (export "test:call/echo@0.1.0#make") (result i32) (unreachable))
  (func (export "test:old/shared@1.0.0#hello"))
  (func (export "test:old/shared@2.0.0#hello"))
  (func (export "twice") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
  (func (export "leave") (param i32) (call $exit (local.get 0))))`

func callee(t *testing.T) string {
	core, err := wat.Assemble(callText)
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := wit.ParseText(callWIT, std.Files())
	if err != nil {
		t.Fatal(err)
	}
	world, err := r.World("test:call/call")
	if err != nil {
		t.Fatal(err)
	}
	poly, err := transform.Polyfill(world, transform.Options{NoPoll: true})
	if err != nil {
		t.Fatal(err)
	}
	binary, err := encode.Component(core, poly.World, encode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "callee.wasm", binary)
}

func TestCallCommand(t *testing.T) {
	file := callee(t)
	const mixed = `{yes: true, small: 1, short: -2, letter: 'é', text: "a\n", color: %ok, perms: {write}, ` +
		`shape: polygon([(1, -1)]), outcome: err("no"), pair: (1, "b"), maybe: some(none)}`
	for _, c := range []struct{ call, stdout string }{
		{"test:call/echo@0.1.0#mix(" + mixed + ")", mixed + "\n"},
		{"test:call/echo#number(255)", "255\n"},
		{"test:call/echo@0.1.7#number( 7 )", "7\n"},
		{"test:call/echo#optional(1, 2)", "some(2)\n"},
		{"test:call/echo#optional(1)", "none\n"},
		{"test:old/shared@1.0.0#hello()", ""},
		{"twice(21)", "42\n"},
		{"leave(false)", ""},
	} {
		if stdout, stderr, status := isyswasfa(t, "call", file, c.call); status != 0 || stdout != c.stdout {
			t.Errorf("%s: status %d\n%s%s", c.call, status, stdout, stderr)
		}
	}
	cmd := exec.Command(command, "call", file, "test:call/echo#copy()")
	cmd.Stdin = strings.NewReader("through")
	if out, err := cmd.Output(); err != nil || !bytes.Equal(out, []byte("through")) {
		t.Errorf("copy: %q, %v", out, err)
	}
}

// TestCallStub calls a guest that imports what nobody provides: that is an
// error at once, or else when it calls that.
func TestCallStub(t *testing.T) {
	file := component(t, "values")
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{file, "sum(40, 2)"}, 1, "missing function add"},
		{[]string{"--stub", file, "sum(40, 2)"}, 0, "42\n"},
		{[]string{file, `upper("ab☃")`, "--stub"}, 0, "\"AB☃\"\n"},
		{[]string{"--stub", file, "add(40, 2)"}, 1, "values.wasm: add: host function add: nothing provides this import"},
		{[]string{"--stub", file, "test:values/echo-later#colors(err(red))"}, 1, "host function test:values/echo-later colors-isyswasfa-start: nothing provides this import"},
		{[]string{"--stub", file, "test:values/things#boxes([])"}, 1, "a resource in the result"},
	} {
		if stdout, stderr, status := isyswasfa(t, append([]string{"call"}, c.args...)...); status != c.status || !strings.Contains(stdout+stderr, c.says) {
			t.Errorf("%s: status %d, want %d and %q\n%s%s", c.args, status, c.status, c.says, stdout, stderr)
		}
	}
}

// TestBadCalls calls what cannot be called; the message must say why.
func TestBadCalls(t *testing.T) {
	file := callee(t)
	for _, c := range []struct {
		call   string
		status int
		says   string
	}{
		{"test:call/echo#number(256)", 1, "argument 1 (n): u8 wants a number from 0 to 255\n\ttest:call/echo#number(256)\n\t                      ^^^"},
		{"test:call/echo#number(1, 2)", 1, "no more than 1 parameter"},
		{"test:call/echo#number()", 1, "argument 1 (n: u8) is missing"},
		{"test:call/echo#number(1", 1, "the text ends\n\ttest:call/echo#number(1\n\t                       ^"},
		{"test:call/echo#mix({yes: 1})", 1, "argument 1 (m): a bool (true or false) is needed here\n\ttest:call/echo#mix({yes: 1})\n\t                         ^"},
		{"test:call/echo#mix({})", 1, "field yes: bool is missing"},
		{"test:call/echo#numbr(1)", 1, "does not export the function test:call/echo@0.1.0#numbr; did you mean `test:call/echo@0.1.0#number`?"},
		{"number(1)", 1, "does not export the function number; did you mean `test:call/echo@0.1.0#number`?"},
		{"test:call/echo#nothere(1)", 1, "does not export the function test:call/echo@0.1.0#nothere\nIt exports:"},
		{"test:cal/echo#number(1)", 1, "did you mean `test:call/echo@0.1.0#number`?"},
		{"test:call/echo@0.2.0#number(1)", 1, "did you mean `test:call/echo@0.1.0#number`?"},
		{"zzzzzzzzzzzz()", 1, "It exports:\n\ttwice\n\tleave\n\ttest:call/echo@0.1.0#mix\n"},
		{"test:old/shared#hello()", 1, "test:old/shared is exported in several versions: write test:old/shared@1.0.0 or test:old/shared@2.0.0"},
		{"test:call/echo#fail()", 1, "callee.wasm: test:call/echo@0.1.0 fail: unreachable"},
		{"test:call/echo#take(1)", 1, "a resource (own<thing>) cannot be written as text"},
		{"test:call/echo#make()", 1, "a resource in the result has no text"},
		{"test:call/echo#[constructor]thing()", 1, "methods of resources cannot be called"},
		{"leave(true)", 1, "exit status 1"},
		{"twice", 2, "FUNC(ARGS) is needed"},
		{"(1)", 2, "the name of the function is missing"},
	} {
		stdout, stderr, status := isyswasfa(t, "call", file, c.call)
		if status != c.status || stdout != "" || !strings.Contains(stderr, c.says) || strings.Contains(stderr, "goroutine ") {
			t.Errorf("%s: status %d, want %d and %q\n%s%s", c.call, status, c.status, c.says, stdout, stderr)
		}
	}
	if _, stderr, status := isyswasfa(t, "call", file); status != 2 || !strings.Contains(stderr, "quote the second one") {
		t.Errorf("one argument: status %d\n%s", status, stderr)
	}
}

// TestCallDeadlock calls a function whose task nothing will ever end.
func TestCallDeadlock(t *testing.T) {
	core, err := wat.Assemble(`(module
		(import "isyswasfa:isyswasfa/isyswasfa" "make-task" (func $make (param i32)))
		(memory (export "memory") 1)
		(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
		(func (export "wait-isyswasfa-start") (result i32)
			(call $make (i32.const 16))
			(i32.store8 (i32.const 0) (i32.const 1))
			(i32.store (i32.const 4) (i32.load (i32.const 16)))
			(i32.const 0))
		(func (export "wait-isyswasfa-result") (param i32))
		(func (export "isyswasfa-poll") (param i32 i32) (result i32) (i32.const 32)))`)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(write(t, "world.wit", []byte("package test:stuck; world stuck { export wait: async func(); }")))
	file := filepath.Join(t.TempDir(), "stuck.wasm")
	if _, stderr, status := isyswasfa(t, "encode", "--wit", dir, "-o", file, write(t, "stuck.core.wasm", core)); status != 0 {
		t.Fatal(stderr)
	}
	_, stderr, status := isyswasfa(t, "call", file, "wait()")
	if status != 1 || !strings.Contains(stderr, "guest task is pending with no pending host tasks: wait of component instance stuck ") {
		t.Errorf("status %d\n%s", status, stderr)
	}
}

// TestCallValue prints exported values.
func TestCallValue(t *testing.T) {
	binary, err := wast.Assemble(`(component
		(type $place' (record (field "host" string) (field "port" u16))) (export $place "place" (type $place'))
		(value $at $place (record "example.com" 80))
		(value $n u8 7)
		(instance $out (export "n" (value $n)))
		(export "at" (value $at))
		(export "test:call/out@1.2.0" (instance $out)))`)
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, "values.wasm", binary)
	for _, c := range []struct {
		call, want string
		status     int
	}{
		{"at", `{host: "example.com", port: 80}` + "\n", 0},
		{"test:call/out#n", "7\n", 0},
		{"at()", "exports at as a value, which cannot be called", 1},
		{"here", `"here" is no call, and no value is exported under that name: FUNC(ARGS) is needed, such as here()`, 2},
		{"test:call/out#here 1", "such as test:call/out@1.2.0#here()", 2},
		{"here()", "It exports:\n\tat\n\ttest:call/out@1.2.0#n", 1},
	} {
		stdout, stderr, status := isyswasfa(t, "call", file, c.call)
		if status != c.status || status == 0 && stdout != c.want || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("%s: status %d\n%s%s", c.call, status, stdout, stderr)
		}
	}
}
