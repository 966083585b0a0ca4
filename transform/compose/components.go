package compose

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// importComponents writes the imports of components, each once.
func (w *writer) importComponents() error {
	for _, in := range w.c.order {
		d := in.def
		if _, ok := w.components[d]; ok || d.imported == "" {
			continue
		}
		t, err := d.componentType()
		if err != nil {
			return fmt.Errorf("the type of %s, which is to be imported: %w", d.name, err)
		}
		w.components[d] = w.s.importItem(d.imported, nil, component.ExternDesc{Sort: component.SortComponent, Index: w.s.define(t)})
	}
	return nil
}

// contain writes the components that the result has in it, each once.
func (w *writer) contain() {
	for _, in := range w.c.sorted {
		if _, ok := w.components[in.def]; ok {
			continue
		}
		w.s.defs = append(w.s.defs, &component.Nested{Component: in.def.ast})
		w.components[in.def] = w.s.next(component.SortComponent)
	}
}

// componentType gives the type of a component.
func (d *definition) componentType() (*component.ComponentType, error) {
	s := newScope(nil, true)
	in := newInstance("", d)
	for _, item := range d.surface.Imports {
		m := asMerged(in, item)
		desc, err := s.describe(m)
		if err != nil {
			return nil, fmt.Errorf("import %q: %w", item.Name, err)
		}
		s.place(m, s.importItem(item.Name, item.Attrs, desc), nil)
	}
	for _, item := range d.surface.Exports {
		m := asMerged(in, item)
		desc, err := s.describe(m)
		if err != nil {
			return nil, fmt.Errorf("export %q: %w", item.Name, err)
		}
		s.place(m, s.exportDecl(item.Name, item.Attrs, desc), nil)
	}
	return &component.ComponentType{Decls: s.decls}, nil
}

// asMerged gives an import or export as one of a single instance.
func asMerged(in *instance, item *component.Item) *merged {
	m := &merged{name: item.Name, seen: []seenItem{{in, item}}}
	for _, sub := range item.Items {
		m.items = append(m.items, asMerged(in, sub))
	}
	return m
}
