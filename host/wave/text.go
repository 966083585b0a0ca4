package wave

import (
	"strings"
	"unicode/utf8"
)

// char reads a char.
func (p *parser) char() (any, error) {
	tok := p.tok
	if tok.kind != tokenChar {
		return nil, p.unexpected("a char in ' '")
	}
	from, to := tok.from+1, tok.to-1
	if from == to {
		return nil, p.fail(tok.from, tok.to, "a char is one character; the quote itself is written '\\''")
	}
	c, n, err := p.character(from, to)
	if err != nil {
		return nil, err
	}
	if from+n != to {
		return nil, p.fail(tok.from, tok.to, "a char is one character; strings stand in \" \"")
	}
	p.next()
	return c, nil
}

// string reads a string of either form.
func (p *parser) string() (any, error) {
	tok := p.tok
	var out strings.Builder
	var err error
	switch tok.kind {
	case tokenString:
		err = p.unescape(&out, tok.from+1, tok.to-1)
	case tokenMulti:
		err = p.multiline(&out, tok)
	default:
		return nil, p.unexpected("a string in \" \"")
	}
	if err != nil {
		return nil, err
	}
	p.next()
	return out.String(), nil
}

// unescape writes the characters between two places of the text.
func (p *parser) unescape(out *strings.Builder, from, to int) error {
	for from < to {
		c, n, err := p.character(from, to)
		if err != nil {
			return err
		}
		out.WriteRune(c)
		from += n
	}
	return nil
}

// escapes are the characters that follow a backslash alone.
var escapes = map[byte]rune{'\'': '\'', '"': '"', '\\': '\\', 't': '\t', 'n': '\n', 'r': '\r'}

// character gives the character at from, which may be escaped, and how many
// bytes it takes.
func (p *parser) character(from, to int) (rune, int, error) {
	s := p.text[from:to]
	if s[0] != '\\' {
		c, n := utf8.DecodeRuneInString(s)
		if c == utf8.RuneError && n == 1 {
			return 0, 0, p.fail(from, from+1, "the text is not valid UTF-8")
		}
		return c, n, nil
	}
	if len(s) > 1 {
		if c, ok := escapes[s[1]]; ok {
			return c, 2, nil
		}
	}
	if !strings.HasPrefix(s, `\u{`) {
		return 0, 0, p.fail(from, from+2, `there is no such escape; there are \t \n \r \' \" \\ and \u{…}`)
	}
	c, n := rune(0), 3
	for n < len(s) && n < 10 && hex(s[n]) >= 0 {
		c = c<<4 | hex(s[n])
		n++
	}
	if n == 3 || n == len(s) || s[n] != '}' || !utf8.ValidRune(c) {
		return 0, 0, p.fail(from, from+n+1, `\u{…} wants the hexadecimal number of a Unicode scalar value`)
	}
	return c, n + 1, nil
}

// hex gives the value of a hexadecimal digit, -1 if it is none.
func hex(c byte) rune {
	switch {
	case isDigit(c):
		return rune(c - '0')
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10
	}
	return -1
}

// multiline writes the lines of a multiline string, without the indent that
// its last line has.
func (p *parser) multiline(out *strings.Builder, tok token) error {
	from, to := tok.from+3, tok.to-3
	body := p.text[from:to]
	first := strings.TrimPrefix(body, "\r")
	if !strings.HasPrefix(first, "\n") {
		return p.fail(tok.from, from, `a line break must follow the """ that opens a string`)
	}
	last := from + strings.LastIndexByte(body, '\n') + 1
	indent := p.text[last:to]
	if strings.Trim(indent, " ") != "" {
		return p.fail(to, tok.to, `only spaces may precede the """ that closes a string on its line`)
	}
	for at, n := from+len(body)-len(first)+1, 0; at < last; n++ {
		line, _, _ := strings.Cut(p.text[at:last], "\n")
		next := at + len(line) + 1
		if !strings.HasPrefix(line, indent) {
			return p.fail(at, at+1, `a line must be indented as far as the """ that closes the string`)
		}
		if n > 0 {
			out.WriteByte('\n')
		}
		if err := p.unescape(out, at+len(indent), at+len(strings.TrimSuffix(line, "\r"))); err != nil {
			return err
		}
		at = next
	}
	return nil
}
