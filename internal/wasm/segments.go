package wasm

// Elems reads the element segments. They share memory with the module.
func (m *Module) Elems() ([]Elem, error) { return readSegments(m, secElem, (*reader).elem) }

// Datas reads the data segments. They share memory with the module.
func (m *Module) Datas() ([]Data, error) { return readSegments(m, secData, (*reader).data) }

// Bodies gives the functions that the module defines as the code section has
// them, locals and instructions. They share memory with the module.
func (m *Module) Bodies() ([][]byte, error) {
	return readSegments(m, secCode, func(r *reader) []byte { return r.bytes(r.u32()) })
}

// BodyOffset gives the place in the module of what Bodies gives for function i;
// 0 if that cannot be read.
func (m *Module) BodyOffset(i int) int {
	for _, s := range m.Sections {
		if s.ID != secCode {
			continue
		}
		r := &reader{b: s.Data}
		for r.u32(); r.err == nil; i-- {
			n := r.u32()
			if i == 0 {
				return s.Offset + r.i
			}
			r.bytes(n)
		}
	}
	return 0
}

// readSegments reads a section of segments or bodies; there are none if it is
// not there.
func readSegments[T any](m *Module, id byte, each func(*reader) T) ([]T, error) {
	for _, s := range m.Sections {
		if s.ID != id {
			continue
		}
		r := &reader{b: s.Data}
		items := list(r, each)
		if err := r.end(s); err != nil {
			return nil, err
		}
		return items, nil
	}
	return nil, nil
}

// end gives the first fault in reading a section, or that there is something
// left.
func (r *reader) end(s Section) error {
	if r.err == nil && r.left() > 0 {
		r.failf("%d bytes after the end of the section's content", r.left())
	}
	if r.err == nil {
		return nil
	}
	r.err.Offset += s.Offset
	r.err.Section = sectionNames[s.ID]
	return r.err
}

// elem reads an element segment. The bits of its form tell whether it is not
// active, whether it says a table or is declarative, and whether its items are
// expressions.
func (r *reader) elem() Elem {
	form := r.u32()
	if form > 7 {
		r.failf("unknown form %d of an element segment", form)
	}
	e := Elem{Ref: FuncRef}
	explicit := form&2 != 0
	if form&1 == 0 {
		if explicit {
			e.Table = r.u32()
		}
		e.Offset = r.constExpr()
	} else if e.Mode = Passive; explicit {
		e.Mode = Declarative
	}
	if form&3 != 0 {
		if kind := r.byte(); form&4 != 0 {
			e.Ref = ValType(kind)
		}
	}
	if form&4 == 0 {
		e.Funcs = list(r, (*reader).u32)
	} else if e.Exprs = list(r, (*reader).constExpr); e.Exprs == nil {
		e.Exprs = [][]byte{}
	}
	return e
}

// data reads a data segment.
func (r *reader) data() Data {
	var d Data
	switch form := r.u32(); form {
	case 0:
	case 1:
		d.Mode = Passive
	case 2:
		d.Memory = r.u32()
	default:
		r.failf("unknown form %d of a data segment", form)
	}
	if d.Mode == Active {
		d.Offset = r.constExpr()
	}
	d.Bytes = r.bytes(r.u32())
	return d
}
