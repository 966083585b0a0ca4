package wave

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/isyswasfa/isyswasfa/host"
)

func (p *parser) boolean() (any, error) {
	if s := p.tokenText(); p.tok.kind == tokenLabel && (s == "true" || s == "false") {
		p.next()
		return s == "true", nil
	}
	return nil, p.unexpected("a bool (true or false)")
}

// integers tells width and sign of the integer kinds.
var integers = map[host.Kind]struct {
	bits   int
	signed bool
}{
	host.KindS8: {8, true}, host.KindS16: {16, true}, host.KindS32: {32, true}, host.KindS64: {64, true},
	host.KindU8: {8, false}, host.KindU16: {16, false}, host.KindU32: {32, false}, host.KindU64: {64, false},
}

// bounds gives the range of an integer kind.
func bounds(k host.Kind) string {
	i := integers[k]
	if i.signed {
		return fmt.Sprintf("%d to %d", int64(-1)<<(i.bits-1), int64(1)<<(i.bits-1)-1)
	}
	return fmt.Sprintf("0 to %d", uint64(1)<<(i.bits-1)-1+uint64(1)<<(i.bits-1))
}

func (p *parser) integer(k host.Kind) (any, error) {
	if p.tok.kind != tokenNumber {
		return nil, p.unexpected("a number (" + k.String() + ")")
	}
	s, tok := p.tokenText(), p.tok
	if !isNumber(s, false) {
		return nil, p.fail(tok.from, tok.to, "%s wants a whole decimal number", k)
	}
	i := integers[k]
	var err error
	var u uint64
	var n int64
	if i.signed {
		n, err = strconv.ParseInt(s, 10, i.bits)
	} else if u, err = strconv.ParseUint(strings.TrimPrefix(s, "-"), 10, i.bits); s[0] == '-' {
		err = strconv.ErrRange
	}
	if err != nil {
		return nil, p.fail(tok.from, tok.to, "%s wants a number from %s", k, bounds(k))
	}
	p.next()
	switch k {
	case host.KindS8:
		return int8(n), nil
	case host.KindS16:
		return int16(n), nil
	case host.KindS32:
		return int32(n), nil
	case host.KindS64:
		return n, nil
	case host.KindU8:
		return uint8(u), nil
	case host.KindU16:
		return uint16(u), nil
	case host.KindU32:
		return uint32(u), nil
	}
	return u, nil
}

// isNumber tells whether s is a number as JSON has them, with or without a
// fraction and an exponent.
func isNumber(s string, float bool) bool {
	s = strings.TrimPrefix(s, "-")
	digits := digitsOf(&s)
	if digits == "" || len(digits) > 1 && digits[0] == '0' {
		return false
	}
	if float && strings.HasPrefix(s, ".") {
		s = s[1:]
		if digitsOf(&s) == "" {
			return false
		}
	}
	if float && (strings.HasPrefix(s, "e") || strings.HasPrefix(s, "E")) {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if digitsOf(&s) == "" {
			return false
		}
	}
	return s == ""
}

// digitsOf cuts the digits off the start of s.
func digitsOf(s *string) string {
	n := 0
	for n < len(*s) && isDigit((*s)[n]) {
		n++
	}
	digits := (*s)[:n]
	*s = (*s)[n:]
	return digits
}

// float reads a float, rounded to the nearest one; what is too large is
// infinite.
func (p *parser) float(k host.Kind) (any, error) {
	s := p.tokenText()
	number := p.tok.kind == tokenNumber && (s == "-inf" || isNumber(s, true))
	if !number && (p.tok.kind != tokenLabel || s != "inf" && s != "nan") {
		return nil, p.unexpected("a number (" + k.String() + ")")
	}
	bits := 64
	if k == host.KindF32 {
		bits = 32
	}
	f, _ := strconv.ParseFloat(s, bits) // the only error left is that of range
	p.next()
	if bits == 32 {
		return float32(f), nil
	}
	return f, nil
}
