package transform

import (
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/wit"
)

// splits tells whether a function of i, or of the world if i is nil, becomes
// a pair.
func (c *copier) splits(f *wit.Function, i *wit.Interface) bool {
	switch {
	case f.Async:
		return true
	case !c.options.OriginalRules || f.Kind == wit.Constructor:
		return false
	case i == nil:
		return !c.hasKeyword(c.src.Package)
	}
	return !c.hasKeyword(i.Package) && originallySplit(f, i)
}

// originallySplit has the rules of the original for a function of an
// interface. Versions of packages make no difference.
func originallySplit(f *wit.Function, i *wit.Interface) bool {
	if strings.HasSuffix(f.Name, StartName("")) || strings.HasSuffix(f.Name, ResultName("")) {
		return false
	}
	if i.Name == "" {
		return true
	}
	switch p := i.Package.Name; p.Namespace {
	case "isyswasfa":
		return false
	case "wasi":
		return p.Name == "http" && (i.Name == "handler" || i.Name == "types" && f.ABIName() == "[static]body.finish")
	}
	return true
}

// hasKeyword tells whether any function of the package is declared async.
func (c *copier) hasKeyword(p *wit.Package) bool {
	if known, ok := c.keyword[p]; ok {
		return known
	}
	async := func(f *wit.Function) bool { return f.Async }
	has := slices.ContainsFunc(p.Interfaces, func(i *wit.Interface) bool { return slices.ContainsFunc(i.Funcs, async) })
	for _, w := range p.Worlds {
		for _, it := range slices.Concat(w.Imports, w.Exports) {
			if it.Func != nil {
				has = has || it.Func.Async
			} else if it.Interface != nil && it.Interface.Name == "" {
				has = has || slices.ContainsFunc(it.Interface.Funcs, async)
			}
		}
	}
	c.keyword[p] = has
	return has
}

// checkBorrows refuses exported async functions with borrowed parameters: a
// borrow ends when start returns. A borrow of a resource that the component
// itself exports is the resource's representation and does not end.
func (c *copier) checkBorrows() error {
	exported := map[*wit.Interface]bool{}
	for _, it := range c.src.Exports {
		exported[it.Interface] = it.Interface != nil
	}
	check := func(f *wit.Function, i *wit.Interface) error {
		if !c.splits(f, i) {
			return nil
		}
		defer c.in("function " + f.ABIName())()
		for _, p := range f.Params {
			r := borrowed(p.Type, func(r *wit.TypeDef) bool { return r.Interface == nil || !exported[r.Interface] })
			if r != nil {
				return c.errorf("parameter %s: a borrow ends when the call has started, so an exported async function can have borrow<%s> only if the world exports the resource too; let it take own<%s>", p.Name, r.Name, r.Name)
			}
		}
		return nil
	}
	for _, it := range c.src.Exports {
		if err := c.checkItem(it, check); err != nil {
			return err
		}
	}
	return nil
}

// checkItem calls check for each function of an export.
func (c *copier) checkItem(it *wit.WorldItem, check func(*wit.Function, *wit.Interface) error) error {
	if it.Interface == nil {
		defer c.in("export")()
		return check(it.Func, nil)
	}
	defer c.in("export " + it.Name)()
	for _, f := range it.Interface.Funcs {
		if err := check(f, it.Interface); err != nil {
			return err
		}
	}
	return nil
}

// borrowed gives the first resource that t borrows and of which match holds,
// under its name in the text, or nil.
func borrowed(t wit.Type, match func(*wit.TypeDef) bool) *wit.TypeDef {
	seen := map[*wit.TypeDef]bool{}
	var visit func(t wit.Type) *wit.TypeDef
	visit = func(t wit.Type) *wit.TypeDef {
		d, ok := t.(*wit.TypeDef)
		if !ok || seen[d] {
			return nil
		}
		seen[d] = true
		if h, ok := d.Kind.(*wit.Handle); ok && h.Borrow {
			if r, ok := h.Resource.Resolve().(*wit.TypeDef); ok && match(r) {
				return h.Resource
			}
		}
		for _, part := range wit.Parts(d) {
			if r := visit(part); r != nil {
				return r
			}
		}
		return nil
	}
	return visit(t)
}
