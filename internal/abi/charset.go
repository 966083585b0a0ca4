package abi

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Eight bytes, or four units of UTF-16, are looked at at once. No character of
// a word is more than ASCII, or Latin-1, if these bits are not set.
const (
	notASCII      = 0x8080808080808080
	notASCII16    = 0xff80ff80ff80ff80
	notLatin1In16 = 0xff00ff00ff00ff00
	above7fff     = 0x8000800080008000 // where surrogates are, too
)

// The bits of each unit that tell whether it is a surrogate, and what they are
// then.
const (
	surrogateMask = 0xf800f800f800f800
	surrogateBits = 0xd800d800d800d800
	everyUnit     = 0x0001000100010001
)

func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// sizeUTF8 validates a string and gives its bytes in UTF-8.
func sizeUTF8(cs charset, src []byte) (n int, ok bool) {
	switch cs {
	case csUTF8:
		return len(src), utf8.Valid(src)
	case csLatin1:
		return len(src) + highBytes(src), true
	}
	for len(src) > 0 {
		if k := asciiUnits(src); k > 0 {
			n += k
			src = src[2*k:]
			continue
		}
		r, w := decodeUTF16(src)
		if w == 0 {
			return 0, false
		}
		n += utf8.RuneLen(r)
		src = src[w:]
	}
	return n, true
}

// unitsUTF16 validates a string and gives its code units in UTF-16.
func unitsUTF16(cs charset, src []byte) (n int, ok bool) {
	switch cs {
	case csLatin1:
		return len(src), true
	case csUTF16:
		return len(src) / 2, validUTF16(src)
	}
	for len(src) > 0 {
		if k := asciiBytes(src); k > 0 {
			n += k
			src = src[k:]
			continue
		}
		r, w := utf8.DecodeRune(src)
		if r == utf8.RuneError && w <= 1 {
			return 0, false
		}
		n++
		if r >= 0x10000 {
			n++
		}
		src = src[w:]
	}
	return n, true
}

// sizeLatin1 gives the characters of a string if all of them are in Latin-1. Of
// a badly encoded string it says that they are not.
func sizeLatin1(cs charset, src []byte) (n int, ok bool) {
	switch cs {
	case csLatin1:
		return len(src), true
	case csUTF16:
		return len(src) / 2, latin1Units(src)
	}
	for len(src) > 0 {
		if k := asciiBytes(src); k > 0 {
			n += k
			src = src[k:]
			continue
		}
		r, w := utf8.DecodeRune(src)
		if r >= 0x100 { // as utf8.RuneError is
			return 0, false
		}
		n++
		src = src[w:]
	}
	return n, true
}

// highBytes counts the bytes that are no ASCII.
func highBytes(src []byte) (n int) {
	src = src[asciiBytes(src):]
	for ; len(src) >= 8; src = src[8:] {
		n += bits.OnesCount64(word(src) & notASCII)
	}
	for _, c := range src {
		n += int(c >> 7)
	}
	return n
}

// asciiBytes counts the ASCII characters at the start of a string of bytes.
func asciiBytes(src []byte) (n int) {
	for n+32 <= len(src) {
		b := src[n : n+32]
		if (word(b)|word(b[8:])|word(b[16:])|word(b[24:]))&notASCII != 0 {
			break
		}
		n += 32
	}
	for n+8 <= len(src) && word(src[n:])&notASCII == 0 {
		n += 8
	}
	for n < len(src) && src[n] < utf8.RuneSelf {
		n++
	}
	return n
}

// asciiUnits counts the ASCII characters at the start of a string of UTF-16.
func asciiUnits(src []byte) (n int) {
	for 2*n+32 <= len(src) {
		b := src[2*n : 2*n+32]
		if (word(b)|word(b[8:])|word(b[16:])|word(b[24:]))&notASCII16 != 0 {
			break
		}
		n += 16
	}
	for 2*n+8 <= len(src) && word(src[2*n:])&notASCII16 == 0 {
		n += 4
	}
	for 2*n < len(src) && binary.LittleEndian.Uint16(src[2*n:]) < utf8.RuneSelf {
		n++
	}
	return n
}

// latin1Units tells whether all of a string of UTF-16 is in Latin-1.
func latin1Units(src []byte) bool {
	for ; len(src) >= 8; src = src[8:] {
		if word(src)&notLatin1In16 != 0 {
			return false
		}
	}
	for ; len(src) > 0; src = src[2:] {
		if src[1] != 0 {
			return false
		}
	}
	return true
}

