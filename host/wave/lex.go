package wave

import (
	"strings"
	"unicode/utf8"
)

// A tokenKind tells what a token is. Punctuation is its own character.
type tokenKind rune

const (
	tokenEnd     tokenKind = -iota - 1
	tokenNumber            // a number, also -inf
	tokenLabel             // a label or keyword, with % if it has one
	tokenChar              // a char with its quotes
	tokenString            // a string with its quotes
	tokenMulti             // a multiline string with its quotes
	tokenUnknown           // a character that begins no token
	tokenOpen              // a char or string that does not end
)

// A token is a stretch of the text.
type token struct {
	kind     tokenKind
	from, to int
}

// next reads the token after the current one.
func (p *parser) next() {
	i := skip(p.text, p.tok.to)
	kind, n := scan(p.text[i:])
	p.tok = token{kind, i, i + n}
}

// skip passes over white space and comments.
func skip(s string, i int) int {
	for i < len(s) {
		switch {
		case s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r':
			i++
		case strings.HasPrefix(s[i:], "//"):
			end := strings.IndexByte(s[i:], '\n')
			if end < 0 {
				return len(s)
			}
			i += end
		default:
			return i
		}
	}
	return i
}

// scan gives kind and length of the token at the start of s.
func scan(s string) (tokenKind, int) {
	if s == "" {
		return tokenEnd, 0
	}
	c := s[0]
	switch {
	case strings.IndexByte("()[]{}:,", c) >= 0:
		return tokenKind(c), 1
	case isLetter(c), c == '%' && len(s) > 1 && isLetter(s[1]):
		n := 1
		for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || s[n] == '-') {
			n++
		}
		return tokenLabel, n
	case strings.HasPrefix(s, "-inf"):
		return tokenNumber, 4
	case isDigit(c), c == '-' && len(s) > 1 && isDigit(s[1]):
		return tokenNumber, scanNumber(s)
	case strings.HasPrefix(s, `"""`):
		return scanMulti(s)
	case c == '"':
		return scanQuoted(s, tokenString)
	case c == '\'':
		return scanQuoted(s, tokenChar)
	}
	_, n := utf8.DecodeRuneInString(s)
	return tokenUnknown, n
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// scanNumber gives the length of what looks like a number; whether it is one
// is for the type to say.
func scanNumber(s string) int {
	n := 1
	for n < len(s) {
		sign := (s[n] == '+' || s[n] == '-') && (s[n-1] == 'e' || s[n-1] == 'E')
		if !sign && !isDigit(s[n]) && !isLetter(s[n]) && s[n] != '.' && s[n] != '_' {
			break
		}
		n++
	}
	return n
}

// scanQuoted gives the length of a char or string. It ends at its line's end.
func scanQuoted(s string, kind tokenKind) (tokenKind, int) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\n':
			return tokenOpen, i
		case s[0]:
			return kind, i + 1
		}
	}
	return tokenOpen, len(s)
}

func scanMulti(s string) (tokenKind, int) {
	for i := 3; i < len(s); i++ {
		if s[i] == '\\' {
			i++
		} else if strings.HasPrefix(s[i:], `"""`) {
			return tokenMulti, i + 3
		}
	}
	return tokenOpen, len(s)
}
