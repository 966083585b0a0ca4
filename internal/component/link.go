package component

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// Limits of what a component may make Link do. A component of a few bytes can
// ask for exponentially many instances or for types of exponential size.
const (
	minWork      = 1 << 17  // definitions evaluated, exports made, types compared: at least so many, and more for more bytes
	maxInstances = 10_000   // component instances, and steps
	maxTypeNodes = 100_000  // of one value type written out as a tree
	maxAllNodes  = 16 << 20 // of all value types together
	maxLinkDepth = 400      // instantiations and instance types within each other

	// What all core instances begin with, together.
	maxPages = 1 << 16 // of memory, 64 KiB each
	maxElems = 4 << 20 // of tables

	// The locals that a core module may declare beside one for each byte.
	spareLocals = 1 << 16
)

// Link evaluates a component: it instantiates the components inside it as far
// as that can be done without running anything, resolves all types and
// aliases, and gives the steps that are left to be done at run time. It
// rejects a component that is not valid; the bodies of core modules are left to
// the engine. An error is an *[Error].
func Link(c *Component) (*Program, error) {
	l := newLinker(c)
	root, err := l.link(c)
	if err == nil {
		err = l.finish(root)
	}
	if err == nil {
		err = l.checkUnlinked()
	}
	if err != nil {
		return nil, wrap(err)
	}
	l.out.prog.Spare = l.spare()
	return l.out.prog, nil
}

// spare gives the core modules that were met and that no step instantiates, in
// the order of the binary.
func (l *linker) spare() []*CoreModule {
	var list []*CoreModule
	for src, m := range l.cores {
		parts := []*CoreModule{src}
		if m.split != nil {
			parts = m.split.parts
		}
		if _, used := l.out.modules[parts[0]]; !used {
			list = append(list, parts...)
		}
	}
	slices.SortStableFunc(list, func(a, b *CoreModule) int { return cmp.Compare(a.Offset, b.Offset) })
	return list
}

// Validate checks a component as [Link] does, but lets it import what no host
// can give: components and core modules, for a composer to supply.
func Validate(c *Component) error {
	l := newLinker(c)
	return wrap(l.checking(func() error {
		_, err := l.link(c)
		if err == nil {
			err = l.checkUnlinked()
		}
		return err
	}))
}

// A linker evaluates one component.
type linker struct {
	out     *output
	scratch bool // out is thrown away: only checking
	work    int
	maxWork int
	nodes   int
	depth   int

	info     map[*abi.Type]typeInfo
	prims    map[PrimType]*abi.Type
	cores    map[*CoreModule]*coreModule
	shims    map[string]*coreModule // by signature
	linked   map[*Component]bool    // evaluated at least once
	names    map[*Component]Names   // read once
	unlinked []*componentVal        // defined, in order; most of them are linked later
	checked  map[Type]bool          // component and instance types evaluated once
	free     map[Type]bool          // component and instance types that mention a resource outside of them
	alone    map[*Component]bool    // evaluated with imports made up
	same     map[[2]*abi.Type]bool  // pairs found equal
}

func newLinker(c *Component) *linker {
	return &linker{
		maxWork: minWork + weigh(c),
		out:     newOutput(),
		info:    make(map[*abi.Type]typeInfo),
		prims:   make(map[PrimType]*abi.Type),
		cores:   make(map[*CoreModule]*coreModule),
		shims:   make(map[string]*coreModule),
		linked:  make(map[*Component]bool),
		names:   make(map[*Component]Names),
		checked: make(map[Type]bool),
		free:    make(map[Type]bool),
		alone:   make(map[*Component]bool),
		same:    make(map[[2]*abi.Type]bool),
	}
}

// weigh gives about how many bytes a component takes in binary, but no more:
// what a component may make the linker do grows with it.
func weigh(c *Component) int {
	n := 0
	for _, d := range c.Defs {
		switch d := d.(type) {
		case *CoreModule:
			n += len(d.Data)
		case *Nested:
			n += weigh(d.Component)
		case *TypeDef:
			n += weighType(d.Type)
		case *Import:
			n += len(d.Name)
		case *Export:
			n += len(d.Name)
		case *Constant:
			n += 2 * len(d.Data) // read where it is defined, and once more with imports made up
		}
		n += 4
	}
	return n
}

func weighType(t Type) int {
	var decls []Decl
	switch t := t.(type) {
	case *ComponentType:
		decls = t.Decls
	case *InstanceType:
		decls = t.Decls
	}
	n := 2
	for _, d := range decls {
		if d.Type != nil {
			n += weighType(d.Type)
		}
		n += 4
	}
	return n
}

