package wasm

// subGlobals is the part of a name section that has the names of globals.
const subGlobals = 7

// GlobalNames gives the globals that the name section names, by name. What is
// wrong in that section is passed over.
func (m *Module) GlobalNames() map[string]uint32 {
	names := map[string]uint32{}
	for _, c := range m.Customs {
		if c.Name != "name" {
			continue
		}
		r := &reader{b: c.Data}
		for r.err == nil && r.left() > 0 {
			id := r.byte()
			sub := &reader{b: r.bytes(r.u32())}
			if id != subGlobals {
				continue
			}
			for range min(sub.u32(), uint32(sub.left())) {
				i := sub.u32()
				if name := sub.name(); sub.err == nil && i < m.counts[KindGlobal] {
					names[name] = i
				}
			}
		}
	}
	return names
}

// Global gives the type of the global with that index, imported ones first.
// The index must be in range, as those of exports are.
func (m *Module) Global(index uint32) GlobalType {
	for _, im := range m.Imports {
		if im.Kind == KindGlobal {
			if index == 0 {
				return im.Global
			}
			index--
		}
	}
	return m.Globals[index].GlobalType
}

// Address gives the value of a global that never changes and is a plain i32, as
// addresses that modules export are; false for any other. The index must be in
// range.
func (m *Module) Address(index uint32) (uint32, bool) {
	imported := m.counts[KindGlobal] - uint32(len(m.Globals))
	if index < imported {
		return 0, false
	}
	g := m.Globals[index-imported]
	if g.GlobalType != (GlobalType{Type: I32}) || len(g.Init) == 0 || g.Init[0] != 0x41 { // i32.const
		return 0, false
	}
	r := &reader{b: g.Init, i: 1}
	v := r.s32()
	return uint32(v), r.err == nil && r.left() == 1
}

// AddExport adds an export to the module, whose name no other export has.
func (m *Module) AddExport(e Export) {
	m.named[e.Name] = len(m.Exports)
	m.Exports = append(m.Exports, e)
	data := AppendU32(nil, uint32(len(m.Exports)))
	for _, e := range m.Exports {
		data = AppendU32(append(AppendName(data, e.Name), byte(e.Kind)), e.Index)
	}
	m.set(secExport, data)
}
