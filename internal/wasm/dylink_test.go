package wasm_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/internal/fuzzlimit"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// dynamic gives an empty module with a section dylink.0.
func dynamic(section []byte) []byte {
	body := append(wasm.AppendName(nil, "dylink.0"), section...)
	bin := append([]byte("\x00asm\x01\x00\x00\x00\x00"), wasm.AppendU32(nil, uint32(len(body)))...)
	return append(bin, body...)
}

// dylinkSection has every subsection, that of needed libraries twice.
var dylinkSection = []byte("\x01\x06\x80\x80\x04\x10\x03\x02" +
	"\x02\x06\x01\x04libc" + "\x02\x03\x01\x01m" +
	"\x03\x09\x01\x05errno\x80\x02" +
	"\x04\x0b\x02\x03env\x01f\x01\x00\x00\x00" +
	"\x05\x04\x01\x02./")

func TestDylink(t *testing.T) {
	m, err := wasm.Parse(dynamic(dylinkSection))
	if err != nil {
		t.Fatal(err)
	}
	have, err := m.Dylink()
	if err != nil {
		t.Fatal(err)
	}
	want := &wasm.Dylink{
		Memory: wasm.Space{Size: 65536, Align: 16}, Table: wasm.Space{Size: 3, Align: 2},
		Needed:  []string{"libc", "m"},
		Exports: map[string]wasm.SymbolFlags{"errno": wasm.SymbolThreadLocal},
		Imports: map[[2]string]wasm.SymbolFlags{{"env", "f"}: wasm.SymbolWeak, {"", ""}: 0},
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
}

func FuzzDylink(f *testing.F) {
	f.Add(dylinkSection)
	f.Fuzz(func(t *testing.T, section []byte) {
		m, err := wasm.Parse(dynamic(section))
		if err != nil {
			t.Fatal(err)
		}
		fuzzlimit.Check(t, len(section), func() {
			if d, err := m.Dylink(); (d == nil) == (err == nil) {
				t.Error(d, err)
			}
		})
	})
}
