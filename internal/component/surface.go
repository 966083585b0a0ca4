package component

import "github.com/isyswasfa/isyswasfa/internal/abi"

// A Surface is what a component imports and exports, with all types resolved:
// what a composer has to know of it.
type Surface struct {
	Imports []*Item // in order
	Exports []*Item // in order

	prog *Program
	info map[*abi.Type]typeInfo
}

// An Item is an import or export, of a component or of an instance. A
// component, core module, function type, component type or instance type has
// nothing set but Name, Attrs and Sort.
type Item struct {
	Name     string
	Attrs    []Attribute // of imports and exports of the component itself
	Sort     Sort
	Func     *abi.FuncType // SortFunc
	Items    []*Item       // SortInstance: its exports, in order
	Resource *Resource     // SortType: a resource type; identity is pointer identity
	Type     *abi.Type     // SortType: a value type; each name has an identity of its own
	Value    *abi.Type     // SortValue: the type of the value
}

// Describe gives the surface of a component, which must be valid. Resources
// that it imports have their path in Resource.Import; the others are its own.
func Describe(c *Component) (*Surface, error) {
	l := newLinker(c)
	s := &Surface{info: l.info}
	err := l.checking(func() error {
		root, err := l.newInstance("root", -1)
		if err != nil {
			return err
		}
		exports, err := l.evaluate(&componentVal{ast: c}, root, newVisibility(), func(name string, d ExternDesc, sc *scope) (entity, error) {
			e, err := l.anything(name, d, sc)
			if err != nil {
				return nil, err
			}
			item, err := l.item(name, e)
			s.Imports = append(s.Imports, item)
			return e, err
		})
		if err != nil {
			return err
		}
		all, err := l.item("", exports)
		if err != nil {
			return err
		}
		s.Exports, s.prog = all.Items, l.out.prog
		return l.checkUnlinked()
	})
	if err != nil {
		return nil, wrap(err)
	}
	s.annotate(c)
	return s, nil
}

// item describes an entity.
func (l *linker) item(name string, e entity) (*Item, error) {
	if err := l.spend(1); err != nil {
		return nil, err
	}
	item := &Item{Name: name, Sort: e.sort()}
	switch e := e.(type) {
	case *Func:
		item.Func = e.Type
	case *typeVal:
		item.Resource, item.Type = e.res, e.val
	case *value:
		item.Value = e.typ
	case *instanceVal:
		if err := l.enter(); err != nil {
			return nil, err
		}
		defer l.leave()
		for _, name := range e.names {
			sub, err := l.item(name, e.exports[name])
			if err != nil {
				return nil, err
			}
			item.Items = append(item.Items, sub)
		}
	}
	return item, nil
}

// annotate adds the attributes of the component's imports and exports.
func (s *Surface) annotate(c *Component) {
	imports, exports := s.Imports, s.Exports
	for _, d := range c.Defs {
		switch d := d.(type) {
		case *Import:
			imports[0].Attrs, imports = d.Attrs, imports[1:]
		case *Export:
			exports[0].Attrs, exports = d.Attrs, exports[1:]
		}
	}
}

// Origin gives the type that t was made of by giving it a name, or nil.
func (s *Surface) Origin(t *abi.Type) *abi.Type { return s.info[t].from }

// IsMap tells whether a list of pairs is a map.
func (s *Surface) IsMap(t *abi.Type) bool { return s.info[t].isMap }

// HasHandle tells whether there is a handle of a resource in a type.
func (s *Surface) HasHandle(t *abi.Type) bool { return s.info[t].resource }

// SameType checks that two types are equal, whatever their names.
func (s *Surface) SameType(want, got *abi.Type) error {
	l := &linker{maxWork: minWork, info: s.info, same: map[[2]*abi.Type]bool{}}
	return l.sameType(want, got)
}

// FuncString gives a function type like WIT text; see [Program.FuncString].
func (s *Surface) FuncString(f *abi.FuncType) string { return s.prog.FuncString(f) }

// Structure gives a type like WIT text; see [Program.Structure].
func (s *Surface) Structure(t *abi.Type) string { return s.prog.Structure(t) }

// IsPoll tells whether the item is a poll function of the isyswasfa
// convention.
func (i *Item) IsPoll() bool { return i.Func != nil && isPoll(i.Name, i.Func) }

// ByName gives items by their names.
func ByName(items []*Item) map[string]*Item {
	named := make(map[string]*Item, len(items))
	for _, i := range items {
		named[i.Name] = i
	}
	return named
}

// Find gives the item of that name, or nil. It looks at one after the other;
// where more than a few are looked for, [ByName] is for that.
func Find(items []*Item, name string) *Item {
	for _, i := range items {
		if i.Name == name {
			return i
		}
	}
	return nil
}
