package multimemory

import (
	"fmt"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// code rewrites instructions up to the end.
func (s *splitter) code(code []byte) ([]byte, error) {
	c := &cursor{b: code}
	out := make([]byte, 0, len(code)+len(code)/4)
	for c.i < len(c.b) {
		in := c.instr()
		if c.err == nil {
			c.err = s.inRange(in)
		}
		if c.err != nil {
			return nil, fmt.Errorf("code section: %w", c.err)
		}
		out = s.instr(out, in)
	}
	return out, nil
}

// inRange checks the indices of memories and data segments, which lead to
// other parts.
func (s *splitter) inRange(in instruction) error {
	memories := in.index[:0]
	switch in.op {
	case opMemorySize, opMemoryGrow, opMemoryFill:
		memories = in.index[:1]
	case opMemoryCopy:
		memories = in.index[:2]
	case opMemoryInit:
		memories = in.index[1:2]
	default:
		if in.memB > 0 {
			memories = in.index[:1]
		}
	}
	for _, k := range memories {
		if int(k) > len(s.helpers) {
			return fmt.Errorf("an instruction refers to memory %d, of %d", k, len(s.helpers)+1)
		}
	}
	if (in.op == opMemoryInit || in.op == opDataDrop) && int(in.index[0]) >= len(s.datas) {
		return fmt.Errorf("an instruction refers to data segment %d, of %d", in.index[0], len(s.datas))
	}
	return nil
}

// instr appends what stands for an instruction.
func (s *splitter) instr(out []byte, in instruction) []byte {
	first, second := in.index[0], in.index[1]
	switch in.op {
	case opCall, opReturnCall, 0xd2:
		return wasm.AppendU32(append(out, byte(in.op)), s.function(first))
	case opMemorySize:
		return s.apply(out, first, []byte{opMemorySize, 0}, sizeSig)
	case opMemoryGrow:
		return s.apply(out, first, []byte{opMemoryGrow, 0}, growSig)
	case opMemoryFill:
		return s.apply(out, first, []byte{0xfc, 11, 0}, bulkSig)
	case opMemoryCopy:
		if first != second {
			return wasm.AppendU32(append(out, opCall), s.added(int(s.copier(first, second).index)))
		}
		return s.apply(out, first, []byte{0xfc, 10, 0, 0}, bulkSig)
	case opMemoryInit:
		return s.apply(out, second, append(wasm.AppendU32([]byte{0xfc, 8}, first), 0), bulkSig)
	case opDataDrop:
		return s.drop(out, first)
	}
	if in.memB == 0 {
		return append(out, in.raw...)
	}
	plain := wasm.AppendU64(wasm.AppendU32(slices.Clone(in.raw[:in.memA]), in.align), in.at)
	return s.apply(out, first, append(plain, in.raw[in.memB:]...), accessSig(in.op))
}

// apply appends an instruction, which names no memory, for memory k.
func (s *splitter) apply(out []byte, k uint32, code []byte, sig wasm.FuncType) []byte {
	if k == 0 {
		return append(out, code...)
	}
	return wasm.AppendU32(append(out, opCall), s.imported+s.use(k, code, sig).index)
}

// drop drops a data segment in all parts that have it.
func (s *splitter) drop(out []byte, data uint32) []byte {
	code := wasm.AppendU32([]byte{0xfc, 9}, data)
	out = append(out, code...)
	for k, h := range s.helpers {
		if h.datas[data] {
			out = s.apply(out, uint32(k)+1, code, nullary)
		}
	}
	return out
}

// start sets the start function of the main module.
func (s *splitter) start(b *wasm.Builder) error {
	if !s.ordered {
		if s.m.Start != nil {
			f := s.function(*s.m.Start)
			b.Start = &f
		}
		return nil
	}
	code, err := s.startCode()
	if err != nil {
		return err
	}
	f := s.added(len(s.copies))
	b.Start = &f
	b.Funcs = append(b.Funcs, wasm.Func{Type: b.Type(nullary), Body: code})
	for i := range b.Datas {
		b.Datas[i].Mode, b.Datas[i].Offset = wasm.Passive, nil
	}
	return nil
}

// startCode applies the active data segments in their order, as some of them
// are for memories of helpers, and calls the module's start function.
func (s *splitter) startCode() ([]byte, error) {
	if !s.ordered {
		return nil, nil
	}
	var out []byte
	for i, d := range s.datas {
		if d.Mode != wasm.Active {
			continue
		}
		if err := s.constant(d.Offset); err != nil {
			return nil, err
		}
		offset, err := s.code(d.Offset[:len(d.Offset)-1])
		if err != nil {
			return nil, err
		}
		out = append(append(out, offset...), opI32Const, 0, opI32Const)
		out = wasm.AppendS64(out, int64(int32(len(d.Bytes))))
		out = s.apply(out, d.Memory, append(wasm.AppendU32([]byte{0xfc, 8}, uint32(i)), 0), bulkSig)
		out = s.drop(out, uint32(i))
	}
	if s.m.Start != nil {
		out = wasm.AppendU32(append(out, opCall), s.function(*s.m.Start))
	}
	return append(out, opEnd), nil
}

// constant checks that an offset is a constant expression, as far as the
// engine does not see it any more when it stands in a function.
func (s *splitter) constant(expr []byte) error {
	for c := (&cursor{b: expr}); c.i < len(expr) && c.err == nil; {
		switch in := c.instr(); in.op {
		case opEnd, opI32Const, 0x6a, 0x6b, 0x6c: // add, sub, mul
		case opGlobalGet:
			g := (&cursor{b: in.raw[1:]}).u32()
			if t, ok := s.global(g); !ok || t.Mutable {
				return fmt.Errorf("data section: an offset is of global %d, which is not there or mutable", g)
			}
		default:
			return fmt.Errorf("data section: instruction % x in an offset", in.raw)
		}
	}
	return nil
}

func (s *splitter) global(i uint32) (wasm.GlobalType, bool) {
	for _, im := range s.m.Imports {
		if im.Kind != wasm.KindGlobal {
			continue
		}
		if i == 0 {
			return im.Global, true
		}
		i--
	}
	if int(i) >= len(s.m.Globals) {
		return wasm.GlobalType{}, false
	}
	return s.m.Globals[i].GlobalType, true
}
