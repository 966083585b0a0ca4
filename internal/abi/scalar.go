package abi

import "unsafe"

// isScalar tells whether a node moves one core value, without a Call and
// without a way to fail.
func (n *node) isScalar() bool { return n.op <= opS16 }

// scalar tells whether a function has nothing but scalars.
func (p *GoPlan) scalar() bool {
	for i := range p.params.steps {
		if !p.params.steps[i].node.isScalar() {
			return false
		}
	}
	return p.params.op == opRecord && !p.Guest.IndirectParams && (p.result == nil || p.result.isScalar())
}

// LowerScalars is LowerParams for a Scalar function: nothing but numbers moves.
func (p *GoPlan) LowerScalars(stack []uint64, params unsafe.Pointer) {
	for i := range p.params.steps {
		s := &p.params.steps[i]
		stack[s.slot] = s.node.lowerScalar(unsafe.Add(params, s.off))
	}
}

// LiftScalar is LiftResult for a Scalar function.
func (p *GoPlan) LiftScalar(stack []uint64, result unsafe.Pointer) {
	if p.result != nil {
		p.result.liftScalar(stack[0], result)
	}
}

func (n *node) lowerScalar(p unsafe.Pointer) uint64 {
	switch n.op {
	case op32:
		return uint64(*(*uint32)(p))
	case op64:
		return *(*uint64)(p)
	case opBool:
		return uint64(boolByte(*(*bool)(p)))
	case op8:
		return uint64(*(*uint8)(p))
	case opS8:
		return uint64(uint32(*(*int8)(p)))
	case op16:
		return uint64(*(*uint16)(p))
	}
	return uint64(uint32(*(*int16)(p))) // opS16
}

func (n *node) liftScalar(v uint64, p unsafe.Pointer) {
	switch n.op {
	case op32:
		*(*uint32)(p) = uint32(v)
	case op64:
		*(*uint64)(p) = v
	case opBool:
		*(*bool)(p) = uint32(v) != 0
	case op8, opS8:
		*(*uint8)(p) = uint8(v)
	default:
		*(*uint16)(p) = uint16(v)
	}
}
