package wast

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/isyswasfa/isyswasfa/internal/sexpr"
)

// A cursor walks over the nodes of a group.
type cursor struct {
	src  *sexpr.Source
	end  int // where to report that something is missing
	rest []*sexpr.Node
}

// within gives a cursor behind the head of a group.
func within(src *sexpr.Source, n *sexpr.Node) *cursor {
	if n.Head() == "" {
		src.Failf(n.Pos, "a group with a keyword is expected")
	}
	return &cursor{src, n.Pos, n.Nodes[1:]}
}

func (c *cursor) failf(format string, args ...any) {
	at := c.end
	if len(c.rest) > 0 {
		at = c.rest[0].Pos
	}
	c.src.Failf(at, format, args...)
}

func (c *cursor) next(what string) *sexpr.Node {
	if len(c.rest) == 0 {
		c.failf("%s is missing", what)
	}
	n := c.rest[0]
	c.rest = c.rest[1:]
	return n
}

func (c *cursor) peek() *sexpr.Node {
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

func describe(n *sexpr.Node) string {
	switch n.Kind {
	case sexpr.String:
		return strconv.Quote(n.Text)
	case sexpr.Group:
		return "(" + n.Head() + " …)"
	}
	return n.Text
}

// at tells whether a group of that name comes next.
func (c *cursor) at(head string) bool { return len(c.rest) > 0 && c.rest[0].Head() == head }

// atKind tells whether a node of that kind comes next.
func (c *cursor) atKind(k sexpr.Kind) bool { return len(c.rest) > 0 && c.rest[0].Kind == k }

func (c *cursor) group(head string) *cursor {
	n := c.next("(" + head + " …)")
	if n.Head() != head {
		c.src.Failf(n.Pos, "(%s …) is expected, not %s", head, describe(n))
	}
	return within(c.src, n)
}

// anyGroup gives the keyword of the next group, and its contents.
func (c *cursor) anyGroup(what string) (string, *cursor) {
	n := c.next(what)
	return n.Head(), within(c.src, n)
}

// keyword takes the atom if it comes next.
func (c *cursor) keyword(word string) bool {
	if !c.atKind(sexpr.Atom) || c.rest[0].Text != word {
		return false
	}
	c.rest = c.rest[1:]
	return true
}

func (c *cursor) optionalName() string {
	if c.atKind(sexpr.Atom) && strings.HasPrefix(c.rest[0].Text, "$") {
		return c.next("").Text
	}
	return ""
}

func (c *cursor) atom(what string) *sexpr.Node {
	n := c.next(what)
	if n.Kind != sexpr.Atom {
		c.src.Failf(n.Pos, "%s is expected, not %s", what, describe(n))
	}
	return n
}

func (c *cursor) bytes() string {
	n := c.next("a string")
	if n.Kind != sexpr.String {
		c.src.Failf(n.Pos, "a string is expected, not %s", describe(n))
	}
	return n.Text
}

// str reads a string that must be UTF-8.
func (c *cursor) str() string {
	at := c.peek()
	s := c.bytes()
	if !utf8.ValidString(s) {
		c.src.Failf(at.Pos, "malformed UTF-8 encoding")
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
	v, err := parseInt(n.Text, 32)
	if err != nil {
		c.src.Failf(n.Pos, "%q is no number", n.Text)
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
