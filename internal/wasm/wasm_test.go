package wasm_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

const sample = `(module $sample
	(import "wasi" "fd_write" (func $w (param i32 i64) (result i32)))
	(import "wasi" "fd_write" (func (param i32 i64) (result i32)))
	(import "env" "table" (table 1 4 funcref))
	(import "env" "base" (global i32))
	(import "env" "bytes" (memory 70000 90000 (pagesize 1)))
	(memory (export "memory") 2)
	(global (mut f64) (f64.const 1))
	(func $run (export "run") (param f32) (drop (call $w (i32.const 0) (i64.const 0))))
	(func $start)
	(start $start)
	(elem (i32.const 0) $run)
	(data (i32.const 0) "hello"))`

func assemble(t testing.TB, text string) []byte {
	t.Helper()
	bin, err := wat.Assemble(text)
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

func TestParse(t *testing.T) {
	m, err := wasm.Parse(assemble(t, sample))
	if err != nil {
		t.Fatal(err)
	}
	run, ok := m.Export("run")
	if got := m.FuncType(run.Index).String(); !ok || got != "(param f32)" {
		t.Errorf("run has signature %s", got)
	}
	if got := m.FuncType(1).String(); got != "(param i32 i64) (result i32)" {
		t.Errorf("function 1 has signature %s", got)
	}
	if m.Start == nil || *m.Start != 3 || len(m.Memories) != 1 || m.Memories[0].Min != 2 {
		t.Errorf("start %v, memories %v", m.Start, m.Memories)
	}
	if bytes := m.Imports[4].Memory; !bytes.Bytes || bytes.Min != 70000 || bytes.Max != 90000 {
		t.Errorf("the imported memory is %+v", bytes)
	}
	want := []wasm.Global{{GlobalType: wasm.GlobalType{Type: wasm.F64, Mutable: true}, Init: []byte("\x44\x00\x00\x00\x00\x00\x00\xf0\x3f\x0b")}}
	if d := cmp.Diff(want, m.Globals); d != "" {
		t.Error(d)
	}
}

func TestWithImports(t *testing.T) {
	bin := assemble(t, sample)
	m, err := wasm.Parse(bin)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(m.WithImports(m.Imports, false), bin) {
		t.Error("the same imports gave another module")
	}
	imports := append([]wasm.Import(nil), m.Imports...)
	imports[1].Name = "renamed"
	again, err := wasm.Parse(m.WithImports(imports, true))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(imports, again.Imports); d != "" {
		t.Error(d)
	}
	if len(again.Customs) != 0 || len(m.Customs) != 1 {
		t.Errorf("custom sections: %d before, %d after", len(m.Customs), len(again.Customs))
	}
}

func TestErrors(t *testing.T) {
	const h = "\x00asm\x01\x00\x00\x00"
	for _, c := range []struct{ bin, want string }{
		{"", "no magic number"},
		{"\x00asm\x0d\x00\x01\x00", "this is a component, not a core module"},
		{"\x00asm\x02\x00\x00\x00", "unknown version"},
		{h + "\x01\x05\x01", "offset 0xa: 5 bytes expected, 1 left"},
		{h + "\x01\x05\xff\xff\xff\xff\x0f", "type section, offset 0xf: 4294967295 elements do not fit into 0 bytes"},
		{h + "\x01\x02\x01\x5e", "only function types are"},
		{h + "\x03\x02\x01\x00", "function 0 has the unknown type 0"},
		{h + "\x07\x05\x01\x01a\x00\x07", `export "a" refers to the unknown func 7`},
		{h + "\x07\x05\x01\x01a\x09\x07", `unknown kind 9 of export "a"`},
		{h + "\x01\xee\x07\x01\x60\xe9\x07" + strings.Repeat("\x7f", 1001) + "\x00", "a function type has more than 1000 parameters"},
		{h + "\x0d\x03\x01\x01\x00", "unknown attribute 1 of a tag"},
		{h + "\x03\x01\x00\x01\x01\x00", "section out of order or repeated"},
		{h + "\x0e\x00", "unknown section 14"},
		{h + "\x01\x02\x00\x00", "1 bytes after the end"},
		{h + "\x02\x03\x01\x01\xff", "name is not UTF-8"},
		{h + "\x05\x04\x01\x08\x01\x05", "pages of 2^5 bytes"},
		{h + "\x04\x04\x01\x70\x08\x01", "unknown flags 0x8"},
		{h + "\x08\x01\x00", "start section: unknown function 0"},
	} {
		if _, err := wasm.Parse([]byte(c.bin)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q\n got %v\nwant %s", c.bin, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(assemble(f, sample))
	f.Fuzz(func(t *testing.T, bin []byte) {
		m, err := wasm.Parse(bin)
		if err != nil {
			return
		}
		again, err := wasm.Parse(m.WithImports(m.Imports, false))
		if err != nil {
			t.Fatalf("written again: %v", err)
		}
		if d := cmp.Diff(m.Imports, again.Imports); d != "" {
			t.Error(d)
		}
	})
}

// TestBrokenNames leaves out name sections that promise more than they have.
func TestBrokenNames(t *testing.T) {
	for _, c := range []struct {
		names string
		kept  bool
	}{
		{"\x00\x02\x01m", true},
		{"\x01\x04\x01\x00\x01f", true},
		{"\x02\x06\x01\x00\x01\x00\x01l", true},
		{"\x07\x01\xff", true},
		{"\x00\x06\xff\xff\xff\xff\x0fm", false},
		{"\x01\x05\xff\xff\xff\xff\x0f", false},
		{"\x01\x08\x01\x00\xff\xff\xff\xff\x0ff", false},
		{"\x02\x07\x01\x00\xff\xff\xff\xff\x0f", false},
		{"\x01\x10", false},
	} {
		custom := "\x04name" + c.names
		bin := "\x00asm\x01\x00\x00\x00" + "\x00" + string(rune(len(custom))) + custom
		m, err := wasm.Parse([]byte(bin))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(m.WithImports(nil, false)) == len(bin); got != c.kept {
			t.Errorf("%q: kept %v, want %v", c.names, got, c.kept)
		}
	}
}

// TestCheckForm has sections that promise more than they have.
func TestCheckForm(t *testing.T) {
	for _, c := range []struct{ section, want string }{
		{"\x0b\x06\x01\x00\x41\x00\x0b\x00", ""},
		{"\x0b\x0a\x01\x00\x41\x00\x0b\xff\xff\xff\x7fh", "core module, data section, offset 0x13: 268435455 bytes expected, 1 left"},
		{"\x0b\x05\xff\xff\xff\xff\x0f", "data section, offset 0xf: 4294967295 elements do not fit into 0 bytes"},
		{"\x0a\x05\x01\xff\xff\x7f\x00", "code section, offset 0xe: 2097151 bytes expected, 1 left"},
		{"\x09\x09\x01\x00\x41\x00\x0b\xff\xff\x7f\x00", "element section, offset 0x12: 2097151 elements do not fit into 1 bytes"},
		{"\x09\x04\x01\x05\x70\x09", "element section, offset 0xe: 9 elements do not fit into 0 bytes"},
		{"\x09\x02\x01\x08", "element section, offset 0xc: unknown form 8"},
	} {
		m, err := wasm.Parse([]byte("\x00asm\x01\x00\x00\x00" + c.section))
		if err != nil {
			t.Fatal(err)
		}
		if err = m.CheckForm(); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: got %v, want %s", c.section, err, c.want)
		}
	}
}
