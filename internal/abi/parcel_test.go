package abi

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestPackCase takes the payload of a result out of a guest's memory, keeps it
// in a parcel, and gives it to a guest that calls a function with that result.
func TestPackCase(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 5))
		ft, pg, rg := signature(nil, randomDesc(r, 3))
		half := &FuncType{Result: &Type{Kind: Result, Cases: []Case{{Name: "ok", Type: ft.Result}, {Name: "error"}}}}
		p, err := BindGo(ft, pg, rg, resolveThing)
		if err != nil {
			t.Fatal(err)
		}
		tr, err := BindTransfer(ft, resolveThing)
		if err != nil {
			t.Fatal(err)
		}
		start, err := BindTransfer(half, resolveThing)
		if err != nil {
			t.Fatal(err)
		}
		if len(half.Result.Flat()) <= MaxFlatResults {
			continue // it is not returned in memory
		}
		from, to := newGuest().call(StringEncoding(r.IntN(3))), newGuest().call(StringEncoding(r.IntN(3)))
		in, out := reflect.New(rg), reflect.New(rg)
		fill(r, ft.Result, in.Elem())
		at, err := from.alloc(half.Result.Align(), half.Result.Size())
		if err == nil {
			err = p.result.store(from, at+half.Result.PayloadOffset(), in.UnsafePointer())
		}
		if err != nil {
			t.Fatal(err)
		}
		stack, b := dirty(20), new(Parcel)
		if p.Host.IndirectResult {
			ptr, err := to.alloc(ft.Result.Align(), ft.Result.Size())
			if err != nil {
				t.Fatal(err)
			}
			stack[0] = uint64(ptr)
		}
		lifted := []uint64{stack[0]}
		err = errors.Join(start.PackCase(from, []uint64{uint64(at)}, b), tr.UnpackResult(b, to, stack))
		if !p.Host.IndirectResult {
			lifted[0] = stack[0]
		}
		err = errors.Join(err, p.LiftResult(to, lifted, out.UnsafePointer()), from.End(), to.End())
		if err != nil || !reflect.DeepEqual(in.Interface(), out.Interface()) {
			t.Errorf("seed %d: sent %+v, got %+v, %v", seed, in.Elem(), out.Elem(), err)
		}
	}
}

// TestParcelDiscard drops a parcel with an owned handle and a borrowed one: the
// first is destroyed, the second stays lent until the caller's end.
func TestParcelDiscard(t *testing.T) {
	user := newGuest()
	rt := &ResourceType{Name: "r"}
	tr, err := BindTransfer(thingsFunc, func(any) (ResourceRef, error) { return ResourceRef{Type: rt}, nil })
	if err != nil {
		t.Fatal(err)
	}
	own, _ := user.table.AddOwn(rt, 7, nil)
	lent, _ := user.table.AddOwn(rt, 8, nil)
	from, b := user.call(UTF8), new(Parcel)
	if err := tr.PackParams(from, []uint64{uint64(own), uint64(lent)}, b); err != nil {
		t.Fatal(err)
	}
	var destroyed []uint32
	for range 2 {
		b.Discard(func(e Entry) { destroyed = append(destroyed, e.Rep) })
	}
	if len(destroyed) != 1 || destroyed[0] != 7 {
		t.Errorf("destroyed %v", destroyed)
	}
	if e, err := user.table.Get(lent); err != nil || e.Lends != 1 || user.table.Len() != 1 {
		t.Errorf("lent handle %+v, %v; %d live", e, err, user.table.Len())
	}
	if err := errors.Join(from.End(), user.table.Drop(context.Background(), lent, rt)); err != nil {
		t.Error(err)
	}
}

// A parcel is no larger than what one call may lift: lists may overlap.
func TestParcelLimit(t *testing.T) {
	g := newGuest()
	g.mem = make([]byte, 1<<20)
	for i := range 1 << 17 { // each is the list of all of them
		g.mem[8*i+6], g.mem[8*i+4] = 1, 0
	}
	ft := &FuncType{Params: []Field{{"x", &Type{Kind: List, Elem: &Type{Kind: List, Elem: &Type{Kind: U8}}}}}}
	tr, err := BindTransfer(ft, nil)
	if err != nil {
		t.Fatal(err)
	}
	cx := g.call(UTF8)
	cx.Opts.LiftLimit = 1 << 21
	if err := tr.PackParams(cx, []uint64{0, 1 << 17}, new(Parcel)); code(err) != TrapRealloc {
		t.Errorf("got %v", err)
	}
}
