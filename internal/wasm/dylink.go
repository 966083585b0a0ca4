package wasm

import "fmt"

// dylinkSection is the custom section that makes a module a dynamic library.
const dylinkSection = "dylink.0"

// The subsections of a dylink.0 section.
const (
	dylinkMemory byte = iota + 1
	dylinkNeeded
	dylinkExports
	dylinkImports
	dylinkPaths
)

// A SymbolFlags is a set of properties of a symbol that a dynamic library
// imports or exports.
type SymbolFlags uint32

// The properties that matter once a library is linked.
const (
	SymbolWeak        SymbolFlags = 1
	SymbolThreadLocal SymbolFlags = 0x100
)

// A Dylink is what a dynamic library says about itself in its section dylink.0.
type Dylink struct {
	Memory, Table Space
	Needed        []string                  // names of other libraries
	Exports       map[string]SymbolFlags    // of those that have any
	Imports       map[[2]string]SymbolFlags // by module and field, of those that have any
}

// A Space is the part of the memory, in bytes, or of the table, in entries,
// that a library wants for itself. It begins at a multiple of 1<<Align.
type Space struct{ Size, Align uint32 }

// maxAlign keeps 1<<Align within 32 bits.
const maxAlign = 31

// Dylink reads the section dylink.0 of a dynamic library. It is an error if
// there is none.
func (m *Module) Dylink() (*Dylink, error) {
	var found *Dylink
	for _, c := range m.Customs {
		if c.Name != dylinkSection {
			continue
		}
		if found != nil {
			return nil, &Error{Section: dylinkSection, Msg: "the module has two"}
		}
		d, err := readDylink(c.Data)
		if err != nil {
			return nil, err
		}
		found = d
	}
	if found == nil {
		return nil, &Error{Msg: "not a dynamic library: it has no section " + dylinkSection}
	}
	return found, nil
}

func readDylink(b []byte) (*Dylink, error) {
	d := &Dylink{Exports: map[string]SymbolFlags{}, Imports: map[[2]string]SymbolFlags{}}
	r := &reader{b: b}
	for r.err == nil && r.left() > 0 {
		id, size := r.byte(), r.u32()
		if body := r.bytes(size); r.err == nil {
			s := &reader{b: r.b[:r.i], i: r.i - len(body)}
			d.subsection(id, s)
			r.err = s.err
		}
	}
	if r.err != nil {
		r.err.Section, r.err.Msg = dylinkSection, fmt.Sprintf("%s (%d bytes into the section)", r.err.Msg, r.err.Offset)
		r.err.Offset = 0
		return nil, r.err
	}
	return d, nil
}

func (d *Dylink) subsection(id byte, r *reader) {
	switch id {
	case dylinkMemory:
		d.Memory, d.Table = r.space(), r.space()
	case dylinkNeeded:
		d.Needed = append(d.Needed, list(r, (*reader).name)...)
	case dylinkExports:
		list(r, func(r *reader) struct{} {
			name := r.name()
			d.Exports[name] = SymbolFlags(r.u32())
			return struct{}{}
		})
	case dylinkImports:
		list(r, func(r *reader) struct{} {
			name := [2]string{r.name(), r.name()}
			d.Imports[name] = SymbolFlags(r.u32())
			return struct{}{}
		})
	case dylinkPaths:
		list(r, (*reader).name) // for loaders that look for libraries
	default:
		r.failf("unknown subsection %d", id)
	}
	if r.err == nil && r.left() > 0 {
		r.failf("%d bytes after the end of subsection %d", r.left(), id)
	}
}

func (r *reader) space() Space {
	s := Space{r.u32(), r.u32()}
	if s.Align > maxAlign {
		r.failf("alignment 2**%d is too large", s.Align)
	}
	return s
}
