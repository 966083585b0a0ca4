package encode

import (
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

// Adapters that a compiler has made keep a stack in the main module's memory.
// Their linker has not placed it; the adapter tells by the names of two
// globals that it must be, and whether it has been.
const (
	stackGlobal  = "__stack_pointer"
	stateGlobal  = "allocation_state"
	stackRealloc = "cabi_realloc_adapter" // preferred to cabi_realloc
	stackExport  = "$" + stackGlobal
	stateExport  = "$" + stateGlobal
)

// stackText is a module that gives an adapter its stack: 64 KiB, to grow
// downwards.
const stackText = `(module $stack
  (import "memory" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "adapter" "` + stackExport + `" (global $pointer (mut i32)))
  (func $allocate
    (global.set $pointer (i32.add (i32.const 65536)
      (call $realloc (i32.const 0) (i32.const 0) (i32.const 16) (i32.const 65536)))))
  (start $allocate))`

// stateText is a module that notes that an adapter has its stack.
const stateText = `(module $state
  (import "adapter" "` + stateExport + `" (global $state (mut i32)))
  (func $note (global.set $state (i32.const 2)))
  (start $note))`

// exportStack makes an adapter that has a stack export the globals for that.
func (e *encoder) exportStack(m *module) {
	names := m.core.GlobalNames()
	pointer, ok := names[stackGlobal]
	variable := wasm.GlobalType{Type: wasm.I32, Mutable: true}
	if !ok || m.core.Global(pointer) != variable || !e.hasMemory() {
		return
	}
	if e.builtByGo() {
		e.problemf("%s has a stack of its own, for which there is no place in the memory of a Go module", m.what)
		return
	}
	m.stack = true
	_, own := e.main.export(stackRealloc, wasm.KindFunc)
	e.needRealloc = e.needRealloc || !own && !e.main.has(reallocName)
	m.core.AddExport(wasm.Export{Name: stackExport, Kind: wasm.KindGlobal, Index: pointer})
	if state, ok := names[stateGlobal]; ok && m.core.Global(state) == variable {
		m.core.AddExport(wasm.Export{Name: stateExport, Kind: wasm.KindGlobal, Index: state})
		m.state = true
	}
}

// emitStacks gives the adapters their stacks, once the main module can
// allocate.
func (e *encoder) emitStacks() {
	for _, m := range e.adapters {
		if !m.stack {
			continue
		}
		adapter := component.CoreArg{Name: "adapter", Instance: m.instance}
		realloc := []component.CoreExport{{Name: reallocName, Sort: component.SortCoreFunc, Index: e.stackAllocator()}}
		e.b.Instantiate(e.b.Module(assembled(stackText)), component.CoreArg{Name: "memory", Instance: e.b.Bundle(realloc)}, adapter)
		if m.state {
			e.b.Instantiate(e.b.Module(assembled(stateText)), adapter)
		}
	}
}

// assembled gives a module whose text is part of the program.
func assembled(text string) []byte {
	bin, err := wat.Assemble(text)
	if err != nil {
		panic(text + ": " + err.Error())
	}
	return bin
}

// stackAllocator gives the function that allocates stacks.
func (e *encoder) stackAllocator() uint32 {
	for _, name := range []string{stackRealloc, reallocName} {
		if ex, ok := e.main.export(name, wasm.KindFunc); ok && e.main.core.FuncType(ex.Index).Equal(reallocSig) {
			return e.coreMember(e.main, ex)
		}
	}
	return e.b.CoreMember(e.grower, component.SortCoreFunc, reallocName)
}
