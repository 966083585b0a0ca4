package wave

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/isyswasfa/isyswasfa/host"
)

// Parse reads one value of type t. The value is in the canonical form of
// [host.Type.Canonical]. An error in the text is an *[Error].
func Parse(text string, t *host.Type) (any, error) {
	p := &parser{text: text}
	p.next()
	v, err := p.value(t)
	if err != nil {
		return nil, err
	}
	return v, p.end()
}

// ParseArgs reads the arguments of a function, with the parentheses around
// them: (1, "two"). Arguments at the end that are none may be left out.
func ParseArgs(text string, params []host.NamedType) ([]any, error) {
	return ParseArgsAt(text, 0, params)
}

// ParseArgsAt is ParseArgs for a text in which the arguments begin at an
// offset in bytes; errors show all of the line.
func ParseArgsAt(text string, offset int, params []host.NamedType) ([]any, error) {
	p := &parser{text: text, tok: token{to: offset}}
	p.next()
	args, err := p.args(params)
	if err != nil {
		return nil, err
	}
	return args, p.end()
}

// A parser reads values. Every method that reads something leaves tok at the
// first token that does not belong to it.
type parser struct {
	text  string
	tok   token
	where string // the argument being read, for messages
}

// tokenText gives the text of the current token.
func (p *parser) tokenText() string { return p.text[p.tok.from:p.tok.to] }

// unexpected is the error of a token that is not what a type needs.
func (p *parser) unexpected(want string) error {
	from, to := p.tok.from, p.tok.to
	switch p.tok.kind {
	case tokenEnd:
		return p.fail(from, to, "%s is needed here, but the text ends", want)
	case tokenOpen:
		return p.fail(from, to, "the closing %c is missing", p.text[from])
	case tokenUnknown:
		return p.fail(from, to, "%q does not belong here: %s is needed", p.tokenText(), want)
	}
	return p.fail(from, to, "%s is needed here", want)
}

func (p *parser) expect(c tokenKind) error {
	if p.tok.kind != c {
		return p.unexpected(strconv.QuoteRune(rune(c)))
	}
	p.next()
	return nil
}

func (p *parser) end() error {
	if p.tok.kind != tokenEnd {
		return p.fail(p.tok.from, p.tok.to, "the value ends before this")
	}
	return nil
}

func (p *parser) args(params []host.NamedType) ([]any, error) {
	if err := p.expect('('); err != nil {
		return nil, err
	}
	args := make([]any, 0, len(params))
	for p.tok.kind != ')' {
		if len(args) == len(params) {
			return nil, p.unexpectedArg(params)
		}
		param := params[len(args)]
		p.where = fmt.Sprintf("argument %d (%s): ", len(args)+1, param.Name)
		v, err := p.value(param.Type)
		if err != nil {
			return nil, err
		}
		p.where = ""
		args = append(args, v)
		if more, err := p.comma(')'); err != nil {
			return nil, err
		} else if !more {
			break
		}
	}
	for _, param := range params[len(args):] {
		if param.Type.Kind != host.KindOption {
			return nil, p.fail(p.tok.from, p.tok.to, "argument %d (%s: %s) is missing", len(args)+1, param.Name, param.Type)
		}
		args = append(args, host.None[any]())
	}
	p.next()
	return args, nil
}

func (p *parser) unexpectedArg(params []host.NamedType) error {
	if p.tok.kind == tokenEnd || p.tok.kind == tokenOpen {
		return p.unexpected("')'")
	}
	if len(params) == 0 {
		return p.fail(p.tok.from, p.tok.to, "the function has no parameters")
	}
	return p.fail(p.tok.from, p.tok.to, "the function has no more than %d parameter(s)", len(params))
}

// comma passes over a comma; there is no more after it if end comes. It leaves
// the token end.
func (p *parser) comma(end tokenKind) (more bool, err error) {
	if p.tok.kind == ',' {
		p.next()
		return p.tok.kind != end, nil
	}
	if p.tok.kind != end {
		return false, p.unexpected(fmt.Sprintf("',' or '%c'", rune(end)))
	}
	return false, nil
}

// value reads a value of type t.
func (p *parser) value(t *host.Type) (any, error) {
	switch t.Kind {
	case host.KindBool:
		return p.boolean()
	case host.KindF32, host.KindF64:
		return p.float(t.Kind)
	case host.KindChar:
		return p.char()
	case host.KindString:
		return p.string()
	case host.KindList:
		return p.list(t)
	case host.KindTuple:
		return p.tuple(t)
	case host.KindRecord:
		return p.record(t)
	case host.KindFlags:
		return p.flags(t)
	case host.KindEnum, host.KindVariant:
		return p.variant(t)
	case host.KindOption:
		return p.option(t)
	case host.KindResult:
		return p.result(t)
	case host.KindOwn, host.KindBorrow:
		return nil, p.fail(p.tok.from, p.tok.to, "a resource (%s) cannot be written as text", t)
	}
	return p.integer(t.Kind)
}

