package wit

import "slices"

// A worldBuilder collects the items of one world.
type worldBuilder struct {
	*scope
	w        *World
	imports  map[string]*WorldItem
	exports  map[string]*WorldItem
	explicit map[string]bool // "import x", "export x" that the text itself has
	wanted   []*WorldItem    // exports in text order, before elaboration

	importNames, exportNames names // the plain ones
}

// world fills the world of d: interfaces in text order, each import after what
// it needs, then types, then functions; and the exports' needs as imports
// unless they are exported too.
func (b *builder) world(d *decl) error {
	s := newScope(b, d)
	s.world = d.outW
	wb := &worldBuilder{scope: s, w: d.outW, imports: map[string]*WorldItem{}, exports: map[string]*WorldItem{}, explicit: map[string]bool{}}
	var types []*itemDecl
	for _, it := range d.world.items {
		if it.item != nil {
			types = append(types, it.item)
		}
	}
	if err := s.declare(types); err != nil {
		return err
	}
	for _, it := range d.world.items {
		if b.gate(it.attrs) != "" {
			continue
		}
		var err error
		switch {
		case it.item != nil:
			err = wb.types(it.item)
		case it.word == "include":
			err = wb.include(it)
		default:
			err = wb.extern(it)
		}
		if err != nil {
			return err
		}
	}
	return wb.finish()
}

// types adds the types of a use or a declaration, and a resource's functions.
func (wb *worldBuilder) types(it *itemDecl) error {
	var names []ident
	if it.use != nil {
		for _, n := range it.use.names {
			names = append(names, n.as)
		}
	} else {
		names = []ident{it.typ.name}
	}
	for _, name := range names {
		n := wb.names[name.name]
		if err := wb.define(n); err != nil {
			return err
		}
		item := &WorldItem{Name: name.name, Docs: it.docs, Stability: it.stability, Type: n.def}
		if err := wb.addImport(item, name.pos); err != nil {
			return err
		}
		fns, err := wb.functions(n)
		if err != nil {
			return err
		}
		for _, f := range fns {
			item := &WorldItem{Name: f.ABIName(), Docs: f.Docs, Stability: f.Stability, Func: f}
			if err := wb.addImport(item, name.pos); err != nil {
				return err
			}
		}
	}
	return nil
}

// extern adds an import or export.
func (wb *worldBuilder) extern(it *worldItemDecl) error {
	item := &WorldItem{Name: it.name.name, Docs: it.docs, Stability: it.stability}
	at := it.name.pos
	switch {
	case it.path != nil:
		target, err := wb.b.target(wb.d.pkg, wb.d.unit, *it.path, false)
		if err != nil {
			return err
		}
		item.Interface = target.outI
		if item.Name == "" {
			item.Name, at = target.outI.ID(), it.path.name.pos
		}
	case it.fn != nil:
		f, err := wb.function(it.fn, nil)
		if err != nil {
			return err
		}
		item.Func = f
	default:
		s := newScope(wb.b, wb.d)
		s.iface = &Interface{Package: wb.w.Package, Docs: it.docs, Stability: it.stability}
		if err := s.fill(it.inline); err != nil {
			return err
		}
		item.Interface = s.iface
	}
	key := it.word + " " + item.Name
	if wb.explicit[key] {
		return at.errorf("%s of `%s` stands here twice", it.word, item.Name)
	}
	wb.explicit[key] = true
	if it.word == "import" {
		return wb.addImport(item, at)
	}
	return wb.addExport(item, at)
}

// addImport adds an import after the interfaces it needs. An interface that
// is there already is not added again.
func (wb *worldBuilder) addImport(item *WorldItem, at pos) error {
	if old := wb.imports[item.Name]; old != nil {
		if sameInterface(old, item) {
			return nil
		}
		return at.errorf("import of `%s` clashes with another import of that name", item.Name)
	}
	if item.Interface != nil {
		for _, dep := range Needs(item.Interface) {
			if err := wb.addImport(&WorldItem{Name: dep.ID(), Interface: dep}, at); err != nil {
				return err
			}
		}
	}
	if item.Type != nil {
		if a, ok := item.Type.Kind.(*Alias); ok {
			if def, ok := a.Type.(*TypeDef); ok && def.Interface != nil {
				if err := wb.addImport(&WorldItem{Name: def.Interface.ID(), Interface: def.Interface}, at); err != nil {
					return err
				}
			}
		}
	}
	if item.Name != itemID(item) && !wb.importNames.add(item.Name) {
		return at.errorf("import of `%s` differs from another import only in letter case", item.Name)
	}
	wb.imports[item.Name] = item
	wb.w.Imports = append(wb.w.Imports, item)
	return nil
}

