package abi

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

// A benchGuest has a memory that stays and an allocator that starts again.
type benchGuest struct{ fakeGuest }

func newBench(enc StringEncoding) (*benchGuest, *Call) {
	g := &benchGuest{fakeGuest{mem: make([]byte, 1<<20)}}
	cx := g.call(enc)
	cx.Opts.Realloc = g.bump
	return g, cx
}

func (g *benchGuest) bump(_ context.Context, _, _, align, size uint32) (uint32, error) {
	ptr := AlignTo(g.next, align)
	g.next = ptr + size
	return ptr, nil
}

func BenchmarkGo(b *testing.B) {
	type scalars struct {
		A uint32
		B int64
		C float64
		D bool
	}
	type text struct{ S string }
	type bytes struct{ B []byte }
	type record struct {
		L []OptionOf[struct {
			Name string
			N    uint32
		}]
	}
	prim := func(k Kind) *Type { return &Type{Kind: k} }
	named := &Type{Kind: Record, Fields: []Field{{"name", prim(String)}, {"n", prim(U32)}}}
	scalarFunc := &FuncType{Params: []Field{{"a", prim(U32)}, {"b", prim(S64)}, {"c", prim(F64)}, {"d", prim(Bool)}}}
	textFunc := &FuncType{Params: []Field{{"s", prim(String)}}}
	bytesFunc := &FuncType{Params: []Field{{"b", &Type{Kind: List, Elem: prim(U8)}}}}
	recordFunc := &FuncType{Params: []Field{{"l", &Type{Kind: List, Elem: &Type{Kind: Option, Cases: []Case{{"none", nil}, {"some", named}}}}}}}
	rec := record{L: make([]OptionOf[struct {
		Name string
		N    uint32
	}], 16)}
	for i := range rec.L {
		rec.L[i].Some, rec.L[i].Value.Name = true, "sixteen bytes..."
	}
	for _, c := range []struct {
		name string
		ft   *FuncType
		g    reflect.Type
		p, q unsafe.Pointer
	}{
		{"scalars", scalarFunc, reflect.TypeFor[scalars](), ptrTo(&scalars{1, 2, 3, true}), ptrTo(new(scalars))},
		{"string16", textFunc, reflect.TypeFor[text](), ptrTo(&text{strings.Repeat("a", 16)}), ptrTo(new(text))},
		{"string16K", textFunc, reflect.TypeFor[text](), ptrTo(&text{strings.Repeat("a", 16<<10)}), ptrTo(new(text))},
		{"bytes16K", bytesFunc, reflect.TypeFor[bytes](), ptrTo(&bytes{make([]byte, 16<<10)}), ptrTo(new(bytes))},
		{"list16", recordFunc, reflect.TypeFor[record](), ptrTo(&rec), ptrTo(new(record))},
	} {
		p, err := BindGo(c.ft, c.g, reflect.TypeFor[struct{}](), nil)
		if err != nil {
			b.Fatal(err)
		}
		benchGo(b, c.name, p, c.p, c.q)
		tr, err := BindTransfer(c.ft, nil)
		if err != nil {
			b.Fatal(err)
		}
		benchTransfer(b, c.name, p, tr, c.p)
	}
}

func benchGo(b *testing.B, name string, p *GoPlan, in, out unsafe.Pointer) {
	g, cx := newBench(UTF8)
	stack := make([]uint64, 16)
	b.Run("lower/"+name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g.next = 16
			if err := p.LowerParams(cx, stack, in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("lift/"+name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := p.LiftParams(cx, stack, out); err != nil {
				b.Fatal(err)
			}
			if err := cx.End(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchTransfer(b *testing.B, name string, p *GoPlan, tr *Transfer, in unsafe.Pointer) {
	for to, suffix := range []string{"utf8", "utf16"} {
		from, ca := newBench(UTF8)
		g, cb := newBench(StringEncoding(to))
		src, dst := make([]uint64, 16), make([]uint64, 16)
		from.next = 16
		if err := p.LowerParams(ca, src, in); err != nil {
			b.Fatal(err)
		}
		b.Run("transfer/"+suffix+"/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				g.next = 16
				if err := tr.Params(ca, cb, src, dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
