package transform

import (
	"slices"

	"github.com/isyswasfa/isyswasfa/wit"
)

// polyfill makes the world.
func (c *copier) polyfill() error {
	w := &wit.World{Name: c.src.Name, Package: c.pkg(c.src.Package), Docs: c.src.Docs, Stability: c.src.Stability}
	c.result.World = w
	w.Package.Worlds = append(w.Package.Worlds, w)
	if err := c.checkBorrows(); err != nil {
		return err
	}
	if err := c.addStd(w, isyswasfaID); err != nil {
		return err
	}
	if err := c.items(w); err != nil {
		return err
	}
	if err := c.addRuntime(w); err != nil {
		return err
	}
	c.addWorldTypes(w)
	if !c.options.NoPoll {
		if err := c.addPoll(w, c.options.Suffix); err != nil {
			return err
		}
	}
	return checkItems(c, w)
}

// items copies the items of the world.
func (c *copier) items(w *wit.World) error {
	for _, it := range c.src.Imports {
		if it.Type != nil {
			c.result.Types[it.Type] = &wit.TypeDef{Name: it.Type.Name, World: w, Docs: it.Type.Docs, Stability: it.Type.Stability}
		}
	}
	if err := c.moveTypes(); err != nil {
		return err
	}
	for _, it := range c.src.Imports {
		items, err := c.item(it)
		if err != nil {
			return err
		}
		for _, n := range items {
			if n.Name != isyswasfaID {
				w.Imports = append(w.Imports, n)
			}
		}
	}
	for _, it := range c.src.Exports {
		items, err := c.item(it)
		if err != nil {
			return err
		}
		w.Exports = append(w.Exports, items...)
	}
	return nil
}

// item copies an item of the world; an async function becomes two.
func (c *copier) item(it *wit.WorldItem) ([]*wit.WorldItem, error) {
	n := &wit.WorldItem{Name: it.Name, Docs: it.Docs, Stability: it.Stability}
	var err error
	switch {
	case it.Interface != nil && c.options.Text && it.Interface.Name != "" && it.Interface.ID() != it.Name:
		n.Interface, err = c.inline(it.Interface)
		return []*wit.WorldItem{n}, err
	case it.Interface != nil:
		n.Interface, err = c.iface(it.Interface)
		return []*wit.WorldItem{n}, err
	case it.Type != nil:
		n.Type = c.result.Types[it.Type]
		if moved := c.moved[it.Type]; moved != nil {
			n.Type.Kind = &wit.Alias{Type: moved}
			return []*wit.WorldItem{n}, nil
		}
		return []*wit.WorldItem{n}, c.define(it.Type, nil)
	case c.moved[it.Func.Resource] != nil:
		return nil, nil
	}
	fs, err := c.function(it.Func, nil)
	var items []*wit.WorldItem
	for _, f := range fs {
		items = append(items, &wit.WorldItem{Name: f.ABIName(), Docs: it.Docs, Stability: it.Stability, Func: f})
	}
	return items, err
}

// addStd adds an import of ours at the end unless it is there.
func (c *copier) addStd(w *wit.World, id string) error {
	if importAt(w, id) >= 0 {
		return nil
	}
	i, err := c.stdInterface(id)
	if err != nil {
		return err
	}
	w.Imports = append(w.Imports, &wit.WorldItem{Name: id, Interface: i})
	return nil
}

// importAt gives the index of an import, or -1.
func importAt(w *wit.World, name string) int {
	return slices.IndexFunc(w.Imports, func(it *wit.WorldItem) bool { return it.Name == name })
}

// addRuntime adds the imports that the rewritten types and a guest's runtime
// need.
func (c *copier) addRuntime(w *wit.World) error {
	runtime := !c.options.NoPoll && !c.options.NoRuntime
	if runtime || c.streams {
		if err := c.hoist(w, []string{c.io.id(errorID), c.io.id(pollID), c.io.id(streamsID)}); err != nil {
			return err
		}
	}
	if runtime {
		for _, id := range []string{monotonicID, ioPipeID, ioPollID} {
			if err := c.addStd(w, id); err != nil {
				return err
			}
		}
	} else if importAt(w, c.io.id(pollID)) >= 0 {
		return c.addStd(w, ioPollID)
	}
	return nil
}

// hoist makes sure that interfaces of ours are imported before all that may
// mention them: it leaves them if they stand where they must, and else puts
// them after the first import.
func (c *copier) hoist(w *wit.World, ids []string) error {
	if !c.misplaced(w, ids) {
		return nil
	}
	for n, id := range ids {
		i, err := c.stdInterface(id)
		if err != nil {
			return err
		}
		item := &wit.WorldItem{Name: id, Interface: i}
		if old := importAt(w, id); old >= 0 {
			item = w.Imports[old]
			w.Imports = slices.Delete(w.Imports, old, old+1)
		}
		w.Imports = slices.Insert(w.Imports, 1+n, item)
	}
	return nil
}

// misplaced tells whether one of the interfaces is not imported, or after
// another that mentions it.
func (c *copier) misplaced(w *wit.World, ids []string) bool {
	for _, id := range ids {
		at := importAt(w, id)
		if at < 0 {
			return true
		}
		for _, it := range w.Imports[:at] {
			if it.Interface != nil && slices.Contains(wit.Mentions(it.Interface), w.Imports[at].Interface) {
				return true
			}
		}
	}
	return false
}

// addPoll adds the export that the host drives the component by.
func (c *copier) addPoll(w *wit.World, suffix string) error {
	input, err := c.stdType(isyswasfaID, "poll-input", nil)
	if err != nil {
		return err
	}
	output, err := c.stdType(isyswasfaID, "poll-output", nil)
	if err != nil {
		return err
	}
	list := func(t *wit.TypeDef) *wit.TypeDef { return &wit.TypeDef{Kind: &wit.List{Elem: t}} }
	f := &wit.Function{Name: PollName(suffix), Params: []wit.Param{{Name: "input", Type: list(input)}}, Result: list(output)}
	c.result.Poll = f
	w.Exports = append(w.Exports, &wit.WorldItem{Name: f.Name, Func: f})
	return nil
}

// checkItems refuses names that rewriting made twice in the world.
func checkItems(c *copier, w *wit.World) error {
	for _, items := range [][]*wit.WorldItem{w.Imports, w.Exports} {
		seen := map[string]bool{}
		for _, it := range items {
			if seen[it.Name] {
				return c.errorf("the polyfill needs the name %s, which is taken", it.Name)
			}
			seen[it.Name] = true
		}
	}
	return nil
}