// sequence reads values up to the closing bracket, which it gives; read reads
// one.
func (p *parser) sequence(end tokenKind, read func() error) (token, error) {
	p.next()
	for p.tok.kind != end {
		if err := read(); err != nil {
			return token{}, err
		}
		if more, err := p.comma(end); err != nil {
			return token{}, err
		} else if !more {
			break
		}
	}
	closing := p.tok
	p.next()
	return closing, nil
}

func (p *parser) list(t *host.Type) (any, error) {
	from := p.tok
	if from.kind != '[' {
		return nil, p.unexpected("a list in [ ]")
	}
	list := newList(t.Elem.Kind)
	n := uint64(0)
	_, err := p.sequence(']', func() error {
		v, err := p.value(t.Elem)
		if err == nil {
			list.add(v)
			n++
		}
		return err
	})
	if err == nil && t.Len > 0 && n != uint64(t.Len) {
		err = p.fail(from.from, from.to, "%s wants %d elements, not %d", t, t.Len, n)
	}
	return list.slice(), err
}

func (p *parser) tuple(t *host.Type) (any, error) {
	if p.tok.kind != '(' {
		return nil, p.unexpected("a tuple in ( )")
	}
	var list []any
	closing, err := p.sequence(')', func() error {
		if len(list) == len(t.Fields) {
			return p.fail(p.tok.from, p.tok.to, "the tuple has no more than %d values", len(list))
		}
		v, err := p.value(t.Fields[len(list)].Type)
		list = append(list, v)
		return err
	})
	if err == nil && len(list) < len(t.Fields) {
		err = p.fail(closing.from, closing.to, "the tuple wants %d values, not %d", len(t.Fields), len(list))
	}
	return list, err
}

// label reads a label; a prefix of % is not part of it.
func (p *parser) label(want string) (string, token, error) {
	tok := p.tok
	if tok.kind != tokenLabel {
		return "", tok, p.unexpected(want)
	}
	s := strings.TrimPrefix(p.tokenText(), "%")
	p.next()
	return s, tok, nil
}

func (p *parser) record(t *host.Type) (any, error) {
	open := p.tok
	if open.kind != '{' {
		return nil, p.unexpected("a record in { }")
	}
	values := make([]any, len(t.Fields))
	given := make([]bool, len(t.Fields))
	colon := p.emptyRecord()
	if _, err := p.sequence('}', func() error { return p.field(t, values, given) }); err != nil {
		return nil, err
	}
	record := make(host.Record, len(t.Fields))
	some := colon
	for i, f := range t.Fields {
		if !given[i] && f.Type.Kind != host.KindOption {
			return nil, p.fail(open.from, open.to, "field %s: %s is missing", f.Name, f.Type)
		}
		some = some || given[i]
		if !given[i] {
			values[i] = host.None[any]()
		}
		record[i] = host.Field{Name: f.Name, Value: values[i]}
	}
	if !some {
		return nil, p.fail(open.from, open.to, "a record without any field is written {:}")
	}
	return record, nil
}

// emptyRecord passes over the colon of {:}; the token before the end of the
// record is left.
func (p *parser) emptyRecord() bool {
	colon := skip(p.text, p.tok.to)
	if kind, n := scan(p.text[colon:]); kind != ':' {
		return false
	} else if kind, _ := scan(p.text[skip(p.text, colon+n):]); kind != '}' {
		return false
	}
	p.next()
	return true
}

func (p *parser) field(t *host.Type, values []any, given []bool) error {
	name, tok, err := p.label("a field")
	if err != nil {
		return err
	}
	i := slices.IndexFunc(t.Fields, func(f host.NamedType) bool { return f.Name == name })
	switch {
	case i < 0:
		return p.fail(tok.from, tok.to, "there is no field %s, but %s", name, listed(t.Fields))
	case given[i]:
		return p.fail(tok.from, tok.to, "field %s is there twice", name)
	}
	if err := p.expect(':'); err != nil {
		return err
	}
	given[i] = true
	values[i], err = p.value(t.Fields[i].Type)
	return err
}

