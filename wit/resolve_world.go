package wit

import "slices"

// A worldBuilder collects the items of one world.
type worldBuilder struct {
	*scope
	w                *World
	imports, exports itemSet
	own              map[string]*WorldItem     // imports before elaboration
	below            map[*Interface]*Interface // what exportedBelow found
}

// An itemSet is the imports or the exports of a world.
type itemSet struct {
	word   string // "import" or "export"
	made   *int   // counts towards maxMade
	byName map[string]*WorldItem
	order  []*WorldItem
	plain  names
}

// add adds an item whose name must be new.
func (s *itemSet) add(item *WorldItem, at pos) error {
	if old := s.byName[item.Name]; old != nil {
		if sameInterface(old, item) {
			return at.errorf("%s of `%s` stands here twice", s.word, item.Name)
		}
		return at.errorf("%s of `%s` clashes with another %s of that name", s.word, item.Name, s.word)
	}
	if item.Name != itemID(item) && s.plain.add(ident{item.Name, at}).pos.src != nil {
		return at.errorf("%s of `%s` differs from another %s only in letter case", s.word, item.Name, s.word)
	}
	if *s.made += size(item); *s.made > maxMade {
		return at.errorf("the worlds here have more than %d items in all", maxMade)
	}
	if s.byName == nil {
		s.byName = map[string]*WorldItem{}
	}
	s.byName[item.Name] = item
	s.order = append(s.order, item)
	return nil
}

// put adds an item unless it is there already.
func (s *itemSet) put(item *WorldItem, at pos) error {
	if s.byName[item.Name] != nil {
		return nil
	}
	return s.add(item, at)
}

// size counts an item and the types that copying it copies.
func size(item *WorldItem) int {
	n := 1
	var count func(t Type)
	count = func(t Type) {
		n++
		if d, ok := t.(*TypeDef); ok && d.Name == "" {
			for _, part := range Parts(d) {
				count(part)
			}
		}
	}
	if item.Type != nil {
		for _, part := range Parts(item.Type) {
			count(part)
		}
	}
	if item.Func != nil {
		for _, p := range item.Func.Params {
			count(p.Type)
		}
		count(item.Func.Result)
	}
	return n
}

// world fills the world of d. What the text says is collected first: types,
// imports and exports, then what other worlds bring in. Then what these need
// is added.
func (b *builder) world(d *decl) error {
	s := newScope(b, d)
	s.world = d.outW
	wb := &worldBuilder{scope: s, w: d.outW}
	wb.reset()
	if err := wb.declareTypes(); err != nil {
		return err
	}
	for _, it := range d.world.items {
		if it.word != "import" && it.word != "export" && (it.item == nil || it.item.typ == nil) || b.gate(d.pkg, it.attrs) != "" {
			continue
		}
		var err error
		if it.item != nil {
			err = wb.resourceFunctions(it.item.typ.name)
		} else {
			err = wb.extern(it)
		}
		if err != nil {
			return err
		}
	}
	for _, it := range d.world.items {
		if it.word != "include" || b.gate(d.pkg, it.attrs) != "" {
			continue
		}
		if err := wb.include(it); err != nil {
			return err
		}
	}
	return wb.elaborate()
}

func (wb *worldBuilder) reset() {
	wb.imports = itemSet{word: "import", made: &wb.b.made}
	wb.exports = itemSet{word: "export", made: &wb.b.made}
}

// declareTypes adds the world's types.
func (wb *worldBuilder) declareTypes() error {
	var items []*itemDecl
	for _, it := range wb.d.world.items {
		if it.item != nil {
			items = append(items, it.item)
		}
	}
	if err := wb.declare(items); err != nil {
		return err
	}
	types, err := wb.types()
	if err != nil {
		return err
	}
	for _, n := range types {
		item := &WorldItem{Name: n.def.Name, Docs: n.attrs.docs, Stability: n.attrs.stability, ExternalID: n.attrs.external, Type: n.def}
		if err := wb.imports.add(item, n.pos); err != nil {
			return err
		}
	}
	return nil
}

// resourceFunctions adds the functions of a resource.
func (wb *worldBuilder) resourceFunctions(name ident) error {
	fns, err := wb.functions(wb.names[name.name])
	if err != nil {
		return err
	}
	for _, f := range fns {
		item := &WorldItem{Name: f.ABIName(), Docs: f.Docs, Stability: f.Stability, ExternalID: f.ExternalID, Func: f}
		if err := wb.imports.add(item, name.pos); err != nil {
			return err
		}
	}
	return nil
}

// extern adds an import or export.
func (wb *worldBuilder) extern(it *worldItemDecl) error {
	item := &WorldItem{Name: it.name.name, Docs: it.docs, Stability: it.stability, ExternalID: it.external}
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
	if it.word == "import" {
		return wb.imports.add(item, at)
	}
	return wb.exports.add(item, at)
}

