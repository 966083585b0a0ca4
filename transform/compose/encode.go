package compose

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// encode writes the result: its imports, the components in it, their
// instances, and its exports.
func (c *composer) encode() (*component.Component, error) {
	s := newScope(nil, false)
	if err := c.writeImports(s); err != nil {
		return nil, err
	}
	w := &writer{c: c, s: s, components: make(map[*definition]uint32), aliases: make(map[exportKey]uint32)}
	if err := w.importComponents(); err != nil {
		return nil, err
	}
	w.contain()
	for _, in := range c.sorted {
		w.instance(in)
	}
	w.exports()
	return &component.Component{Defs: s.defs}, nil
}

// A writer writes what comes behind the imports.
type writer struct {
	c          *composer
	s          *scope
	components map[*definition]uint32
	aliases    map[exportKey]uint32
}

type exportKey struct {
	in   *instance
	item *component.Item
}

// instance writes an instantiation.
func (w *writer) instance(in *instance) {
	var args []component.Arg
	for _, l := range in.links {
		arg := component.Arg{Name: l.item.Name, Sort: l.item.Sort}
		switch {
		case l.from == nil:
			arg.Index = l.group.index
		case l.export == nil:
			arg.Index = l.from.index
		default:
			arg.Index = w.export(l.from, l.export)
		}
		args = append(args, arg)
	}
	w.s.defs = append(w.s.defs, &component.Instance{Instantiate: true, Component: w.components[in.def], Args: args})
	in.index = w.s.next(component.SortInstance)
}

// export gives the index of an export of an instance.
func (w *writer) export(in *instance, item *component.Item) uint32 {
	key := exportKey{in, item}
	i, ok := w.aliases[key]
	if !ok {
		i = w.s.alias(component.Alias{Target: component.AliasExport, Sort: item.Sort, Instance: in.index, Name: item.Name})
		w.aliases[key] = i
	}
	return i
}

// exports writes the exports of the root component, and the poll functions of
// the others.
func (w *writer) exports() {
	taken := make(map[string]bool)
	root := w.c.order[0]
	for _, item := range root.def.surface.Exports {
		taken[strings.ToLower(item.Name)] = true
	}
	for _, item := range root.def.surface.Exports {
		w.exported(root, item, item.Name)
	}
	for _, in := range w.c.order[1:] {
		for _, item := range in.def.surface.Exports {
			if item.IsPoll() {
				w.exported(in, item, w.pollName(in, item.Name, taken))
			}
		}
	}
}

func (w *writer) exported(in *instance, item *component.Item, name string) {
	i := w.export(in, item)
	w.s.defs = append(w.s.defs, &component.Export{Name: name, Attrs: item.Attrs, Sort: item.Sort, Index: i})
	w.s.next(item.Sort)
}

// pollName gives a poll function a name that no other export has.
func (w *writer) pollName(in *instance, name string, taken map[string]bool) string {
	unique := name
	for n := 2; taken[strings.ToLower(unique)]; n++ {
		unique = fmt.Sprintf("%s-n%d", name, n)
	}
	taken[strings.ToLower(unique)] = true
	if unique != name {
		w.c.note("the poll function %q of %s is exported as %q: the name is taken by another component's", name, in.def.name, unique)
	}
	return unique
}
