// Package wit reads WIT, the interface language of the WebAssembly Component
// Model, as of WASI 0.3.1: it parses text into a resolved model and prints the
// model back.
//
// The model is made of pointers: a [Package] holds interfaces and worlds, an
// [Interface] holds its types and functions, and a [TypeDef] knows its owner.
// All stand in the order of the text, but after what they need. Identity is pointer identity: two uses of one
// resource lead to one *TypeDef once aliases are followed with
// [TypeDef.Resolve].
package wit

import "strings"

// A Resolve is a closed set of packages: whatever a package mentions is in the
// set. Packages stand after the packages they use.
type Resolve struct {
	Packages []*Package
	// Main is the package that [ParseDir] and [ParseText] were asked for. It
	// is the last one unless others that were given use it. nil stands for
	// the last one.
	Main *Package
}

// A PackageName names a package: "wasi:http@0.3.0".
type PackageName struct {
	Namespace, Name string
	Version         string // "" if the package has none
}

// String gives the name as WIT text writes it.
func (n PackageName) String() string {
	s := n.Namespace + ":" + n.Name
	if n.Version != "" {
		s += "@" + n.Version
	}
	return s
}

// A Package is one WIT package, possibly spread over several files.
type Package struct {
	Name       PackageName
	Docs       string
	Interfaces []*Interface // each after those of the package it uses, else in text order
	Worlds     []*World     // each after those of the package it includes, else in text order
}

// An Interface is a named interface of a package, or the inline interface of
// one world item (then Name is "" and Package that of the world).
type Interface struct {
	Name      string
	Package   *Package
	Docs      string
	Stability Stability
	Types     []*TypeDef  // aliases that a `use` adds, then the others, each after those it mentions, else in text order
	Funcs     []*Function // in text order; a resource's functions stand where the resource does
}

// ID gives the full name that imports and exports use, such as
// "wasi:http/types@0.3.0", or "" for an inline interface.
func (i *Interface) ID() string {
	if i.Name == "" {
		return ""
	}
	return qualify(i.Package.Name, i.Name)
}

func qualify(p PackageName, name string) string {
	s := p.Namespace + ":" + p.Name + "/" + name
	if p.Version != "" {
		s += "@" + p.Version
	}
	return s
}

// A World describes a component: what it imports and what it exports.
type World struct {
	Name      string
	Package   *Package
	Docs      string
	Stability Stability

	// Imports are elaborated: an interface that another item needs stands
	// before it. Interfaces come first, then used types, the world's types,
	// its functions, and last the functions of its resources.
	Imports []*WorldItem

	// Exports are functions, then interfaces, each after those it needs.
	Exports []*WorldItem
}

// ID gives the full name of the world, such as "wasi:http/service@0.3.0".
func (w *World) ID() string { return qualify(w.Package.Name, w.Name) }

// A WorldItem is one import or export of a world: exactly one of Interface,
// Func and Type is set. Where Interface has a name and Name is not its ID
// (`import primary: wasi:keyvalue/store`), the item is an instance of its own,
// with its own types, that implements the interface.
type WorldItem struct {
	Name       string // the plain name, or the interface's ID
	Docs       string
	Stability  Stability
	ExternalID string
	Interface  *Interface
	Func       *Function
	Type       *TypeDef // imports only
}

// Stability is what the feature gates of an item say.
type Stability struct {
	Since      string // @since(version = …)
	Unstable   string // @unstable(feature = …)
	Deprecated string // @deprecated(version = …)
}

// A FuncKind tells how a function belongs to a resource.
type FuncKind uint8

// The kinds of functions.
const (
	Freestanding FuncKind = iota
	Method
	Static
	Constructor
)

// A Function is a function of an interface or a world.
type Function struct {
	Name      string // the plain name; "" for a constructor
	Kind      FuncKind
	Resource  *TypeDef // the resource, unless Freestanding
	Async     bool
	Params    []Param // a method's first is `self`
	Result    Type    // nil for none
	Docs      string
	Stability Stability

	// ExternalID is the name by which the world outside knows the function,
	// where kebab-case does not do: @external-id("…"). Types and items of
	// worlds may have one too.
	ExternalID string
}

// ABIName gives the name of the function in a component:
// "foo", "[method]res.foo", "[static]res.foo" or "[constructor]res". The
// keyword async is no part of it.
func (f *Function) ABIName() string {
	switch f.Kind {
	case Method:
		return "[method]" + f.Resource.Name + "." + f.Name
	case Static:
		return "[static]" + f.Resource.Name + "." + f.Name
	case Constructor:
		return "[constructor]" + f.Resource.Name
	}
	return f.Name
}

