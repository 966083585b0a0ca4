package bridge

import "github.com/isyswasfa/isyswasfa/internal/component"

// A builder appends definitions to a component and counts the index spaces:
// each method gives the index of what it defines.
type builder struct {
	defs   []component.Def
	counts [component.SortCoreTag + 1]uint32
}

func (b *builder) add(s component.Sort, d component.Def) uint32 {
	b.defs = append(b.defs, d)
	b.counts[s]++
	return b.counts[s] - 1
}

func (b *builder) typ(t component.Type) uint32 {
	return b.add(component.SortType, &component.TypeDef{Type: t})
}

func (b *builder) imported(name string, desc component.ExternDesc) uint32 {
	return b.add(desc.Sort, &component.Import{Name: name, Desc: desc})
}

func (b *builder) exported(name string, s component.Sort, i uint32, desc *component.ExternDesc) uint32 {
	return b.add(s, &component.Export{Name: name, Sort: s, Index: i, Desc: desc})
}

// member aliases an export of an instance.
func (b *builder) member(instance uint32, s component.Sort, name string) uint32 {
	return b.add(s, &component.Alias{Target: component.AliasExport, Sort: s, Instance: instance, Name: name})
}

func (b *builder) coreMember(instance uint32, s component.Sort, name string) uint32 {
	return b.add(s, &component.Alias{Target: component.AliasCoreExport, Sort: s, Instance: instance, Name: name})
}

// instantiate instantiates a core module.
func (b *builder) instantiate(module []byte, args ...component.CoreArg) uint32 {
	m := b.add(component.SortCoreModule, &component.CoreModule{Data: module})
	return b.add(component.SortCoreInstance, &component.CoreInstance{Instantiate: true, Module: m, Args: args})
}

// bundle makes a core instance of exports.
func (b *builder) bundle(exports []component.CoreExport) uint32 {
	return b.add(component.SortCoreInstance, &component.CoreInstance{Exports: exports})
}

func (b *builder) canon(s component.Sort, c component.Canon) uint32 { return b.add(s, &c) }
