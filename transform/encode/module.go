package encode

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/wit"
)

// Names of core imports and exports, as wit-bindgen's generators write them.
const (
	worldModule    = "$root"
	exportMark     = "[export]"
	memoryName     = "memory"
	reallocName    = "cabi_realloc"
	tableName      = "__indirect_function_table"
	initializeName = "_initialize"
	startName      = "_start"
	postPrefix     = "cabi_post_"
	dtorMark       = "[dtor]"
)

// What adapters import of the main module.
const (
	mainModule   = "__main_module__"
	memoryModule = "env"
)

// standard begins the names of the 32-bit naming scheme, version 2, which the
// specification calls standard.
const standard = "cm32p2"

// A module is one of the core modules that the component is made of: the main
// one, a library or an adapter.
type module struct {
	what     string // for messages: "the module", "the library NAME" or "the adapter NAME"
	name     string // of a library; of an adapter: what others import it as
	preview1 bool   // the adapter is our own
	core     *wasm.Module
	worlds   []*wit.World
	strings  component.StringEncoding

	exports map[string]wasm.Export // by the names of wit-bindgen's generators
	renamed []wasm.Import          // the imports with unique names
	imports []*coreImport

	links map[ImportName]*target // of a library: what other core modules provide; else nil

	stack, state bool // of an adapter: it exports the globals of its stack

	index    uint32 // of the module in the component
	instance uint32
}

func newModule(what, name string, m Module) (*module, error) {
	core, err := wasm.Parse(m.Core)
	if err == nil {
		err = core.CheckForm()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	mod := &module{
		what: what, name: name, core: core, worlds: m.Worlds, strings: component.StringEncoding(m.Strings),
		exports: map[string]wasm.Export{},
	}
	for _, ex := range core.Exports {
		mod.exports[bindgenExport(ex.Name)] = ex
	}
	return mod, nil
}

// export gives an export by the name that wit-bindgen's generators use. In the
// standard scheme the versions of interfaces have no more than what makes them
// incompatible.
func (m *module) export(name string, kind wasm.Kind) (wasm.Export, bool) {
	ex, ok := m.exports[name]
	if !ok {
		if hash := strings.LastIndexByte(name, '#'); hash >= 0 {
			ex, ok = m.exports[wit.Track(name[:hash])+name[hash:]]
		}
	}
	return ex, ok && ex.Kind == kind
}

// has tells whether there is an exported function of that name.
func (m *module) has(name string) bool {
	_, ok := m.export(name, wasm.KindFunc)
	return ok
}

// bindgenImport translates the standard names of an import.
func bindgenImport(module, field string) (string, string) {
	rest, ok := strings.CutPrefix(module, standard)
	switch {
	case !ok || rest != "" && rest[0] != '|':
		return module, field
	case rest == "":
		module = worldModule
	default:
		module = rest[1:]
		if iface, ok := strings.CutPrefix(module, "_ex_"); ok {
			module = exportMark + iface
		}
	}
	for _, op := range []string{"drop", "new", "rep"} {
		if r, ok := strings.CutSuffix(field, "_"+op); ok {
			field = "[resource-" + op + "]" + r
		}
	}
	return module, field
}

// bindgenExport translates the standard name of an export.
func bindgenExport(name string) string {
	rest, ok := strings.CutPrefix(name, standard)
	if !ok {
		return name
	}
	switch rest {
	case "_memory":
		return memoryName
	case "_realloc":
		return reallocName
	case "_initialize":
		return initializeName
	}
	parts := strings.SplitN(rest, "|", 3)
	if len(parts) != 3 || parts[0] != "" {
		return name
	}
	iface, fn := parts[1], parts[2]
	if iface != "" {
		iface += "#"
	}
	if r, ok := strings.CutSuffix(fn, "_dtor"); ok {
		return iface + dtorMark + r
	}
	if f, ok := strings.CutSuffix(fn, "_post"); ok {
		return postPrefix + iface + f
	}
	return iface + fn
}

// coreMember aliases a function that a module exports.
func (e *encoder) coreMember(m *module, ex wasm.Export) uint32 {
	return e.b.CoreMember(m.instance, component.SortCoreFunc, ex.Name)
}
