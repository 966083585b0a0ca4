package wave

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"unicode"

	"github.com/isyswasfa/isyswasfa/host"
)

// Format writes a value of type t on one line. A value that does not fit the
// type is an error, and so is one that holds a resource.
func Format(v any, t *host.Type) (string, error) {
	b, err := Append(nil, v, t)
	return string(b), err
}

// Append is Format that appends to b.
func Append(b []byte, v any, t *host.Type) ([]byte, error) {
	v, err := t.Canonical(v)
	if err != nil {
		return b, err
	}
	return appendValue(b, v, t)
}

// appendValue writes a value in canonical form.
func appendValue(b []byte, v any, t *host.Type) ([]byte, error) {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(b, v), nil
	case float32:
		return appendFloat(b, float64(v), 32), nil
	case float64:
		return appendFloat(b, v, 64), nil
	case string:
		if t.Kind == host.KindEnum {
			return appendLabel(b, v), nil
		}
		return appendString(b, v), nil
	case host.Record:
		return appendRecord(b, v, t)
	case host.Variant:
		i := slices.IndexFunc(t.Cases, func(c host.NamedType) bool { return c.Name == v.Case })
		return appendCase(appendLabel(b, v.Case), v.Value, t.Cases[i].Type)
	case host.Option[any]:
		if !v.Some {
			return append(b, "none"...), nil
		}
		return appendCase(append(b, "some"...), v.Value, t.Cases[1].Type)
	case host.Result[any, any]:
		if v.IsErr {
			return appendCase(append(b, "err"...), v.Err, t.Cases[1].Type)
		}
		return appendCase(append(b, "ok"...), v.OK, t.Cases[0].Type)
	}
	switch t.Kind {
	case host.KindChar:
		b = appendChar(append(b, '\''), v.(rune))
		return append(b, '\''), nil
	case host.KindList:
		return appendList(b, reflect.ValueOf(v), t.Elem)
	case host.KindTuple:
		return appendTuple(b, v.([]any), t)
	case host.KindFlags:
		return appendFlags(b, v.([]string)), nil
	case host.KindOwn, host.KindBorrow:
		return b, fmt.Errorf("a resource (%s) cannot be written as text", t)
	}
	return fmt.Append(b, v), nil // an integer
}

// appendFloat writes the shortest number that is read as f. Very large and very
// small ones have an exponent.
func appendFloat(b []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "nan"...)
	case math.IsInf(f, 1):
		return append(b, "inf"...)
	case math.IsInf(f, -1):
		return append(b, "-inf"...)
	}
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		start := len(b)
		b = strconv.AppendFloat(b, f, 'e', -1, bits)
		// Exponents have no zeros in front: e-07 is e-7.
		if n := len(b); n-start > 3 && b[n-4] == 'e' && b[n-2] == '0' {
			b = append(b[:n-2], b[n-1])
		}
		return b
	}
	return strconv.AppendFloat(b, f, 'f', -1, bits)
}

// appendLabel writes a case.
func appendLabel(b []byte, label string) []byte {
	if slices.Contains(keywords, label) {
		b = append(b, '%')
	}
	return append(b, label...)
}

func appendCase(b []byte, v any, t *host.Type) ([]byte, error) {
	if t == nil {
		return b, nil
	}
	b, err := appendValue(append(b, '('), v, t)
	return append(b, ')'), err
}

// appendRecord leaves out fields that are none.
func appendRecord(b []byte, r host.Record, t *host.Type) ([]byte, error) {
	b = append(b, '{')
	empty := true
	for i, f := range r {
		if o, ok := f.Value.(host.Option[any]); ok && !o.Some {
			continue
		}
		if !empty {
			b = append(b, ", "...)
		}
		empty = false
		b = append(append(b, f.Name...), ": "...)
		var err error
		if b, err = appendValue(b, f.Value, t.Fields[i].Type); err != nil {
			return b, err
		}
	}
	if empty {
		b = append(b, ':')
	}
	return append(b, '}'), nil
}

func appendList(b []byte, list reflect.Value, elem *host.Type) ([]byte, error) {
	b = append(b, '[')
	for i := range list.Len() {
		if i > 0 {
			b = append(b, ", "...)
		}
		var err error
		if b, err = appendValue(b, list.Index(i).Interface(), elem); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}

func appendTuple(b []byte, list []any, t *host.Type) ([]byte, error) {
	b = append(b, '(')
	for i, v := range list {
		if i > 0 {
			b = append(b, ", "...)
		}
		var err error
		if b, err = appendValue(b, v, t.Fields[i].Type); err != nil {
			return b, err
		}
	}
	return append(b, ')'), nil
}

func appendFlags(b []byte, set []string) []byte {
	b = append(b, '{')
	for i, l := range set {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, l...)
	}
	return append(b, '}')
}

func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, c := range s {
		b = appendChar(b, c)
	}
	return append(b, '"')
}

// appendChar writes a character of a char or string. What does not show is
// escaped, and both quotes are.
func appendChar(b []byte, c rune) []byte {
	switch c {
	case '\'', '"', '\\':
		return append(b, '\\', byte(c))
	case '\t':
		return append(b, `\t`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	}
	if unicode.IsPrint(c) {
		return append(b, string(c)...)
	}
	return fmt.Appendf(b, `\u{%x}`, c)
}
