package abi

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestTupleArrays lowers lists of fixed length and lifts them, into the same
// Go arrays, as the tuples that stand for them in WASI 0.2.
func TestTupleArrays(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 2))
		elem := shapeOf(randomDesc(r, 2))
		n := []int{1, 2, 3, 17}[r.IntN(4)]
		list := &Type{Kind: List, Elem: elem.t, Len: uint32(n)}
		tuple := &Type{Kind: Tuple}
		for range n {
			tuple.Fields = append(tuple.Fields, Field{Type: elem.t})
		}
		if list.Size() != tuple.Size() || list.Align() != tuple.Align() {
			t.Fatalf("seed %d: %d bytes as list, %d as tuple", seed, list.Size(), tuple.Size())
		}
		g := reflect.StructOf([]reflect.StructField{{Name: "V", Type: reflect.ArrayOf(n, elem.g)}})
		a := newGuest()
		cx := a.call(UTF8)
		in, out := reflect.New(g), reflect.New(g)
		fill(r, list, in.Elem().Field(0))
		stack := dirty(20)
		none := reflect.TypeFor[struct{}]()
		asList, err := BindGo(&FuncType{Params: []Field{{"v", list}}}, g, none, resolveThing)
		if err != nil {
			t.Fatal(err)
		}
		asTuple, err := BindGo(&FuncType{Params: []Field{{"v", tuple}}}, g, none, resolveThing)
		if err != nil {
			t.Fatal(err)
		}
		if err := asList.LowerParams(cx, stack, in.UnsafePointer()); err != nil {
			t.Fatal(err)
		}
		if err := asTuple.LiftParams(cx, stack, out.UnsafePointer()); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(in.Interface(), out.Interface()) {
			t.Errorf("seed %d: sent %+v, got %+v", seed, in.Elem(), out.Elem())
		}
	}
	pair := &Type{Kind: Tuple, Fields: []Field{{Type: &Type{Kind: U8}}, {Type: &Type{Kind: Bool}}}}
	for _, c := range []struct {
		g    reflect.Type
		want string
	}{
		{reflect.TypeFor[[2]uint8](), "param 1 (v)[1]: bool wants bool, have uint8"},
		{reflect.TypeFor[[3]uint8](), "param 1 (v): tuple wants an array of length 2, have [3]uint8"},
	} {
		params := reflect.StructOf([]reflect.StructField{{Name: "V", Type: c.g}})
		if _, err := BindGo(&FuncType{Params: []Field{{"v", pair}}}, params, reflect.TypeFor[struct{}](), resolveThing); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}
