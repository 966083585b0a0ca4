package witbinary

import (
	"regexp"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A scope is a component type or instance type that is being read, with its
// index spaces.
type scope struct {
	d         *decoder
	outer     *scope
	iface     *wit.Interface // what types and functions are added to, if
	world     *wit.World     // either is set
	types     []entry
	instances []*wit.Interface
}

// An entry is a type of a scope: exactly one of value, fn, instance and
// component is set.
type entry struct {
	value     wit.Type
	size      int // of value, written out
	fn        *component.FuncType
	instance  *component.InstanceType
	component *component.ComponentType
	scope     *scope // of the latter three
}

// maxSize is as good as infinite for the size of a type.
const maxSize = 1 << 30

func (s *scope) entry(i uint32) entry {
	if uint64(i) >= uint64(len(s.types)) {
		s.d.failf("unknown type %d", i)
		return entry{}
	}
	return s.types[i]
}

func (s *scope) define(t component.Type) {
	e := entry{scope: s}
	switch t := t.(type) {
	case *component.FuncType:
		e.fn = t
	case *component.InstanceType:
		e.instance = t
	case *component.ComponentType:
		e.component = t
	case *component.DefinedType:
		s.d.spend(len(t.Fields) + len(t.Labels))
		e.value, e.size = s.defined(t)
	default:
		s.d.failf("a definition of a resource")
	}
	s.types = append(s.types, e)
}

// decl reads a declaration that is no import or export.
func (s *scope) decl(decl component.Decl) {
	switch {
	case decl.Type != nil:
		s.define(decl.Type)
	case decl.Alias != nil:
		s.alias(decl.Alias)
	default:
		s.d.failf("a declaration that WIT has not")
	}
}

func (s *scope) alias(a *component.Alias) {
	if a.Sort != component.SortType || a.Target == component.AliasCoreExport {
		s.d.failf("an alias of something else than a type")
		return
	}
	if a.Target == component.AliasOuter {
		from := s
		for range a.Count {
			if from = from.outer; from == nil {
				s.d.failf("an alias of a type beyond the outermost scope")
				return
			}
		}
		s.types = append(s.types, from.entry(a.Index))
		return
	}
	if uint64(a.Instance) >= uint64(len(s.instances)) {
		s.d.failf("unknown instance %d", a.Instance)
		return
	}
	i := s.instances[a.Instance]
	t := s.d.types[nameKey{i, a.Name}]
	if t == nil {
		s.d.failf("interface %s has no type %s", i.ID(), a.Name)
		return
	}
	s.types = append(s.types, entry{value: t, size: 1})
}

// instance reads the type of an instance into an interface. The same one may
// have been read before, in part.
func (s *scope) instance(i *wit.Interface, desc component.ExternDesc) {
	if i == nil {
		return
	}
	e := s.entry(desc.Index)
	if e.instance == nil {
		s.d.failf("type %d is none of an instance", desc.Index)
		return
	}
	s.instances = append(s.instances, i)
	in := &scope{d: s.d, outer: e.scope, iface: i}
	for _, decl := range e.instance.Decls {
		s.d.spend(1)
		if s.d.err != nil {
			return
		}
		if decl.Export == nil {
			in.decl(decl)
			continue
		}
		x := decl.Export
		switch x.Desc.Sort {
		case component.SortType:
			in.name(x.Name, x.Attrs, x.Desc)
		case component.SortFunc:
			key := nameKey{i, x.Name}
			if f := in.function(x.Name, x.Attrs, x.Desc); f != nil && !s.d.funcs[key] {
				s.d.funcs[key] = true
				i.Funcs = append(i.Funcs, f)
			}
		default:
			s.d.failf("interface %s: %q is neither a type nor a function", i.ID(), x.Name)
		}
	}
}

// name gives a type a name, in the interface or world, and an index.
func (s *scope) name(name string, attrs []component.Attribute, desc component.ExternDesc) *wit.TypeDef {
	s.d.label(name)
	t := s.d.types[s.key(name)]
	known := t != nil
	if !known {
		t = &wit.TypeDef{Name: name, Interface: s.iface, World: s.world, ExternalID: attribute(attrs, component.AttrExternalID)}
	}
	if desc.Bound == component.BoundSub {
		t.Kind = &wit.Resource{}
	} else {
		e := s.entry(desc.Index)
		if e.value == nil {
			s.d.failf("type %s is none of values", name)
			return nil
		}
		s.d.spend(e.size)
		if !known {
			t.Kind = &wit.Alias{Type: e.value}
			if anon, ok := e.value.(*wit.TypeDef); ok && anon.Name == "" {
				t.Kind = anon.Kind
			}
		}
	}
	if !known {
		s.d.types[s.key(name)] = t
		if s.iface != nil {
			s.iface.Types = append(s.iface.Types, t)
		}
	}
	s.types = append(s.types, entry{value: t, size: 1})
	return t
}

// key is that of a name in the interface or world.
func (s *scope) key(name string) nameKey {
	if s.iface != nil {
		return nameKey{s.iface, name}
	}
	return nameKey{s.world, name}
}

// needsName tells whether a type has structure that WIT writes only where it
// names a type, and no name yet.
func needsName(t *wit.TypeDef) bool {
	switch t.Kind.(type) {
	case *wit.Record, *wit.Variant, *wit.Enum, *wit.Flags:
		return t.Name == ""
	}
	return false
}

func (s *scope) function(name string, attrs []component.Attribute, desc component.ExternDesc) *wit.Function {
	e := s.entry(desc.Index)
	if e.fn == nil {
		s.d.failf("the type of %q is none of a function", name)
		return nil
	}
	f := &wit.Function{Name: name, Async: e.fn.Async, ExternalID: attribute(attrs, component.AttrExternalID)}
	kind, rest, _ := strings.Cut(strings.TrimPrefix(name, "["), "]")
	resource, method, _ := strings.Cut(rest, ".")
	switch {
	case name == "" || name[0] != '[':
	case kind == "constructor":
		f.Kind, f.Name, resource = wit.Constructor, "", rest
	case kind == "method":
		f.Kind, f.Name = wit.Method, method
	case kind == "static":
		f.Kind, f.Name = wit.Static, method
	default:
		s.d.failf("%q is no name of a function", name)
		return nil
	}
	if f.Kind != wit.Freestanding {
		if f.Resource = s.d.types[s.key(resource)]; f.Resource == nil || !isResource(f.Resource) {
			s.d.failf("%q: there is no resource %s", name, resource)
			return nil
		}
	}
	if f.Kind != wit.Constructor {
		s.d.label(f.Name)
	}
	for _, p := range e.fn.Params {
		s.d.label(p.Name)
		f.Params = append(f.Params, wit.Param{Name: p.Name, Type: e.scope.used(p.Type)})
	}
	f.Result = e.scope.used(e.fn.Result)
	return f
}

func isResource(t *wit.TypeDef) bool {
	_, ok := t.Kind.(*wit.Resource)
	return ok
}

// used gives a type that is written out here.
func (s *scope) used(v *component.ValType) wit.Type {
	t, size := s.value(v)
	s.d.spend(size)
	return t
}

var (
	labels   = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9]*(-[a-zA-Z0-9]+)*$`)
	versions = regexp.MustCompile(`^[0-9A-Za-z.+-]+$`)
)

// label checks a name, which is to become text.
func (d *decoder) label(name string) {
	if !labels.MatchString(name) {
		d.failf("%q is no name in kebab-case", name)
	}
}

// pkg gives the package of an ID such as "a:b/c@1.0.0", and what follows it.
func (d *decoder) pkg(id string) (*wit.Package, string) {
	path, version, versioned := strings.Cut(id, "@")
	namespace, rest, _ := strings.Cut(path, ":")
	name, item, _ := strings.Cut(rest, "/")
	for _, l := range []string{namespace, name, item} {
		if !labels.MatchString(l) {
			d.failf("%q is no name of the form namespace:package/name", id)
			return nil, ""
		}
	}
	if versioned && !versions.MatchString(version) {
		d.failf("%q has no proper version", id)
		return nil, ""
	}
	full := wit.PackageName{Namespace: namespace, Name: name, Version: version}
	if p := d.byName[full]; p != nil {
		return p, item
	}
	p := &wit.Package{Name: full}
	d.packages = append(d.packages, p)
	d.byName[full] = p
	d.spend(1)
	return p, item
}

// iface gives the interface of that ID, a new one if it was not met before.
func (d *decoder) iface(id string) *wit.Interface {
	if i := d.ifaces[id]; i != nil {
		return i
	}
	pkg, name := d.pkg(id)
	if pkg == nil {
		return nil
	}
	i := &wit.Interface{Name: name, Package: pkg}
	pkg.Interfaces = append(pkg.Interfaces, i)
	d.ifaces[id] = i
	return i
}
