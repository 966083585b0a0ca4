package link

import (
	"cmp"
	_ "embed"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wat"
	"github.com/isyswasfa/isyswasfa/transform/encode"
)

// Libraries that have dlopen and dlsym learn what can be opened from tables in
// memory, of numbers of 32 bits:
//
//	root:     number of libraries, address of the first
//	library:  length of its name, address of that, number of symbols, address of the first
//	symbol:   length of its name, address of that, value
//
// Libraries and symbols are sorted by name. The value is a table index or an
// address. Where the root is they import as data, or are told at the beginning
// by a call of an older convention.
const (
	dlData = "__wasm_libdl_libraries"
	dlCall = "__wasm_set_libraries"
)

var dlCallSig = wasm.FuncType{Params: i32s[:1]}

// placeLibraries makes the tables of the libraries that can be opened, if any
// library wants them.
func (l *linker) placeLibraries(memory *span) error {
	if !l.wantsLibraries() {
		return nil
	}
	var open []*library
	for _, lib := range l.order {
		if lib.Openable {
			open = append(open, lib)
		}
	}
	slices.SortFunc(open, func(a, b *library) int { return cmp.Compare(a.Name, b.Name) })
	base, err := memory.take(0, 2, "the tables for dlopen")
	if err != nil {
		return err
	}
	t := dlTable{base: base}
	var libraries []uint32
	for _, lib := range open {
		entries := l.symbolEntries(lib, &t)
		libraries = append(libraries, uint32(len(lib.Name)), t.text(lib.Name), uint32(len(entries)/symbolEntry), t.numbers(entries...))
	}
	l.data[dlData] = t.numbers(uint32(len(open)), t.numbers(libraries...))
	if _, err := memory.take(uint32(len(t.bytes)), 0, "the tables for dlopen"); err != nil {
		return err
	}
	l.env.Datas = append(l.env.Datas, wasm.Data{Offset: i32Const(base), Bytes: t.bytes})
	return nil
}

// symbolEntry is the number of numbers that tell of a symbol.
const symbolEntry = 3

// symbolEntries gives the entries of what a library exports, whose names it
// adds to the tables.
func (l *linker) symbolEntries(lib *library, t *dlTable) []uint32 {
	symbols := slices.DeleteFunc(slices.Clone(lib.symbols), func(s *symbol) bool { return s.kind == wasm.KindTag })
	slices.SortFunc(symbols, func(a, b *symbol) int { return cmp.Compare(a.name, b.name) })
	var entries []uint32
	for _, s := range symbols {
		entries = append(entries, uint32(len(s.name)), t.text(s.name), l.value(s))
	}
	return entries
}

// wantsLibraries tells whether any library has a use for the tables.
func (l *linker) wantsLibraries() bool {
	for _, lib := range l.order {
		for _, name := range lib.own {
			if name.Field == dlData {
				return true
			}
		}
	}
	return l.dlCall() != nil
}

// dlCall gives the function that is to be told where the root is; nil if there
// is none.
func (l *linker) dlCall() *symbol {
	for _, s := range l.symbols[dlCall] {
		if l.uses(s.in) && s.kind == wasm.KindFunc && s.sig.Equal(dlCallSig) {
			return s
		}
	}
	return nil
}

// setLibraries is code that tells where the root is; none if nobody is to be
// told.
func (l *linker) setLibraries() []byte {
	s := l.dlCall()
	if s == nil {
		return nil
	}
	return l.env.callSlot(appendConst(nil, l.data[dlData]), s)
}

// value gives what dlsym gives for a symbol.
func (l *linker) value(s *symbol) uint32 {
	if s.kind == wasm.KindFunc {
		return l.env.slot(s)
	}
	return s.address()
}

// A dlTable is data that is laid out from base on.
type dlTable struct {
	base  uint32
	bytes []byte
}

// text adds a string and gives its address.
func (t *dlTable) text(s string) uint32 {
	at := t.base + uint32(len(t.bytes))
	t.bytes = append(t.bytes, s...)
	return at
}

// numbers adds numbers of 32 bits and gives the address of the first.
func (t *dlTable) numbers(list ...uint32) uint32 {
	for len(t.bytes)%4 != 0 {
		t.bytes = append(t.bytes, 0)
	}
	at := t.base + uint32(len(t.bytes))
	for _, v := range list {
		t.bytes = binary.LittleEndian.AppendUint32(t.bytes, v)
	}
	return at
}

// The library that has dlopen, and the size of its messages.
const (
	builtinName = "libdl.so"
	builtinData = 171
)

//go:embed libdl.wat
var builtinText string

// builtinDL gives a library that has dlopen, dlsym, dlclose and dlerror.
func builtinDL() (*library, error) {
	core, err := wat.Assemble(builtinText)
	if err != nil {
		return nil, fmt.Errorf("libdl.wat: %w", err)
	}
	parsed, err := wasm.Parse(core)
	if err != nil {
		return nil, fmt.Errorf("libdl.wat: %w", err)
	}
	dylink := &wasm.Dylink{Memory: wasm.Space{Size: builtinData}}
	return readLibrary(Library{Module: encode.Module{Name: builtinName, Core: core}}, parsed, dylink)
}
