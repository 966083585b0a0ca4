package abi

import "encoding/binary"

// copy moves the value at src in the memory of from to dst in the memory of
// to; both are known to be inside. What to's realloc does may grow its memory
// but leaves the memory of from alone.
func (n *node) copy(from, to *Call, src, dst uint32) error {
	switch n.op {
	case op8, opS8:
		to.mem[dst] = from.mem[src]
	case op16, opS16:
		copy(to.mem[dst:dst+2], from.mem[src:src+2])
	case op32:
		to.putU32(dst, from.u32(src))
	case op64:
		binary.LittleEndian.PutUint64(to.mem[dst:], binary.LittleEndian.Uint64(from.mem[src:]))
	case opBool:
		to.mem[dst] = boolByte(from.mem[src] != 0)
	case opChar, opOwn, opBorrow:
		v, err := n.moveWord(from, to, from.u32(src))
		if err != nil {
			return err
		}
		to.putU32(dst, v)
	case opString, opList:
		ptr, length, err := n.movePointer(from, to, from.u32(src), from.u32(src+4))
		if err != nil {
			return err
		}
		to.putU32(dst, ptr)
		to.putU32(dst+4, length)
	case opArray:
		return n.copyElems(from, to, src, dst, n.length)
	case opRecord:
		for i := range n.steps {
			s := &n.steps[i]
			if err := s.node.copy(from, to, src+s.mem, dst+s.mem); err != nil {
				return at(err, s.name)
			}
		}
	case opVariant:
		i := loadUint(from.mem, src, n.disc)
		s, err := n.caseStep(i)
		if err != nil {
			return err
		}
		storeUint(to.mem, dst, n.disc, i)
		if s.node == nil {
			return nil
		}
		if err := s.node.copy(from, to, src+n.payload, dst+n.payload); err != nil {
			return at(err, s.name)
		}
	case opFlags:
		storeUint(to.mem, dst, n.size, loadUint(from.mem, src, n.size)&n.mask)
	}
	return nil
}

// copyFlat moves the value in the first core values of in to those of out.
func (n *node) copyFlat(from, to *Call, in, out []uint64) error {
	switch n.op {
	case op8:
		out[0] = uint64(uint8(in[0]))
	case opS8:
		out[0] = uint64(uint32(int8(in[0])))
	case op16:
		out[0] = uint64(uint16(in[0]))
	case opS16:
		out[0] = uint64(uint32(int16(in[0])))
	case op32:
		out[0] = uint64(uint32(in[0]))
	case op64:
		out[0] = in[0]
	case opBool:
		out[0] = uint64(boolByte(uint32(in[0]) != 0))
	case opChar, opOwn, opBorrow:
		v, err := n.moveWord(from, to, uint32(in[0]))
		out[0] = uint64(v)
		return err
	case opString, opList:
		ptr, length, err := n.movePointer(from, to, uint32(in[0]), uint32(in[1]))
		out[0], out[1] = uint64(ptr), uint64(length)
		return err
	case opArray:
		for i := range int(n.length) {
			if err := n.elem.copyFlat(from, to, in[i*n.elem.flat:], out[i*n.elem.flat:]); err != nil {
				return at(err, index(i))
			}
		}
	case opRecord:
		for i := range n.steps {
			s := &n.steps[i]
			if err := s.node.copyFlat(from, to, in[s.slot:], out[s.slot:]); err != nil {
				return at(err, s.name)
			}
		}
	case opVariant:
		s, err := n.caseStep(uint32(in[0]))
		if err != nil {
			return err
		}
		clear(out[:n.flat])
		out[0] = uint64(uint32(in[0]))
		if s.node == nil {
			return nil
		}
		if err := s.node.copyFlat(from, to, in[1:], out[1:]); err != nil {
			return at(err, s.name)
		}
	case opFlags:
		out[0] = uint64(uint32(in[0]) & n.mask)
	}
	return nil
}

// moveWord moves a char or a handle.
func (n *node) moveWord(from, to *Call, v uint32) (uint32, error) {
	if n.op == opChar {
		return v, checkChar(v)
	}
	rt, err := from.resource(n.res)
	if err != nil {
		return 0, err
	}
	if to.Opts.Table == nil {
		return 0, trapf(TrapHandle, "the function has no handle table")
	}
	if n.op == opBorrow {
		e, err := from.Opts.Table.lend(from, v, rt)
		if err != nil {
			return 0, err
		}
		return to.Opts.Table.addBorrow(to, e)
	}
	e, err := from.Opts.Table.TakeOwn(v, rt)
	if err != nil {
		return 0, err
	}
	h, err := to.Opts.Table.AddOwn(rt, e.Rep, e.Obj)
	if err != nil {
		// It was there before, so there is room.
		_, _ = from.Opts.Table.AddOwn(rt, e.Rep, e.Obj)
	}
	return h, err
}

// movePointer moves the contents of a string or list.
func (n *node) movePointer(from, to *Call, src, length uint32) (uint32, uint32, error) {
	if n.op == opString {
		b, cs, err := from.stringBytes(src, length)
		if err != nil {
			return 0, 0, err
		}
		return to.lowerString(cs, b)
	}
	e := n.elem
	if err := from.checkList(src, length, e.size, e.align); err != nil {
		return 0, 0, err
	}
	dst, err := to.alloc(e.align, length*e.size)
	if err != nil {
		return 0, 0, err
	}
	return dst, length, n.copyElems(from, to, src, dst, length)
}

func (n *node) copyElems(from, to *Call, src, dst, length uint32) error {
	e := n.elem
	if e.bulk {
		bytes := length * e.size
		copy(to.mem[dst:dst+bytes], from.mem[src:src+bytes])
		return nil
	}
	for i := range length {
		if err := e.copy(from, to, src, dst); err != nil {
			return at(err, index(int(i)))
		}
		src += e.size
		dst += e.size
	}
	return nil
}
