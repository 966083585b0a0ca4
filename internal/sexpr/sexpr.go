// Package sexpr reads the s-expressions of WebAssembly's text formats: atoms,
// strings and groups, with comments and the escapes of strings. Annotations,
// groups like (@name "x"), are passed over.
package sexpr

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An Error is a fault in the text; Line and Col start at 1, Col counts bytes.
type Error struct {
	Line, Col int
	Msg       string
}

// Error gives "line:column: message".
func (e *Error) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Col, e.Msg) }

// MaxDepth bounds the nesting of parentheses, and of what else nests.
const MaxDepth = 500

// A Kind is a kind of node.
type Kind byte

// The kinds of nodes.
const (
	Atom Kind = iota
	String
	Group
)

// A Node is an s-expression: an atom, a string or a group of nodes.
type Node struct {
	Kind     Kind
	Pos, End int    // in the text
	Text     string // atom; string with escapes resolved
	Nodes    []*Node
}

// Head gives the first atom of a group, or "".
func (n *Node) Head() string {
	if n.Kind == Group && len(n.Nodes) > 0 && n.Nodes[0].Kind == Atom {
		return n.Nodes[0].Text
	}
	return ""
}

// A Source is a text. Faults in it, those of what its nodes mean included, are
// raised by panic with an *Error, which who asked for the text has to catch.
type Source struct {
	Text string
	i    int // reading position
}

// Line gives the line of a position.
func (s *Source) Line(pos int) int { return strings.Count(s.Text[:pos], "\n") + 1 }

// Failf panics with an *Error at a position.
func (s *Source) Failf(pos int, format string, args ...any) {
	col := pos - strings.LastIndexByte(s.Text[:pos], '\n')
	panic(&Error{s.Line(pos), col, fmt.Sprintf(format, args...)})
}

// All reads the whole text.
func (s *Source) All() []*Node {
	list := s.nodes(0)
	if s.i < len(s.Text) {
		s.Failf(s.i, "parenthesis closes nothing")
	}
	return list
}

// nodes reads up to the end of the text or the closing parenthesis.
func (s *Source) nodes(depth int) []*Node {
	var list []*Node
	for {
		s.skip()
		if s.i == len(s.Text) || s.Text[s.i] == ')' {
			return list
		}
		if n := s.node(depth); !strings.HasPrefix(n.Head(), "@") {
			list = append(list, n)
		}
	}
}

// skip passes over white space and comments.
func (s *Source) skip() {
	for s.i < len(s.Text) {
		rest := s.Text[s.i:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			s.i++
		case strings.HasPrefix(rest, ";;"):
			if n := strings.IndexByte(rest, '\n'); n >= 0 {
				s.i += n
			} else {
				s.i = len(s.Text)
			}
		case strings.HasPrefix(rest, "(;"):
			s.blockComment()
		default:
			return
		}
	}
}

func (s *Source) blockComment() {
	start, depth := s.i, 0
	for s.i < len(s.Text) {
		switch rest := s.Text[s.i:]; {
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
	s.Failf(start, "comment is not closed")
}

func (s *Source) node(depth int) *Node {
	start := s.i
	switch c := s.Text[s.i]; {
	case c == '(':
		if depth == MaxDepth {
			s.Failf(start, "nested too deeply")
		}
		s.i++
		n := &Node{Kind: Group, Pos: start, Nodes: s.nodes(depth + 1)}
		if s.i == len(s.Text) {
			s.Failf(start, "parenthesis is not closed")
		}
		s.i++
		n.End = s.i
		return n
	case c == '"':
		return &Node{Kind: String, Pos: start, Text: s.str(), End: s.i}
	}
	for s.i < len(s.Text) && strings.IndexByte(" \t\r\n();\"", s.Text[s.i]) < 0 {
		s.i++
	}
	if s.i == start {
		s.Failf(start, "unexpected character %q", s.Text[start])
	}
	text := s.Text[start:s.i]
	if text == "$" && strings.HasPrefix(s.Text[s.i:], `"`) { // a name of any characters
		text += s.str()
	}
	return &Node{Kind: Atom, Pos: start, Text: text, End: s.i}
}

func (s *Source) str() string {
	start := s.i
	var out []byte
	for s.i++; s.i < len(s.Text); s.i++ {
		switch c := s.Text[s.i]; c {
		case '"':
			s.i++
			return string(out)
		case '\n':
			s.Failf(start, "string is not closed")
		case '\\':
			s.i++
			out = s.escape(out)
		default:
			out = append(out, c)
		}
	}
	s.Failf(start, "string is not closed")
	return ""
}

// escape reads what follows a backslash and leaves i at its last byte.
func (s *Source) escape(out []byte) []byte {
	rest := s.Text[s.i:]
	if rest == "" {
		s.Failf(s.i-1, "string is not closed")
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
	s.Failf(s.i-1, "unknown escape in a string")
	return nil
}
