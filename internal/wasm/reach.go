package wasm

import "github.com/isyswasfa/isyswasfa/internal/bytecode"

// Prune makes functions trap that no code reaches from the exports named, and
// tells which imported functions are reached, by their index. Calls through
// tables and references may reach all functions that are in a table or
// referred to. Where there are instructions that are not known here it changes
// nothing and gives nil.
func (m *Module) Prune(exports []string) (called map[uint32]bool) {
	imported := m.ImportedFuncs()
	bodies, err := m.Bodies()
	if err != nil || len(bodies) != len(m.Funcs) {
		return nil
	}
	roots, err := m.referred()
	if err != nil {
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

// referred gives the functions that element segments and globals refer to.
func (m *Module) referred() ([]uint32, error) {
	var funcs []uint32
	elems, err := m.Elems()
	for _, e := range elems {
		funcs = append(funcs, e.Funcs...)
		for _, x := range e.Exprs {
			funcs = constRefs(funcs, x)
		}
	}
	for _, g := range m.Globals {
		funcs = constRefs(funcs, g.Init)
	}
	return funcs, err
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
