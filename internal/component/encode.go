package component

import (
	"encoding/binary"
	"fmt"
)

// A writer appends to a binary.
type writer struct{ buf []byte }

// Encode gives the binary of the component. Definitions of one kind that
// follow each other share a section. The component must be well formed: an
// unknown definition, type or sort is the caller's error and panics.
func (c *Component) Encode() []byte {
	w := &writer{buf: append([]byte(nil), preamble...)}
	for i := 0; i < len(c.Defs); {
		id := sectionOf(c.Defs[i])
		n := 1
		for !alone(id) && i+n < len(c.Defs) && sectionOf(c.Defs[i+n]) == id {
			n++
		}
		w.section(id, c.Defs[i:i+n])
		i += n
	}
	return w.buf
}

func sectionOf(d Def) byte {
	switch d.(type) {
	case *CoreModule:
		return secCoreModule
	case *CoreInstance:
		return secCoreInstance
	case *CoreType:
		return secCoreType
	case *Nested:
		return secComponent
	case *Instance:
		return secInstance
	case *Alias:
		return secAlias
	case *TypeDef:
		return secType
	case *Canon:
		return secCanon
	case *Start:
		return secStart
	case *Import:
		return secImport
	case *Export:
		return secExport
	case *Constant:
		return secValue
	case *Custom:
		return secCustom
	}
	panic(fmt.Sprintf("component: unknown definition %T", d))
}

// alone tells whether a section holds one definition without a count.
func alone(id byte) bool {
	return id == secCustom || id == secCoreModule || id == secComponent || id == secStart
}

func (w *writer) section(id byte, defs []Def) {
	body := &writer{}
	if !alone(id) {
		body.u32(uint32(len(defs)))
	}
	for _, d := range defs {
		body.def(d)
	}
	w.byte(id)
	w.bytes(body.buf)
}

func (w *writer) byte(b byte) { w.buf = append(w.buf, b) }

func (w *writer) u64(v uint64) { w.buf = binary.AppendUvarint(w.buf, v) }

func (w *writer) u32(v uint32) { w.u64(uint64(v)) }

// typeIndex writes the index as a signed number, so that it differs from the
// negative numbers that are opcodes.
func (w *writer) typeIndex(v uint32) {
	for ; v >= 0x40; v >>= 7 {
		w.byte(byte(v) | 0x80)
	}
	w.byte(byte(v))
}

func (w *writer) bytes(b []byte) {
	w.u32(uint32(len(b)))
	w.buf = append(w.buf, b...)
}

func (w *writer) name(s string) {
	w.u32(uint32(len(s)))
	w.buf = append(w.buf, s...)
}

func list[T any](w *writer, items []T, write func(T)) {
	w.u32(uint32(len(items)))
	for _, item := range items {
		write(item)
	}
}

func (w *writer) def(d Def) {
	switch d := d.(type) {
	case *CoreModule:
		w.buf = append(w.buf, d.Data...)
	case *CoreInstance:
		w.coreInstance(d)
	case *CoreType:
		w.coreType(d)
	case *Nested:
		w.buf = append(w.buf, d.Component.Encode()...)
	case *Instance:
		w.instance(d)
	case *Alias:
		w.alias(d)
	case *TypeDef:
		w.typ(d.Type)
	case *Canon:
		w.canon(d)
	case *Start:
		w.u32(d.Func)
		list(w, d.Args, w.u32)
		w.u32(d.Results)
	case *Import:
		w.externName(d.Name, d.Attrs)
		w.externDesc(d.Desc)
	case *Export:
		w.export(d)
	case *Constant:
		w.valType(&d.Type)
		w.bytes(d.Data)
	case *Custom:
		w.name(d.Name)
		w.buf = append(w.buf, d.Data...)
	}
}

func (w *writer) coreInstance(d *CoreInstance) {
	if d.Instantiate {
		w.byte(0x00)
		w.u32(d.Module)
		list(w, d.Args, func(a CoreArg) {
			w.name(a.Name)
			w.byte(0x12)
			w.u32(a.Instance)
		})
		return
	}
	w.byte(0x01)
	list(w, d.Exports, func(e CoreExport) {
		w.name(e.Name)
		w.byte(coreSortCode(e.Sort))
		w.u32(e.Index)
	})
}

func (w *writer) instance(d *Instance) {
	if d.Instantiate {
		w.byte(0x00)
		w.u32(d.Component)
		list(w, d.Args, func(a Arg) {
			w.name(a.Name)
			w.sort(a.Sort)
			w.u32(a.Index)
		})
		return
	}
	w.byte(0x01)
	list(w, d.Exports, func(e InlineExport) {
		w.externName(e.Name, e.Attrs)
		w.sort(e.Sort)
		w.u32(e.Index)
	})
}

func (w *writer) export(d *Export) {
	w.externName(d.Name, d.Attrs)
	w.sort(d.Sort)
	w.u32(d.Index)
	if d.Desc == nil {
		w.byte(0x00)
		return
	}
	w.byte(0x01)
	w.externDesc(*d.Desc)
}

func (w *writer) externName(name string, attrs []Attribute) {
	if len(attrs) == 0 {
		w.byte(0x00)
		w.name(name)
		return
	}
	w.byte(0x02)
	w.name(name)
	list(w, attrs, func(a Attribute) {
		w.byte(byte(a.Kind))
		w.name(a.Value)
	})
}

func (w *writer) alias(a *Alias) {
	w.sort(a.Sort)
	switch a.Target {
	case AliasExport, AliasCoreExport:
		w.byte(byte(a.Target))
		w.u32(a.Instance)
		w.name(a.Name)
	default:
		w.byte(0x02)
		w.u32(a.Count)
		w.u32(a.Index)
	}
}

func (w *writer) sort(s Sort) {
	for code, other := range sorts {
		if other == s {
			w.byte(code)
			return
		}
	}
	w.byte(0x00)
	w.byte(coreSortCode(s))
}

func coreSortCode(s Sort) byte {
	for code, other := range coreSorts {
		if other == s {
			return code
		}
	}
	panic(fmt.Sprintf("component: %s is not a core sort", s))
}
