package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A provider is a definition component: its exports meet imports of their
// names. It is instantiated once, when the first is met.
type provider struct {
	Definition
	def     *definition
	in      *instance
	exports map[string]*component.Item
	tracks  map[string][]*component.Item // exports by the track of their names
}

func (c *composer) providers() ([]*provider, error) {
	var list []*provider
	for _, d := range c.o.Definitions {
		def, err := c.parse(d.Input)
		if err != nil {
			return nil, err
		}
		p := &provider{Definition: d, def: def, exports: byName(def.surface.Exports), tracks: make(map[string][]*component.Item)}
		for _, e := range def.surface.Exports {
			p.tracks[wit.Track(e.Name)] = append(p.tracks[wit.Track(e.Name)], e)
		}
		list = append(list, p)
		if d.Stem != "" && c.named[d.Stem] == nil {
			c.named[d.Stem] = def
			c.importAs(def, d.Stem)
		}
	}
	return list, nil
}

// fromDefinitions links an import to the first definition that exports its
// name, or else a later compatible version of it that fits.
func (c *composer) fromDefinitions(l *link, providers []*provider) bool {
	if l.item.Sort != component.SortInstance && l.item.Sort != component.SortFunc {
		return false
	}
	for _, p := range providers {
		if e := p.exports[l.item.Name]; e != nil && e.Sort == l.item.Sort {
			c.fromProvider(l, p, e)
			return true
		}
	}
	for _, p := range providers {
		for _, e := range p.tracks[wit.Track(l.item.Name)] {
			if serves(e.Name, l.item.Name) && fits(l, e, p.def) {
				c.fromProvider(l, p, e)
				return true
			}
		}
	}
	return false
}

func (c *composer) fromProvider(l *link, p *provider, e *component.Item) {
	if _, ok := c.o.Instantiations[l.in.name].Arguments[l.item.Name]; ok {
		c.note("the argument %q of the instance %q is not used: the definition %s exports what it is for", l.item.Name, l.in.name, p.Definition.Name)
	}
	if p.in == nil {
		p.in = newInstance(cmp.Or(p.Stem, p.Definition.Name), p.def)
		c.order = append(c.order, p.in)
	}
	l.from, l.export = p.in, e
}

// checkUse notes what was given for nothing.
func (c *composer) checkUse(providers []*provider) {
	for _, p := range providers {
		if p.in == nil {
			c.note("%s is not used: %s", p.Definition.Name, c.unused(p, providers))
		}
	}
	for _, name := range sortedKeys(c.o.Instantiations) {
		switch dependency := c.o.Instantiations[name].Dependency; {
		case c.instances[name] == nil:
			c.note("the instantiation %q is not used: no import or argument has that name", name)
		case name == RootName && dependency != "" && dependency != RootName:
			c.note("the dependency %q of the instantiation %q is not used: that is of %s", dependency, name, c.order[0].def.name)
		}
	}
}

// unused says why no import is met by a definition: for the first import that
// it could be meant for, else in general.
func (c *composer) unused(p *provider, providers []*provider) string {
	for _, in := range c.order {
		closed := slices.ContainsFunc(providers, func(p *provider) bool { return p.in == in })
		for _, l := range in.links {
			for _, e := range p.def.surface.Exports {
				if why := l.passed(e, p.def, closed); why != "" {
					return why
				}
			}
		}
	}
	var names []string
	for _, e := range p.def.surface.Exports {
		if !e.IsPoll() {
			names = append(names, e.Name)
		}
	}
	if names == nil {
		return "it exports nothing"
	}
	return "nothing imports what it exports: " + strings.Join(names, ", ")
}

// passed says why an export of a definition does not meet an import, or
// nothing if it has another name. The imports of definitions are closed.
func (l *link) passed(e *component.Item, d *definition, closed bool) string {
	name, _, _ := strings.Cut(l.item.Name, "@")
	if other, _, _ := strings.Cut(e.Name, "@"); other != name || e.Sort != l.item.Sort {
		return ""
	}
	what := fmt.Sprintf("the import %q of %s", l.item.Name, l.in.def.name)
	switch {
	case e.Sort != component.SortInstance && e.Sort != component.SortFunc:
		return fmt.Sprintf("its %s is a %s; imports are met by instances and functions only", e.Name, e.Sort)
	case !serves(e.Name, l.item.Name):
		return fmt.Sprintf("its %s is no compatible later version of %s", e.Name, what)
	case closed:
		return fmt.Sprintf("%s stays an import, as do all of what is given as a definition; compose these two first", what)
	case l.from != nil:
		return fmt.Sprintf("%s has met %s already", l.from.def.name, what)
	}
	return fmt.Sprintf("its %s does not fit %s: %v", e.Name, what, firstLine(differs(l, e, d)))
}
