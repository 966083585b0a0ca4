package wast

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A cursor walks over the nodes of a group.
type cursor struct {
	src  *source
	end  int // where to report that something is missing
	rest []*node
}

// within gives a cursor behind the head of a group.
func within(src *source, n *node) *cursor {
	if n.head() == "" {
		src.failf(n.pos, "a group with a keyword is expected")
	}
	return &cursor{src, n.pos, n.nodes[1:]}
}

func (c *cursor) failf(format string, args ...any) {
	at := c.end
	if len(c.rest) > 0 {
		at = c.rest[0].pos
	}
	c.src.failf(at, format, args...)
}

func (c *cursor) next(what string) *node {
	if len(c.rest) == 0 {
		c.failf("%s is missing", what)
	}
	n := c.rest[0]
	c.rest = c.rest[1:]
	return n
}

func (c *cursor) peek() *node {
	if len(c.rest) == 0 {
		return nil
	}
	return c.rest[0]
}

func (c *cursor) done() {
	if len(c.rest) > 0 {
		c.failf("unexpected %s", describe(c.rest[0]))
	}
}

func describe(n *node) string {
	switch n.kind {
	case str:
		return strconv.Quote(n.text)
	case group:
		return "(" + n.head() + " …)"
	}
	return n.text
}

// at tells whether a group of that name comes next.
func (c *cursor) at(head string) bool { return len(c.rest) > 0 && c.rest[0].head() == head }

// atKind tells whether a node of that kind comes next.
func (c *cursor) atKind(k nodeKind) bool { return len(c.rest) > 0 && c.rest[0].kind == k }

func (c *cursor) group(head string) *cursor {
	n := c.next("(" + head + " …)")
	if n.head() != head {
		c.src.failf(n.pos, "(%s …) is expected, not %s", head, describe(n))
	}
	return within(c.src, n)
}

// anyGroup gives the keyword of the next group, and its contents.
func (c *cursor) anyGroup(what string) (string, *cursor) {
	n := c.next(what)
	return n.head(), within(c.src, n)
}

// keyword takes the atom if it comes next.
func (c *cursor) keyword(word string) bool {
	if !c.atKind(atom) || c.rest[0].text != word {
		return false
	}
	c.rest = c.rest[1:]
	return true
}

func (c *cursor) optionalName() string {
	if c.atKind(atom) && strings.HasPrefix(c.rest[0].text, "$") {
		return c.next("").text
	}
	return ""
}

func (c *cursor) atom(what string) *node {
	n := c.next(what)
	if n.kind != atom {
		c.src.failf(n.pos, "%s is expected, not %s", what, describe(n))
	}
	return n
}

func (c *cursor) bytes() string {
	n := c.next("a string")
	if n.kind != str {
		c.src.failf(n.pos, "a string is expected, not %s", describe(n))
	}
	return n.text
}

// str reads a string that must be UTF-8.
func (c *cursor) str() string {
	at := c.peek()
	s := c.bytes()
	if !utf8.ValidString(s) {
		c.src.failf(at.pos, "malformed UTF-8 encoding")
	}
	return s
}

// strings joins the strings up to the end.
func (c *cursor) strings(sep string) string {
	var parts []string
	for len(c.rest) > 0 {
		parts = append(parts, c.bytes())
	}
	return strings.Join(parts, sep)
}

// number reads an unsigned number of 32 bits.
func (c *cursor) number() uint32 {
	n := c.atom("a number")
	v, err := parseInt(n.text, 32)
	if err != nil {
		c.src.failf(n.pos, "%q is no number", n.text)
	}
	return uint32(v)
}

// parseInt reads an integer as the text format writes it.
func parseInt(text string, bits int) (uint64, error) {
	digits := strings.ReplaceAll(text, "_", "")
	digits, negative := strings.CutPrefix(digits, "-")
	digits = strings.TrimPrefix(digits, "+")
	base := 10
	if rest, ok := strings.CutPrefix(digits, "0x"); ok {
		digits, base = rest, 16
	}
	v, err := strconv.ParseUint(digits, base, bits)
	if negative {
		v = -v
	}
	return v, err
}
