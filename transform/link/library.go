package link

import (
	"errors"
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/transform/encode"
)

// Modules that dynamic libraries import of.
const (
	envModule = "env"
	gotMemory = "GOT.mem"
	gotFuncs  = "GOT.func"
	rootWorld = "$root"
)

// Names that the convention gives a meaning.
const (
	memoryName     = "memory"
	tableName      = "__indirect_function_table"
	memoryBase     = "__memory_base"
	tableBase      = "__table_base"
	stackPointer   = "__stack_pointer"
	stackStart     = "__init_stack_pointer"
	asyncifyState  = "__asyncify_state"
	asyncifyData   = "__asyncify_data"
	relocsName     = "__wasm_apply_data_relocs"
	ctorsName      = "__wasm_call_ctors"
	initializeName = "_initialize"
	startName      = "_start"
	reallocName    = "cabi_realloc"
	taskHookName   = "__wasm_task_hook"
	threadName     = "[thread-new-indirect-v0]"
	getStack       = "__wasm_get_stack_pointer"
	setStack       = "__wasm_set_stack_pointer"
)

var (
	variable = wasm.GlobalType{Type: wasm.I32, Mutable: true}
	constant = wasm.GlobalType{Type: wasm.I32}
)

// envGlobals are the globals that any library may import of env.
var envGlobals = map[string]wasm.GlobalType{
	memoryBase: constant, tableBase: constant, stackPointer: variable, stackStart: constant, asyncifyState: variable, asyncifyData: variable,
}

// A library is a module that is linked, with what it wants of the others.
type library struct {
	Library
	core   *wasm.Module
	dylink *wasm.Dylink

	exports map[string]wasm.Export
	symbols []*symbol // what it has for others, in the order of its exports

	wants   []*want // symbols, of other libraries or itself
	wanted  map[wantKey]*want
	own     []encode.ImportName            // imports that the linker itself meets
	threads bool                           // it makes threads
	limits  struct{ memory, table uint64 } // the least that it imports

	needs []*library // those that come before it, if they can
	links map[encode.ImportName]encode.Link

	memoryBase, tableBase uint32
}

// A want is the import of a symbol.
type want struct {
	wantKey
	by   *library
	sig  wasm.FuncType // of a call or tag
	weak bool          // it need not exist
	from *symbol       // nil if nothing has it
}

type wantKey struct {
	how  how
	name string
}

// A how is the way in which a symbol is imported.
type how uint8

const (
	call    how = iota // a function of env
	pointer            // the table index of a function, of GOT.func
	address            // the address of data, of GOT.mem
	tag                // an exception tag of env
)

// A symbol is something that a library exports for the others.
type symbol struct {
	in     *library // nil if it is a function that traps, for want of another
	name   string
	kind   wasm.Kind
	index  uint32
	sig    wasm.FuncType // of a function or tag
	offset uint32        // of data, in the library's memory
}

func newLibrary(l Library) (*library, error) {
	core, err := wasm.Parse(l.Core)
	if err == nil {
		err = core.CheckForm()
	}
	if err != nil {
		return nil, fmt.Errorf("the library %s: %w", l.Name, err)
	}
	dylink, err := core.Dylink()
	if err != nil {
		return nil, fmt.Errorf("the library %s: %w", l.Name, err)
	}
	return readLibrary(l, core, dylink)
}

// readLibrary finds what a library imports and exports.
func readLibrary(l Library, core *wasm.Module, dylink *wasm.Dylink) (*library, error) {
	lib := &library{Library: l, core: core, dylink: dylink, exports: map[string]wasm.Export{}, wanted: map[wantKey]*want{}, links: map[encode.ImportName]encode.Link{}}
	for _, im := range core.Imports {
		if err := lib.imports(im); err != nil {
			return nil, fmt.Errorf("the library %s: import %q %q: %w", l.Name, im.Module, im.Name, err)
		}
	}
	for _, ex := range core.Exports {
		lib.exports[ex.Name] = ex
		if s := lib.symbol(ex); s != nil && !private[ex.Name] {
			lib.symbols = append(lib.symbols, s)
		}
		if ex.Kind == wasm.KindTable || ex.Kind == wasm.KindMemory {
			return nil, fmt.Errorf("the library %s exports the %s %q; a library uses the one of all", l.Name, ex.Kind, ex.Name)
		}
	}
	if lib.exportsFunc(ctorsName) && lib.exportsFunc(initializeName) {
		return nil, fmt.Errorf("the library %s exports both %s and %s, which are two ways to begin", l.Name, ctorsName, initializeName)
	}
	return lib, nil
}

