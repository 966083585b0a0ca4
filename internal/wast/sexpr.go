package wast

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An Error is a fault in the text; Line starts at 1.
type Error struct {
	Line int
	Msg  string
}

// Error gives "line N: message".
func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }

// maxDepth bounds the nesting of parentheses.
const maxDepth = 500

type nodeKind byte

const (
	atom nodeKind = iota
	str
	group
)

// A node is an s-expression: an atom, a string or a group of nodes.
type node struct {
	kind     nodeKind
	pos, end int    // in the text
	text     string // atom; string with escapes resolved
	nodes    []*node
}

// head gives the first atom of a group, or "".
func (n *node) head() string {
	if n.kind == group && len(n.nodes) > 0 && n.nodes[0].kind == atom {
		return n.nodes[0].text
	}
	return ""
}

// A source is a text with a reading position. Faults are raised by panic with
// an *Error, which catch turns into an error.
type source struct {
	text string
	i    int
}

func (s *source) line(pos int) int { return strings.Count(s.text[:pos], "\n") + 1 }

func (s *source) failf(pos int, format string, args ...any) {
	panic(&Error{s.line(pos), fmt.Sprintf(format, args...)})
}

// catch is deferred by the functions that give an error.
func catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case *Error:
		*err = r
	default:
		panic(r)
	}
}

// all reads the whole text.
func (s *source) all() []*node {
	list := s.nodes(0)
	if s.i < len(s.text) {
		s.failf(s.i, "parenthesis closes nothing")
	}
	return list
}

// nodes reads up to the end of the text or the closing parenthesis.
func (s *source) nodes(depth int) []*node {
	var list []*node
	for {
		s.skip()
		if s.i == len(s.text) || s.text[s.i] == ')' {
			return list
		}
		list = append(list, s.node(depth))
	}
}

// skip passes over white space and comments.
func (s *source) skip() {
	for s.i < len(s.text) {
		rest := s.text[s.i:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			s.i++
		case strings.HasPrefix(rest, ";;"):
			if n := strings.IndexByte(rest, '\n'); n >= 0 {
				s.i += n
			} else {
				s.i = len(s.text)
			}
		case strings.HasPrefix(rest, "(;"):
			s.blockComment()
		default:
			return
		}
	}
}

func (s *source) blockComment() {
	start, depth := s.i, 0
	for s.i < len(s.text) {
		switch rest := s.text[s.i:]; {
		case strings.HasPrefix(rest, "(;"):
			depth++
			s.i += 2
		case strings.HasPrefix(rest, ";)"):
			depth--
			s.i += 2
			if depth == 0 {
				return
			}
		default:
			s.i++
		}
	}
	s.failf(start, "comment is not closed")
}

func (s *source) node(depth int) *node {
	start := s.i
	switch c := s.text[s.i]; {
	case c == '(':
		if depth == maxDepth {
			s.failf(start, "nested too deeply")
		}
		s.i++
		n := &node{kind: group, pos: start, nodes: s.nodes(depth + 1)}
		if s.i == len(s.text) {
			s.failf(start, "parenthesis is not closed")
		}
		s.i++
		n.end = s.i
		return n
	case c == '"':
		return &node{kind: str, pos: start, text: s.str(), end: s.i}
	}
	for s.i < len(s.text) && strings.IndexByte(" \t\r\n();\"", s.text[s.i]) < 0 {
		s.i++
	}
	if s.i == start {
		s.failf(start, "unexpected character %q", s.text[start])
	}
	return &node{kind: atom, pos: start, text: s.text[start:s.i], end: s.i}
}

func (s *source) str() string {
	start := s.i
	var out []byte
	for s.i++; s.i < len(s.text); s.i++ {
		switch c := s.text[s.i]; c {
		case '"':
			s.i++
			return string(out)
		case '\n':
			s.failf(start, "string is not closed")
		case '\\':
			s.i++
			out = s.escape(out)
		default:
			out = append(out, c)
		}
	}
	s.failf(start, "string is not closed")
	return ""
}

// escape reads what follows a backslash and leaves i at its last byte.
func (s *source) escape(out []byte) []byte {
	rest := s.text[s.i:]
	if rest == "" {
		s.failf(s.i-1, "string is not closed")
	}
	if n := strings.IndexByte("nrt\"'\\", rest[0]); n >= 0 {
		return append(out, "\n\r\t\"'\\"[n])
	}
	if strings.HasPrefix(rest, "u{") {
		end := strings.IndexByte(rest, '}')
		if end > 0 {
			if v, err := strconv.ParseUint(rest[2:end], 16, 32); err == nil && v <= utf8.MaxRune && utf8.ValidRune(rune(v)) {
				s.i += end
				return utf8.AppendRune(out, rune(v))
			}
		}
	} else if len(rest) >= 2 {
		if v, err := strconv.ParseUint(rest[:2], 16, 8); err == nil {
			s.i++
			return append(out, byte(v))
		}
	}
	s.failf(s.i-1, "unknown escape in a string")
	return nil
}
