package encode

import (
	"strconv"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// The main module's imports may need its memory and realloc, which exist only
// once it is instantiated; so may the adapter's. The shim is a module that is
// instantiated first: trampolines that jump through a table, which the fixup
// module fills at the end. The fixup's start function is the main module's
// _initialize.
const (
	shimModule = "shim"
	shimTable  = "table"
)

// A shim collects trampolines.
type shim struct {
	slots    []slot
	byID     map[string]int
	instance uint32
}

// A slot is a trampoline; fill gives the core function it jumps to, once all
// instances exist.
type slot struct {
	sig  wasm.FuncType
	fill func() uint32
}

func (s *shim) add(id string, sig wasm.FuncType, fill func() uint32) int {
	if i, ok := s.byID[id]; ok {
		return i
	}
	if s.byID == nil {
		s.byID = map[string]int{}
	}
	s.byID[id] = len(s.slots)
	s.slots = append(s.slots, slot{sig, fill})
	return len(s.slots) - 1
}

func (s *shim) tableLimits() wasm.Table {
	n := uint64(len(s.slots))
	return wasm.Table{Elem: wasm.FuncRef, Limits: wasm.Limits{Min: n, Max: n, HasMax: true}}
}

// shimBytes gives the module with the trampolines.
func (s *shim) shimBytes() []byte {
	m := wasm.Builder{Name: "shim", Tables: []wasm.Table{s.tableLimits()}}
	for i, sl := range s.slots {
		t := m.Type(sl.sig)
		var body []byte
		for p := range sl.sig.Params {
			body = wasm.AppendU32(append(body, 0x20), uint32(p)) // local.get
		}
		body = wasm.AppendS64(append(body, 0x41), int64(i))              // i32.const
		body = append(wasm.AppendU32(append(body, 0x11), t), 0x00, 0x0b) // call_indirect, end
		m.Funcs = append(m.Funcs, wasm.Func{Type: t, Body: body})
		m.Exports = append(m.Exports, wasm.Export{Name: strconv.Itoa(i), Index: uint32(i)})
	}
	m.Exports = append(m.Exports, wasm.Export{Name: shimTable, Kind: wasm.KindTable})
	return m.Bytes()
}

// fixupBytes gives the module that fills the table and starts the main module.
func (s *shim) fixupBytes(start bool) []byte {
	m := wasm.Builder{Name: "fixup"}
	if len(s.slots) > 0 {
		m.Imports = append(m.Imports, wasm.Import{Module: shimModule, Name: shimTable, Kind: wasm.KindTable, Table: s.tableLimits()})
		elem := wasm.Elem{Offset: []byte{0x41, 0x00, 0x0b}}
		for i, sl := range s.slots {
			m.Imports = append(m.Imports, wasm.Import{Module: shimModule, Name: strconv.Itoa(i), Type: m.Type(sl.sig)})
			elem.Funcs = append(elem.Funcs, uint32(i))
		}
		m.Elems = []wasm.Elem{elem}
	}
	if start {
		n := uint32(len(s.slots))
		m.Imports = append(m.Imports, wasm.Import{Module: "main", Name: "_initialize", Type: m.Type(wasm.FuncType{})})
		m.Start = &n
	}
	return m.Bytes()
}

// emitShim decides which imports go through the shim and instantiates it. The
// main module's imports that need memory or come from the adapter do; of the
// adapter's, which is instantiated when there is a memory, those that allocate.
func (e *encoder) emitShim() {
	for _, im := range e.mainImports {
		t := im.target
		switch {
		case t.adapter != "":
			im.shim = e.shim.add(t.id, im.sig, func() uint32 { return e.b.coreMember(e.adapted, component.SortCoreFunc, t.adapter) })
		case t.needs.memory || t.needs.realloc:
			im.shim = e.shim.add(t.id, im.sig, func() uint32 { return e.lower(t, e.realloc) })
		}
	}
	if e.adapter != nil {
		for _, im := range e.adapter.imports {
			if t := im.target; t.needs.realloc {
				im.shim = e.shim.add("adapter's "+t.id, im.sig, func() uint32 {
					realloc := e.b.coreMember(e.adapted, component.SortCoreFunc, importRealloc)
					return e.lower(t, &realloc)
				})
			}
		}
	}
	e.shimDestructors()
	if len(e.shim.slots) == 0 {
		return
	}
	e.shim.instance = e.b.instantiate(e.b.module(e.shim.shimBytes()), nil)
}

// emitFixup fills the shim and runs _initialize.
func (e *encoder) emitFixup() {
	ex, start := e.core.Export("_initialize")
	start = start && ex.Kind == wasm.KindFunc
	if !start && len(e.shim.slots) == 0 {
		return
	}
	var args []component.CoreArg
	if len(e.shim.slots) > 0 {
		table := e.b.coreMember(e.shim.instance, component.SortCoreTable, shimTable)
		exports := []component.CoreExport{{Name: shimTable, Sort: component.SortCoreTable, Index: table}}
		for i, sl := range e.shim.slots {
			exports = append(exports, component.CoreExport{Name: strconv.Itoa(i), Sort: component.SortCoreFunc, Index: sl.fill()})
		}
		args = append(args, component.CoreArg{Name: shimModule, Instance: e.b.bundle(exports)})
	}
	if start {
		args = append(args, component.CoreArg{Name: "main", Instance: e.main})
	}
	e.b.instantiate(e.b.module(e.shim.fixupBytes(start)), args)
}
