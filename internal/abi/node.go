package abi

import (
	"encoding/binary"
	"reflect"
	"strconv"
	"unsafe"
)

// An op tells how a node moves its value.
type op uint8

const (
	opBool op = iota
	op8
	op16
	op32 // also f32
	op64 // also f64
	opS8 // s8 and s16 are sign-extended when lowered flat
	opS16
	opChar
	opString
	opList
	opArray
	opRecord
	opVariant // also enum, option, result
	opFlags
	opOwn
	opBorrow
	opDyn
)

// A node is the plan for values of one type in one Go shape.
type node struct {
	op          op
	bulk        bool // the bytes in memory are the bytes in Go
	ref         bool // opOwn, opBorrow: the Go shape is Ref
	size, align uint32
	goSize      uintptr
	disc        uint32 // opVariant: bytes of the discriminant in memory
	payload     uint32 // opVariant: offset of the payload in memory
	goDisc      uintptr
	mask        uint32       // opFlags
	flat        int          // core values
	length      uint32       // opArray
	elem        *node        // opList, opArray
	slice       reflect.Type // opList with pointers in its elements: the type of the Go slice
	steps       []step       // opRecord: fields; opVariant: cases
	res         ResourceRef
	dyn         *dyn // opDyn
}

// A step is the part of a plan for a field or a case.
type step struct {
	node *node // nil for a case without payload
	mem  uint32
	slot int
	off  uintptr // in the Go struct
	name string  // for the path in an error
}