// A Param is a named parameter.
type Param struct {
	Name string
	Type Type
}

// A Type is a [Primitive] or a *[TypeDef].
type Type interface{ isType() }

// A Primitive is a type without structure.
type Primitive uint8

// The primitive types.
const (
	Bool Primitive = iota
	S8
	U8
	S16
	U16
	S32
	U32
	S64
	U64
	F32
	F64
	Char
	String
	ErrorContext
)

var primitiveNames = [...]string{"bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string", "error-context"}

func (Primitive) isType() {}

// String gives the keyword of the type.
func (p Primitive) String() string { return primitiveNames[p] }

// A TypeDef is a named type (it has a Name and an owner) or an anonymous one
// such as `list<u8>` (it has neither).
type TypeDef struct {
	Name      string
	Interface *Interface // the owner, or nil
	World     *World     // the owner, or nil
	Docs      string
	Stability Stability
	Kind      Kind

	ExternalID string // as in [Function]
}

func (*TypeDef) isType() {}

// Resolve follows aliases (`type a = b`, `use x.{b as a}`) to the type they
// stand for.
func (t *TypeDef) Resolve() Type {
	for {
		a, ok := t.Kind.(*Alias)
		if !ok {
			return t
		}
		next, ok := a.Type.(*TypeDef)
		if !ok {
			return a.Type
		}
		t = next
	}
}

// A Kind is the structure of a type: *[Record], *[Variant], *[Enum],
// *[Flags], *[Resource], *[Handle], *[Tuple], *[Option], *[Result], *[List],
// *[Map], *[Stream], *[Future] or *[Alias].
type Kind interface{ isKind() }

type (
	// A Record has named fields.
	Record struct{ Fields []Field }

	// A Field is a field of a record.
	Field struct {
		Name string
		Type Type
		Docs string
	}

	// A Variant has cases, each with an optional payload.
	Variant struct{ Cases []Case }

	// A Case is a case of a variant; Type is nil for no payload.
	Case struct {
		Name string
		Type Type
		Docs string
	}

	// An Enum has cases without payloads.
	Enum struct{ Cases []Label }

	// A Flags type has named bits.
	Flags struct{ Flags []Label }

	// A Label is a case of an enum or a flag.
	Label struct{ Name, Docs string }

	// A Resource is an abstract type known by handles. Its functions are in
	// the owner's Funcs.
	Resource struct{}

	// A Handle is own<Resource> or borrow<Resource>. A resource's bare name
	// used as a type is an own handle and is represented as one.
	Handle struct {
		Borrow   bool
		Resource *TypeDef // possibly an alias of a resource
	}

	// A Tuple has positional fields.
	Tuple struct{ Types []Type }

	// An Option is some value or none.
	Option struct{ Type Type }

	// A Result has an optional type for either arm; nil for `_`.
	Result struct{ OK, Err Type }

	// A List is list<T>, or list<T, n> when Len > 0.
	List struct {
		Elem Type
		Len  uint32
	}

	// A Map is map<K, V>.
	Map struct{ Key, Value Type }

	// A Stream is stream<T>; Elem is nil for bare `stream`.
	Stream struct{ Elem Type }

	// A Future is future<T>; Elem is nil for bare `future`.
	Future struct{ Elem Type }

	// An Alias is `type a = b` or an entry of a `use`.
	Alias struct{ Type Type }
)

func (*Record) isKind()   {}
func (*Variant) isKind()  {}
func (*Enum) isKind()     {}
func (*Flags) isKind()    {}
func (*Resource) isKind() {}
func (*Handle) isKind()   {}
func (*Tuple) isKind()    {}
func (*Option) isKind()   {}
func (*Result) isKind()   {}
func (*List) isKind()     {}
func (*Map) isKind()      {}
func (*Stream) isKind()   {}
func (*Future) isKind()   {}
func (*Alias) isKind()    {}

// Interface gives the interface of the package with that name, or nil.
func (p *Package) Interface(name string) *Interface {
	for _, i := range p.Interfaces {
		if i.Name == name {
			return i
		}
	}
	return nil
}

// Package gives the package of that name, or nil. A name without a version
// finds the only version there is.
func (r *Resolve) Package(name string) *Package {
	var found *Package
	for _, p := range r.Packages {
		if p.Name.String() == name {
			return p
		}
		if !strings.Contains(name, "@") && p.Name.Namespace+":"+p.Name.Name == name {
			if found != nil {
				return nil
			}
			found = p
		}
	}
	return found
}
