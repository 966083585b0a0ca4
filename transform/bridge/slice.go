package bridge

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// A Source is a component for whose imports bridges are made.
type Source struct {
	surface   *component.Surface
	imports   functions // by name
	defs      []component.Def
	instances map[string]*component.Import // by name
	spaces    [component.SortCoreTag + 1][]int
}

// NewSource reads a component; surface is its own.
func NewSource(c *component.Component, surface *component.Surface) *Source {
	s := &Source{surface: surface, imports: component.ByName(surface.Imports), defs: c.Defs, instances: map[string]*component.Import{}}
	for i, d := range c.Defs {
		sort, ok := sortOf(d)
		if !ok {
			continue
		}
		s.spaces[sort] = append(s.spaces[sort], i)
		if im, ok := d.(*component.Import); ok && sort == component.SortInstance {
			s.instances[im.Name] = im
		}
	}
	return s
}

// definition gives the definition with an index of a sort.
func (s *Source) definition(sort component.Sort, index uint32) (int, error) {
	if uint64(index) >= uint64(len(s.spaces[sort])) {
		return 0, errDepends
	}
	return s.spaces[sort][index], nil
}

// A slice is the part of a component on which the type of one import depends:
// that import, and those which its types come from.
type slice struct {
	*Source
	needed map[int]bool   // definitions
	moved  map[int]uint32 // what they become
}

// slice finds what an instance import needs, and gives its type as it stands
// in the component.
func (s *Source) slice(name string) (*slice, *component.InstanceType, error) {
	found := s.instances[name]
	if found == nil {
		return nil, nil, fmt.Errorf("there is no import of an instance %q", name)
	}
	if def, err := s.definition(component.SortType, found.Desc.Index); err == nil {
		if d, ok := s.defs[def].(*component.TypeDef); ok {
			if t, ok := d.Type.(*component.InstanceType); ok {
				part := &slice{s, map[int]bool{}, map[int]uint32{}}
				return part, t, part.needOf(t)
			}
		}
	}
	return nil, nil, errDepends
}

// sortOf gives the index space that a definition adds to.
func sortOf(d component.Def) (component.Sort, bool) {
	switch d := d.(type) {
	case *component.TypeDef:
		return component.SortType, true
	case *component.Import:
		return d.Desc.Sort, true
	case *component.Instance:
		return component.SortInstance, true
	case *component.Alias:
		return d.Sort, true
	case *component.Export:
		return d.Sort, true
	}
	return 0, false
}

var errDepends = errors.New("its type depends on more than imports")

// need notes that a definition is needed, with all that it needs.
func (s *slice) need(def int) error {
	if s.needed[def] {
		return nil
	}
	s.needed[def] = true
	switch d := s.defs[def].(type) {
	case *component.TypeDef:
		return s.needOf(d.Type)
	case *component.Import:
		switch {
		case d.Desc.Sort == component.SortType && d.Desc.Bound == component.BoundSub:
			return nil
		case d.Desc.Sort == component.SortType || d.Desc.Sort == component.SortInstance:
			return s.needIndex(component.SortType, d.Desc.Index)
		}
	case *component.Alias:
		if d.Target == component.AliasExport {
			return s.needIndex(component.SortInstance, d.Instance)
		}
	}
	return errDepends
}

// needOf notes what a type needs.
func (s *slice) needOf(t component.Type) error {
	var err error
	_, walked := outer(t, 0, func(i uint32) uint32 {
		if err == nil {
			err = s.needIndex(component.SortType, i)
		}
		return i
	})
	if err == nil {
		err = walked
	}
	return err
}

func (s *slice) needIndex(sort component.Sort, i uint32) error {
	def, err := s.definition(sort, i)
	if err != nil {
		return err
	}
	return s.need(def)
}

