package wit

import (
	"fmt"
	"strconv"
	"strings"
)

// maxNesting bounds how deep types may nest in the text.
const maxNesting = 100

// A parser turns tokens into syntax trees. The first error sticks.
type parser struct {
	lex   lexer
	tok   token
	units []*unit
	unit  *unit
	depth int
	since []ident // versions of gates whose unit is not known yet
	asOf  string  // the version whose view is wanted, or ""
}

// parseFile reads one file into its units; the first is the file's own body.
// With asOf set, what is deprecated later than that is not deprecated.
func parseFile(path, text, asOf string) ([]*unit, error) {
	src := &source{path, text}
	if err := checkText(src); err != nil {
		return nil, err
	}
	p := &parser{lex: lexer{src: src}, asOf: asOf}
	p.next()
	p.file()
	if p.lex.err != nil {
		return nil, p.lex.err
	}
	return p.units, nil
}

func (p *parser) next() { p.tok = p.lex.next() }

func (p *parser) failed() bool { return p.lex.err != nil }

func (p *parser) fail(at pos, format string, args ...any) {
	p.tok = p.lex.fail(at.off, at.len, format, args...)
}

// found describes the current token for an error.
func (p *parser) found() string {
	switch p.tok.kind {
	case tokEOF:
		return "the end of the file"
	case tokKeyword:
		return "keyword `" + p.tok.text + "`"
	case tokString:
		return "a string"
	}
	return "`" + p.tok.text + "`"
}

// expected fails. Where the token looks like a word that stands in backquotes
// in what, the error says so.
func (p *parser) expected(what string) {
	if p.failed() {
		return
	}
	hint := ""
	if p.tok.kind == tokID {
		quoted := strings.Split(what, "`")
		for i := 1; i < len(quoted); i += 2 {
			if hint == "" {
				hint = Nearest(p.tok.text, strings.Fields(quoted[i]))
			}
		}
	}
	p.fail(p.tok.pos, "expected %s, found %s%s", what, p.found(), hint)
}

func (p *parser) is(text string) bool {
	return (p.tok.kind == tokPunct || p.tok.kind == tokKeyword) && p.tok.text == text
}

func (p *parser) accept(text string) bool {
	if !p.is(text) {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.expected("`" + text + "`")
	}
}

func (p *parser) id() ident {
	id := ident{p.tok.text, p.tok.pos}
	switch {
	case p.tok.kind == tokID:
		p.next()
	case p.tok.kind == tokKeyword && p.tok.text != "_":
		p.expected(fmt.Sprintf("a name (write `%%%s` to use the keyword as one)", p.tok.text))
	default:
		p.expected("a name")
	}
	return id
}

// list calls item until close, with commas between and one allowed after.
func (p *parser) list(close string, item func()) {
	for !p.failed() && !p.accept(close) {
		item()
		if !p.accept(",") {
			p.expect(close)
			return
		}
	}
}

// attrs reads docs, gates and external-ids.
func (p *parser) attrs() attrs {
	a := attrs{docs: p.tok.docs}
	seen := map[string]ident{}
	for !p.failed() && p.accept("@") {
		name := p.id()
		if _, twice := seen[name.name]; twice {
			p.fail(name.pos, "`@%s` stands here twice", name.name)
		}
		seen[name.name] = name
		p.expect("(")
		switch name.name {
		case "since":
			a.stability.Since = p.gateVersion()
		case "deprecated":
			a.stability.Deprecated = p.gateVersion()
		case "unstable":
			p.gateArg("feature")
			p.next()
			a.stability.Unstable = p.id().name
		case "external-id":
			if p.tok.kind != tokString {
				p.expected("a string")
			}
			a.external, a.externalPos = p.tok.text, name.pos
			p.next()
		default:
			p.fail(name.pos, "unknown attribute `@%s`%s", name.name, Nearest(name.name, []string{"since", "unstable", "deprecated", "external-id"}))
		}
		p.expect(")")
		if a.docs == "" {
			a.docs = p.tok.docs
		}
	}
	switch s := a.stability; {
	case s.Since != "" && s.Unstable != "":
		p.fail(seen["unstable"].pos, "an item is either `@since` a version or `@unstable`, not both")
	case s.Deprecated != "" && s.Since == "" && s.Unstable == "":
		p.fail(seen["deprecated"].pos, "`@deprecated` needs `@since` or `@unstable` next to it")
	}
	if p.asOf != "" && a.stability.Deprecated != "" && CompareVersions(a.stability.Deprecated, p.asOf) > 0 {
		a.stability.Deprecated = ""
	}
	return a
}

