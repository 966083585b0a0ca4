package compose

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// A class is a resource type of the result: resource types of the components
// in it that are one. Classes are united as it becomes known that they are.
type class struct {
	into *class // united with it; nil for the class itself

	name  string
	owner *instance // that defines it; nil for one that the result imports
	group *group    // by which the result imports it, the first one met
}

func (k *class) find() *class {
	for k.into != nil {
		k = k.into
	}
	return k
}

// String tells which resource type it is.
func (k *class) String() string {
	switch k = k.find(); {
	case k.owner != nil:
		return fmt.Sprintf("%s, which %s defines", k.name, k.owner.def.name)
	case k.group != nil:
		return fmt.Sprintf("%s of the import %q", k.name, k.group.name)
	}
	return k.name
}

// unite makes two classes one, unless they are known to differ: both are
// defined or imported. Two that are imported are not known to differ if the
// component that imports them says that they do not.
func unite(a, b *class, bothImported bool) bool {
	a, b = a.find(), b.find()
	switch {
	case a == b:
		return true
	case a.known() && b.known() && !(bothImported && a.owner == nil && b.owner == nil):
		return false
	case b.known() && !a.known():
		a, b = b, a
	}
	b.into = a
	return true
}

func (k *class) known() bool { return k.owner != nil || k.group != nil }

// of gives the class of a resource type of an instance's component.
func (in *instance) of(r *component.Resource) *class {
	k := in.class[r]
	if k == nil {
		k = &class{name: r.Name}
		if !r.Imported {
			k.owner = in
		}
		in.class[r] = k
	}
	return k.find()
}

// exported gives what a link takes from its instance.
func (l *link) exported() *component.Item {
	if l.export != nil {
		return l.export
	}
	return &component.Item{Sort: component.SortInstance, Items: l.from.def.surface.Exports}
}

// unify says which resource types are one: those of an import of the result
// that have one name, and those of a link's two ends. It also makes the
// groups.
func (c *composer) unify() error {
	for _, in := range c.order {
		for _, l := range in.links {
			if l.from == nil {
				c.join(l)
			}
		}
	}
	c.separate()
	for _, g := range c.groups {
		for _, l := range g.members {
			if err := g.unify(l, l.item, ""); err != nil {
				return err
			}
		}
	}
	for _, in := range c.sorted {
		for _, l := range in.links {
			if l.from == nil {
				continue
			}
			if err := l.unify(l.item, l.exported()); err != nil {
				return err
			}
		}
	}
	return nil
}

// unify unites the resource types of an import with those of what meets it.
func (l *link) unify(want, got *component.Item) error {
	if want.Resource != nil && got.Resource != nil {
		a, b := l.in.of(want.Resource), l.from.of(got.Resource)
		if !unite(b, a, false) {
			return l.misfit(fmt.Sprintf("the resource %q would have to be both %s and %s", want.Name, a, b))
		}
	}
	given := byName(got.Items)
	for _, sub := range want.Items {
		if has := given[sub.Name]; has != nil {
			if err := l.unify(sub, has); err != nil {
				return err
			}
		}
	}
	return nil
}

// unify unites the resource types of an import with those of the same name
// that others import.
func (g *group) unify(l *link, item *component.Item, path string) error {
	if item.Resource != nil {
		k := g.classes[path]
		if k == nil {
			k = &class{name: item.Resource.Name, group: g}
			g.classes[path] = k
		}
		own := l.in.of(item.Resource)
		if !unite(k, own, true) {
			return fmt.Errorf("%s imports %q, in which %q is %s; so that cannot be left to be imported", l.in.def.name, g.name, item.Name, own)
		}
	}
	for _, sub := range item.Items {
		if err := g.unify(l, sub, path+"\n"+sub.Name); err != nil {
			return err
		}
	}
	return nil
}
