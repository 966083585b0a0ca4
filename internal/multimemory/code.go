package multimemory

import (
	"errors"
	"fmt"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/bytecode"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// code rewrites instructions up to the end.
func (s *splitter) code(code []byte) ([]byte, error) {
	c := bytecode.On(code)
	out := make([]byte, 0, len(code)+len(code)/4)
	for c.More() {
		in := c.Next()
		if err := s.inRange(in); c.Err == nil && err != nil {
			c.Fail(err)
		}
		if c.Err != nil {
			return nil, fmt.Errorf("code section: %w", c.Err)
		}
		out = s.instr(out, in)
	}
	return out, nil
}

// inRange checks the indices of memories and data segments, which lead to
// other parts.
func (s *splitter) inRange(in bytecode.Instruction) error {
	memories := in.Index[:0]
	switch in.Op {
	case bytecode.MemorySize, bytecode.MemoryGrow, bytecode.MemoryFill:
		memories = in.Index[:1]
	case bytecode.MemoryCopy:
		memories = in.Index[:2]
	case bytecode.MemoryInit:
		memories = in.Index[1:2]
	default:
		if in.MemEnd > 0 {
			memories = in.Index[:1]
		}
	}
	if in.Op>>8 == 0xfe && in.Index[0] > 0 {
		return errors.New("an atomic access of a memory other than the first, which is not supported")
	}
	for _, k := range memories {
		if int(k) > len(s.helpers) {
			return fmt.Errorf("an instruction refers to memory %d, of %d", k, len(s.helpers)+1)
		}
	}
	if (in.Op == bytecode.MemoryInit || in.Op == bytecode.DataDrop) && int(in.Index[0]) >= len(s.datas) {
		return fmt.Errorf("an instruction refers to data segment %d, of %d", in.Index[0], len(s.datas))
	}
	return nil
}

// instr appends what stands for an instruction.
func (s *splitter) instr(out []byte, in bytecode.Instruction) []byte {
	first, second := in.Index[0], in.Index[1]
	switch in.Op {
	case bytecode.Call, bytecode.ReturnCall, bytecode.RefFunc:
		return wasm.AppendU32(append(out, byte(in.Op)), s.function(first))
	case bytecode.MemorySize:
		return s.apply(out, first, []byte{bytecode.MemorySize, 0}, sizeSig)
	case bytecode.MemoryGrow:
		return s.apply(out, first, []byte{bytecode.MemoryGrow, 0}, growSig)
	case bytecode.MemoryFill:
		return s.apply(out, first, []byte{0xfc, 11, 0}, bulkSig)
	case bytecode.MemoryCopy:
		if first != second {
			return wasm.AppendU32(append(out, bytecode.Call), s.added(int(s.copier(first, second).index)))
		}
		return s.apply(out, first, []byte{0xfc, 10, 0, 0}, bulkSig)
	case bytecode.MemoryInit:
		return s.apply(out, second, append(wasm.AppendU32([]byte{0xfc, 8}, first), 0), bulkSig)
	case bytecode.DataDrop:
		return s.drop(out, first)
	}
	if in.MemEnd == 0 {
		return append(out, in.Raw...)
	}
	plain := wasm.AppendU64(wasm.AppendU32(slices.Clone(in.Raw[:in.MemStart]), in.Align), in.Offset)
	return s.apply(out, first, append(plain, in.Raw[in.MemEnd:]...), accessSig(in.Op))
}

// apply appends an instruction, which names no memory, for memory k.
func (s *splitter) apply(out []byte, k uint32, code []byte, sig wasm.FuncType) []byte {
	if k == 0 {
		return append(out, code...)
	}
	return wasm.AppendU32(append(out, bytecode.Call), s.imported+s.use(k, code, sig).index)
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
		out = append(append(out, offset...), bytecode.I32Const, 0, bytecode.I32Const)
		out = wasm.AppendS64(out, int64(int32(len(d.Bytes))))
		out = s.apply(out, d.Memory, append(wasm.AppendU32([]byte{0xfc, 8}, uint32(i)), 0), bulkSig)
		out = s.drop(out, uint32(i))
	}
	if s.m.Start != nil {
		out = wasm.AppendU32(append(out, bytecode.Call), s.function(*s.m.Start))
	}
	return append(out, bytecode.End), nil
}

// constant checks that an offset is a constant expression, as far as the
// engine does not see it any more when it stands in a function.
func (s *splitter) constant(expr []byte) error {
	for c := bytecode.On(expr); c.More(); {
		switch in := c.Next(); in.Op {
		case bytecode.End, bytecode.I32Const, 0x6a, 0x6b, 0x6c: // add, sub, mul
		case bytecode.GlobalGet:
			g := bytecode.On(in.Raw[1:]).U32()
			if t, ok := s.global(g); !ok || t.Mutable {
				return fmt.Errorf("data section: an offset is of global %d, which is not there or mutable", g)
			}
		default:
			return fmt.Errorf("data section: instruction % x in an offset", in.Raw)
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
