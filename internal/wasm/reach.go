package wasm

import "github.com/isyswasfa/isyswasfa/internal/bytecode"

// Prune makes functions trap that no code reaches from the exports named, and
// tells which imported functions are reached, by their index. Calls through
// tables and references may reach all functions that are in a table or
// referred to. Where there are instructions that are not known here it changes
// nothing and gives nil.
func (m *Module) Prune(exports []string) (called map[uint32]bool) {
	imported := m.ImportedFuncs()
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
	if len(expr) > 0 && expr[0] == bytecode.RefFunc {
		r := &reader{b: expr, i: 1}
		funcs = append(funcs, r.u32())
	}
	return funcs
}

// callees gives the functions that a function calls or refers to.
func callees(body []byte) (funcs []uint32, ok bool) {
	c := bytecode.On(body)
	c.Locals()
	for c.More() {
		switch in := c.Next(); in.Op {
		case bytecode.Call, bytecode.ReturnCall, bytecode.RefFunc:
			funcs = append(funcs, in.Index[0])
		}
	}
	return funcs, c.Err == nil
}
