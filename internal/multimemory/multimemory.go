// Package multimemory makes of a core module with several memories modules
// that have one memory each, for engines that run no others.
//
// The main module keeps memory 0. Each other memory moves to a helper, which
// defines or imports it and exports it again, together with one function for
// each different instruction that the module applies to it; the instruction
// becomes a call. So addresses, offsets, bounds and traps are what the engine
// makes of the same instruction. Segments of data that go to such a memory move
// along with it, and what was done in order before the start function is done
// by the new start function.
package multimemory

import (
	"fmt"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/bytecode"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// Memory is the name under which a helper exports its memory and, as module
// and name, imports it.
const Memory = "memory"

// maxMemories is the number of memories that a module may have. A data segment
// may be wanted in all of them, which multiplies it.
const maxMemories = 16

// A Split is a module in parts.
type Split struct {
	// Main has the imports of the module in their order, but for memories other
	// than the first, and then functions of helpers. Its exports are those of the
	// module but for such memories.
	Main []byte
	// Helpers have the memories from 1 on.
	Helpers []Helper
}

// A Helper is a module around one memory.
type Helper struct {
	Module    []byte
	Name      string   // of the module as which the main module imports it
	Functions []string // the exports that the main module imports
	Imported  bool     // the memory is its only import; else it defines it
}

// Of splits a module with at least two memories. The bodies of functions are
// not validated beyond their form: the engine does that to the parts.
func Of(m *wasm.Module) (*Split, error) {
	s, err := newSplitter(m)
	if err != nil {
		return nil, err
	}
	if err := s.collect(); err != nil {
		return nil, err
	}
	main, err := s.main()
	if err != nil {
		return nil, err
	}
	out := &Split{Main: main}
	for _, h := range s.helpers {
		part := Helper{Module: h.module(s.datas), Name: h.name, Imported: h.imported}
		for _, u := range h.order {
			part.Functions = append(part.Functions, u.name())
		}
		out.Helpers = append(out.Helpers, part)
	}
	return out, nil
}

// A splitter is the work on one module.
type splitter struct {
	m        *wasm.Module
	imported uint32 // functions
	bodies   []body
	elems    []wasm.Elem
	datas    []wasm.Data
	ordered  bool      // the start function applies the active segments
	helpers  []*helper // of memories 1 and on
	uses     []*use    // in the order of the imports that they become
	copies   []*copier // in the order of the functions that they become
}

// A use is a function of a helper that the main module calls.
type use struct {
	helper *helper
	code   string // the instruction that it stands for, without the memory
	sig    wasm.FuncType
	index  uint32 // among the uses
}

// A copier is a function of the main module that copies between memories.
type copier struct {
	to, from uint32
	index    uint32 // among the copiers
}

func newSplitter(m *wasm.Module) (*splitter, error) {
	s := &splitter{m: m}
	var limits []wasm.Limits
	for _, im := range m.Imports {
		switch im.Kind {
		case wasm.KindFunc:
			s.imported++
		case wasm.KindMemory:
			limits = append(limits, im.Memory)
		}
	}
	imported := len(limits)
	limits = append(limits, m.Memories...)
	if len(limits) > maxMemories {
		return nil, fmt.Errorf("a core module with %d memories: at most %d are supported", len(limits), maxMemories)
	}
	prefix := s.prefix()
	for i := 1; i < len(limits); i++ {
		h := &helper{limits: limits[i], imported: i < imported, name: fmt.Sprintf("%s %d", prefix, i), uses: map[string]*use{}, datas: map[uint32]bool{}}
		s.helpers = append(s.helpers, h)
	}
	var err error
	if s.bodies, err = readBodies(m); err != nil {
		return nil, err
	}
	if len(s.bodies) != len(m.Funcs) {
		return nil, fmt.Errorf("%d functions have %d bodies", len(m.Funcs), len(s.bodies))
	}
	if s.elems, err = m.Elems(); err != nil {
		return nil, err
	}
	if s.datas, err = m.Datas(); err != nil {
		return nil, err
	}
	for _, d := range s.datas {
		if d.Mode == wasm.Active && int(d.Memory) > len(s.helpers) {
			return nil, fmt.Errorf("a data segment is for memory %d, of %d", d.Memory, len(s.helpers)+1)
		}
		s.ordered = s.ordered || d.Mode == wasm.Active && d.Memory > 0
	}
	return s, nil
}

// prefix gives the start of the names of helpers: one that no import has.
func (s *splitter) prefix() string {
	prefix := Memory
	for slices.ContainsFunc(s.m.Imports, func(im wasm.Import) bool {
		return len(im.Module) > len(prefix) && im.Module[:len(prefix)+1] == prefix+" "
	}) {
		prefix += "'"
	}
	return prefix
}

// use gives the function for an instruction applied to memory k, above 0.
func (s *splitter) use(k uint32, code []byte, sig wasm.FuncType) *use {
	h := s.helpers[k-1]
	u := h.uses[string(code)]
	if u == nil {
		u = &use{helper: h, code: string(code), sig: sig, index: uint32(len(s.uses))}
		h.uses[u.code] = u
		h.order = append(h.order, u)
		s.uses = append(s.uses, u)
	}
	return u
}

func (s *splitter) copier(to, from uint32) *copier {
	for _, c := range s.copies {
		if c.to == to && c.from == from {
			return c
		}
	}
	c := &copier{to, from, uint32(len(s.copies))}
	s.copies = append(s.copies, c)
	return c
}

// function gives the new index of a function.
func (s *splitter) function(f uint32) uint32 {
	if f < s.imported {
		return f
	}
	return f + uint32(len(s.uses))
}

// added gives the index of the nth function that is added behind the others.
func (s *splitter) added(n int) uint32 {
	return s.function(s.imported+uint32(len(s.m.Funcs))) + uint32(n)
}

// collect finds the data segments that helpers need, and then the uses, so
// that the number of imports is known. The code that it makes is thrown away.
func (s *splitter) collect() error {
	for i, d := range s.datas {
		if d.Mode == wasm.Active && d.Memory > 0 {
			s.helpers[d.Memory-1].datas[uint32(i)] = true
		}
	}
	for _, b := range s.bodies {
		for c := bytecode.On(b.code); c.More(); {
			if in := c.Next(); in.Op == bytecode.MemoryInit && in.Index[1] > 0 && int(in.Index[1]) <= len(s.helpers) {
				s.helpers[in.Index[1]-1].datas[in.Index[0]] = true
			}
		}
	}
	for _, b := range s.bodies {
		if _, err := s.code(b.code); err != nil {
			return err
		}
	}
	s.copyCode()
	_, err := s.startCode()
	return err
}

// main gives the main module.
func (s *splitter) main() ([]byte, error) {
	b := &wasm.Builder{
		Types: slices.Clone(s.m.Types), Tables: s.m.Tables, Tags: s.m.Tags,
		Datas: slices.Clone(s.datas), Elems: slices.Clone(s.elems),
	}
	if s.memoryDefined() {
		b.Memories = s.m.Memories[:1]
	}
	s.imports(b)
	for i, body := range s.bodies {
		code, err := s.code(body.code)
		if err != nil {
			return nil, err
		}
		b.Funcs = append(b.Funcs, wasm.Func{Type: s.m.Funcs[i], Raw: append(slices.Clip(body.locals), code...)})
	}
	copySig := b.Type(bulkSig)
	for _, code := range s.copyCode() {
		b.Funcs = append(b.Funcs, wasm.Func{Type: copySig, Body: code})
	}
	if err := s.start(b); err != nil {
		return nil, err
	}
	if err := s.constants(b); err != nil {
		return nil, err
	}
	for _, e := range s.m.Exports {
		if e.Kind == wasm.KindMemory && e.Index > 0 {
			continue
		}
		if e.Kind == wasm.KindFunc {
			e.Index = s.function(e.Index)
		}
		b.Exports = append(b.Exports, e)
	}
	s.names(b)
	return b.Bytes(), nil
}

// memoryDefined tells whether memory 0 is no import.
func (s *splitter) memoryDefined() bool {
	return !slices.ContainsFunc(s.m.Imports, func(im wasm.Import) bool { return im.Kind == wasm.KindMemory })
}

func (s *splitter) imports(b *wasm.Builder) {
	memories := 0
	for _, im := range s.m.Imports {
		if im.Kind == wasm.KindMemory {
			if memories++; memories > 1 {
				continue
			}
		}
		b.Imports = append(b.Imports, im)
	}
	for _, u := range s.uses {
		b.Imports = append(b.Imports, wasm.Import{Module: u.helper.name, Name: u.name(), Kind: wasm.KindFunc, Type: b.Type(u.sig)})
	}
}

// constants rewrites what refers to functions outside of bodies.
func (s *splitter) constants(b *wasm.Builder) error {
	var err error
	expr := func(code []byte) []byte {
		if code == nil || err != nil {
			return code
		}
		code, err = s.code(code)
		return code
	}
	for _, g := range s.m.Globals {
		g.Init = expr(g.Init)
		b.Globals = append(b.Globals, g)
	}
	for i := range b.Elems {
		e := &b.Elems[i]
		e.Offset = expr(e.Offset)
		e.Funcs, e.Exprs = slices.Clone(e.Funcs), slices.Clone(e.Exprs)
		for j, f := range e.Funcs {
			e.Funcs[j] = s.function(f)
		}
		for j := range e.Exprs {
			e.Exprs[j] = expr(e.Exprs[j])
		}
	}
	return err
}
