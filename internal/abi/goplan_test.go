package abi

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// TestRoundTrip passes random values of random types from Go into a guest, on
// to another guest and out to Go, as parameters and as results. Half of them
// are in a parcel between the guests.
func TestRoundTrip(t *testing.T) {
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 1))
		params, result := randomDescs(r, 3, 6), randomDesc(r, 3)
		if err := roundTrip(r, params, result); err != nil {
			t.Errorf("seed %d: func(%s) -> %s: %v", seed, describe(params), describe(result), err)
		}
		if seed%100 == 0 {
			runtime.GC()
		}
	}
}

func roundTrip(r *rand.Rand, params []any, result any) error {
	ft, pg, rg := signature(params, result)
	p, err := BindGo(ft, pg, rg, resolveThing)
	if err != nil {
		return err
	}
	tr, err := BindTransfer(ft, resolveThing)
	if err != nil {
		return err
	}
	a, b := newGuest(), newGuest()
	ca, cb := a.call(StringEncoding(r.IntN(3))), b.call(StringEncoding(r.IntN(3)))
	stacks := [2][]uint64{dirty(20), dirty(20)}

	in, out := reflect.New(pg), reflect.New(pg)
	for i, f := range ft.Params {
		fill(r, f.Type, in.Elem().Field(i))
	}
	move := tr.Params
	if r.IntN(2) == 0 {
		move = func(ca, cb *Call, in, out []uint64) error {
			b := new(Parcel)
			return errors.Join(tr.PackParams(ca, in, b), tr.UnpackParams(b, cb, out))
		}
	}
	err = errors.Join(
		p.LowerParams(ca, stacks[0], in.UnsafePointer()),
		move(ca, cb, stacks[0], stacks[1]),
		p.LiftParams(cb, stacks[1], out.UnsafePointer()))
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(in.Interface(), out.Interface()) {
		return fmt.Errorf("parameters: sent %+v, got %+v", in.Elem(), out.Elem())
	}
	return resultTrip(r, p, tr, ca, cb, ft.Result, rg)
}

// resultTrip has the host lower a result for guest a; a, as if it had been
// called, returns it to b, and b to the host.
func resultTrip(r *rand.Rand, p *GoPlan, tr *Transfer, ca, cb *Call, t *Type, g reflect.Type) error {
	in, out := reflect.New(g), reflect.New(g)
	fill(r, t, in.Elem())
	toA, toB := dirty(20), dirty(20)
	fromA, fromB := toA, toB
	if p.Host.IndirectResult {
		for _, side := range []struct {
			cx       *Call
			to, from *[]uint64
		}{{ca, &toA, &fromA}, {cb, &toB, &fromB}} {
			ptr, err := side.cx.alloc(t.Align(), t.Size())
			if err != nil {
				return err
			}
			(*side.to)[len(p.Host.Params)-1] = uint64(ptr) | 0xbad<<32
			*side.from = []uint64{uint64(ptr) | 0xbad<<32}
		}
	}
	move := tr.Result
	if r.IntN(2) == 0 {
		move = func(cb, ca *Call, in, out []uint64) error {
			b := new(Parcel)
			return errors.Join(tr.PackResult(ca, in, b), tr.UnpackResult(b, cb, out))
		}
	}
	err := errors.Join(
		p.LowerResult(ca, toA, in.UnsafePointer()),
		move(cb, ca, fromA, toB),
		p.LiftResult(cb, fromB, out.UnsafePointer()),
		ca.End(), cb.End())
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(in.Interface(), out.Interface()) {
		return fmt.Errorf("result: sent %+v, got %+v", in.Elem(), out.Elem())
	}
	if n := ca.Opts.Table.Len() + cb.Opts.Table.Len(); n != 0 {
		return fmt.Errorf("%d handles left", n)
	}
	return nil
}

// dirty makes a stack with something in every slot.
func dirty(n int) []uint64 {
	s := make([]uint64, n)
	for i := range s {
		s[i] = 0xdeadbeefdeadbeef
	}
	return s
}

type things struct {
	Own    *thing
	Borrow *thing
}

var thingsFunc = &FuncType{Params: []Field{
	{"o", &Type{Kind: Own, Resource: "thing"}},
	{"b", &Type{Kind: Borrow, Resource: "thing"}},
}}

