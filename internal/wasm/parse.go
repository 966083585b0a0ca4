package wasm

import (
	"bytes"
	"fmt"
)

var header = []byte("\x00asm\x01\x00\x00\x00")

// The section identifiers.
const (
	secCustom byte = iota
	secType
	secImport
	secFunc
	secTable
	secMemory
	secGlobal
	secExport
	secStart
	secElem
	secCode
	secData
	secDataCount
	secTag
)

var sectionNames = [...]string{"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count", "tag"}

// sectionOrder is the place of each section among the others.
var sectionOrder = [...]int{secType: 1, secImport: 2, secFunc: 3, secTable: 4, secMemory: 5, secTag: 6, secGlobal: 7, secExport: 8, secStart: 9, secElem: 10, secDataCount: 11, secCode: 12, secData: 13}

// A Section is a section as it stands in the binary.
type Section struct {
	ID     byte
	Offset int // of Data in the module
	Data   []byte
}

// A Custom is a custom section.
type Custom struct {
	Name string
	Data []byte
}

// A Module is a parsed module. The slices hold what the sections say; changing
// them does not change the binary.
type Module struct {
	Types    []FuncType
	Imports  []Import
	Funcs    []uint32 // type indices of the functions defined
	Tables   []Table
	Memories []Limits
	Globals  []Global
	Tags     []uint32 // type indices of the tags defined
	Exports  []Export
	Start    *uint32
	Customs  []Custom
	Sections []Section // all, in order

	counts [KindTag + 1]uint32 // sizes of the index spaces
	named  map[string]int      // places in Exports by name
	funcs  []uint32            // type indices of all functions, imported first
	tags   []uint32            // and of all tags
}

// IsModule tells whether b starts like a core module.
func IsModule(b []byte) bool { return bytes.HasPrefix(b, header) }

