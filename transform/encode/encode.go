// Package encode makes a component of core modules and the world they were
// built for: it types imports and exports from the WIT model, bridges WASI 0.1
// to 0.2 with an adapter of its own, and wires the parts.
//
// There are two kinds of bindings for async worlds. Those for the isyswasfa
// convention are of the world that package transform makes. Those for the native
// async of WASI 0.3, which [Native] tells, are of the world itself; they name
// built-ins like "[waitable-set-new]" and ways to lift and lower functions, and
// what is made of them needs an engine that knows these.
//
// Interfaces name every type that they mention, also what rewriting brings in:
// the component has the names that the world's text has. Composers such as wac
// cannot write the type of an interface that does not.
package encode

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/wit"
)

// Options are choices of [Component]; the zero value is the usual one.
type Options struct {
	Name  string // of the component, for messages; "" for none
	Strip bool   // leave out the modules' custom sections: names, debug information

	// Adapters provide what the main module imports under their names, and
	// may have imports and exports of the component themselves.
	Adapters []Module

	// Libraries are instantiated after the main module, in this order, and
	// before the adapters.
	Libraries []Library

	// NoPreview1 refuses imports of WASI 0.1 that no adapter provides, instead
	// of adding the adapter that comes with this package.
	NoPreview1 bool

	// Command exports wasi:cli/run, at 0.2.0 if the world does not say, and
	// runs the main module's _start there.
	Command bool

	// WorldTypes imports the types that the world itself has, used or not. A
	// composer must provide them; some cannot.
	WorldTypes bool

	// MergeVersions imports, of several compatible versions of an interface,
	// the latest alone.
	MergeVersions bool

	// Maps has maps stay what they are. Tools of WASI 0.2 know them only as
	// lists of pairs, which are the same to core modules.
	Maps bool

	// Annotate has imports and exports say what the WIT says of them: which
	// interface an instance with a plain name implements, and by which name the
	// world outside knows something. Tools of before WASI 0.3 do not read that.
	Annotate bool
}

// A Module is a core module and what it was built for.
type Module struct {
	Name    string // of an adapter: the name of the module that it stands for
	Core    []byte
	Worlds  []*wit.World // as its bindings are for
	Strings StringEncoding
}

// A StringEncoding is the encoding of strings in a module's memory.
type StringEncoding uint8

// The string encodings.
const (
	UTF8 StringEncoding = iota
	UTF16
	Latin1UTF16
)

// An Error lists everything that keeps a module from being a component of a
// world.
type Error struct {
	World    string
	Problems []string

	libraries bool
}

// Error gives one line, or one line for each problem after the first line.
func (e *Error) Error() string {
	does, is := "the module does", "the module is"
	if e.libraries {
		does, is = "the libraries do", "the libraries are"
	}
	head := does + " not fit the world " + e.World + ":"
	if e.World == "" {
		head = is + " no component:"
	}
	if len(e.Problems) == 1 {
		return head + " " + e.Problems[0]
	}
	return head + "\n  " + strings.Join(e.Problems, "\n  ")
}

// Component makes a component of a core module that was built for the world
// given. The component imports only what the module uses. The module's
// _initialize, if it exports that, runs at the end of instantiation.
//
// Names of core imports and exports are those that wit-bindgen's generators
// use: "<interface>" "<function>", "$root" "<function>", "<interface>"
// "[resource-drop]<resource>", "[export]<interface>" "[resource-new]<resource>"
// and "<interface>#<function>", "cabi_post_<export>", "cabi_realloc",
// "memory"; or those of the specification's standard scheme, which begin with
// cm32p2. The poll function of the world may be exported as "isyswasfa-poll",
// without its suffix. The memory may be imported as "env" "memory".
//
// Names of native async are those of wit-bindgen's generators, too:
// "[async-lower]<function>"; "[async-lift]<export>" with
// "[callback][async-lift]<export>", "[async-lift-stackful]<export>"; built-ins
// of the world like "$root" "[subtask-drop]", of the streams and futures in a
// function's type by their number, as in "<interface>" "[stream-read-0]<function>",
// and of exports, "[export]<interface>" "[task-return]<function>".
func Component(core []byte, world *wit.World, o Options) ([]byte, error) {
	return Modules(Module{Core: core, Worlds: []*wit.World{world}}, o)
}