// wrap makes an error an *Error, if it is not nil and not one already.
func wrap(err error) error {
	var e *Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	return &Error{Offset: -1, Section: "link", Msg: err.Error()}
}

// An output is what evaluation produces.
type output struct {
	prog    *Program
	modules map[*CoreModule]int // index in prog.Modules
	polls   map[int]bool        // component instances whose poll function is known
	pages   uint64              // that core instances begin with
	elems   uint64
}

func newOutput() *output {
	return &output{
		prog:    &Program{Names: make(map[*abi.Type]string)},
		modules: make(map[*CoreModule]int),
		polls:   make(map[int]bool),
	}
}

// spend counts work against the limit.
func (l *linker) spend(n int) error {
	if l.work += n; l.work > l.maxWork {
		return errors.New("the component is too large: linking it takes too many steps")
	}
	return nil
}

// scopeCost is what an instantiation or the evaluation of a type takes in any
// case: it makes index spaces and a table of exports.
const scopeCost = 8

// textCost is what dealing with a name takes.
func textCost(name string) int { return len(name) / 32 }

// cost is what evaluating a type definition takes.
func cost(t Type) int {
	var parts []Named
	n := 0
	switch t := t.(type) {
	case *DefinedType:
		parts, n = t.Fields, len(t.Labels)
		for _, l := range t.Labels {
			n += textCost(l)
		}
	case *FuncType:
		parts = t.Params
	}
	for _, p := range parts {
		n += textCost(p.Name)
	}
	return n + len(parts)
}

// coreCost is what evaluating a core module type takes.
func coreCost(m *CoreModuleType) int {
	n := len(m.Types) + len(m.Imports) + len(m.Exports)
	for _, t := range m.Types {
		n += (len(t.Params) + len(t.Results)) / 32
	}
	for _, im := range m.Imports {
		n += textCost(im.Module) + textCost(im.Name)
	}
	for _, ex := range m.Exports {
		n += textCost(ex.Name)
	}
	return n
}

// enter counts a level of nesting, which leave takes back.
func (l *linker) enter() error {
	if l.depth++; l.depth > maxLinkDepth {
		return fmt.Errorf("more than %d levels of nesting", maxLinkDepth)
	}
	return nil
}

func (l *linker) leave() { l.depth-- }

// checking runs f, whose output is thrown away.
func (l *linker) checking(f func() error) error {
	out, scratch := l.out, l.scratch
	l.out, l.scratch = newOutput(), true
	err := f()
	l.out, l.scratch = out, scratch
	return err
}

// link evaluates the root.
func (l *linker) link(c *Component) (*instanceVal, error) {
	return l.instantiateRoot(&componentVal{ast: c})
}

