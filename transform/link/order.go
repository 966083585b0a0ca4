package link

import (
	"errors"
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// arrange puts the libraries that are used into an order in which each one
// comes after those that it needs, as far as these do not need it in turn. But
// tags cannot be had later than they are imported.
func (l *linker) arrange() error {
	roots, err := l.roots()
	if err != nil {
		return err
	}
	if len(roots) == 0 {
		return errors.New("no library exports anything of a world, has _start or can be opened: nothing would be left of them")
	}
	used := map[*library]bool{}
	for _, lib := range after(roots, func(lib *library) []*library { return lib.needs }) {
		used[lib] = true
	}
	var list []*library
	for _, lib := range l.libs {
		if used[lib] {
			list = append(list, lib)
		}
	}
	list = after(list, func(lib *library) []*library { return lib.needs })
	l.order = after(list, (*library).tagOwners)
	return nil
}

// roots gives the libraries that are used from outside.
func (l *linker) roots() ([]*library, error) {
	var roots []*library
	for _, lib := range l.libs {
		start := lib.exportsFunc(startName)
		if start {
			if l.start != nil {
				return nil, fmt.Errorf("the library %s exports %s, and so does %s", lib.Name, startName, l.start.in.Name)
			}
			var err error
			if l.start, err = lib.hook(startName); err != nil {
				return nil, err
			}
		}
		exports := false
		for _, w := range lib.Worlds {
			exports = exports || len(w.Exports) > 0
		}
		if exports || lib.Openable || start {
			roots = append(roots, lib)
		}
	}
	return roots, nil
}

// hook gives a function that a library exports to be called without parameters
// or results; nil if it has none of that name.
func (l *library) hook(name string) (*symbol, error) {
	if !l.exportsFunc(name) {
		return nil, nil
	}
	s := l.symbol(l.exports[name])
	if !s.sig.Equal(wasm.FuncType{}) {
		return nil, fmt.Errorf("the library %s exports %s with the signature %s, not ()", l.Name, name, s.sig)
	}
	return s, nil
}

// tagOwners gives the libraries whose exception tags a library imports.
func (l *library) tagOwners() []*library {
	var owners []*library
	for _, w := range l.wants {
		if w.how == tag {
			owners = append(owners, w.from.in)
		}
	}
	return owners
}

// after lists libraries, each after what it needs, which is listed, too. Where
// they need each other the one that comes first in the list given is last.
func after(list []*library, needs func(*library) []*library) []*library {
	var sorted []*library
	seen := map[*library]bool{}
	var visit func(*library)
	visit = func(lib *library) {
		if seen[lib] {
			return
		}
		seen[lib] = true
		for _, n := range needs(lib) {
			visit(n)
		}
		sorted = append(sorted, lib)
	}
	for _, lib := range list {
		visit(lib)
	}
	return sorted
}
