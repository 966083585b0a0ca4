package encode

import "github.com/isyswasfa/isyswasfa/internal/component"

// A builder appends definitions and counts the index spaces: each method gives
// the index of what it defines.
type builder struct {
	out    component.Component
	counts [component.SortCoreTag + 1]uint32
}

func (b *builder) add(s component.Sort, d component.Def) uint32 {
	b.out.Defs = append(b.out.Defs, d)
	b.counts[s]++
	return b.counts[s] - 1
}

func (b *builder) typ(t component.Type) uint32 {
	return b.add(component.SortType, &component.TypeDef{Type: t})
}

func (b *builder) imported(name string, desc component.ExternDesc) uint32 {
	return b.add(desc.Sort, &component.Import{Name: name, Desc: desc})
}

// export gives the index of the exported thing, which is a new one. desc, if
// not nil, ascribes a type.
func (b *builder) export(name string, s component.Sort, index uint32, desc *component.ExternDesc) uint32 {
	return b.add(s, &component.Export{Name: name, Sort: s, Index: index, Desc: desc})
}

// member aliases an export of a component instance.
func (b *builder) member(instance uint32, s component.Sort, name string) uint32 {
	return b.add(s, &component.Alias{Target: component.AliasExport, Sort: s, Instance: instance, Name: name})
}

// coreMember aliases an export of a core instance.
func (b *builder) coreMember(instance uint32, s component.Sort, name string) uint32 {
	return b.add(s, &component.Alias{Target: component.AliasCoreExport, Sort: s, Instance: instance, Name: name})
}

func (b *builder) module(data []byte) uint32 {
	return b.add(component.SortCoreModule, &component.CoreModule{Data: data})
}

func (b *builder) instantiate(module uint32, args []component.CoreArg) uint32 {
	return b.add(component.SortCoreInstance, &component.CoreInstance{Instantiate: true, Module: module, Args: args})
}

// bundle makes a core instance of exports.
func (b *builder) bundle(exports []component.CoreExport) uint32 {
	return b.add(component.SortCoreInstance, &component.CoreInstance{Exports: exports})
}

func (b *builder) lower(fn uint32, opts component.CanonOpts) uint32 {
	return b.add(component.SortCoreFunc, &component.Canon{Op: component.CanonLower, Func: fn, Opts: opts})
}

func (b *builder) lift(core, typ uint32, opts component.CanonOpts) uint32 {
	return b.add(component.SortFunc, &component.Canon{Op: component.CanonLift, CoreFunc: core, Type: typ, Opts: opts})
}

// resource defines a built-in of a resource type.
func (b *builder) resource(op component.CanonOp, typ uint32) uint32 {
	return b.add(component.SortCoreFunc, &component.Canon{Op: op, Type: typ})
}
