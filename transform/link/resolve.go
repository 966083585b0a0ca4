package link

import (
	"fmt"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// resolve finds the libraries that are needed and a symbol for each one that
// is wanted.
func (l *linker) resolve() error {
	var problems []string
	for _, lib := range l.libs {
		for _, name := range lib.dylink.Needed {
			if other := l.library(name); other != nil {
				lib.need(other)
			} else {
				problems = append(problems, fmt.Sprintf("the library %s needs %s", lib.Name, name))
			}
		}
	}
	if problems != nil {
		return &Error{"missing libraries", problems}
	}
	for _, lib := range l.libs {
		for _, w := range lib.wants {
			if w.from = l.find(w); w.from == nil && !l.doWithout(w) {
				problems = append(problems, fmt.Sprintf("the library %s needs %s%s", lib.Name, w, l.hint(w)))
			}
			if w.from != nil && w.from.in != nil {
				lib.need(w.from.in)
			}
		}
	}
	if problems != nil {
		return &Error{"unresolved symbols", problems}
	}
	return nil
}

// need notes that another library is to be initialized earlier.
func (l *library) need(other *library) {
	if other != l && !slices.Contains(l.needs, other) {
		l.needs = append(l.needs, other)
	}
}

// find gives the first symbol that meets a want; nil if there is none.
func (l *linker) find(w *want) *symbol {
	for _, s := range l.symbols[w.name] {
		if w.metBy(s) {
			return s
		}
	}
	return nil
}

func (w *want) metBy(s *symbol) bool {
	switch w.how {
	case call:
		return s.kind == wasm.KindFunc && s.sig.Equal(w.sig)
	case tag:
		return s.kind == wasm.KindTag && s.sig.Equal(w.sig)
	case pointer:
		return s.kind == wasm.KindFunc
	}
	return s.kind == wasm.KindGlobal
}

// doWithout tells whether a symbol may be missing. Addresses of weak symbols
// are null then, and calls meet functions that trap.
func (l *linker) doWithout(w *want) bool {
	sig, weak := w.sig, w.weak
	if called := w.by.wanted[wantKey{call, w.name}]; w.how == pointer && called != nil {
		sig, weak = called.sig, weak || called.weak
	}
	switch {
	case w.how == tag:
		return false
	case w.how == address, w.how == pointer && weak:
		return weak
	case !weak && !l.o.StubMissing:
		return false
	}
	key := w.name + " " + sig.String()
	if l.stubs[key] == nil {
		l.stubs[key] = &symbol{name: w.name, kind: wasm.KindFunc, sig: sig}
	}
	w.from = l.stubs[key]
	return true
}

// hint says what there is in place of a missing symbol.
func (l *linker) hint(w *want) string {
	for _, lib := range l.libs {
		ex, ok := lib.exports[w.name]
		switch {
		case !ok:
		case ex.Kind == wasm.KindGlobal && w.how == address && lib.dylink.Exports[w.name]&wasm.SymbolThreadLocal != 0:
			return fmt.Sprintf("; that of %s is thread-local, which has no one address", lib.Name)
		case ex.Kind == wasm.KindGlobal && w.how == address:
			return fmt.Sprintf("; the global that %s exports is no constant address", lib.Name)
		case ex.Kind == wasm.KindFunc && w.how == call:
			return fmt.Sprintf("; that of %s has the signature %s", lib.Name, lib.core.FuncType(ex.Index))
		case ex.Kind == wasm.KindTag && w.how == tag:
			return fmt.Sprintf("; that of %s has the signature %s", lib.Name, lib.core.TagType(ex.Index))
		default:
			return fmt.Sprintf("; %s has a %s of that name", lib.Name, ex.Kind)
		}
	}
	return ""
}
