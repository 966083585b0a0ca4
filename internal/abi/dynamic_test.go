package abi

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

var noResult = reflect.TypeFor[struct{}]()

// TestDynamicAsDefined lifts dynamically what the specification's code lifts,
// lowers it again and lifts that by a plan for Go types.
func TestDynamicAsDefined(t *testing.T) {
	for i, c := range readDefinitions(t).Memory {
		ft, g, _ := signature(c.Type, nil)
		nameLabels(ft.ParamTuple())
		static, err := BindGo(ft, g, noResult, resolveThing)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := BindGo(ft, argsType, noResult, resolveThing)
		if err != nil {
			t.Fatalf("case %d: %v", i, err)
		}
		from := memoryOf(t, c.Mem).call(c.Enc)
		if err := from.view(); err != nil {
			t.Fatal(err)
		}
		from.begin()
		var args []any
		v := reflect.New(g)
		if err = plan.params.load(from, c.Ptr, ptrTo(&args)); err == nil {
			err = throughFlat(t, plan, &args)
		}
		if err == nil {
			again, cerr := plan.CheckParams(nil, args)
			if cerr != nil || fmt.Sprint(again) != fmt.Sprint(args) {
				t.Errorf("case %d: lifted %v, canonical %v (%v)", i, args, again, cerr)
			}
			to := newGuest().call(c.Enc)
			err = throughMemory(to, plan, static, args, v)
		}
		if got := answer(ft.ParamTuple(), v, err); got != c.Want {
			t.Errorf("case %d: %s:\n got %s (%v)\nwant %s", i, describe(c.Type), got, err, c.Want)
		}
	}
}

// nameLabels gives names to flags and enum cases, which these types lack.
func nameLabels(t *Type) {
	for i := range t.Labels {
		t.Labels[i] = fmt.Sprint("l", i)
	}
	if t.Kind == Enum {
		for i := range t.Cases {
			t.Cases[i].Name = fmt.Sprint("c", i)
		}
	}
	if t.Elem != nil {
		nameLabels(t.Elem)
	}
	for _, f := range t.Fields {
		nameLabels(f.Type)
	}
	for _, c := range t.Cases {
		if c.Type != nil {
			nameLabels(c.Type)
		}
	}
}

// throughMemory lowers by one plan and lifts by another.
func throughMemory(cx *Call, lower, lift *GoPlan, args []any, v reflect.Value) error {
	ptr, err := cx.alloc(lower.params.align, lower.params.size)
	if err != nil {
		return err
	}
	if err = lower.params.store(cx, ptr, ptrTo(&args)); err != nil {
		return err
	}
	cx.begin()
	return lift.params.load(cx, ptr, v.UnsafePointer())
}

// throughFlat lowers and lifts args as core values, if they are few.
func throughFlat(t *testing.T, plan *GoPlan, args *[]any) error {
	if plan.Guest.IndirectParams {
		return nil
	}
	cx, stack := newGuest().call(UTF16), make([]uint64, MaxFlatParams+1)
	if err := plan.LowerParams(cx, stack, ptrTo(args)); err != nil {
		return err
	}
	for i, c := range plan.Guest.Params {
		if c == I32 || c == CF32 {
			stack[i] |= 0xdead << 32
		}
	}
	var got []any
	err := plan.LiftParams(cx, stack, ptrTo(&got))
	if fmt.Sprint(got) != fmt.Sprint(*args) {
		t.Errorf("flat: %v became %v", *args, got)
	}
	return err
}

