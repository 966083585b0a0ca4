package component

// A Builder appends definitions to a component and counts the index spaces:
// each method gives the index of what it defines. The zero value is an empty
// component.
type Builder struct {
	Component Component
	counts    [SortCoreTag + 1]uint32
}

// Add appends a definition of the sort.
func (b *Builder) Add(s Sort, d Def) uint32 {
	b.Component.Defs = append(b.Component.Defs, d)
	b.counts[s]++
	return b.counts[s] - 1
}

// Type defines a type.
func (b *Builder) Type(t Type) uint32 { return b.Add(SortType, &TypeDef{Type: t}) }

// Import imports something.
func (b *Builder) Import(name string, desc ExternDesc, attrs ...Attribute) uint32 {
	return b.Add(desc.Sort, &Import{Name: name, Desc: desc, Attrs: attrs})
}

// Export gives the index of the exported thing, which is a new one. desc, if
// not nil, ascribes a type.
func (b *Builder) Export(name string, s Sort, index uint32, desc *ExternDesc, attrs ...Attribute) uint32 {
	return b.Add(s, &Export{Name: name, Sort: s, Index: index, Desc: desc, Attrs: attrs})
}

// Member aliases an export of an instance.
func (b *Builder) Member(instance uint32, s Sort, name string) uint32 {
	return b.Add(s, &Alias{Target: AliasExport, Sort: s, Instance: instance, Name: name})
}

// CoreMember aliases an export of a core instance.
func (b *Builder) CoreMember(instance uint32, s Sort, name string) uint32 {
	return b.Add(s, &Alias{Target: AliasCoreExport, Sort: s, Instance: instance, Name: name})
}

// Module adds a core module.
func (b *Builder) Module(data []byte) uint32 { return b.Add(SortCoreModule, &CoreModule{Data: data}) }

// Instantiate instantiates a core module.
func (b *Builder) Instantiate(module uint32, args ...CoreArg) uint32 {
	return b.Add(SortCoreInstance, &CoreInstance{Instantiate: true, Module: module, Args: args})
}

// Bundle makes a core instance of exports.
func (b *Builder) Bundle(exports []CoreExport) uint32 {
	return b.Add(SortCoreInstance, &CoreInstance{Exports: exports})
}

// Lower makes a core function of a function.
func (b *Builder) Lower(fn uint32, opts CanonOpts) uint32 {
	return b.Add(SortCoreFunc, &Canon{Op: CanonLower, Func: fn, Opts: opts})
}

// Lift makes a function of the type of a core function.
func (b *Builder) Lift(core, typ uint32, opts CanonOpts) uint32 {
	return b.Add(SortFunc, &Canon{Op: CanonLift, CoreFunc: core, Type: typ, Opts: opts})
}

// Resource defines a built-in of a resource type.
func (b *Builder) Resource(op CanonOp, typ uint32) uint32 {
	return b.Add(SortCoreFunc, &Canon{Op: op, Type: typ})
}
