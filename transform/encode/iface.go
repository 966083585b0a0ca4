package encode

import (
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// An iface is an interface that the component imports or exports.
type iface struct {
	name      string // of the import or export
	def       *wit.Interface
	attrs     []component.Attribute
	exported  bool
	from      *module // that exports it
	types     map[string]*wit.TypeDef
	funcs     map[string]*wit.Function // by ABIName
	typeOrder []*wit.TypeDef
	funcOrder []*wit.Function

	usedTypes map[string]bool
	usedFuncs map[string]bool

	state     emitState
	instance  uint32
	funcIndex map[string]uint32 // aliases of the instance's functions, by ABIName
	typeIndex map[string]uint32 // aliases of the instance's types, by name
}

type emitState uint8

const (
	waiting emitState = iota
	emitting
	emitted
)

func newIface(name string, def *wit.Interface, exported bool) *iface {
	f := &iface{
		name: name, def: def, exported: exported,
		types: map[string]*wit.TypeDef{}, funcs: map[string]*wit.Function{},
		usedTypes: map[string]bool{}, usedFuncs: map[string]bool{},
		funcIndex: map[string]uint32{}, typeIndex: map[string]uint32{},
	}
	f.add(def)
	return f
}

// add adds what another description of the interface has more.
func (f *iface) add(def *wit.Interface) {
	for _, t := range def.Types {
		if f.types[t.Name] == nil {
			f.types[t.Name] = t
			f.typeOrder = append(f.typeOrder, t)
		}
	}
	for _, fn := range def.Funcs {
		if name := fn.ABIName(); f.funcs[name] == nil {
			f.funcs[name] = fn
			f.funcOrder = append(f.funcOrder, fn)
		}
	}
}

// annotations gives what the name of an instance is annotated with.
func (e *encoder) annotations(it *wit.WorldItem) []component.Attribute {
	id := it.Interface.ID()
	if !e.o.Annotate || id == "" || id == it.Name {
		return e.external(it.ExternalID)
	}
	return append([]component.Attribute{{Kind: component.AttrImplements, Value: id}}, e.external(it.ExternalID)...)
}

// external gives the annotation of what the world outside knows by another
// name, if there is one.
func (e *encoder) external(id string) []component.Attribute {
	if !e.o.Annotate || id == "" {
		return nil
	}
	return []component.Attribute{{Kind: component.AttrExternalID, Value: id}}
}

func (f *iface) used() bool { return len(f.usedTypes) > 0 || len(f.usedFuncs) > 0 }

// findImport gives the imported interface of that name, or one on the same
// version track, from the world or else from the packages that ship with
// isyswasfa. It is nil if there is none.
func (e *encoder) findImport(name string) *iface {
	if f := e.imports[name]; f != nil {
		return f
	}
	for _, f := range e.importOrder {
		if wit.Track(f.name) == wit.Track(name) {
			return f
		}
	}
	if def := runtimeInterface(name); def != nil {
		return e.addImport(def.ID(), def)
	}
	return nil
}

// addImport adds an interface to what may be imported.
func (e *encoder) addImport(name string, def *wit.Interface) *iface {
	f := e.imports[name]
	if f != nil {
		f.add(def)
		return f
	}
	if f = e.otherVersion(name, def); f == nil {
		f = newIface(name, def, false)
		e.importOrder = append(e.importOrder, f)
	}
	e.imports[name] = f
	return f
}

// otherVersion gives the import that is another version of an interface and
// has all that the earlier one of the two has, if versions are to be merged.
func (e *encoder) otherVersion(name string, def *wit.Interface) *iface {
	if !e.o.MergeVersions {
		return nil
	}
	for i, f := range e.importOrder {
		if f.name == name || wit.Track(f.name) != wit.Track(name) {
			continue
		}
		g := newIface(name, def, false)
		later := wit.CompareVersions(version(g.name), version(f.name)) > 0
		if later {
			f, g = g, f
		}
		if !f.covers(g) {
			continue
		}
		if later {
			*e.importOrder[i] = *f
		}
		return e.importOrder[i]
	}
	return nil
}

func version(name string) string { return name[strings.LastIndexByte(name, '@')+1:] }

// covers tells whether f has the types of g, and its functions in the same
// form.
func (f *iface) covers(g *iface) bool {
	for name := range g.types {
		if f.types[name] == nil {
			return false
		}
	}
	for name, fn := range g.funcs {
		if f.funcs[name] == nil || !sameFunction(f.funcs[name], fn) {
			return false
		}
	}
	return true
}

// runtimeInterface finds an interface that the guest's runtime or the adapter
// may import without the world naming it: of isyswasfa or WASI 0.2, but for
// HTTP, which is the world's own business.
func runtimeInterface(id string) *wit.Interface {
	pkg, _, _ := strings.Cut(id, "/")
	if pkg == "wasi:http" || !strings.HasPrefix(pkg, "isyswasfa:") && !(strings.HasPrefix(pkg, "wasi:") && strings.Contains(id, "@0.2.")) {
		return nil
	}
	i, err := std.Interface(id)
	if err != nil {
		return nil
	}
	return i
}

// owner gives the interface that a named type belongs to, seen from another
// one (nil for the world) on the side of imports or exports: exported
// interfaces use the types of exported ones where they can. It is nil for a
// type of the world. Of one interface under several names each uses its own.
func (e *encoder) owner(from *iface, exported bool, t *wit.TypeDef) *iface {
	if t.Interface == nil {
		return nil
	}
	if from != nil && from.def == t.Interface {
		return from
	}
	name := t.Interface.ID()
	if name == "" {
		name = e.inline[t.Interface]
	}
	if exported {
		if f := e.exports[name]; f != nil && f.types[t.Name] != nil {
			return f
		}
	}
	if f := e.findImport(name); f != nil {
		return f
	}
	return e.addImport(name, t.Interface)
}

// useFunc notes what a function of an interface, or of the world, needs.
func (e *encoder) useFunc(from *iface, exported bool, fn *wit.Function) {
	for _, p := range fn.Params {
		e.use(from, exported, p.Type)
	}
	if fn.Result != nil {
		e.use(from, exported, fn.Result)
	}
	if fn.Resource != nil {
		e.use(from, exported, fn.Resource)
	}
}

// use notes that a type is needed, with all that it is made of.
func (e *encoder) use(from *iface, exported bool, typ wit.Type) {
	t, ok := typ.(*wit.TypeDef)
	if !ok {
		return
	}
	if t.Name != "" {
		if f := e.owner(from, exported, t); f != nil {
			def := f.types[t.Name]
			if def == nil {
				e.problemf("interface %s has no type %s, which a function uses", f.name, t.Name)
				return
			}
			if f.usedTypes[t.Name] {
				return
			}
			f.usedTypes[t.Name] = true
			t, from, exported = def, f, f.exported
		}
	}
	for _, c := range components(t.Kind) {
		e.use(from, exported, c)
	}
}

// components gives the types that a type is made of.
func components(kind wit.Kind) []wit.Type {
	var list []wit.Type
	add := func(t wit.Type) {
		if t != nil {
			list = append(list, t)
		}
	}
	switch k := kind.(type) {
	case *wit.Record:
		for _, f := range k.Fields {
			add(f.Type)
		}
	case *wit.Variant:
		for _, c := range k.Cases {
			add(c.Type)
		}
	case *wit.Tuple:
		list = k.Types
	case *wit.Option:
		add(k.Type)
	case *wit.Result:
		add(k.OK)
		add(k.Err)
	case *wit.List:
		add(k.Elem)
	case *wit.Map:
		add(k.Key)
		add(k.Value)
	case *wit.Stream:
		add(k.Elem)
	case *wit.Future:
		add(k.Elem)
	case *wit.Alias:
		add(k.Type)
	case *wit.Handle:
		add(k.Resource)
	}
	return list
}
