package abi

import (
	"reflect"
	"sync"
	"testing"
)

func TestBindErrors(t *testing.T) {
	str, u32 := &Type{Kind: String}, &Type{Kind: U32}
	point := &Type{Kind: Record, Fields: []Field{{"x", u32}, {"y", u32}}}
	opt := &Type{Kind: Option, Cases: []Case{{"none", nil}, {"some", point}}}
	res := &Type{Kind: Result, Cases: []Case{{"ok", nil}, {"error", str}}}
	variant := &Type{Kind: Variant, Cases: []Case{{"a", str}, {"b", nil}}}
	flags := &Type{Kind: Flags, Labels: make([]string, 9)}
	own := &Type{Kind: Own, Resource: "thing"}
	type myOption struct {
		OptionOf[struct{ X, Y uint32 }]
	}
	for _, c := range []struct {
		t    *Type
		g    reflect.Type
		want string
	}{
		{u32, reflect.TypeFor[int32](), "param 1 (v): u32 wants uint32, have int32"},
		{point, reflect.TypeFor[string](), "param 1 (v): record wants a struct, have string"},
		{point, reflect.TypeFor[struct{ X uint32 }](), "param 1 (v): record wants a struct of 2 fields, have struct { X uint32 }"},
		{point, reflect.TypeFor[struct{ X, y uint32 }](), "param 1 (v).y: field y of struct { X uint32; y uint32 } is not exported"},
		{&Type{Kind: List, Elem: opt}, reflect.TypeFor[[]OptionOf[struct {
			X uint32
			Y string
		}]](), "param 1 (v)[].some.y: u32 wants uint32, have string"},
		{opt, reflect.TypeFor[*string](), "param 1 (v): option wants abi.OptionOf, have *string"},
		{opt, reflect.TypeFor[myOption](), "param 1 (v): option wants abi.OptionOf, have abi.myOption"},
		{res, reflect.TypeFor[ResultOf[string, string]](), "param 1 (v).ok: an absent payload wants struct{}, have string"},
		{variant, reflect.TypeFor[struct {
			Case int
			A    string
		}](), "param 1 (v): variant wants a struct of an unsigned integer Case with room for 2 cases and 1 exported field(s) for payloads, have struct { Case int; A string }"},
		{flags, reflect.TypeFor[uint8](), "param 1 (v): flags wants an unsigned integer of at least 9 bits, have uint8"},
		{&Type{Kind: Enum, Cases: make([]Case, 257)}, reflect.TypeFor[uint8](), "param 1 (v): enum wants an unsigned integer with room for 257 cases, have uint8"},
		{&Type{Kind: Enum}, reflect.TypeFor[uint8](), "param 1 (v): empty enum"},
		{&Type{Kind: Flags, Labels: make([]string, 33)}, reflect.TypeFor[uint64](), "param 1 (v): flags with more than 32 labels"},
		{&Type{Kind: List, Elem: u32, Len: 3}, reflect.TypeFor[[]uint32](), "param 1 (v): list wants an array of length 3, have []uint32"},
		{&Type{Kind: List, Elem: &Type{Kind: List, Elem: u32, Len: 1 << 31}}, reflect.TypeFor[[]uint32](), "param 1 (v)[]: list is too large"},
		{own, reflect.TypeFor[thing](), "param 1 (v): own wants *abi.thing for resource thing, have abi.thing"},
	} {
		ft := &FuncType{Params: []Field{{"v", c.t}}}
		params := reflect.StructOf([]reflect.StructField{{Name: "V", Type: c.g}})
		_, err := BindGo(ft, params, reflect.TypeFor[struct{}](), resolveThing)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s as %s:\n got %v\nwant %s", c.t.Kind, c.g, err, c.want)
		}
	}
	none := reflect.TypeFor[struct{}]()
	for _, c := range []struct {
		ft     *FuncType
		result reflect.Type
		want   string
	}{
		{&FuncType{Params: []Field{{"v", u32}}}, none, "parameters: 1 parameter(s) want a struct of as many fields, have struct {}"},
		{&FuncType{}, reflect.TypeFor[string](), "result: a function without a result wants struct{}, have string"},
		{&FuncType{Result: str}, none, "result: string wants string, have struct {}"},
		{&FuncType{Result: &Type{Kind: Borrow, Resource: "thing"}}, none, "result: a result cannot hold borrow handles"},
	} {
		if _, err := BindGo(c.ft, none, c.result, nil); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// TestSharedType uses one type from many goroutines after one call of Size.
func TestSharedType(t *testing.T) {
	inner := &Type{Kind: Record, Fields: []Field{{"s", &Type{Kind: String}}, {"o", &Type{Kind: Option, Cases: []Case{{"none", nil}, {"some", &Type{Kind: U64}}}}}}}
	shared := &Type{Kind: List, Elem: &Type{Kind: Tuple, Fields: []Field{{"", inner}, {"", inner}}}}
	if shared.Size() != 8 {
		t.Fatal(shared.Size())
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := BindTransfer(&FuncType{Params: []Field{{"v", shared}}, Result: shared}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestHugeTypes checks that types whose size or flat form explodes cost
// nothing.
func TestHugeTypes(t *testing.T) {
	typ := &Type{Kind: U64}
	for range 64 {
		typ = &Type{Kind: Tuple, Fields: []Field{{"", typ}, {"", typ}}}
	}
	if n := len(typ.Flat()); n != MaxFlatParams+1 {
		t.Errorf("%d flat values", n)
	}
	_, err := BindTransfer(&FuncType{Params: []Field{{"v", typ}}}, nil)
	if err == nil || err.Error() != "parameters: too large" {
		t.Error(err)
	}
}
