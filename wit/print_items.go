package wit

import (
	"slices"
	"strconv"
	"strings"
)

// A printer writes indented lines.
type printer struct {
	out    strings.Builder
	indent int
	names  namer // of types mentioned from elsewhere
}

func itoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

func (p *printer) line(s string) {
	p.out.WriteString(strings.Repeat("  ", p.indent) + s + "\n")
}

func (p *printer) blank() { p.out.WriteByte('\n') }

// between writes the blank line before an item that is not the first.
func (p *printer) between(n int) {
	if n > 0 {
		p.blank()
	}
}

func (p *printer) open(s string) {
	p.line(s)
	p.indent++
}

func (p *printer) close(s string) {
	p.indent--
	p.line(s)
}

func (p *printer) docs(docs string) {
	if docs == "" {
		return
	}
	for line := range strings.SplitSeq(docs, "\n") {
		p.line(strings.TrimRight("/// "+line, " "))
	}
}

func (p *printer) gates(s Stability) {
	for _, gate := range s.lines() {
		p.line(gate)
	}
}

// attrs writes what stands before an item that may have an external-id.
func (p *printer) attrs(docs string, s Stability, external string) {
	p.docs(docs)
	p.gates(s)
	if external != "" {
		p.line("@external-id(" + quote(external) + ")")
	}
}

func (p *printer) iface(i *Interface) {
	p.docs(i.Docs)
	p.gates(i.Stability)
	p.open(strings.TrimSuffix("interface "+escape(i.Name), " ") + " {")
	p.ifaceItems(i)
	p.close("}")
}

// ifaceItems writes types and functions so that parsing them gives both in
// the model's order: types first, but a resource with functions waits for the
// free functions that stand before its own.
func (p *printer) ifaceItems(i *Interface) {
	first := map[*TypeDef]int{} // resource -> index of its first function
	for n, f := range i.Funcs {
		if _, ok := first[f.Resource]; f.Resource != nil && !ok {
			first[f.Resource] = n
		}
	}
	own := byResource(i.Funcs)
	written, next := 0, 0
	if p.foreign(foreign(i.Types, i.Funcs, i), i.Package, func(name string) bool {
		return slices.ContainsFunc(i.Types, func(t *TypeDef) bool { return t.Name == name }) ||
			slices.ContainsFunc(i.Funcs, func(f *Function) bool { return f.Resource == nil && f.Name == name })
	}) {
		written = 1
	}
	types := func(until int, stop *TypeDef) {
		for next < len(i.Types) {
			t := i.Types[next]
			if at, ok := first[t]; ok && at > until && stop == nil {
				return
			}
			next += p.typeGroup(i, next, &written, own)
			if t == stop {
				return
			}
		}
	}
	done := map[*TypeDef]bool{}
	for n, f := range i.Funcs {
		if f.Resource == nil {
			types(n, nil)
			p.between(written)
			written++
			p.function(f)
		} else if !done[f.Resource] {
			done[f.Resource] = true
			types(n, f.Resource)
		}
	}
	types(len(i.Funcs), nil)
}

// foreign writes the uses for types that are mentioned without one, under
// names that are not taken, and tells whether there are any. Types of inline
// interfaces stay as they are: text has no way to reach them.
func (p *printer) foreign(types []*TypeDef, here *Package, taken func(string) bool) bool {
	p.names = namer{}
	given := map[string]bool{}
	lists := map[*Interface][]string{}
	var order []*Interface
	for _, t := range types {
		if t.Interface.Name == "" {
			continue
		}
		name := UseName(t.Name, func(name string) bool { return taken(name) || given[name] })
		given[name] = true
		p.names[t] = name
		use := escape(t.Name)
		if name != t.Name {
			use += " as " + escape(name)
		}
		if lists[t.Interface] == nil {
			order = append(order, t.Interface)
		}
		lists[t.Interface] = append(lists[t.Interface], use)
	}
	for _, i := range order {
		p.line("use " + ifacePath(i, here) + ".{" + strings.Join(lists[i], ", ") + "};")
	}
	return len(order) > 0
}

// typeGroup writes the type at index n, or the run of uses that starts there,
// and gives how many types that were.
func (p *printer) typeGroup(i *Interface, n int, written *int, own map[*TypeDef][]*Function) int {
	p.between(*written)
	*written++
	t := i.Types[n]
	from := usedFrom(t)
	if from == nil {
		p.typeDef(t, own[t])
		return 1
	}
	run := []*TypeDef{t}
	for _, u := range i.Types[n+1:] {
		if usedFrom(u) != from || u.Docs != "" || u.Stability != t.Stability {
			break
		}
		run = append(run, u)
	}
	p.use(from, i.Package, run)
	return len(run)
}

// byResource gives the functions of each resource.
func byResource(all []*Function) map[*TypeDef][]*Function {
	fns := map[*TypeDef][]*Function{}
	for _, f := range all {
		if f.Resource != nil {
			fns[f.Resource] = append(fns[f.Resource], f)
		}
	}
	return fns
}