// Parse reads a module. Its slices share memory with b.
func Parse(b []byte) (*Module, error) {
	switch {
	case IsModule(b):
	case len(b) >= 8 && bytes.HasPrefix(b, header[:4]) && b[6] == 1:
		return nil, &Error{Offset: 4, Msg: "this is a component, not a core module"}
	case bytes.HasPrefix(b, header[:4]):
		return nil, &Error{Offset: 4, Msg: "unknown version of the binary format"}
	default:
		return nil, &Error{Msg: "not a WebAssembly module: no magic number"}
	}
	m := new(Module)
	r := &reader{b: b, i: len(header)}
	last := 0
	for r.err == nil && r.left() > 0 {
		id := r.byte()
		size := r.u32()
		at := r.i
		data := r.bytes(size)
		if r.err != nil {
			break
		}
		if int(id) >= len(sectionNames) {
			return nil, &Error{Offset: at, Msg: fmt.Sprintf("unknown section %d", id)}
		}
		m.Sections = append(m.Sections, Section{id, at, data})
		if id != secCustom {
			if sectionOrder[id] <= last {
				return nil, &Error{at, sectionNames[id], "section out of order or repeated"}
			}
			last = sectionOrder[id]
		}
		s := &reader{b: b[:at+int(size)], i: at}
		m.section(id, s)
		if s.err != nil {
			s.err.Section = sectionNames[id]
			return nil, s.err
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	return m, m.check()
}

func (m *Module) section(id byte, r *reader) {
	switch id {
	case secCustom:
		m.Customs = append(m.Customs, Custom{r.name(), r.bytes(uint32(r.left()))})
	case secType:
		m.Types = list(r, (*reader).funcType)
	case secImport:
		m.Imports = list(r, (*reader).imported)
	case secFunc:
		m.Funcs = list(r, (*reader).u32)
	case secTable:
		m.Tables = list(r, (*reader).table)
	case secMemory:
		m.Memories = list(r, (*reader).memory)
	case secGlobal:
		m.Globals = list(r, (*reader).global)
	case secTag:
		m.Tags = list(r, (*reader).tag)
	case secExport:
		m.Exports = list(r, (*reader).export)
	case secStart:
		f := r.u32()
		m.Start = &f
	default:
		return // passed through
	}
	if r.err == nil && r.left() > 0 {
		r.failf("%d bytes after the end of the section's content", r.left())
	}
}

// check sees to it that the indices that lookups rely on are in range.
func (m *Module) check() error {
	for _, im := range m.Imports {
		m.counts[im.Kind]++
		switch im.Kind {
		case KindFunc:
			m.funcs = append(m.funcs, im.Type)
		case KindTag:
			m.tags = append(m.tags, im.Type)
		}
	}
	m.funcs = append(m.funcs, m.Funcs...)
	m.tags = append(m.tags, m.Tags...)
	m.counts[KindFunc] = uint32(len(m.funcs))
	m.counts[KindTable] += uint32(len(m.Tables))
	m.counts[KindMemory] += uint32(len(m.Memories))
	m.counts[KindGlobal] += uint32(len(m.Globals))
	m.counts[KindTag] += uint32(len(m.Tags))
	for i, t := range m.funcs {
		if t >= uint32(len(m.Types)) {
			return &Error{Section: "function", Msg: fmt.Sprintf("function %d has the unknown type %d", i, t)}
		}
	}
	for i, t := range m.tags {
		if t >= uint32(len(m.Types)) {
			return &Error{Section: "tag", Msg: fmt.Sprintf("tag %d has the unknown type %d", i, t)}
		}
	}
	m.named = make(map[string]int, len(m.Exports))
	for i, e := range m.Exports {
		if e.Index >= m.counts[e.Kind] {
			return &Error{Section: "export", Msg: fmt.Sprintf("export %q refers to the unknown %s %d", e.Name, e.Kind, e.Index)}
		}
		if _, twice := m.named[e.Name]; twice {
			return &Error{Section: "export", Msg: fmt.Sprintf("two exports are named %q", e.Name)}
		}
		m.named[e.Name] = i
	}
	if m.Start != nil && *m.Start >= m.counts[KindFunc] {
		return &Error{Section: "start", Msg: fmt.Sprintf("unknown function %d", *m.Start)}
	}
	return nil
}

// FuncType gives the signature of the function with that index, imported
// functions first. The index must be in range, as those of exports are.
func (m *Module) FuncType(index uint32) FuncType { return m.Types[m.funcs[index]] }

// TagType gives the signature of the tag with that index, imported ones first.
// The index must be in range, as those of exports are.
func (m *Module) TagType(index uint32) FuncType { return m.Types[m.tags[index]] }

// Count gives the number of things of a kind, imported ones too.
func (m *Module) Count(k Kind) uint32 { return m.counts[k] }

// Locals gives the number of locals that the functions declare, as far as the
// code section can be read: a few bytes can declare very many.
func (m *Module) Locals() uint64 {
	var total uint64
	for _, s := range m.Sections {
		if s.ID != secCode {
			continue
		}
		r := &reader{b: s.Data}
		for n := r.u32(); n > 0 && r.err == nil; n-- {
			body := &reader{b: r.bytes(r.u32())}
			for groups := body.u32(); groups > 0 && body.err == nil; groups-- {
				total += uint64(body.u32())
				body.byte()
			}
		}
	}
	return total
}

// Export gives the export of that name.
func (m *Module) Export(name string) (Export, bool) {
	if i, ok := m.named[name]; ok {
		return m.Exports[i], true
	}
	return Export{}, false
}

// WithImports gives the module in binary with its import section replaced:
// imports must have the length and kinds of m.Imports, so that no index
// changes. With strip, custom sections are left out; a name section that
// promises more than it has is left out in any case, for engines believe it.
func (m *Module) WithImports(imports []Import, strip bool) []byte {
	size := len(header)
	for _, s := range m.Sections {
		size += len(s.Data) + 6
	}
	out := append(make([]byte, 0, size), header...)
	for _, s := range m.Sections {
		switch {
		case s.ID == secCustom && (strip || brokenNames(s.Data)):
		case s.ID == secImport:
			out = appendSection(out, secImport, appendImports(imports))
		default:
			out = appendSection(out, s.ID, s.Data)
		}
	}
	return out
}

// brokenNames tells whether a custom section is a name section that cannot be
// read as far as engines read it: names of the module, of functions and of
// locals.
func brokenNames(custom []byte) bool {
	r := &reader{b: custom}
	if r.name() != "name" || r.err != nil {
		return false
	}
	for r.err == nil && r.left() > 0 {
		id := r.byte()
		sub := &reader{b: r.bytes(r.u32())}
		switch {
		case r.err != nil:
		case id == 0:
			sub.name()
		case id == 1:
			sub.nameMap()
		case id == 2:
			list(sub, func(r *reader) struct{} {
				r.u32()
				r.nameMap()
				return struct{}{}
			})
		}
		if sub.err != nil {
			return true
		}
	}
	return r.err != nil
}

func (r *reader) nameMap() {
	list(r, func(r *reader) struct{} {
		r.u32()
		r.name()
		return struct{}{}
	})
}
