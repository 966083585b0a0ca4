package link_test

import (
	"math"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/transform/link"
	"github.com/isyswasfa/isyswasfa/wit"
)

const errorWorld = "package t:t; world w { export f: func(); }"

// A library with the world's only export; what is linked with it is wrong.
const used = `;; dylink %
(module % (func (export "f")))`

// Each case has what the first library says of itself, what it has besides the
// function f, other libraries, called a, b and so on, and the error.
var errorCases = []struct {
	dylink, text string
	others       []string
	want         string
}{
	{"needed x needed y", "", nil, "missing libraries:\n  the library main needs x\n  the library main needs y"},
	{"", `(import "env" "x" (func (param i32)))`, nil, "unresolved symbols: the library main needs the function x (param i32)"},
	{"", `(import "env" "x" (func (param i32))) (import "GOT.func" "x" (global (mut i32))) (import "GOT.mem" "y" (global (mut i32)))`, nil,
		"unresolved symbols:\n  the library main needs the function x (param i32)\n  the library main needs the address of the function x\n  the library main needs the address of y"},
	{"", `(import "env" "x" (func (param i32)))`, []string{`;; dylink
(func (export "x") (param i64))`}, "unresolved symbols: the library main needs the function x (param i32); that of a has the signature (param i64)"},
	{"", `(import "env" "x" (tag (param i32)))`, []string{`;; dylink
(tag (export "x") (param i64))`}, "unresolved symbols: the library main needs the tag x (param i32); that of a has the signature (param i64)"},
	{"", `(import "GOT.mem" "x" (global (mut i32)))`, []string{`;; dylink
(func (export "x"))`}, "unresolved symbols: the library main needs the address of x; a has a func of that name"},
	{"", `(import "GOT.mem" "x" (global (mut i32)))`, []string{`;; dylink
(global (export "x") (mut i32) (i32.const 1))`}, "unresolved symbols: the library main needs the address of x; the global that a exports is no constant address"},
	{"", `(import "GOT.mem" "x" (global (mut i32)))`, []string{`;; dylink tls x
(global (export "x") i32 (i32.const 1))`}, "unresolved symbols: the library main needs the address of x; that of a is thread-local, which has no one address"},
	{"weak env x", `(import "env" "x" (tag))`, nil, "unresolved symbols: the library main needs the tag x ()"},
	{"", `(import "env" "x" (tag (param i32))) (tag (export "mine") (param i32))`, []string{`;; dylink
(import "env" "mine" (tag (param i32))) (tag (export "x") (param i32))`}, "libraries import tags of each other in a circle: the library main imports x of a"},
	{"", `(func (export "_start"))`, []string{`;; dylink
(func (export "_start"))`}, "the library a exports _start, and so does main"},
	{"", `(func (export "_start") (param i32))`, nil, "the library main exports _start with the signature (param i32), not ()"},
	{"", `(func (export "__wasm_call_ctors") (result i32) (i32.const 0))`, nil, "the library main exports __wasm_call_ctors with the signature (result i32), not ()"},
	{"", `(func (export "__wasm_apply_data_relocs") (param i32))`, nil, "the library main exports __wasm_apply_data_relocs with the signature (param i32), not ()"},
	{"", `(func (export "cabi_realloc") (param i32))`, nil, "the library main exports cabi_realloc with the signature (param i32), not (param i32 i32 i32 i32) (result i32)"},
	{"", `(func (export "__wasm_call_ctors")) (func (export "_initialize"))`, nil, "the library main exports both __wasm_call_ctors and _initialize, which are two ways to begin"},
	{"", `(memory (export "memory") 1)`, nil, `the library main exports the memory "memory"; a library uses the one of all`},
	{"", `(import "env" "memory" (memory 1 2))`, nil, `the library main: import "env" "memory": this should be a plain memory of 32 bits without a maximum`},
	{"", `(import "env" "__indirect_function_table" (table 4294967295 funcref))`, nil, "the library main imports a table of 4294967295 entries, which is too large"},
	{"", `(import "env" "memory" (memory 65536))`, nil, "the library main imports a memory of 65536 pages, which is too large"},
	{"", `(import "env" "memory" (func))`, nil, `the library main: import "env" "memory": this should be a plain memory of 32 bits without a maximum`},
	{"", `(import "env" "__indirect_function_table" (table 1 externref))`, nil, `the library main: import "env" "__indirect_function_table": this should be a plain table of functions without a maximum`},
	{"", `(import "env" "__memory_base" (global (mut i32)))`, nil, `the library main: import "env" "__memory_base": this should be a global of i32 that is constant`},
	{"", `(import "env" "__stack_pointer" (global i32))`, nil, `the library main: import "env" "__stack_pointer": this should be a global of i32 that is mutable`},
	{"", `(import "env" "other" (global i32))`, nil, `the library main: import "env" "other": libraries have no such global`},
	{"", `(import "env" "__wasm_get_tls_base" (func))`, nil, `the library main: import "env" "__wasm_get_tls_base": its signature is (), not (result i32)`},
	{"", `(import "GOT.mem" "x" (global i32))`, nil, `the library main: import "GOT.mem" "x": this should be a mutable global of i32`},
	{"", `(import "GOT.func" "x" (func))`, nil, `the library main: import "GOT.func" "x": this should be a mutable global of i32`},
	{"memory 0xffffffff 0", "", nil, "there is no room in the memory for the data of the library main"},
	{"memory 0x7fffffff 4", "", []string{";; dylink memory 0x7fffffff 4\n(func (export \"x\"))"}, "there is no room in the memory for the data of the library a"},
	{"table 0xffffffff 0", "", nil, "there is no room in the table for the functions of the library main"},
	{"table 2097152 0", "", nil, "there is no room in the table for the functions of the library main"},
	{"memory 1 32", "", nil, "the library main: core module, dylink.0 section: alignment 2**32 is too large (4 bytes into the section)"},
	{"", `(import "acme:app/x" "y" (func))`, nil, `the libraries do not fit the world t:t/w: import "acme:app/x" "y" of the library main: the world does not import this interface, nor any other`},
}

