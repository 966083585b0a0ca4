package component

import (
	"errors"
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

const sortCount = int(SortCoreTag) + 1

// An entity is what an index of an index space stands for: *coreItem,
// *coreTypeVal, *coreModule, *coreInstance, *Func, *value, *typeVal,
// *componentVal or *instanceVal.
type entity interface{ sort() Sort }

type (
	// A coreItem is a core function, table, memory, global or tag.
	coreItem struct {
		coreExtern
		ref CoreRef
	}

	// A coreTypeVal is a core function or module type: one field is set.
	coreTypeVal struct {
		fn     *wasm.FuncType
		module *coreModule
	}

	// A coreModule is a core module, or only the type of one.
	coreModule struct {
		src     *CoreModule // nil for a type
		imports []coreImport
		names   []string // of the exports, in order
		exports map[string]coreExtern
		split   *splitModule // of several memories
		pages   uint64       // of 64 KiB, that its memories begin with
		bytes   bool         // a memory that it defines has pages of 1 byte
		elems   uint64       // that its tables begin with
	}

	coreImport struct {
		module, name string
		coreExtern
	}

	// A coreExtern is the type of a core function, table, memory, global or
	// tag. What does not belong to the kind is zero.
	coreExtern struct {
		kind   Sort
		sig    *wasm.FuncType // function; tag, or nil if not known
		elem   wasm.ValType   // table
		limits wasm.Limits    // table, memory
		global wasm.GlobalType
	}

	// A coreInstance is a core instance.
	coreInstance struct{ exports map[string]*coreItem }

	// A componentVal is a component with what it may alias from outside. ast
	// is nil for one of which only the type is known.
	componentVal struct {
		ast     *Component
		parent  *scope
		visible counts
		typ     *typeClosure
	}

	// An instanceVal is a component instance.
	instanceVal struct {
		names   []string // in order
		exports map[string]entity
	}

	// A typeVal is a type: exactly one of the first four fields is set. hidden
	// is for a resource type that was exported as one that nothing is known
	// of: it equals only those of the same hidden, whatever the resource is.
	typeVal struct {
		val     *abi.Type
		res     *Resource
		fn      *abi.FuncType
		closure *typeClosure
		hidden  *Resource
	}

	// A value is a value, which the component that has it must use exactly
	// once. opaque is for one that was exported as one of which only the type
	// is known: it equals only those of the same opaque, whatever the value is.
	value struct {
		typ    *abi.Type
		src    *Value
		opaque *Value
		used   bool
	}

	// A typeClosure is a component or instance type with what it may alias
	// from outside.
	typeClosure struct {
		ast       Type // *ComponentType or *InstanceType
		component bool
		decls     []Decl
		parent    *scope
		visible   counts
	}
)

func (c *coreItem) sort() Sort   { return c.kind }
func (*coreTypeVal) sort() Sort  { return SortCoreType }
func (*coreModule) sort() Sort   { return SortCoreModule }
func (*coreInstance) sort() Sort { return SortCoreInstance }
func (*Func) sort() Sort         { return SortFunc }
func (*value) sort() Sort        { return SortValue }
func (*componentVal) sort() Sort { return SortComponent }
func (*instanceVal) sort() Sort  { return SortInstance }
func (*typeVal) sort() Sort      { return SortType }

func newInstanceVal() *instanceVal { return &instanceVal{exports: make(map[string]entity)} }

func (in *instanceVal) add(name string, e entity) {
	in.names = append(in.names, name)
	in.exports[name] = e
}

// counts are the sizes of index spaces.
type counts [sortCount]int

type scopeKind uint8

const (
	componentScope scopeKind = iota
	typeScope                // of a component or instance type
)

// A scope has the index spaces of a component or a type. From its parent it
// sees what was defined before it was.
type scope struct {
	kind    scopeKind
	closure Type // typeScope: whose
	parent  *scope
	visible counts // of the parent
	inst    int    // component instance
	spaces  [sortCount][]entity
}

func (s *scope) add(e entity) { s.spaces[e.sort()] = append(s.spaces[e.sort()], e) }

func (s *scope) counts() counts {
	var c counts
	for sort, space := range s.spaces {
		c[sort] = len(space)
	}
	return c
}

func (s *scope) get(sort Sort, i uint32) (entity, error) {
	if int(sort) >= sortCount {
		return nil, fmt.Errorf("unknown sort %d", sort)
	}
	space := s.spaces[sort]
	if uint64(i) >= uint64(len(space)) {
		return nil, fmt.Errorf("there is no %s %d: %d are defined so far", sort, i, len(space))
	}
	return space[i], nil
}

// lookup gives the entity with an index, as its Go type.
func lookup[E entity](s *scope, sort Sort, i uint32) (E, error) {
	e, err := s.get(sort, i)
	if err != nil {
		var none E
		return none, err
	}
	return e.(E), nil
}

// outer gives what an outer alias refers to.
func (l *linker) outer(s *scope, a *Alias) (entity, error) {
	if s.kind == typeScope && a.Sort != SortType && a.Sort != SortCoreType {
		return nil, fmt.Errorf("an outer alias in a type cannot be of sort %s", a.Sort)
	}
	switch a.Sort {
	case SortType, SortCoreType, SortCoreModule, SortComponent:
	default:
		return nil, fmt.Errorf("an outer alias cannot be of sort %s", a.Sort)
	}
	visible, crossed := s.counts(), false
	var types []Type
	for i := uint32(0); i < a.Count; i++ {
		if s.parent == nil {
			return nil, fmt.Errorf("outer alias of count %d: only %d levels enclose it", a.Count, i)
		}
		crossed = crossed || s.kind == componentScope
		if s.kind == typeScope {
			types = append(types, s.closure)
		}
		visible, s = s.visible, s.parent
	}
	if uint64(a.Index) >= uint64(visible[a.Sort]) {
		return nil, fmt.Errorf("outer alias: there is no %s %d, %d levels out", a.Sort, a.Index, a.Count)
	}
	e := s.spaces[a.Sort][a.Index]
	if t, ok := e.(*typeVal); ok && l.mentionsResource(t) {
		if crossed {
			return nil, errors.New("outer alias of a type that refers to a resource, out of a component")
		}
		for _, t := range types {
			l.free[t] = true
		}
	}
	return e, nil
}

// alias gives what an alias refers to.
func (l *linker) alias(s *scope, a *Alias) (entity, error) {
	switch a.Target {
	case AliasOuter:
		return l.outer(s, a)
	case AliasCoreExport:
		in, err := lookup[*coreInstance](s, SortCoreInstance, a.Instance)
		if err != nil {
			return nil, err
		}
		item := in.exports[a.Name]
		if item == nil {
			return nil, fmt.Errorf("core instance %d has no export %q", a.Instance, a.Name)
		}
		return item, ofSort(item, a.Sort, a.Name)
	}
	if s.kind == typeScope && a.Sort != SortType && a.Sort != SortInstance {
		return nil, fmt.Errorf("an alias in a type cannot be of sort %s", a.Sort)
	}
	in, err := lookup[*instanceVal](s, SortInstance, a.Instance)
	if err != nil {
		return nil, err
	}
	e := in.exports[a.Name]
	if e == nil {
		return nil, fmt.Errorf("instance %d has no export %q", a.Instance, a.Name)
	}
	if v, ok := e.(*value); ok {
		e = v.as(v.typ)
	}
	return e, ofSort(e, a.Sort, a.Name)
}

func ofSort(e entity, want Sort, name string) error {
	if got := e.sort(); got != want {
		return fmt.Errorf("%q is a %s, not a %s", name, got, want)
	}
	return nil
}
