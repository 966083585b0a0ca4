package runtime_test

import (
	"testing"

	"github.com/isyswasfa/isyswasfa/guest/wit/runtime"
)

type thing struct{ ended int }

func (t *thing) OnDrop() { t.ended++ }

func call(f func()) { f() }

// handles stands for the built-ins of a resource: a handle is its rep plus a
// hundred, and dropping one calls the destructor.
func handles(v *runtime.Values[thing], open map[int32]bool) {
	v.New = func(rep int32) int32 { open[rep+100] = true; return rep + 100 }
	v.Rep = func(handle int32) int32 { return handle - 100 }
	v.Drop = func(handle int32) {
		if !open[handle] {
			panic("no such handle")
		}
		delete(open, handle)
		v.End(handle-100, call)
	}
}

func TestValues(t *testing.T) {
	var v runtime.Values[thing]
	open := map[int32]bool{}
	handles(&v, open)
	a, b := &thing{}, &thing{}
	ha, hb := v.Give(a), v.Give(b)
	if len(open) != 2 || v.Get(v.Rep(ha)) != a || v.Get(v.Rep(hb)) != b {
		t.Fatalf("handles %v", open)
	}
	if v.Own(ha) != a || len(open) != 1 || a.ended != 0 {
		t.Errorf("taken back: %v, %v", a, open)
	}
	if !panics(func() { v.Get(v.Rep(ha)) }) || !panics(func() { v.Give(nil) }) {
		t.Error("a value that is gone can be had")
	}
	ha = v.Give(a)
	v.Drop(ha)
	v.Drop(hb)
	if len(open) != 0 || a.ended != 1 || b.ended != 1 {
		t.Errorf("dropped: %v, %v, %v", a, b, open)
	}
}

type borrowed struct{ dropped bool }

func (b *borrowed) Drop() { b.dropped = true }

func TestBorrows(t *testing.T) {
	var list runtime.Borrows
	b := runtime.Borrowed(&list, &borrowed{})
	list.Drop()
	if !b.dropped {
		t.Error("a borrow outlives its function")
	}
}
