// Package wat assembles core WebAssembly modules from text. It knows the part
// of the text format that the project's own modules and tests are written in:
// folded and flat instructions, names for everything, imports and exports,
// memories, tables, globals, tags, element and data segments, a start function,
// and the instructions of WebAssembly 2.0 without vectors, of exceptions, of tail calls and of
// several memories. It does not validate types: what it yields is as right as
// the text.
package wat

import (
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/sexpr"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// Assemble gives the module in binary. An error is a [*sexpr.Error].
func Assemble(text string) ([]byte, error) { return assemble(text, nil) }

// AssembleOnly assembles what the given exported functions need: functions
// and globals, imported ones too, that they do not reach are left out. All
// else stays.
func AssembleOnly(text string, exports []string) ([]byte, error) {
	keep := make(map[string]bool, len(exports))
	for _, e := range exports {
		keep[e] = true
	}
	return assemble(text, keep)
}

func assemble(text string, keep map[string]bool) (out []byte, err error) {
	s := &sexpr.Source{Text: text}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*sexpr.Error)
			if !ok {
				panic(r)
			}
			out, err = nil, e
		}
	}()
	fields := s.All()
	a := &assembler{src: s, names: map[space]map[string]uint32{}, counts: map[space]uint32{}}
	a.out.FuncNames = map[uint32]string{}
	if len(fields) == 1 && fields[0].Head() == "module" {
		c := a.within(fields[0])
		a.out.Name = strings.TrimPrefix(c.optionalName(), "$")
		fields = c.rest
	}
	if keep != nil {
		fields = a.prune(fields, keep)
	}
	a.module(fields)
	return a.out.Bytes(), nil
}

// A space is an index space.
type space string

const (
	types    space = "type"
	funcs    space = "func"
	tables   space = "table"
	memories space = "memory"
	globals  space = "global"
	tags     space = "tag"
	elems    space = "elem"
	datas    space = "data"
)

var kinds = map[space]wasm.Kind{funcs: wasm.KindFunc, tables: wasm.KindTable, memories: wasm.KindMemory, globals: wasm.KindGlobal, tags: wasm.KindTag}

type assembler struct {
	src    *sexpr.Source
	out    wasm.Builder
	names  map[space]map[string]uint32
	counts map[space]uint32
	defs   bool     // a definition of an importable kind was met
	later  []func() // bodies, once all names are known
}

// A cursor walks over the nodes of a group.
type cursor struct {
	*assembler
	end  int // where to report that something is missing
	rest []*sexpr.Node
}

// within gives a cursor behind the head of a group.
func (a *assembler) within(n *sexpr.Node) *cursor { return &cursor{a, n.Pos, n.Nodes[1:]} }

func (a *assembler) module(fields []*sexpr.Node) {
	for _, f := range fields {
		if f.Head() == "type" {
			c := a.within(f)
			a.declare(types, c.optionalName(), f)
			fn := c.group("func")
			ft, _ := fn.signature()
			fn.done()
			c.done()
			a.out.Types = append(a.out.Types, ft)
		}
	}
	for _, f := range fields {
		a.field(f)
	}
	for _, fn := range a.later {
		fn()
	}
}

func (a *assembler) field(f *sexpr.Node) {
	c := a.withHead(f)
	switch f.Head() {
	case "type":
	case "import":
		c.importField()
	case "func", "table", "memory", "global", "tag":
		c.definition(space(f.Head()))
	case "export":
		name := c.str()
		a.later = append(a.later, func() { c.exportField(name) })
	case "start":
		a.later = append(a.later, func() {
			i := c.index(funcs)
			a.out.Start = &i
			c.done()
		})
	case "elem":
		a.declare(elems, c.optionalName(), f)
		a.out.Elems = append(a.out.Elems, wasm.Elem{})
		i := len(a.out.Elems) - 1
		a.later = append(a.later, func() { a.out.Elems[i] = c.elem() })
	case "data":
		a.declare(datas, c.optionalName(), f)
		a.out.Datas = append(a.out.Datas, c.data())
	default:
		a.src.Failf(f.Pos, "unknown module field %q", f.Head())
	}
}

// withHead is within for a node that may not be a group with a head.
func (a *assembler) withHead(f *sexpr.Node) *cursor {
	if f.Head() == "" {
		a.src.Failf(f.Pos, "a module field is expected")
	}
	return a.within(f)
}

// declare adds to an index space.
func (a *assembler) declare(sp space, name string, n *sexpr.Node) uint32 {
	i := a.counts[sp]
	a.counts[sp]++
	if name != "" {
		if a.names[sp] == nil {
			a.names[sp] = map[string]uint32{}
		}
		if _, ok := a.names[sp][name]; ok {
			a.src.Failf(n.Pos, "%s %s is already defined", sp, name)
		}
		a.names[sp][name] = i
		if sp == funcs {
			a.out.FuncNames[i] = name[1:]
		}
	}
	return i
}

func (c *cursor) importField() {
	im := wasm.Import{Module: c.str(), Name: c.str()}
	n := c.next("a description of the import")
	d := c.withHead(n)
	sp := space(n.Head())
	if _, ok := kinds[sp]; !ok {
		c.src.Failf(n.Pos, "an import is a func, table, memory, global or tag")
	}
	d.imported(im, sp, d.optionalName(), n)
	c.done()
}

