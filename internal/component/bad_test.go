package component_test

import (
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

const head = "\x00asm\x0d\x00\x01\x00"

// deep nests components n deep; each level adds a section around the one
// within.
func deep(n int) string {
	in := head
	for range n {
		size := len(in)
		in = head + "\x04" + string([]byte{byte(size&0x7f) | 0x80, byte(size>>7&0x7f) | 0x80, byte(size >> 14)}) + in
	}
	return in
}

// Binaries that are none, and the complaints in full: what is wrong, in which
// section, and where.
var badBinaries = []struct{ name, bin, want string }{
	{"nothing", "", "this is not a WebAssembly binary"},
	{"text", "(component)", "this is not a WebAssembly binary"},
	{"magic", "\x00asn\x0d\x00\x01\x00", "this is not a WebAssembly binary"},
	{"a core module", "\x00asm\x01\x00\x00\x00", "this is a core module, not a component"},
	{"a version to come", "\x00asm\x0e\x00\x01\x00", "not a component of the supported version (want 0d 00 01 00, found 0e 00 01 00) (at offset 0x0)"},
	{"half a preamble", "\x00asm\x0d\x00", "unexpected end: 8 bytes wanted, 6 left (at offset 0x0)"},
	{"an unknown section", head + "\x20\x00", "unknown section 32 (at offset 0x8)"},
	{"a section without a size", head + "\x07", "type: unexpected end (at offset 0x9)"},
	{"a section cut off", head + "\x07\x10\x01\x40", "type: section of 16 bytes, 2 left (at offset 0x8)"},
	{"a section of 4 GiB", head + "\x07\xff\xff\xff\xff\x0f", "type: section of 4294967295 bytes, 0 left (at offset 0x8)"},
	{"a size of six bytes", head + "\x07\x80\x80\x80\x80\x80\x01", "type: malformed number (at offset 0x9)"},
	{"a section that is too long", head + "\x07\x03\x01\x7f\x7f", "type: 1 bytes too many (at offset 0xc)"},
	{"a section that is too short", head + "\x07\x03\x01\x72\x01", "type: a list of 1 items does not fit in the 0 bytes left (at offset 0xc)"},
	{"2^32-1 types", head + "\x07\x05\xff\xff\xff\xff\x0f", "type: a list of 4294967295 items does not fit in the 0 bytes left (at offset 0xa)"},
	{"2^32-1 fields", head + "\x07\x07\x01\x72\xff\xff\xff\xff\x0f", "type: a list of 4294967295 items does not fit in the 0 bytes left (at offset 0xc)"},
	{"2^32-1 bytes of a name", head + "\x0a\x07\x01\x00\xff\xff\xff\xff\x0f", "import: unexpected end: 4294967295 bytes wanted, 0 left (at offset 0x11)"},
	{"2^32-1 arguments", head + "\x02\x08\x01\x00\x00\xff\xff\xff\xff\x0f", "core instance: a list of 4294967295 items does not fit in the 0 bytes left (at offset 0xd)"},
	{"2^32-1 canonical options", head + "\x08\x09\x01\x01\x00\x00\xff\xff\xff\xff\x0f", "canon: a list of 4294967295 items does not fit in the 0 bytes left (at offset 0xe)"},
	{"2^32-1 declarations", head + "\x07\x07\x01\x42\xff\xff\xff\xff\x0f", "type: a list of 4294967295 items does not fit in the 0 bytes left (at offset 0xc)"},
	{"a name that is no text", head + "\x0a\x06\x01\x00\x02\xc3\x28\x01", "import: a name is not valid UTF-8 (at offset 0xc)"},
	{"an unknown type", head + "\x07\x02\x01\x50", "type: unknown type 0x50 (at offset 0xb)"},
	{"an unknown sort", head + "\x06\x05\x01\x09\x00\x00\x00", "alias: unknown sort 0x09 (at offset 0xb)"},
	{"an unknown option", head + "\x08\x06\x01\x01\x00\x00\x01\x09", "canon: unknown canonical option 0x09 (at offset 0xf)"},
	{"a bool that is none", head + "\x07\x04\x01\x40\x00\x02", "type: result of a function: 0 or 1 expected, found 0x02 (at offset 0xd)"},
	{"a type index that is negative", head + "\x07\x03\x01\x70\x40", "type: unknown value type 0x40 (at offset 0xc)"},
	{"a value without its bound", head + "\x0a\x07\x01\x00\x02\x61\x62\x02\x73", "import: bound of a value, which some tools leave out: 0 or 1 expected, found 0x73 (at offset 0x10)"},
	{"101 components within each other", deep(101), "component: more than 100 levels of nesting (at offset 0x4b0)"},
	{"a nested component cut off", head + "\x04\x07" + head[:7], "component: unexpected end: 8 bytes wanted, 7 left (at offset 0xa)"},
	{"a nested core module that is none", head + "\x01\x04abcd", "core module: not a core module (at offset 0xa)"},
}

// Components that are not valid, likewise.
var badComponents = []struct{ name, text, want string }{
	{"a type index", `(type (list 7))`, "type: there is no type 7: 0 are defined so far (at offset 0xb)"},
	{"a function index", `(canon lower (func 3) (core func))`, "canon: there is no func 3: 0 are defined so far (at offset 0xb)"},
	{"a core module index", `(core instance (instantiate 0))`, "core instance: there is no core module 0: 0 are defined so far (at offset 0xb)"},
	{"a component index", `(instance (instantiate 1))`, "instance: there is no component 1: 0 are defined so far (at offset 0xb)"},
	{"an instance index", `(alias export 2 "x" (func))`, "alias: there is no instance 2: 0 are defined so far (at offset 0xb)"},
	{"an export that is not there", `(instance $i) (alias export $i "x" (func))`, `alias: instance 0 has no export "x" (at offset 0x10)`},
	{"an outer alias that is too far out", `(alias outer 2 0 (type))`, "alias: outer alias of count 2: only 0 levels enclose it (at offset 0xb)"},
	{"a function where a type is imported", `(component $c (import "t" (type (sub resource)))) (import "f" (func $f)) (instance (instantiate $c (with "t" (func $f))))`, `import: in root/0: import "t": a type is expected, not a func (at offset 0x15)`},
	{"a function of another type", `(component $c (import "f" (func (param "a" u8)))) (import "f" (func $f (param "a" string))) (instance (instantiate $c (with "f" (func $f))))`, `import: in root/0: import "f": parameter "a" of the function: type u8 is expected, not string (at offset 0x1f)`},
	{"a resource of another type", `
		(import "i" (instance $i (export "r" (type (sub resource))) (export "s" (type (sub resource)))))
		(component $c (import "r" (type $r (sub resource))) (import "s" (type (eq $r))))
		(instance (instantiate $c (with "r" (type $i "r")) (with "s" (type $i "s"))))`, `import: in root/1: import "s": resource types r and s differ (at offset 0x33)`},
	{"a core function of another type", `
		(core module $m (import "a" "f" (func (param i32))))
		(core module $n (func (export "f") (param i64)))
		(core instance $n (instantiate $n))
		(core instance (instantiate $m (with "a" (instance $n))))`, `core instance: import "f" of "a" of the core module: a core func (param i32) is expected, not (param i64) (at offset 0x4a)`},
	{"a core memory where a function is imported", `
		(core module $m (import "a" "f" (func)))
		(core module $n (memory (export "f") 1))
		(core instance $n (instantiate $n))
		(core instance (instantiate $m (with "a" (instance $n))))`, `core instance: import "f" of "a" of the core module: a core func is expected, not a core memory (at offset 0x3d)`},
	{"a value that is left", `(component $c (import "v" (value string))) (value $v string "")
		(component $d (import "w" (value $w string)) (value u8 1) (export "w" (value $w))) (instance $i (instantiate $d (with "w" (value $v))))`, `value: in root/0: value 1 is never used (at offset 0x37)`},
	{"an argument that is missing", `(component $c (import "f" (func))) (instance (instantiate $c))`, `import: in root/0: import "f": component 0 is instantiated without the argument "f" (at offset 0x1c)`},
	{"a fault in a nested component", `(component $a (component $b (type (list 7))) (instance (instantiate $b))) (instance (instantiate $a))`, "type: in root/0/0: there is no type 7: 0 are defined so far (at offset 0x1f)"},
	{"a name that is none", `(import "A_b" (func))`, `import: import "A_b": it is not a valid name: neither in kebab case nor namespace:package/interface (at offset 0x12)`},
	{"two names that are almost one", `(import "a-b" (func)) (import "A-B" (func))`, `import: import "A-B": another name is equal to it, or almost (at offset 0x23)`},
	{"a method of nothing", `(import "[method]r.m" (func))`, `import: import "[method]r.m": there is no resource "r" beside it (at offset 0x12)`},
	{"a handle of a record", `(type $t (record (field "a" u8))) (type (own $t))`, "type: type 0 is a value type, not a resource type (at offset 0x10)"},
	{"a list without memory", `(core module $m (func (export "f") (param i32 i32))) (core instance $i (instantiate $m)) (func (param "l" (list u8)) (canon lift (core func $i "f")))`, "canon: the function's type needs the canonical option memory (at offset 0x49)"},
	{"33 flags", `(type (flags` + strings.Repeat(` "x"`, 33) + `))`, "type: 33 flags, at most 32 are allowed (at offset 0xb)"},
	{"a value of 2^28 bytes", `(type (list u8 268435456))`, "type: a value of the type takes 2^28 bytes or more (at offset 0xb)"},
	{"a core module of the wrong form", `(core module $m (func $f)) (core module binary "\00asm" "\01\00\00\00" "\03\02\01\05")`, "core module, function section: function 0 has the unknown type 5 (at offset 0x31)"},
}

// TestBadInput has the complaints in full.
func TestBadInput(t *testing.T) {
	check := func(name string, bin []byte, want string) {
		c, err := component.Decode(bin)
		if err == nil {
			err = component.Validate(c)
		}
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", name, err, want)
		}
	}
	for _, c := range badBinaries {
		check(c.name, []byte(c.bin), c.want)
	}
	for _, c := range badComponents {
		bin, err := wast.Assemble("(component " + c.text + ")")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		check(c.name, bin, c.want)
	}
}
