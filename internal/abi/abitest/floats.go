package abitest

import (
	"encoding/binary"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// The Canonical ABI leaves open which NaN a NaN becomes. These functions make
// all those of a valid value canonical, so that values can be compared byte by
// byte.

// calmMemory does so for the value at off, and for what it points to.
func calmMemory(t *abi.Type, mem []byte, off uint32) {
	word := func(off uint32) uint32 { return binary.LittleEndian.Uint32(mem[off:]) }
	switch t.Kind {
	case abi.F32:
		binary.LittleEndian.PutUint32(mem[off:], uint32(calm32(uint64(word(off)))))
	case abi.F64:
		binary.LittleEndian.PutUint64(mem[off:], calm64(binary.LittleEndian.Uint64(mem[off:])))
	case abi.List:
		n := t.Len
		if n == 0 {
			off, n = word(off), word(off+4)
		}
		for i := range n {
			calmMemory(t.Elem, mem, off+i*t.Elem.Size())
		}
	case abi.Record, abi.Tuple:
		for i, f := range t.Fields {
			calmMemory(f.Type, mem, off+t.FieldOffsets()[i])
		}
	case abi.Variant, abi.Option, abi.Result:
		i := uint32(mem[off])
		if abi.DiscriminantSize(len(t.Cases)) > 1 {
			i = uint32(binary.LittleEndian.Uint16(mem[off:]))
		}
		if c := t.Cases[i]; c.Type != nil {
			calmMemory(c.Type, mem, off+t.PayloadOffset())
		}
	}
}

// calmFlat does so for a value in core values.
func calmFlat(t *abi.Type, flat []uint64, mem []byte) {
	switch t.Kind {
	case abi.F32:
		flat[0] = calm32(flat[0])
	case abi.F64:
		flat[0] = calm64(flat[0])
	case abi.List:
		if t.Len == 0 {
			for i := range uint32(flat[1]) {
				calmMemory(t.Elem, mem, uint32(flat[0])+i*t.Elem.Size())
			}
			return
		}
		for i := range int(t.Len) {
			calmFlat(t.Elem, flat[i*len(t.Elem.Flat()):], mem)
		}
	case abi.Record, abi.Tuple:
		for _, f := range t.Fields {
			calmFlat(f.Type, flat, mem)
			flat = flat[len(f.Type.Flat()):]
		}
	case abi.Variant, abi.Option, abi.Result:
		if c := t.Cases[flat[0]]; c.Type != nil {
			calmFlat(c.Type, flat[1:], mem)
		}
	}
}

func calm32(bits uint64) uint64 {
	if bits&0x7fffffff > 0x7f800000 {
		return bits&^(1<<32-1) | nan32
	}
	return bits
}

func calm64(bits uint64) uint64 {
	if bits&(1<<63-1) > 0x7ff<<52 {
		return nan64
	}
	return bits
}
