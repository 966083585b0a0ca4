package wast_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// What may be written in place, and the same spelled out.
var same = []struct{ name, short, long string }{
	{"types in place", `(component (import "f" (func (param "a" (list (option u8))) (result (own 0)))))`, `(component
		(type (option u8)) (type (list 0)) (type (own 0)) (type (func (param "a" 1) (result 2)))
		(import "f" (func (type 3))))`},
	{"a lifted function with its exports", `(component
		(core module $m (func (export "f")))
		(core instance $i (instantiate $m))
		(func $f (export "a") (export "b") (canon lift (core func $i "f")))
		(func (canon lift (core func $i "f"))))`, `(component
		(core module (func (export "f")))
		(core instance (instantiate 0))
		(type (func)) (alias core export 0 "f" (core func)) (canon lift (core func 0) (func (type 0)))
		(type (func)) (alias core export 0 "f" (core func)) (canon lift (core func 1) (func (type 1)))
		(export "a" (func 0)) (export "b" (func 0)))`},
	{"names of enclosing components", `(component $out
		(type $t u8) (component $c)
		(component (component (type (list $t)) (type (option $t)) (instance (instantiate $c)))))`, `(component
		(type u8) (component)
		(component (component
			(alias outer 2 0 (type)) (type (list 0)) (type (option 0))
			(alias outer 2 0 (component)) (instance (instantiate 0)))))`},
	{"paths of instances", `(component
		(import "i" (instance $i (export "j" (instance (export "f" (func))))))
		(component $c (import "f" (func)))
		(instance (instantiate $c (with "f" (func $i "j" "f")))))`, `(component
		(type (instance (type (instance (type (func)) (export "f" (func (type 0))))) (export "j" (instance (type 0)))))
		(import "i" (instance (type 0)))
		(component (type (func)) (import "f" (func (type 0))))
		(alias export 0 "j" (instance)) (alias export 1 "f" (func))
		(instance (instantiate 0 (with "f" (func 0)))))`},
	{"instances as arguments", `(component
		(core module $m (import "a" "x" (func)) (func (export "y")))
		(core func $f (canon resource.drop 0))
		(core instance (instantiate $m (with "a" (instance (export "x" (func $f))))))
		(instance $e) (instance (export "e" (instance $e))))`, `(component
		(core module (import "a" "x" (func)) (func (export "y")))
		(canon resource.drop 0 (core func))
		(core instance (export "x" (func 0)))
		(core instance (instantiate 0 (with "a" (instance 0))))
		(instance) (instance (export "e" (instance 0))))`},
	{"bytes", `(component quote "(type" " u8)")`, `(component binary "\00asm\0d\00\01\00" "\07\02\01\7d")`},
}

func TestAssemble(t *testing.T) {
	for _, c := range same {
		short, err := wast.Assemble(c.short)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		long, err := wast.Assemble(c.long)
		if err != nil {
			t.Errorf("%s, spelled out: %v", c.name, err)
			continue
		}
		if !bytes.Equal(short, long) {
			t.Errorf("%s:\n%x\nwant\n%x", c.name, short, long)
		}
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"(component\n (type $t (list $u)))":          "line 2: unknown type: failed to find name `$u`",
		"(component (type $t u8) (type $t u8))":      "line 1: duplicate type identifier $t",
		"(component (core module (func (i32.foo))))": "line 1: core module: 1:16: unknown instruction i32.foo",
		"(component":                                          "line 1: parenthesis is not closed",
		"(component (func (export \"f\")))":                   "line 1: (canon …) is missing",
		"(component (canon task.give (core func)))":           "line 1: unknown canonical operation \"task.give\"",
		"(component (import \"a\" (func) (func)))":            "line 1: unexpected (func …)",
		"(component (type (resource (rep i64))))":             "line 1: the representation of a resource is i32",
		"(component (alias outer $x 0 (type)))":               "line 1: outer component $x not found",
		"(component (type (instance (type u8) (func $f))))":   "line 1: unknown declaration \"func\"",
		"(component (import \"\\ff\" (func)))":                "line 1: malformed UTF-8 encoding",
		"(component (core type (module (type (module)))))":    "line 1: a core module type can define function types only",
		"(component (type (component (export $a \"a\" 5))))":  "line 1: a group with a keyword is expected",
		"(component (core instance (export \"a\" (xunc 0))))": "line 1: unknown sort \"xunc\"",
	} {
		if _, err := wast.Assemble(text); err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", text, err, want)
		}
	}
}

const script = `
(component definition $d (core module))
(component instance $i $d)
(register "x" $i)
(assert_return (invoke $i "f" (u8.const 1) (record.const (field "a" str.const "b")))
  (variant.const "c" (list.const (option.none) (result.ok (tuple.const (flags.const "d" "e"))))))
(assert_trap (invoke "g") "unreachable")
(assert_trap (component (start 0)) "never")
(assert_invalid (component (type (list 9))) "unknown type")
(assert_malformed (component quote "(type") "unexpected token")
(module binary "\00asm")`

func TestParse(t *testing.T) {
	list, err := wast.Parse(script)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, c := range list {
		kinds = append(kinds, string(c.Kind))
	}
	const want = "component definition, component instance, register, assert_return, assert_trap, assert_trap, assert_invalid, assert_malformed, module"
	if got := strings.Join(kinds, ", "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	call := list[3]
	if v := call.Invoke.Args[1]; v.Type != "record" || v.Names[0] != "a" || v.Parts[0].Text != "b" {
		t.Errorf("record: %+v", v)
	}
	if v := call.Want[0].Parts[0]; v.Type != "list" || v.Parts[0].Type != "option.none" || v.Parts[1].Parts[0].Parts[0].Names[1] != "e" {
		t.Errorf("list: %+v", v)
	}
	if b, err := list[0].Text.Assemble(); err != nil || !component.IsComponent(b) {
		t.Errorf("definition: %v", err)
	}
	if b, err := list[8].Text.Assemble(); err != nil || string(b) != "\x00asm" || !list[8].Text.Module() {
		t.Errorf("module: %q, %v", b, err)
	}
	if _, err := list[7].Text.Assemble(); err == nil || !list[7].Text.Quoted {
		t.Errorf("malformed text: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(script)
	for _, c := range same {
		f.Add(c.short)
		f.Add(c.long)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := wast.Parse(text)
		if err != nil {
			return
		}
		for _, c := range list {
			if c.Text == nil {
				continue
			}
			if bin, err := c.Text.Assemble(); err == nil && component.IsComponent(bin) {
				component.Decode(bin)
			}
		}
	})
}
