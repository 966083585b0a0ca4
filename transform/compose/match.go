package compose

import (
	"errors"
	"fmt"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A side is one of two surfaces whose types are compared.
type side struct {
	name    string // of the component
	surface *component.Surface
}

func (d *definition) side() side { return side{d.name, d.surface} }

// A matcher checks that what is given has the type that is wanted.
type matcher struct {
	want, got side
	same      func(want, got *component.Resource) error
	known     func(want *component.Item) bool // of a resource: what is given need not have it; nil for never
	equal     map[[2]*abi.Type]bool           // pairs found equal
}

func newMatcher(want, got side, same func(want, got *component.Resource) error) *matcher {
	return &matcher{want: want, got: got, same: same, equal: make(map[[2]*abi.Type]bool)}
}

// A mismatch is a function, or another item, whose types differ.
type mismatch struct {
	item      string
	want, got string // both types as text, or ""
	who       [2]string
	why       error
}

func (m *mismatch) Error() string {
	s := fmt.Sprintf("%q: %v", m.item, m.why)
	if m.want != "" {
		s += fmt.Sprintf("\n  %s: %s\n  %s: %s", m.who[0], m.want, m.who[1], m.got)
	}
	return s
}

// item checks one item; of an instance, that everything wanted is there.
func (m *matcher) item(want, got *component.Item) error {
	if want.Sort != got.Sort {
		return &mismatch{item: want.Name, why: fmt.Errorf("a %s is wanted, but there is a %s", want.Sort, got.Sort)}
	}
	switch {
	case want.Func != nil:
		if err := m.function(want.Func, got.Func); err != nil {
			return &mismatch{want.Name, m.want.surface.FuncString(want.Func), m.got.surface.FuncString(got.Func), [2]string{m.want.name, m.got.name}, err}
		}
	case want.Sort == component.SortInstance:
		return m.instance(want, got)
	case want.Sort == component.SortType:
		return m.typeItem(want, got)
	case want.Value != nil:
		if err := m.typ(want.Value, got.Value); err != nil {
			return &mismatch{want.Name, m.want.surface.Structure(want.Value), m.got.surface.Structure(got.Value), [2]string{m.want.name, m.got.name}, err}
		}
	}
	return nil
}

// byName gives items by their names.
func byName(items []*component.Item) map[string]*component.Item {
	m := make(map[string]*component.Item, len(items))
	for _, i := range items {
		m[i.Name] = i
	}
	return m
}

func (m *matcher) instance(want, got *component.Item) error {
	given := byName(got.Items)
	for _, sub := range want.Items {
		has := given[sub.Name]
		if has == nil && sub.Resource != nil && m.known != nil && m.known(sub) {
			continue
		}
		if has == nil {
			e := &mismatch{item: sub.Name, why: errors.New("it is missing")}
			if sub.Func != nil {
				e.who = [2]string{m.want.name, m.got.name}
				e.want, e.got = m.want.surface.FuncString(sub.Func), "none"
			}
			return e
		}
		if err := m.item(sub, has); err != nil {
			return err
		}
	}
	return nil
}

func (m *matcher) typeItem(want, got *component.Item) error {
	var err error
	switch {
	case want.Resource != nil && got.Resource != nil:
		err = m.same(want.Resource, got.Resource)
	case want.Type != nil && got.Type != nil:
		if err := m.typ(want.Type, got.Type); err != nil {
			return &mismatch{want.Name, m.want.surface.Structure(want.Type), m.got.surface.Structure(got.Type), [2]string{m.want.name, m.got.name}, err}
		}
	case want.Resource != nil || got.Resource != nil || (want.Type == nil) != (got.Type == nil):
		err = errors.New("one is a resource, the other is not")
	}
	if err != nil {
		return &mismatch{item: want.Name, why: err}
	}
	return nil
}

func (m *matcher) function(want, got *abi.FuncType) error {
	if want.Async != got.Async {
		return errors.New("one is async, the other is not")
	}
	if len(want.Params) != len(got.Params) {
		return fmt.Errorf("it should have %d parameters, not %d", len(want.Params), len(got.Params))
	}
	for i, p := range want.Params {
		q := got.Params[i]
		if p.Name != q.Name {
			return fmt.Errorf("parameter %d should be named %q, not %q", i+1, p.Name, q.Name)
		}
		if err := m.typ(p.Type, q.Type); err != nil {
			return fmt.Errorf("parameter %q: %w", p.Name, err)
		}
	}
	return m.optional(want.Result, got.Result, "result")
}

func (m *matcher) optional(want, got *abi.Type, what string) error {
	if want == nil || got == nil {
		if want != got {
			return fmt.Errorf("%s: one has none", what)
		}
		return nil
	}
	if err := m.typ(want, got); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// typ checks that two types are equal: names do not count, but labels do.
func (m *matcher) typ(want, got *abi.Type) error {
	pair := [2]*abi.Type{want, got}
	if m.equal[pair] {
		return nil
	}
	if err := m.structure(want, got); err != nil {
		return err
	}
	m.equal[pair] = true
	return nil
}

func (m *matcher) structure(want, got *abi.Type) error {
	if want.Kind != got.Kind || want.Len != got.Len || len(want.Fields) != len(got.Fields) ||
		len(want.Cases) != len(got.Cases) || !slices.Equal(want.Labels, got.Labels) ||
		m.want.surface.IsMap(want) != m.got.surface.IsMap(got) {
		return fmt.Errorf("%s is wanted, not %s", m.want.surface.Structure(want), m.got.surface.Structure(got))
	}
	if want.Resource != nil {
		return m.same(want.Resource.(*component.Resource), got.Resource.(*component.Resource))
	}
	if want.Elem != nil || got.Elem != nil {
		return m.optional(want.Elem, got.Elem, "element")
	}
	for i, f := range want.Fields {
		g := got.Fields[i]
		if f.Name != g.Name {
			return fmt.Errorf("field %d should be named %q, not %q", i+1, f.Name, g.Name)
		}
		if err := m.typ(f.Type, g.Type); err != nil {
			return fmt.Errorf("field %d: %w", i+1, err)
		}
	}
	for i, f := range want.Cases {
		g := got.Cases[i]
		if f.Name != g.Name {
			return fmt.Errorf("case %d should be named %q, not %q", i+1, f.Name, g.Name)
		}
		if err := m.optional(f.Type, g.Type, fmt.Sprintf("case %q", f.Name)); err != nil {
			return err
		}
	}
	return nil
}

// fits tells whether an export may meet an import, as far as that can be said
// while it is not known yet what meets other imports.
func fits(l *link, export *component.Item, d *definition) bool { return differs(l, export, d) == nil }

// differs says why an export cannot meet an import, or nothing: resource types
// that both sides import must be of one name.
func differs(l *link, export *component.Item, d *definition) error {
	m := newMatcher(l.in.def.side(), d.side(), func(want, got *component.Resource) error {
		if !got.Imported || want.Import[0] == l.item.Name || sameImport(want, got) {
			return nil
		}
		return errors.New("they are imported under different names")
	})
	m.known = l.fromElsewhere
	return m.item(l.item, export)
}

// fromElsewhere tells whether an import has a resource from another import
// and only names it again, as it must for some tools and need not for others.
func (l *link) fromElsewhere(item *component.Item) bool {
	return item.Resource.Imported && item.Resource.Import[0] != l.item.Name
}

// sameImport tells whether two resource types have the same name of the same
// interface, or a compatible version of it.
func sameImport(a, b *component.Resource) bool {
	return a.Imported && b.Imported && slices.Equal(a.Import[1:], b.Import[1:]) && wit.Track(a.Import[0]) == wit.Track(b.Import[0])
}

// sameClass is for a matcher whose sides are instances: their resource types
// must be one.
func sameClass(want, got *instance) func(a, b *component.Resource) error {
	return func(a, b *component.Resource) error {
		x, y := want.of(a), got.of(b)
		if x == y {
			return nil
		}
		return fmt.Errorf("the resources differ: one is %s, the other %s", x, y)
	}
}

// check checks the types of all links between instances, and merges the
// imports of the result.
func (c *composer) check() error {
	for _, in := range c.sorted {
		for _, l := range in.links {
			if l.from == nil {
				continue
			}
			m := newMatcher(in.def.side(), l.from.def.side(), sameClass(in, l.from))
			m.known = l.add
			if err := m.item(l.item, l.exported()); err != nil {
				return l.misfit(err.Error())
			}
		}
	}
	for _, g := range c.groups {
		if err := g.merge(); err != nil {
			return err
		}
	}
	return c.addTypes()
}

// add has the writer add a resource to what meets the import, if the result
// imports it.
func (l *link) add(item *component.Item) bool {
	if !l.fromElsewhere(item) || l.in.of(item.Resource).group == nil || !slices.Contains(l.item.Items, item) {
		return false
	}
	l.added = true
	return true
}

// misfit says that what meets an import does not fit it.
func (l *link) misfit(why string) error {
	what := l.from.def.name
	if l.export != nil && l.export.Name != l.item.Name {
		what = fmt.Sprintf("the export %q of %s", l.export.Name, what)
	}
	return fmt.Errorf("%s does not fit the import %q of %s: %s", what, l.item.Name, l.in.def.name, why)
}
