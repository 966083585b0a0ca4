package wit

// function resolves a signature; res is the resource it belongs to, or nil.
func (s *scope) function(fd *funcDecl, res *TypeDef) (*Function, error) {
	f := &Function{Name: fd.name.name, Kind: fd.kind, Resource: res, Async: fd.async, Docs: fd.docs, Stability: fd.stability, ExternalID: fd.external}
	var seen names
	switch fd.kind {
	case Method:
		seen.add(ident{"self", fd.name.pos})
		f.Params = append(f.Params, Param{"self", &TypeDef{Kind: &Handle{Borrow: true, Resource: res}}})
	case Constructor:
		f.Name = ""
		f.Result = &TypeDef{Kind: &Handle{Resource: res}}
	}
	for _, p := range fd.params {
		if err := seen.define(p.name, " among the parameters"); err != nil {
			return nil, err
		}
		t, err := s.typ(p.typ)
		if err == nil {
			err = s.b.checkSize(t, p.typ.pos)
		}
		if err != nil {
			return nil, err
		}
		f.Params = append(f.Params, Param{p.name.name, t})
	}
	if fd.result == nil {
		return f, nil
	}
	t, err := s.typ(fd.result)
	if err == nil {
		err = s.b.checkSize(t, fd.result.pos)
	}
	if err != nil {
		return nil, err
	}
	if fd.kind == Constructor && !constructs(t, res) {
		return nil, fd.result.pos.errorf("a constructor returns `%s` or a result whose ok type it is", res.Name)
	}
	if s.b.hasBorrow(t) {
		return nil, fd.result.pos.errorf("`%s` returns a borrow, which a function cannot", f.ABIName())
	}
	f.Result = t
	return f, nil
}

// constructs tells whether t is own<res> or result<own<res>, …>.
func constructs(t Type, res *TypeDef) bool {
	d, ok := t.(*TypeDef)
	if !ok {
		return false
	}
	if r, ok := d.Kind.(*Result); ok {
		if d, ok = r.OK.(*TypeDef); !ok {
			return false
		}
	}
	h, ok := d.Kind.(*Handle)
	return ok && !h.Borrow && h.Resource == res
}

// checkSize refuses types that are too large when written out.
func (b *builder) checkSize(t Type, at pos) error {
	if b.size(t) > maxTypeSize {
		return at.errorf("the type has more than %d parts when the names in it are replaced by what they stand for", maxTypeSize)
	}
	return nil
}

// size counts the parts of a type, names replaced by what they stand for. It
// stops beyond maxTypeSize.
func (b *builder) size(t Type) int {
	d, ok := t.(*TypeDef)
	if !ok {
		return 1
	}
	if known, ok := b.sizes[d]; ok {
		return known
	}
	n := 1
	for _, part := range Parts(d) {
		if n += b.size(part); n > maxTypeSize {
			break
		}
	}
	if d.Name != "" {
		b.sizes[d] = n
	}
	return n
}

// hasBorrow tells whether a value of the type contains a borrow.
func (b *builder) hasBorrow(t Type) bool {
	d, ok := t.(*TypeDef)
	if !ok {
		return false
	}
	if known, ok := b.borrows[d]; ok {
		return known
	}
	b.borrows[d] = false
	found := false
	if h, ok := d.Kind.(*Handle); ok {
		found = h.Borrow
	}
	for _, part := range Parts(d) {
		found = found || b.hasBorrow(part)
	}
	b.borrows[d] = found
	return found
}

// Parts gives the types that the structure of d mentions, in order, without
// resources of handles: fields, payloads, elements, the target of an alias.
// Absent ones are left out.
func Parts(d *TypeDef) []Type {
	var all []Type
	switch k := d.Kind.(type) {
	case *Record:
		for _, f := range k.Fields {
			all = append(all, f.Type)
		}
	case *Variant:
		for _, c := range k.Cases {
			all = append(all, c.Type)
		}
	case *Tuple:
		all = append(all, k.Types...)
	case *Option:
		all = []Type{k.Type}
	case *Result:
		all = []Type{k.OK, k.Err}
	case *List:
		all = []Type{k.Elem}
	case *Map:
		all = []Type{k.Key, k.Value}
	case *Stream:
		all = []Type{k.Elem}
	case *Future:
		all = []Type{k.Elem}
	case *Alias:
		all = []Type{k.Type}
	}
	present := all[:0:0]
	for _, t := range all {
		if t != nil {
			present = append(present, t)
		}
	}
	return present
}
