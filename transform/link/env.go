package link

import (
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// Instructions of the functions that the linker makes.
const (
	opUnreachable  = 0x00
	opEnd          = 0x0b
	opCall         = 0x10
	opCallIndirect = 0x11
	opLocalGet     = 0x20
	opI32Const     = 0x41
)

// An env is the module with the memory, the table and what else libraries
// import of nobody in particular. Names of exports are those of the convention,
// or have a colon.
type env struct {
	wasm.Builder
	names map[string]bool   // of exports
	made  map[string]string // exports by what they are for

	slots     map[function]uint32 // entries of the table
	slotOrder []*symbol
	slotBase  uint32
	traps     map[*symbol]uint32 // functions in place of what no library has
}

func newEnv() *env {
	return &env{
		Builder: wasm.Builder{Name: "env", FuncNames: map[uint32]string{}},
		names:   map[string]bool{}, made: map[string]string{},
		slots: map[function]uint32{}, traps: map[*symbol]uint32{},
	}
}

// export exports something under the name given, or one like it.
func (e *env) export(name string, kind wasm.Kind, index uint32) string {
	for e.names[name] {
		name += "'"
	}
	e.names[name] = true
	e.Exports = append(e.Exports, wasm.Export{Name: name, Kind: kind, Index: index})
	return name
}

// once makes an export unless it is there, and gives its name.
func (e *env) once(key string, do func() string) string {
	name, ok := e.made[key]
	if !ok {
		name = do()
		e.made[key] = name
	}
	return name
}

// global gives the export that is a global with that value.
func (e *env) global(name string, t wasm.GlobalType, value uint32) string {
	return e.once(name, func() string {
		e.Globals = append(e.Globals, wasm.Global{GlobalType: t, Init: i32Const(value)})
		return e.export(name, wasm.KindGlobal, uint32(len(e.Globals)-1))
	})
}

// function defines a function.
func (e *env) function(name string, sig wasm.FuncType, locals []wasm.ValType, body []byte) uint32 {
	e.Funcs = append(e.Funcs, wasm.Func{Type: e.Type(sig), Locals: locals, Body: append(body, opEnd)})
	index := uint32(len(e.Imports) + len(e.Funcs) - 1)
	e.FuncNames[index] = name
	return index
}

// A function is what a symbol stands for: it may have several names, but only
// one address.
type function struct {
	in      *library
	index   uint32
	missing *symbol
}

func (s *symbol) function() function {
	if s.in == nil {
		return function{missing: s}
	}
	return function{in: s.in, index: s.index}
}

// slot gives the index in the table of a function.
func (e *env) slot(s *symbol) uint32 {
	i, ok := e.slots[s.function()]
	if !ok {
		i = e.slotBase + uint32(len(e.slotOrder))
		e.slots[s.function()] = i
		e.slotOrder = append(e.slotOrder, s)
	}
	return i
}

// trampoline exports a function that calls another one through the table, or
// that traps if no library has it.
func (e *env) trampoline(name string, s *symbol) string {
	return e.once(name+" "+s.sig.String(), func() string {
		if s.in == nil {
			return e.export(name, wasm.KindFunc, e.trap(s))
		}
		return e.export(name, wasm.KindFunc, e.function(name, s.sig, nil, e.jump(s)))
	})
}

// trap gives the index of a function in place of one that no library has.
func (e *env) trap(s *symbol) uint32 {
	i, ok := e.traps[s]
	if !ok {
		i = e.function("missing "+s.name, s.sig, nil, []byte{opUnreachable})
		e.traps[s] = i
	}
	return i
}

// jump is code that calls a function with the parameters of the one that has
// the code.
func (e *env) jump(s *symbol) []byte {
	var code []byte
	for p := range s.sig.Params {
		code = wasm.AppendU32(append(code, opLocalGet), uint32(p))
	}
	return e.callSlot(code, s)
}

// callSlot is code that calls a function with what is on the stack.
func (e *env) callSlot(code []byte, s *symbol) []byte {
	code = appendConst(code, e.slot(s))
	return append(wasm.AppendU32(append(code, opCallIndirect), e.Type(s.sig)), 0)
}

// i32Const is a constant expression.
func i32Const(v uint32) []byte { return append(appendConst(nil, v), opEnd) }

func appendConst(code []byte, v uint32) []byte {
	return wasm.AppendS64(append(code, opI32Const), int64(int32(v)))
}

// bytes gives the module, with the table entries that are its own.
func (e *env) bytes() []byte {
	for _, s := range e.slotOrder {
		if s.in == nil {
			e.Elems = append(e.Elems, wasm.Elem{Offset: i32Const(e.slot(s)), Funcs: []uint32{e.trap(s)}})
		}
	}
	end := uint64(e.slotBase) + uint64(len(e.slotOrder))
	e.Tables[0].Min = max(e.Tables[0].Min, end)
	return e.Bytes()
}
