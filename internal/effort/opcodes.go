package effort

import "github.com/isyswasfa/isyswasfa/internal/bytecode"

const (
	opUnreachable   = 0x00
	opBlock         = 0x02
	opLoop          = 0x03
	opIf            = 0x04
	opElse          = 0x05
	opThrow         = 0x08
	opThrowRef      = 0x0a
	opBr            = 0x0c
	opBrIf          = 0x0d
	opBrTable       = 0x0e
	opReturn        = 0x0f
	opCallRef       = 0x14
	opReturnCallRef = 0x15
	opSelect        = 0x1b
	opSelectTyped   = 0x1c
	opTryTable      = 0x1f
	opLocalTee      = 0x22
	opGlobalSet     = 0x24
	opTableGet      = 0x25
	opFirstLoad     = 0x28
	opLastLoad      = 0x35
	opLastNumeric   = 0xc4
	opLastTrunc     = 0xfc07
	opBrOnNull      = 0xd5
	opBrOnNonNull   = 0xd6
)

// A trait is what an instruction does to the operand stack, its calls and
// branches aside, and how much code the compiler makes of it, in instructions
// of its own.
type trait struct {
	effect int8 // at most
	weight uint8
}

type traits [0x100]trait

type span struct {
	first, last    int
	effect, weight int
}

func spans(list ...span) *traits {
	t := new(traits)
	for i := range t {
		t[i] = trait{1, 20}
	}
	for _, s := range list {
		for op := s.first; op <= s.last; op++ {
			t[op] = trait{int8(s.effect), uint8(s.weight)}
		}
	}
	return t
}

var plain = spans(
	span{0x00, 0x0c, 0, 1}, span{0x0d, 0x0e, 0, 4}, span{0x0f, 0x0f, 0, 1}, // unreachable to return
	span{0x10, 0x10, 0, 8}, span{0x11, 0x11, 0, 54}, span{0x12, 0x12, 0, 8}, span{0x13, 0x15, 0, 54}, // calls
	span{0x1a, 0x1a, -1, 1}, span{0x1b, 0x1c, -2, 4}, // drop, select
	span{0x20, 0x20, 1, 1}, span{0x21, 0x21, -1, 1}, span{0x22, 0x22, 0, 1}, span{0x23, 0x23, 1, 3}, span{0x24, 0x24, -1, 3}, // variables
	span{0x25, 0x25, 0, 24}, span{0x26, 0x26, -2, 24}, // table.get, table.set
	span{0x28, 0x35, 0, 8}, span{0x36, 0x3e, -2, 8}, span{0x3f, 0x3f, 1, 4}, span{0x40, 0x40, 0, 16}, // memory
	span{0x41, 0x44, 1, 2},                                                                           // constants
	span{0x45, 0x45, 0, 2}, span{0x46, 0x4f, -1, 2}, span{0x50, 0x50, 0, 2}, span{0x51, 0x66, -1, 2}, // comparisons
	span{0x67, 0x69, 0, 4}, span{0x6a, 0x6c, -1, 2}, span{0x6d, 0x70, -1, 28}, span{0x71, 0x78, -1, 2}, // i32
	span{0x79, 0x7b, 0, 4}, span{0x7c, 0x7e, -1, 2}, span{0x7f, 0x82, -1, 28}, span{0x83, 0x8a, -1, 2}, // i64
	span{0x8b, 0x91, 0, 6}, span{0x92, 0x98, -1, 12}, span{0x99, 0x9f, 0, 6}, span{0xa0, 0xa6, -1, 12}, // f32, f64
	span{0xa7, 0xa7, 0, 2}, span{0xa8, 0xab, 0, 38}, span{0xac, 0xad, 0, 2}, span{0xae, 0xb1, 0, 38}, span{0xb2, 0xc4, 0, 10}, // conversions
	span{0xd0, 0xd0, 1, 2}, span{0xd1, 0xd1, 0, 2}, span{0xd2, 0xd2, 1, 12}, span{0xd3, 0xd4, 0, 8}, span{0xd5, 0xd6, 0, 6}, // references
)

// bulk is for the prefix 0xfc.
var bulk = spans(
	span{0, 7, 0, 38}, span{8, 8, -3, 90}, span{9, 9, 0, 16}, span{10, 10, -3, 80}, span{11, 11, -3, 180}, // conversions, memories
	span{12, 12, -3, 110}, span{13, 13, 0, 16}, span{14, 14, -3, 110}, span{15, 15, -1, 24}, span{16, 16, 1, 10}, span{17, 17, -3, 180}, // tables
)

// vectors is for the prefix 0xfd. Lanes are not told apart, for a stack that
// seems to be higher than it is does no harm.
var vectors = spans(
	span{0, 10, 0, 10}, span{11, 11, -2, 8}, span{12, 12, 1, 4}, span{13, 14, -1, 10}, span{15, 87, 0, 20}, span{88, 91, -2, 10}, span{92, 0xff, 0, 20},
)

// computes tells whether an instruction, other than a call, leaves a value of
// its own on top of the operand stack.
func computes(op uint32) bool {
	switch {
	case op == opSelect, op == opSelectTyped, op == bytecode.GlobalGet, op == opTableGet:
		return true
	case op < bytecode.MemorySize:
		return op >= opFirstLoad && op <= opLastLoad
	case op <= opLastNumeric:
		return true
	case op>>8 == 0xfc:
		return op <= opLastTrunc
	}
	return op>>8 == 0xfd && of(op).effect >= -1
}

// of gives the trait of an instruction.
func of(op uint32) trait {
	switch op >> 8 {
	case 0:
		return plain[op&0xff]
	case 0xfc:
		return bulk[op&0xff]
	}
	return vectors[op&0xff] // what is behind the first 256 is not told apart
}