// gateArg reads `want =` but not what follows the last token.
func (p *parser) gateArg(want string) {
	if p.tok.kind != tokID || p.tok.text != want {
		p.expected("`" + want + "`")
	}
	p.next()
	if !p.is("=") {
		p.expected("`=`")
	}
}

func (p *parser) gateVersion() string {
	p.gateArg("version")
	if p.failed() {
		return ""
	}
	p.lex.space()
	v := p.lex.version()
	p.next()
	p.since = append(p.since, ident{v.text, v.pos})
	return v.text
}

// noExternal refuses an external-id at an item that cannot have one.
func (p *parser) noExternal(a attrs) {
	if a.externalPos.src != nil {
		p.fail(a.externalPos, "`@external-id` belongs to an import, an export, a function or a type")
	}
}

// file reads a whole file.
func (p *parser) file() {
	main := &unit{src: p.lex.src}
	p.unit = main
	p.units = append(p.units, main)
	first := true
	for !p.failed() && p.tok.kind != tokEOF {
		p.topItem(main, first)
		first = false
	}
}

func (p *parser) topItem(main *unit, first bool) {
	a := p.attrs()
	if !p.accept("package") {
		p.item(a)
		return
	}
	p.noExternal(a)
	if a.stability != (Stability{}) {
		p.fail(p.tok.pos, "a package has no gates")
	}
	ref := p.pkgName()
	if p.is(";") && first {
		main.pkg, main.docs = ref, a.docs
		p.next()
		return
	}
	if p.is(";") {
		p.fail(ref.pos, "a file belongs to one package, named at its top: write `package %s { … }` for one inside it", ref.name)
	}
	p.expect("{")
	p.since = nil
	nested := &unit{src: p.lex.src, pkg: ref, docs: a.docs}
	p.units = append(p.units, nested)
	p.unit = nested
	for !p.failed() && !p.accept("}") {
		inner := p.attrs()
		if p.is("package") {
			p.fail(p.tok.pos, "a nested package must stand at the top level of the file")
		}
		p.item(inner)
	}
	p.unit = main
}

// item reads a use, an interface or a world into the unit.
func (p *parser) item(a attrs) {
	defer func() {
		p.unit.since = append(p.unit.since, p.since...)
		p.since = nil
	}()
	p.noExternal(a)
	switch {
	case p.accept("use"):
		if a.stability != (Stability{}) {
			p.fail(p.tok.pos, "a `use` outside of interfaces and worlds has no gates")
		}
		u := &topUse{path: p.path()}
		u.as = u.path.name
		if p.accept("as") {
			u.as = p.id()
		}
		p.expect(";")
		p.unit.uses = append(p.unit.uses, u)
	case p.accept("interface"):
		d := &ifaceDecl{attrs: a, name: p.id()}
		d.items = p.ifaceBody()
		p.unit.ifaces = append(p.unit.ifaces, d)
	case p.accept("world"):
		d := &worldDecl{attrs: a, name: p.id()}
		p.expect("{")
		for !p.failed() && !p.accept("}") {
			d.items = append(d.items, p.worldItem())
		}
		p.unit.worlds = append(p.unit.worlds, d)
	default:
		p.expected("`package`, `interface`, `world` or `use`")
	}
}

// pkgName reads `ns:name@version`.
func (p *parser) pkgName() *pkgRef {
	ns := p.id()
	p.expect(":")
	name := p.id()
	if p.is(":") || p.is("/") {
		p.fail(p.tok.pos, "a package's name is `namespace:name`: namespaces and packages do not nest")
	}
	return p.pkgRest(ns, name)
}

func (p *parser) pkgRest(ns, name ident) *pkgRef {
	ref := &pkgRef{name: PackageName{Namespace: ns.name, Name: name.name}, pos: ns.pos}
	ref.pos.len = name.pos.off + name.pos.len - ns.pos.off
	if !p.failed() && p.is("@") {
		ref.name.Version = p.atVersion()
	}
	return ref
}

// atVersion reads the version; the current token is "@".
func (p *parser) atVersion() string {
	v := p.lex.version()
	p.next()
	return v.text
}

// path reads `name` or `ns:pkg/name@version`.
func (p *parser) path() usePath {
	first := p.id()
	if !p.accept(":") {
		return usePath{name: first}
	}
	return p.pathRest(first, p.id())
}

// pathRest reads the rest of a path after `ns:name`.
func (p *parser) pathRest(ns, pkg ident) usePath {
	p.expect("/")
	name := p.id()
	ref := p.pkgRest(ns, pkg)
	p.unit.refs = append(p.unit.refs, ref)
	return usePath{pkg: ref, name: name}
}