// emit writes what the import needs, and gives its type with the indices that
// this has got.
func (s *slice) emit(b *component.Builder, t *component.InstanceType) *component.InstanceType {
	for _, def := range slices.Sorted(maps.Keys(s.needed)) {
		s.moved[def] = s.write(b, s.defs[def])
	}
	return s.rewritten(t).(*component.InstanceType)
}

// at gives the new index of what has an index in the component.
func (s *slice) at(sort component.Sort, index uint32) uint32 {
	def, _ := s.definition(sort, index)
	return s.moved[def]
}

// write writes a definition that is needed.
func (s *slice) write(b *component.Builder, d component.Def) uint32 {
	switch d := d.(type) {
	case *component.TypeDef:
		return b.Type(withoutFuncs(s.rewritten(d.Type)))
	case *component.Alias:
		return b.Member(s.at(component.SortInstance, d.Instance), d.Sort, d.Name)
	case *component.Import:
		desc := d.Desc
		if desc.Sort == component.SortInstance || desc.Bound == component.BoundEq {
			desc.Index = s.at(component.SortType, desc.Index)
		}
		return b.Import(d.Name, desc)
	}
	return 0
}

// rewritten gives a type with the indices of the slice.
func (s *slice) rewritten(t component.Type) component.Type {
	t, _ = outer(t, 0, func(i uint32) uint32 { return s.at(component.SortType, i) })
	return t
}

// withoutFuncs leaves the functions out of the type of an instance.
func withoutFuncs(t component.Type) component.Type {
	in, ok := t.(*component.InstanceType)
	if !ok {
		return t
	}
	out := &component.InstanceType{}
	for _, d := range in.Decls {
		if d.Export == nil || d.Export.Desc.Sort != component.SortFunc {
			out.Decls = append(out.Decls, d)
		}
	}
	return out
}

// outer gives a type in which the indices of types outside of it are mapped.
// level is how many types it is within.
func outer(t component.Type, level uint32, f func(uint32) uint32) (component.Type, error) {
	switch t := t.(type) {
	case *component.DefinedType:
		if level > 0 {
			return t, nil
		}
		return mapDefined(t, f), nil
	case *component.FuncType:
		if level > 0 {
			return t, nil
		}
		return mapFunc(t, f), nil
	case *component.InstanceType:
		out := &component.InstanceType{}
		for _, d := range t.Decls {
			switch {
			case d.Type != nil:
				inner, err := outer(d.Type, level+1, f)
				if err != nil {
					return nil, err
				}
				d.Type = inner
			case d.Alias != nil && d.Alias.Target == component.AliasOuter && d.Alias.Count == level+1:
				if d.Alias.Sort != component.SortType {
					return nil, errDepends
				}
				a := *d.Alias
				a.Index = f(a.Index)
				d.Alias = &a
			case d.CoreType != nil:
				return nil, errDepends
			}
			out.Decls = append(out.Decls, d)
		}
		return out, nil
	}
	return nil, errDepends
}

func mapVal(v *component.ValType, f func(uint32) uint32) *component.ValType {
	if v == nil || v.Prim != 0 {
		return v
	}
	return &component.ValType{Index: f(v.Index)}
}

func mapNamed(list []component.Named, f func(uint32) uint32) []component.Named {
	var out []component.Named
	for _, n := range list {
		out = append(out, component.Named{Name: n.Name, Type: mapVal(n.Type, f)})
	}
	return out
}

func mapFunc(t *component.FuncType, f func(uint32) uint32) *component.FuncType {
	return &component.FuncType{Async: t.Async, Params: mapNamed(t.Params, f), Result: mapVal(t.Result, f)}
}

func mapDefined(t *component.DefinedType, f func(uint32) uint32) *component.DefinedType {
	d := *t
	d.Fields, d.Elem, d.Err, d.Key = mapNamed(t.Fields, f), mapVal(t.Elem, f), mapVal(t.Err, f), mapVal(t.Key, f)
	if t.Kind == component.DefOwn || t.Kind == component.DefBorrow {
		d.Res = f(t.Res)
	}
	return &d
}
