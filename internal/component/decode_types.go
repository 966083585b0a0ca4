package component

// typ reads the right side of a type definition.
func (r *reader) typ() Type {
	at := r.pos
	op := r.byte()
	switch op {
	case 0x3f:
		return r.resourceType()
	case 0x40, 0x43:
		return r.funcType(op == 0x43)
	case 0x41:
		return r.componentType()
	case 0x42:
		return r.instanceType()
	}
	return r.definedType(at, op)
}

func (r *reader) resourceType() *ResourceType {
	r.expect(0x7f, "representation of a resource (i32)")
	t := &ResourceType{}
	if r.flag("destructor of a resource") {
		i := r.u32()
		t.Dtor = &i
	}
	return t
}

func (r *reader) funcType(async bool) *FuncType {
	return &FuncType{Async: async, Params: vector(r, 2, r.labelled), Result: r.result()}
}

// result reads the result of a function; nil for none.
func (r *reader) result() *ValType {
	if r.flag("result of a function") {
		r.expect(0x00, "named results, which are not supported")
		return nil
	}
	return r.valType()
}

func (r *reader) labelled() Named { return Named{Name: r.name(), Type: r.valType()} }

func (r *reader) definedType(at int, op byte) *DefinedType {
	if PrimType(op).valid() {
		return &DefinedType{Kind: DefPrim, Prim: PrimType(op)}
	}
	t := &DefinedType{Kind: DefKind(op)}
	switch t.Kind {
	case DefRecord:
		t.Fields = vector(r, 2, r.labelled)
	case DefVariant:
		t.Fields = vector(r, 3, func() Named {
			n := Named{Name: r.name(), Type: r.optType()}
			r.expect(0x00, "end of a variant's case")
			return n
		})
	case DefTuple:
		t.Fields = vector(r, 1, func() Named { return Named{Type: r.valType()} })
	case DefFlags, DefEnum:
		t.Labels = vector(r, 1, r.name)
	case DefList, DefOption:
		t.Elem = r.valType()
	case DefFixed:
		t.Elem, t.Len = r.valType(), r.u32()
	case DefMap:
		t.Key, t.Elem = r.valType(), r.valType()
	case DefResult:
		t.Elem, t.Err = r.optType(), r.optType()
	case DefOwn, DefBorrow:
		t.Res = r.u32()
	case DefStream, DefFuture:
		t.Elem = r.optType()
	default:
		r.failf(at, "unknown type 0x%02x", op)
	}
	return t
}

func (p PrimType) valid() bool { return p >= PrimString && p <= PrimBool || p == PrimErrorContext }

func (r *reader) valType() *ValType {
	at := r.pos
	if r.pos < r.end && r.buf[r.pos]&0xc0 == 0x40 {
		op := r.byte()
		if !PrimType(op).valid() {
			r.failf(at, "unknown value type 0x%02x", op)
		}
		return &ValType{Prim: PrimType(op)}
	}
	return &ValType{Index: r.typeIndex()}
}

func (r *reader) optType() *ValType {
	if r.flag("presence of a type") {
		return r.valType()
	}
	return nil
}

func (r *reader) componentType() *ComponentType {
	if !r.enter() {
		return nil
	}
	defer r.leave()
	return &ComponentType{Decls: vector(r, 2, func() Decl { return r.decl(true) })}
}

func (r *reader) instanceType() *InstanceType {
	if !r.enter() {
		return nil
	}
	defer r.leave()
	return &InstanceType{Decls: vector(r, 2, func() Decl { return r.decl(false) })}
}

func (r *reader) decl(imports bool) Decl {
	at := r.pos
	op := r.byte()
	switch {
	case op == 0x00:
		return Decl{CoreType: r.coreType()}
	case op == 0x01:
		return Decl{Type: r.typ()}
	case op == 0x02:
		return Decl{Alias: r.alias()}
	case op == 0x03 && imports:
		return Decl{Import: r.importDef()}
	case op == 0x03:
		r.failf(at, "an import in an instance type")
	case op == 0x04:
		name, attrs := r.externName()
		return Decl{Export: &ExportDecl{Name: name, Attrs: attrs, Desc: r.externDesc()}}
	default:
		r.failf(at, "unknown declaration 0x%02x", op)
	}
	return Decl{}
}

