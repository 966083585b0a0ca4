package wasm

// CheckForm reads the sections that Parse passes through: element segments,
// function bodies and data segments. It sees to it that all is there that they
// promise, for engines believe it and allocate that much.
func (m *Module) CheckForm() error {
	for _, s := range m.Sections {
		r := &reader{b: s.Data}
		switch s.ID {
		case secElem:
			list(r, (*reader).elemForm)
		case secCode:
			list(r, func(r *reader) struct{} {
				r.bytes(r.u32())
				return struct{}{}
			})
		case secData:
			list(r, (*reader).dataForm)
		default:
			continue
		}
		if r.err == nil && r.left() > 0 {
			r.failf("%d bytes after the end of the section's content", r.left())
		}
		if r.err != nil {
			r.err.Offset += s.Offset
			r.err.Section = sectionNames[s.ID]
			return r.err
		}
	}
	return nil
}

func (r *reader) elemForm() (none struct{}) {
	form := r.u32()
	if form > 7 {
		r.failf("unknown form %d of an element segment", form)
		return
	}
	if form&1 == 0 {
		if form&2 != 0 {
			r.u32() // table
		}
		r.constExpr()
	}
	if form&3 != 0 {
		r.byte() // kind or type
	}
	if form&4 == 0 {
		list(r, (*reader).u32)
	} else {
		list(r, (*reader).constExpr)
	}
	return
}

func (r *reader) dataForm() (none struct{}) {
	form := r.u32()
	if form > 2 {
		r.failf("unknown form %d of a data segment", form)
		return
	}
	if form == 2 {
		r.u32() // memory
	}
	if form != 1 {
		r.constExpr()
	}
	r.bytes(r.u32())
	return
}
