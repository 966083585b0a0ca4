package wit

import (
	"cmp"
	"slices"
	"strings"
)

// Track gives what the names of an interface in compatible versions have in
// common: "wasi:io/poll@0.2" for wasi:io/poll@0.2.3. A pre-release, and what
// comes before 0.1.0, is compatible with itself alone. A name without a version
// is its own track.
func Track(name string) string {
	base, v, ok := strings.Cut(name, "@")
	if !ok || strings.Contains(name, "<") {
		return name
	}
	v, _, _ = strings.Cut(v, "+")
	parts := strings.Split(v, ".")
	switch {
	case strings.Contains(v, "-") || len(parts) != 3:
	case parts[0] != "0":
		v = parts[0]
	case parts[1] != "0":
		v = "0." + parts[1]
	}
	return base + "@" + v
}

// CompareVersions compares two semantic versions by the rules of precedence:
// it is negative if a comes before b.
func CompareVersions(a, b string) int {
	a, _, _ = strings.Cut(a, "+")
	b, _, _ = strings.Cut(b, "+")
	a, preA, hasA := strings.Cut(a, "-")
	b, preB, hasB := strings.Cut(b, "-")
	if c := compareParts(a, b); c != 0 {
		return c
	}
	switch {
	case hasA && hasB:
		return compareParts(preA, preB)
	case hasA:
		return -1
	case hasB:
		return 1
	}
	return 0
}

// compareParts compares identifiers between dots: numbers by value and before
// words, and less of them before more.
func compareParts(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(x, y string) int {
		numX, numY := isNumber(x), isNumber(y)
		switch {
		case numX && numY:
			return cmp.Or(len(x)-len(y), strings.Compare(x, y))
		case numX:
			return -1
		case numY:
			return 1
		}
		return strings.Compare(x, y)
	})
}
