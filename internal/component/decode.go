package component

import "bytes"

var (
	magic             = []byte("\x00asm")
	preamble          = []byte("\x00asm\x0d\x00\x01\x00")
	coreModuleVersion = []byte("\x00asm\x01\x00\x00\x00")
)

// The sections of a component.
const (
	secCustom = iota
	secCoreModule
	secCoreInstance
	secCoreType
	secComponent
	secInstance
	secAlias
	secType
	secCanon
	secStart
	secImport
	secExport
	secValue
)

var sectionNames = [...]string{
	secCustom:       "custom",
	secCoreModule:   "core module",
	secCoreInstance: "core instance",
	secCoreType:     "core type",
	secComponent:    "component",
	secInstance:     "instance",
	secAlias:        "alias",
	secType:         "type",
	secCanon:        "canon",
	secStart:        "start",
	secImport:       "import",
	secExport:       "export",
	secValue:        "value",
}

// IsComponent tells whether b starts like a component.
func IsComponent(b []byte) bool { return bytes.HasPrefix(b, preamble) }

// IsCoreModule tells whether b starts like a core module.
func IsCoreModule(b []byte) bool { return bytes.HasPrefix(b, coreModuleVersion) }

// Decode reads a component. It checks the form of the binary; [Link] checks
// that what it says makes sense. The result refers to b, which must not
// change. An error is an *[Error].
func Decode(b []byte) (*Component, error) {
	if IsCoreModule(b) {
		return nil, &Error{Offset: -1, Msg: "this is a core module, not a component"}
	}
	if !bytes.HasPrefix(b, magic) {
		return nil, &Error{Offset: -1, Msg: "this is not a WebAssembly binary"}
	}
	r := &reader{buf: b, end: len(b)}
	c := r.component()
	if r.err != nil {
		return nil, r.err
	}
	return c, nil
}

func (r *reader) component() *Component {
	if !r.enter() {
		return nil
	}
	defer r.leave()
	at := r.pos
	if head := r.bytes(uint32(len(preamble))); r.err == nil && !bytes.Equal(head, preamble) {
		if IsCoreModule(head) {
			r.failf(at, "a core module where a component is expected")
		} else {
			r.failf(at, "not a component of the supported version (want 0d 00 01 00, found % x)", head[4:])
		}
	}
	c := &Component{}
	for r.more() {
		r.readSection(c)
	}
	return c
}

func (r *reader) readSection(c *Component) {
	at := r.pos
	id := r.byte()
	if int(id) >= len(sectionNames) {
		r.failf(at, "unknown section %d", id)
		return
	}
	outer, end := r.section, r.end
	r.section = sectionNames[id]
	size := r.u32()
	if r.err == nil && uint64(size) > uint64(r.end-r.pos) {
		r.failf(at, "section of %d bytes, %d left", size, r.end-r.pos)
	}
	if r.err != nil {
		return
	}
	r.end = r.pos + int(size)
	r.definitions(c, id)
	if r.err == nil && r.pos != r.end {
		r.failf(r.pos, "%d bytes too many", r.end-r.pos)
	}
	r.end, r.section = end, outer
}

// definitions reads the contents of a section, which extends to r.end.
func (r *reader) definitions(c *Component, id byte) {
	add := func(at int, d Def) {
		c.Defs = append(c.Defs, d)
		c.Offsets = append(c.Offsets, at)
	}
	at := r.pos
	switch id {
	case secCustom:
		name := r.name()
		add(at, &Custom{Name: name, Data: r.rest()})
		return
	case secCoreModule:
		m := &CoreModule{Offset: at, Data: r.rest()}
		if !IsCoreModule(m.Data) {
			r.failf(at, "not a core module")
		}
		add(at, m)
		return
	case secComponent:
		add(at, &Nested{Offset: at, Component: r.component()})
		return
	case secStart:
		s := &Start{Func: r.u32()}
		s.Args = vector(r, 1, r.u32)
		s.Results = r.u32()
		add(at, s)
		return
	}
	for range r.count(1) {
		at := r.pos
		d := r.definition(id)
		if r.err != nil {
			return
		}
		add(at, d)
	}
}

func (r *reader) value() *Constant {
	v := &Constant{}
	if t := r.valType(); t != nil {
		v.Type = *t
	}
	v.Data = r.bytes(r.u32())
	return v
}

func (r *reader) rest() []byte { return r.bytes(uint32(r.end - r.pos)) }