// elaborate puts the world's items into order and adds the interfaces they
// need: what an import needs is imported before it; what an export needs is
// exported if the world says so, else imported.
func (wb *worldBuilder) elaborate() error {
	own, exported := wb.imports.order, wb.exports
	wb.own = wb.imports.byName
	slices.SortStableFunc(own, byRank)
	wb.reset()
	at := wb.d.name.pos
	for _, item := range own {
		var err error
		switch {
		case item.Interface != nil:
			err = wb.needImport(item)
		case item.Type != nil && usedFrom(item.Type) != nil:
			from := usedFrom(item.Type)
			if err = wb.needImport(&WorldItem{Name: from.ID(), Stability: item.Stability, Interface: from}); err == nil {
				err = wb.imports.put(item, at)
			}
		default:
			err = wb.imports.put(item, at)
		}
		if err != nil {
			return err
		}
	}
	for _, item := range exported.order {
		if item.Func == nil {
			continue
		}
		if err := wb.exports.put(item, at); err != nil {
			return err
		}
	}
	wb.below = map[*Interface]*Interface{}
	for _, item := range exported.order {
		if err := wb.needExport(item, exported.byName); err != nil {
			return err
		}
	}
	wb.w.Imports, wb.w.Exports = wb.imports.order, wb.exports.order
	slices.SortStableFunc(wb.w.Imports, byRank)
	return nil
}

// byRank orders imports by what they may mention: interfaces come first, then
// used types, the world's types, its functions, and those of its resources.
func byRank(a, b *WorldItem) int { return rank(a) - rank(b) }

func rank(item *WorldItem) int {
	switch {
	case item.Interface != nil:
		return 0
	case item.Type != nil && usedFrom(item.Type) != nil:
		return 1
	case item.Type != nil:
		return 2
	case item.Func.Resource == nil:
		return 3
	}
	return 4
}

// needImport imports an interface after those it needs. What the world does
// not import by itself has the gates of what needs it.
func (wb *worldBuilder) needImport(item *WorldItem) error {
	if wb.imports.byName[item.Name] != nil {
		return nil
	}
	if own := wb.own[item.Name]; own != nil {
		item = own
	}
	for _, dep := range Needs(item.Interface) {
		if err := wb.needImport(&WorldItem{Name: dep.ID(), Stability: item.Stability, Interface: dep}); err != nil {
			return err
		}
	}
	return wb.imports.put(item, wb.d.name.pos)
}

// needExport exports an item after the exported interfaces it needs, and
// imports the others it needs.
func (wb *worldBuilder) needExport(item *WorldItem, exported map[string]*WorldItem) error {
	if wb.exports.byName[item.Name] != nil {
		return nil
	}
	at := wb.d.name.pos
	for _, dep := range Needs(item.Interface) {
		var err error
		if e := exported[dep.ID()]; e != nil {
			err = wb.needExport(e, exported)
		} else if via := wb.exportedBelow(dep, exported); via != nil {
			err = at.errorf("export `%s` uses types of `%s`, once exported and once, through `%s`, imported", item.Name, via.ID(), dep.ID())
		} else {
			err = wb.needImport(&WorldItem{Name: dep.ID(), Stability: item.Stability, Interface: dep})
		}
		if err != nil {
			return err
		}
	}
	return wb.exports.put(item, at)
}

// exportedBelow gives an interface that i needs, at any distance, and that
// the world exports.
func (wb *worldBuilder) exportedBelow(i *Interface, exported map[string]*WorldItem) *Interface {
	if found, ok := wb.below[i]; ok {
		return found
	}
	wb.below[i] = nil
	for _, dep := range Needs(i) {
		found := wb.exportedBelow(dep, exported)
		if exported[dep.ID()] != nil {
			found = dep
		}
		if found != nil {
			wb.below[i] = found
			return found
		}
	}
	return nil
}

// itemID gives the ID of the interface that an item is, or "".
func itemID(item *WorldItem) string {
	if item.Interface == nil {
		return ""
	}
	return item.Interface.ID()
}

// Needs gives the interfaces from which i uses types, each once, in order.
func Needs(i *Interface) []*Interface {
	var needs []*Interface
	seen := map[*Interface]bool{i: true}
	for _, t := range i.Types {
		a, ok := t.Kind.(*Alias)
		if !ok {
			continue
		}
		if def, ok := a.Type.(*TypeDef); ok && def.Interface != nil && !seen[def.Interface] {
			seen[def.Interface] = true
			needs = append(needs, def.Interface)
		}
	}
	return needs
}

// sameInterface tells whether two items are one named interface.
func sameInterface(a, b *WorldItem) bool {
	return a.Interface != nil && a.Interface == b.Interface && a.Interface.Name != ""
}
