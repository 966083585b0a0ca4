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

// AddExport adds an export to the module, whose name no other export has.
func (m *Module) AddExport(e Export) {
	m.Exports = append(m.Exports, e)
	data := AppendU32(nil, uint32(len(m.Exports)))
	for _, e := range m.Exports {
		data = AppendU32(append(AppendName(data, e.Name), byte(e.Kind)), e.Index)
	}
	m.set(secExport, data)
}
