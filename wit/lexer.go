package wit

import (
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEOF     tokenKind = iota
	tokID                // an identifier; text has no %
	tokKeyword           // a reserved word
	tokInt
	tokString
	tokPunct // text tells which
)

// A token is a lexical unit; docs is the doc comment before it.
type token struct {
	kind tokenKind
	text string
	docs string
	pos  pos
}

var keywords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`use type func u8 u16 u32 u64 s8 s16 s32 s64 f32 f64 char bool string
		resource own borrow record flags variant enum option result future stream list map
		error-context _ as from static interface tuple import export world package constructor include with async`) {
		m[w] = true
	}
	return m
}()

// A lexer splits a source into tokens. The first error sticks; after it every
// token is EOF.
type lexer struct {
	src *source
	off int
	err error
}

func (l *lexer) fail(off, n int, format string, args ...any) token {
	if l.err == nil {
		l.err = pos{l.src, off, n}.errorf(format, args...)
	}
	l.off = len(l.src.text)
	return token{kind: tokEOF, pos: pos{l.src, off, 0}}
}

// next reads one token.
func (l *lexer) next() token {
	docs, ok := l.space()
	start := l.off
	if !ok || start >= len(l.src.text) {
		return token{kind: tokEOF, docs: docs, pos: pos{l.src, start, 0}}
	}
	text := l.src.text
	c := text[start]
	t := token{docs: docs}
	switch {
	case isLetter(c):
		l.off = scanID(text, start)
		t.kind, t.text = tokID, text[start:l.off]
		if l.off < len(text) && text[l.off] == '_' {
			return l.failID(start)
		}
		if keywords[t.text] {
			t.kind = tokKeyword
		} else if msg := checkID(t.text); msg != "" {
			return l.failID(start)
		}
	case c == '%':
		l.off = scanID(text, start+1)
		t.kind, t.text = tokID, text[start+1:l.off]
		if msg := checkID(t.text); msg != "" {
			return l.fail(start, l.off-start, "invalid identifier `%%%s`: %s", t.text, msg)
		}
	case isDigit(c):
		for l.off < len(text) && isDigit(text[l.off]) {
			l.off++
		}
		t.kind, t.text = tokInt, text[start:l.off]
	case c == '"':
		s, ok := l.str()
		if !ok {
			return token{kind: tokEOF, pos: pos{l.src, start, 0}}
		}
		t.kind, t.text = tokString, s
	case c == '_':
		l.off++
		t.kind, t.text = tokKeyword, "_"
	case c == '-' && strings.HasPrefix(text[start:], "->"):
		l.off += 2
		t.kind, t.text = tokPunct, "->"
	case strings.IndexByte("=,:;(){}<>*@/.+-", c) >= 0:
		l.off++
		t.kind, t.text = tokPunct, text[start:l.off]
	default:
		r, n := utf8.DecodeRuneInString(text[start:])
		return l.fail(start, n, "unexpected character %q", r)
	}
	t.pos = pos{l.src, start, l.off - start}
	return t
}

// failID complains about the name at start, which may have underscores.
func (l *lexer) failID(start int) token {
	end := start
	for end < len(l.src.text) && (isLetter(l.src.text[end]) || isDigit(l.src.text[end]) || l.src.text[end] == '-' || l.src.text[end] == '_') {
		end++
	}
	name := strings.Trim(l.src.text[start:end], "-")
	hint := ""
	if k := kebab(name); checkID(k) == "" {
		hint = "; did you mean `" + k + "`?"
	}
	msg := checkID(name)
	if strings.Contains(name, "_") {
		msg = "the words of a name are joined by `-`"
	}
	return l.fail(start, len(name), "invalid identifier `%s`: %s%s", name, msg, hint)
}

// version reads a semantic version right after "@".
func (l *lexer) version() token {
	start := l.off
	for l.off < len(l.src.text) {
		c := l.src.text[l.off]
		if !isLetter(c) && !isDigit(c) && c != '.' && c != '-' && c != '+' {
			break
		}
		l.off++
	}
	if l.off > start && l.src.text[l.off-1] == '.' { // the dot of `.{`
		l.off--
	}
	text := l.src.text[start:l.off]
	if msg := checkVersion(text); msg != "" {
		return l.fail(start, max(1, l.off-start), "invalid version `%s`: %s", text, msg)
	}
	return token{kind: tokString, text: text, pos: pos{l.src, start, l.off - start}}
}

// space skips white space and comments and gives the doc comments among them.
func (l *lexer) space() (docs string, ok bool) {
	var lines []string
	text := l.src.text
	for l.off < len(text) {
		rest := text[l.off:]
		switch {
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n' || rest[0] == '\r':
			l.off++
		case strings.HasPrefix(rest, "//"):
			line, _, _ := strings.Cut(rest, "\n")
			if doc, isDoc := strings.CutPrefix(line, "///"); isDoc {
				lines = append(lines, docLine(strings.TrimPrefix(doc, " ")))
			}
			l.off += len(line)
		case strings.HasPrefix(rest, "/*"):
			n := blockComment(rest)
			if n < 0 {
				l.fail(l.off, 2, "unterminated block comment")
				return "", false
			}
			if strings.HasPrefix(rest, "/**") && n > len("/***/") {
				for line := range strings.SplitSeq(rest[3:n-2], "\n") {
					lines = append(lines, docLine(strings.TrimLeft(line, " \t")))
				}
			}
			l.off += n
		default:
			return strings.Trim(strings.Join(lines, "\n"), "\n"), true
		}
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n"), true
}

func docLine(s string) string { return strings.TrimRight(s, " \t\r") }

// blockComment gives the length of the nested comment s starts with, or -1.
func blockComment(s string) int {
	depth := 0
	for i := 0; i+1 < len(s); {
		switch s[i : i+2] {
		case "/*":
			depth++
			i += 2
		case "*/":
			depth--
			i += 2
			if depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return -1
}

// checkText refuses characters that make text look like something it is not.
func checkText(src *source) error {
	for i, r := range src.text {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
		case r < 0x20 || r == 0x7f:
			return pos{src, i, 1}.errorf("control character %U", r)
		case isOverride(r):
			return pos{src, i, 1}.errorf("bidirectional override character %U", r)
		case r == utf8.RuneError:
			if _, n := utf8.DecodeRuneInString(src.text[i:]); n == 1 {
				return pos{src, i, 1}.errorf("the text is not UTF-8")
			}
		}
	}
	return nil
}

// isOverride tells whether r changes the direction of text.
func isOverride(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// scanID gives the end of the identifier at off: letters, digits, and dashes
// that stand between them.
func scanID(text string, off int) int {
	for off < len(text) {
		c := text[off]
		if c == '-' && off+1 < len(text) && (isLetter(text[off+1]) || isDigit(text[off+1])) {
			off++
			continue
		}
		if !isLetter(c) && !isDigit(c) {
			break
		}
		off++
	}
	return off
}

// checkID says what keeps id from being a kebab-case name, or "".
func checkID(id string) string {
	if id == "" || !isLetter(id[0]) {
		return "a name starts with a letter"
	}
	for word := range strings.SplitSeq(id, "-") {
		if word == "" {
			return "a name has no empty words"
		}
		if word != strings.ToLower(word) && word != strings.ToUpper(word) {
			return "the letters of a word are all small or all capital"
		}
		for i := range len(word) {
			if !isLetter(word[i]) && !isDigit(word[i]) {
				return "a name has letters, digits and dashes"
			}
		}
	}
	return ""
}
