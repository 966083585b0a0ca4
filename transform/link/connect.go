package link

import (
	"errors"
	"fmt"

	"github.com/isyswasfa/isyswasfa/transform/encode"
)

// connect meets every import of the libraries and defines what the component
// calls by name: what begins and ends with libraries that are instantiated
// after env.
func (l *linker) connect() error {
	if err := l.addFacade(); err != nil {
		return err
	}
	before := map[*library]bool{}
	for _, lib := range l.order {
		for _, name := range lib.own {
			lib.links[name] = encode.Link{Export: l.own(lib, name)}
		}
		for _, w := range lib.wants {
			if w.how == tag && !before[w.from.in] {
				return fmt.Errorf("libraries import tags of each other in a circle: the library %s imports %s of %s", lib.Name, w.name, w.from.in.Name)
			}
			lib.links[encode.ImportName{Module: w.how.module(), Field: w.name}] = l.link(w, before)
		}
		before[lib] = true
	}
	if uint64(l.env.slotBase)+uint64(len(l.env.slotOrder)) > maxTableSize {
		return errors.New("there is no room in the table for the functions of all libraries")
	}
	return nil
}

// own gives the export of env that meets an import which is not a symbol.
func (l *linker) own(lib *library, name encode.ImportName) string {
	if name.Module == gotMemory {
		return l.env.global(name.Field, variable, l.data[name.Field])
	}
	switch name.Field {
	case memoryBase:
		return l.env.global(lib.Name+":"+name.Field, constant, lib.memoryBase)
	case tableBase:
		return l.env.global(lib.Name+":"+name.Field, constant, lib.tableBase)
	case stackPointer, stackStart:
		return l.env.global(name.Field, envGlobals[name.Field], uint32(l.stackSize()))
	case asyncifyState, asyncifyData:
		return l.env.global(name.Field, envGlobals[name.Field], 0)
	case getTLS, setTLS:
		return l.tlsFunction(lib, name.Field)
	}
	return name.Field
}

// link gives what meets a want: a function or tag of a library that is there
// before, or else an export of env.
func (l *linker) link(w *want, before map[*library]bool) encode.Link {
	s := w.from
	switch {
	case w.how == pointer:
		index := uint32(0)
		if s != nil {
			index = l.env.slot(s)
		}
		return encode.Link{Export: l.env.global(fmt.Sprintf("%s:%s:%d", gotFuncs, w.name, index), variable, index)}
	case w.how == address:
		at := uint32(0)
		if s != nil {
			at = s.address()
		}
		return encode.Link{Export: l.env.global(fmt.Sprintf("%s:%s:%d", gotMemory, w.name, at), variable, at)}
	case s.in != nil && before[s.in]:
		return encode.Link{Library: s.in.Name, Export: s.name}
	}
	return encode.Link{Export: l.env.trampoline(envModule+":"+w.name, s)}
}

// address gives the place in memory of data.
func (s *symbol) address() uint32 { return s.in.memoryBase + s.offset }
