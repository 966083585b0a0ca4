// Package compose makes one component of several: the imports of a root
// component, and of the components that it then needs, are met with what other
// components export, as wasm-tools compose does it.
//
// What differs from that tool is what async components need. The poll
// functions of all components in it surface at the root, under names of their
// own. Imports that nobody meets are merged: one import of the result serves
// all components that import it, its resources are the same for all, and
// compatible versions of an interface are one import, of the highest version.
// An import that names resources of other interfaces, as most tools have it,
// is also met by an interface that only mentions them, as the original had it.
package compose

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/transform/bridge"
)

// An Input is a component to compose.
type Input struct {
	Name string // for messages, such as the path of its file
	Data []byte // the binary
}

// A Definition is a component whose exports meet imports of the same name.
type Definition struct {
	Stem string // an import that nothing else meets may have this name too; "" for none
	Input
}

// An Instantiation says how a component is instantiated.
type Instantiation struct {
	Dependency string              // the component's name; "" for that of the instance
	Arguments  map[string]Argument // by the name of the import
}

// An Argument is what meets an import: an instance, or one that the instance
// exports.
type Argument struct {
	Instance string
	Export   string // "" for the instance itself, or its first export that fits
}

// Options are choices of [Compose]. The zero value composes nothing: at least
// Definitions or Find is needed.
type Options struct {
	Definitions []Definition

	// Find gives the component of a name; an error that is ErrNotFound says
	// that there is none. It is asked once for each name; nil finds none.
	Find func(name string) (Input, error)

	// Instantiations are by the name of the instance; that of the root
	// component is "root". An instance that is not there is of the component
	// of its name, and each of its imports of the instance of that import's
	// name.
	Instantiations map[string]Instantiation

	NoImports bool // an instance import of the result is an error
	Strict    bool // so it is, but for the interfaces of WASI and isyswasfa, which the host has

	// ImportComponents has the result import the components, by their names,
	// in place of containing them. Imported does so for single ones: the name
	// under which a component is imported, by its own.
	ImportComponents bool
	Imported         map[string]string

	SkipValidation bool // trust that the result is valid
}

// A Result is a composed component, with notes on what the author may not
// expect, one line each.
type Result struct {
	Component []byte
	Notes     []string
}

// ErrNotFound is the error of [Options.Find] for a name of no component. What
// wraps it may say where it was looked for.
var ErrNotFound = errors.New("no such component")

// RootName is the name of the root component in [Options.Instantiations].
const RootName = "root"

// Compose composes a root component with those that its imports need. The
// result has the exports of the root, and the poll functions of all. It
// depends on nothing but the arguments.
func Compose(root Input, o Options) (*Result, error) {
	c := &composer{
		o:         o,
		parsed:    make(map[[32]byte]*definition),
		named:     make(map[string]*definition),
		missing:   make(map[string]error),
		instances: make(map[string]*instance),
		joined:    make(map[groupKey]*group),
	}
	if err := c.wire(root); err != nil {
		return nil, err
	}
	for _, step := range []func() error{c.addBridges, c.sort, c.unify, c.check, c.checkImports} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if len(c.order) == 1 {
		return nil, c.nothingFound()
	}
	return c.result()
}

// result encodes what was found. If the exports mention types that components
// in it define, it is valid only if these are exported too.
func (c *composer) result() (*Result, error) {
	binary, notes, err := c.encode(false)
	if err != nil {
		return nil, err
	}
	if !c.o.SkipValidation {
		err = validate(binary)
	}
	if err != nil {
		more, moreNotes, encodeErr := c.encode(true)
		if encodeErr != nil || validate(more) != nil {
			return nil, fmt.Errorf("the composed component is not valid: %w", err)
		}
		binary, notes = more, moreNotes
	}
	return &Result{Component: binary, Notes: slices.Concat(c.notes, notes, hiddenPolls(binary))}, nil
}

// hiddenPolls gives a note for each poll function that is not exported: other
// composers drop those of the components they put into another one.
func hiddenPolls(binary []byte) []string {
	c, err := component.Decode(binary)
	if err != nil {
		return nil
	}
	p, err := component.Link(c)
	if err != nil {
		return nil // no host can run it as it is
	}
	exported := make(map[int]bool)
	for _, e := range p.Exports {
		if e.Func != nil && strings.HasPrefix(e.Name, component.PollPrefix) {
			exported[e.Func.Instance] = true
		}
	}
	var notes []string
	for _, poll := range p.Polls {
		if !exported[poll.Instance] {
			notes = append(notes, fmt.Sprintf("the poll function %q of %s is out of reach, because what contains that does not export it; isyswasfa's own host calls it all the same",
				poll.Name, p.Instances[poll.Instance].Name))
		}
	}
	return notes
}

func validate(binary []byte) error {
	c, err := component.Decode(binary)
	if err != nil {
		return err
	}
	return component.Validate(c)
}

// A composer composes once.
type composer struct {
	o         Options
	parsed    map[[32]byte]*definition // by what is in them
	named     map[string]*definition   // what Find gave
	missing   map[string]error         // what Find did not find, and why
	instances map[string]*instance     // by name, without those of definitions
	order     []*instance              // all, in the order in which they were met
	sorted    []*instance              // all, each behind those it needs
	groups    []*group                 // imports of the result, in the order in which they were met
	joined    map[groupKey]*group
	notes     []string
}

func (c *composer) note(format string, args ...any) {
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

// A definition is a component that is part of the result, or imported by it.
type definition struct {
	name     string // the first input's
	ast      *component.Component
	surface  *component.Surface
	imported string // the name under which the result imports it; "" if it contains it
	source   *bridge.Source
}

// bridges gives the source of bridges for its imports.
func (d *definition) bridges() *bridge.Source {
	if d.source == nil {
		d.source = bridge.NewSource(d.ast, d.surface)
	}
	return d.source
}

// parse reads a component, once if it is given several times.
func (c *composer) parse(in Input) (*definition, error) {
	key := sha256.Sum256(in.Data)
	if d := c.parsed[key]; d != nil {
		return d, nil
	}
	ast, err := decode(in.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	surface, err := component.Describe(ast)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	d := &definition{name: in.Name, ast: ast, surface: surface}
	c.parsed[key] = d
	return d, nil
}

func decode(data []byte) (*component.Component, error) {
	if component.IsCoreModule(data) {
		return nil, errors.New("it is a core module, not a component")
	}
	return component.Decode(data)
}

// checkImports checks the imports of the result against what is allowed.
func (c *composer) checkImports() error {
	if !c.o.NoImports && !c.o.Strict {
		return nil
	}
	var lines []string
	for _, g := range c.groups {
		if g.sort != component.SortInstance || !c.o.NoImports && ofHost(g.name) {
			continue
		}
		line := fmt.Sprintf("%s, imported by %s", g.name, g.who())
		if err := c.missing[g.name]; err != nil {
			line += fmt.Sprintf(" (%v)", err)
		}
		lines = append(lines, line)
	}
	switch len(lines) {
	case 0:
		return nil
	case 1:
		return c.explained(fmt.Errorf("nothing provides %s", lines[0]))
	}
	return c.explained(fmt.Errorf("nothing provides\n  %s", strings.Join(lines, "\n  ")))
}

// ofHost tells whether an interface is one that hosts have.
func ofHost(name string) bool {
	return strings.HasPrefix(name, "wasi:") || strings.HasPrefix(name, "isyswasfa:")
}