func TestErrors(t *testing.T) {
	_, pkg, err := wit.ParseText(map[string]string{"world.wit": errorWorld})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range errorCases {
		text := strings.Replace(strings.Replace(used, "%", c.dylink, 1), "%", c.text, 1)
		var libs []link.Library
		for i, text := range append([]string{text}, c.others...) {
			core, _ := library(t, text)
			lib := link.Library{Module: encode.Module{Name: "main", Core: core, Worlds: pkg.Worlds}}
			if i > 0 { // used by being openable
				lib = link.Library{Module: encode.Module{Name: string(rune('a' + i - 1)), Core: core}, Openable: true}
			}
			libs = append(libs, lib)
		}
		_, err := link.Component(libs, link.Options{})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s %s:\n%v\nis not\n%s", c.dylink, c.text, err, c.want)
		}
	}
}

// A section that is not as it should be is one error, however large the counts
// in it are.
func TestBadSections(t *testing.T) {
	huge := wasm.AppendU32(nil, math.MaxUint32)
	long := func(id byte, parts ...byte) []byte { return append([]byte{id, byte(len(parts))}, parts...) }
	core, _ := library(t, `(func (export "f"))`)
	const where = "the library l: core module, dylink.0 section: "
	for _, c := range []struct {
		core []byte
		want string
	}{
		{core, "the library l: core module: not a dynamic library: it has no section dylink.0"},
		{core[:5], "the library l: core module, offset 0x4: unknown version of the binary format"},
		{withSection(core, []byte{1}), where + "unexpected end (1 bytes into the section)"},
		{withSection(core, append([]byte{2}, huge...)), where + "4294967295 bytes expected, 0 left (6 bytes into the section)"},
		{withSection(core, long(2, huge...)), where + "4294967295 elements do not fit into 0 bytes (7 bytes into the section)"},
		{withSection(core, long(3, huge...)), where + "4294967295 elements do not fit into 0 bytes (7 bytes into the section)"},
		{withSection(core, long(4, 1, 1)), where + "1 bytes expected, 0 left (4 bytes into the section)"},
		{withSection(core, long(9)), where + "unknown subsection 9 (2 bytes into the section)"},
		{withSection(core, long(2, 0, 0)), where + "1 bytes after the end of subsection 2 (3 bytes into the section)"},
		{withSection(withSection(core, nil), nil), where + "the module has two"},
	} {
		_, err := link.Component([]link.Library{{Module: encode.Module{Name: "l", Core: c.core}}}, link.Options{})
		if err == nil || err.Error() != c.want {
			t.Errorf("%v\nis not\n%s", err, c.want)
		}
	}
	fine, _ := library(t, ";; dylink\n(module)")
	_, err := link.Component([]link.Library{{Module: encode.Module{Name: "l", Core: fine}, Openable: true}}, link.Options{StackSize: math.MaxUint32})
	if want := "there is no room in the memory for a stack of 4294967295 bytes"; err == nil || err.Error() != want {
		t.Errorf("%v\nis not\n%s", err, want)
	}
	two := []link.Library{{Module: encode.Module{Name: "l", Core: fine}}, {Module: encode.Module{Name: "l", Core: fine}}}
	for want, libs := range map[string][]link.Library{
		"two libraries are called l":                                                                         two,
		`a library called "": names are UTF-8 and not empty`:                                                 {{Module: encode.Module{Core: fine}}},
		`a library called "\xff": names are UTF-8 and not empty`:                                             {{Module: encode.Module{Name: "\xff", Core: fine}}},
		"no library exports anything of a world, has _start or can be opened: nothing would be left of them": two[:1],
	} {
		if _, err := link.Component(libs, link.Options{}); err == nil || err.Error() != want {
			t.Errorf("%v\nis not\n%s", err, want)
		}
	}
}
