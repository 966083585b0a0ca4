package abi

import (
	"encoding/binary"
	"unicode/utf8"
	"unsafe"
)

// A charset is how the characters of one string are really encoded: what
// latin1+utf16 leaves to a tag is decided.
type charset uint8

const (
	csUTF8 charset = iota
	csUTF16
	csLatin1
)

// utf16Tag marks the length of a UTF-16 string in latin1+utf16.
const utf16Tag = 1 << 31

// stringBytes finds the bytes and the charset of a string in memory (spec:
// load_string_from_range). The bytes are not validated.
func (cx *Call) stringBytes(ptr, units uint32) ([]byte, charset, error) {
	cs, align, bytes := csUTF8, uint32(1), uint64(units)
	switch cx.Opts.Encoding {
	case UTF16:
		cs, align, bytes = csUTF16, 2, 2*uint64(units)
	case Latin1UTF16:
		cs, align = csLatin1, 2
		if units&utf16Tag != 0 {
			cs, bytes = csUTF16, 2*uint64(units&^utf16Tag)
		}
	}
	if bytes > MaxListBytes {
		return nil, 0, trapf(TrapTooLong, "string of %d bytes", bytes)
	}
	if err := cx.check(ptr, uint32(bytes), align); err != nil {
		return nil, 0, err
	}
	return cx.mem[ptr : ptr+uint32(bytes)], cs, nil
}

func (cx *Call) liftString(ptr, units uint32, p *string) error {
	src, cs, err := cx.stringBytes(ptr, units)
	if err != nil {
		return err
	}
	if cs == csUTF8 {
		if !utf8.Valid(src) {
			return trapString(cs)
		}
		if err := cx.spend(len(src)); err != nil {
			return err
		}
		*p = string(src)
		return nil
	}
	st, err := measure(cs, src)
	if err != nil {
		return err
	}
	if st.utf8 == 0 {
		*p = ""
		return nil
	}
	if err := cx.spend(st.utf8); err != nil {
		return err
	}
	dst := make([]byte, st.utf8)
	transcode(csUTF8, dst, cs, src)
	*p = unsafe.String(&dst[0], len(dst)) // dst is not written to any more
	return nil
}

func (cx *Call) lowerGoString(s string) (ptr, units uint32, err error) {
	if len(s) > MaxListBytes {
		return 0, 0, trapf(TrapTooLong, "string of %d bytes", len(s))
	}
	return cx.lowerString(csUTF8, unsafe.Slice(unsafe.StringData(s), len(s)))
}

// lowerString puts a string into the memory of cx, converted to its encoding.
// The source is measured first, so that one allocation of the right size is
// enough (the specification allows the guess and correction that it shows,
// but does not ask for it).
func (cx *Call) lowerString(cs charset, src []byte) (ptr, units uint32, err error) {
	if cs == csUTF8 && cx.Opts.Encoding == UTF8 {
		if !utf8.Valid(src) {
			return 0, 0, trapString(cs)
		}
		if ptr, err = cx.alloc(1, uint32(len(src))); err != nil {
			return 0, 0, err
		}
		copy(cx.mem[ptr:], src)
		return ptr, uint32(len(src)), nil
	}
	st, err := measure(cs, src)
	if err != nil {
		return 0, 0, err
	}
	to, align, size := csUTF8, uint32(1), st.utf8
	units = uint32(st.utf8)
	switch {
	case cx.Opts.Encoding == Latin1UTF16 && st.max < 0x100:
		to, align, size, units = csLatin1, 2, st.runes, uint32(st.runes)
	case cx.Opts.Encoding == Latin1UTF16:
		to, align, size, units = csUTF16, 2, 2*st.utf16, uint32(st.utf16)|utf16Tag
	case cx.Opts.Encoding == UTF16:
		to, align, size, units = csUTF16, 2, 2*st.utf16, uint32(st.utf16)
	}
	if ptr, err = cx.alloc(align, uint32(size)); err != nil {
		return 0, 0, err
	}
	dst := cx.mem[ptr : ptr+uint32(size)]
	if to == cs {
		copy(dst, src)
	} else {
		transcode(to, dst, cs, src)
	}
	return ptr, units, nil
}

