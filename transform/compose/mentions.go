package compose

import (
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// mentioned gives the imports of an instance that have types which another
// import, or an export, mentions.
func mentioned(in *instance, item *component.Item) *mentions {
	v := &mentions{
		in:    in,
		seen:  make(map[*abi.Type]bool),
		names: make(map[string]bool),
		named: make(map[string]bool),
	}
	v.item(item)
	return v
}

type mentions struct {
	in    *instance
	seen  map[*abi.Type]bool
	names map[string]bool
	list  []string        // in the order in which they came up
	named map[string]bool // those of which a type is mentioned that must have a name
}

func (v *mentions) add(name string) {
	if !v.names[name] {
		v.names[name] = true
		v.list = append(v.list, name)
	}
}

func (v *mentions) item(item *component.Item) {
	if item.Resource != nil && item.Resource.Imported {
		v.add(item.Resource.Import[0])
	}
	v.typ(item.Type)
	v.typ(item.Value)
	if item.Func != nil {
		for _, p := range item.Func.Params {
			v.typ(p.Type)
		}
		v.typ(item.Func.Result)
	}
	for _, sub := range item.Items {
		v.item(sub)
	}
}

func (v *mentions) typ(t *abi.Type) {
	if t == nil || v.seen[t] {
		return
	}
	v.seen[t] = true
	if home, ok := v.in.homes[t]; ok {
		v.add(home)
		switch t.Kind {
		case abi.Record, abi.Variant, abi.Enum, abi.Flags:
			v.named[home] = true
		}
	}
	if r, ok := t.Resource.(*component.Resource); ok && r.Imported {
		v.add(r.Import[0])
	}
	v.typ(v.in.def.surface.Origin(t))
	v.typ(t.Elem)
	for _, f := range t.Fields {
		v.typ(f.Type)
	}
	for _, f := range t.Cases {
		v.typ(f.Type)
	}
}

// addTypes adds to the imports of the result what is not imported otherwise,
// because a component in the result provides it, but has types that other
// imports mention. The types alone are imported.
func (c *composer) addTypes() error {
	for i := 0; i < len(c.groups); i++ { // which grows
		for _, l := range c.groups[i].members {
			for _, name := range sortedKeys(mentioned(l.in, l.item).named) {
				if other := l.in.link(name); other.group == nil {
					if err := c.importTypes(other, l); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func (c *composer) importTypes(l, user *link) error {
	item := &component.Item{Name: l.item.Name, Attrs: l.item.Attrs, Sort: l.item.Sort, Type: l.item.Type}
	for _, sub := range l.item.Items {
		if sub.Type != nil && !l.in.def.surface.HasHandle(sub.Type) {
			item.Items = append(item.Items, sub)
		}
	}
	types := &link{in: l.in, item: item}
	i := slices.IndexFunc(c.groups, func(g *group) bool { return g.name == item.Name })
	if i < 0 {
		i = len(c.groups)
		c.groups = append(c.groups, newGroup(types))
		c.note("%q is imported too, although %s provides it, because the import %q mentions its types", item.Name, l.from.def.name, user.item.Name)
	} else {
		c.groups[i].add(types)
	}
	l.group = c.groups[i]
	return c.groups[i].merge()
}
