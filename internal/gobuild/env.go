package gobuild

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// An environ is a list of KEY=value. Where a key stands twice the last counts.
type environ []string

func sameKey(a, b string) bool {
	return a == b || runtime.GOOS == "windows" && strings.EqualFold(a, b)
}

func (e environ) get(key string) string {
	for _, kv := range slices.Backward(e) {
		if k, v, ok := strings.Cut(kv, "="); ok && sameKey(k, key) {
			return v
		}
	}
	return ""
}

func (e environ) without(keys ...string) environ {
	return slices.DeleteFunc(slices.Clone(e), func(kv string) bool {
		k, _, _ := strings.Cut(kv, "=")
		return slices.ContainsFunc(keys, func(key string) bool { return sameKey(k, key) })
	})
}

func (e environ) with(key, value string) environ {
	return append(e.without(key), key+"="+value)
}

// targetEnv is the environment of a build for wasip1. It replaces what the
// user may have set for native builds: the target, cgo, FIPS mode and
// GOPATH mode. What decides which source is built stays: GOWORK, GOTOOLCHAIN,
// GOPROXY and the like, and GOEXPERIMENT, which enables packages.
//
// An empty variable would let the go command's configuration file (go env -w)
// decide, so each has a value that says what its default says.
func targetEnv(e environ, dir string) environ {
	e = e.without("GO_EXTLINK_ENABLED")
	for _, kv := range [...][2]string{
		{"GOOS", "wasip1"},
		{"GOARCH", "wasm"},
		{"GOWASM", "satconv,signext"},
		{"CGO_ENABLED", "0"},
		{"GO111MODULE", "on"},
		{"GOFIPS140", "off"},
		{"PWD", dir},
	} {
		e = e.with(kv[0], kv[1])
	}
	return e
}

// keptFlags are the flags in GOFLAGS that have a say in a build: those that
// select the source and those that tell how loud and how parallel the go
// command is. All others speak of native programs (-race, -cover, -buildmode,
// -o, -gcflags, -ldflags, -overlay …) or change what the go command prints.
var keptFlags = []string{"mod", "modfile", "modcacherw", "tags", "p", "v", "x", "work"}

// splitGOFLAGS takes the value of GOFLAGS apart. The kept flags come without
// -tags, because a -tags in a command line hides that of GOFLAGS.
func splitGOFLAGS(value string) (kept, tags []string, err error) {
	words, err := splitQuoted(value)
	if err != nil {
		return nil, nil, fmt.Errorf("GOFLAGS: %w", err)
	}
	for _, word := range words {
		name, val, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-"), "=")
		switch {
		case !slices.Contains(keptFlags, name):
		case name == "tags":
			tags = splitTags(val)
		default:
			kept = append(kept, word)
		}
	}
	return kept, tags, nil
}

// splitTags reads a list of tags, separated by commas or, as of old, spaces.
func splitTags(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// splitQuoted splits at white space as the go command does: a word that starts
// with a quotation mark ends with it.
func splitQuoted(s string) ([]string, error) {
	var words []string
	for {
		s = strings.TrimLeft(s, " \t\r\n")
		if s == "" {
			return words, nil
		}
		if q := s[0]; q == '\'' || q == '"' {
			end := strings.IndexByte(s[1:], q)
			if end < 0 {
				return nil, fmt.Errorf("unterminated %c string", q)
			}
			words, s = append(words, s[1:1+end]), s[2+end:]
			continue
		}
		end := strings.IndexAny(s, " \t\r\n")
		if end < 0 {
			end = len(s)
		}
		words, s = append(words, s[:end]), s[end:]
	}
}

// joinQuoted undoes splitQuoted.
func joinQuoted(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		switch {
		case !strings.ContainsAny(w, " \t\r\n'\""):
			b.WriteString(w)
		case !strings.Contains(w, "'"):
			b.WriteString("'" + w + "'")
		default:
			b.WriteString(`"` + w + `"`)
		}
	}
	return b.String()
}