// measures of a string.
type measures struct {
	runes, utf8, utf16 int  // characters, bytes, code units
	max                rune // largest character
}

// measure validates a string and tells how long it is in every encoding.
func measure(cs charset, src []byte) (st measures, err error) {
	for len(src) > 0 {
		if n := asciiPrefix(cs, src); n > 0 {
			st.runes, st.utf8, st.utf16 = st.runes+n, st.utf8+n, st.utf16+n
			src = src[n:]
			continue
		}
		r, n := decode(cs, src)
		if n == 0 {
			return st, trapString(cs)
		}
		src = src[n:]
		st.runes++
		st.utf8 += utf8.RuneLen(r)
		st.utf16++
		if r >= 0x10000 {
			st.utf16++
		}
		st.max = max(st.max, r)
	}
	return st, nil
}

// transcode converts a string that measure has found valid; dst is exactly
// long enough.
func transcode(to charset, dst []byte, cs charset, src []byte) {
	for len(src) > 0 {
		if n := asciiPrefix(cs, src); n > 0 {
			dst = dst[widen(to, dst, src[:n]):]
			src = src[n:]
			continue
		}
		r, n := decode(cs, src)
		src = src[n:]
		switch {
		case to == csLatin1:
			dst[0] = byte(r)
			dst = dst[1:]
		case to == csUTF8:
			dst = dst[utf8.EncodeRune(dst, r):]
		case r < 0x10000:
			binary.LittleEndian.PutUint16(dst, uint16(r))
			dst = dst[2:]
		default:
			binary.LittleEndian.PutUint16(dst, uint16(0xd800+(r-0x10000)>>10))
			binary.LittleEndian.PutUint16(dst[2:], uint16(0xdc00+(r-0x10000)&0x3ff))
			dst = dst[4:]
		}
	}
}

// asciiPrefix counts the ASCII characters at the start of a string of single
// bytes, eight at a time.
func asciiPrefix(cs charset, src []byte) int {
	if cs == csUTF16 {
		return 0
	}
	n := 0
	for n+8 <= len(src) && binary.LittleEndian.Uint64(src[n:])&0x8080808080808080 == 0 {
		n += 8
	}
	for n < len(src) && src[n] < utf8.RuneSelf {
		n++
	}
	return n
}

// widen writes ASCII characters and gives the bytes that they take.
func widen(to charset, dst, ascii []byte) int {
	if to != csUTF16 {
		return copy(dst, ascii)
	}
	dst = dst[:2*len(ascii)]
	for i, c := range ascii {
		dst[2*i], dst[2*i+1] = c, 0
	}
	return len(dst)
}

// decode gives the first character of src and its bytes, 0 if it is invalid.
func decode(cs charset, src []byte) (rune, int) {
	switch cs {
	case csLatin1:
		return rune(src[0]), 1
	case csUTF8:
		r, n := utf8.DecodeRune(src)
		if r == utf8.RuneError && n <= 1 {
			return 0, 0
		}
		return r, n
	}
	hi := rune(binary.LittleEndian.Uint16(src))
	switch {
	case hi&^0x7ff != 0xd800:
		return hi, 2
	case hi >= 0xdc00 || len(src) < 4:
		return 0, 0
	}
	lo := rune(binary.LittleEndian.Uint16(src[2:]))
	if lo&^0x3ff != 0xdc00 {
		return 0, 0
	}
	return 0x10000 + (hi-0xd800)<<10 + (lo - 0xdc00), 4
}

func trapString(cs charset) error {
	return trapf(TrapString, "string is not valid %s", [...]string{"UTF-8", "UTF-16", "Latin-1"}[cs])
}
