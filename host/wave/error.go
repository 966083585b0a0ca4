package wave

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An Error is a mistake in text and where it is.
type Error struct {
	Line, Col int    // from 1; Col counts characters
	Msg       string // the complaint, without the place
	Text      string // the line
	Width     int    // characters to underline, at least 1
}

// maxShown bounds how much of a line an error repeats.
const maxShown = 100

// Error gives the message, the line and a caret under the place.
func (e *Error) Error() string {
	line, col := []rune(e.Text), e.Col-1
	if len(line) > maxShown {
		from := max(0, min(col-maxShown/2, len(line)-maxShown))
		line, col = line[from:from+maxShown], col-from
	}
	pad := make([]rune, col)
	for i := range pad {
		pad[i] = ' '
		if i < len(line) && line[i] == '\t' {
			pad[i] = '\t'
		}
	}
	for i, c := range line {
		if c != '\t' && !unicode.IsPrint(c) {
			line[i] = '�'
		}
	}
	width := max(1, min(e.Width, len(line)-col))
	place := ""
	if e.Line > 1 {
		place = fmt.Sprintf("line %d: ", e.Line)
	}
	return fmt.Sprintf("%s%s\n\t%s\n\t%s%s", place, e.Msg, string(line), string(pad), strings.Repeat("^", width))
}

// fail makes the error of a place in the text.
func (p *parser) fail(from, to int, format string, args ...any) error {
	from = min(from, len(p.text))
	to = max(from, min(to, len(p.text)))
	before := p.text[:from]
	start := strings.LastIndexByte(before, '\n') + 1
	line, _, _ := strings.Cut(p.text[start:], "\n")
	marked, _, _ := strings.Cut(p.text[from:to], "\n")
	return &Error{
		Line:  1 + strings.Count(before, "\n"),
		Col:   1 + utf8.RuneCountInString(before[start:]),
		Msg:   p.where + fmt.Sprintf(format, args...),
		Text:  strings.TrimRight(line, "\r"),
		Width: max(1, utf8.RuneCountInString(strings.TrimRight(marked, "\r"))),
	}
}
