package wit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/wit"
)

// TestLarge parses and prints texts that would take very long if anything
// grew with the square of their length, or with what they ask for.
func TestLarge(t *testing.T) {
	const n = 5_000
	each := func(format string) string {
		var s strings.Builder
		for i := range n {
			fmt.Fprintln(&s, strings.ReplaceAll(strings.ReplaceAll(format, "NEXT", fmt.Sprint(i+1)), "N", fmt.Sprint(i)))
		}
		return s.String()
	}
	uses := each("use iN.{t as tN};")
	for name, text := range map[string]string{
		"interfaces":     each("interface iN {}") + "world w {" + each("import iN;") + each("export iN;") + "}",
		"types":          "interface i {" + each("record tN { a: option<tuple<u8, xN>> }") + each("type xN = u8;") + "}",
		"backwards":      "interface i {" + each("type tN = list<rNEXT>; resource rNEXT;") + "}",
		"functions":      "interface i { type t = u8;" + each("f-N: func(a: t, b: list<t>) -> t;") + "}",
		"resources":      "interface i {" + each("resource rN { m: func(); } f-N: func(a: borrow<rN>);") + "}",
		"fields":         "interface i { record r {" + each("f-N: u8,") + "} enum e {" + each("c-N,") + "} }",
		"uses":           each("interface iN { type t = u8; }") + "interface all {" + uses + "} world w { import all; } world v { export all; }",
		"top-level uses": "interface i {}\n" + each("use i as iN;") + "world w { " + each("import a-N: iN;") + "}",
		"packages":       each("package c:pN { interface i { type t = u8; } }") + "world w {" + each("import c:pN/i;") + "}",
		"docs":           each("/// A line. /* not a comment") + "interface i {}",
		"world types":    "world w {" + each("resource rN; import f-N: func(a: borrow<rN>);") + "} world v { include w with { r1 as q } }",
		"gates":          "interface i { f: func();" + each("@unstable(feature = xN) f-N: func();") + "}",
	} {
		t.Run(name, func(t *testing.T) {
			r, _, err := wit.ParseText(map[string]string{"a.wit": "package a:b;\n" + text})
			if err != nil {
				t.Fatalf("%.300v", err)
			}
			out := wit.PrintResolve(r)
			if _, _, err := wit.ParseText(map[string]string{"a.wit": out}); err != nil {
				t.Fatalf("%.300v", err)
			}
		})
	}
}

// TestBombs parses texts that ask for more than there should be.
func TestBombs(t *testing.T) {
	var includes, imports strings.Builder
	const n = 3000
	includes.WriteString("world w0 {")
	imports.WriteString("interface i0 { type t = u8; }\n")
	for i := range n {
		fmt.Fprintf(&includes, " import f-%d: func();", i)
	}
	includes.WriteString(" }\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&includes, "world w%d { include w0; }\n", i)
		fmt.Fprintf(&imports, "interface i%d { use i%d.{t}; }\nworld w%d { export i%d; }\n", i, (i-1)%1000, i, i)
	}
	for name, text := range map[string]string{"includes": includes.String(), "imports": imports.String()} {
		_, _, err := wit.ParseText(map[string]string{"a.wit": "package a:b;\n" + text})
		if err == nil || !strings.Contains(err.Error(), "items in all") {
			t.Errorf("%s: got %.300v", name, err)
		}
	}
}
