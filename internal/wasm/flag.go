package wasm

import (
	"maps"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/bytecode"
)

const opGlobalSet = 0x24

// Flag has functions set a flag whenever they are called: a new i32 global,
// which is 0 at first and exported under a name that no other export has. The
// functions are those exported under the names given; all must be
// [Module.Defined]. No index changes.
func (m *Module) Flag(names []string, flag string) {
	global := m.counts[KindGlobal]
	m.counts[KindGlobal]++
	m.Globals = append(m.Globals, Global{GlobalType{Type: I32, Mutable: true}, []byte{opI32Const, 0, opEnd}})
	r := &reader{b: m.content(secGlobal)}
	n := uint32(0)
	if len(r.b) > 0 {
		n = r.u32()
	}
	m.set(secGlobal, slices.Concat(AppendU32(nil, n+1), r.b[r.i:], []byte{byte(I32), 1, opI32Const, 0, opEnd}))
	flagged := make([]bool, len(m.Funcs))
	for _, name := range names {
		if ex, ok := m.Export(name); ok && m.Defined(name) {
			flagged[ex.Index-m.ImportedFuncs()] = true
		}
	}
	bodies := list(&reader{b: m.content(secCode)}, func(r *reader) []byte { return r.bytes(r.u32()) })
	code := AppendU32(nil, uint32(len(bodies)))
	for i, b := range bodies {
		if i < len(flagged) && flagged[i] {
			at := endOfLocals(b)
			set := AppendU32([]byte{opI32Const, 1, opGlobalSet}, global)
			b = slices.Concat(b[:at], set, b[at:])
		}
		code = append(AppendU32(code, uint32(len(b))), b...)
	}
	m.set(secCode, code)
	m.AddExport(Export{Name: flag, Kind: KindGlobal, Index: global})
}

// Defined tells whether an export is a function that the module itself
// defines.
func (m *Module) Defined(name string) bool {
	ex, ok := m.Export(name)
	return ok && ex.Kind == KindFunc && ex.Index >= m.ImportedFuncs()
}

// ImportedFuncs gives the number of functions that the module imports.
func (m *Module) ImportedFuncs() uint32 { return uint32(len(m.funcs) - len(m.Funcs)) }

// Clone gives a copy of a module that can be changed by itself.
func (m *Module) Clone() *Module {
	c := *m
	c.Sections = slices.Clone(m.Sections)
	c.Exports, c.Globals = slices.Clone(m.Exports), slices.Clone(m.Globals)
	c.named = maps.Clone(m.named)
	return &c
}

// endOfLocals gives the place of a function's first instruction.
func endOfLocals(body []byte) int {
	c := bytecode.On(body)
	c.Locals()
	return len(c.Read())
}

func (m *Module) content(id byte) []byte {
	for _, s := range m.Sections {
		if s.ID == id {
			return s.Data
		}
	}
	return nil
}

// set gives a section other content; a new one gets its place.
func (m *Module) set(id byte, data []byte) {
	if slices.ContainsFunc(m.Sections, func(s Section) bool { return s.ID == id }) {
		m.replace(id, data)
		return
	}
	at := slices.IndexFunc(m.Sections, func(s Section) bool {
		return s.ID != secCustom && sectionOrder[s.ID] > sectionOrder[id]
	})
	if at < 0 {
		at = len(m.Sections)
	}
	m.Sections = slices.Insert(m.Sections, at, Section{ID: id, Data: data})
}
