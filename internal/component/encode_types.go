package component

import "fmt"

func (w *writer) typ(t Type) {
	switch t := t.(type) {
	case *DefinedType:
		w.definedType(t)
	case *FuncType:
		w.funcType(t)
	case *ComponentType:
		w.byte(0x41)
		list(w, t.Decls, w.decl)
	case *InstanceType:
		w.byte(0x42)
		list(w, t.Decls, w.decl)
	case *ResourceType:
		w.byte(0x3f)
		w.byte(0x7f)
		if t.Dtor == nil {
			w.byte(0x00)
			return
		}
		w.byte(0x01)
		w.u32(*t.Dtor)
	default:
		panic(fmt.Sprintf("component: unknown type %T", t))
	}
}

func (w *writer) funcType(t *FuncType) {
	if t.Async {
		w.byte(0x43)
	} else {
		w.byte(0x40)
	}
	list(w, t.Params, w.labelled)
	w.result(t.Result)
}

// result writes the result of a function; nil for none.
func (w *writer) result(t *ValType) {
	if t == nil {
		w.byte(0x01)
		w.byte(0x00)
		return
	}
	w.byte(0x00)
	w.valType(t)
}

func (w *writer) labelled(n Named) {
	w.name(n.Name)
	w.valType(n.Type)
}

func (w *writer) definedType(t *DefinedType) {
	if t.Kind == DefPrim {
		w.byte(byte(t.Prim))
		return
	}
	w.byte(byte(t.Kind))
	switch t.Kind {
	case DefRecord:
		list(w, t.Fields, w.labelled)
	case DefVariant:
		list(w, t.Fields, func(n Named) {
			w.name(n.Name)
			w.optType(n.Type)
			w.byte(0x00)
		})
	case DefTuple:
		list(w, t.Fields, func(n Named) { w.valType(n.Type) })
	case DefFlags, DefEnum:
		list(w, t.Labels, w.name)
	case DefList, DefOption:
		w.valType(t.Elem)
	case DefFixed:
		w.valType(t.Elem)
		w.u32(t.Len)
	case DefMap:
		w.valType(t.Key)
		w.valType(t.Elem)
	case DefResult:
		w.optType(t.Elem)
		w.optType(t.Err)
	case DefOwn, DefBorrow:
		w.u32(t.Res)
	case DefStream, DefFuture:
		w.optType(t.Elem)
	default:
		panic(fmt.Sprintf("component: unknown kind of type 0x%02x", byte(t.Kind)))
	}
}

func (w *writer) valType(t *ValType) {
	if t.Prim != 0 {
		w.byte(byte(t.Prim))
		return
	}
	w.typeIndex(t.Index)
}

func (w *writer) optType(t *ValType) {
	if t == nil {
		w.byte(0x00)
		return
	}
	w.byte(0x01)
	w.valType(t)
}

func (w *writer) decl(d Decl) {
	switch {
	case d.CoreType != nil:
		w.byte(0x00)
		w.coreType(d.CoreType)
	case d.Type != nil:
		w.byte(0x01)
		w.typ(d.Type)
	case d.Alias != nil:
		w.byte(0x02)
		w.alias(d.Alias)
	case d.Import != nil:
		w.byte(0x03)
		w.def(d.Import)
	default:
		w.byte(0x04)
		w.externName(d.Export.Name, d.Export.Attrs)
		w.externDesc(d.Export.Desc)
	}
}

func (w *writer) externDesc(d ExternDesc) {
	w.sort(d.Sort)
	switch d.Sort {
	case SortType:
		w.byte(byte(d.Bound))
		if d.Bound == BoundEq {
			w.u32(d.Index)
		}
	case SortValue:
		if d.ValEq {
			w.byte(0x00)
			w.u32(d.Index)
		} else {
			w.byte(0x01)
			w.valType(&d.ValTyp)
		}
	default:
		w.u32(d.Index)
	}
}

func (w *writer) coreType(t *CoreType) {
	if t.Func != nil {
		if t.Open {
			w.buf = append(w.buf, 0x00, 0x50, 0x00)
		}
		w.coreFuncType(t.Func)
		return
	}
	m := t.Module
	w.byte(0x50)
	w.u32(uint32(len(m.Types) + len(m.Imports) + len(m.Exports)))
	for _, f := range m.Types {
		if f.Outer == nil {
			w.byte(0x01)
			w.coreFuncType(f)
			continue
		}
		w.buf = append(w.buf, 0x02, 0x10, 0x01)
		w.u32(f.Outer.Count)
		w.u32(f.Outer.Index)
	}
	for _, i := range m.Imports {
		w.byte(0x00)
		w.name(i.Module)
		w.name(i.Name)
		w.coreDesc(i.Desc)
	}
	for _, e := range m.Exports {
		w.byte(0x03)
		w.name(e.Name)
		w.coreDesc(e.Desc)
	}
}

func (w *writer) coreFuncType(f *CoreFuncType) {
	w.byte(0x60)
	w.bytes(f.Params)
	w.bytes(f.Results)
}

func (w *writer) coreDesc(d CoreDesc) {
	w.byte(coreSortCode(d.Sort))
	switch d.Sort {
	case SortCoreFunc:
		w.u32(d.Func)
	case SortCoreTable:
		w.byte(d.ElemType)
		w.limits(d)
	case SortCoreMemory:
		w.limits(d)
	case SortCoreGlobal:
		w.byte(d.ValType)
		w.byte(bit(d.Mutable))
	case SortCoreTag:
		w.byte(0x00)
		w.u32(d.Func)
	}
}

func (w *writer) limits(d CoreDesc) {
	w.byte(bit(d.Max != nil) | bit(d.Shared)<<1 | bit(d.Is64)<<2)
	w.u64(d.Min)
	if d.Max != nil {
		w.u64(*d.Max)
	}
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}
