package transform

import (
	"fmt"
	"maps"

	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// A copier makes the polyfilled model. Interfaces are copied when they are
// first met; two originals of one ID (the caller's and ours) get one copy.
type copier struct {
	options Options
	src     *wit.World
	io      wasiIO
	keyword map[*wit.Package]bool // memo of hasKeyword
	result  *Result
	byID    map[string]*wit.Interface
	from    map[*wit.Interface]*wit.Interface // copy -> original
	order   []*wit.Interface
	pkgs    map[wit.PackageName]*wit.Package
	at      []string // where we are, for errors

	payloads map[*wit.Interface]*payloads
	streams  bool                          // wasi:io/streams is mentioned
	world    *wit.Interface                // WorldTypes, once needed
	moved    map[*wit.TypeDef]*wit.TypeDef // type of the world -> its copy in WorldTypes
}

func newCopier(w *wit.World, o Options) *copier {
	return &copier{
		options:  o,
		src:      w,
		io:       findIO(w, o),
		keyword:  map[*wit.Package]bool{},
		byID:     map[string]*wit.Interface{},
		from:     map[*wit.Interface]*wit.Interface{},
		moved:    map[*wit.TypeDef]*wit.TypeDef{},
		pkgs:     map[wit.PackageName]*wit.Package{},
		payloads: map[*wit.Interface]*payloads{},
		result: &Result{
			Pairs:      map[*wit.Function]Pair{},
			Payloads:   map[*wit.TypeDef]*Payload{},
			Types:      map[*wit.TypeDef]*wit.TypeDef{},
			Interfaces: map[*wit.Interface]*wit.Interface{},
		},
	}
}

// errorf makes an error that says where we are.
func (c *copier) errorf(format string, args ...any) error {
	msg := fmt.Sprintf(format, args...)
	for i := len(c.at) - 1; i >= 0; i-- {
		msg = c.at[i] + ": " + msg
	}
	return fmt.Errorf("%s", msg)
}

// in notes where we are until the function it gives is called.
func (c *copier) in(where string) func() {
	c.at = append(c.at, where)
	return func() { c.at = c.at[:len(c.at)-1] }
}

// pkg gives the copy of a package.
func (c *copier) pkg(p *wit.Package) *wit.Package {
	name := c.io.packageName(p.Name)
	if c.pkgs[name] == nil {
		c.pkgs[name] = &wit.Package{Name: name, Docs: p.Docs}
	}
	return c.pkgs[name]
}

// stdType gives the copy of a type of an interface that rewriting needs. An
// interface that has a name of its own for the type gets that one.
func (c *copier) stdType(id, name string, ctx *wit.Interface) (*wit.TypeDef, error) {
	i, err := c.stdInterface(id)
	if err != nil {
		return nil, err
	}
	t := typeOf(i, name)
	if t == nil {
		return nil, c.errorf("interface %s has no type %s", i.ID(), name)
	}
	if from := c.from[ctx]; from != nil {
		for _, local := range from.Types {
			if a, ok := local.Kind.(*wit.Alias); ok {
				if target, ok := a.Type.(*wit.TypeDef); ok && c.result.Types[target] == t {
					return c.result.Types[local], nil
				}
			}
		}
	}
	return t, nil
}

// stdInterface gives the copy of an interface that rewriting needs.
func (c *copier) stdInterface(id string) (*wit.Interface, error) {
	if i := c.byID[c.io.id(id)]; i != nil {
		return i, nil
	}
	i, err := std.Interface(id)
	if err != nil {
		return nil, err
	}
	return c.iface(i)
}

func typeOf(i *wit.Interface, name string) *wit.TypeDef {
	for _, t := range i.Types {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// iface gives the copy of an interface.
func (c *copier) iface(i *wit.Interface) (*wit.Interface, error) {
	if done := c.result.Interfaces[i]; done != nil {
		return done, nil
	}
	id := c.io.id(i.ID())
	where := id
	if id == "" {
		where = "inline interface"
	}
	defer c.in(where)()
	twin := c.byID[id]
	if theirs := c.io.theirs[id]; id != "" && twin == nil && theirs != nil && theirs != i {
		var err error
		if twin, err = c.iface(theirs); err != nil {
			return nil, err
		}
	}
	if id != "" && twin != nil {
		return twin, c.same(i, twin)
	}
	for _, dep := range wit.Needs(i) {
		if _, err := c.iface(dep); err != nil {
			return nil, err
		}
	}
	ni := &wit.Interface{Name: i.Name, Package: c.pkg(i.Package), Docs: i.Docs, Stability: i.Stability}
	c.result.Interfaces[i] = ni
	if id != "" {
		c.byID[id] = ni
		c.order = append(c.order, ni)
	}
	return ni, c.fill(ni, i)
}

// fill copies the types and functions of i to ni.
func (c *copier) fill(ni, i *wit.Interface) error {
	c.from[ni] = i
	for _, t := range i.Types {
		nt := &wit.TypeDef{Name: t.Name, Interface: ni, Docs: t.Docs, Stability: t.Stability}
		c.result.Types[t] = nt
		ni.Types = append(ni.Types, nt)
	}
	c.payloads[ni] = namePayloads(i.Types, i.Funcs)
	for _, t := range i.Types {
		if err := c.define(t, ni); err != nil {
			return err
		}
	}
	for _, f := range i.Funcs {
		fs, err := c.function(f, ni)
		if err != nil {
			return err
		}
		ni.Funcs = append(ni.Funcs, fs...)
	}
	c.addHelpers(ni)
	return c.checkNames(ni)
}

// inline copies an interface for an import or export that has a name of its
// own: in text, that is an interface of its own.
func (c *copier) inline(i *wit.Interface) (*wit.Interface, error) {
	for _, dep := range append(wit.Needs(i), i) {
		if _, err := c.iface(dep); err != nil {
			return nil, err
		}
	}
	named := map[*wit.TypeDef]*wit.TypeDef{}
	for _, t := range i.Types {
		named[t] = c.result.Types[t]
	}
	defer maps.Copy(c.result.Types, named)
	ni := &wit.Interface{Package: c.pkg(i.Package), Docs: i.Docs, Stability: i.Stability}
	return ni, c.fill(ni, i)
}

// same maps the types of an interface to those of its copied twin.
func (c *copier) same(i, twin *wit.Interface) error {
	c.result.Interfaces[i] = twin
	for _, t := range i.Types {
		nt := typeOf(twin, t.Name)
		if nt == nil {
			return c.errorf("there are two different interfaces of this name: one has no type %s", t.Name)
		}
		c.result.Types[t] = nt
	}
	return nil
}

// checkNames refuses names that rewriting made twice.
func (c *copier) checkNames(i *wit.Interface) error {
	seen := map[string]bool{}
	for _, t := range i.Types {
		if seen[t.Name] {
			return c.errorf("the polyfill needs the name %s, which is taken", t.Name)
		}
		seen[t.Name] = true
	}
	for _, f := range i.Funcs {
		name := f.ABIName()
		if seen[name] {
			return c.errorf("the polyfill needs the name %s, which is taken", name)
		}
		seen[name] = true
	}
	return nil
}

// define fills the copy of a named type.
func (c *copier) define(t *wit.TypeDef, ctx *wit.Interface) error {
	defer c.in("type " + t.Name)()
	k, err := c.structure(t, ctx)
	c.result.Types[t].Kind = k
	return err
}

// structure copies the structure of a named type.
func (c *copier) structure(t *wit.TypeDef, ctx *wit.Interface) (wit.Kind, error) {
	switch t.Kind.(type) {
	case *wit.Stream, *wit.Future:
		end, err := c.carrier(t, ctx)
		if err != nil {
			return nil, err
		}
		return &wit.Handle{Resource: end}, nil
	}
	return c.kind(t.Kind, ctx)
}

// typ gives the copy of a type that text in ctx mentions (nil: a world's).
func (c *copier) typ(t wit.Type, ctx *wit.Interface) (wit.Type, error) {
	d, ok := t.(*wit.TypeDef)
	if !ok {
		if t == wit.ErrorContext {
			return nil, c.errorf("error-context is not supported: WASI 0.2 has nothing that it could become")
		}
		return t, nil
	}
	if d.Name != "" {
		return c.namedIn(d, ctx)
	}
	switch d.Kind.(type) {
	case *wit.Stream, *wit.Future:
		end, err := c.carrier(d, ctx)
		if err != nil {
			return nil, err
		}
		return own(end), nil
	}
	k, err := c.kind(d.Kind, ctx)
	if err != nil {
		return nil, err
	}
	return &wit.TypeDef{Kind: k}, nil
}

// namedIn gives the copy of a named type that text in ctx mentions.
func (c *copier) namedIn(d *wit.TypeDef, ctx *wit.Interface) (*wit.TypeDef, error) {
	if ctx != nil && ctx == c.world {
		return c.inWorldTypes(d)
	}
	return c.named(d)
}

// named gives the copy of a named type.
func (c *copier) named(d *wit.TypeDef) (*wit.TypeDef, error) {
	if nt := c.result.Types[d]; nt != nil {
		return nt, nil
	}
	if d.Interface == nil {
		return nil, c.errorf("type %s is not of this world", d.Name)
	}
	if _, err := c.iface(d.Interface); err != nil {
		return nil, err
	}
	return c.result.Types[d], nil
}

func own(resource *wit.TypeDef) *wit.TypeDef {
	return &wit.TypeDef{Kind: &wit.Handle{Resource: resource}}
}

// kind copies a structure.
func (c *copier) kind(k wit.Kind, ctx *wit.Interface) (wit.Kind, error) {
	var err error
	n := wit.CopyKind(k, func(t wit.Type) wit.Type {
		if err != nil {
			return nil
		}
		var copied wit.Type
		copied, err = c.typ(t, ctx)
		return copied
	})
	if err != nil {
		return nil, err
	}
	if c.options.Text {
		if why := noComponent(n); why != "" {
			return nil, c.errorf("components cannot have %s", why)
		}
	}
	switch n := n.(type) {
	case *wit.Map:
		return &wit.List{Elem: &wit.TypeDef{Kind: &wit.Tuple{Types: []wit.Type{n.Key, n.Value}}}}, nil
	case *wit.List:
		if n.Len > 0 {
			return c.fixed(n)
		}
	}
	return n, nil
}

// noComponent tells why a structure that WIT allows cannot be in a component,
// or gives "".
func noComponent(k wit.Kind) string {
	switch k := k.(type) {
	case *wit.Record:
		if len(k.Fields) == 0 {
			return "records without fields"
		}
	case *wit.Tuple:
		if len(k.Types) == 0 {
			return "tuples of nothing"
		}
	case *wit.Flags:
		if len(k.Flags) == 0 || len(k.Flags) > maxFlags {
			return fmt.Sprintf("types of %d flags, only of 1 to %d", len(k.Flags), maxFlags)
		}
	}
	return ""
}

const maxFlags = 32

// Limits of tuples that stand for lists of fixed length: that of wasm-tools,
// and one on the length of the text.
const (
	maxFixed = 1000
	maxWords = 1 << 16
)

// fixed gives the tuple that stands for a list of fixed length.
func (c *copier) fixed(l *wit.List) (wit.Kind, error) {
	if l.Len > maxFixed {
		return nil, c.errorf("a list of fixed length %d is too long for the tuple that stands for it; the limit is %d", l.Len, maxFixed)
	}
	if int(l.Len)*words(l.Elem) > maxWords {
		return nil, c.errorf("lists of fixed length in each other are too long for the tuples that stand for them; give the inner type a name")
	}
	t := &wit.Tuple{}
	for range l.Len {
		t.Types = append(t.Types, l.Elem)
	}
	return t, nil
}

// words gives how many types a mention of t writes down.
func words(t wit.Type) int {
	n := 1
	if d, ok := t.(*wit.TypeDef); ok && d.Name == "" {
		for _, part := range wit.Parts(d) {
			n += words(part)
		}
	}
	return n
}
