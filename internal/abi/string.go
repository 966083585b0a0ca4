package abi

import (
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
	size, ok := sizeUTF8(cs, src)
	if !ok {
		return trapString(cs)
	}
	if err := cx.spend(size); err != nil {
		return err
	}
	switch {
	case size == 0:
		*p = ""
	case cs == csUTF8:
		*p = string(src)
	default:
		dst := make([]byte, size)
		transcode(csUTF8, dst, cs, src)
		*p = unsafe.String(&dst[0], len(dst)) // dst is not written to any more
	}
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
	to, size, align, units, ok := cx.Opts.Encoding.fit(cs, src)
	if !ok {
		return 0, 0, trapString(cs)
	}
	if ptr, err = cx.alloc(align, size); err != nil {
		return 0, 0, err
	}
	dst := cx.mem[ptr : ptr+size]
	if to == cs {
		copy(dst, src)
	} else {
		transcode(to, dst, cs, src)
	}
	return ptr, units, nil
}

// fit tells what becomes of a string in an encoding: charset, bytes, alignment
// and the length that goes with the pointer. It is not ok if the string is
// badly encoded.
func (e StringEncoding) fit(cs charset, src []byte) (to charset, size, align, units uint32, ok bool) {
	if e == UTF8 {
		n, ok := sizeUTF8(cs, src)
		return csUTF8, uint32(n), 1, uint32(n), ok
	}
	tag := uint32(0)
	if e == Latin1UTF16 {
		if n, ok := sizeLatin1(cs, src); ok {
			return csLatin1, uint32(n), 2, uint32(n), true
		}
		tag = utf16Tag
	}
	n, ok := unitsUTF16(cs, src)
	return csUTF16, 2 * uint32(n), 2, uint32(n) | tag, ok
}

func trapString(cs charset) error {
	return trapf(TrapString, "string is not valid %s", [...]string{"UTF-8", "UTF-16", "Latin-1"}[cs])
}
