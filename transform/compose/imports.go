package compose

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// writeImports writes the imports of the result, each behind those that have
// the types it mentions.
func (c *composer) writeImports(s *scope) error {
	for _, g := range c.groups {
		g.state = unseen
	}
	for _, g := range c.groups {
		if err := s.importGroup(g); err != nil {
			return err
		}
	}
	return nil
}

func (s *scope) importGroup(g *group) error {
	if g.state != unseen {
		return nil
	}
	g.state = entered
	for _, l := range g.members {
		for _, name := range mentioned(l.in, l.item).list {
			if other := l.in.link(name).group; other != nil && other != g {
				if err := s.importGroup(other); err != nil {
					return err
				}
			}
		}
	}
	g.state = done
	if len(g.members) > 1 && g.item.seen[0].item.Value != nil {
		return fmt.Errorf("%s import the value %q, which can be used once; within an instance it could be used by all of them", g.who(), g.name)
	}
	d, err := s.describe(g.item)
	if err != nil {
		return fmt.Errorf("the import %q of %s cannot be left to be imported: %w", g.name, g.who(), err)
	}
	g.index = s.importItem(g.name, g.attrs, d)
	s.place(g.item, g.index, nil)
	return nil
}

// link gives the link of an import, or nil.
func (in *instance) link(name string) *link { return in.named[name] }

// describe writes the type of an import or export, without its name.
func (s *scope) describe(m *merged) (component.ExternDesc, error) {
	first := m.seen[0]
	switch item := first.item; {
	case item.Func != nil:
		i, err := s.function(first.in, item.Func)
		return component.ExternDesc{Sort: component.SortFunc, Index: i}, err
	case item.Sort == component.SortInstance:
		i, err := s.instanceType(m)
		return component.ExternDesc{Sort: component.SortInstance, Index: i}, err
	case item.Value != nil:
		v, err := s.valType(typeRef{first.in, item.Value})
		return component.ExternDesc{Sort: component.SortValue, ValTyp: v}, err
	case item.Resource != nil:
		if i, ok := s.findClass(first.in.of(item.Resource)); ok {
			return component.ExternDesc{Sort: component.SortType, Index: i}, nil
		}
		return component.ExternDesc{Sort: component.SortType, Bound: component.BoundSub}, nil
	case item.Type != nil:
		i, err := s.named(m)
		return component.ExternDesc{Sort: component.SortType, Index: i}, err
	}
	return component.ExternDesc{}, fmt.Errorf("%q is a %s, whose type cannot be written", m.name, first.item.Sort)
}

// named gives the index of a value type that is about to have a name: that of
// the name it is an alias of, or one of its own.
func (s *scope) named(m *merged) (uint32, error) {
	for _, x := range m.seen {
		surface := x.in.def.surface
		for t := surface.Origin(x.item.Type); t != nil; t = surface.Origin(t) {
			if i, ok := s.findType(typeRef{x.in, t}); ok {
				return i, nil
			}
		}
	}
	return s.structure(typeRef{m.seen[0].in, m.seen[0].item.Type})
}

// instanceType writes an instance type.
func (s *scope) instanceType(m *merged) (uint32, error) {
	in := newScope(s, true)
	for _, sub := range m.items {
		d, err := in.describe(sub)
		if err != nil {
			return 0, fmt.Errorf("%q: %w", sub.name, err)
		}
		in.place(sub, in.exportDecl(sub.name, nil, d), nil)
	}
	return s.define(&component.InstanceType{Decls: in.decls}), nil
}

// place notes where the types are that an import or export has brought, or
// that are in an instance it has brought.
func (s *scope) place(m *merged, index uint32, path []string) {
	for _, x := range m.seen {
		switch {
		case x.item.Resource != nil:
			k := x.in.of(x.item.Resource)
			if path != nil {
				if _, known := s.homes[k]; !known {
					s.homes[k] = place{index, path}
				}
			} else if !s.own[k] {
				s.class[k], s.own[k] = index, true
			}
		case x.item.Type != nil && path == nil:
			s.types[typeRef{x.in, x.item.Type}] = index
		case x.item.Type != nil:
			s.places[typeRef{x.in, x.item.Type}] = place{index, path}
		}
	}
	for _, sub := range m.items {
		s.place(sub, index, append(path[:len(path):len(path)], sub.name))
	}
}