// imports notes what an import stands for. Those of modules that the
// convention does not know are the component's business.
func (l *library) imports(im wasm.Import) error {
	switch im.Module {
	case envModule:
		return l.importEnv(im)
	case gotMemory, gotFuncs:
		if im.Kind != wasm.KindGlobal || im.Global != variable {
			return errors.New("this should be a mutable global of i32")
		}
		switch {
		case im.Module == gotFuncs:
			return l.want(pointer, im, wasm.FuncType{})
		case !linkerData[im.Name]:
			return l.want(address, im, wasm.FuncType{})
		}
		l.met(im)
	case rootWorld:
		l.threads = l.threads || im.Name == threadName
	}
	return nil
}

func (l *library) importEnv(im wasm.Import) error {
	global, known := envGlobals[im.Name]
	switch {
	case im.Name == memoryName:
		l.met(im)
		l.limits.memory = max(l.limits.memory, im.Memory.Min)
		if plain := (wasm.Limits{Min: im.Memory.Min}); im.Kind != wasm.KindMemory || im.Memory != plain {
			return errors.New("this should be a plain memory of 32 bits without a maximum")
		}
	case im.Name == tableName:
		l.met(im)
		l.limits.table = max(l.limits.table, im.Table.Min)
		if plain := (wasm.Limits{Min: im.Table.Min}); im.Kind != wasm.KindTable || im.Table != (wasm.Table{Elem: wasm.FuncRef, Limits: plain}) {
			return errors.New("this should be a plain table of functions without a maximum")
		}
	case known:
		l.met(im)
		if im.Kind != wasm.KindGlobal || im.Global != global {
			return fmt.Errorf("this should be a global of i32 that is %s", map[bool]string{true: "mutable", false: "constant"}[global.Mutable])
		}
	case im.Kind == wasm.KindFunc && (im.Name == getStack || im.Name == setStack):
		// the encoder's
	case im.Kind == wasm.KindFunc && tlsFuncs[im.Name] != nil:
		l.met(im)
		if have, want := l.core.Types[im.Type], *tlsFuncs[im.Name]; !have.Equal(want) {
			return fmt.Errorf("its signature is %s, not %s", have, want)
		}
	case im.Kind == wasm.KindFunc:
		return l.want(call, im, l.core.Types[im.Type])
	case im.Kind == wasm.KindTag:
		return l.want(tag, im, l.core.Types[im.Type])
	default:
		return fmt.Errorf("libraries have no such %s", im.Kind)
	}
	return nil
}

// met notes an import that is no symbol.
func (l *library) met(im wasm.Import) {
	l.own = append(l.own, encode.ImportName{Module: im.Module, Field: im.Name})
}

// want notes the import of a symbol, once. The linker of LLVM tells of weak
// ones under env, whatever they are imported as.
func (l *library) want(how how, im wasm.Import, sig wasm.FuncType) error {
	weak := (l.dylink.Imports[[2]string{im.Module, im.Name}] | l.dylink.Imports[[2]string{envModule, im.Name}]) & wasm.SymbolWeak
	w := &want{wantKey: wantKey{how, im.Name}, by: l, sig: sig, weak: weak != 0}
	if old := l.wanted[w.wantKey]; old != nil {
		if !old.sig.Equal(sig) {
			return fmt.Errorf("it is imported with two signatures, %s and %s", old.sig, sig)
		}
		return nil
	}
	l.wanted[w.wantKey] = w
	l.wants = append(l.wants, w)
	return nil
}

// module gives the core module that an import of that kind is from.
func (h how) module() string { return [...]string{envModule, gotFuncs, gotMemory, envModule}[h] }

// String describes what is wanted.
func (w *want) String() string {
	switch w.how {
	case call:
		return fmt.Sprintf("the function %s %s", w.name, w.sig)
	case tag:
		return fmt.Sprintf("the tag %s %s", w.name, w.sig)
	case pointer:
		return "the address of the function " + w.name
	}
	return "the address of " + w.name
}

// exportsFunc tells whether there is an exported function of that name.
func (l *library) exportsFunc(name string) bool {
	ex, ok := l.exports[name]
	return ok && ex.Kind == wasm.KindFunc
}

// private are exports that are called once, or by name, and are no symbols.
var private = map[string]bool{relocsName: true, ctorsName: true, initializeName: true, startName: true, libraryTLS: true}

// symbol gives what an export is for others; nil if it is of no use to them.
func (l *library) symbol(ex wasm.Export) *symbol {
	s := &symbol{in: l, name: ex.Name, kind: ex.Kind, index: ex.Index}
	switch ex.Kind {
	case wasm.KindFunc:
		s.sig = l.core.FuncType(ex.Index)
	case wasm.KindTag:
		s.sig = l.core.TagType(ex.Index)
	case wasm.KindGlobal:
		var ok bool
		if s.offset, ok = l.core.Address(ex.Index); !ok || l.dylink.Exports[ex.Name]&wasm.SymbolThreadLocal != 0 {
			return nil
		}
	default:
		return nil
	}
	return s
}