func (p *parser) flags(t *host.Type) (any, error) {
	if p.tok.kind != '{' {
		return nil, p.unexpected("a set of flags in { }")
	}
	given := map[string]bool{}
	_, err := p.sequence('}', func() error {
		name, tok, err := p.label("a flag")
		switch {
		case err != nil:
			return err
		case !slices.Contains(t.Labels, name):
			return p.fail(tok.from, tok.to, "there is no flag %s, but %s", name, strings.Join(t.Labels, ", "))
		case given[name]:
			return p.fail(tok.from, tok.to, "flag %s is there twice", name)
		}
		given[name] = true
		return nil
	})
	var set []string
	for _, l := range t.Labels {
		if given[l] {
			set = append(set, l)
		}
	}
	return set, err
}

// keywords are what a case must not look like.
var keywords = []string{"true", "false", "inf", "nan", "some", "none", "ok", "err"}

// keyword gives the keyword that comes next, or "".
func (p *parser) keyword() string {
	if s := p.tokenText(); p.tok.kind == tokenLabel && slices.Contains(keywords, s) {
		return s
	}
	return ""
}

func (p *parser) variant(t *host.Type) (any, error) {
	keyword := p.keyword()
	name, tok, err := p.label("a case of " + t.Kind.String() + " (" + listed(t.Cases) + ")")
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(t.Cases, func(c host.NamedType) bool { return c.Name == name })
	switch {
	case i < 0:
		return nil, p.fail(tok.from, tok.to, "there is no case %s, but %s", name, listed(t.Cases))
	case keyword != "":
		return nil, p.fail(tok.from, tok.to, "%s is a keyword; the case is written %%%s", keyword, keyword)
	case t.Kind == host.KindEnum:
		return name, nil
	}
	v, err := p.payload(tok, name, t.Cases[i].Type)
	return host.Variant{Case: name, Value: v}, err
}

// payload reads what follows a case: nothing, or a value in parentheses.
func (p *parser) payload(tok token, name string, t *host.Type) (any, error) {
	switch {
	case t == nil && p.tok.kind == '(':
		return nil, p.fail(p.tok.from, p.tok.to, "%s has no payload", name)
	case t == nil:
		return nil, nil
	case p.tok.kind != '(':
		return nil, p.fail(tok.from, tok.to, "%s needs its payload: %s(%s)", name, name, t)
	}
	p.next()
	v, err := p.value(t)
	if err != nil {
		return nil, err
	}
	return v, p.expect(')')
}

// flat tells whether the payload of an option or result may stand alone.
func flat(t *host.Type) bool {
	return t != nil && t.Kind != host.KindOption && t.Kind != host.KindResult
}

// mayStart tells whether a value of type t, which is flat, may begin with the
// next token if that is a label.
func (p *parser) mayStart(t *host.Type) bool {
	switch t.Kind {
	case host.KindBool, host.KindF32, host.KindF64, host.KindEnum, host.KindVariant:
		return true
	}
	return p.tok.kind != tokenLabel
}

func (p *parser) option(t *host.Type) (any, error) {
	inner := t.Cases[1].Type
	tok := p.tok
	switch keyword := p.keyword(); {
	case keyword == "none":
		p.next()
		_, err := p.payload(tok, "none", nil)
		return host.None[any](), err
	case keyword == "some":
		p.next()
		v, err := p.payload(tok, "some", inner)
		return host.Some(v), err
	case !flat(inner):
		return nil, p.unexpected("none or some(…)")
	case !p.mayStart(inner):
		return nil, p.unexpected("none, some(…) or " + inner.String())
	}
	v, err := p.value(inner)
	return host.Some(v), err
}

func (p *parser) result(t *host.Type) (any, error) {
	ok, fault := t.Cases[0].Type, t.Cases[1].Type
	tok := p.tok
	switch keyword := p.keyword(); {
	case keyword == "ok":
		p.next()
		v, err := p.payload(tok, "ok", ok)
		return host.OK[any, any](v), err
	case keyword == "err":
		p.next()
		v, err := p.payload(tok, "err", fault)
		return host.Err[any](v), err
	case !flat(ok):
		return nil, p.unexpected("ok or err")
	case !p.mayStart(ok):
		return nil, p.unexpected("ok(…), err(…) or " + ok.String())
	}
	v, err := p.value(ok)
	return host.OK[any, any](v), err
}

// listed gives the names of fields or cases for a message, not too many.
func listed(list []host.NamedType) string {
	const most = 12
	var names []string
	for i, n := range list {
		if i == most {
			names = append(names, "…")
			break
		}
		names = append(names, n.Name)
	}
	return strings.Join(names, ", ")
}
