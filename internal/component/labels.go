package component

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Names are what a component's custom section "component-name" calls it and
// the instances in it. They mean nothing to a program and much to its reader.
type Names struct {
	Component string // "" for none
	Instances map[uint32]string
}

const (
	namesSection     = "component-name"
	componentSubsec  = 0
	sortSubsec       = 1
	maxNameInMessage = 64
)

// Names reads the names of a component. What is malformed in a custom section
// is no error: it is passed over.
func (c *Component) Names() Names {
	n := Names{Instances: map[uint32]string{}}
	for _, d := range c.Defs {
		if s, ok := d.(*Custom); ok && s.Name == namesSection {
			r := &reader{buf: s.Data, end: len(s.Data)}
			for r.more() {
				id, size := r.byte(), r.u32()
				n.read(id, &reader{buf: r.bytes(size)})
			}
		}
	}
	return n
}

func (n *Names) read(id byte, r *reader) {
	r.end = len(r.buf)
	switch id {
	case componentSubsec:
		if name := r.name(); readable(name) {
			n.Component = name
		}
	case sortSubsec:
		if r.sort() != SortInstance {
			return
		}
		for count := r.u32(); count > 0 && r.more(); count-- {
			if i, name := r.u32(), r.name(); r.err == nil && readable(name) {
				n.Instances[i] = name
			}
		}
	}
}

// readable tells whether a name may stand in a message.
func readable(name string) bool {
	return name != "" && len(name) <= maxNameInMessage && !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}

// Section gives the custom section with the names.
func (n Names) Section() *Custom {
	w := &writer{}
	subsection := func(id byte, content func(w *writer)) {
		inner := &writer{}
		content(inner)
		w.byte(id)
		w.bytes(inner.buf)
	}
	if n.Component != "" {
		subsection(componentSubsec, func(w *writer) { w.name(n.Component) })
	}
	if len(n.Instances) > 0 {
		subsection(sortSubsec, func(w *writer) {
			w.sort(SortInstance)
			w.u32(uint32(len(n.Instances)))
			for _, i := range slices.Sorted(maps.Keys(n.Instances)) {
				w.u32(i)
				w.name(n.Instances[i])
			}
		})
	}
	return &Custom{Name: namesSection, Data: w.buf}
}

// namesOf gives the names that a component has, reading them once.
func (l *linker) namesOf(c *Component) Names {
	names, ok := l.names[c]
	if !ok {
		names = c.Names()
		l.names[c] = names
	}
	return names
}

// label names the next instance that an evaluation makes: as the component
// does where it is made, or after the component that it is of, with a number
// from the second of a name on; or after its index.
func (ev *evaluation) label(of *Component) string {
	index := len(ev.s.spaces[SortInstance])
	outer := ev.l.out.prog.Instances[ev.s.inst].Name
	name := cmp.Or(ev.l.namesOf(ev.ast).Instances[uint32(index)], ev.l.namesOf(of).Component)
	if name == "" {
		return fmt.Sprintf("%s/%d", outer, index)
	}
	if ev.labels == nil {
		ev.labels = map[string]int{}
	}
	label := name
	for ev.labels[label] > 0 {
		ev.labels[name]++
		label = fmt.Sprintf("%s-%d", name, ev.labels[name])
	}
	ev.labels[label] = 1
	return outer + "/" + label
}