func TestHandlesOfGuestCall(t *testing.T) {
	p, err := BindGo(thingsFunc, reflect.TypeFor[things](), reflect.TypeFor[struct{}](), resolveThing)
	if err != nil {
		t.Fatal(err)
	}
	g := newGuest()
	one, two := &thing{1}, &thing{2}
	h1, _ := g.table.AddOwn(thingResource, 0, ptrTo(one))
	h2, _ := g.table.AddOwn(thingResource, 0, ptrTo(two))
	cx := g.call(UTF8)

	// The same handle cannot be given away and lent; the guest keeps it.
	var got things
	err = p.LiftParams(cx, []uint64{uint64(h1), uint64(h1)}, ptrTo(&got))
	if code(err) != TrapHandle || !strings.HasPrefix(err.Error(), "param 2 (b): ") {
		t.Errorf("own then borrow of one handle: %v", err)
	}
	if e, err := g.table.Get(h1); err != nil || e.Obj != ptrTo(one) {
		t.Errorf("after a failed call handle %d is %v, %v", h1, e, err)
	}
	if err := p.LiftParams(cx, []uint64{uint64(h1), uint64(h2)}, ptrTo(&got)); err != nil {
		t.Fatal(err)
	}
	if got.Own != one || got.Borrow != two {
		t.Errorf("lifted %v", got)
	}
	if _, err := g.table.Get(h1); code(err) != TrapHandle {
		t.Errorf("an owned handle that was given away: %v", err)
	}
	if err := g.table.Drop(cx.Ctx, h2, thingResource); code(err) != TrapLent {
		t.Errorf("drop of a lent handle: %v", err)
	}
	if err := cx.End(); err != nil {
		t.Error(err)
	}
	if err := g.table.Drop(cx.Ctx, h2, thingResource); err != nil || g.table.Len() != 0 {
		t.Errorf("drop after the call: %v, %d live", err, g.table.Len())
	}
}

func TestHandlesOfHostCall(t *testing.T) {
	p, err := BindGo(thingsFunc, reflect.TypeFor[things](), reflect.TypeFor[struct{}](), resolveThing)
	if err != nil {
		t.Fatal(err)
	}
	g := newGuest()
	cx, stack := g.call(UTF8), make([]uint64, MaxFlatParams+1)
	if err := p.LowerParams(cx, stack, ptrTo(&things{Borrow: &thing{}})); code(err) != TrapNil {
		t.Errorf("nil object: %v", err)
	}
	in := things{&thing{1}, &thing{2}}
	if err := p.LowerParams(cx, stack, ptrTo(&in)); err != nil {
		t.Fatal(err)
	}
	own, borrow := uint32(stack[0]), uint32(stack[1])
	if _, err := g.table.TakeOwn(borrow, thingResource); code(err) != TrapNotOwned {
		t.Errorf("own of a borrowed handle: %v", err)
	}
	if _, err := g.table.Lookup(own, &ResourceType{Name: "other"}); code(err) != TrapResourceType {
		t.Errorf("other resource: %v", err)
	}
	if err := cx.End(); code(err) != TrapBorrowed {
		t.Errorf("borrow left: %v", err)
	}
	if err := errors.Join(g.table.Drop(cx.Ctx, borrow, thingResource), cx.End()); err != nil {
		t.Error(err)
	}
}

// TestRefs passes a resource that one guest defines through Go by its rep.
func TestRefs(t *testing.T) {
	type refs struct{ Own, Borrow Ref }
	p, err := BindGo(thingsFunc, reflect.TypeFor[refs](), reflect.TypeFor[struct{}](),
		func(any) (ResourceRef, error) { return ResourceRef{Index: 1}, nil })
	if err != nil {
		t.Fatal(err)
	}
	maker, user := newGuest(), newGuest()
	rt := &ResourceType{Name: "r", Impl: &maker.table}
	cm, cu := maker.call(UTF8), user.call(UTF8)
	var got refs
	h, _ := user.table.AddOwn(rt, 7, nil)
	k, _ := user.table.AddOwn(rt, 8, nil)
	if err := p.LiftParams(cu, []uint64{uint64(h), uint64(k)}, ptrTo(&got)); code(err) != TrapResourceType {
		t.Errorf("unknown resource type: %v", err)
	}
	cm.Resources = []*ResourceType{nil, rt}
	cu.Resources = cm.Resources
	if err := p.LiftParams(cu, []uint64{uint64(h), uint64(k)}, ptrTo(&got)); err != nil {
		t.Fatal(err)
	}
	stack := make([]uint64, 2)
	if err := p.LowerParams(cm, stack, ptrTo(&got)); err != nil {
		t.Fatal(err)
	}
	if stack[0] != 1 || stack[1] != 8 {
		t.Errorf("the guest that defines the resource got %v, want handle 1 and rep 8", stack)
	}
	if err := errors.Join(cm.End(), cu.End()); err != nil {
		t.Error(err)
	}
}

