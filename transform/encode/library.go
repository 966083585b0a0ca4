package encode

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// A Library is a further core module of the component, which shares the main
// module's memory. What its worlds import and export is the component's, like
// what those of the main module do.
type Library struct {
	Module // of which Name is the library's

	// Links are the imports that other core modules provide.
	Links map[ImportName]Link
}

// An ImportName is the name of a core module's import.
type ImportName struct{ Module, Field string }

// A Link is an export of a core module that meets another one's import.
type Link struct {
	Library string // an earlier one; "" for the main module
	Export  string
}

// addLibraries adds the libraries of the options, each with what it has of
// those before.
func (e *encoder) addLibraries() error {
	exports := map[Link]*target{}
	e.main.addLinkable(exports)
	for _, l := range e.o.Libraries {
		m, err := newModule("the library "+l.Name, l.Name, l.Module)
		if err != nil {
			return err
		}
		m.links = map[ImportName]*target{}
		for name, link := range l.Links {
			if m.links[name] = exports[link]; exports[link] == nil {
				return fmt.Errorf("%s: import %q %q: no library %s before has the export %q", m.what, name.Module, name.Field, link.Library, link.Export)
			}
		}
		m.addLinkable(exports)
		e.libraries = append(e.libraries, m)
	}
	return nil
}

// addLinkable adds what a module exports, under the names by which libraries
// refer to that.
func (m *module) addLinkable(exports map[Link]*target) {
	for _, ex := range m.core.Exports {
		exports[Link{m.name, ex.Name}] = &target{id: m.what + " " + ex.Name, in: m, export: ex}
	}
}

// checkLink checks that what meets an import is of its kind, and functions that
// they have its signature.
func (im *coreImport) checkLink(t *target) error {
	switch {
	case t.export.Kind != im.kind:
		return fmt.Errorf("%s has a %s of that name, not a %s", t.in.what, t.export.Kind, im.kind)
	case im.kind == wasm.KindFunc:
		return sameSig(im.sig, t.in.core.FuncType(t.export.Index))
	}
	return nil
}

// coreSorts are the sorts of what core modules import and export.
var coreSorts = [...]component.Sort{
	wasm.KindFunc: component.SortCoreFunc, wasm.KindTable: component.SortCoreTable, wasm.KindMemory: component.SortCoreMemory,
	wasm.KindGlobal: component.SortCoreGlobal, wasm.KindTag: component.SortCoreTag,
}

// liftWithPost gives the export whose post-return function has that name; nil
// if there is none.
func (e *encoder) liftWithPost(name string) *lift {
	for _, l := range e.lifts {
		if l.post != nil && l.post.Name == name {
			return l
		}
	}
	return nil
}

// guests gives the modules that adapters may serve: the main one and the
// libraries.
func (e *encoder) guests() []*module { return append([]*module{e.main}, e.libraries...) }

// isAdapter tells whether a module is an adapter; our own is one, too.
func (e *encoder) isAdapter(m *module) bool { return m != e.main && m.links == nil }
