package wasihttp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/host/wasihttp"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/wat"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// notServed are packages and interfaces of the standard ones that are not
// implemented.
var notServed = map[string]bool{
	"wasi:filesystem@0.2.0": true,
	"wasi:filesystem@0.3.0": true,
	"wasi:sockets@0.2.0":    true,
	"wasi:sockets@0.3.0":    true,
	"wasi:http@0.2.0":       true,

	"wasi:cli/run@0.2.0": true, // guests export it
	"wasi:cli/run@0.3.0": true,
}

// TestLinkAll links a component that imports every function of every standard
// interface: all must be there, with Go types that fit.
func TestLinkAll(t *testing.T) {
	r, err := std.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("package test:all;\nworld all {\n")
	for _, p := range r.Packages {
		for _, i := range p.Interfaces {
			if !notServed[i.ID()] && !notServed[i.Package.Name.String()] {
				fmt.Fprintf(&text, "import %s;\n", i.ID())
			}
		}
	}
	text.WriteString("}\n")
	world := polyfill(t, text.String(), "all")
	var module strings.Builder
	module.WriteString("(module\n")
	funcs := 0
	for _, item := range world.Imports {
		if item.Interface == nil {
			continue
		}
		for _, f := range item.Interface.Funcs {
			fmt.Fprintf(&module, "(import %q %q (func %s))\n", item.Name, f.ABIName(), coreType(t, f))
			funcs++
		}
	}
	module.WriteString(`(memory (export "memory") 1)
		(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
		(func (export "isyswasfa-poll") (param i32 i32) (result i32) unreachable))`)
	l := newLinker(t)
	pre(t, l, world, module.String())
	t.Logf("%d functions", funcs)
}

func polyfill(t *testing.T, text, name string) *wit.World {
	t.Helper()
	r, _, err := wit.ParseText(map[string]string{"test.wit": text}, std.Files())
	if err != nil {
		t.Fatal(err)
	}
	w, err := r.World(name)
	if err != nil {
		t.Fatal(err)
	}
	res, err := transform.Polyfill(w, transform.Options{Suffix: "-test"})
	if err != nil {
		t.Fatal(err)
	}
	return res.World
}

// coreType gives the signature of an imported function as text.
func coreType(t *testing.T, f *wit.Function) string {
	t.Helper()
	ft, err := abi.FuncFromWIT(f)
	if err != nil {
		t.Fatal(err)
	}
	names := map[abi.CoreType]string{abi.I32: " i32", abi.I64: " i64", abi.CF32: " f32", abi.CF64: " f64"}
	sig := ft.Flatten(abi.Lowered)
	var s string
	for _, p := range sig.Params {
		s += "(param" + names[p] + ")"
	}
	for _, r := range sig.Results {
		s += "(result" + names[r] + ")"
	}
	return s
}

type linker struct {
	*host.Engine
	*host.Linker
}

func newLinker(t *testing.T) linker {
	t.Helper()
	e, err := host.NewEngine(t.Context(), host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	l := host.NewLinker(e)
	wasi.AddToLinker(l)
	wasihttp.AddToLinker(l)
	return linker{e, l}
}

// pre makes a component of a core module in text form, and links it.
func pre(t *testing.T, l linker, world *wit.World, module string) *host.InstancePre {
	t.Helper()
	core, err := wat.Assemble(module)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := encode.Component(core, world, encode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Compile(t.Context(), "test", binary)
	if err != nil {
		t.Fatal(err)
	}
	p, err := l.Link(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