// imported reads the type of an import up to the end and adds the import.
func (c *cursor) imported(im wasm.Import, sp space, name string, n *sexpr.Node) {
	if c.defs {
		c.src.Failf(n.Pos, "imports come before definitions")
	}
	c.declare(sp, name, n)
	im.Kind = kinds[sp]
	switch sp {
	case funcs, tags:
		im.Type, _ = c.typeUse()
	case tables:
		im.Table = wasm.Table{Limits: c.limits(), Elem: c.valType()}
	case memories:
		im.Memory = c.limits()
	case globals:
		im.Global = c.globalType()
	}
	c.done()
	c.out.Imports = append(c.out.Imports, im)
}

// definition reads a func, table, memory, global or tag with its inline exports and
// import.
func (c *cursor) definition(sp space) {
	n := &sexpr.Node{Pos: c.end}
	name := c.optionalName()
	index := c.counts[sp]
	for c.at("export") {
		e := c.group("export")
		c.out.Exports = append(c.out.Exports, wasm.Export{Name: e.str(), Kind: kinds[sp], Index: index})
		e.done()
	}
	if c.at("import") {
		i := c.group("import")
		im := wasm.Import{Module: i.str(), Name: i.str()}
		i.done()
		c.imported(im, sp, name, n)
		return
	}
	c.defs = true
	c.declare(sp, name, n)
	switch sp {
	case funcs:
		c.function()
	case tables:
		c.table(index)
	case memories:
		c.memory(index)
	case tags:
		t, _ := c.typeUse()
		c.done()
		c.out.Tags = append(c.out.Tags, t)
	case globals:
		g := wasm.Global{GlobalType: c.globalType()}
		c.out.Globals = append(c.out.Globals, g)
		i := len(c.out.Globals) - 1
		c.later = append(c.later, func() { c.out.Globals[i].Init = c.constant() })
	}
}

func (c *cursor) function() {
	t, names := c.typeUse()
	b := &body{cursor: c, locals: names, params: len(c.out.Types[t].Params)}
	c.out.Funcs = append(c.out.Funcs, wasm.Func{Type: t})
	i := len(c.out.Funcs) - 1
	c.later = append(c.later, func() {
		c.out.Funcs[i].Locals = b.localDecls()
		b.instrs()
		c.done()
		c.out.Funcs[i].Body = append(b.code, 0x0b)
	})
}

func (c *cursor) table(index uint32) {
	if len(c.rest) > 0 && c.rest[0].Kind == sexpr.Atom && c.rest[0].Text == "funcref" {
		c.next("")
		e := c.group("elem")
		c.done()
		n := uint64(len(e.rest))
		c.out.Tables = append(c.out.Tables, wasm.Table{Elem: wasm.FuncRef, Limits: wasm.Limits{Min: n, Max: n, HasMax: true}})
		c.counts[elems]++
		c.out.Elems = append(c.out.Elems, wasm.Elem{Table: index, Offset: []byte{0x41, 0, 0x0b}})
		i := len(c.out.Elems) - 1
		c.later = append(c.later, func() { c.out.Elems[i].Funcs = e.indices(funcs) })
		return
	}
	c.out.Tables = append(c.out.Tables, wasm.Table{Limits: c.limits(), Elem: c.valType()})
	c.done()
}

func (c *cursor) memory(index uint32) {
	if !c.at("data") {
		c.out.Memories = append(c.out.Memories, c.limits())
		c.done()
		return
	}
	d := c.group("data")
	c.done()
	bytes := d.strings()
	pages := (uint64(len(bytes)) + 0xffff) >> 16
	c.out.Memories = append(c.out.Memories, wasm.Limits{Min: pages, Max: pages, HasMax: true})
	c.counts[datas]++
	c.out.Datas = append(c.out.Datas, wasm.Data{Memory: index, Offset: []byte{0x41, 0, 0x0b}, Bytes: bytes})
}

func (c *cursor) exportField(name string) {
	n := c.next("a description of the export")
	kind, ok := kinds[space(n.Head())]
	if !ok {
		c.src.Failf(n.Pos, "an export is a func, table, memory, global or tag")
	}
	d := c.within(n)
	c.out.Exports = append(c.out.Exports, wasm.Export{Name: name, Kind: kind, Index: d.index(space(n.Head()))})
	d.done()
	c.done()
}

func (c *cursor) elem() wasm.Elem {
	var e wasm.Elem
	switch {
	case c.keyword("declare"):
		e.Mode = wasm.Declarative
	case c.at("table"):
		t := c.group("table")
		e.Table = t.index(tables)
		t.done()
		e.Offset = c.offset()
	case len(c.rest) > 0 && c.rest[0].Kind == sexpr.Group:
		e.Offset = c.offset()
	default:
		e.Mode = wasm.Passive
	}
	c.keyword("func")
	e.Funcs = c.indices(funcs)
	return e
}

func (c *cursor) data() wasm.Data {
	var d wasm.Data
	if c.at("memory") {
		m := c.group("memory")
		d.Memory = m.index(memories)
		m.done()
	}
	if len(c.rest) > 0 && c.rest[0].Kind == sexpr.Group {
		d.Offset = c.offset()
	} else {
		d.Mode = wasm.Passive
	}
	d.Bytes = c.strings()
	return d
}
