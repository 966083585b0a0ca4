package component

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// binarySuite is the binary format's part of the component model's reference
// tests, which need not be there.
const binarySuite = "../../../shared/suites/component-model/binary/binary.wast"

// Valid components of the suite that use what is not supported.
var unsupported = []string{nativeAsync, "are not supported", "is not supported", "a host cannot give"}

func TestBinarySuite(t *testing.T) {
	text, err := os.ReadFile(binarySuite)
	if err != nil {
		t.Skip("the reference tests are not there")
	}
	good, bad := 0, 0
	for _, c := range wastBinaries(string(text)) {
		_, err := decodeAndLink(c.binary)
		switch {
		case c.valid && err != nil && !containsAny(err.Error(), unsupported):
			t.Errorf("line %d: %v", c.line, err)
		case !c.valid && err == nil:
			t.Errorf("line %d: no error", c.line)
		}
		if c.valid {
			good++
		} else {
			bad++
		}
	}
	t.Logf("%d valid components, %d others", good, bad)
	if good == 0 || bad == 0 {
		t.Error("the suite was not understood")
	}
}

func decodeAndLink(b []byte) (*Program, error) {
	c, err := Decode(b)
	if err != nil {
		return nil, err
	}
	return Link(c)
}

func containsAny(s string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

type wastBinary struct {
	line   int
	valid  bool
	binary []byte
}

// wastBinaries finds the components in a script that are given as binaries.
// Tokens are enough for that: "(component", perhaps names and keywords,
// "binary", and the strings up to ")".
func wastBinaries(text string) []wastBinary {
	var found []wastBinary
	var current *wastBinary
	valid, inComponent := true, false
	line := 1
	for len(text) > 0 {
		var token string
		token, text = wastToken(text)
		switch {
		case token == "(assert_malformed" || token == "(assert_invalid":
			valid = false
		case strings.HasPrefix(token, "(component"):
			inComponent = true
		case token == "binary" && inComponent:
			current = &wastBinary{line: line, valid: valid}
		case token[0] == '"' && current != nil:
			current.binary = append(current.binary, unquote(token[1:len(token)-1])...)
		case token == ")" && inComponent:
			if current != nil {
				found = append(found, *current)
			}
			current, valid, inComponent = nil, true, false
		}
		line += strings.Count(token, "\n")
	}
	return found
}

// wastToken cuts the first token: a comment, a string, "(" with the word that
// follows, ")", a word, or one character of space.
func wastToken(s string) (token, rest string) {
	word := func(s string) int {
		if i := strings.IndexAny(s, " \t\n()\";"); i >= 0 {
			return i
		}
		return len(s)
	}
	n := 1
	switch {
	case strings.HasPrefix(s, ";;"):
		if n = strings.IndexByte(s, '\n'); n < 0 {
			n = len(s)
		}
	case s[0] == '"':
		for n < len(s) && s[n] != '"' {
			if s[n] == '\\' {
				n++
			}
			n++
		}
		n++
	case s[0] == '(':
		n = 1 + word(s[1:])
	default:
		n = max(1, word(s))
	}
	n = min(n, len(s))
	return s[:n], s[n:]
}

func unquote(s string) []byte {
	var out []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		if b, err := hex.DecodeString(s[i+1 : min(i+3, len(s))]); err == nil {
			out = append(out, b...)
			i += 2
		}
	}
	return out
}
