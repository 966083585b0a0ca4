package encode

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

//go:embed adapter.wat
var adapterText string

const (
	adapterHead   = "(module $wasi_snapshot_preview1\n"
	guestModule   = "guest" // the main module, as the adapter imports it
	importRealloc = "cabi_import_realloc"
	exportRealloc = "cabi_export_realloc"
	guestRealloc  = reallocName
	runExport     = "run" // runs the main module's _start
)

// adapterExports gives the signatures of all functions of the adapter.
var adapterExports = sync.OnceValue(func() map[string]wasm.FuncType {
	bin, err := wat.Assemble(adapterWith("", "(func $scratch (result i32) (i32.const 0))"))
	if err != nil {
		panic("adapter.wat: " + err.Error()) // the text is part of the program
	}
	m, err := wasm.Parse(bin)
	if err != nil {
		panic("adapter.wat: " + err.Error())
	}
	exports := map[string]wasm.FuncType{}
	for _, ex := range m.Exports {
		exports[ex.Name] = m.FuncType(ex.Index)
	}
	delete(exports, importRealloc)
	delete(exports, guestRealloc)
	delete(exports, runExport)
	return exports
})

// adapterWith gives the adapter's text with more imports and definitions.
func adapterWith(imports, defs string) string {
	text := strings.Replace(adapterText, adapterHead, adapterHead+imports, 1)
	return strings.TrimSuffix(strings.TrimSpace(text), ")") + defs + ")"
}

// makePreview1 assembles what the module needs of our own adapter, if
// anything.
func (e *encoder) makePreview1() error {
	keep := []string{importRealloc}
	for _, m := range e.guests() {
		for _, im := range m.imports {
			if im.target.preview1 != "" {
				keep = append(keep, im.target.preview1)
			}
		}
	}
	for _, l := range e.lifts {
		if l.in == nil {
			keep = append(keep, runExport)
		}
	}
	if len(keep) == 1 {
		return nil
	}
	scratch := "$scratch_grown"
	switch {
	case e.builtByGo():
		scratch = "$scratch_fixed"
	case e.main.has(reallocName):
		scratch = "$scratch_allocated"
	}
	if e.main.has(reallocName) {
		keep = append(keep, guestRealloc)
	}
	imports, defs, posts := e.confinedPosts()
	defs += fmt.Sprintf("(func $scratch (result i32) (call %s))\n", scratch)
	bin, err := wat.AssembleOnly(adapterWith(imports, defs), append(keep, posts...))
	if err != nil {
		return fmt.Errorf("preview1 adapter: %w", err)
	}
	m, err := newModule("the preview1 adapter", preview1, Module{Core: bin})
	if err != nil {
		return err
	}
	m.preview1 = true
	e.preview1 = m
	e.resolveImports(m, nil)
	return nil
}

// confinedPosts gives the parts of the adapter that wrap the guests'
// post-return functions, which may not call imports, and their names.
func (e *encoder) confinedPosts() (imports, defs string, names []string) {
	for i, l := range e.lifts {
		if l.post == nil || e.isAdapter(l.in) {
			continue
		}
		params := paramList(l.sig.Results)
		imports += fmt.Sprintf("(import %q %s (func $post%d %s))\n", guestModule, quote(l.post.Name), i, params)
		defs += fmt.Sprintf("(func (export %s) %s (global.set $confined (i32.const 1))", quote(l.post.Name), params)
		for p := range l.sig.Results {
			defs += fmt.Sprintf(" (local.get %d)", p)
		}
		defs += fmt.Sprintf(" (call $post%d) (global.set $confined (i32.const 0)))\n", i)
		names = append(names, l.post.Name)
	}
	return imports, defs, names
}

// builtByGo tells whether the module was built by the Go toolchain, whose
// heap breaks when anyone else grows the memory. TinyGo's modules have neither
// mark.
func (e *encoder) builtByGo() bool {
	for _, c := range e.main.core.Customs {
		if c.Name == "go:buildid" || c.Name == "producers" && bytes.Contains(c.Data, []byte("Go cmd/compile")) {
			return true
		}
	}
	return false
}

func paramList(types []wasm.ValType) string {
	if len(types) == 0 {
		return ""
	}
	return wasm.FuncType{Params: types}.String()
}

// quote writes a string as WAT does.
func quote(s string) string {
	out := []byte{'"'}
	for i := range len(s) {
		if c := s[i]; c >= ' ' && c < 0x7f && c != '"' && c != '\\' {
			out = append(out, c)
		} else {
			out = fmt.Appendf(out, "\\%02x", c)
		}
	}
	return string(append(out, '"'))
}
