package wit

// fields reads the name and body of a record, variant, enum or flags.
func (p *parser) fields(word string) *typeDecl {
	t := &typeDecl{word: word, name: p.id()}
	p.expect("{")
	p.list("}", func() {
		f := fieldDecl{docs: p.tok.docs}
		f.name = p.id()
		switch word {
		case "record":
			p.expect(":")
			f.typ = p.typ()
		case "variant":
			if p.accept("(") {
				f.typ = p.typ()
				p.expect(")")
			}
		}
		t.fields = append(t.fields, f)
	})
	if len(t.fields) == 0 && (word == "variant" || word == "enum") {
		p.fail(t.name.pos, "%s `%s` has no cases", word, t.name.name)
	}
	return t
}

func (p *parser) resource() *typeDecl {
	t := &typeDecl{word: "resource", name: p.id()}
	if p.accept(";") {
		return t
	}
	p.expect("{")
	for !p.failed() && !p.accept("}") {
		f := &funcDecl{attrs: p.attrs(), kind: Method}
		if p.is("constructor") {
			f.name, f.kind = ident{p.tok.text, p.tok.pos}, Constructor
			p.next()
			p.signature(f)
		} else {
			f.name = p.id()
			p.expect(":")
			if p.accept("static") {
				f.kind = Static
			}
			p.function(f)
		}
		p.expect(";")
		t.funcs = append(t.funcs, f)
	}
	return t
}

// function reads `async? func(…) -> …`.
func (p *parser) function(f *funcDecl) {
	if f.async = p.accept("async"); !f.async && !p.is("func") {
		p.expected("`func` or `async func`")
	}
	p.expect("func")
	p.signature(f)
}

func (p *parser) signature(f *funcDecl) {
	p.expect("(")
	p.list(")", func() {
		param := fieldDecl{name: p.id()}
		p.expect(":")
		param.typ = p.typ()
		f.params = append(f.params, param)
	})
	if p.accept("->") {
		if p.is("(") {
			p.fail(p.tok.pos, "a function has one result, without a name: use a record or a tuple for several")
		}
		f.result = p.typ()
	}
}

// typ reads a type.
func (p *parser) typ() *typeExpr {
	t := &typeExpr{pos: p.tok.pos}
	if p.failed() {
		return t
	}
	if p.depth++; p.depth > maxNesting {
		p.fail(p.tok.pos, "types nest more than %d deep", maxNesting)
		return t
	}
	defer func() { p.depth-- }()
	if p.tok.kind == tokID {
		t.name = p.id()
		return t
	}
	if p.tok.kind != tokKeyword {
		p.expected("a type")
		return t
	}
	t.word = p.tok.text
	if _, ok := primitiveNamed(t.word); ok {
		p.next()
		return t
	}
	switch t.word {
	case "option":
		p.next()
		p.typeArgs(t, 1, 1)
	case "map":
		p.next()
		p.typeArgs(t, 2, 2)
	case "tuple":
		p.next()
		p.expect("<")
		p.list(">", func() { t.args = append(t.args, p.typ()) })
	case "stream", "future":
		p.next()
		if p.is("<") {
			p.typeArgs(t, 1, 1)
		}
	case "list":
		p.next()
		p.listType(t)
	case "result":
		p.next()
		p.resultType(t)
	case "own", "borrow":
		p.next()
		p.expect("<")
		t.name = p.id()
		p.expect(">")
	default:
		p.expected("a type")
	}
	return t
}

// typeArgs reads `<a, b>` with from least to most types.
func (p *parser) typeArgs(t *typeExpr, least, most int) {
	p.expect("<")
	for !p.failed() {
		t.args = append(t.args, p.typ())
		if len(t.args) < least {
			p.expect(",")
			continue
		}
		if len(t.args) == most || !p.accept(",") {
			break
		}
	}
	p.expect(">")
}

func (p *parser) listType(t *typeExpr) {
	p.expect("<")
	t.args = []*typeExpr{p.typ()}
	if p.accept(",") {
		t.length = p.parseLen()
	}
	p.expect(">")
}

// resultType reads what follows `result`: nothing, <ok>, <_, err> or
// <ok, err>. Its args always are two.
func (p *parser) resultType(t *typeExpr) {
	t.args = make([]*typeExpr, 2)
	if !p.accept("<") {
		return
	}
	if p.accept("_") {
		p.expect(",")
		t.args[1] = p.typ()
	} else {
		t.args[0] = p.typ()
		if p.accept(",") {
			t.args[1] = p.typ()
		}
	}
	p.expect(">")
}

func primitiveNamed(word string) (Primitive, bool) {
	for i, n := range primitiveNames {
		if n == word {
			return Primitive(i), true
		}
	}
	return 0, false
}
