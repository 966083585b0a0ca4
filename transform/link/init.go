package link

import (
	"fmt"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/transform/encode"
)

var i32s = []wasm.ValType{wasm.I32, wasm.I32, wasm.I32, wasm.I32}

// facade are the functions of libraries that the component calls by name, which
// it looks for in the main module.
var facade = []struct {
	name string
	sig  wasm.FuncType
}{
	{reallocName, wasm.FuncType{Params: i32s, Results: i32s[:1]}},
	{taskHookName, wasm.FuncType{Params: i32s[:1]}},
}

// addFacade has env export what the component uses of a main module: what
// allocates memory, the start of a command, and what runs when all is
// instantiated.
func (l *linker) addFacade() error {
	for _, f := range facade {
		s, err := l.facadeSymbol(f.name, f.sig)
		if err != nil {
			return err
		}
		if s != nil {
			l.env.trampoline(f.name, s)
		}
	}
	if l.start != nil {
		l.env.trampoline(startName, l.start)
	}
	return l.addInitialize()
}

// facadeSymbol gives the first function of that name that a library has; nil if
// none has it.
func (l *linker) facadeSymbol(name string, sig wasm.FuncType) (*symbol, error) {
	for _, s := range l.symbols[name] {
		switch {
		case s.kind != wasm.KindFunc || !l.uses(s.in):
		case !s.sig.Equal(sig):
			return nil, fmt.Errorf("the library %s exports %s with the signature %s, not %s", s.in.Name, name, s.sig, sig)
		default:
			return s, nil
		}
	}
	return nil, nil
}

func (l *linker) uses(lib *library) bool { return slices.Contains(l.order, lib) }

// addInitialize has env export a function that runs the constructors, if there
// are any.
func (l *linker) addInitialize() error {
	code := l.setLibraries()
	for _, lib := range l.order {
		for _, name := range []string{ctorsName, initializeName} {
			s, err := lib.hook(name)
			if err != nil {
				return err
			}
			if s != nil {
				code = l.env.callSlot(code, s)
			}
		}
	}
	if len(code) > 0 {
		l.env.export(initializeName, wasm.KindFunc, l.env.function(initializeName, wasm.FuncType{}, nil, code))
	}
	return nil
}

// An initializer is the module that completes the others. It fills the table,
// and then has the libraries adjust their data, which may have addresses that
// only the linker knows.
type initializer struct {
	wasm.Builder
	links map[encode.ImportName]encode.Link
}

// addInitializer makes the initializer, if there is anything to do.
func (l *linker) addInitializer() error {
	in := &initializer{Builder: wasm.Builder{Name: "init"}, links: map[encode.ImportName]encode.Link{}}
	for i, s := range l.env.slotOrder {
		if s.in == nil {
			continue // env's own
		}
		if i == 0 || l.env.slotOrder[i-1].in == nil {
			in.Elems = append(in.Elems, wasm.Elem{Offset: i32Const(l.env.slot(s))})
		}
		last := &in.Elems[len(in.Elems)-1]
		last.Funcs = append(last.Funcs, in.function(s))
	}
	var code []byte
	for _, lib := range l.order {
		relocs, err := lib.hook(relocsName)
		if err != nil {
			return err
		}
		if relocs != nil {
			code = wasm.AppendU32(append(code, opCall), in.function(relocs))
		}
	}
	if len(in.Elems) > 0 {
		name := encode.ImportName{Module: envModule, Field: tableName}
		in.Imports = append(in.Imports, wasm.Import{Module: name.Module, Name: name.Field, Kind: wasm.KindTable, Table: wasm.Table{Elem: wasm.FuncRef}})
		in.links[name] = encode.Link{Export: tableName}
	}
	if code != nil {
		start := uint32(len(in.links))
		if len(in.Elems) > 0 {
			start-- // the table
		}
		in.Funcs = []wasm.Func{{Type: in.Type(wasm.FuncType{}), Body: append(code, opEnd)}}
		in.Start = &start
	}
	if len(in.links) > 0 {
		l.initializer = &encode.Library{Module: encode.Module{Name: "init", Core: in.Bytes()}, Links: in.links}
	}
	return nil
}

// function imports a function of a library.
func (in *initializer) function(s *symbol) uint32 {
	name := encode.ImportName{Module: "library " + s.in.Name, Field: s.name}
	in.links[name] = encode.Link{Library: s.in.Name, Export: s.name}
	in.Imports = append(in.Imports, wasm.Import{Module: name.Module, Name: name.Field, Type: in.Type(s.sig)})
	return uint32(len(in.Imports) - 1)
}
