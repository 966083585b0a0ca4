package encode_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/build"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wast"
	"github.com/isyswasfa/isyswasfa/transform/encode"
)

// told adds a section component-type for a world to a core module, as a
// generator of bindings does. items are declarations of the world's type.
func told(t *testing.T, core []byte, section, world, items string, encoding byte) []byte {
	t.Helper()
	bin, err := wast.Assemble(fmt.Sprintf(`(component (type (component (type (component %s)) (export "t:t/%[2]s" (component (type 0))))) (export %[2]q (type 0)))`, items, world))
	if err != nil {
		t.Fatal(err)
	}
	mark := append(wasm.AppendName(nil, "wit-component-encoding"), 4, encoding)
	bin = append(append(bin, 0, byte(len(mark))), mark...)
	data := append(wasm.AppendName(nil, section), bin...)
	return append(wasm.AppendU32(append(core[:len(core):len(core)], 0), uint32(len(data))), data...)
}

// A module that was linked of parts with bindings of their own has all of
// their worlds. Of an interface each may tell another part.
func TestEmbedded(t *testing.T) {
	core := assembled(t, `(module
  (import "t:t/api" "a" (func))
  (import "t:t/api" "b" (func (result i32)))
  (import "$root" "log" (func (param i32)))
  (func (export "run"))
  (func (export "stop")))`)
	plain, err := encode.Embedded(core)
	if err != nil || len(plain.Worlds) != 0 {
		t.Fatal(plain, err)
	}
	core = told(t, core, "component-type:one", "one", `
    (type (instance (type (func)) (export "a" (func (type 0)))))
    (import "t:t/api" (instance (type 0)))
    (type (func (param "n" u32)))
    (import "log" (func (type 1)))
    (type (func))
    (export "run" (func (type 2)))`, 0)
	core = told(t, core, "component-type:two", "two", `
    (type (instance (type (func (result u32))) (export "b" (func (type 0)))))
    (import "t:t/api" (instance (type 0)))
    (type (func (param "n" u32)))
    (import "log" (func (type 1)))
    (type (func))
    (export "stop" (func (type 2)))`, 0)
	m, err := encode.Embedded(core)
	if err != nil || len(m.Worlds) != 2 {
		t.Fatal(m.Worlds, err)
	}
	text := result(t, m, encode.Options{Strip: true})
	for _, want := range []string{`export "a"`, `export "b"`, `import "log"`, `export "run"`, `export "stop"`} {
		if strings.Count(text, want) != 1 {
			t.Errorf("want %s once in\n%s", want, text)
		}
	}
	if _, err := encode.Embedded(told(t, core, "component-type", "three", "", 1)); err == nil || !strings.Contains(err.Error(), "another encoding") {
		t.Error(err)
	}
	if _, err := encode.Embedded(told(t, core, "component-type", "three", `(import "f" (func (type 9)))`, 0)); err == nil || !strings.Contains(err.Error(), "custom section component-type: binary WIT: unknown type 9") {
		t.Error(err)
	}
}

// The poll function may be of any of a module's worlds.
func TestSuffixOfWorlds(t *testing.T) {
	core := assembled(t, `(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "plain"))
  (func (export "later-isyswasfa-start") (result i32) (i32.const 8))
  (func (export "later-isyswasfa-result") (param i32))
  (func (export "isyswasfa-poll") (param i32 i32) (result i32) (i32.const 64)))`)
	core = told(t, core, "component-type:one", "one", `(type (func)) (export "plain" (func (type 0)))`, 0)
	o := build.EncodeOptions{Name: "core.wasm", Suffix: "-mine"}
	if _, err := build.Encode(core, o); err == nil || err.Error() != "core.wasm: there is nothing async, and no poll function that could have the suffix -mine" {
		t.Error(err)
	}
	core = told(t, core, "component-type:two", "two", `(type (func async)) (export "later" (func (type 0)))`, 0)
	made, err := build.Encode(core, o)
	if err != nil || made.Suffix != "-mine" || strings.Join(made.Worlds, " ") != "t:t/one t:t/two" {
		t.Errorf("%+v, %v", made, err)
	}
}
