package wasm

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// constAddress is a constant expression.
func constAddress(at int32) []byte {
	return append(AppendS64([]byte{opI32Const}, int64(at)), opEnd)
}

func TestMergeData(t *testing.T) {
	far := int32(-1 << 30) // addresses beyond 2^31 are negative constants
	segments := []struct {
		at   int32
		data string
	}{{8, "one"}, {11, "two"}, {14 + 3, "three"}, {22 + maxGap, "four"}, {2000, "five"}, {1000, "lower"}, {1002, "over"}, {far, "x"}, {-5, "y"}}
	b := &Builder{Memories: []Limits{{Min: 65536}}}
	for _, s := range segments {
		b.Datas = append(b.Datas, Data{Offset: constAddress(s.at), Bytes: []byte(s.data)})
	}
	before := b.Bytes()
	kept := slices.Clone(before)
	m, err := Parse(before)
	if err != nil {
		t.Fatal(err)
	}
	// The builder counts segments, as if instructions referred to them.
	m.Sections = slices.DeleteFunc(m.Sections, func(s Section) bool { return s.ID == secDataCount })
	m.MergeData()
	if !bytes.Equal(before, kept) {
		t.Error("the module's own bytes were changed")
	}
	spans, ok := readSpans(m.Sections[len(m.Sections)-1].Data)
	if !ok {
		t.Fatal("the merged section cannot be read")
	}
	type flat struct {
		At   uint32
		Data string
	}
	var got []flat
	for _, s := range spans {
		got = append(got, flat{s.at, string(s.data)})
	}
	want := []flat{
		{8, "onetwo\x00\x00\x00three" + string(make([]byte, maxGap)) + "four"},
		{2000, "five"}, {1000, "lower"}, {1002, "over"}, {uint32(far), "x"}, {1<<32 - 5, "y"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestMergeDataKeeps has modules that could tell the difference.
func TestMergeDataKeeps(t *testing.T) {
	data := []Data{{Offset: constAddress(0), Bytes: []byte("a")}, {Offset: constAddress(1), Bytes: []byte("b")}}
	for name, b := range map[string]*Builder{
		"imported memory": {Imports: []Import{{Module: "m", Name: "m", Kind: KindMemory}}, Datas: data},
		"passive segment": {Memories: []Limits{{}}, Datas: append(data[:2:2], Data{Mode: Passive, Bytes: []byte("c")})},
		"global address":  {Memories: []Limits{{}}, Datas: append(data[:2:2], Data{Offset: []byte{0x23, 0, opEnd}, Bytes: []byte("c")})},
	} {
		m, err := Parse(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		m.Sections = slices.DeleteFunc(m.Sections, func(s Section) bool { return s.ID == secDataCount })
		before := m.WithImports(m.Imports, false)
		m.MergeData()
		if !bytes.Equal(m.WithImports(m.Imports, false), before) {
			t.Errorf("%s: changed", name)
		}
	}
}
