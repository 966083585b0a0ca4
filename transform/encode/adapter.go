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
	guestRealloc  = "cabi_realloc"
)

// An adapter is the preview1 adapter as one component needs it.
type adapter struct {
	bin     []byte
	imports []*coreImport
}

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
	return exports
})

// adapterWith gives the adapter's text with more imports and definitions.
func adapterWith(imports, defs string) string {
	text := strings.Replace(adapterText, adapterHead, adapterHead+imports, 1)
	return strings.TrimSuffix(strings.TrimSpace(text), ")") + defs + ")"
}

// makeAdapter assembles what the module needs of the adapter, if anything.
func (e *encoder) makeAdapter() error {
	keep := []string{importRealloc}
	for _, im := range e.mainImports {
		if im.target.adapter != "" {
			keep = append(keep, im.target.adapter)
		}
	}
	if len(keep) == 1 {
		return nil
	}
	_, hasRealloc := e.core.Export("cabi_realloc")
	scratch := "$scratch_grown"
	switch {
	case e.builtByGo():
		scratch = "$scratch_fixed"
	case hasRealloc:
		scratch = "$scratch_allocated"
	}
	if hasRealloc {
		keep = append(keep, guestRealloc)
	}
	var imports, defs strings.Builder
	fmt.Fprintf(&defs, "(func $scratch (result i32) (call %s))\n", scratch)
	for i, l := range e.lifts {
		if l.post != "" {
			fmt.Fprintf(&imports, "(import %q %s (func $post%d %s))\n", guestModule, quote(l.post), i, paramList(l.sig.Results))
			fmt.Fprintf(&defs, "(func (export %s) %s (global.set $confined (i32.const 1))", quote(l.post), paramList(l.sig.Results))
			for p := range l.sig.Results {
				fmt.Fprintf(&defs, " (local.get %d)", p)
			}
			fmt.Fprintf(&defs, " (call $post%d) (global.set $confined (i32.const 0)))\n", i)
			keep = append(keep, l.post)
		}
	}
	bin, err := wat.AssembleOnly(adapterWith(imports.String(), defs.String()), keep)
	if err != nil {
		return fmt.Errorf("preview1 adapter: %w", err)
	}
	m, err := wasm.Parse(bin)
	if err != nil {
		return fmt.Errorf("preview1 adapter: %w", err)
	}
	e.adapter = &adapter{bin: bin}
	for _, im := range m.Imports {
		ci := &coreImport{module: im.Module, field: im.Name, kind: im.Kind, shim: -1}
		if im.Kind == wasm.KindFunc {
			ci.sig = m.Types[im.Type]
		}
		if im.Module == guestModule {
			ci.target = &target{guest: im.Name}
		} else if ci.target, err = e.target(im.Module, im.Name, ci.sig); err != nil {
			e.problemf("import %q %q of the preview1 adapter: %v", im.Module, im.Name, err)
			continue
		}
		e.adapter.imports = append(e.adapter.imports, ci)
	}
	return nil
}

// builtByGo tells whether the module was built by the Go toolchain, whose
// heap breaks when anyone else grows the memory. TinyGo's modules have neither
// mark.
func (e *encoder) builtByGo() bool {
	for _, c := range e.core.Customs {
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
