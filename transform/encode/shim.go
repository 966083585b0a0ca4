package encode

import (
	"strconv"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// The main module's imports may need its memory and realloc, which exist only
// once it is instantiated; so may an adapter's. The shim is a module that is
// instantiated first: trampolines that jump through a table, which the fixup
// module fills at the end. The fixup's start function is the main module's
// _initialize. The shim also has the memory, if the main module imports it.
const (
	shimModule = "shim"
	shimTable  = "table"
	shimMemory = "memory"
)

// A shim collects trampolines.
type shim struct {
	slots    []slot
	byID     map[string]int
	memory   *wasm.Limits // that the main module imports; nil if it has its own
	tlsBase  wasm.ValType // of the base of thread-local storage; 0 if it is kept elsewhere
	instance uint32
}

// A slot is a trampoline; fill gives the core function it jumps to, once all
// instances exist, with the hooks given around it if there are any. Without fill
// it is a function that is never called, and traps.
type slot struct {
	sig   wasm.FuncType
	fill  func() uint32
	hooks *hooks
}

func (s *shim) add(id string, sig wasm.FuncType, fill func() uint32) int {
	return s.addHooked(id, sig, nil, fill)
}

func (s *shim) addHooked(id string, sig wasm.FuncType, h *hooks, fill func() uint32) int {
	if i, ok := s.byID[id]; ok {
		return i
	}
	if s.byID == nil {
		s.byID = map[string]int{}
	}
	s.byID[id] = len(s.slots)
	s.slots = append(s.slots, slot{sig, fill, h})
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
		body := []byte{0x00, 0x0b} // unreachable, end
		if sl.fill != nil {
			body = jump(i, t, sl.sig)
		}
		m.Funcs = append(m.Funcs, wasm.Func{Type: t, Body: body})
		m.Exports = append(m.Exports, wasm.Export{Name: strconv.Itoa(i), Index: uint32(i)})
	}
	m.Exports = append(m.Exports, wasm.Export{Name: shimTable, Kind: wasm.KindTable})
	if s.tlsBase != 0 {
		s.addTLSBase(&m)
	}
	if s.memory != nil {
		m.Memories = []wasm.Limits{*s.memory}
		m.Exports = append(m.Exports, wasm.Export{Name: shimMemory, Kind: wasm.KindMemory})
	}
	return m.Bytes()
}

// addTLSBase adds the base of thread-local storage and what gets and sets it.
func (s *shim) addTLSBase(m *wasm.Builder) {
	m.Globals = []wasm.Global{{GlobalType: wasm.GlobalType{Type: s.tlsBase, Mutable: true}, Init: []byte{0x41, 0x00, 0x0b}}}
	if s.tlsBase == wasm.I64 {
		m.Globals[0].Init[0] = 0x42 // i64.const
	}
	for _, op := range []component.CanonOp{component.CanonContextGet, component.CanonContextSet} {
		b := &builtin{def: component.Canon{Op: op}}
		body := []byte{0x23, 0x00, 0x0b} // global.get
		if op == component.CanonContextSet {
			body = []byte{0x20, 0x00, 0x24, 0x00, 0x0b} // local.get, global.set
		}
		m.Exports = append(m.Exports, wasm.Export{Name: tlsBaseName(op), Index: uint32(len(m.Funcs))})
		m.Funcs = append(m.Funcs, wasm.Func{Type: m.Type(b.slot(tlsSlot, s.tlsBase)), Body: body})
	}
}

// tlsBaseName gives the name of the shim's function that stands in for an
// operation on the slot of thread-local storage.
func tlsBaseName(op component.CanonOp) string { return "tls-base " + op.String() }

// jump gives the body of a trampoline: it calls the table's function i, of type
// t, with its own parameters.
func jump(i int, t uint32, sig wasm.FuncType) []byte {
	var body []byte
	for p := range sig.Params {
		body = wasm.AppendU32(append(body, 0x20), uint32(p)) // local.get
	}
	body = wasm.AppendS64(append(body, 0x41), int64(i))              // i32.const
	return append(wasm.AppendU32(append(body, 0x11), t), 0x00, 0x0b) // call_indirect, end
}

// emitShim decides which imports go through the shim and instantiates it. Those
// of the main module that need memory or come from an adapter do; of the
// adapters', which are instantiated when there is a memory, those that
// allocate.
func (e *encoder) emitShim() {
	for _, m := range e.modules() {
		for _, im := range m.imports {
			t := im.target
			switch {
			case t.dead:
				im.shim = e.shim.add(t.id, im.sig, nil)
			case t.preview1 != "":
				im.shim = e.shim.add(t.id, im.sig, func() uint32 { return e.b.CoreMember(e.preview1.instance, component.SortCoreFunc, t.preview1) })
			case t.in != nil && !e.isAdapter(m) && e.isAdapter(t.in):
				im.shim = e.shim.add(t.id, im.sig, func() uint32 { return e.coreMember(t.in, t.export) })
			case t.needs.realloc || (t.needs.memory || t.needs.table) && m == e.main:
				im.shim = e.shim.add(m.what+" "+t.id, im.sig, func() uint32 {
					e.realloc(m, !t.exported(), false) // in this place even if only others need it
					return e.canon(m, t)
				})
				if e.hooked && t.needs.realloc {
					e.shimRealloc(m, !t.exported())
				}
			}
		}
	}
	e.shimDestructors()
	limits, imported := e.importedMemory()
	if imported {
		e.shim.memory = &limits
	}
	if len(e.shim.slots) == 0 && !imported && e.shim.tlsBase == 0 {
		return
	}
	e.shim.instance = e.b.Instantiate(e.b.Module(e.shim.shimBytes()))
	if imported {
		i := e.b.CoreMember(e.shim.instance, component.SortCoreMemory, shimMemory)
		e.memory = &i
	}
}

// growerText is a module that allocates memory by pages and never frees it,
// for adapters of a main module that cannot allocate.
const growerText = `(module $grower
  (import "env" "memory" (memory 0))
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $p i32)
    (local.set $p (memory.grow (i32.shr_u (i32.add (local.get $size) (i32.const 65535)) (i32.const 16))))
    (if (i32.eq (local.get $p) (i32.const -1)) (then (unreachable)))
    (local.set $p (i32.shl (local.get $p) (i32.const 16)))
    (memory.copy (local.get $p) (local.get $old) (local.get $old_size))
    (local.get $p)))`

// emitGrower instantiates the grower, if it is needed.
func (e *encoder) emitGrower() {
	if !e.needRealloc {
		return
	}
	memory := e.b.Bundle([]component.CoreExport{{Name: memoryName, Sort: component.SortCoreMemory, Index: *e.memory}})
	e.grower = e.b.Instantiate(e.b.Module(assembled(growerText)), component.CoreArg{Name: memoryModule, Instance: memory})
}
