package component

import (
	"github.com/isyswasfa/isyswasfa/internal/multimemory"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// A splitModule is a core module with several memories in parts that have one
// each; see package multimemory.
type splitModule struct {
	parts   []*CoreModule // the main one, and those of the memories from 1 on
	helpers []multimemory.Helper
	imports []string       // names of modules and names of the imported memories, in turn
	exports map[string]int // the memories of exports
}

func splitMemories(src *CoreModule, m *wasm.Module) (*splitModule, error) {
	split, err := multimemory.Of(m)
	if err != nil {
		return nil, err
	}
	s := &splitModule{
		parts:   []*CoreModule{{Data: split.Main, Offset: src.Offset}},
		helpers: split.Helpers,
		exports: map[string]int{},
	}
	for _, h := range split.Helpers {
		s.parts = append(s.parts, &CoreModule{Data: h.Module, Offset: src.Offset})
	}
	for _, im := range m.Imports {
		if im.Kind == wasm.KindMemory {
			s.imports = append(s.imports, im.Module, im.Name)
		}
	}
	for _, e := range m.Exports {
		if e.Kind == wasm.KindMemory {
			s.exports[e.Name] = int(e.Index)
		}
	}
	return s, nil
}

// helpers adds the steps of the helpers that the step of a split module needs,
// makes that one of the main module, and gives the memories of the helpers.
// What the main module does not import does no harm among its arguments.
func (l *linker) helpers(m *splitModule, main *InstantiateModule) ([]CoreRef, error) {
	refs := make([]CoreRef, len(m.helpers))
	given := main.Args
	for i, h := range m.helpers {
		step := &InstantiateModule{Module: l.moduleIndex(m.parts[i+1]), Instance: main.Instance}
		if h.Imported {
			ref := argument(given, m.imports[2*i+2], m.imports[2*i+3])
			step.Args = []CoreImport{{Module: multimemory.Memory, Name: multimemory.Memory, Sort: SortCoreMemory, Ref: ref}}
		}
		index, err := l.addStep(step)
		if err != nil {
			return nil, err
		}
		refs[i] = CoreRef{Kind: CoreExported, Step: index, Name: multimemory.Memory, Instance: main.Instance}
		for _, name := range h.Functions {
			ref := CoreRef{Kind: CoreExported, Step: index, Name: name, Instance: main.Instance}
			main.Args = append(main.Args, CoreImport{Module: h.Name, Name: name, Sort: SortCoreFunc, Ref: ref})
		}
	}
	main.Module = l.moduleIndex(m.parts[0])
	return refs, nil
}

// argument gives what satisfies an import; it is there.
func argument(args []CoreImport, module, name string) CoreRef {
	for _, a := range args {
		if a.Module == module && a.Name == name {
			return a.Ref
		}
	}
	return CoreRef{}
}
