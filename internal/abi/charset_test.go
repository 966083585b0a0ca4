package abi

import (
	"encoding/binary"
	"testing"
	"unicode/utf16"
)

// Units are looked at several at once, so each one is tried in all places
// among others, alone and in a pair.
func TestValidUTF16(t *testing.T) {
	pairs := 0
	for _, fill := range []uint16{'a', 0x7fff, 0x9000, 0xd7ff, 0xe000, 0xffff} {
		for at := range 20 {
			text := make([]byte, 2*23)
			for i := range 23 {
				binary.LittleEndian.PutUint16(text[2*i:], fill)
			}
			for unit := range 1 << 16 {
				binary.LittleEndian.PutUint16(text[2*at:], uint16(unit))
				if got, want := validUTF16(text), !utf16.IsSurrogate(rune(unit)); got != want {
					t.Fatalf("%#x at %d among %#x: valid is %t", unit, at, fill, got)
				}
			}
			for _, hi := range []uint16{0xd7ff, 0xd800, 0xdbff, 0xdc00} {
				for _, lo := range []uint16{0xdbff, 0xdc00, 0xdfff, 0xe000} {
					binary.LittleEndian.PutUint16(text[2*at:], hi)
					binary.LittleEndian.PutUint16(text[2*at+2:], lo)
					paired := utf16.DecodeRune(rune(hi), rune(lo)) != 0xfffd
					want := paired || !utf16.IsSurrogate(rune(hi)) && !utf16.IsSurrogate(rune(lo))
					if paired {
						pairs++
					}
					if got := validUTF16(text); got != want {
						t.Fatalf("%#x %#x at %d among %#x: valid is %t", hi, lo, at, fill, got)
					}
				}
			}
		}
	}
	if pairs != 6*20*4 {
		t.Errorf("%d pairs", pairs)
	}
}
