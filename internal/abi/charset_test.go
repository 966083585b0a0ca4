package abi

import (
	"bytes"
	"encoding/binary"
	"math/rand"
	"testing"
	"unicode/utf16"
)

// inCharset writes a string in a charset; it must have the characters.
func inCharset(cs charset, s []rune) []byte {
	var b []byte
	switch cs {
	case csUTF8:
		return []byte(string(s))
	case csLatin1:
		for _, r := range s {
			b = append(b, byte(r))
		}
	case csUTF16:
		for _, u := range utf16.Encode(s) {
			b = binary.LittleEndian.AppendUint16(b, u)
		}
	}
	return b
}

// Strings of every mixture and length become what Go's own packages make of
// them.
func TestTranscode(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	limits := []int32{0x80, 0x100, 0x800, 0xd800, 0x110000}
	converted := 0
	for i := range 20000 {
		max := 0
		s := make([]rune, rng.Intn(80))
		for j := range s {
			kind := 0
			if rng.Intn(40) == 0 || j > 0 && s[j-1] >= 0x80 && rng.Intn(2) == 0 {
				kind = rng.Intn(1 + i%len(limits))
			}
			for s[j] = rng.Int31n(limits[kind]); s[j]&^0x7ff == 0xd800; {
				s[j] = rng.Int31n(limits[kind])
			}
			max |= int(s[j])
		}
		for cs := csUTF8; cs <= csLatin1; cs++ {
			if cs == csLatin1 && max >= 0x100 {
				continue
			}
			src := inCharset(cs, s)
			for e := UTF8; e <= Latin1UTF16; e++ {
				to, size, _, units, ok := e.fit(cs, src)
				want := inCharset(to, s)
				if !ok || int(size) != len(want) || (e == Latin1UTF16) != (to == csLatin1 || units&utf16Tag != 0) || e == Latin1UTF16 && (to == csLatin1) != (max < 0x100) {
					t.Fatalf("%q from %d in encoding %d: charset %d, %d bytes, %#x units, %t", s, cs, e, to, size, units, ok)
				}
				dst := make([]byte, size)
				if to == cs {
					copy(dst, src)
				} else {
					transcode(to, dst, cs, src)
				}
				if !bytes.Equal(dst, want) {
					t.Fatalf("%q from %d to %d: % x, want % x", s, cs, to, dst, want)
				}
				converted++
			}
			if bad := breakString(rng, cs, src); bad != nil {
				for e := UTF8; e <= Latin1UTF16; e++ {
					if _, _, _, _, ok := e.fit(cs, bad); ok {
						t.Fatalf("% x is valid in charset %d for encoding %d", bad, cs, e)
					}
				}
			}
		}
	}
	if converted < 150000 {
		t.Errorf("only %d conversions", converted)
	}
}

// breakString puts a lone surrogate, or half of a character, somewhere between
// characters.
func breakString(rng *rand.Rand, cs charset, src []byte) []byte {
	switch cs {
	case csUTF8:
		return append(bytes.Clone(src), 0xe4, 0xb8)
	case csUTF16:
		bad := binary.LittleEndian.AppendUint16(nil, uint16(0xdc00+rng.Intn(0x400)))
		if rng.Intn(2) == 0 {
			return append(bad, src...)
		}
		return append(bytes.Clone(src), bad[0], bad[1]&^4)
	}
	return nil
}
