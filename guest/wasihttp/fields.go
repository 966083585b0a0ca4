package wasihttp

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	"github.com/isyswasfa/isyswasfa/guest/wit/types"
)

// hopByHop are the fields that concern a connection, which the host keeps, and
// Host, which is the request's authority.
var hopByHop = map[string]bool{
	"Connection":        true,
	"Host":              true,
	"Http2-Settings":    true,
	"Keep-Alive":        true,
	"Proxy-Connection":  true,
	"Transfer-Encoding": true,
	"Upgrade":           true,
}

// toHeader reads fields and drops them.
func toHeader(fields *wasi_http_types.Fields) http.Header {
	entries := fields.CopyAll()
	fields.Drop()
	h := make(http.Header, len(entries))
	for _, e := range entries {
		name := http.CanonicalHeaderKey(e.F0)
		h[name] = append(h[name], string(e.F1))
	}
	return h
}

// toFields makes fields of what in h may be sent, with names in lower case and
// in order. What the host refuses is left out and its name returned.
func toFields(h http.Header) (fields *wasi_http_types.Fields, refused string) {
	var entries []types.Tuple2[string, []uint8]
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if hopByHop[http.CanonicalHeaderKey(name)] || !validName(name) {
			continue
		}
		for _, value := range h[name] {
			entries = append(entries, types.Tuple2[string, []uint8]{F0: strings.ToLower(name), F1: cleanValue(value)})
		}
	}
	if made := wasi_http_types.FieldsFromList(entries); made.IsOk() {
		return made.Ok(), ""
	}
	fields = wasi_http_types.MakeFields()
	for _, e := range entries {
		if fields.Append(e.F0, e.F1).IsErr() {
			refused = e.F0
		}
	}
	return fields, refused
}

// validName tells whether name is a token of RFC 9110, section 5.6.2.
func validName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return name != ""
}

var newlineToSpace = strings.NewReplacer("\n", " ", "\r", " ")

// cleanValue makes one line of value, as net/http does when it sends a field.
func cleanValue(value string) []byte {
	return []byte(strings.Trim(newlineToSpace.Replace(value), " \t"))
}

// takeTrailerNames removes the Trailer field from h and returns a header that
// has the names it announces and no values yet. The trailers that come are put
// in there, so it is never nil.
func takeTrailerNames(h http.Header) http.Header {
	names := http.Header{}
	for _, line := range h["Trailer"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = http.CanonicalHeaderKey(strings.TrimSpace(name)); name != "" && validTrailer(name) {
				names[name] = nil
			}
		}
	}
	delete(h, "Trailer")
	return names
}

// validTrailer tells whether a field may be a trailer at all.
func validTrailer(name string) bool {
	return validName(name) && !hopByHop[name] && name != "Trailer" && name != "Content-Length"
}
