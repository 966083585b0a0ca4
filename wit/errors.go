package wit

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// An Error is a mistake in WIT text and where it is.
type Error struct {
	File      string
	Line, Col int    // from 1; Col counts characters
	Msg       string // the complaint, without the place
	Text      string // the source line
	Width     int    // characters to underline, at least 1
}

// maxShown bounds how much of a source line an error repeats.
const maxShown = 160

// Error gives "file:line:column: message", the source line and a caret.
func (e *Error) Error() string {
	text, col := e.Text, e.Col
	if runes := []rune(text); len(runes) > maxShown {
		from := max(0, min(col-1-maxShown/2, len(runes)-maxShown))
		text, col = string(runes[from:from+maxShown]), col-from
	}
	var pad strings.Builder
	for i, c := range []rune(text) {
		if i >= col-1 {
			break
		}
		if c == '\t' {
			pad.WriteByte('\t')
		} else {
			pad.WriteByte(' ')
		}
	}
	for pad.Len() < col-1 {
		pad.WriteByte(' ')
	}
	caret := "^" + strings.Repeat("-", max(0, min(e.Width, maxShown)-1))
	num := fmt.Sprintf("%5d", e.Line)
	return fmt.Sprintf("%s:%d:%d: %s\n%s | %s\n%s | %s%s", e.File, e.Line, e.Col, e.Msg, num, text, strings.Repeat(" ", len(num)), pad.String(), caret)
}

// A source is one file of WIT text.
type source struct {
	path, text string
}

// A pos is a stretch of a source.
type pos struct {
	src      *source
	off, len int
}

func (p pos) errorf(format string, args ...any) error {
	e := &Error{Msg: fmt.Sprintf(format, args...), Line: 1, Col: 1, Width: 1}
	if p.src == nil {
		return e
	}
	e.File = p.src.path
	off := min(p.off, len(p.src.text))
	before := p.src.text[:off]
	start := strings.LastIndexByte(before, '\n') + 1
	line := p.src.text[start:]
	if end := strings.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	e.Line = 1 + strings.Count(before, "\n")
	e.Col = 1 + utf8.RuneCountInString(before[start:])
	e.Text = strings.TrimRight(line, "\r")
	e.Width = max(1, min(p.len, len(line)-(off-start)))
	return e
}

// nearest gives "; did you mean `x`?" for the candidate that looks most like
// name, or "" if none does.
func nearest(name string, candidates []string) string {
	best, bestDist := "", min(len(name), 1+max(1, len(name)/3))
	for _, c := range candidates {
		if c == name || len(c)-len(name) >= bestDist || len(name)-len(c) >= bestDist || len(c) > 256 {
			continue
		}
		if d := distance(name, c); d < bestDist || d == bestDist && best != "" && c < best {
			best, bestDist = c, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean `" + best + "`?"
}

// distance is the Levenshtein distance of two ASCII strings.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			next := diag
			if a[i] != b[j] {
				next = 1 + min(diag, row[j], row[j+1])
			}
			diag, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}
