package wasm

// Prune makes functions trap that no code reaches from the exports named, and
// tells which imported functions are reached, by their index. Calls through
// tables and references may reach all functions that are in a table or
// referred to. Where there are instructions that are not known here it changes
// nothing and gives nil.
func (m *Module) Prune(exports []string) (called map[uint32]bool) {
	imported := m.importedFuncs()
	bodies, roots, ok := m.bodies()
	if !ok || len(bodies) != len(m.Funcs) {
		return nil
	}
	for _, name := range exports {
		if ex, ok := m.Export(name); ok && ex.Kind == KindFunc {
			roots = append(roots, ex.Index)
		}
	}
	if m.Start != nil {
		roots = append(roots, *m.Start)
	}
	called = map[uint32]bool{}
	seen := make([]bool, len(m.funcs))
	for len(roots) > 0 {
		f := roots[len(roots)-1]
		roots = roots[:len(roots)-1]
		if f >= uint32(len(seen)) {
			return nil
		}
		if seen[f] {
			continue
		}
		if seen[f] = true; f < imported {
			called[f] = true
			continue
		}
		next, ok := callees(bodies[f-imported])
		if !ok {
			return nil
		}
		roots = append(roots, next...)
	}
	code := AppendU32(nil, uint32(len(bodies)))
	for i, b := range bodies {
		if !seen[imported+uint32(i)] {
			b = []byte{0x00, 0x00, opEnd} // no locals; unreachable
		}
		code = append(AppendU32(code, uint32(len(b))), b...)
	}
	m.replace(secCode, code)
	return called
}

// replace gives a section that is there other content.
func (m *Module) replace(id byte, data []byte) {
	for i := range m.Sections {
		if m.Sections[i].ID == id {
			m.Sections[i].Data = data
		}
	}
}

// Bodies gives the functions that the module defines as the code section has
// them, locals and instructions; false if it cannot be read.
func (m *Module) Bodies() ([][]byte, bool) {
	bodies, _, ok := m.bodies()
	return bodies, ok
}

// bodies gives the code of the functions that the module defines, and the
// functions that element segments and globals refer to.
func (m *Module) bodies() (bodies [][]byte, referred []uint32, ok bool) {
	for _, s := range m.Sections {
		r := &reader{b: s.Data}
		switch s.ID {
		case secCode:
			bodies = list(r, func(r *reader) []byte { return r.bytes(r.u32()) })
		case secElem:
			list(r, func(r *reader) struct{} {
				referred = r.elem(referred)
				return struct{}{}
			})
		}
		if r.err != nil {
			return nil, nil, false
		}
	}
	for _, g := range m.Globals {
		referred = constRefs(referred, g.Init)
	}
	return bodies, referred, true
}

// elem reads an element segment and adds the functions in it.
func (r *reader) elem(funcs []uint32) []uint32 {
	form := r.u32()
	if form > 7 {
		r.failf("unknown form %d of an element segment", form)
		return funcs
	}
	active := form&1 == 0
	if active && form&2 != 0 {
		r.u32() // table
	}
	if active {
		r.constExpr()
	}
	if form&3 != 0 {
		r.byte() // kind or type
	}
	for range min(r.u32(), uint32(r.left())) {
		if form&4 == 0 {
			funcs = append(funcs, r.u32())
		} else {
			funcs = constRefs(funcs, r.constExpr())
		}
	}
	return funcs
}

// constRefs adds the function that a constant expression refers to.
func constRefs(funcs []uint32, expr []byte) []uint32 {
	if len(expr) > 0 && expr[0] == opRefFunc {
		r := &reader{b: expr, i: 1}
		funcs = append(funcs, r.u32())
	}
	return funcs
}

const (
	opCall       = 0x10
	opReturnCall = 0x12
	opRefFunc    = 0xd2
)

// callees gives the functions that a function calls or refers to.
func callees(body []byte) (funcs []uint32, ok bool) {
	r := &reader{b: body}
	r.locals()
	for r.err == nil && r.left() > 0 {
		switch op := r.byte(); op {
		case opCall, opReturnCall, opRefFunc:
			funcs = append(funcs, r.u32())
		default:
			r.immediates(op)
		}
	}
	return funcs, r.err == nil
}

// heapType skips a value or block type: a signed number, or two where the
// first says that it is a reference.
func (r *reader) heapType() {
	at := r.i
	r.skipSigned(33)
	if r.err == nil && r.i == at+1 && (r.b[at] == 0x63 || r.b[at] == 0x64) {
		r.skipSigned(33)
	}
}

// immediates skips what follows an opcode, by the tables of the core
// specification.
func (r *reader) immediates(op byte) {
	switch {
	case op <= 0x01, op == 0x05, op == 0x0a, op == 0x0b, op == 0x0f, op == 0x19, op == 0x1a, op == 0x1b,
		op >= 0x45 && op <= 0xc4, op == 0xd1, op == 0xd3, op == 0xd4:
	case op >= 0x02 && op <= 0x04, op == 0x06, op == 0xd0: // block types, heap types
		r.heapType()
	case op >= 0x07 && op <= 0x0d, op == 0x14, op == 0x15, op == 0x18, op >= 0x20 && op <= 0x26, op == 0x3f, op == 0x40, op == 0xd5, op == 0xd6:
		r.u32() // one index
	case op == 0x0e: // br_table
		list(r, (*reader).u32)
		r.u32()
	case op == 0x11, op == 0x13: // type, table
		r.u32()
		r.u32()
	case op == 0x1c: // select with types
		list(r, func(r *reader) struct{} { r.heapType(); return struct{}{} })
	case op == 0x1f:
		r.tryTable()
	case op >= 0x28 && op <= 0x3e:
		r.memarg()
	case op == opI32Const:
		r.skipSigned(32)
	case op == 0x42:
		r.skipSigned(64)
	case op == 0x43:
		r.bytes(4)
	case op == 0x44:
		r.bytes(8)
	case op == 0xfc:
		r.bulk(r.u32())
	case op == 0xfd:
		r.vector(r.u32())
	case op == 0xfe:
		if r.u32() == 3 { // fence
			r.byte()
		} else {
			r.memarg()
		}
	default:
		r.failf("unknown instruction %#x", op)
	}
}

func (r *reader) memarg() {
	if r.u32()&0x40 != 0 {
		r.u32() // memory
	}
	r.leb(64)
}

func (r *reader) tryTable() {
	r.heapType()
	list(r, func(r *reader) struct{} {
		if kind := r.byte(); kind < 2 {
			r.u32() // tag
		}
		r.u32()
		return struct{}{}
	})
}

// bulk skips the immediates of an instruction with prefix 0xfc.
func (r *reader) bulk(op uint32) {
	switch {
	case op <= 7:
	case op == 9, op == 11, op == 13, op >= 15 && op <= 17:
		r.u32()
	case op <= 14:
		r.u32()
		r.u32()
	default:
		r.failf("unknown instruction 0xfc %d", op)
	}
}

// vector skips the immediates of an instruction with prefix 0xfd.
func (r *reader) vector(op uint32) {
	switch {
	case op <= 11, op == 92, op == 93:
		r.memarg()
	case op == 12, op == 13:
		r.bytes(16)
	case op >= 21 && op <= 34:
		r.byte()
	case op >= 84 && op <= 91:
		r.memarg()
		r.byte()
	case op > 0x1ff:
		r.failf("unknown instruction 0xfd %d", op)
	}
}
