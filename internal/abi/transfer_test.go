package abi

import (
	"errors"
	"testing"
)

// TestTransferHandles passes an owned and a borrowed resource from one guest
// to another: to a stranger, and to the guest that defines the resource.
func TestTransferHandles(t *testing.T) {
	user, maker, stranger := newGuest(), newGuest(), newGuest()
	rt := &ResourceType{Name: "r", Impl: &maker.table}
	tr, err := BindTransfer(thingsFunc, func(any) (ResourceRef, error) { return ResourceRef{Type: rt}, nil })
	if err != nil {
		t.Fatal(err)
	}
	if tr.Direct {
		t.Error("handles pass directly")
	}
	for _, c := range []struct {
		to     *fakeGuest
		second uint64 // the borrowed resource as the callee sees it
		left   int    // borrow handles that it has to drop
	}{{stranger, 2, 1}, {maker, 8, 0}} {
		own, _ := user.table.AddOwn(rt, 7, nil)
		lent, _ := user.table.AddOwn(rt, 8, nil)
		from, to := user.call(UTF8), c.to.call(UTF8)
		out := make([]uint64, 2)
		if err := tr.Params(from, to, []uint64{uint64(own), uint64(lent)}, out); err != nil {
			t.Fatal(err)
		}
		if out[0] != 1 || out[1] != c.second {
			t.Errorf("the callee got %v", out)
		}
		if e, err := user.table.Get(lent); err != nil || e.Lends != 1 || user.table.Len() != 1 {
			t.Errorf("lent handle %+v, %v; %d live", e, err, user.table.Len())
		}
		if err := to.End(); (code(err) == TrapBorrowed) != (c.left > 0) {
			t.Errorf("callee's end: %v", err)
		}
		if c.left > 0 {
			if err := errors.Join(c.to.table.Drop(to.Ctx, 2, rt), to.End()); err != nil {
				t.Error(err)
			}
		}
		e, err := c.to.table.TakeOwn(1, rt)
		if err != nil || e.Rep != 7 || c.to.table.Len() != 0 {
			t.Errorf("owned by the callee: %+v, %v", e, err)
		}
		if err := errors.Join(from.End(), user.table.Drop(from.Ctx, lent, rt)); err != nil || user.table.Len() != 0 {
			t.Errorf("caller's end: %v", err)
		}
	}
}

// TestTransferFull checks that a handle which finds no room stays where it was.
func TestTransferFull(t *testing.T) {
	user, to := newGuest(), newGuest()
	rt := &ResourceType{Name: "r"}
	ft := &FuncType{Params: thingsFunc.Params[:1]}
	tr, err := BindTransfer(ft, func(any) (ResourceRef, error) { return ResourceRef{Type: rt}, nil })
	if err != nil {
		t.Fatal(err)
	}
	to.table.Limit = 1
	_, _ = to.table.AddOwn(rt, 1, nil)
	h, _ := user.table.AddOwn(rt, 7, nil)
	err = tr.Params(user.call(UTF8), to.call(UTF8), []uint64{uint64(h)}, make([]uint64, 1))
	if code(err) != TrapTableFull || err.Error() != "param 1 (o): more than 1 handles" {
		t.Errorf("no room: %v", err)
	}
	if e, err := user.table.Get(h); err != nil || e.Rep != 7 {
		t.Errorf("the handle is now %+v, %v", e, err)
	}
}

func TestDirect(t *testing.T) {
	f := func(result *Type, params ...Kind) *FuncType {
		ft := &FuncType{Result: result}
		for _, k := range params {
			ft.Params = append(ft.Params, Field{"p", &Type{Kind: k}})
		}
		return ft
	}
	for _, c := range []struct {
		ft   *FuncType
		want bool
	}{
		{f(nil), true},
		{f(&Type{Kind: F64}, U32, S64, F32), true},
		{f(nil, U8), false},
		{f(&Type{Kind: Bool}), false},
		{f(nil, U32, U32, U32, U32, U32, U32, U32, U32, U32, U32, U32, U32, U32, U32, U32, U32, U32), false},
	} {
		tr, err := BindTransfer(c.ft, nil)
		if err != nil {
			t.Fatal(err)
		}
		if tr.Direct != c.want {
			t.Errorf("%d params: direct is %v", len(c.ft.Params), tr.Direct)
		}
	}
}