func (r *reader) externDesc() ExternDesc {
	at := r.pos
	d := ExternDesc{Sort: r.sort()}
	switch d.Sort {
	case SortCoreModule, SortFunc, SortComponent, SortInstance:
		d.Index = r.u32()
	case SortType:
		if r.flag("bound of a type") {
			d.Bound = BoundSub
		} else {
			d.Index = r.u32()
		}
	case SortValue:
		if d.ValEq = !r.flag("bound of a value, which some tools leave out"); d.ValEq {
			d.Index = r.u32()
		} else if t := r.valType(); t != nil {
			d.ValTyp = *t
		}
	default:
		r.failf(at, "the type of an import or export cannot be of sort %s", d.Sort)
	}
	return d
}

func (r *reader) coreType() *CoreType {
	at := r.pos
	switch op := r.byte(); op {
	case 0x60:
		return &CoreType{Func: r.coreFuncType()}
	case 0x00:
		r.expect(0x50, "core type (sub)")
		r.expect(0x00, "number of supertypes, which are not supported")
		r.expect(0x60, "core type (func)")
		return &CoreType{Func: r.coreFuncType(), Open: true}
	case 0x50:
		return &CoreType{Module: r.coreModuleType()}
	default:
		r.failf(at, "core type 0x%02x is not supported", op)
	}
	return nil
}

func (r *reader) coreFuncType() *CoreFuncType {
	return &CoreFuncType{Params: vector(r, 1, r.coreValType), Results: vector(r, 1, r.coreValType)}
}

// coreValType reads a core value type: numbers, v128, funcref, externref.
func (r *reader) coreValType() byte {
	at := r.pos
	b := r.byte()
	if !(b >= 0x7b && b <= 0x7f || b == 0x70 || b == 0x6f) {
		r.failf(at, "core value type 0x%02x is not supported", b)
	}
	return b
}

func (r *reader) coreModuleType() *CoreModuleType {
	m := &CoreModuleType{}
	for range r.count(2) {
		at := r.pos
		switch op := r.byte(); op {
		case 0x00:
			m.Imports = append(m.Imports, CoreImportDecl{Module: r.name(), Name: r.name(), Desc: r.coreDesc()})
		case 0x01:
			r.expect(0x60, "type in a core module type (func)")
			m.Types = append(m.Types, r.coreFuncType())
		case 0x02:
			r.expect(0x10, "alias in a core module type (type)")
			r.expect(0x01, "alias in a core module type (outer)")
			a := &Alias{Target: AliasOuter, Sort: SortCoreType, Count: r.u32(), Index: r.u32()}
			m.Types = append(m.Types, &CoreFuncType{Outer: a})
		case 0x03:
			m.Exports = append(m.Exports, CoreExportDecl{Name: r.name(), Desc: r.coreDesc()})
		default:
			r.failf(at, "unknown declaration 0x%02x in a core module type", op)
		}
		if r.err != nil {
			break
		}
	}
	return m
}

// coreDesc reads the type of a core import or export (core:externtype).
func (r *reader) coreDesc() CoreDesc {
	at := r.pos
	switch op := r.byte(); op {
	case 0x00:
		return CoreDesc{Sort: SortCoreFunc, Func: r.u32()}
	case 0x01:
		d := CoreDesc{Sort: SortCoreTable, ElemType: r.coreValType()}
		r.limits(&d)
		return d
	case 0x02:
		d := CoreDesc{Sort: SortCoreMemory}
		r.limits(&d)
		return d
	case 0x03:
		return CoreDesc{Sort: SortCoreGlobal, ValType: r.coreValType(), Mutable: r.flag("mutability of a global")}
	case 0x04:
		r.expect(0x00, "attribute of a tag")
		return CoreDesc{Sort: SortCoreTag, Func: r.u32()}
	default:
		r.failf(at, "unknown sort 0x%02x of a core import or export", op)
	}
	return CoreDesc{}
}

// limits reads the limits of a table or memory. The bits of the first byte
// tell whether a maximum follows, whether it is shared, and whether it is
// indexed by i64.
func (r *reader) limits(d *CoreDesc) {
	at := r.pos
	form := r.byte()
	if form > 7 {
		r.failf(at, "limits 0x%02x are not supported", form)
	}
	d.Shared, d.Is64 = form&2 != 0, form&4 != 0
	bits := uint(32)
	if d.Is64 {
		bits = 64
	}
	d.Min = r.unsigned(bits)
	if form&1 != 0 {
		m := r.unsigned(bits)
		d.Max = &m
	}
}