func TestDrain(t *testing.T) {
	var table Table
	var order []uint32
	rt := &ResourceType{Name: "r", Destroy: func(_ context.Context, tb *Table, e Entry) error {
		order = append(order, e.Rep)
		if e.Rep == 10 { // drops another one and cannot make any
			if err := tb.Drop(context.Background(), 3, e.Type); err != nil {
				return err
			}
			_, err := tb.AddOwn(e.Type, 99, nil)
			return err
		}
		return nil
	}}
	var cx Call
	for rep := range uint32(4) {
		_, _ = table.AddOwn(rt, 10+rep, nil)
	}
	_, _ = table.addBorrow(&cx, Entry{Type: rt, Rep: 50})
	err := table.Drain(context.Background())
	if code(err) != TrapDestroy || code(errors.Unwrap(err)) != TrapClosed {
		t.Errorf("error of the first destructor: %v", err)
	}
	if want := []uint32{10, 12, 11, 13}; !reflect.DeepEqual(order, want) || table.Len() != 0 {
		t.Errorf("destroyed %v, want %v; %d live", order, want, table.Len())
	}
	table.Reset()
	if h, err := table.AddOwn(rt, 1, nil); h != 1 || err != nil {
		t.Errorf("after Reset: %d, %v", h, err)
	}
	table.Limit = 1
	if _, err := table.AddOwn(rt, 1, nil); code(err) != TrapTableFull {
		t.Errorf("table of one handle: %v", err)
	}
}

func TestLiftTraps(t *testing.T) {
	strings := &Type{Kind: List, Elem: &Type{Kind: String}}
	ft := &FuncType{Params: []Field{{"l", strings}}}
	type params struct{ L []string }
	p, err := BindGo(ft, reflect.TypeFor[params](), reflect.TypeFor[struct{}](), nil)
	if err != nil {
		t.Fatal(err)
	}
	mem := make([]byte, 1<<16)
	for i := 0; i < len(mem); i += 8 { // strings that overlap
		mem[i+5] = 0x40 // of 16 KiB
	}
	for _, c := range []struct {
		name        string
		ptr, length uint32
		limit       int
		want        TrapCode
		text        string
	}{
		{"all overlapping", 0, 1000, 1 << 20, TrapLiftLimit, "param 1 (l)[63]: the values take more memory than one call may pass"},
		{"misaligned", 2, 1, 0, TrapAlign, "param 1 (l): pointer 0x2 is not aligned to 4"},
		{"past the end", 1 << 16, 1, 0, TrapBounds, "param 1 (l): 8 bytes at 0x10000 are outside the memory of 65536 bytes"},
		{"length that wraps", 8, 1 << 29, 0, TrapTooLong, "param 1 (l): list of 536870912 elements takes 4294967296 bytes"},
		{"longest", 8, MaxListBytes / 8, 0, TrapBounds, ""},
	} {
		g := &fakeGuest{mem: mem}
		cx := g.call(UTF8)
		cx.Opts.LiftLimit = c.limit
		var v params
		err := p.LiftParams(cx, []uint64{uint64(c.ptr), uint64(c.length)}, ptrTo(&v))
		if code(err) != c.want || c.text != "" && err.Error() != c.text {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestLowerTraps(t *testing.T) {
	type params struct {
		S string
		C rune
		V struct {
			Case uint8
			X    uint32
		}
	}
	ft := &FuncType{Params: []Field{
		{"s", &Type{Kind: String}},
		{"c", &Type{Kind: Char}},
		{"v", &Type{Kind: Variant, Cases: []Case{{"x", &Type{Kind: U32}}, {"y", nil}}}},
	}}
	p, err := BindGo(ft, reflect.TypeFor[params](), reflect.TypeFor[struct{}](), nil)
	if err != nil {
		t.Fatal(err)
	}
	bad := params{S: "ok", C: 0xd800}
	third := params{}
	third.V.Case = 2
	g := newGuest()
	for _, c := range []struct {
		p    params
		want string
	}{
		{params{S: "a\xff"}, "param 1 (s): string is not valid UTF-8"},
		{bad, "param 2 (c): char 0xd800 is no Unicode scalar value"},
		{third, "param 3 (v): case 2 of a type with 2 cases"},
	} {
		if err := p.LowerParams(g.call(UTF16), make([]uint64, 5), ptrTo(&c.p)); err == nil || err.Error() != c.want {
			t.Errorf("%v: %v", c.p, err)
		}
	}
	g.limit = g.next
	err = p.LowerParams(g.call(UTF8), make([]uint64, 5), ptrTo(&params{S: "text"}))
	if code(err) != TrapRealloc || errors.Unwrap(errors.Unwrap(err)) != nil || err.Error() != "param 1 (s): realloc: out of memory" {
		t.Errorf("failing realloc: %v", err)
	}
}
