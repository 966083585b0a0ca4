// Package bytecode reads the instructions of core WebAssembly 2.0 and of the
// proposals that the host's engine knows. It looks at their form alone.
package bytecode

import "fmt"

// Some opcodes, with their prefix.
const (
	End                = 0x0b
	Call               = 0x10
	CallIndirect       = 0x11
	ReturnCall         = 0x12
	ReturnCallIndirect = 0x13
	Drop               = 0x1a
	LocalGet           = 0x20
	LocalSet           = 0x21
	GlobalGet          = 0x23
	I64Load            = 0x29
	I32Load8U          = 0x2d
	I64Store           = 0x37
	I32Store8          = 0x3a
	MemorySize         = 0x3f
	MemoryGrow         = 0x40
	I32Const           = 0x41
	RefFunc            = 0xd2
	MemoryInit         = 0xfc08
	DataDrop           = 0xfc09
	MemoryCopy         = 0xfc0a
	MemoryFill         = 0xfc0b
)

// The immediates of instructions. Only those are told apart that are written
// anew or that differ in form.
const (
	immIndex  = 'u' // an index or label, which stays as it is
	immFunc   = 'F' // the index of a function
	immMemArg = 'M' // alignment, memory and offset
	immMemory = 'm' // the index of a memory
	immData   = 'd' // the index of a data segment
	immNumber = 's' // a signed number
	immType   = 'h' // a block, value or heap type: a signed number, or two
	imm1      = '1' // bytes
	imm4      = '4'
	imm8      = '8'
	imm16     = 'w'
	immLabels = 'T' // of br_table: a list and one more
	immTypes  = 't' // a list of value types
	immCatch  = 'c' // handlers
)

// immediates has the immediates of each opcode without a prefix; those that
// are not there do not exist, or not in an engine for which this is made.
var immediates = spans(
	span{0x00, 0x01, ""}, span{0x02, 0x04, "h"}, span{0x05, 0x05, ""}, span{0x06, 0x06, "h"}, // unreachable to try
	span{0x07, 0x09, "u"}, span{0x0a, 0x0b, ""}, // catch, throw, rethrow, throw_ref, end
	span{0x0c, 0x0d, "u"}, span{0x0e, 0x0e, "T"}, span{0x0f, 0x0f, ""}, // br to return
	span{0x10, 0x10, "F"}, span{0x11, 0x11, "uu"}, span{0x12, 0x12, "F"}, span{0x13, 0x13, "uu"}, span{0x14, 0x15, "u"},
	span{0x18, 0x18, "u"}, span{0x19, 0x1b, ""}, span{0x1c, 0x1c, "t"}, span{0x1f, 0x1f, "hc"}, // delegate, catch_all, drop, select, try_table
	span{0x20, 0x26, "u"}, span{0x28, 0x3e, "M"}, span{0x3f, 0x40, "m"},
	span{0x41, 0x42, "s"}, span{0x43, 0x43, "4"}, span{0x44, 0x44, "8"},
	span{0x45, 0xc4, ""},
	span{0xd0, 0xd0, "h"}, span{0xd1, 0xd1, ""}, span{0xd2, 0xd2, "F"}, // ref.null, ref.is_null, ref.func
	span{0xd3, 0xd4, ""}, span{0xd5, 0xd6, "u"}, // references to functions
)

// bulk is for the prefix 0xfc: conversions, memories and tables.
var bulk = spans(
	span{0, 7, ""}, span{8, 8, "dm"}, span{9, 9, "d"}, span{10, 10, "mm"}, span{11, 11, "m"},
	span{12, 12, "uu"}, span{13, 13, "u"}, span{14, 14, "uu"}, span{15, 17, "u"},
)

// vectors is for the prefix 0xfd.
var vectors = spans(
	span{0, 11, "M"}, span{12, 13, "w"}, span{14, 20, ""}, span{21, 34, "1"}, span{35, 83, ""},
	span{84, 91, "M1"}, span{92, 93, "M"}, span{94, 0x1ff, ""},
)

// atomics is for the prefix 0xfe.
var atomics = spans(span{0, 2, "M"}, span{3, 3, "1"}, span{0x10, 0x4e, "M"})

// prefixes has the tables of opcodes behind a prefix.
var prefixes = [0x100]*table{0xfc: bulk, 0xfd: vectors, 0xfe: atomics}

type span struct {
	first, last int
	imm         string
}

// A table has the immediates by opcode.
type table [0x200]string

// unknown stands for opcodes that are not there.
const unknown = "?"

func spans(list ...span) *table {
	t := new(table)
	for i := range t {
		t[i] = unknown
	}
	for _, s := range list {
		for op := s.first; op <= s.last; op++ {
			t[op] = s.imm
		}
	}
	return t
}

// An Instruction is one that was read.
type Instruction struct {
	Op    uint32 // the prefix, if there is one, in the second byte
	Raw   []byte
	Index [2]uint32 // the immediates that are functions, memories and data segments, in order

	// For an access of memory: its immediates, which are Raw[MemStart:MemEnd],
	// with the memory in Index. MemEnd is 0 for all else.
	MemStart, MemEnd int
	Align            uint32
	Offset           uint64
}

// Immediates gives a cursor over what follows the opcode of an instruction
// without a prefix.
func (in Instruction) Immediates() Cursor { return Cursor{buf: in.Raw[min(1, len(in.Raw)):]} }

// Next reads an instruction.
func (c *Cursor) Next() (in Instruction) {
	start := c.pos
	in.Op = uint32(c.Byte())
	codes, op := immediates, in.Op
	if behind := prefixes[in.Op]; behind != nil {
		codes, op = behind, c.U32()
		in.Op = in.Op<<8 + op&0xffff
	}
	imm := unknown
	if op < uint32(len(codes)) {
		imm = codes[op]
	}
	if imm == unknown {
		c.Fail(fmt.Errorf("unknown instruction % x", c.buf[start:c.pos]))
	}
	n := 0
	for _, kind := range imm {
		switch kind {
		case immFunc, immMemory, immData:
			in.Index[n] = c.U32()
			n++
		case immMemArg:
			in.MemStart = c.pos - start
			if in.Align = c.U32(); in.Align&0x40 != 0 {
				in.Align &^= 0x40
				in.Index[0] = c.U32()
			}
			in.Offset = c.U64()
			in.MemEnd = c.pos - start
		default:
			c.skip(kind)
		}
	}
	in.Raw = c.buf[start:c.pos]
	return in
}

func (c *Cursor) skip(kind rune) {
	switch kind {
	case immIndex:
		c.U32()
	case immNumber:
		c.signed()
	case immType:
		c.Type()
	case imm1:
		c.Bytes(1)
	case imm4:
		c.Bytes(4)
	case imm8:
		c.Bytes(8)
	case imm16:
		c.Bytes(16)
	case immTypes:
		for n := c.U32(); n > 0 && c.Err == nil; n-- {
			c.Type()
		}
	case immLabels:
		for n := uint64(c.U32()) + 1; n > 0 && c.Err == nil; n-- {
			c.U32()
		}
	case immCatch:
		for n := c.U32(); n > 0 && c.Err == nil; n-- {
			if c.Byte() < 2 { // a tag
				c.U32()
			}
			c.U32()
		}
	}
}
