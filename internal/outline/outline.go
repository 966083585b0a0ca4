// Package outline describes WIT models in text, with a line for each package,
// interface, world, type, function and item, so that tests can compare a model
// with what wasm-tools says of the same WIT (`wasm-tools component wit --json`)
// and a difference reads as one. Packages are sorted by name: their order in
// that JSON follows from how that parser works.
package outline

import (
	"fmt"
	"slices"
	"strings"
)

// An outline collects lines, package by package.
type outline struct {
	packages []string
	noDocs   bool
}

func (o *outline) line(indent int, docs, text, gates string) {
	if indent == 0 {
		o.packages = append(o.packages, "")
	}
	line := strings.Repeat("  ", indent) + text
	if gates != "" {
		line += " @" + gates
	}
	o.packages[len(o.packages)-1] += line + o.docs(docs) + "\n"
}

func (o *outline) docs(docs string) string {
	if docs == "" || o.noDocs {
		return ""
	}
	return fmt.Sprintf(" // %q", docs)
}

func (o *outline) String() string {
	slices.Sort(o.packages)
	return strings.Join(o.packages, "")
}

func gates(since, unstable, deprecated string) string {
	return strings.Join(strings.Fields(" "+label("since", since)+label("unstable", unstable)+label("deprecated", deprecated)), " ")
}

func label(word, value string) string {
	if value == "" {
		return ""
	}
	return " " + word + "=" + value
}