// A goSlice is the header of any slice.
type goSlice struct {
	data     unsafe.Pointer
	len, cap int
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// load lifts the value at off, which is known to be inside the memory.
func (n *node) load(cx *Call, off uint32, p unsafe.Pointer) error {
	switch n.op {
	case opBool:
		*(*bool)(p) = cx.mem[off] != 0
	case op8, opS8:
		*(*uint8)(p) = cx.mem[off]
	case op16, opS16:
		*(*uint16)(p) = binary.LittleEndian.Uint16(cx.mem[off:])
	case op32:
		*(*uint32)(p) = cx.u32(off)
	case op64:
		*(*uint64)(p) = binary.LittleEndian.Uint64(cx.mem[off:])
	case opString:
		return cx.liftString(cx.u32(off), cx.u32(off+4), (*string)(p))
	case opList:
		return n.liftList(cx, cx.u32(off), cx.u32(off+4), p)
	case opArray:
		return n.loadElems(cx, off, p, n.length)
	case opRecord:
		for i := range n.steps {
			s := &n.steps[i]
			if err := s.node.load(cx, off+s.mem, unsafe.Add(p, s.off)); err != nil {
				return at(err, s.name)
			}
		}
	case opVariant:
		i := loadUint(cx.mem, off, n.disc)
		s, err := n.liftCase(i, p)
		if err != nil || s.node == nil {
			return err
		}
		if err := s.node.load(cx, off+n.payload, unsafe.Add(p, s.off)); err != nil {
			return at(err, s.name)
		}
	case opFlags:
		storeGoUint(p, n.goSize, loadUint(cx.mem, off, n.size)&n.mask)
	case opChar:
		c := cx.u32(off)
		*(*uint32)(p) = c
		return checkChar(c)
	case opOwn, opBorrow:
		return n.liftHandle(cx, cx.u32(off), p)
	case opDyn:
		return n.dyn.lift(cx, place{off: off}, p)
	}
	return nil
}

// liftFlat lifts the value in the first core values of s.
func (n *node) liftFlat(cx *Call, s []uint64, p unsafe.Pointer) error {
	switch n.op {
	case opBool:
		*(*bool)(p) = uint32(s[0]) != 0
	case op8, opS8:
		*(*uint8)(p) = uint8(s[0])
	case op16, opS16:
		*(*uint16)(p) = uint16(s[0])
	case op32:
		*(*uint32)(p) = uint32(s[0])
	case op64:
		*(*uint64)(p) = s[0]
	case opString:
		return cx.liftString(uint32(s[0]), uint32(s[1]), (*string)(p))
	case opList:
		return n.liftList(cx, uint32(s[0]), uint32(s[1]), p)
	case opArray:
		for i := range int(n.length) {
			if err := n.elem.liftFlat(cx, s[i*n.elem.flat:], unsafe.Add(p, uintptr(i)*n.elem.goSize)); err != nil {
				return at(err, index(i))
			}
		}
	case opRecord:
		for i := range n.steps {
			st := &n.steps[i]
			if err := st.node.liftFlat(cx, s[st.slot:], unsafe.Add(p, st.off)); err != nil {
				return at(err, st.name)
			}
		}
	case opVariant:
		st, err := n.liftCase(uint32(s[0]), p)
		if err != nil || st.node == nil {
			return err
		}
		if err := st.node.liftFlat(cx, s[1:], unsafe.Add(p, st.off)); err != nil {
			return at(err, st.name)
		}
	case opFlags:
		storeGoUint(p, n.goSize, uint32(s[0])&n.mask)
	case opChar:
		c := uint32(s[0])
		*(*uint32)(p) = c
		return checkChar(c)
	case opOwn, opBorrow:
		return n.liftHandle(cx, uint32(s[0]), p)
	case opDyn:
		return n.dyn.lift(cx, place{flat: s}, p)
	}
	return nil
}

// store lowers the value at p to off, which is known to be inside the memory.
// The memory may grow meanwhile, so cx.mem is never kept across a call.
func (n *node) store(cx *Call, off uint32, p unsafe.Pointer) error {
	switch n.op {
	case opBool:
		cx.mem[off] = boolByte(*(*bool)(p))
	case op8, opS8:
		cx.mem[off] = *(*uint8)(p)
	case op16, opS16:
		binary.LittleEndian.PutUint16(cx.mem[off:], *(*uint16)(p))
	case op32:
		cx.putU32(off, *(*uint32)(p))
	case op64:
		binary.LittleEndian.PutUint64(cx.mem[off:], *(*uint64)(p))
	case opString:
		ptr, units, err := cx.lowerGoString(*(*string)(p))
		if err != nil {
			return err
		}
		cx.putU32(off, ptr)
		cx.putU32(off+4, units)
	case opList:
		ptr, length, err := n.lowerList(cx, p)
		if err != nil {
			return err
		}
		cx.putU32(off, ptr)
		cx.putU32(off+4, length)
	case opArray:
		return n.storeElems(cx, off, p, n.length)
	case opRecord:
		for i := range n.steps {
			s := &n.steps[i]
			if err := s.node.store(cx, off+s.mem, unsafe.Add(p, s.off)); err != nil {
				return at(err, s.name)
			}
		}
	case opVariant:
		i, s, err := n.lowerCase(p)
		if err != nil {
			return err
		}
		storeUint(cx.mem, off, n.disc, i)
		if s.node == nil {
			return nil
		}
		if err := s.node.store(cx, off+n.payload, unsafe.Add(p, s.off)); err != nil {
			return at(err, s.name)
		}
	case opFlags:
		storeUint(cx.mem, off, n.size, loadGoUint(p, n.goSize)&n.mask)
	case opChar:
		c := *(*uint32)(p)
		cx.putU32(off, c)
		return checkChar(c)
	case opOwn, opBorrow:
		h, err := n.lowerHandle(cx, p)
		if err != nil {
			return err
		}
		cx.putU32(off, h)
	case opDyn:
		return n.dyn.lower(cx, place{off: off}, p)
	}
	return nil
}

// lowerFlat lowers the value at p to the first core values of s. Core values
// narrower than 64 bits are zero-extended; so a value in a slot that the cases
// of a variant share needs no conversion.
func (n *node) lowerFlat(cx *Call, s []uint64, p unsafe.Pointer) error {
	switch n.op {
	case opBool:
		s[0] = uint64(boolByte(*(*bool)(p)))
	case op8:
		s[0] = uint64(*(*uint8)(p))
	case opS8:
		s[0] = uint64(uint32(*(*int8)(p)))
	case op16:
		s[0] = uint64(*(*uint16)(p))
	case opS16:
		s[0] = uint64(uint32(*(*int16)(p)))
	case op32:
		s[0] = uint64(*(*uint32)(p))
	case op64:
		s[0] = *(*uint64)(p)
	case opString:
		ptr, units, err := cx.lowerGoString(*(*string)(p))
		s[0], s[1] = uint64(ptr), uint64(units)
		return err
	case opList:
		ptr, length, err := n.lowerList(cx, p)
		s[0], s[1] = uint64(ptr), uint64(length)
		return err
	case opArray:
		for i := range int(n.length) {
			if err := n.elem.lowerFlat(cx, s[i*n.elem.flat:], unsafe.Add(p, uintptr(i)*n.elem.goSize)); err != nil {
				return at(err, index(i))
			}
		}
	case opRecord:
		for i := range n.steps {
			st := &n.steps[i]
			if err := st.node.lowerFlat(cx, s[st.slot:], unsafe.Add(p, st.off)); err != nil {
				return at(err, st.name)
			}
		}
	case opVariant:
		return n.lowerFlatVariant(cx, s, p)
	case opFlags:
		s[0] = uint64(loadGoUint(p, n.goSize) & n.mask)
	case opChar:
		c := *(*uint32)(p)
		s[0] = uint64(c)
		return checkChar(c)
	case opOwn, opBorrow:
		h, err := n.lowerHandle(cx, p)
		s[0] = uint64(h)
		return err
	case opDyn:
		return n.dyn.lower(cx, place{flat: s}, p)
	}
	return nil
}

func (n *node) lowerFlatVariant(cx *Call, s []uint64, p unsafe.Pointer) error {
	i, st, err := n.lowerCase(p)
	if err != nil {
		return err
	}
	clear(s[:n.flat])
	s[0] = uint64(i)
	if st.node == nil {
		return nil
	}
	if err := st.node.lowerFlat(cx, s[1:], unsafe.Add(p, st.off)); err != nil {
		return at(err, st.name)
	}
	return nil
}

// liftCase checks the case index and stores it in the Go value.
func (n *node) liftCase(i uint32, p unsafe.Pointer) (*step, error) {
	s, err := n.caseStep(i)
	if err == nil {
		storeGoUint(p, n.goDisc, i)
	}
	return s, err
}

func (n *node) caseStep(i uint32) (*step, error) {
	if uint64(i) >= uint64(len(n.steps)) {
		return nil, trapf(TrapDiscriminant, "case %d of a type with %d cases", i, len(n.steps))
	}
	return &n.steps[i], nil
}

func (n *node) lowerCase(p unsafe.Pointer) (uint32, *step, error) {
	i := loadGoUint(p, n.goDisc)
	s, err := n.caseStep(i)
	return i, s, err
}

// liftList lifts a list in a new slice; the empty list is the nil slice.
func (n *node) liftList(cx *Call, ptr, length uint32, p unsafe.Pointer) error {
	e := n.elem
	if err := cx.checkList(ptr, length, e.size, e.align); err != nil {
		return err
	}
	if length == 0 {
		*(*goSlice)(p) = goSlice{}
		return nil
	}
	if err := cx.spend(int(length) * int(e.goSize)); err != nil {
		return err
	}
	data := n.makeSlice(int(length))
	*(*goSlice)(p) = goSlice{data, int(length), int(length)}
	return n.loadElems(cx, ptr, data, length)
}

func (n *node) loadElems(cx *Call, off uint32, p unsafe.Pointer, length uint32) error {
	e := n.elem
	if e.bulk {
		bytes := length * e.size
		copy(unsafe.Slice((*byte)(p), bytes), cx.mem[off:off+bytes])
		return nil
	}
	for i := range length {
		if err := e.load(cx, off, p); err != nil {
			return at(err, index(int(i)))
		}
		off += e.size
		if i+1 < length {
			p = unsafe.Add(p, e.goSize)
		}
	}
	return nil
}

// makeSlice allocates the elements of a Go slice. Elements with pointers need
// memory that the collector knows the type of, which only reflect can make for
// a type that is not known statically; it costs one small allocation more.
func (n *node) makeSlice(length int) unsafe.Pointer {
	if n.slice != nil {
		return reflect.MakeSlice(n.slice, length, length).UnsafePointer()
	}
	bytes := length * int(n.elem.goSize)
	if n.elem.align == 1 && n.elem.bulk {
		return unsafe.Pointer(unsafe.SliceData(make([]byte, bytes)))
	}
	return unsafe.Pointer(unsafe.SliceData(make([]uint64, (bytes+7)/8)))
}

func (n *node) lowerList(cx *Call, p unsafe.Pointer) (ptr, length uint32, err error) {
	s := (*goSlice)(p)
	e := n.elem
	if s.len > MaxListBytes/int(e.size) {
		return 0, 0, trapf(TrapTooLong, "list of %d elements", s.len)
	}
	length = uint32(s.len)
	if ptr, err = cx.alloc(e.align, length*e.size); err != nil {
		return 0, 0, err
	}
	return ptr, length, n.storeElems(cx, ptr, s.data, length)
}

func (n *node) storeElems(cx *Call, off uint32, p unsafe.Pointer, length uint32) error {
	e := n.elem
	if e.bulk {
		bytes := length * e.size
		copy(cx.mem[off:off+bytes], unsafe.Slice((*byte)(p), bytes))
		return nil
	}
	for i := range length {
		if err := e.store(cx, off, p); err != nil {
			return at(err, index(int(i)))
		}
		off += e.size
		if i+1 < length {
			p = unsafe.Add(p, e.goSize)
		}
	}
	return nil
}

func checkChar(c uint32) error {
	if c >= 0x110000 || c&^0x7ff == 0xd800 {
		return trapf(TrapChar, "char %#x is no Unicode scalar value", c)
	}
	return nil
}

func index(i int) string { return "[" + strconv.Itoa(i) + "]" }

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// loadUint reads an unsigned integer of size 1, 2 or 4 in memory.
func loadUint(mem []byte, off, size uint32) uint32 {
	switch size {
	case 1:
		return uint32(mem[off])
	case 2:
		return uint32(binary.LittleEndian.Uint16(mem[off:]))
	}
	return binary.LittleEndian.Uint32(mem[off:])
}

func storeUint(mem []byte, off, size, v uint32) {
	switch size {
	case 1:
		mem[off] = byte(v)
	case 2:
		binary.LittleEndian.PutUint16(mem[off:], uint16(v))
	default:
		binary.LittleEndian.PutUint32(mem[off:], v)
	}
}

// loadGoUint reads a Go unsigned integer (or a bool) of the size. What does
// not fit 32 bits is too large for any use and becomes the largest value.
func loadGoUint(p unsafe.Pointer, size uintptr) uint32 {
	switch size {
	case 1:
		return uint32(*(*uint8)(p))
	case 2:
		return uint32(*(*uint16)(p))
	case 4:
		return *(*uint32)(p)
	}
	return uint32(min(*(*uint64)(p), 1<<32-1))
}

// storeGoUint writes a Go unsigned integer, or a bool if v is 0 or 1.
func storeGoUint(p unsafe.Pointer, size uintptr, v uint32) {
	switch size {
	case 1:
		*(*uint8)(p) = uint8(v)
	case 2:
		*(*uint16)(p) = uint16(v)
	case 4:
		*(*uint32)(p) = v
	default:
		*(*uint64)(p) = uint64(v)
	}
}
