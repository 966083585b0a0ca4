package multimemory

import (
	"errors"
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// The immediates of instructions. Only those are told apart that are written
// anew or that differ in form.
const (
	immIndex  = 'u' // an index or label, which stays as it is
	immFunc   = 'F' // the index of a function
	immMemArg = 'M' // alignment, memory and offset
	immMemory = 'm' // the index of a memory
	immData   = 'd' // the index of a data segment
	immNumber = 's' // a signed number: a constant, a block type, a heap type
	imm1      = '1' // bytes
	imm4      = '4'
	imm8      = '8'
	imm16     = 'w'
	immLabels = 'T' // of br_table: a list and one more
	immTypes  = 't' // a list of bytes
	immCatch  = 'c' // handlers
)

// The opcodes that are treated apart, with their prefix.
const (
	opEnd        = 0x0b
	opCall       = 0x10
	opReturnCall = 0x12
	opDrop       = 0x1a
	opLocalGet   = 0x20
	opLocalSet   = 0x21
	opGlobalGet  = 0x23
	opI64Load    = 0x29
	opI32Load8U  = 0x2d
	opI64Store   = 0x37
	opI32Store8  = 0x3a
	opMemorySize = 0x3f
	opMemoryGrow = 0x40
	opI32Const   = 0x41
	opMemoryInit = 0xfc08
	opDataDrop   = 0xfc09
	opMemoryCopy = 0xfc0a
	opMemoryFill = 0xfc0b
)

// immediates has the immediates of each opcode without a prefix; those that
// are not there do not exist, or not in an engine for which this is made.
var immediates = spans(
	span{0x00, 0x01, ""}, span{0x02, 0x04, "s"}, span{0x05, 0x05, ""},
	span{0x08, 0x08, "u"}, span{0x0a, 0x0b, ""}, // throw, throw_ref, end
	span{0x0c, 0x0d, "u"}, span{0x0e, 0x0e, "T"}, span{0x0f, 0x0f, ""},
	span{0x10, 0x10, "F"}, span{0x11, 0x11, "uu"}, span{0x12, 0x12, "F"}, span{0x13, 0x13, "uu"},
	span{0x1a, 0x1b, ""}, span{0x1c, 0x1c, "t"}, span{0x1f, 0x1f, "sc"}, // drop, select, try_table
	span{0x20, 0x26, "u"}, span{0x28, 0x3e, "M"}, span{0x3f, 0x40, "m"},
	span{0x41, 0x42, "s"}, span{0x43, 0x43, "4"}, span{0x44, 0x44, "8"},
	span{0x45, 0xc4, ""},
	span{0xd0, 0xd0, "s"}, span{0xd1, 0xd1, ""}, span{0xd2, 0xd2, "F"}, // ref.null, ref.is_null, ref.func
)

// bulk is for the prefix 0xfc: conversions, memories and tables.
var bulk = spans(
	span{0, 7, ""}, span{8, 8, "dm"}, span{9, 9, "d"}, span{10, 10, "mm"}, span{11, 11, "m"},
	span{12, 12, "uu"}, span{13, 13, "u"}, span{14, 14, "uu"}, span{15, 17, "u"},
)

// vectors is for the prefix 0xfd.
var vectors = spans(
	span{0, 11, "M"}, span{12, 13, "w"}, span{14, 20, ""}, span{21, 34, "1"}, span{35, 83, ""},
	span{84, 91, "M1"}, span{92, 93, "M"}, span{94, 255, ""},
)

type span struct {
	first, last int
	imm         string
}

func spans(list ...span) map[uint32]string {
	m := map[uint32]string{}
	for _, s := range list {
		for op := s.first; op <= s.last; op++ {
			m[uint32(op)] = s.imm
		}
	}
	return m
}

// An instruction is one that was read.
type instruction struct {
	op    uint32 // the prefix, if there is one, in the second byte
	raw   []byte
	index [2]uint32 // the immediates that are functions, memories and data segments, in order
	memA  int       // immMemArg: length of raw before it
	memB  int       // immMemArg: length of raw up to its end
	align uint32
	at    uint64 // immMemArg: the offset
}

// instr reads an instruction.
func (c *cursor) instr() (in instruction) {
	start := c.i
	in.op = uint32(c.byte())
	table, op := immediates, in.op
	if in.op == 0xfc || in.op == 0xfd {
		table, op = bulk, c.u32()
		if in.op == 0xfd {
			table = vectors
		}
		in.op = in.op<<8 | op&0xff
	}
	imm, ok := table[op]
	if !ok && c.err == nil {
		c.fail(fmt.Errorf("unknown instruction % x", c.b[start:c.i]))
	}
	n := 0
	for _, kind := range imm {
		switch kind {
		case immFunc, immMemory, immData:
			in.index[n] = c.u32()
			n++
		case immMemArg:
			in.memA = c.i - start
			if in.align = c.u32(); in.align&0x40 != 0 {
				in.align &^= 0x40
				in.index[0] = c.u32()
			}
			in.at = c.u64()
			in.memB = c.i - start
		default:
			c.skip(kind)
		}
	}
	in.raw = c.b[start:c.i]
	return in
}

func (c *cursor) skip(kind rune) {
	switch kind {
	case immIndex:
		c.u32()
	case immNumber:
		for n := 0; c.byte() >= 0x80; n++ {
			if n == 10 {
				c.fail(errors.New("a number is too long"))
			}
		}
	case imm1:
		c.bytes(1)
	case imm4:
		c.bytes(4)
	case imm8:
		c.bytes(8)
	case imm16:
		c.bytes(16)
	case immTypes:
		c.bytes(c.u32())
	case immLabels:
		for n := uint64(c.u32()) + 1; n > 0 && c.err == nil; n-- {
			c.u32()
		}
	case immCatch:
		for n := c.u32(); n > 0 && c.err == nil; n-- {
			if c.byte() < 2 { // a tag
				c.u32()
			}
			c.u32()
		}
	}
}

// isLoad and isStore are for accesses of memory; what of those with lanes is
// both.
var valTypes = map[byte]wasm.ValType{'i': wasm.I32, 'l': wasm.I64, 'f': wasm.F32, 'd': wasm.F64, 'v': wasm.V128}

// accessSig gives the signature of an access: its operands and what it yields.
func accessSig(op uint32) wasm.FuncType {
	load := func(t byte) wasm.FuncType {
		return wasm.FuncType{Params: []wasm.ValType{wasm.I32}, Results: []wasm.ValType{valTypes[t]}}
	}
	store := func(t byte) wasm.FuncType {
		return wasm.FuncType{Params: []wasm.ValType{wasm.I32, valTypes[t]}}
	}
	switch {
	case op < 0x36:
		return load("ilfdiiiillllll"[op-0x28])
	case op < 0xfd00:
		return store("ilfdiilll"[op-0x36])
	case op == 0xfd0b, op >= 0xfd58 && op <= 0xfd5b: // v128.store, v128.storeN_lane
		return store('v')
	case op >= 0xfd54 && op <= 0xfd57: // v128.loadN_lane
		return wasm.FuncType{Params: []wasm.ValType{wasm.I32, wasm.V128}, Results: []wasm.ValType{wasm.V128}}
	}
	return load('v')
}

var (
	nullary = wasm.FuncType{}
	sizeSig = wasm.FuncType{Results: []wasm.ValType{wasm.I32}}
	growSig = wasm.FuncType{Params: []wasm.ValType{wasm.I32}, Results: []wasm.ValType{wasm.I32}}
	bulkSig = wasm.FuncType{Params: []wasm.ValType{wasm.I32, wasm.I32, wasm.I32}}
)