// checkUnlinked evaluates components that are defined with imports made up,
// because they must be valid for any. One that was instantiated and imports
// nothing but functions cannot make use of what it was given.
func (l *linker) checkUnlinked() error {
	for len(l.unlinked) > 0 {
		cv := l.unlinked[0]
		l.unlinked = l.unlinked[1:]
		if l.alone[cv.ast] || l.linked[cv.ast] && !importsMore(cv.ast) {
			continue
		}
		l.alone[cv.ast] = true
		err := l.checking(func() error {
			_, err := l.instantiateRoot(cv)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// importsMore tells whether a component imports anything but functions.
func importsMore(c *Component) bool {
	return slices.ContainsFunc(c.Defs, func(d Def) bool {
		im, ok := d.(*Import)
		return ok && im.Desc.Sort != SortFunc
	})
}

// instantiateRoot evaluates a component whose imports the host gives.
func (l *linker) instantiateRoot(cv *componentVal) (*instanceVal, error) {
	inst, err := l.newInstance(cmp.Or(l.namesOf(cv.ast).Component, "root"), -1)
	if err != nil {
		return nil, err
	}
	return l.evaluate(cv, inst, newVisibility(), func(name string, d ExternDesc, s *scope) (entity, error) {
		e, item, err := l.fresh(s, d, []string{name})
		if item != nil {
			l.out.prog.Imports = append(l.out.prog.Imports, item)
		}
		return e, err
	})
}

// newInstance gives the number of a new component instance.
func (l *linker) newInstance(name string, parent int) (int, error) {
	p := l.out.prog
	if len(p.Instances) >= maxInstances {
		return 0, fmt.Errorf("more than %d component instances", maxInstances)
	}
	p.Instances = append(p.Instances, InstanceInfo{Name: name, Parent: parent})
	return len(p.Instances) - 1, nil
}

// addStep adds a step and gives its index.
func (l *linker) addStep(s Step) (int, error) {
	p := l.out.prog
	if len(p.Steps) >= maxInstances {
		return 0, fmt.Errorf("more than %d core instances and resource types", maxInstances)
	}
	p.Steps = append(p.Steps, s)
	return len(p.Steps) - 1, nil
}

// A supplier gives the entity that is imported or exported under a name of
// the given type; s resolves the type's index.
type supplier func(name string, d ExternDesc, s *scope) (entity, error)

// visibility gives the types that a component which is instantiated with
// arguments may mention: all, if it is evaluated once more with imports made
// up. Arguments may have types that differ from each other's in identity.
func (cv *componentVal) visibility() visibility {
	if importsMore(cv.ast) {
		return visibility{}
	}
	return newVisibility()
}

// evaluate evaluates a component as component instance inst and gives its
// exports.
func (l *linker) evaluate(cv *componentVal, inst int, types visibility, imports supplier) (*instanceVal, error) {
	if err := l.enter(); err != nil {
		return nil, err
	}
	defer l.leave()
	if err := l.spend(scopeCost); err != nil {
		return nil, err
	}
	l.linked[cv.ast] = true
	s := &scope{kind: componentScope, parent: cv.parent, visible: cv.visible, inst: inst}
	ev := &evaluation{l: l, ast: cv.ast, s: s, imports: imports, importNames: nameSet{ofImports: true}, types: types, exports: newInstanceVal()}
	for i, d := range cv.ast.Defs {
		err := l.spend(1)
		if err == nil {
			err = ev.define(d)
		}
		if err != nil {
			return nil, l.locate(err, cv.ast, i, inst)
		}
		for len(ev.valueDefs) < len(s.spaces[SortValue]) {
			ev.valueDefs = append(ev.valueDefs, i)
		}
	}
	if i, err := s.unusedValue(); err != nil {
		return nil, l.locate(err, cv.ast, ev.valueDefs[i], inst)
	}
	return ev.exports, nil
}

// locate tells where in the binary an error occurred, unless it does already.
func (l *linker) locate(err error, c *Component, def, inst int) error {
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	e := &Error{Offset: -1, Section: sectionNames[sectionOf(c.Defs[def])], Msg: err.Error()}
	if name := l.out.prog.Instances[inst].Name; inst > 0 {
		e.Msg = "in " + shorten(name) + ": " + e.Msg
	}
	e.Msg = shorten(e.Msg)
	if def < len(c.Offsets) {
		e.Offset = c.Offsets[def]
	}
	return e
}

// shorten cuts out the middle of what nesting made long.
func shorten(s string) string {
	const most = 400
	if len(s) <= most {
		return s
	}
	return s[:most/2] + " [...] " + s[len(s)-most/2:]
}

// finish completes the program.
func (l *linker) finish(root *instanceVal) error {
	p := l.out.prog
	slices.SortStableFunc(p.Resources, func(a, b *Resource) int {
		return cmp.Compare(bit(!a.Imported), bit(!b.Imported))
	})
	for i, r := range p.Resources {
		r.Index = i
		if r.Name == "" {
			r.Name = fmt.Sprintf("resource-%d", i)
		}
	}
	slices.SortFunc(p.Polls, func(a, b *PollFunc) int { return cmp.Compare(a.Instance, b.Instance) })
	var err error
	p.Exports, err = l.exportItems(root)
	return err
}

// exportItems makes the tree of exports. Those that mean nothing at run time
// (components, core modules, function and instance types) are left out.
func (l *linker) exportItems(in *instanceVal) ([]*ExportItem, error) {
	if err := l.enter(); err != nil {
		return nil, err
	}
	defer l.leave()
	if err := l.spend(len(in.names)); err != nil {
		return nil, err
	}
	items := make([]*ExportItem, 0, len(in.names))
	for _, name := range in.names {
		item := &ExportItem{Name: name}
		switch e := in.exports[name].(type) {
		case *Func:
			item.Func = e
		case *instanceVal:
			sub, err := l.exportItems(e)
			if err != nil {
				return nil, err
			}
			item.Instance = sub
		case *value:
			item.Value = e.src
		case *typeVal:
			item.Resource, item.Type = e.res, e.val
		}
		if item.Func != nil || item.Value != nil || item.Instance != nil || item.Resource != nil || item.Type != nil {
			items = append(items, item)
		}
	}
	return items, nil
}