func (p *parser) ifaceBody() []*itemDecl {
	items := []*itemDecl{}
	p.expect("{")
	for !p.failed() && !p.accept("}") {
		a := p.attrs()
		if it := p.typeItem(a); it != nil {
			items = append(items, it)
			continue
		}
		if p.tok.kind == tokPunct || p.tok.kind == tokEOF || p.tok.kind == tokInt {
			p.expected("a function, `use` or a type (`type`, `record`, `variant`, `enum`, `flags`, `resource`)")
		}
		f := &funcDecl{attrs: a, name: p.id()}
		if hint := Nearest(f.name.name, []string{"use", "type", "record", "variant", "enum", "flags", "resource"}); hint != "" && p.tok.kind == tokID {
			p.fail(f.name.pos, "unknown item `%s`%s", f.name.name, hint)
		}
		p.expect(":")
		p.function(f)
		p.expect(";")
		items = append(items, &itemDecl{attrs: a, fn: f})
	}
	return items
}

// typeItem reads a use or a type declaration if there is one.
func (p *parser) typeItem(a attrs) *itemDecl {
	it := &itemDecl{attrs: a}
	if p.tok.kind != tokKeyword {
		return nil
	}
	switch word := p.tok.text; word {
	case "use":
		p.noExternal(a)
		p.next()
		it.use = p.use()
	case "type":
		p.next()
		t := &typeDecl{word: word, name: p.id()}
		p.expect("=")
		t.expr = p.typ()
		p.expect(";")
		it.typ = t
	case "record", "variant", "enum", "flags":
		p.next()
		it.typ = p.fields(word)
	case "resource":
		p.next()
		it.typ = p.resource()
	default:
		return nil
	}
	return it
}

// use reads `path.{a, b as c};` after the keyword.
func (p *parser) use() *useDecl {
	u := &useDecl{path: p.path()}
	p.expect(".")
	p.expect("{")
	p.list("}", func() { u.names = append(u.names, p.rename(false)) })
	p.expect(";")
	return u
}

func (p *parser) rename(needAs bool) useName {
	n := useName{name: p.id()}
	n.as = n.name
	if needAs {
		p.expect("as")
		n.as = p.id()
	} else if p.accept("as") {
		n.as = p.id()
	}
	return n
}

func (p *parser) worldItem() *worldItemDecl {
	a := p.attrs()
	w := &worldItemDecl{attrs: a}
	switch {
	case p.is("import") || p.is("export"):
		w.word = p.tok.text
		p.next()
		p.extern(w)
	case p.accept("include"):
		p.noExternal(a)
		w.word = "include"
		path := p.path()
		w.path = &path
		if p.accept("with") {
			p.expect("{")
			p.list("}", func() { w.with = append(w.with, p.rename(true)) })
			p.accept(";")
		} else {
			p.expect(";")
		}
	default:
		if w.item = p.typeItem(a); w.item == nil {
			p.expected("`import`, `export`, `include`, `use` or a type (`type`, `record`, `variant`, `enum`, `flags`, `resource`)")
		}
	}
	return w
}

// extern reads what is imported or exported.
func (p *parser) extern(w *worldItemDecl) {
	first := p.id()
	if !p.accept(":") {
		w.path = &usePath{name: first}
		p.expect(";")
		return
	}
	switch {
	case p.is("func") || p.is("async"):
		w.name, w.fn = first, &funcDecl{attrs: w.attrs, name: first}
		p.function(w.fn)
		p.expect(";")
	case p.accept("interface"):
		w.name, w.inline = first, p.ifaceBody()
	default:
		second := p.id()
		if second.pos.off == first.pos.off+first.pos.len+1 && p.is(";") {
			p.fail(pos{p.lex.src, first.pos.off, second.pos.off + second.pos.len - first.pos.off}, "`%s:%s` is a package: write `%s:%s/interface`, or `%s: %s` for an instance of that name", first.name, second.name, first.name, second.name, first.name, second.name)
		}
		var path usePath
		switch {
		case p.is("/"):
			path = p.pathRest(first, second)
		case p.accept(":"):
			w.name, path = first, p.pathRest(second, p.id())
		default:
			w.name, path = first, usePath{name: second}
		}
		w.path = &path
		p.expect(";")
	}
}

// parseLen reads the number of a fixed-length list.
func (p *parser) parseLen() uint32 {
	if p.tok.kind != tokInt {
		p.expected("a length")
		return 0
	}
	n, err := strconv.ParseUint(p.tok.text, 10, 32)
	if err != nil || n == 0 {
		p.fail(p.tok.pos, "a length is from 1 to 4294967295, not %s", p.tok.text)
		return 0
	}
	p.next()
	return uint32(n)
}
