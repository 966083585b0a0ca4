package wit

import (
	"strings"
)

// Print gives the package as WIT text. The text is stable: parsing and
// printing it again gives the same. It is the model's world, so imports that
// elaboration added are in it and includes are not.
func Print(p *Package) string {
	pr := &printer{}
	pr.docs(p.Docs)
	pr.line("package " + escapedPackage(p.Name) + ";")
	for _, i := range p.Interfaces {
		pr.blank()
		pr.iface(i)
	}
	for _, w := range p.Worlds {
		pr.blank()
		pr.world(w)
	}
	return pr.out.String()
}

// PrintResolve gives all packages as one text: the last one first, as the
// text's own package, the others nested.
func PrintResolve(r *Resolve) string {
	if len(r.Packages) == 0 {
		return ""
	}
	last := len(r.Packages) - 1
	var out strings.Builder
	out.WriteString(Print(r.Packages[last]))
	for _, p := range r.Packages[:last] {
		pr := &printer{}
		pr.blank()
		pr.docs(p.Docs)
		pr.open("package " + escapedPackage(p.Name) + " {")
		for n, i := range p.Interfaces {
			pr.between(n)
			pr.iface(i)
		}
		for n, w := range p.Worlds {
			pr.between(len(p.Interfaces) + n)
			pr.world(w)
		}
		pr.close("}")
		out.WriteString(pr.out.String())
	}
	return out.String()
}

// PrintInterface gives a named interface as WIT text.
func PrintInterface(i *Interface) string {
	pr := &printer{}
	pr.iface(i)
	return pr.out.String()
}

// PrintWorld gives a world as WIT text.
func PrintWorld(w *World) string {
	pr := &printer{}
	pr.world(w)
	return pr.out.String()
}

// PrintFunction gives a function as it stands in an interface or resource,
// without docs: "foo: async func(a: u32) -> string".
func PrintFunction(f *Function) string { return namer(nil).function(f) }

// PrintType gives a type as it is mentioned: a name, or its structure.
func PrintType(t Type) string { return namer(nil).typ(t) }

// A namer knows types that have other names here than where they are defined.
type namer map[*TypeDef]string

func (n namer) name(t *TypeDef) string {
	if s, ok := n[t]; ok {
		return escape(s)
	}
	return escape(t.Name)
}

func (n namer) function(f *Function) string {
	params := f.Params
	head := escape(f.Name) + ": "
	switch f.Kind {
	case Method:
		params = params[min(1, len(params)):]
	case Static:
		head += "static "
	case Constructor:
		head = "constructor"
	}
	if f.Async {
		head += "async "
	}
	if f.Kind != Constructor {
		head += "func"
	}
	var s strings.Builder
	s.WriteString(head + "(")
	for i, p := range params {
		if i > 0 {
			s.WriteString(", ")
		}
		s.WriteString(escape(p.Name) + ": " + n.typ(p.Type))
	}
	s.WriteString(")")
	if f.Result != nil && !(f.Kind == Constructor && isOwn(f.Result)) {
		s.WriteString(" -> " + n.typ(f.Result))
	}
	return s.String()
}

func isOwn(t Type) bool {
	d, ok := t.(*TypeDef)
	if !ok {
		return false
	}
	h, ok := d.Kind.(*Handle)
	return ok && !h.Borrow && d.Name == ""
}

func (n namer) typ(t Type) string {
	switch t := t.(type) {
	case nil:
		return "_"
	case Primitive:
		return t.String()
	case *TypeDef:
		if t.Name != "" {
			return n.name(t)
		}
		return n.kind(t.Kind)
	}
	return "_"
}

func (n namer) kind(k Kind) string {
	switch k := k.(type) {
	case *Alias:
		return n.typ(k.Type)
	case *Handle:
		if k.Borrow {
			return "borrow<" + n.name(k.Resource) + ">"
		}
		return n.name(k.Resource)
	case *Tuple:
		parts := make([]string, len(k.Types))
		for i, t := range k.Types {
			parts[i] = n.typ(t)
		}
		return "tuple<" + strings.Join(parts, ", ") + ">"
	case *Option:
		return "option<" + n.typ(k.Type) + ">"
	case *Result:
		switch {
		case k.Err != nil:
			return "result<" + n.typ(k.OK) + ", " + n.typ(k.Err) + ">"
		case k.OK != nil:
			return "result<" + n.typ(k.OK) + ">"
		}
		return "result"
	case *List:
		if k.Len > 0 {
			return "list<" + n.typ(k.Elem) + ", " + itoa(k.Len) + ">"
		}
		return "list<" + n.typ(k.Elem) + ">"
	case *Map:
		return "map<" + n.typ(k.Key) + ", " + n.typ(k.Value) + ">"
	case *Stream:
		return n.carrier("stream", k.Elem)
	case *Future:
		return n.carrier("future", k.Elem)
	}
	return "_" // records and their like always have names
}

func (n namer) carrier(word string, elem Type) string {
	if elem == nil {
		return word
	}
	return word + "<" + n.typ(elem) + ">"
}

// escape puts % before names that are keywords.
func escape(name string) string {
	if keywords[name] {
		return "%" + name
	}
	return name
}

func escapedPackage(n PackageName) string {
	n.Namespace, n.Name = escape(n.Namespace), escape(n.Name)
	return n.String()
}

func escapedPath(p PackageName, name string) string {
	p.Namespace, p.Name = escape(p.Namespace), escape(p.Name)
	return qualify(p, escape(name))
}