// usedFrom gives the interface that t is a `use` from, or nil.
func usedFrom(t *TypeDef) *Interface {
	a, ok := t.Kind.(*Alias)
	if !ok {
		return nil
	}
	def, ok := a.Type.(*TypeDef)
	if !ok || def.Interface == nil || def.Interface == t.Interface {
		return nil
	}
	return def.Interface
}

func (p *printer) use(from *Interface, here *Package, types []*TypeDef) {
	p.docs(types[0].Docs)
	p.gates(types[0].Stability)
	names := make([]string, len(types))
	for i, t := range types {
		target := t.Kind.(*Alias).Type.(*TypeDef).Name
		names[i] = escape(target)
		if target != t.Name {
			names[i] += " as " + escape(t.Name)
		}
	}
	p.line("use " + ifacePath(from, here) + ".{" + strings.Join(names, ", ") + "};")
}

// ifacePath names an interface as text of package here does.
func ifacePath(i *Interface, here *Package) string {
	if here != nil && i.Package.Name == here.Name {
		return escape(i.Name)
	}
	return escapedPath(i.Package.Name, i.Name)
}

func (p *printer) typeDef(t *TypeDef, fns []*Function) {
	p.attrs(t.Docs, t.Stability, t.ExternalID)
	name := escape(t.Name)
	switch k := t.Kind.(type) {
	case *Resource:
		if len(fns) == 0 {
			p.line("resource " + name + ";")
			return
		}
		p.open("resource " + name + " {")
		for n, f := range fns {
			p.between(n)
			p.function(f)
		}
		p.close("}")
	case *Record:
		p.open("record " + name + " {")
		for _, f := range k.Fields {
			p.docs(f.Docs)
			p.line(escape(f.Name) + ": " + p.names.typ(f.Type) + ",")
		}
		p.close("}")
	case *Variant:
		p.open("variant " + name + " {")
		for _, c := range k.Cases {
			p.docs(c.Docs)
			payload := ""
			if c.Type != nil {
				payload = "(" + p.names.typ(c.Type) + ")"
			}
			p.line(escape(c.Name) + payload + ",")
		}
		p.close("}")
	case *Enum:
		p.labels("enum "+name, k.Cases)
	case *Flags:
		p.labels("flags "+name, k.Flags)
	case *Handle:
		word := "own"
		if k.Borrow {
			word = "borrow"
		}
		p.line("type " + name + " = " + word + "<" + p.names.name(k.Resource) + ">;")
	default:
		p.line("type " + name + " = " + p.names.kind(k) + ";")
	}
}

func (p *printer) labels(head string, labels []Label) {
	p.open(head + " {")
	for _, l := range labels {
		p.docs(l.Docs)
		p.line(escape(l.Name) + ",")
	}
	p.close("}")
}

func (p *printer) function(f *Function) {
	p.attrs(f.Docs, f.Stability, f.ExternalID)
	p.line(p.names.function(f) + ";")
}

func (p *printer) world(w *World) {
	p.docs(w.Docs)
	p.gates(w.Stability)
	p.open("world " + escape(w.Name) + " {")
	var fns []*Function
	var types []*TypeDef
	taken := map[string]bool{}
	for _, it := range slices.Concat(w.Imports, w.Exports) {
		taken[it.Name] = true
		if it.Func != nil {
			fns = append(fns, it.Func)
		}
		if it.Type != nil {
			types = append(types, it.Type)
		}
	}
	mentioned := foreign(types, fns, nil)
	p.foreign(mentioned, w.Package, func(name string) bool { return taken[name] })
	own, ofResource := p.names, byResource(fns)
	for _, it := range w.Imports {
		p.names = own
		switch {
		case it.Type == nil:
			if it.Func == nil || it.Func.Resource == nil {
				p.extern("import", it, w)
			}
		case usedFrom(it.Type) != nil:
			p.use(usedFrom(it.Type), w.Package, []*TypeDef{it.Type})
		default:
			p.typeDef(it.Type, ofResource[it.Type])
		}
	}
	for _, it := range w.Exports {
		p.names = own
		p.extern("export", it, w)
	}
	p.close("}")
}

func (p *printer) extern(word string, it *WorldItem, w *World) {
	p.attrs(it.Docs, it.Stability, it.ExternalID)
	name := escape(it.Name)
	switch {
	case it.Func != nil:
		p.line(word + " " + p.names.function(it.Func) + ";")
	case it.Interface.Name == "":
		p.open(word + " " + name + ": interface {")
		p.ifaceItems(it.Interface)
		p.close("}")
	case it.Name == it.Interface.ID():
		p.line(word + " " + ifacePath(it.Interface, w.Package) + ";")
	default:
		p.line(word + " " + name + ": " + ifacePath(it.Interface, w.Package) + ";")
	}
}
