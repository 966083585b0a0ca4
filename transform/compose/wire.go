package compose

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// An instance is an instance of a component in the result.
type instance struct {
	name  string
	def   *definition
	links []*link              // one for each import of the component
	named map[string]*link     // the same by the names of the imports
	homes map[*abi.Type]string // the imports by which types have their names
	class map[*component.Resource]*class
	state int    // of the search for cycles
	index uint32 // in the result
}

// A link says what meets an import of an instance: another instance, an
// export of it, or an import of the result.
type link struct {
	in     *instance
	item   *component.Item
	from   *instance       // nil: an import of the result
	export *component.Item // nil: the instance from itself
	group  *group          // the import of the result
	added  bool            // resources are added to what from has
}

func newInstance(name string, d *definition) *instance {
	in := &instance{name: name, def: d, named: make(map[string]*link), class: make(map[*component.Resource]*class), homes: make(map[*abi.Type]string)}
	for _, item := range d.surface.Imports {
		l := &link{in: in, item: item}
		in.links, in.named[item.Name] = append(in.links, l), l
		in.settle(item, item.Name)
	}
	return in
}

// settle notes by which import the types in an item have their names.
func (in *instance) settle(item *component.Item, home string) {
	if item.Type != nil {
		in.homes[item.Type] = home
	}
	for _, sub := range item.Items {
		in.settle(sub, home)
	}
}

// wire makes the instances and finds out what meets each import. Nothing but
// links depends on instances until they are sorted, so one can still be put
// between two others, as bridges are.
func (c *composer) wire(root Input) error {
	d, err := c.parse(root)
	if err != nil {
		return err
	}
	c.named[RootName] = d
	c.importAs(d, RootName)
	if !slices.ContainsFunc(d.surface.Imports, isInstance) && len(c.o.Definitions) == 0 {
		if err := c.checkArguments(newInstance(RootName, d)); err != nil {
			return err
		}
		return fmt.Errorf("%s imports no instances", root.Name)
	}
	providers, err := c.providers()
	if err != nil {
		return err
	}
	queue := []*instance{c.instantiate(RootName, d)}
	for len(queue) > 0 {
		in := queue[0]
		queue = queue[1:]
		if err := c.checkArguments(in); err != nil {
			return err
		}
		for _, l := range in.links {
			if c.fromDefinitions(l, providers) || l.item.Sort != component.SortInstance {
				continue
			}
			made, err := c.fromInstance(l)
			if err != nil {
				return err
			}
			if made != nil {
				queue = append(queue, made)
			}
		}
	}
	c.checkUse(providers)
	return nil
}

func isInstance(i *component.Item) bool { return i.Sort == component.SortInstance }

// nothingFound says that the root component's imports were all left open.
func (c *composer) nothingFound() error {
	root := c.order[0].def
	what := fmt.Sprintf("no dependencies of %s were found: its imports are %s", root.name, importNames(root))
	if len(root.surface.Imports) == 0 {
		what = root.name + " imports nothing"
	}
	return c.explained(errors.New(what))
}

// explained adds the notes to an error that they may explain.
func (c *composer) explained(err error) error {
	if len(c.notes) == 0 {
		return err
	}
	return fmt.Errorf("%w\n  %s", err, strings.Join(c.notes, "\n  "))
}

func importNames(d *definition) string {
	var names []string
	hidden := 0
	for _, i := range d.surface.Imports {
		if ofRuntime(i.Name) {
			hidden++
			continue
		}
		names = append(names, i.Name)
	}
	switch {
	case len(names) == 0:
		return "only those of the runtime"
	case hidden > 0:
		names = append(names, fmt.Sprintf("and %d of the runtime", hidden))
	}
	return strings.Join(names, ", ")
}

// ofRuntime tells whether an import is one that hosts meet: of WASI 0.2 or
// the convention.
func ofRuntime(name string) bool {
	return strings.HasPrefix(name, "isyswasfa:") || strings.HasPrefix(name, "wasi:") && strings.Contains(name, "@0.2.")
}

// instantiate adds an instance.
func (c *composer) instantiate(name string, d *definition) *instance {
	in := newInstance(name, d)
	c.instances[name] = in
	c.order = append(c.order, in)
	return in
}

