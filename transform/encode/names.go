package encode

import (
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/wit"
)

// ref gives the index of a named type that is mentioned. If the interface has
// it from another one without a `use`, it gets one, as it does in text.
func (s *scope) ref(t *wit.TypeDef) uint32 {
	i := s.lookup(t)
	name := ""
	if s.use != nil {
		name = s.useName(t)
	}
	if name == "" {
		return i
	}
	if _, ok := s.named[name]; !ok {
		s.named[name] = s.use(name, i)
	}
	return s.named[name]
}

// useName gives the name that the scope is to have for a type of another
// interface that is mentioned, as WIT text of it would; "" for none. The world
// needs names for resources alone.
func (s *scope) useName(t *wit.TypeDef) string {
	owner := s.e.owner(s.own, s.exported, t)
	switch {
	case s.own != nil && owner == s.own, s.own == nil && !ofInterface(t):
		return ""
	case owner == nil:
		return t.Name // the world has a `use`
	}
	whose := owner.name + " " + t.Name
	name := wit.UseName(t.Name, func(name string) bool {
		return s.has(name) || s.uses[name] != "" && s.uses[name] != whose
	})
	s.uses[name] = whose
	return name
}

// has tells whether something else of the scope's interface, or the world, has
// a name.
func (s *scope) has(name string) bool {
	if s.own != nil {
		return s.own.types[name] != nil || s.own.funcs[name] != nil
	}
	return slices.ContainsFunc(s.e.worldImports, func(it *wit.WorldItem) bool { return it.Name == name }) ||
		slices.ContainsFunc(s.e.worldExports, func(x worldExport) bool { return x.Name == name })
}

// ofInterface tells whether a type is a resource that an interface has.
func ofInterface(t *wit.TypeDef) bool {
	target, ok := t.Resolve().(*wit.TypeDef)
	if !ok || target.Interface == nil {
		return false
	}
	_, ok = target.Kind.(*wit.Resource)
	return ok
}

// importWorldFuncs imports the functions that the world itself imports, and in
// front of each the resources of interfaces that it mentions: by themselves, as
// text would. Other types need no names of the world's.
func (e *encoder) importWorldFuncs() {
	e.world.use = func(name string, i uint32) uint32 {
		return e.b.Import(name, component.ExternDesc{Sort: component.SortType, Index: i})
	}
	for _, it := range e.worldImports {
		if it.Func != nil && e.worldIndexNeeded(it.Func) {
			t := e.world.function(it.Func)
			e.worldIndex[it.Func.ABIName()] = e.b.Import(it.Name, component.ExternDesc{Sort: component.SortFunc, Index: t}, e.external(it.ExternalID)...)
		}
	}
	e.world.use = nil // exports have what they mention from where it is
}