func (r *reader) definition(id byte) Def {
	switch id {
	case secCoreInstance:
		return r.coreInstance()
	case secCoreType:
		return r.coreType()
	case secInstance:
		return r.instance()
	case secAlias:
		return r.alias()
	case secType:
		return &TypeDef{Type: r.typ()}
	case secCanon:
		return r.canon()
	case secImport:
		return r.importDef()
	case secValue:
		return r.value()
	}
	return r.export()
}

func (r *reader) coreInstance() *CoreInstance {
	if !r.instantiates() {
		return &CoreInstance{Exports: vector(r, 3, func() CoreExport {
			return CoreExport{Name: r.name(), Sort: r.coreSort(), Index: r.u32()}
		})}
	}
	return &CoreInstance{Instantiate: true, Module: r.u32(), Args: vector(r, 3, func() CoreArg {
		name := r.name()
		r.expect(0x12, "argument of a core instance")
		return CoreArg{Name: name, Instance: r.u32()}
	})}
}

func (r *reader) instance() *Instance {
	if !r.instantiates() {
		return &Instance{Exports: vector(r, 4, func() InlineExport {
			name, attrs := r.externName()
			return InlineExport{Name: name, Attrs: attrs, Sort: r.sort(), Index: r.u32()}
		})}
	}
	return &Instance{Instantiate: true, Component: r.u32(), Args: vector(r, 3, func() Arg {
		return Arg{Name: r.name(), Sort: r.sort(), Index: r.u32()}
	})}
}

func (r *reader) instantiates() bool { return !r.flag("kind of instance") }

func (r *reader) importDef() *Import {
	name, attrs := r.externName()
	return &Import{Name: name, Attrs: attrs, Desc: r.externDesc()}
}

func (r *reader) export() *Export {
	e := &Export{}
	e.Name, e.Attrs = r.externName()
	e.Sort, e.Index = r.sort(), r.u32()
	if r.flag("type of an export") {
		d := r.externDesc()
		e.Desc = &d
	}
	return e
}

// externName reads the name of an import or export. The forms 0x00 and 0x01
// mean the same.
func (r *reader) externName() (string, []Attribute) {
	at := r.pos
	form := r.byte()
	if form > 2 {
		r.failf(at, "unknown form of name 0x%02x", form)
	}
	name := r.name()
	if form < 2 {
		return name, nil
	}
	var seen [AttrExternalID + 1]bool
	return name, vector(r, 2, func() Attribute {
		at := r.pos
		kind := AttrKind(r.byte())
		switch {
		case kind > AttrExternalID:
			r.failf(at, "unknown attribute 0x%02x of name %q", byte(kind), name)
			return Attribute{}
		case seen[kind]:
			r.failf(at, "attribute 0x%02x of name %q is given twice", byte(kind), name)
		}
		seen[kind] = true
		return Attribute{Kind: kind, Value: r.name()}
	})
}

func (r *reader) alias() *Alias {
	a := &Alias{Sort: r.sort()}
	at := r.pos
	switch target := r.byte(); target {
	case 0:
		a.Target, a.Instance, a.Name = AliasExport, r.u32(), r.name()
	case 1:
		a.Target, a.Instance, a.Name = AliasCoreExport, r.u32(), r.name()
	case 2:
		a.Target, a.Count, a.Index = AliasOuter, r.u32(), r.u32()
	default:
		r.failf(at, "unknown alias target 0x%02x", target)
	}
	return a
}

// The sorts by their opcodes.
var (
	coreSorts = map[byte]Sort{
		0x00: SortCoreFunc, 0x01: SortCoreTable, 0x02: SortCoreMemory, 0x03: SortCoreGlobal, 0x04: SortCoreTag,
		0x10: SortCoreType, 0x11: SortCoreModule, 0x12: SortCoreInstance,
	}
	sorts = map[byte]Sort{
		0x01: SortFunc, 0x02: SortValue, 0x03: SortType, 0x04: SortComponent, 0x05: SortInstance,
	}
)

func (r *reader) coreSort() Sort {
	at := r.pos
	b := r.byte()
	s, ok := coreSorts[b]
	if !ok {
		r.failf(at, "unknown core sort 0x%02x", b)
	}
	return s
}

func (r *reader) sort() Sort {
	at := r.pos
	b := r.byte()
	if b == 0 {
		return r.coreSort()
	}
	s, ok := sorts[b]
	if !ok {
		r.failf(at, "unknown sort 0x%02x", b)
	}
	return s
}
