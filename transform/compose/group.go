package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A group is an import of the result: imports of several instances, of one
// name or of compatible versions.
type group struct {
	name    string
	attrs   []component.Attribute
	sort    component.Sort
	members []*link
	classes map[string]*class // by the path of names, joined by newlines
	item    *merged
	state   int    // of the search for an order
	encoded bool   // its index is known
	index   uint32 // in the result
}

// A merged item is one that instances import under one name. It is encoded as
// the first of them sees it.
type merged struct {
	name  string
	seen  []seenItem
	items []*merged // of an instance, all that any of them wants
	named map[string]*merged
}

type seenItem struct {
	in   *instance
	item *component.Item
}

// A groupKey tells which imports are joined.
type groupKey struct {
	sort  component.Sort
	track string
}

// join adds a link to the group of its import's track and sort.
func (c *composer) join(l *link) {
	key := groupKey{l.item.Sort, wit.Track(l.item.Name)}
	if g := c.joined[key]; g != nil {
		g.add(l)
		return
	}
	g := newGroup(l)
	c.joined[key] = g
	c.groups = append(c.groups, g)
}

func newGroup(l *link) *group {
	g := &group{name: l.item.Name, attrs: l.item.Attrs, sort: l.item.Sort, classes: make(map[string]*class)}
	g.add(l)
	return g
}

func (g *group) add(l *link) {
	if compareVersions(l.item.Name, g.name) > 0 {
		g.name = l.item.Name
	}
	g.members = append(g.members, l)
	l.group = g
}

// who names the components that import it.
func (g *group) who() string {
	var names []string
	for _, l := range g.members {
		if !slices.Contains(names, l.in.def.name) {
			names = append(names, l.in.def.name)
		}
	}
	return strings.Join(names, " and ")
}

// separate splits groups of several versions whose types differ: one import
// for each version.
func (c *composer) separate() {
	var all []*group
	for _, g := range c.groups {
		why := g.versionsDiffer()
		if why == nil {
			all = append(all, g)
			continue
		}
		byName := make(map[string]*group)
		for _, l := range g.members {
			if part := byName[l.item.Name]; part != nil {
				part.add(l)
				continue
			}
			part := newGroup(l)
			byName[l.item.Name] = part
			all = append(all, part)
		}
		c.note("%s are imported apart, although the versions should be compatible: %s", strings.Join(sortedKeys(byName), " and "), firstLine(why))
	}
	c.groups = all
}

func firstLine(err error) string {
	s, _, _ := strings.Cut(err.Error(), "\n")
	return s
}

// versionsDiffer gives what keeps different versions from being one import.
func (g *group) versionsDiffer() error {
	for i, a := range g.members {
		for _, b := range g.members[:i] {
			if a.item.Name == b.item.Name {
				continue
			}
			m := newMatcher(b.in.def.side(), a.in.def.side(), func(want, got *component.Resource) error {
				if sameImport(want, got) {
					return nil
				}
				return fmt.Errorf("the resources %s and %s differ", want.Name, got.Name)
			})
			if err := m.shared(b.item, a.item); err != nil {
				return err
			}
		}
	}
	return nil
}

// shared checks items as far as both sides have them.
func (m *matcher) shared(want, got *component.Item) error {
	if want.Sort != component.SortInstance || got.Sort != component.SortInstance {
		return m.item(want, got)
	}
	given := byName(got.Items)
	for _, sub := range want.Items {
		if has := given[sub.Name]; has != nil {
			if err := m.shared(sub, has); err != nil {
				return err
			}
		}
	}
	return nil
}

// merge merges the imports of a group.
func (g *group) merge() error {
	g.item = &merged{name: g.name}
	for _, l := range g.members {
		if err := g.item.add(l.in, l.item); err != nil {
			return fmt.Errorf("%s and %s import %q with types that differ: %w", g.members[0].in.def.name, l.in.def.name, g.name, err)
		}
	}
	return nil
}

func (m *merged) add(in *instance, item *component.Item) error {
	m.seen = append(m.seen, seenItem{in, item})
	if first := m.seen[0]; item.Sort != component.SortInstance || first.item.Sort != component.SortInstance {
		return newMatcher(first.in.def.side(), in.def.side(), sameClass(first.in, in)).item(first.item, item)
	}
	if m.named == nil {
		m.named = make(map[string]*merged)
	}
	for _, sub := range item.Items {
		part := m.named[sub.Name]
		if part == nil {
			part = &merged{name: sub.Name}
			m.named[sub.Name] = part
			m.items = append(m.items, part)
		}
		if err := part.add(in, sub); err != nil {
			return err
		}
	}
	return nil
}
