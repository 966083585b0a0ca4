package wit

import (
	"fmt"
	"slices"
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
	marked := line[min(off-start, len(line)):]
	e.Width = max(1, utf8.RuneCountInString(marked[:min(p.len, len(marked))]))
	return e
}

// place names the place as seen from another one: the file only if it differs.
func (p pos) place(from pos) string {
	e := p.errorf("").(*Error)
	if p.src == from.src {
		return fmt.Sprintf("%d:%d", e.Line, e.Col)
	}
	return fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Col)
}

// maxCycle bounds how many names of a cycle an error shows.
const maxCycle = 6

// cycle writes names that depend on each other in a circle: ": `a`, which
// needs `b`, which needs `a`"; nothing for one name.
func cycle(names []string) string {
	if len(names) == 1 {
		return ""
	}
	names = append(slices.Clone(names), names[0])
	if len(names) > maxCycle {
		names = append(names[:maxCycle-2:maxCycle-2], "…", names[len(names)-2], names[len(names)-1])
	}
	for i, n := range names {
		if n != "…" {
			names[i] = "`" + n + "`"
		}
	}
	return ": " + strings.Join(names, ", which needs ")
}

// Nearest gives "; did you mean `x`?" for the candidate that looks most like
// name, or "" if none does.
func Nearest(name string, candidates []string) string {
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

// foreignTypes are names that other languages have for what WIT has.
var foreignTypes = map[string]string{
	"i8": "s8", "i16": "s16", "i32": "s32", "i64": "s64",
	"int8": "s8", "int16": "s16", "int32": "s32", "int64": "s64", "int": "s32",
	"uint8": "u8", "uint16": "u16", "uint32": "u32", "uint64": "u64", "uint": "u32", "byte": "u8",
	"float32": "f32", "float64": "f64", "float": "f32", "double": "f64",
	"str": "string", "boolean": "bool", "rune": "char", "bytes": "list<u8>", "vec": "list", "array": "list",
	"optional": "option", "struct": "record", "union": "variant",
}

// nearestType is nearest for a type's name.
func nearestType(name string, types []string) string {
	if same := Nearest(name, types); same != "" {
		return same
	}
	if here := foreignTypes[name]; here != "" {
		return "; did you mean `" + here + "`?"
	}
	return Nearest(name, append(primitiveNames[:], "list", "option", "result", "tuple", "stream", "future", "map", "own", "borrow"))
}

// distance is the number of letters to add, drop, change or swap with the next
// one (no letter twice) that makes b of the ASCII string a.
func distance(a, b string) int {
	var before, last []int // the two rows above
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			if a[i] == b[j] {
				row[j+1] = last[j]
				continue
			}
			row[j+1] = 1 + min(last[j], last[j+1], row[j])
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], 1+before[j-1])
			}
		}
	}
	return row[len(b)]
}

// kebab gives the kebab-case name that a name in another style may mean.
func kebab(name string) string {
	var words []string
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '_' || r == '-' }) {
		start := 0
		for i := 1; i < len(part); i++ {
			if isUpper(part[i]) && !isUpper(part[i-1]) {
				words, start = append(words, part[start:i]), i
			}
		}
		words = append(words, part[start:])
	}
	for i, w := range words {
		if checkID(w) != "" {
			words[i] = strings.ToLower(w)
		}
	}
	return strings.Join(words, "-")
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
