package encode_test

import (
	"slices"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// hookText is a hook that keeps the last codes, one more than each, as the
// digits of a number to the base 16.
const hookText = `
	(global $codes (mut i64) (i64.const 0))
	(func (export "__wasm_task_hook") (param $code i32)
	  (global.set $codes (i64.or (i64.shl (global.get $codes) (i64.const 4)) (i64.extend_i32_u (i32.add (local.get $code) (i32.const 1))))))`

// digits gives the codes of such a number in order.
func digits(codes uint64) (list []int) {
	for ; codes > 0; codes >>= 4 {
		list = append(list, int(codes&15)-1)
	}
	slices.Reverse(list)
	return list
}

// The hook is told of everything that enters the component, in order: here the
// initialization, then an allocation for a parameter, the call, in it one for
// what an import returns and a destructor, and the post-return function. What
// tells the codes is in the middle of a call itself.
func TestHooks(t *testing.T) {
	w := world(t, `package t:t;
interface things { resource thing; }
world w {
  import name: func() -> string;
  export echo: func(s: string) -> string;
  export codes: func() -> u64;
  export things;
}`)
	core := assembled(t, `(module
  (import "$root" "name" (func $name (param i32)))
  (import "[export]t:t/things" "[resource-new]thing" (func $new (param i32) (result i32)))
  (import "[export]t:t/things" "[resource-drop]thing" (func $drop (param i32)))
  (memory (export "memory") 1)`+hookText+`
  (func (export "_initialize"))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
  (func (export "echo") (param i32 i32) (result i32)
    (call $name (i32.const 8))
    (call $drop (call $new (i32.const 1)))
    (i32.const 8))
  (func (export "cabi_post_echo") (param i32))
  (func (export "t:t/things#[dtor]thing") (param i32))
  (func (export "codes") (result i64) (global.get $codes)))`)
	bin, err := encode.Component(core, w, encode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	check(t, bin)
	pre, in := linked(t, bin, wasi.Config{}, func(l *host.Linker) {
		l.Instance("").Func("name", host.Func(func(*host.Call, struct{}) (string, error) { return "import", nil }))
	})
	type arg struct{ S string }
	if s, err := call[arg, string](t, pre, in, "", "echo", arg{"param"}); err != nil || s != "import" {
		t.Errorf("echo gives %q, %v", s, err)
	}
	codes, err := call[struct{}, uint64](t, pre, in, "", "codes", struct{}{})
	if want := []int{6, 7, 12, 13, 0, 12, 13, 8, 9, 1, 10, 11, 0}; err != nil || !slices.Equal(digits(codes), want) {
		t.Errorf("the hook was told %v, %v, want %v", digits(codes), err, want)
	}
}

// What a function with a callback returns tells whether it is done; one without
// is when it returns. No host is needed for that: the fixup is run by itself.
func TestHooksOfAsync(t *testing.T) {
	core := assembled(t, `(module`+hookText+`
  (func (export "codes") (result i64) (global.get $codes) (global.set $codes (i64.const 0)))
  (func (export "[async-lift]f") (param i64) (result i32) (i32.wrap_i64 (local.get 0)))
  (func (export "[callback][async-lift]f") (param i32 i32 i32) (result i32) (local.get 1))
  (func (export "[async-lift-stackful]g") (param f64)))`)
	w := world(t, `package t:t; world w { export f: async func(n: u64); export g: async func(x: f64); }`)
	bin, err := encode.Component(core, w, encode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	check(t, bin)
	c, err := component.Decode(bin)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	rt := wazero.NewRuntime(ctx)
	defer rt.Close(ctx)
	var mods []api.Module // there is no shim: the module and the fixup
	for _, d := range c.Defs {
		if m, ok := d.(*component.CoreModule); ok {
			mod, err := rt.InstantiateWithConfig(ctx, m.Data, wazero.NewModuleConfig().WithName([]string{"main", "fixup"}[len(mods)]))
			if err != nil {
				t.Fatal(err)
			}
			mods = append(mods, mod)
		}
	}
	run := func(mod api.Module, name string, args ...uint64) uint64 {
		results, err := mod.ExportedFunction(name).Call(ctx, args...)
		if err != nil {
			t.Fatal(err)
		}
		return append(results, 0)[0]
	}
	for _, c := range []struct {
		name   string
		args   []uint64
		result uint64
		codes  []int
	}{
		{"hooked 0", []uint64{0}, 0, []int{2, 5}},
		{"hooked 0", []uint64{0x12}, 0x12, []int{2, 4}},
		{"hooked 1", []uint64{1, 0, 1}, 0, []int{3, 5}},
		{"hooked 1", []uint64{0, 1, 0}, 1, []int{3, 4}},
		{"hooked 2", []uint64{0}, 0, []int{2, 5}},
	} {
		result := run(mods[1], c.name, c.args...)
		if codes := digits(run(mods[0], "codes")); result != c.result || !slices.Equal(codes, c.codes) {
			t.Errorf("%s%v gives %d and tells %v, want %d and %v", c.name, c.args, result, codes, c.result, c.codes)
		}
	}
}
