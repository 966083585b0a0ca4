//go:build interop

package interop

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/build"
)

var linkRounds = flag.Int("link-rounds", 300, "link `N` random sets of libraries")

// A linkGenerator makes random sets of libraries. Functions f0… and data d0…
// are what they export and import; a library's function run calls all that it
// imports and makes a number of what it gets.
type linkGenerator struct {
	*rand.Rand
	dir   string
	texts string // the modules, for messages

	// Whether functions may be missing, and whether the first library needs all
	// others. wasm-tools drops libraries, and the one that it makes of missing
	// functions, if others want nothing but addresses of them.
	stub, whole bool
}

const linkSymbols = 5 // of each kind

func (g *linkGenerator) chance(percent int) bool { return g.IntN(100) < percent }

// set gives a set of libraries, as arguments for wasm-tools and as options.
func (g *linkGenerator) set() ([]string, build.LinkOptions, error) {
	var args []string
	g.stub, g.whole = g.chance(20), g.chance(80)
	o := build.LinkOptions{StubMissing: g.stub}
	if g.stub {
		args = append(args, "--stub-missing-functions")
	}
	n := 1 + g.IntN(5)
	for i := range n {
		name := fmt.Sprintf("l%d", i)
		openable := i > 0 && g.chance(15)
		core, err := g.library(name, i, n)
		if err != nil {
			return nil, o, err
		}
		lib := build.NamedModule{Name: name, Core: core}
		if openable {
			args = append(args, "--dl-openable")
			o.Openable = append(o.Openable, lib)
		} else {
			o.Libraries = append(o.Libraries, lib)
		}
		args = append(args, name+"="+filepath.Join(g.dir, name+".wasm"))
	}
	return args, o, nil
}

// library makes a library, the i-th of n, and leaves it in the folder.
func (g *linkGenerator) library(name string, i, n int) ([]byte, error) {
	world := "package t:" + name + ";\nworld " + name + " {"
	if i == 0 || g.chance(20) {
		world += " export run" + name[1:] + ": func() -> u32;"
	}
	exports := strings.Contains(world, "export")
	text := g.module(i, n, exports)
	g.texts += ";; " + name + "\n" + text + "\n"
	folder := filepath.Join(g.dir, name)
	if err := os.Mkdir(folder, 0o777); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(folder, name+".wit"), []byte(world+" }"), 0o666); err != nil {
		return nil, err
	}
	file := filepath.Join(folder, name+".wat")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		return nil, err
	}
	core, err := embed(file, folder, name, folder)
	if err != nil {
		return nil, err
	}
	return core, os.WriteFile(filepath.Join(g.dir, name+".wasm"), core, 0o666)
}

// module gives the text of a library.
func (g *linkGenerator) module(i, n int, exports bool) string {
	m := &linkModule{linkGenerator: g, index: i}
	needed := ""
	for other := range n {
		if other != i && (g.whole && i == 0 || g.chance(40)) {
			needed += fmt.Sprintf(` "l%d"`, other)
		}
	}
	if g.chance(2) {
		needed += ` "nobody"`
	}
	if needed != "" {
		m.sections = " (needed" + needed + ")"
	}
	for s := range linkSymbols {
		m.function(s)
		m.data(s)
	}
	for s := range 4 {
		if g.chance(25) {
			m.tableEntry(s)
		}
	}
	if g.chance(40) {
		name := []string{"__wasm_call_ctors", "_initialize"}[g.IntN(2)]
		m.defs += fmt.Sprintf("  (func (export %q) (i32.store offset=60 (global.get $base) (i32.add (i32.const 1) (i32.load offset=60 (global.get $base)))))\n", name)
		m.add("(i32.load offset=60 (global.get $base))")
	}
	if exports {
		m.defs += fmt.Sprintf("  (func (export \"run%d\") (result i32) (local $sum i32)\n%s    (local.get $sum))\n", i, m.code)
	}
	return fmt.Sprintf(`(module
  (@dylink.0 (mem-info (memory 64 %d) (table %d %d))%s)
  (type $f (func (result i32)))
  (import "env" "memory" (memory 1))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__memory_base" (global $base i32))
  (import "env" "__table_base" (global $functions i32))
%s  (data (global.get $base) "%s")
%s)`, g.IntN(6), m.entries, g.IntN(3), m.sections, m.imports, m.bytes(), m.defs)
}

// A linkModule is a library that is being made.
type linkModule struct {
	*linkGenerator
	index                         int
	sections, imports, defs, code string
	entries                       int // of the table
}

// add has the module's function take a number into account.
func (m *linkModule) add(expr string) {
	m.code += fmt.Sprintf("    (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) %s))\n", expr)
}

// function has the module export a function, or import it, or its address.
func (m *linkModule) function(s int) {
	name, sig := fmt.Sprintf("f%d", s), "(result i32)"
	if m.chance(60) {
		if m.chance(1) {
			m.defs += fmt.Sprintf("  (func (export %q) (param i32) (result i32) (i32.const 1))\n", name)
		} else {
			m.defs += fmt.Sprintf("  (func (export %q) %s (i32.const %d))\n", name, sig, 1000*m.index+s)
		}
	}
	called, pointed := m.chance(30), m.whole && !m.stub && m.chance(20)
	if called {
		// Released tools want a function to exist whose address is imported.
		if !pointed && m.chance(25) {
			m.sections += fmt.Sprintf(` (import-info "env" %q binding-weak)`, name)
		}
		m.imports += fmt.Sprintf("  (import \"env\" %q (func $%s %s))\n", name, name, sig)
	}
	if pointed {
		m.imports += fmt.Sprintf("  (import \"GOT.func\" %q (global $p%d (mut i32)))\n", name, s)
		m.add(fmt.Sprintf("(if (result i32) (global.get $p%d) (then (call_indirect (type $f) (global.get $p%d))) (else (i32.const 77)))", s, s))
	}
	if called {
		m.add("(call $" + name + ")")
	}
}

// data has the module export data, or import its address.
func (m *linkModule) data(s int) {
	if m.chance(60) {
		m.defs += fmt.Sprintf("  (global (export \"d%d\") i32 (i32.const %d))\n", s, 4*s)
	}
	if m.whole && m.chance(20) {
		m.imports += fmt.Sprintf("  (import \"GOT.mem\" \"d%d\" (global $d%d (mut i32)))\n", s, s)
		m.add(fmt.Sprintf("(i32.load (global.get $d%d))", s))
	}
}

// tableEntry has the module put a function into its part of the table.
func (m *linkModule) tableEntry(s int) {
	m.defs += fmt.Sprintf("  (func $t%d (result i32) (i32.const %d))\n  (elem (i32.add (global.get $functions) (i32.const %d)) func $t%d)\n", s, 100*m.index+s, m.entries, s)
	m.add(fmt.Sprintf("(call_indirect (type $f) (i32.add (global.get $functions) (i32.const %d)))", m.entries))
	m.entries++
}

// bytes gives the module's data: a number for each symbol.
func (m *linkModule) bytes() string {
	text := ""
	for s := range linkSymbols {
		text += fmt.Sprintf("\\%02x\\%02x\\00\\00", s+1, m.index+1)
	}
	return text
}
