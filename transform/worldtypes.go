package transform

import (
	"slices"

	"github.com/isyswasfa/isyswasfa/wit"
)

// worldTypes gives the interface with the helpers of what the world's own
// functions mention: an exported function cannot own a type, so the host
// provides these.
func (c *copier) worldTypes() (*wit.Interface, error) {
	if c.world != nil {
		return c.world, nil
	}
	c.world = &wit.Interface{Package: c.pkg(c.src.Package), Docs: "What carries the futures and streams of the world's own functions."}
	if c.options.Text {
		c.world.Name = WorldTypes
		for _, i := range c.src.Package.Interfaces {
			if i.Name == WorldTypes {
				return nil, c.errorf("the polyfill needs the name %s, which is taken", i.ID())
			}
		}
	}
	types, fns := c.worldText()
	c.payloads[c.world] = namePayloads(types, fns)
	return c.world, nil
}

// worldText gives what the world itself says, but for its interfaces.
func (c *copier) worldText() ([]*wit.TypeDef, []*wit.Function) {
	var types []*wit.TypeDef
	var fns []*wit.Function
	for _, it := range slices.Concat(c.src.Imports, c.src.Exports) {
		if it.Type != nil {
			types = append(types, it.Type)
		}
		if it.Func != nil {
			fns = append(fns, it.Func)
		}
	}
	return types, fns
}

// addWorldTypes imports that interface after all others and before the
// functions and types that mention it.
func (c *copier) addWorldTypes(w *wit.World) {
	if c.world == nil {
		return
	}
	c.addHelpers(c.world)
	at := slices.IndexFunc(w.Imports, func(it *wit.WorldItem) bool { return it.Interface == nil })
	if at < 0 {
		at = len(w.Imports)
	}
	item := &wit.WorldItem{Name: WorldTypes, Interface: c.world}
	if c.options.Text {
		item.Name = c.world.ID()
		c.order = append(c.order, c.world)
	}
	w.Imports = slices.Insert(w.Imports, at, item)
}

// moveTypes copies the types of the world that its own streams and futures
// carry to the interface of these, resources with their functions.
func (c *copier) moveTypes() error {
	carried := c.carriedTypes()
	if len(carried) == 0 {
		return nil
	}
	ctx, err := c.worldTypes()
	if err != nil {
		return err
	}
	for _, t := range carried {
		n := &wit.TypeDef{Name: t.Name, Interface: ctx, Docs: t.Docs, Stability: t.Stability}
		ctx.Types = append(ctx.Types, n)
		c.moved[t] = n
	}
	for _, t := range carried {
		leave := c.in("type " + t.Name)
		kind, err := c.structure(t, ctx)
		if err != nil {
			return err
		}
		leave()
		c.moved[t].Kind = kind
	}
	_, fns := c.worldText()
	for _, f := range fns {
		if c.moved[f.Resource] == nil {
			continue
		}
		moved, err := c.function(f, ctx)
		if err != nil {
			return err
		}
		ctx.Funcs = append(ctx.Funcs, moved...)
	}
	return nil
}

// carriedTypes gives the types of the world that its own streams and futures
// carry, directly or within each other, in the order of the text. Uses of an
// interface's types are not among them.
func (c *copier) carriedTypes() []*wit.TypeDef {
	types, fns := c.worldText()
	found := map[*wit.TypeDef]bool{}
	var collect func(t wit.Type)
	collect = func(t wit.Type) {
		d, ok := t.(*wit.TypeDef)
		if !ok || found[d] || d.Interface != nil {
			return
		}
		if d.World != nil {
			if usedFrom(d) != nil {
				return
			}
			found[d] = true
		}
		if h, ok := d.Kind.(*wit.Handle); ok {
			collect(h.Resource)
		}
		for _, part := range wit.Parts(d) {
			collect(part)
		}
		for _, f := range fns {
			if f.Resource == d {
				eachType(f, collect)
			}
		}
	}
	var visit func(t wit.Type)
	visit = func(t wit.Type) {
		d, ok := t.(*wit.TypeDef)
		if !ok || d.Name != "" {
			return
		}
		if _, elem, ok := carried(d.Kind); ok {
			collect(elem)
		}
		for _, part := range wit.Parts(d) {
			visit(part)
		}
	}
	for _, t := range types {
		visit(&wit.TypeDef{Kind: t.Kind})
	}
	for _, f := range fns {
		eachType(f, visit)
	}
	return slices.DeleteFunc(types, func(t *wit.TypeDef) bool { return !found[t] })
}

// eachType calls visit for the types of the parameters and the result.
func eachType(f *wit.Function, visit func(wit.Type)) {
	for _, p := range f.Params {
		visit(p.Type)
	}
	visit(f.Result)
}

// usedFrom gives the type of an interface that a type of the world is another
// name for, or nil.
func usedFrom(t *wit.TypeDef) *wit.TypeDef {
	for t.Interface == nil {
		a, ok := t.Kind.(*wit.Alias)
		if !ok {
			return nil
		}
		next, ok := a.Type.(*wit.TypeDef)
		if !ok {
			return nil
		}
		t = next
	}
	return t
}

// inWorldTypes gives the copy of a named type as that interface sees it: it
// sees types of interfaces, not those of the world.
func (c *copier) inWorldTypes(d *wit.TypeDef) (*wit.TypeDef, error) {
	if moved := c.moved[d]; moved != nil {
		return moved, nil
	}
	if used := usedFrom(d); used != nil {
		d = used
	}
	return c.named(d)
}