// FuzzLiftDynamic lifts values of random types from arbitrary memory and core
// values, dynamically and as Go types, which must come to the same.
func FuzzLiftDynamic(f *testing.F) {
	for seed := range uint64(16) {
		r := rand.New(rand.NewPCG(seed, 4))
		mem := make([]byte, 256)
		for i := range mem {
			mem[i] = byte([]int{0, 0, 0, 1, 8, 16, 64, r.IntN(256)}[r.IntN(8)])
		}
		f.Add(seed, mem)
	}
	f.Fuzz(func(t *testing.T, seed uint64, mem []byte) {
		r := rand.New(rand.NewPCG(seed, 5))
		ft, g, _ := signature(randomDescs(r, 3, 6), nil)
		nameLabels(ft.ParamTuple())
		static, serr := BindGo(ft, g, noResult, resolveThing)
		plan, err := BindGo(ft, argsType, noResult, resolveThing)
		if err != nil || serr != nil {
			t.Fatal(err, serr)
		}
		stack := make([]uint64, 20)
		for i := range stack {
			if 8*i+8 <= len(mem) {
				stack[i] = binary.LittleEndian.Uint64(mem[8*i:])
			}
		}
		enc := StringEncoding(r.IntN(3))
		lift := func(p *GoPlan, v unsafe.Pointer) (err error) {
			cx := (&fakeGuest{mem: mem}).call(enc)
			cx.Opts.LiftLimit = 1 << 20
			checkAlloc(t, 1<<23, func() error { err = p.LiftParams(cx, stack, v); return err })
			return err
		}
		var args []any
		want, v := reflect.New(g), reflect.New(g)
		serr, err = lift(static, want.UnsafePointer()), lift(plan, ptrTo(&args))
		switch {
		case code(err) == TrapLiftLimit:
			return // dynamic values are larger
		case code(err) != code(serr):
			t.Fatalf("%v, as Go types %v", err, serr)
		case err != nil:
			return
		}
		to := newGuest().call(enc)
		if err := throughMemory(to, plan, static, args, v); err != nil || text(ft.ParamTuple(), v.Elem()) != text(ft.ParamTuple(), want.Elem()) {
			t.Errorf("%v: %v", args, err)
		}
	})
}

func TestDynamicMismatch(t *testing.T) {
	u8, str := &Type{Kind: U8}, &Type{Kind: String}
	point := &Type{Kind: Record, Fields: []Field{{"x", u8}, {"y", &Type{Kind: List, Elem: str}}}}
	shape := &Type{Kind: Variant, Cases: []Case{{"none", nil}, {"at", point}}}
	color := &Type{Kind: Enum, Cases: []Case{{"red", nil}, {"green", nil}}}
	perms := &Type{Kind: Flags, Labels: []string{"read", "write"}}
	opt := &Type{Kind: Option, Cases: []Case{{"none", nil}, {"some", &Type{Kind: Char}}}}
	res := &Type{Kind: Result, Cases: []Case{{"ok", nil}, {"error", str}}}
	pair := &Type{Kind: Tuple, Fields: []Field{{"", u8}, {"", opt}}}
	three := &Type{Kind: List, Elem: pair, Len: 3}
	thing := &Type{Kind: Own, Resource: "thing"}
	for _, c := range []struct {
		t    *Type
		v    any
		want string
	}{
		{u8, "1", "param 1 (a): u8 wants uint8, have string"},
		{u8, 256, "param 1 (a): 256 does not fit u8"},
		{u8, -1, "param 1 (a): -1 does not fit u8"},
		{u8, nil, "param 1 (a): u8 wants uint8, have nil"},
		{str, "\xff", "param 1 (a): string is not valid UTF-8"},
		{point, RecordValue{{"x", 1}}, `param 1 (a): field "y" is missing`},
		{point, RecordValue{{"x", 1}, {"x", 2}}, `param 1 (a): field "x" is there twice`},
		{point, map[string]any{"x": 1, "y": []any{}, "z": 1, "zz": 2}, `param 1 (a): record has no field "z", but x, y`},
		{point, map[string]any{"x": 1, "y": []any{"a", 2}}, "param 1 (a).y[1]: string wants string, have int"},
		{point, 1, "param 1 (a): record wants Record or map[string]any, have int"},
		{shape, VariantValue{Case: "circle"}, `param 1 (a): variant has no case "circle", but none, at`},
		{shape, VariantValue{Case: "none", Value: 1}, "param 1 (a).none: the case has no payload, have int"},
		{shape, VariantValue{Case: "at", Value: RecordValue{{"x", 1}, {"y", 5}}}, "param 1 (a).at.y: list wants []string or []any, have int"},
		{shape, "none", "param 1 (a): variant wants Variant, have string"},
		{color, "blue", `param 1 (a): enum has no case "blue", but red, green`},
		{color, 1, "param 1 (a): enum wants a string, have int"},
		{perms, []string{"read", "exec"}, `param 1 (a): flags have no label "exec", but read, write`},
		{opt, Some[any](rune(0x110000)), "param 1 (a).some: char 0x110000 is no Unicode scalar value"},
		{opt, 'x', "param 1 (a): option wants Option[any], have int32"},
		{res, Err[any, any](1), "param 1 (a).error: string wants string, have int"},
		{res, OK[any, any](1), "param 1 (a).ok: the case has no payload, have int"},
		{pair, []any{1}, "param 1 (a): tuple wants 2 values, have 1"},
		{three, []any{}, "param 1 (a): list of fixed length wants 3 elements, have 0"},
		{thing, 1, "param 1 (a): own wants *abi.thing for resource thing, have int"},
		{thing, Ref{Type: &ResourceType{Name: "other"}}, "param 1 (a): have resource other, want thing"},
		{thing, Ref{}, "param 1 (a): nil where a resource thing is needed"},
		{thing, Ref{Type: thingResource}, "param 1 (a): nil where a resource thing is needed"},
		{thing, new(int), "param 1 (a): own wants *abi.thing for resource thing, have *int"},
	} {
		ft := &FuncType{Params: []Field{{"a", c.t}}}
		plan, err := BindGo(ft, argsType, noResult, resolveThing)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = plan.CheckParams(nil, []any{c.v}); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v\n     want %s", c.t.Kind, err, c.want)
		}
	}
	plan, _ := BindGo(&FuncType{Params: []Field{{"a", u8}}}, argsType, anyType, nil)
	if _, err := plan.CheckParams(nil, nil); err == nil || !strings.Contains(err.Error(), "wants 1 argument(s), have 0") {
		t.Error(err)
	}
}