// Modules is [Component] for a module of several worlds, or of none: the
// component has the imports and exports of all of them.
func Modules(main Module, o Options) ([]byte, error) {
	e, err := newEncoder(main, o)
	if err != nil {
		return nil, err
	}
	for _, step := range []func() error{e.resolve, e.makePreview1, e.emit} {
		if err := step(); err != nil {
			return nil, err
		}
		if len(e.problems) > 0 {
			return nil, &Error{e.worldNames(), e.problems, len(e.libraries) > 0}
		}
	}
	if o.Name != "" {
		e.b.Component.Defs = append(e.b.Component.Defs, component.Names{Component: o.Name}.Section())
	}
	return e.b.Component.Encode(), nil
}

// worldNames names the worlds of the main module and the libraries, each once.
func (e *encoder) worldNames() string {
	var ids []string
	for _, m := range e.guests() {
		for _, w := range m.worlds {
			if !slices.Contains(ids, w.ID()) {
				ids = append(ids, w.ID())
			}
		}
	}
	return strings.Join(ids, " + ")
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
	o         Options
	main      *module
	libraries []*module
	adapters  []*module // those that are used
	preview1  *module   // our own adapter; nil if it is not needed
	b         component.Builder
	problems  []string

	worldImports []*wit.WorldItem // of all worlds
	worldExports []worldExport
	imports      map[string]*iface
	importOrder  []*iface
	exports      map[string]*iface
	exportOrder  []*iface
	inline       map[*wit.Interface]string // names of the world's inline interfaces
	worldFuncs   map[string]*wit.Function  // imported
	worldDefs    map[string]*wit.TypeDef
	world        *scope // of the world's own functions
	worldTypes   map[string]uint32
	worldIndex   map[string]uint32 // indices of imported functions
	scopes       map[*iface]*scope

	lifts []*lift

	shim        shim
	hooked      bool // the main module has a hook
	wraps       []wrap
	wrapIndex   map[string]int // by memberID
	fixup       uint32         // the core instance that has the wraps
	memory      *uint32
	needRealloc bool   // an adapter wants a realloc that the main module has not
	grower      uint32 // the core instance that has it
	reallocs    map[string]uint32
	defined     map[string]uint32 // lowered functions and built-ins
	exporting   bool              // all core instances are there
}

// A worldExport is an export and the module that has its functions.
type worldExport struct {
	*wit.WorldItem
	from *module
}

func newEncoder(main Module, o Options) (*encoder, error) {
	e := &encoder{
		o:       o,
		imports: map[string]*iface{}, exports: map[string]*iface{}, inline: map[*wit.Interface]string{},
		worldFuncs: map[string]*wit.Function{}, worldDefs: map[string]*wit.TypeDef{}, worldTypes: map[string]uint32{}, worldIndex: map[string]uint32{},
		scopes: map[*iface]*scope{}, defined: map[string]uint32{}, wrapIndex: map[string]int{}, reallocs: map[string]uint32{},
	}
	e.world = e.worldScope()
	var err error
	if e.main, err = newModule("the module", "", main); err != nil {
		return nil, err
	}
	if err := e.addLibraries(); err != nil {
		return nil, err
	}
	for _, a := range o.Adapters {
		m, err := newModule("the adapter "+a.Name, a.Name, a)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(e.adapters, func(other *module) bool { return other.name == a.Name }) {
			return nil, fmt.Errorf("two adapters are called %s", a.Name)
		}
		if e.isUsed(m) {
			e.adapters = append(e.adapters, m)
		}
	}
	for _, m := range e.modules() {
		for _, w := range m.worlds {
			e.addWorld(m, w)
		}
	}
	if o.Command {
		return e, e.addRun()
	}
	return e, nil
}

