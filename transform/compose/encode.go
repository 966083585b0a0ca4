package compose

import (
	"fmt"
	"path"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// encode writes the result: its imports, the components in it, their
// instances, and its exports. With reveal the exports have in front of them
// what the types that they mention come from.
func (c *composer) encode(reveal bool) (binary []byte, notes []string, err error) {
	w := &writer{
		c:          c,
		s:          newScope(nil, false),
		reveal:     reveal,
		components: make(map[*definition]uint32),
		aliases:    make(map[exportKey]uint32),
		taken:      make(map[string]bool),
	}
	if err := c.writeImports(w.s); err != nil {
		return nil, nil, err
	}
	if err := w.importComponents(); err != nil {
		return nil, nil, err
	}
	w.contain()
	for _, in := range c.sorted {
		w.instance(in)
	}
	w.exports()
	w.s.defs = append(w.s.defs, w.names())
	return (&component.Component{Defs: w.s.defs}).Encode(), w.notes, nil
}

// names tells readers and observers what the instances are called.
func (w *writer) names() *component.Custom {
	n := component.Names{Instances: map[uint32]string{}}
	for _, in := range w.c.sorted {
		n.Instances[in.index] = w.c.label(in)
	}
	return n.Section()
}

// label gives an instance a name for readers: that of its file, if it has no
// other.
func (c *composer) label(in *instance) string {
	name := in.name
	if in == c.order[0] {
		name = rootName(in.def.name)
	}
	if ext := path.Ext(name); ext == ".wasm" || ext == ".wat" {
		name = strings.TrimSuffix(path.Base(name), ext)
	}
	return name
}

// rootName gives the last element of the root's path: where files lie is
// nobody's business.
func rootName(file string) string {
	if base := path.Base(file); strings.Trim(base, "./") != "" {
		return base
	}
	return RootName
}

// A writer writes what comes behind the imports.
type writer struct {
	c          *composer
	s          *scope
	reveal     bool
	components map[*definition]uint32
	aliases    map[exportKey]uint32
	taken      map[string]bool // names of exports, in lower case
	notes      []string
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
		default:
			arg.Index = w.provided(l)
		}
		args = append(args, arg)
	}
	w.s.defs = append(w.s.defs, &component.Instance{Instantiate: true, Component: w.components[in.def], Args: args})
	in.index = w.s.next(component.SortInstance)
}

// provided gives the index of what meets an import from another instance.
func (w *writer) provided(l *link) uint32 {
	index := l.from.index
	if l.export != nil {
		index = w.export(l.from, l.export)
	}
	if !l.added {
		return index
	}
	bundle := &component.Instance{}
	given := component.ByName(l.exported().Items)
	for _, item := range l.item.Items {
		i, known := uint32(0), false
		if given[item.Name] == nil {
			i, known = w.s.findClass(l.in.of(item.Resource))
		}
		if !known {
			i = w.s.alias(component.Alias{Target: component.AliasExport, Sort: item.Sort, Instance: index, Name: item.Name})
		}
		bundle.Exports = append(bundle.Exports, component.InlineExport{Name: item.Name, Sort: item.Sort, Index: i})
	}
	w.s.defs = append(w.s.defs, bundle)
	return w.s.next(component.SortInstance)
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
	root := w.c.order[0]
	for _, item := range root.def.surface.Exports {
		w.taken[strings.ToLower(item.Name)] = true
	}
	for _, item := range root.def.surface.Exports {
		w.exported(root, item, item.Name)
	}
	for _, in := range w.c.order[1:] {
		for _, item := range in.def.surface.Exports {
			if item.IsPoll() {
				w.exported(in, item, w.pollName(in, item.Name))
			}
		}
	}
}

func (w *writer) exported(in *instance, item *component.Item, name string) {
	if w.reveal {
		w.revealTypes(in, item, name)
	}
	i := w.export(in, item)
	w.s.defs = append(w.s.defs, &component.Export{Name: name, Attrs: item.Attrs, Sort: item.Sort, Index: i})
	w.s.next(item.Sort)
}

// revealTypes exports the interfaces whose types an export of an instance
// mentions, if the instance has them from another one.
func (w *writer) revealTypes(in *instance, item *component.Item, name string) {
	for _, m := range mentioned(in, item).list {
		l := in.link(m)
		if l.from == nil || l.export == nil || w.taken[strings.ToLower(m)] {
			continue
		}
		w.taken[strings.ToLower(m)] = true
		w.notes = append(w.notes, fmt.Sprintf("%q of %s is exported too, because the export %q mentions its types", m, l.from.def.name, name))
		w.exported(l.from, l.export, m)
	}
}

// pollName gives a poll function a name that no other export has.
func (w *writer) pollName(in *instance, name string) string {
	unique := name
	for n := 2; w.taken[strings.ToLower(unique)]; n++ {
		unique = fmt.Sprintf("%s-n%d", name, n)
	}
	w.taken[strings.ToLower(unique)] = true
	if unique != name {
		w.notes = append(w.notes, fmt.Sprintf("the poll function %q of %s is exported as %q: the name is taken by another component's", name, in.def.name, unique))
	}
	return unique
}
