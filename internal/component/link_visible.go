package component

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// A typeSet has the types that have a name outside: imports and exports may
// mention no others (spec: external visibility of types). A value type is
// known by its *abi.Type, a resource type by its *typeVal: each import and
// export of a type gives it another identity.
type typeSet struct {
	outer *typeSet // which it adds to, or nil
	has   map[any]bool
	fine  map[*abi.Type]bool // types found to mention only what has a name
}

func newTypeSet(outer *typeSet) *typeSet {
	return &typeSet{outer, make(map[any]bool), make(map[*abi.Type]bool)}
}

func (s *typeSet) hasName(t any) bool {
	for ; s != nil; s = s.outer {
		if s.has[t] {
			return true
		}
	}
	return false
}

// A visibility has the types that imports may mention, and those that exports
// may. The zero visibility lets everything pass.
type visibility struct{ imports, exports *typeSet }

func newVisibility() visibility { return visibility{newTypeSet(nil), newTypeSet(nil)} }

// renamed gives a type the identity under which it is imported or exported.
func (l *linker) renamed(t *typeVal) *typeVal {
	c := *t
	if t.val != nil {
		val := *t.val
		c.val = &val
		info := l.info[t.val]
		info.from = t.val
		l.info[c.val] = info
	}
	return &c
}

// imported checks that an import mentions only types that were imported
// before, and notes the types that it names.
func (v visibility) imported(l *linker, e entity) error {
	if v.imports == nil {
		return nil
	}
	if err := l.admit(v.imports, e); err != nil {
		return err
	}
	v.exports.note(e)
	return nil
}

// exported does what imported does, for an export.
func (v visibility) exported(l *linker, e entity) error {
	if v.exports == nil {
		return nil
	}
	return l.admit(v.exports, e)
}

// note adds the types that an entity names.
func (s *typeSet) note(e entity) {
	switch e := e.(type) {
	case *typeVal:
		s.has[e.identity()] = true
	case *instanceVal:
		for _, name := range e.names {
			s.note(e.exports[name])
		}
	}
}

func (t *typeVal) identity() any {
	if t.val != nil {
		return t.val
	}
	return t
}

// admit checks what an entity mentions and adds the types that it names.
// Components and modules stand for themselves: what they mention was checked
// within.
func (l *linker) admit(s *typeSet, e entity) error {
	if err := l.spend(1); err != nil {
		return err
	}
	switch e := e.(type) {
	case *Func:
		return l.admitFunc(s, e.Type)
	case *value:
		return l.hasName(s, e.typ)
	case *typeVal:
		if err := l.admitType(s, e); err != nil {
			return err
		}
		s.note(e)
	case *instanceVal:
		for _, name := range e.names {
			if err := l.admit(s, e.exports[name]); err != nil {
				return fmt.Errorf("%q: %w", name, err)
			}
		}
	}
	return nil
}

func (l *linker) admitFunc(s *typeSet, f *abi.FuncType) error {
	for _, p := range f.Params {
		if err := l.hasName(s, p.Type); err != nil {
			return err
		}
	}
	if f.Result == nil {
		return nil
	}
	return l.hasName(s, f.Result)
}

// admitType checks what a type mentions, but not that it has a name itself.
func (l *linker) admitType(s *typeSet, t *typeVal) error {
	switch {
	case t.val != nil && l.info[t.val].handle == nil:
		return l.partsHaveNames(s, t.val)
	case t.val != nil:
		return l.hasName(s, t.val)
	case t.fn != nil:
		return l.admitFunc(s, t.fn)
	case t.closure != nil && !t.closure.component:
		return l.checking(func() error {
			in, err := l.instanceOf(t.closure, l.anything)
			if err != nil {
				return err
			}
			return l.admit(newTypeSet(s), in)
		})
	}
	return nil
}

// hasName checks that a type has a name if it is of a kind that needs one, and
// so do all that it mentions.
func (l *linker) hasName(s *typeSet, t *abi.Type) error {
	if s.fine[t] {
		return nil
	}
	if err := l.spend(1); err != nil {
		return err
	}
	switch t.Kind {
	case abi.Record, abi.Variant, abi.Enum, abi.Flags:
		if !s.hasName(t) {
			return fmt.Errorf("type %s is neither imported nor exported before it is mentioned", brief(t))
		}
	case abi.Own, abi.Borrow:
		if r := l.info[t].handle; !s.hasName(r) {
			return fmt.Errorf("resource type %s is neither imported nor exported before it is mentioned", resourceName(r.res))
		}
	default:
		if err := l.partsHaveNames(s, t); err != nil {
			return err
		}
	}
	s.fine[t] = true
	return nil
}

func (l *linker) partsHaveNames(s *typeSet, t *abi.Type) error {
	if t.Elem != nil {
		return l.hasName(s, t.Elem)
	}
	for _, f := range t.Fields {
		if err := l.hasName(s, f.Type); err != nil {
			return err
		}
	}
	for _, c := range t.Cases {
		if c.Type != nil {
			if err := l.hasName(s, c.Type); err != nil {
				return err
			}
		}
	}
	return nil
}
