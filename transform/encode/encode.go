// Package encode makes a component of a core module and the world it was
// built for: it types imports and exports from the WIT model, bridges WASI 0.1
// to 0.2 with an adapter of its own, and wires the parts.
package encode

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/wit"
)

// Options are choices of [Component]; the zero value is the usual one.
type Options struct {
	Strip bool // leave out the module's custom sections: names, debug information
}

// An Error lists everything that keeps a module from being a component of a
// world.
type Error struct {
	World    string
	Problems []string
}

// Error gives one line, or one line for each problem after the first line.
func (e *Error) Error() string {
	head := "the module does not fit the world " + e.World + ":"
	if len(e.Problems) == 1 {
		return head + " " + e.Problems[0]
	}
	return head + "\n  " + strings.Join(e.Problems, "\n  ")
}

// Component makes a component of a core module that was built for the world
// given, which must be free of async functions, streams and futures: the
// transform's result. The component imports only what the module uses. The
// module's _initialize, if it exports that, runs at the end of instantiation.
//
// Names of core imports and exports are those that wit-bindgen's generators
// use: "<interface>" "<function>", "$root" "<function>", "<interface>"
// "[resource-drop]<resource>", "[export]<interface>" "[resource-new]<resource>"
// and "<interface>#<function>", "cabi_post_<export>", "cabi_realloc",
// "memory". The poll function of the world may be exported as
// "isyswasfa-poll", without its suffix.
func Component(core []byte, world *wit.World, o Options) ([]byte, error) {
	m, err := wasm.Parse(core)
	if err != nil {
		return nil, err
	}
	e := newEncoder(m, world)
	e.resolve()
	if err := e.err(); err != nil {
		return nil, err
	}
	if err := e.makeAdapter(); err != nil {
		return nil, err
	}
	if err := e.err(); err != nil {
		return nil, err
	}
	e.emit(m.WithImports(e.renamed, o.Strip))
	if err := e.err(); err != nil {
		return nil, err
	}
	return e.b.out.Encode(), nil
}

// DefaultSuffix gives a suffix for the poll function that components made of
// different modules do not share: a hyphen and ten letters.
func DefaultSuffix(core []byte) string {
	sum := sha256.Sum256(core)
	suffix := []byte{'-'}
	for _, c := range sum[:5] {
		suffix = append(suffix, 'a'+c>>4, 'a'+c&15)
	}
	return string(suffix)
}

type encoder struct {
	core     *wasm.Module
	w        *wit.World
	b        builder
	problems []string

	imports     map[string]*iface
	importOrder []*iface
	exports     map[string]*iface
	exportOrder []*iface
	inline      map[*wit.Interface]string // names of the world's inline interfaces
	worldFuncs  map[string]*wit.Function  // imported
	world       *scope                    // of the world's own functions
	worldTypes  map[string]uint32
	worldIndex  map[string]uint32 // indices of imported functions
	scopes      map[*iface]*scope

	renamed     []wasm.Import // the module's imports with unique names
	mainImports []*coreImport
	lifts       []*lift
	adapter     *adapter

	shim      shim
	main      uint32 // core instance
	adapted   uint32 // core instance
	memory    *uint32
	realloc   *uint32 // for the module's imports and exports
	intrinsic map[string]uint32
	lowered   map[string]uint32
}

func newEncoder(m *wasm.Module, w *wit.World) *encoder {
	e := &encoder{
		core: m, w: w,
		imports: map[string]*iface{}, exports: map[string]*iface{}, inline: map[*wit.Interface]string{},
		worldFuncs: map[string]*wit.Function{}, worldTypes: map[string]uint32{}, worldIndex: map[string]uint32{},
		scopes: map[*iface]*scope{}, intrinsic: map[string]uint32{}, lowered: map[string]uint32{},
	}
	e.world = e.worldScope()
	for _, it := range w.Imports {
		switch {
		case it.Interface != nil:
			e.addImport(it.Name, it.Interface)
			e.inline[it.Interface] = it.Name
		case it.Func != nil:
			e.worldFuncs[it.Func.ABIName()] = it.Func
		}
	}
	for _, it := range w.Exports {
		if it.Interface != nil {
			f := newIface(it.Name, it.Interface, true)
			e.exports[it.Name] = f
			e.exportOrder = append(e.exportOrder, f)
			if it.Interface.Name == "" {
				e.inline[it.Interface] = it.Name
			}
		}
	}
	return e
}

func (e *encoder) problemf(format string, args ...any) {
	e.problems = append(e.problems, fmt.Sprintf(format, args...))
}

func (e *encoder) err() error {
	if len(e.problems) == 0 {
		return nil
	}
	return &Error{e.w.ID(), e.problems}
}

// emit writes the component, in an order in which everything is defined
// before it is used.
func (e *encoder) emit(core []byte) {
	for _, f := range e.importOrder {
		if f.used() {
			e.emitImport(f)
		}
	}
	for _, it := range e.w.Imports {
		if it.Func != nil && e.worldIndexNeeded(it.Func) {
			t := e.world.function(it.Func)
			e.worldIndex[it.Func.ABIName()] = e.b.imported(it.Name, component.ExternDesc{Sort: component.SortFunc, Index: t})
		}
	}
	main := e.b.module(core)
	var adapter uint32
	if e.adapter != nil {
		adapter = e.b.module(e.adapter.bin)
	}
	e.emitShim()
	e.main = e.b.instantiate(main, e.arguments(e.mainImports))
	e.emitMemory()
	if e.adapter != nil {
		e.adapted = e.b.instantiate(adapter, e.arguments(e.adapter.imports))
		e.emitRealloc()
	}
	e.emitFixup()
	e.emitExports()
}
