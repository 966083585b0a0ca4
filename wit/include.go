package wit

import "slices"

// include adds the items of another world, some under other names.
func (wb *worldBuilder) include(it *worldItemDecl) error {
	target, err := wb.b.target(wb.d.pkg, wb.d.unit, *it.path, true)
	if err != nil {
		return err
	}
	from := target.outW
	c := &includer{world: wb.w, names: map[string]string{}, types: map[*TypeDef]*TypeDef{}}
	plain := map[string]bool{}
	for _, item := range slices.Concat(from.Imports, from.Exports) {
		plain[item.Name] = itemID(item) != item.Name && (item.Func == nil || item.Func.Resource == nil)
	}
	for _, n := range it.with {
		if !plain[n.name.name] {
			var names []string
			for name, ok := range plain {
				if ok {
					names = append(names, name)
				}
			}
			return n.name.pos.errorf("world `%s` has no import or export with the plain name `%s`%s", target.name.name, n.name.name, Nearest(n.name.name, names))
		}
		c.names[n.name.name] = n.as.name
	}
	c.declare(from.Imports)
	foreign := from.Package != wb.w.Package
	for _, part := range []struct {
		from []*WorldItem
		to   *itemSet
	}{{from.Imports, &wb.imports}, {from.Exports, &wb.exports}} {
		for _, item := range part.from {
			if err := part.to.include(c.item(item), foreign, it.path.name.pos); err != nil {
				return err
			}
		}
	}
	return nil
}

// include adds an item of another world. An interface may be there already;
// then the gates of both count.
func (s *itemSet) include(item *WorldItem, foreign bool, at pos) error {
	if item.Name != itemID(item) {
		return s.add(item, at)
	}
	if err := s.put(item, at); err != nil {
		return err
	}
	here := s.byName[item.Name]
	gates, err := here.Stability.join(item.Stability, foreign)
	if err != nil {
		return at.errorf("%s of `%s` %v", s.word, item.Name, err)
	}
	here.Stability = gates
	return nil
}

// An includer copies items of one world into another: types and functions
// belong to one world, so the copies are new.
type includer struct {
	world *World
	names map[string]string // old plain name -> new
	types map[*TypeDef]*TypeDef
}

func (c *includer) name(old string) string {
	if to, ok := c.names[old]; ok {
		return to
	}
	return old
}

// declare makes the copies of all types before any is filled.
func (c *includer) declare(items []*WorldItem) {
	for _, item := range items {
		if t := item.Type; t != nil {
			c.types[t] = &TypeDef{Name: c.name(t.Name), World: c.world, Docs: t.Docs, Stability: t.Stability, ExternalID: t.ExternalID}
		}
	}
	for old, t := range c.types {
		t.Kind = CopyKind(old.Kind, c.typ)
	}
}

func (c *includer) typ(t Type) Type {
	d, ok := t.(*TypeDef)
	switch {
	case !ok:
		return t
	case c.types[d] != nil:
		return c.types[d]
	case d.Name != "":
		return d
	}
	return &TypeDef{Kind: CopyKind(d.Kind, c.typ)}
}

func (c *includer) item(old *WorldItem) *WorldItem {
	item := *old
	if itemID(old) != old.Name {
		item.Name = c.name(old.Name)
	}
	if old.Type != nil {
		item.Type = c.types[old.Type]
	}
	if old.Func != nil {
		item.Func = c.function(old.Func)
		item.Name = item.Func.ABIName()
	}
	return &item
}

func (c *includer) function(old *Function) *Function {
	f := *old
	if old.Resource != nil {
		f.Resource = c.types[old.Resource]
	} else {
		f.Name = c.name(old.Name)
	}
	f.Params = nil
	for _, p := range old.Params {
		f.Params = append(f.Params, Param{p.Name, c.typ(p.Type)})
	}
	if old.Result != nil {
		f.Result = c.typ(old.Result)
	}
	return &f
}

// CopyKind gives a kind of the same structure in which f(t) stands for each
// type t it mentions, resources of handles among them; for these f must give
// a *[TypeDef].
func CopyKind(k Kind, f func(Type) Type) Kind {
	opt := func(t Type) Type {
		if t == nil {
			return nil
		}
		return f(t)
	}
	switch k := k.(type) {
	case *Record:
		r := &Record{Fields: slices.Clone(k.Fields)}
		for i := range r.Fields {
			r.Fields[i].Type = f(r.Fields[i].Type)
		}
		return r
	case *Variant:
		v := &Variant{Cases: slices.Clone(k.Cases)}
		for i := range v.Cases {
			v.Cases[i].Type = opt(v.Cases[i].Type)
		}
		return v
	case *Enum:
		return &Enum{slices.Clone(k.Cases)}
	case *Flags:
		return &Flags{slices.Clone(k.Flags)}
	case *Resource:
		return &Resource{}
	case *Handle:
		r, _ := f(k.Resource).(*TypeDef)
		return &Handle{k.Borrow, r}
	case *Tuple:
		t := &Tuple{slices.Clone(k.Types)}
		for i := range t.Types {
			t.Types[i] = f(t.Types[i])
		}
		return t
	case *Option:
		return &Option{f(k.Type)}
	case *Result:
		return &Result{opt(k.OK), opt(k.Err)}
	case *List:
		return &List{f(k.Elem), k.Len}
	case *Map:
		return &Map{f(k.Key), f(k.Value)}
	case *Stream:
		return &Stream{opt(k.Elem)}
	case *Future:
		return &Future{opt(k.Elem)}
	case *Alias:
		return &Alias{f(k.Type)}
	}
	return k
}