// TestDynamicBudget lifts lists of overlapping lists, which may not take more
// memory than one call may pass.
func TestDynamicBudget(t *testing.T) {
	typ := &Type{Kind: Bool}
	for range 3 {
		typ = &Type{Kind: Tuple, Fields: []Field{{"", typ}}}
	}
	typ = &Type{Kind: List, Elem: &Type{Kind: List, Elem: typ}}
	plan, err := BindGo(&FuncType{Params: []Field{{"a", typ}}}, argsType, noResult, nil)
	if err != nil {
		t.Fatal(err)
	}
	cx := newGuest().call(UTF8)
	ptr, _ := cx.alloc(4, 8<<14)
	for i := range uint32(1 << 14) {
		cx.putU32(ptr+8*i, ptr)
		cx.putU32(ptr+8*i+4, 1<<16)
	}
	cx.Opts.LiftLimit = 1 << 20
	var args []any
	err = plan.LiftParams(cx, []uint64{uint64(ptr), 1 << 14}, ptrTo(&args))
	if code(err) != TrapLiftLimit {
		t.Errorf("%v, want the limit", err)
	}
}

func TestEachOwned(t *testing.T) {
	thing := &Type{Kind: Own, Resource: "thing"}
	typ := &Type{Kind: Record, Fields: []Field{
		{"a", &Type{Kind: List, Elem: thing}},
		{"b", &Type{Kind: Option, Cases: []Case{{"none", nil}, {"some", thing}}}},
		{"c", &Type{Kind: Result, Cases: []Case{{"ok", thing}, {"error", thing}}}},
		{"d", &Type{Kind: Variant, Cases: []Case{{"one", &Type{Kind: Tuple, Fields: []Field{{"", &Type{Kind: U8}}, {"", thing}}}}}}},
		{"e", &Type{Kind: Borrow, Resource: "thing"}},
	}}
	v := RecordValue{{"a", []any{"1", "2"}}, {"b", Some[any]("3")}, {"c", Err[any, any]("4")},
		{"d", VariantValue{"one", []any{uint8(1), "5"}}}, {"e", "6"}}
	var got strings.Builder
	EachOwned(typ, v, func(_ *Type, v any) { got.WriteString(v.(string)) })
	if got.String() != "12345" {
		t.Errorf("owned: %s", got.String())
	}
}