// isUsed tells whether the component has anything of an adapter.
func (e *encoder) isUsed(adapter *module) bool {
	for _, w := range adapter.worlds {
		if len(w.Exports) > 0 {
			return true
		}
	}
	for _, m := range e.guests() {
		for _, im := range m.core.Imports {
			if im.Module == adapter.name && m.links[ImportName{im.Module, im.Name}] == nil {
				return true
			}
		}
	}
	return false
}

// modules gives the main module, the libraries and the adapters, of which our
// own, once it is made, is the last.
func (e *encoder) modules() []*module {
	list := append(e.guests(), e.adapters...)
	if e.preview1 != nil {
		list = append(list, e.preview1)
	}
	return list
}

// addWorld adds the imports and exports of a module's world to those of the
// component.
func (e *encoder) addWorld(m *module, w *wit.World) {
	for _, it := range w.Imports {
		e.checkImport(m, it)
		switch {
		case it.Interface != nil:
			e.addImport(it.Name, it.Interface).attrs = e.annotations(it)
			if it.Interface.Name == "" || it.Name != it.Interface.ID() {
				e.inline[it.Interface] = it.Name
			}
		case it.Func != nil:
			if e.worldFuncs[it.Func.ABIName()] != nil {
				continue
			}
			e.worldFuncs[it.Func.ABIName()] = it.Func
		}
		e.worldImports = append(e.worldImports, it)
	}
	for _, it := range w.Exports {
		e.addExport(m, it)
	}
}

func (e *encoder) addExport(m *module, it *wit.WorldItem) {
	for _, x := range e.worldExports {
		if x.Name == it.Name {
			switch {
			case x.from != m:
				e.problemf("%s exports %s, and so does %s", m.what, it.Name, x.from.what)
			case x.Interface != nil && it.Interface != nil:
				e.checkInterface(m, e.exports[it.Name], it.Interface)
				e.exports[it.Name].add(it.Interface)
			case x.Func != nil && it.Func != nil:
				e.checkFunction(m, nil, it.Func, x.Func)
			}
			return
		}
	}
	e.worldExports = append(e.worldExports, worldExport{it, m})
	if it.Interface == nil {
		return
	}
	f := newIface(it.Name, it.Interface, true)
	f.from, f.attrs = m, e.annotations(it)
	e.exports[it.Name] = f
	e.exportOrder = append(e.exportOrder, f)
	if it.Interface.Name == "" {
		e.inline[it.Interface] = it.Name
	}
}

func (e *encoder) problemf(format string, args ...any) {
	e.problems = append(e.problems, fmt.Sprintf(format, args...))
}

// emit writes the component, in an order in which everything is defined
// before it is used.
func (e *encoder) emit() error {
	for _, f := range e.importOrder {
		if f.used() {
			e.emitImport(f)
		}
	}
	e.emitWorldTypes()
	e.importWorldFuncs()
	for _, m := range e.modules() {
		m.index = e.b.Module(m.core.WithImports(m.renamed, e.o.Strip && !m.preview1))
	}
	e.emitShim()
	for _, m := range e.modules() {
		m.instance = e.b.Instantiate(m.index, e.arguments(m.imports)...)
		if m == e.main {
			e.emitMemory()
			e.emitGrower()
		}
	}
	e.emitFixup()
	e.emitExports()
	return nil
}

// emitWorldTypes imports the types that the world has, whether they are used
// or not.
func (e *encoder) emitWorldTypes() {
	if !e.o.WorldTypes {
		return
	}
	for _, it := range e.worldImports {
		if it.Type == nil {
			continue
		}
		i := e.worldType(it.Type)
		if a, ok := it.Type.Kind.(*wit.Alias); ok {
			if t, ok := a.Type.(*wit.TypeDef); ok && t.Name != "" {
				i = e.b.Import(it.Name, component.ExternDesc{Sort: component.SortType, Bound: component.BoundEq, Index: i}, e.external(it.ExternalID)...)
				e.worldTypes[it.Name], e.world.named[it.Name] = i, i
			}
		}
	}
}
