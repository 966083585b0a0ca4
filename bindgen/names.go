// Package bindgen is what the generators of Go bindings share: how names of
// WIT become names of Go, the Canonical ABI's view of WIT types in which
// streams and futures are handles, and comments.
package bindgen

import (
	"go/token"
	"strings"

	"github.com/isyswasfa/isyswasfa/wit"
)

// words takes a kebab name apart: "DNS-timeout" is "dns", "timeout".
func words(name string) []string { return strings.Split(strings.ToLower(name), "-") }

// UpperCamel gives the exported Go name of a WIT name: "DNS-timeout" is
// "DnsTimeout".
func UpperCamel(name string) string {
	var b strings.Builder
	for _, w := range words(name) {
		if w != "" {
			b.WriteString(strings.ToUpper(w[:1]) + w[1:])
		}
	}
	return b.String()
}

// LowerCamel gives the local Go name of a WIT name: "max-len" is "maxLen". A
// name that Go or generated code has another use for gets an underscore.
func LowerCamel(name string) string {
	first, rest, _ := strings.Cut(name, "-")
	s := strings.ToLower(first) + UpperCamel(rest)
	if token.IsKeyword(s) || predeclared[s] {
		s += "_"
	}
	return s
}

// predeclared are the names that generated functions rely on.
var predeclared = map[string]bool{}

func init() {
	for _, s := range strings.Fields(`bool uint8 int8 uint16 int16 uint32 int32 uint64 int64 float32 float64 rune
		string uintptr any len make new nil panic true false init main runtime unsafe math self witTypes witRuntime witAsync Exports`) {
		predeclared[s] = true
	}
}

// Snake gives the name of a WIT name within a Go package's name:
// "monotonic-clock" is "monotonic_clock".
func Snake(name string) string { return strings.Join(words(name), "_") }

// PackageName gives the name of the Go package for an interface:
// "wasi_http_types" for wasi:http/types@0.3.0, and "wasi_http_0_3_0_types" if
// the version is to be in it.
func PackageName(i *wit.Interface, version bool) string {
	p := i.Package.Name
	parts := []string{Snake(p.Namespace), Snake(p.Name)}
	if version && p.Version != "" {
		v := strings.NewReplacer(".", "_", "-", "_", "+", "_").Replace(strings.ToLower(p.Version))
		parts = append(parts, v)
	}
	return strings.Join(append(parts, Snake(i.Name)), "_")
}

// PackageIdent makes a name that a Go package may have: "main", keywords and
// names that generated code has another use for get an underscore, and so do
// those of folders that the go command treats differently.
func PackageIdent(name string) string {
	switch {
	case token.IsKeyword(name), predeclared[name], name == "internal", name == "vendor", name == "testdata":
		return name + "_"
	}
	return name
}

// Comment gives text as the lines of a Go comment, each with its line end; ""
// if there is no text.
func Comment(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	var b strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(text, "\r", "")) {
		b.WriteString(strings.TrimRight("// "+line, " \t\n") + "\n")
	}
	return b.String()
}