// validUTF16 tells whether all surrogates are in pairs.
func validUTF16(src []byte) bool {
	for len(src) > 0 {
		if n := noSurrogates(src); n > 0 {
			src = src[n:]
			continue
		}
		_, w := decodeUTF16(src)
		if w == 0 {
			return false
		}
		src = src[w:]
	}
	return true
}

// noSurrogates counts the bytes at the start of a string of UTF-16 in which
// there are no surrogates, by words.
func noSurrogates(src []byte) (n int) {
	for n+32 <= len(src) {
		b := src[n : n+32]
		w, x, y, z := word(b), word(b[8:]), word(b[16:]), word(b[24:])
		if (w|x|y|z)&above7fff != 0 && surrogates(w)|surrogates(x)|surrogates(y)|surrogates(z) != 0 {
			break
		}
		n += 32
	}
	for n+8 <= len(src) && surrogates(word(src[n:])) == 0 {
		n += 8
	}
	return n
}

// surrogates is not 0 if one of four units is a surrogate: then one of them has
// none of the bits that are left, and borrows.
func surrogates(w uint64) uint64 {
	w = w&surrogateMask ^ surrogateBits
	return (w - everyUnit) &^ w & above7fff
}

// decodeUTF16 gives the first character of src and its bytes, 0 if it is
// invalid.
func decodeUTF16(src []byte) (rune, int) {
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

// transcode converts a valid string to another charset, which has all of its
// characters; dst is exactly long enough.
func transcode(to charset, dst []byte, cs charset, src []byte) {
	switch {
	case cs == csLatin1 && to == csUTF16:
		widen(dst, src)
	case cs == csUTF16 && to == csLatin1:
		narrow(dst, src)
	case cs == csUTF16:
		fromUTF16(dst, src)
	case cs == csLatin1:
		fromLatin1(dst, src)
	default:
		fromUTF8(to, dst, src)
	}
}

// fromUTF16 converts to UTF-8.
func fromUTF16(dst, src []byte) {
	for len(src) > 0 {
		if n := asciiUnits(src); n > 0 {
			narrow(dst, src[:2*n])
			dst, src = dst[n:], src[2*n:]
			continue
		}
		r, w := decodeUTF16(src)
		dst, src = dst[utf8.EncodeRune(dst, r):], src[w:]
	}
}

// fromLatin1 converts to UTF-8.
func fromLatin1(dst, src []byte) {
	for len(src) > 0 {
		if n := asciiBytes(src); n > 0 {
			copy(dst, src[:n])
			dst, src = dst[n:], src[n:]
			continue
		}
		dst, src = dst[utf8.EncodeRune(dst, rune(src[0])):], src[1:]
	}
}

// fromUTF8 converts to UTF-16 or Latin-1.
func fromUTF8(to charset, dst, src []byte) {
	for len(src) > 0 {
		if n := asciiBytes(src); n > 0 {
			if to == csLatin1 {
				dst = dst[copy(dst, src[:n]):]
			} else {
				widen(dst, src[:n])
				dst = dst[2*n:]
			}
			src = src[n:]
			continue
		}
		r, w := utf8.DecodeRune(src)
		src = src[w:]
		switch {
		case to == csLatin1:
			dst[0] = byte(r)
			dst = dst[1:]
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

// widen makes two bytes of each, narrow one of each two.
func widen(dst, src []byte) {
	for ; len(src) >= 4; dst, src = dst[8:], src[4:] {
		x := uint64(binary.LittleEndian.Uint32(src))
		x = (x | x<<16) & 0x0000ffff0000ffff
		x = (x | x<<8) & 0x00ff00ff00ff00ff
		binary.LittleEndian.PutUint64(dst, x)
	}
	for i, c := range src {
		dst[2*i], dst[2*i+1] = c, 0
	}
}

func narrow(dst, src []byte) {
	for ; len(src) >= 8; dst, src = dst[4:], src[8:] {
		x := word(src)
		x = (x | x>>8) & 0x0000ffff0000ffff
		x |= x >> 16
		binary.LittleEndian.PutUint32(dst, uint32(x))
	}
	for i := range len(src) / 2 {
		dst[i] = src[2*i]
	}
}
