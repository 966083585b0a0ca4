package bytecode_test

import (
	"encoding/hex"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/bytecode"
)

// TestNext reads an instruction of each form, whole and cut off.
func TestNext(t *testing.T) {
	for _, one := range []string{
		"00", "0240", "037f", "048001", "026401", "05", "0640", "0700", "0800", "0a", "0b", "0c00", "0d8101", "0e0003", "0e02010203", "0f",
		"1005", "110100", "1205", "130100", "1401", "1801", "19", "1a", "1b", "1c017f", "1c0263707f", "1f40020001020203", "2000", "218101", "2304",
		"280200", "2d40810105", "3f00", "4001", "417f", "428080807f", "4300112233", "440011223344556677", "45", "c4", "d070", "d06301", "d1", "d205",
		"d3", "d501", "fc00", "fc080300", "fc0903", "fc0a0001", "fc0b00", "fc0c0100", "fc0d00", "fc0e0001", "fc0f00", "fc1000", "fc1100",
		"fd000400", "fd0b0400", "fd0c00112233445566778899aabbccddeeff", "fd0d00112233445566778899aabbccddeeff", "fd0e", "fd1501", "fd23",
		"fd5440010203", "fd5c0200", "fdff01", "fd8002", "fe000200", "fe0300", "fe4e0300",
	} {
		bin, err := hex.DecodeString(one)
		if err != nil {
			t.Fatal(one, err)
		}
		c := bytecode.On(append(bin, bytecode.End))
		in := c.Next()
		if hex.EncodeToString(in.Raw) != one || c.Err != nil || c.Next().Op != bytecode.End || c.More() {
			t.Errorf("%s: read %x, %v", one, in.Raw, c.Err)
		}
		for n := range bin {
			if c := bytecode.On(bin[:n]); c.Next().Raw != nil && c.Err == nil {
				t.Errorf("%s: no error for its first %d bytes", one, n)
			}
		}
	}
	for _, bad := range []string{"ff", "16", "fc12", "fd8004", "fe04", "fb00", "0effffffff0f", "41ffffffffffffffffffffff00"} {
		bin, _ := hex.DecodeString(bad)
		if c := bytecode.On(bin); c.Next().Op > 0xffff || c.Err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

// TestMemoryAccess reads the immediates of an access of a memory.
func TestMemoryAccess(t *testing.T) {
	in := bytecode.On([]byte{0xfd, 84, 0x41, 7, 0x90, 1, 3}).Next()
	if in.Op != 0xfd54 || in.Index[0] != 7 || in.Align != 1 || in.Offset != 144 || in.MemStart != 2 || in.MemEnd != 6 {
		t.Errorf("%+v", in)
	}
}