func (wb *worldBuilder) addExport(item *WorldItem, at pos) error {
	if old := wb.exports[item.Name]; old != nil {
		if sameInterface(old, item) {
			return nil
		}
		return at.errorf("export of `%s` clashes with another export of that name", item.Name)
	}
	if item.Name != itemID(item) && !wb.exportNames.add(item.Name) {
		return at.errorf("export of `%s` differs from another export only in letter case", item.Name)
	}
	wb.exports[item.Name] = item
	wb.wanted = append(wb.wanted, item)
	return nil
}

// itemID gives the ID of the interface that an item is, or "".
func itemID(item *WorldItem) string {
	if item.Interface == nil {
		return ""
	}
	return item.Interface.ID()
}

func sameInterface(a, b *WorldItem) bool {
	return a.Interface != nil && a.Interface == b.Interface && a.Interface.Name != ""
}

// Needs gives the interfaces from which i uses types, each once, in order.
func Needs(i *Interface) []*Interface {
	var needs []*Interface
	for _, t := range i.Types {
		a, ok := t.Kind.(*Alias)
		if !ok {
			continue
		}
		if def, ok := a.Type.(*TypeDef); ok && def.Interface != nil && def.Interface != i && !slices.Contains(needs, def.Interface) {
			needs = append(needs, def.Interface)
		}
	}
	return needs
}

// finish puts the exports in order and adds what they need.
func (wb *worldBuilder) finish() error {
	put := map[string]bool{}
	var place func(item *WorldItem) error
	place = func(item *WorldItem) error {
		if put[item.Name] {
			return nil
		}
		put[item.Name] = true
		if item.Interface != nil {
			for _, dep := range Needs(item.Interface) {
				if err := wb.exportNeed(item, dep, place); err != nil {
					return err
				}
			}
		}
		wb.w.Exports = append(wb.w.Exports, item)
		return nil
	}
	for _, item := range wb.wanted {
		if err := place(item); err != nil {
			return err
		}
	}
	slices.SortStableFunc(wb.w.Imports, func(a, b *WorldItem) int { return rank(a) - rank(b) })
	return nil
}

// rank orders imports by what they may mention: interfaces come first, then
// the world's types, then its functions.
func rank(item *WorldItem) int {
	switch {
	case item.Interface != nil:
		return 0
	case item.Type != nil:
		return 1
	}
	return 2
}

// exportNeed provides an interface that an export uses types from: an export
// of the world if there is one, else an import.
func (wb *worldBuilder) exportNeed(item *WorldItem, dep *Interface, place func(*WorldItem) error) error {
	if e := wb.exports[dep.ID()]; e != nil {
		return place(e)
	}
	if via := wb.exportedBelow(dep, map[*Interface]bool{}); via != nil {
		return wb.d.name.pos.errorf("export `%s` uses types of `%s`, once exported and once, through `%s`, imported", item.Name, via.ID(), dep.ID())
	}
	return wb.addImport(&WorldItem{Name: dep.ID(), Interface: dep}, wb.d.name.pos)
}

// exportedBelow gives an interface that i needs, at any distance, and that
// the world exports.
func (wb *worldBuilder) exportedBelow(i *Interface, seen map[*Interface]bool) *Interface {
	for _, dep := range Needs(i) {
		if seen[dep] {
			continue
		}
		seen[dep] = true
		if wb.exports[dep.ID()] != nil {
			return dep
		}
		if via := wb.exportedBelow(dep, seen); via != nil {
			return via
		}
	}
	return nil
}
