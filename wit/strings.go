package wit

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// str reads a string literal, which is as in WebAssembly's text format; l.off
// is at the quote. It gives false after an error.
func (l *lexer) str() (string, bool) {
	text, start := l.src.text, l.off
	var s strings.Builder
	for l.off++; l.off < len(text); {
		switch c := text[l.off]; c {
		case '"':
			l.off++
			if !utf8.ValidString(s.String()) {
				l.fail(start, l.off-start, "the string is not UTF-8")
				return "", false
			}
			return s.String(), true
		case '\n':
			l.fail(start, l.off-start, "unterminated string: it has no closing quote in this line")
			return "", false
		case '\\':
			n, value := unescape(text[l.off:])
			if n == 0 {
				bad := badEscape(text[l.off:])
				l.fail(l.off, len(bad), `invalid escape %s: there are \t \n \r \" \' \\, \u{…} for a character and two hexadecimal digits for a byte`, bad)
				return "", false
			}
			s.WriteString(value)
			l.off += n
		default:
			s.WriteByte(c)
			l.off++
		}
	}
	l.fail(start, 1, "unterminated string")
	return "", false
}

// unescape gives the length and the meaning of the escape that s starts with,
// or 0 if it is none.
func unescape(s string) (int, string) {
	if len(s) < 2 {
		return 0, ""
	}
	if i := strings.IndexByte(`tnr"'\`, s[1]); i >= 0 {
		return 2, "\t\n\r\"'\\"[i : i+1]
	}
	if digits, ok := strings.CutPrefix(s, `\u{`); ok {
		digits, _, ok = strings.Cut(digits, "}")
		n, err := strconv.ParseUint(strings.ReplaceAll(digits, "_", ""), 16, 32)
		if !ok || err != nil || !utf8.ValidRune(rune(n)) || n > utf8.MaxRune || digits[0] == '_' || digits[len(digits)-1] == '_' || strings.Contains(digits, "__") {
			return 0, ""
		}
		return len(`\u{}`) + len(digits), string(rune(n))
	}
	if len(s) < 3 {
		return 0, ""
	}
	b, err := strconv.ParseUint(s[1:3], 16, 8)
	if err != nil {
		return 0, ""
	}
	return 3, string([]byte{byte(b)})
}

// badEscape gives what an error shows of a wrong escape.
func badEscape(s string) string {
	end := 1
	if strings.HasPrefix(s, `\u{`) {
		for end = 3; end < len(s) && (isLetter(s[end]) || isDigit(s[end])); {
			end++
		}
		if strings.HasPrefix(s[end:], "}") {
			end++
		}
	} else if len(s) > 1 && s[1] != '\n' && s[1] != '\r' {
		_, n := utf8.DecodeRuneInString(s[1:])
		end += n
	}
	return s[:end]
}

// quote writes a string literal.
func quote(s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r < 0x20 || r == 0x7f || isOverride(r):
			fmt.Fprintf(&out, `\u{%x}`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
	return out.String()
}
