package bridge

import (
	"errors"
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// local gives the types that the declarations of an instance type define, by
// index; nil for those that are aliases or names.
func local(t *component.InstanceType) []component.Type {
	var list []component.Type
	for _, d := range t.Decls {
		if d.Type != nil || namesType(d) {
			list = append(list, d.Type)
		}
	}
	return list
}

// namesType tells whether a declaration adds to the type index space without
// defining a type.
func namesType(d component.Decl) bool {
	return d.Alias != nil && d.Alias.Sort == component.SortType || d.Export != nil && d.Export.Desc.Sort == component.SortType
}

// A signatures is an instance type with its functions by name.
type signatures struct {
	types []component.Type
	funcs map[string]uint32 // the indices of their types
}

func signaturesOf(t *component.InstanceType) *signatures {
	s := &signatures{local(t), map[string]uint32{}}
	for _, d := range t.Decls {
		if d.Export != nil && d.Export.Desc.Sort == component.SortFunc {
			s.funcs[d.Export.Name] = d.Export.Desc.Index
		}
	}
	return s
}

// funcType gives the type of a function.
func (s *signatures) funcType(name string) (*component.FuncType, error) {
	if i, ok := s.funcs[name]; ok && int(i) < len(s.types) {
		if f, ok := s.types[i].(*component.FuncType); ok {
			return f, nil
		}
	}
	return nil, fmt.Errorf("the type of %q is not there where the import is", name)
}

// handles are the resource types of the convention that a bridge uses: their
// indices in the component.
type handles struct{ pending, ready uint32 }

// provided gives the type of the interface as it is provided: the type wanted,
// with the functions that differ in their other colour.
func provided(wanted *component.InstanceType, sigs *signatures, diffs []Difference, h handles) (*component.InstanceType, error) {
	out := &component.InstanceType{}
	left := map[string]bool{}
	for _, d := range diffs {
		if left[d.Name] = true; d.Async {
			start, result := halves(d.Name)
			left[start], left[result] = true, true
		}
	}
	for _, d := range wanted.Decls {
		if d.Export == nil || !left[d.Export.Name] {
			out.Decls = append(out.Decls, d)
		}
	}
	next := uint32(len(local(out)))
	define := func(d component.Decl) uint32 {
		out.Decls = append(out.Decls, d)
		next++
		return next - 1
	}
	function := func(name string, f *component.FuncType) {
		i := define(component.Decl{Type: f})
		out.Decls = append(out.Decls, component.Decl{Export: &component.ExportDecl{Name: name, Desc: component.ExternDesc{Sort: component.SortFunc, Index: i}}})
	}
	var own *handles // own<pending> and own<ready> here
	for _, d := range diffs {
		start, result := halves(d.Name)
		if d.Async {
			f, err := sigs.funcType(start)
			if err != nil {
				return nil, err
			}
			r, err := resultOf(f, sigs.types)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", start, err)
			}
			function(d.Name, &component.FuncType{Params: f.Params, Result: r.Elem})
			continue
		}
		f, err := sigs.funcType(d.Name)
		if err != nil {
			return nil, err
		}
		if own == nil {
			owned := func(root uint32) uint32 {
				res := define(component.Decl{Alias: &component.Alias{Target: component.AliasOuter, Sort: component.SortType, Count: 1, Index: root}})
				return define(component.Decl{Type: &component.DefinedType{Kind: component.DefOwn, Res: res}})
			}
			own = &handles{owned(h.pending), owned(h.ready)}
		}
		r := define(component.Decl{Type: &component.DefinedType{Kind: component.DefResult, Elem: f.Result, Err: &component.ValType{Index: own.pending}}})
		function(start, &component.FuncType{Params: f.Params, Result: &component.ValType{Index: r}})
		function(result, &component.FuncType{Params: []component.Named{{Name: "ready", Type: &component.ValType{Index: own.ready}}}, Result: f.Result})
	}
	return out, nil
}

// resultOf gives the result<T, pending> of a start half.
func resultOf(f *component.FuncType, types []component.Type) (*component.DefinedType, error) {
	if f.Result != nil && f.Result.Prim == 0 && int(f.Result.Index) < len(types) {
		if r, ok := types[f.Result.Index].(*component.DefinedType); ok && r.Kind == component.DefResult && r.Err != nil {
			return r, nil
		}
	}
	return nil, errors.New("a start half answers a result")
}

// expand defines the types of an instance type in a component. named gives the
// index of a type that is named by an export. The answer has the index of each
// type.
func expand(b *component.Builder, t *component.InstanceType, named func(name string) uint32) ([]uint32, error) {
	var types []uint32
	at := func(i uint32) uint32 { return types[i] }
	for _, d := range t.Decls {
		switch {
		case d.Type != nil:
			switch x := d.Type.(type) {
			case *component.DefinedType:
				types = append(types, b.Type(mapDefined(x, at)))
			case *component.FuncType:
				types = append(types, b.Type(mapFunc(x, at)))
			default:
				return nil, errDepends
			}
		case d.Alias != nil && d.Alias.Sort == component.SortType:
			switch {
			case d.Alias.Target != component.AliasOuter || d.Alias.Count > 1:
				return nil, errDepends
			case d.Alias.Count == 0:
				types = append(types, at(d.Alias.Index))
			default:
				types = append(types, d.Alias.Index)
			}
		case d.Export != nil && d.Export.Desc.Sort == component.SortType:
			types = append(types, named(d.Export.Name))
		case d.Export != nil && d.Export.Desc.Sort != component.SortFunc || d.Alias != nil:
			return nil, errDepends
		}
	}
	return types, nil
}
