package encode_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wat"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
)

// linked makes an instance of a component; more adds what it imports besides
// WASI.
func linked(t *testing.T, bin []byte, config wasi.Config, more func(*host.Linker)) (*host.InstancePre, *host.Instance) {
	t.Helper()
	ctx := t.Context()
	e, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close(ctx) })
	c, err := e.Compile(ctx, "test", bin)
	if err != nil {
		t.Fatal(err)
	}
	l := host.NewLinker(e)
	wasi.AddToLinker(l)
	if more != nil {
		more(l)
	}
	pre, err := l.Link(c)
	if err != nil {
		t.Fatal(err)
	}
	in, err := pre.Instantiate(ctx, host.InstanceConfig{Values: wasi.With(nil, config)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(ctx) })
	return pre, in
}

func call[P, R any](t *testing.T, pre *host.InstancePre, in *host.Instance, iface, name string, p P) (R, error) {
	t.Helper()
	f, err := host.Export[P, R](pre, iface, name)
	if err != nil {
		t.Fatal(err)
	}
	return f.Call(t.Context(), in, p)
}

func assembled(t testing.TB, text string) []byte {
	t.Helper()
	bin, err := wat.Assemble(text)
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// commandText is a command that no Go compiler has made. It fills its whole
// memory, reads what WASI 0.1 has, checks that nothing else has changed, and
// ends with a status for what is wrong.
const commandText = `(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  %s
  (func $print (param $fd i32) (param $at i32) (param $len i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $len))
    (if (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)) (then (unreachable))))
  (func (export "_start")
    (local $p i32)
    (memory.fill (i32.const 0) (i32.const 0x5a) (i32.const 65536))
    (if (call $args_sizes (i32.const 0) (i32.const 4)) (then (unreachable)))
    (if (call $args (i32.const 16) (i32.const 100)) (then (unreachable)))
    (call $print (i32.const 1) (i32.const 100) (i32.const 8))
    (if (call $env_sizes (i32.const 0) (i32.const 4)) (then (unreachable)))
    (if (call $env (i32.const 16) (i32.const 100)) (then (unreachable)))
    (call $print (i32.const 1) (i32.const 100) (i32.const 4))
    (if (call $clock (i32.const 0) (i64.const 1) (i32.const 200)) (then (unreachable)))
    (if (i64.lt_u (i64.load (i32.const 200)) (i64.const 1600000000000000000)) (then (unreachable)))
    (if (call $random (i32.const 200) (i32.const 16)) (then (unreachable)))
    (if (i64.eq (i64.load (i32.const 200)) (i64.load (i32.const 208))) (then (unreachable)))
    (i32.store (i32.const 0) (i32.const 300))
    (i32.store (i32.const 4) (i32.const 50))
    (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then (unreachable)))
    (call $print (i32.const 2) (i32.const 300) (i32.load (i32.const 8)))
    (local.set $p (i32.const 512))
    (loop $next
      (if (i32.ne (i32.load8_u (local.get $p)) (i32.const 0x5a)) (then (unreachable)))
      (br_if $next (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 1))) (i32.const %d))))
    (if (i32.ne (memory.size) (i32.const %d)) (then (unreachable)))
    (if (i32.eq (i32.load8_u (i32.const 300)) (i32.const 0x78)) (then (call $exit (i32.const 7))))))`

// A command of another language gets its scratch from cabi_realloc, once, or
// else from a page of its own; nothing else of its memory is touched.
func TestCommand(t *testing.T) {
	for name, text := range map[string]string{
		"grown": fmt.Sprintf(commandText, "", 65536, 2),
		"allocated": fmt.Sprintf(commandText, `(global $calls (mut i32) (i32.const 0))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (if (global.get $calls) (then (unreachable)))
    (if (i32.ne (local.get 3) (i32.const 8192)) (then (unreachable)))
    (global.set $calls (i32.const 1))
    (i32.const 57344))`, 57344, 1),
	} {
		t.Run(name, func(t *testing.T) {
			bin, err := encode.Modules(encode.Module{Core: assembled(t, text)}, encode.Options{Command: true})
			if err != nil {
				t.Fatal(err)
			}
			check(t, bin)
			for input, failed := range map[string]bool{"input": false, "x": true} {
				var stdout, stderr strings.Builder
				config := wasi.Config{
					Stdin: strings.NewReader(input), Stdout: &stdout, Stderr: &stderr,
					Args: []string{"tool", "one"}, Env: []string{"A=b"},
				}
				pre, in := linked(t, bin, config, nil)
				result, err := call[struct{}, host.Result[struct{}, struct{}]](t, pre, in, "wasi:cli/run@0.2.0", "run", struct{}{})
				var exit *host.ExitError
				switch {
				case failed && (!errors.As(err, &exit) || exit.Code != 1):
					t.Errorf("run: %v", err)
				case !failed && (err != nil || result.IsErr):
					t.Errorf("run: %v, %v", result, err)
				}
				if stdout.String() != "tool\x00oneA=b\x00" || stderr.String() != input {
					t.Errorf("stdout %q, stderr %q", stdout.String(), stderr.String())
				}
			}
		})
	}
}

// A reactor of another language calls WASI 0.1 while it is initialized and
// while it is called; its memory is its own but for the scratch.
func TestReactor(t *testing.T) {
	for name, realloc := range map[string]string{
		"grown":     "",
		"allocated": `(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 57344))`,
	} {
		t.Run(name, func(t *testing.T) {
			core := assembled(t, `(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\03\00\00\00")
  (data (i32.const 16) "hi\0a")`+realloc+`
  (func (export "_initialize")
    (memory.fill (i32.const 1024) (i32.const 0x5a) (i32.const 56320))
    (drop (call $random (i32.const 32) (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "check") (result i32)
    (local $p i32)
    (drop (call $random (i32.const 40) (i32.const 8)))
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
    (local.set $p (i32.const 1024))
    (loop $next
      (if (i32.ne (i32.load8_u (local.get $p)) (i32.const 0x5a)) (then (return (local.get $p))))
      (br_if $next (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 1))) (i32.const 57344))))
    (i64.eq (i64.load (i32.const 32)) (i64.load (i32.const 40)))))`)
			bin, err := encode.Component(core, world(t, "package t:t;\nworld w { export check: func() -> u32; }"), encode.Options{})
			if err != nil {
				t.Fatal(err)
			}
			check(t, bin)
			var stdout, stderr strings.Builder
			pre, in := linked(t, bin, wasi.Config{Stdout: &stdout, Stderr: &stderr}, nil)
			for range 3 {
				if got, err := call[struct{}, uint32](t, pre, in, "", "check", struct{}{}); got != 0 || err != nil {
					t.Errorf("check: %d, %v", got, err)
				}
			}
			if stdout.String() != "hi\n" || stderr.String() != "hi\nhi\nhi\n" {
				t.Errorf("stdout %q, stderr %q", stdout.String(), stderr.String())
			}
		})
	}
}

const adaptedWorld = `package t:t;
interface numbers { pair: func() -> tuple<u32, u32>; name: func() -> string; }
world adapter { import numbers; export total: func() -> u32; }
world main { export sum: func() -> u32; export length: func() -> u32; }`

// An adapter as a compiler makes it: a stack of its own in the main module's
// memory, placed through the name section, and code that nobody calls.
const adapterCore = `(module $adapter
  (import "t:t/numbers" "pair" (func $pair (param i32)))
  (import "t:t/numbers" "name" (func $name (param i32)))
  (import "nowhere" "unknown" (func $unknown))
  (import "env" "memory" (memory 0))
  (import "__main_module__" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "__main_module__" "sum" (func $sum (result i32)))
  (global $__stack_pointer (mut i32) (i32.const 0))
  (global $allocation_state (mut i32) (i32.const 0))
  (func (export "add") (result i32)
    (local $frame i32)
    (if (i32.ne (global.get $allocation_state) (i32.const 2)) (then (unreachable)))
    (global.set $__stack_pointer (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 8))))
    (call $pair (local.get $frame))
    (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 8)))
    (i32.add (i32.load (local.get $frame)) (i32.load offset=4 (local.get $frame))))
  (func (export "measure") (result i32)
    (local $frame i32)
    (global.set $__stack_pointer (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 8))))
    (call $name (local.get $frame))
    (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 8)))
    (i32.load offset=4 (local.get $frame)))
  (func (export "cabi_import_realloc") (param i32 i32 i32 i32) (result i32)
    (call $realloc (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "total") (result i32) (i32.mul (call $sum) (i32.const 10)))
  (func (export "unused") (call $unknown)))`

// FuzzModules encodes any two modules as a main module and its adapter.
func FuzzModules(f *testing.F) {
	_, pkg, err := wit.ParseText(map[string]string{"world.wit": adaptedWorld})
	if err != nil {
		f.Fatal(err)
	}
	adapter := assembled(f, adapterCore)
	f.Add(assembled(f, mainCore("")), adapter)
	f.Add(assembled(f, fmt.Sprintf(commandText, "", 1, 1)), adapter)
	f.Add(adapter, assembled(f, mainCore("")))
	f.Fuzz(func(t *testing.T, core, adapter []byte) {
		main, err := encode.Embedded(core)
		if err != nil {
			return
		}
		if len(main.Worlds) == 0 {
			main.Worlds = pkg.Worlds[1:]
		}
		o := encode.Options{Command: true, WorldTypes: true, MergeVersions: true}
		o.Adapters = []encode.Module{{Name: "old", Core: adapter, Worlds: pkg.Worlds[:1]}}
		bin, err := encode.Modules(main, o)
		if err != nil {
			return
		}
		c, err := component.Decode(bin)
		if err != nil {
			t.Fatal(err)
		}
		if err := component.Validate(c); err != nil {
			t.Error(err)
		}
	})
}

// mainCore is a main module for the adapter, with more definitions.
func mainCore(more string) string {
	return `(module
  (import "old" "add" (func $add (result i32)))
  (import "old" "measure" (func $measure (result i32)))
  (memory (export "memory") 2)` + more + `
  (func (export "_initialize") (if (i32.ne (call $add) (i32.const 42)) (then (unreachable))))
  (func (export "length") (result i32) (call $measure))
  (func (export "sum") (result i32) (call $add)))`
}

// A main module uses functions of an adapter, which uses functions of the
// host; one export is the adapter's.
func TestAdapter(t *testing.T) {
	_, pkg, err := wit.ParseText(map[string]string{"world.wit": adaptedWorld})
	if err != nil {
		t.Fatal(err)
	}
	names := wasm.AppendName([]byte{2, 0}, "__stack_pointer")
	names = wasm.AppendName(append(names, 1), "allocation_state")
	section := append(wasm.AppendName(nil, "name"), 7, byte(len(names)))
	section = append(section, names...)
	m, err := wasm.Parse(assembled(t, adapterCore))
	if err != nil {
		t.Fatal(err)
	}
	named := append(append(m.WithImports(m.Imports, true), 0, byte(len(section))), section...)
	adapter := encode.Module{Name: "old", Core: named, Worlds: pkg.Worlds[:1]}
	for name, realloc := range map[string]string{
		"grower":    "",
		"allocator": `(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))`,
	} {
		t.Run(name, func(t *testing.T) {
			core := assembled(t, mainCore(realloc))
			bin, err := encode.Modules(encode.Module{Core: core, Worlds: pkg.Worlds[1:]}, encode.Options{Adapters: []encode.Module{adapter}})
			if err != nil {
				t.Fatal(err)
			}
			check(t, bin)
			pre, in := linked(t, bin, wasi.Config{}, func(l *host.Linker) {
				type pair struct{ A, B uint32 }
				l.Instance("t:t/numbers").
					Func("pair", host.Func(func(*host.Call, struct{}) (pair, error) { return pair{40, 2}, nil })).
					Func("name", host.Func(func(*host.Call, struct{}) (string, error) { return strings.Repeat("n", 3000), nil }))
			})
			for name, want := range map[string]uint32{"sum": 42, "total": 420, "length": 3000} {
				if got, err := call[struct{}, uint32](t, pre, in, "", name, struct{}{}); got != want || err != nil {
					t.Errorf("%s: %d, %v", name, got, err)
				}
			}
		})
	}
}

// Names of the standard scheme, an imported memory and strings in UTF-16.
func TestStandardNames(t *testing.T) {
	_, pkg, err := wit.ParseText(map[string]string{"world.wit": `package t:t@1.2.3;
interface api { resource r { constructor(n: u32); get: func() -> u32; } swap: func(s: string) -> string; }
world w { import ask: func() -> string; export api; export ready: func() -> string; }`})
	if err != nil {
		t.Fatal(err)
	}
	core := assembled(t, `(module
  (import "env" "memory" (memory 1))
  (import "cm32p2" "ask" (func $ask (param i32)))
  (import "cm32p2|_ex_t:t/api@1" "r_new" (func $new (param i32) (result i32)))
  (global $posts (mut i32) (i32.const 0))
  (global $top (mut i32) (i32.const 4096))
  (func (export "cm32p2_initialize") (call $ask (i32.const 64)))
  (func (export "cm32p2_realloc") (param i32 i32 i32 i32) (result i32)
    (local $p i32)
    (local.set $p (global.get $top))
    (global.set $top (i32.and (i32.add (i32.add (local.get $p) (local.get 3)) (i32.const 7)) (i32.const -8)))
    (local.get $p))
  (func (export "cm32p2||ready") (result i32) (i32.const 64))
  (func (export "cm32p2||ready_post") (param i32) (global.set $posts (i32.add (global.get $posts) (i32.const 1))))
  (func (export "cm32p2|t:t/api@1|[constructor]r") (param i32) (result i32) (call $new (local.get 0)))
  (func (export "cm32p2|t:t/api@1|[method]r.get") (param i32) (result i32) (i32.add (local.get 0) (global.get $posts)))
  (func (export "cm32p2|t:t/api@1|r_dtor") (param i32) (global.set $posts (i32.const 100)))
  (func (export "cm32p2|t:t/api@1|swap") (param $at i32) (param $len i32) (result i32)
    (local $first i32)
    (local.set $first (i32.load16_u (local.get $at)))
    (i32.store16 (local.get $at) (i32.load16_u offset=2 (local.get $at)))
    (i32.store16 offset=2 (local.get $at) (local.get $first))
    (i32.store (i32.const 8) (local.get $at))
    (i32.store (i32.const 12) (local.get $len))
    (i32.const 8)))`)
	bin, err := encode.Modules(encode.Module{Core: core, Worlds: pkg.Worlds, Strings: encode.UTF16}, encode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	check(t, bin)
	pre, in := linked(t, bin, wasi.Config{}, func(l *host.Linker) {
		l.Instance("").Func("ask", host.Func(func(*host.Call, struct{}) (string, error) { return "größe", nil }))
	})
	if got, err := call[struct{}, string](t, pre, in, "", "ready", struct{}{}); got != "größe" || err != nil {
		t.Errorf("ready: %q, %v", got, err)
	}
	type text struct{ S string }
	if got, err := call[text, string](t, pre, in, "t:t/api@1.2.3", "swap", text{"öß and more"}); got != "ßö and more" || err != nil {
		t.Errorf("swap: %q, %v", got, err)
	}
}
