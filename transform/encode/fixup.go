package encode

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// A fixup builds the module that is instantiated when all others are: it fills
// the shim's table, puts hooks around functions and runs _initialize.
type fixup struct {
	wasm.Builder
	imported uint32 // functions
	hook     uint32 // the main module's hook, an imported function
	args     []component.CoreArg
}

// emitFixup emits the fixup. Adapters that need a stack get it once the shim is
// filled and before _initialize, which then is left to a second one.
func (e *encoder) emitFixup() {
	start, ok := e.main.export(initializeName, wasm.KindFunc)
	stacks := slices.ContainsFunc(e.adapters, func(m *module) bool { return m.stack })
	e.planHooks()
	fill := len(e.shim.slots) > 0 || len(e.wraps) > 0
	if fill && (stacks || !ok) {
		e.instantiateFixup(true, "")
	}
	e.emitStacks()
	if ok {
		e.instantiateFixup(fill && !stacks, start.Name)
	}
}

// instantiateFixup instantiates a fixup that fills the shim and puts hooks
// around functions if fill is set, and calls the main module's export start if
// that is not "".
func (e *encoder) instantiateFixup(fill bool, start string) {
	f := &fixup{Builder: wasm.Builder{Name: "fixup"}}
	var slots []slot
	var wraps []wrap
	if fill {
		slots, wraps = e.shim.slots, e.wraps
	}
	if len(slots) > 0 {
		f.Imports = append(f.Imports, wasm.Import{Module: shimModule, Name: shimTable, Kind: wasm.KindTable, Table: e.shim.tableLimits()})
	}
	for i, sl := range slots {
		f.importFunc(shimModule, strconv.Itoa(i), sl.sig)
	}
	if e.hooked {
		f.hook = f.importFunc(fixupMain, taskHook, hookSig)
	}
	wrapped := f.imported
	for _, w := range wraps {
		f.importFunc(fixupModule(w.from), w.name, w.sig)
	}
	if start != "" {
		f.setStart(f.importFunc(fixupMain, start, wasm.FuncType{}), e.hooked)
	}
	for i, w := range wraps {
		index := f.around(w.hooks, wrapped+uint32(i), w.sig)
		f.Exports = append(f.Exports, wasm.Export{Name: wrapName(i), Index: index})
	}
	f.fillTable(slots)
	module := e.b.Module(f.Bytes())
	var args []component.CoreArg
	if len(slots) > 0 {
		args = append(args, component.CoreArg{Name: shimModule, Instance: e.filling()})
	}
	for _, m := range e.modules() {
		if slices.ContainsFunc(f.Imports, func(im wasm.Import) bool { return im.Module == fixupModule(m) }) {
			args = append(args, component.CoreArg{Name: fixupModule(m), Instance: m.instance})
		}
	}
	i := e.b.Instantiate(module, args...)
	if fill {
		e.fixup = i
	}
}

// fixupMain is the main module, as the fixup imports it.
const fixupMain = "main"

// fixupModule gives the name under which the fixup imports a module.
func fixupModule(m *module) string {
	if m.name == "" {
		return fixupMain
	}
	return m.what
}

// importFunc imports a function and gives its index.
func (f *fixup) importFunc(module, name string, sig wasm.FuncType) uint32 {
	f.Imports = append(f.Imports, wasm.Import{Module: module, Name: name, Type: f.Type(sig)})
	f.imported++
	return f.imported - 1
}

// define adds a function, when all imports are there, and gives its index.
func (f *fixup) define(sig wasm.FuncType, locals []wasm.ValType, body []byte) uint32 {
	f.Funcs = append(f.Funcs, wasm.Func{Type: f.Type(sig), Locals: locals, Body: append(body, 0x0b)}) // end
	return f.imported + uint32(len(f.Funcs)) - 1
}

// setStart sets the start function, with hooks around it if there are any.
func (f *fixup) setStart(index uint32, hooked bool) {
	if hooked {
		index = f.around(initializeHooks, index, wasm.FuncType{})
	}
	f.Start = &index
}

// fillTable fills the shim's table.
func (f *fixup) fillTable(slots []slot) {
	if len(slots) == 0 {
		return
	}
	elem := wasm.Elem{Offset: []byte{0x41, 0x00, 0x0b}} // i32.const 0, end
	for i, sl := range slots {
		index := uint32(i)
		if sl.hooks != nil {
			index = f.around(*sl.hooks, index, sl.sig)
		}
		elem.Funcs = append(elem.Funcs, index)
	}
	f.Elems = []wasm.Elem{elem}
}

// filling gives the instance of what the fixup fills the shim's table with.
func (e *encoder) filling() uint32 {
	table := e.b.CoreMember(e.shim.instance, component.SortCoreTable, shimTable)
	exports := []component.CoreExport{{Name: shimTable, Sort: component.SortCoreTable, Index: table}}
	for i, sl := range e.shim.slots {
		index := uint32(0)
		if sl.fill != nil {
			index = sl.fill()
		} else {
			index = e.b.CoreMember(e.shim.instance, component.SortCoreFunc, strconv.Itoa(i))
		}
		exports = append(exports, component.CoreExport{Name: strconv.Itoa(i), Sort: component.SortCoreFunc, Index: index})
	}
	return e.b.Bundle(exports)
}

func wrapName(i int) string { return fmt.Sprintf("hooked %d", i) }
