package wit

// Mentions gives the interfaces whose types i mentions, through a `use` or,
// as models that are made rather than parsed do, directly. Each stands once,
// in order.
func Mentions(i *Interface) []*Interface {
	all := Needs(i)
	seen := map[*Interface]bool{}
	for _, n := range all {
		seen[n] = true
	}
	for _, t := range foreign(i.Types, i.Funcs, i) {
		if !seen[t.Interface] {
			seen[t.Interface] = true
			all = append(all, t.Interface)
		}
	}
	return all
}

// UseName gives the name under which text uses a type where that name may be
// taken: it, or the first of it with -x1, -x2 and so on that is not.
func UseName(name string, taken func(string) bool) string {
	free := name
	for n := uint32(1); taken(free); n++ {
		free = name + "-x" + itoa(n)
	}
	return free
}

// foreign gives the named types of other interfaces that types and functions
// mention without a `use`.
func foreign(types []*TypeDef, fns []*Function, i *Interface) []*TypeDef {
	var found []*TypeDef
	seen := map[*TypeDef]bool{}
	var mention func(t Type)
	structure := func(d *TypeDef) {
		if h, ok := d.Kind.(*Handle); ok {
			mention(h.Resource)
		}
		for _, part := range Parts(d) {
			mention(part)
		}
	}
	mention = func(t Type) {
		d, ok := t.(*TypeDef)
		switch {
		case !ok:
		case d.Name == "":
			structure(d)
		case d.Interface != nil && d.Interface != i && !seen[d]:
			seen[d] = true
			found = append(found, d)
		}
	}
	for _, t := range types {
		if usedFrom(t) == nil {
			structure(t)
		}
	}
	for _, f := range fns {
		for _, p := range f.Params {
			mention(p.Type)
		}
		mention(f.Result)
	}
	return found
}
