package wasihttp

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// MaxFieldsSize bounds the fields that a guest makes: names, values and
// fieldOverhead bytes for each field.
const (
	MaxFieldsSize = 128 << 10
	fieldOverhead = 32
)

// A Field is a name and a value; also the Go shape of
// tuple<field-name, field-value>.
type Field struct {
	Name  string
	Value []byte
}

// Fields are the Go side of wasi:http/types' resource fields: headers or
// trailers in the order and the case in which they were given. Names are
// compared without regard to case. Values are never changed in place.
type Fields struct {
	list      []Field
	size      int
	immutable bool
}

// A HeaderError is the Go shape of variant header-error.
type HeaderError struct {
	Case  uint8
	Other optionString
}

// The cases of header-error.
const (
	headerInvalidSyntax uint8 = iota
	headerForbidden
	headerImmutable
	headerSizeExceeded
	headerOther
)

// forbidden are the names that belong to the connection or that net/http
// writes; guests may not set them and do not see them.
var forbidden = map[string]bool{
	"connection":          true,
	"host":                true,
	"http2-settings":      true,
	"keep-alive":          true,
	"proxy-authenticate":  true,
	"proxy-authorization": true,
	"proxy-connection":    true,
	"transfer-encoding":   true,
	"upgrade":             true,
}

// check tells whether the name may be changed; if not, c is the case of the
// header-error that says why.
func (f *Fields) check(name string) (c uint8, ok bool) {
	switch {
	case f.immutable:
		return headerImmutable, false
	case !validToken(name):
		return headerInvalidSyntax, false
	case forbidden[strings.ToLower(name)]:
		return headerForbidden, false
	}
	return 0, true
}

func (f *Fields) add(name string, values ...[]byte) (c uint8, ok bool) {
	size := f.size
	for _, v := range values {
		if !validValue(v) {
			return headerInvalidSyntax, false
		}
		if size += len(name) + len(v) + fieldOverhead; size > MaxFieldsSize {
			return headerSizeExceeded, false
		}
	}
	for _, v := range values {
		f.list = append(f.list, Field{name, v})
	}
	f.size = size
	return 0, true
}

func (f *Fields) get(name string) [][]byte {
	var vs [][]byte
	for _, x := range f.list {
		if strings.EqualFold(x.Name, name) {
			vs = append(vs, x.Value)
		}
	}
	return vs
}

func (f *Fields) has(name string) bool {
	return slices.ContainsFunc(f.list, func(x Field) bool { return strings.EqualFold(x.Name, name) })
}

func (f *Fields) remove(name string) {
	f.list = slices.DeleteFunc(f.list, func(x Field) bool {
		if !strings.EqualFold(x.Name, name) {
			return false
		}
		f.size -= len(x.Name) + len(x.Value) + fieldOverhead
		return true
	})
}

func (f *Fields) set(name string, values [][]byte) (c uint8, ok bool) {
	trial := f.clone()
	trial.remove(name)
	if c, ok := trial.add(name, values...); !ok {
		return c, false
	}
	f.list, f.size = trial.list, trial.size
	return 0, true
}

func (f *Fields) clone() *Fields { return &Fields{list: slices.Clone(f.list), size: f.size} }

// freeze gives the same fields for ever: f itself must not be changed any
// more, which is so for what a guest has given away.
func (f *Fields) freeze() *Fields {
	return &Fields{list: f.list, size: f.size, immutable: true}
}

// fieldsOf makes fields of what net/http has read: names in lower case, for
// their own case is lost, and sorted, for their order is lost.
func fieldsOf(h http.Header, omit ...string) *Fields {
	f := &Fields{}
	for name, values := range h {
		name = strings.ToLower(name)
		if forbidden[name] || slices.Contains(omit, name) {
			continue
		}
		for _, v := range values {
			f.list = append(f.list, Field{name, []byte(v)})
			f.size += len(name) + len(v) + fieldOverhead
		}
	}
	slices.SortStableFunc(f.list, func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	return f
}

// ours are the names that net/http looks up in a header to be sent; they must
// be in its own case. All others go out in the case that the guest chose.
var ours = map[string]bool{
	"content-encoding": true,
	"content-length":   true,
	"content-type":     true,
	"date":             true,
	"expect":           true,
	"te":               true,
	"trailer":          true,
	"user-agent":       true,
}

// copyTo adds the fields to a header that net/http is to send, with a prefix
// before each name.
func (f *Fields) copyTo(h http.Header, prefix string) {
	for _, x := range f.list {
		name, lower := x.Name, strings.ToLower(x.Name)
		switch {
		case forbidden[lower]:
			continue
		case prefix == "" && ours[lower]:
			name = http.CanonicalHeaderKey(lower)
		}
		h[prefix+name] = append(h[prefix+name], string(x.Value))
	}
}

// validToken tells whether s is a token (RFC 9110 section 5.6.2), as names of
// fields and methods are.
func validToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}

// validValue tells whether v may be the value of a field: no control
// characters but tab (RFC 9110 section 5.5).
func validValue(v []byte) bool {
	return !slices.ContainsFunc(v, func(c byte) bool { return (c < ' ' && c != '\t') || c == 0x7f })
}