// checkArguments checks that the arguments of an instance are imports of it.
func (c *composer) checkArguments(in *instance) error {
	for _, arg := range sortedKeys(c.o.Instantiations[in.name].Arguments) {
		if in.link(arg) == nil {
			return fmt.Errorf("instance %q: %s has no import named %q", in.name, in.def.name, arg)
		}
	}
	return nil
}

// fromInstance links an instance import to the instance that the argument
// names, or that has its name. It gives that instance if it is new.
func (c *composer) fromInstance(l *link) (*instance, error) {
	arg, explicit := c.o.Instantiations[l.in.name].Arguments[l.item.Name]
	if !explicit {
		arg.Instance = l.item.Name
	}
	from, made := c.instances[arg.Instance], false
	if from == nil {
		name := c.o.Instantiations[arg.Instance].Dependency
		if name == "" {
			name = arg.Instance
		}
		d, err := c.find(name)
		switch {
		case err != nil:
			return nil, err
		case d == nil && explicit:
			return nil, fmt.Errorf("the import %q of %s: there is no instance %q: %w", l.item.Name, l.in.def.name, arg.Instance, c.missing[name])
		case d == nil:
			return nil, nil
		}
		from, made = c.instantiate(arg.Instance, d), true
	}
	l.from = from
	if err := c.choose(l, arg.Export); err != nil || !made {
		return nil, err
	}
	return from, nil
}

// choose says which export of its instance a link takes, if any.
func (c *composer) choose(l *link, export string) error {
	exports := l.from.def.surface.Exports
	if export != "" {
		l.export = component.Find(exports, export)
		if l.export == nil || l.export.Sort != component.SortInstance {
			return fmt.Errorf("%s exports no instance named %q, which is to meet the import %q of %s", l.from.def.name, export, l.item.Name, l.in.def.name)
		}
		return nil
	}
	if fits(l, &component.Item{Sort: component.SortInstance, Items: exports}, l.from.def) {
		return nil
	}
	for _, e := range exports {
		if e.Sort == component.SortInstance && fits(l, e, l.from.def) {
			l.export = e
			return nil
		}
	}
	l.export = closest(l.item, exports)
	return nil
}

// closest gives the export that tells best why none fits an import: that of
// its name, else the first that has anything of what is wanted, else nil.
func closest(want *component.Item, exports []*component.Item) *component.Item {
	var best *component.Item
	for _, e := range exports {
		if e.Sort != component.SortInstance {
			continue
		}
		if serves(e.Name, want.Name) {
			return e
		}
		shared := slices.ContainsFunc(want.Items, func(i *component.Item) bool { return component.Find(e.Items, i.Name) != nil })
		if shared && best == nil {
			best = e
		}
	}
	return best
}

// find gives the component of that name, or nil.
func (c *composer) find(name string) (*definition, error) {
	if d := c.named[name]; d != nil || c.missing[name] != nil {
		return d, nil
	}
	in, err := Input{}, ErrNotFound
	if c.o.Find != nil {
		in, err = c.o.Find(name)
	}
	if errors.Is(err, ErrNotFound) {
		c.missing[name] = err
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d, err := c.parse(in)
	if err != nil {
		return nil, err
	}
	c.named[name] = d
	c.importAs(d, name)
	return d, nil
}

// importAs says under which name the result imports a component, if it is to.
func (c *composer) importAs(d *definition, name string) {
	if d.imported != "" {
		return
	}
	d.imported = c.o.Imported[name]
	if d.imported == "" && c.o.ImportComponents {
		d.imported = name
	}
}

// sort puts the instances in an order in which each comes behind those that
// it needs.
func (c *composer) sort() error {
	for _, in := range c.order {
		if err := c.visit(in, nil); err != nil {
			return err
		}
	}
	return nil
}

const (
	unseen = iota
	entered
	done
)

func (c *composer) visit(in *instance, path []string) error {
	path = append(path, in.name)
	switch in.state {
	case done:
		return nil
	case entered:
		return fmt.Errorf("the instances need each other in a cycle: %s", strings.Join(path[slices.Index(path, in.name):], " -> "))
	}
	in.state = entered
	for _, l := range in.links {
		if l.from != nil {
			if err := c.visit(l.from, path); err != nil {
				return err
			}
		}
	}
	in.state = done
	c.sorted = append(c.sorted, in)
	return nil
}
