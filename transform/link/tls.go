package link

import (
	"encoding/binary"
	"strconv"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// Thread-local storage. A library that has any exports the address of a
// description of it, and asks for the base of what the running thread has of it
// by two functions, of which each library gets its own. The bases of all
// libraries are an array; a thread that a library has made keeps the address of
// its array in its context, and the first thread's is the linker's:
//
//	__wasm_program_tls_info:  number of libraries, address of their descriptions' addresses, address of the first thread's array
const (
	getTLS     = "__wasm_get_tls_base"
	setTLS     = "__wasm_set_tls_base"
	programTLS = "__wasm_program_tls_info"
	libraryTLS = "__wasm_library_tls_info"
	contextGet = "[context-get-1]"
)

var tlsFuncs = map[string]*wasm.FuncType{
	getTLS: {Results: i32s[:1]},
	setTLS: {Params: i32s[:1]},
}

// A tls is where thread-local storage is found.
type tls struct {
	first   uint32              // the array of the first thread
	indices map[*library]uint32 // in such an array
	context *uint32             // the function that gives the address of the thread's array; nil if there is one thread
}

// placeTLS makes the arrays, if any library uses them.
func (l *linker) placeTLS(memory *span) error {
	var bases, program, threads bool
	var descriptions []uint32
	l.tls.indices = map[*library]uint32{}
	for _, lib := range l.order {
		for _, name := range lib.own {
			bases = bases || tlsFuncs[name.Field] != nil
			program = program || name.Field == programTLS
		}
		threads = threads || lib.threads
		if at, ok := lib.tlsDescription(); ok {
			l.tls.indices[lib] = uint32(len(descriptions))
			descriptions = append(descriptions, at)
		}
	}
	if !bases && !program {
		return nil
	}
	const what = "the tables for thread-local storage"
	count := uint32(len(descriptions))
	var err error
	if l.tls.first, err = memory.take(4*count, 2, what); err != nil {
		return err
	}
	if program {
		at, err := memory.take(4*count+12, 2, what)
		if err != nil {
			return err
		}
		var data []byte
		for _, v := range append(descriptions, count, at, l.tls.first) {
			data = binary.LittleEndian.AppendUint32(data, v)
		}
		l.data[programTLS] = at + 4*count
		l.env.Datas = append(l.env.Datas, wasm.Data{Offset: i32Const(at), Bytes: data})
	}
	if bases && threads {
		l.env.Imports = []wasm.Import{{Module: rootWorld, Name: contextGet, Type: l.env.Type(*tlsFuncs[getTLS])}}
		l.tls.context = new(uint32)
	}
	return nil
}

// tlsDescription gives the address of the library's description of its
// thread-local storage.
func (l *library) tlsDescription() (uint32, bool) {
	ex, ok := l.exports[libraryTLS]
	if !ok || ex.Kind != wasm.KindGlobal {
		return 0, false
	}
	offset, ok := l.core.Address(ex.Index)
	return l.memoryBase + offset, ok
}

// Instructions of the functions for thread-local storage.
const (
	opIf       = 0x04
	opElse     = 0x05
	opLocalSet = 0x21
	opLoad     = 0x28
	opStore    = 0x36
	emptyBlock = 0x40
	wordAlign  = 2
)

// tlsFunction exports a library's own function that gets or sets the base of
// its thread-local storage. The first thread, whose context is empty, sets it
// in its array.
func (l *linker) tlsFunction(lib *library, name string) string {
	return l.env.once(lib.Name+":"+name, func() string {
		index, ok := l.tls.indices[lib]
		place := binary.AppendUvarint([]byte{wordAlign}, uint64(4*index)) // of a load or store
		code := []byte{opUnreachable}
		var locals []wasm.ValType
		switch {
		case !ok: // it has none, and does not ask
		case name == getTLS:
			code = append(append(l.threadArray(), opLoad), place...)
		case l.tls.context == nil:
			code = store(l.threadArray(), place)
		default:
			locals = i32s[:1]
			code = append(l.threadArray(), opLocalSet, 1, opLocalGet, 1, opIf, emptyBlock)
			code = store(append(code, opLocalGet, 1), place)
			code = append(code, opElse)
			code = append(store(appendConst(code, l.tls.first), place), opEnd)
		}
		return l.env.export(lib.Name+":"+name, wasm.KindFunc, l.env.function(name+" of "+strconv.Quote(lib.Name), *tlsFuncs[name], locals, code))
	})
}

// store is code that stores the first parameter at a place relative to the
// address that the code before gives.
func store(code, place []byte) []byte {
	return append(append(code, opLocalGet, 0, opStore), place...)
}

// threadArray is code that gives the address of the thread's array.
func (l *linker) threadArray() []byte {
	if l.tls.context == nil {
		return appendConst(nil, l.tls.first)
	}
	return wasm.AppendU32([]byte{opCall}, *l.tls.context)
}
