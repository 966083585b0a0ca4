package abi

import "unsafe"

// A ScalarPlan is a GoPlan for calls of a guest's function that has nothing but
// bools, integers and floats. It needs no Call, and nothing in it can fail.
type ScalarPlan struct {
	params    []scalar // by stack slot
	result    op
	hasResult bool
	words     int // so many parameters are 32 bits wide and lie side by side; the others follow
}

// A scalar is a parameter.
type scalar struct {
	op  op
	off uintptr // in the Go struct
}

// Scalars gives the plan of a function that has nothing but scalars; nil of
// others.
func (p *GoPlan) Scalars() *ScalarPlan {
	if p.params.op != opRecord || p.Guest.IndirectParams {
		return nil
	}
	s := &ScalarPlan{hasResult: p.result != nil}
	for i := range p.params.steps {
		st := &p.params.steps[i]
		if !st.node.isScalar() || st.slot != i {
			return nil
		}
		s.params = append(s.params, scalar{st.node.op, st.off})
	}
	for s.words < len(s.params) && s.params[s.words] == (scalar{op32, uintptr(4 * s.words)}) {
		s.words++
	}
	if s.hasResult {
		if !p.result.isScalar() {
			return nil
		}
		s.result = p.result.op
	}
	return s
}

// isScalar tells whether a node moves one core value and cannot fail.
func (n *node) isScalar() bool { return n.op <= opS16 }

// Lower moves the parameters to the stack.
func (s *ScalarPlan) Lower(stack []uint64, params unsafe.Pointer) {
	for i := range s.words {
		stack[i] = uint64(*(*uint32)(unsafe.Add(params, 4*i)))
	}
	for i := s.words; i < len(s.params); i++ {
		m := &s.params[i]
		p := unsafe.Add(params, m.off)
		switch m.op {
		case op32:
			stack[i] = uint64(*(*uint32)(p))
		case op64:
			stack[i] = *(*uint64)(p)
		case opBool:
			stack[i] = uint64(boolByte(*(*bool)(p)))
		case op8:
			stack[i] = uint64(*(*uint8)(p))
		case opS8:
			stack[i] = uint64(uint32(*(*int8)(p)))
		case op16:
			stack[i] = uint64(*(*uint16)(p))
		case opS16:
			stack[i] = uint64(uint32(*(*int16)(p)))
		}
	}
}

// Lift moves the result from the stack to Go.
func (s *ScalarPlan) Lift(stack []uint64, result unsafe.Pointer) {
	if !s.hasResult {
		return
	}
	switch v := stack[0]; s.result {
	case op32:
		*(*uint32)(result) = uint32(v)
	case op64:
		*(*uint64)(result) = v
	case opBool:
		*(*bool)(result) = uint32(v) != 0
	case op8, opS8:
		*(*uint8)(result) = uint8(v)
	case op16, opS16:
		*(*uint16)(result) = uint16(v)
	}
}
