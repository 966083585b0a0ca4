package multimemory

import (
	"slices"
	"strconv"

	"github.com/isyswasfa/isyswasfa/internal/bytecode"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// A helper is the module around one memory.
type helper struct {
	name     string
	limits   wasm.Limits
	imported bool
	uses     map[string]*use // by code
	order    []*use
	datas    map[uint32]bool // the segments that it needs
}

// name gives the name under which the helper exports the function.
func (u *use) name() string { return strconv.Itoa(int(u.index)) }

// module gives the binary. It has the data segments that its functions refer
// to, with the indices that they have in the whole module; others are empty.
func (h *helper) module(datas []wasm.Data) []byte {
	b := &wasm.Builder{Exports: []wasm.Export{{Name: Memory, Kind: wasm.KindMemory}}}
	if h.imported {
		b.Imports = []wasm.Import{{Module: Memory, Name: Memory, Kind: wasm.KindMemory, Memory: h.limits}}
	} else {
		b.Memories = []wasm.Limits{h.limits}
	}
	last := 0
	for i := range h.datas {
		last = max(last, int(i)+1)
	}
	for i, u := range h.order {
		var code []byte
		for p := range u.sig.Params {
			code = append(code, bytecode.LocalGet, byte(p))
		}
		code = append(append(code, u.code...), bytecode.End)
		b.Funcs = append(b.Funcs, wasm.Func{Type: b.Type(u.sig), Body: code})
		b.Exports = append(b.Exports, wasm.Export{Name: u.name(), Kind: wasm.KindFunc, Index: uint32(i)})
	}
	for i, d := range datas[:min(last, len(datas))] {
		d = wasm.Data{Mode: wasm.Passive, Bytes: d.Bytes}
		if !h.datas[uint32(i)] {
			d.Bytes = nil
		}
		b.Datas = append(b.Datas, d)
	}
	return b.Bytes()
}

// names keeps the names of functions.
func (s *splitter) names(b *wasm.Builder) {
	b.FuncNames = map[uint32]string{}
	for _, custom := range s.m.Customs {
		if custom.Name != "name" {
			continue
		}
		for c := bytecode.On(custom.Data); c.More(); {
			id := c.Byte()
			sub := bytecode.On(c.Bytes(c.U32()))
			switch id {
			case 0:
				b.Name = string(sub.Bytes(sub.U32()))
			case 1:
				for n := sub.U32(); n > 0 && sub.Err == nil; n-- {
					f := sub.U32()
					b.FuncNames[s.function(f)] = string(sub.Bytes(sub.U32()))
				}
			}
		}
	}
}

// copyCode gives the functions that copy from one memory to another. Two
// memories may be one that was imported twice, so the order of bytes matters.
func (s *splitter) copyCode() [][]byte {
	var list [][]byte
	for _, c := range s.copies {
		e := &emitter{s: s, to: c.to, from: c.from}
		list = append(list, e.copyFunc())
	}
	return list
}

// An emitter writes the function that copies n bytes (local 2) from an address
// (local 1) of one memory to one of another (local 0).
type emitter struct {
	s        *splitter
	to, from uint32
	out      []byte
}

const (
	opLoop    = 0x03
	opIf      = 0x04
	opElse    = 0x05
	opBr      = 0x0c
	opI32GeU  = 0x4f
	opI32LeU  = 0x4d
	opI64GtU  = 0x56
	opI32Add  = 0x6a
	opI32Sub  = 0x6b
	opI32Or   = 0x72
	opI64Add  = 0x7c
	opI64Shl  = 0x86
	opExtendU = 0xad
	blockVoid = 0x40
)

func (e *emitter) emit(code ...byte) { e.out = append(e.out, code...) }

func (e *emitter) copyFunc() []byte {
	e.outside(e.to, 0)
	e.outside(e.from, 1)
	e.emit(opI32Or, opIf, blockVoid)
	// A load beyond any memory: the trap of an address out of bounds.
	e.emit(bytecode.I32Const, 0x7f, bytecode.I32Load8U, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, bytecode.Drop, bytecode.End)
	e.emit(bytecode.LocalGet, 0, bytecode.LocalGet, 1, opI32LeU, opIf, blockVoid)
	e.loop(8, true)
	e.loop(1, true)
	e.emit(opElse)
	e.loop(8, false)
	e.loop(1, false)
	e.emit(bytecode.End, bytecode.End)
	return slices.Clip(e.out)
}

// outside computes whether the bytes at an address in a local are not all
// within a memory.
func (e *emitter) outside(memory uint32, local byte) {
	e.emit(bytecode.LocalGet, local, opExtendU, bytecode.LocalGet, 2, opExtendU, opI64Add)
	e.out = e.s.apply(e.out, memory, []byte{bytecode.MemorySize, 0}, sizeSig)
	e.emit(opExtendU, 0x42, 16, opI64Shl, opI64GtU)
}

// loop copies size bytes at a time as long as there are so many, upwards or
// downwards.
func (e *emitter) loop(size byte, up bool) {
	load, store := byte(bytecode.I64Load), byte(bytecode.I64Store)
	if size == 1 {
		load, store = bytecode.I32Load8U, bytecode.I32Store8
	}
	e.emit(opLoop, blockVoid, bytecode.LocalGet, 2, bytecode.I32Const, size, opI32GeU, opIf, blockVoid)
	if !up {
		e.step(2, opI32Sub, size)
	}
	e.address(0, up)
	e.address(1, up)
	e.out = e.s.apply(e.out, e.from, []byte{load, 0, 0}, accessSig(uint32(load)))
	e.out = e.s.apply(e.out, e.to, []byte{store, 0, 0}, accessSig(uint32(store)))
	if up {
		e.step(0, opI32Add, size)
		e.step(1, opI32Add, size)
		e.step(2, opI32Sub, size)
	}
	e.emit(opBr, 1, bytecode.End, bytecode.End)
}

func (e *emitter) step(local, op, size byte) {
	e.emit(bytecode.LocalGet, local, bytecode.I32Const, size, op, bytecode.LocalSet, local)
}

func (e *emitter) address(local byte, up bool) {
	e.emit(bytecode.LocalGet, local)
	if !up {
		e.emit(bytecode.LocalGet, 2, opI32Add)
	}
}
