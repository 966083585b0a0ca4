package runtime_test

import (
	"testing"
	"unsafe"

	"github.com/isyswasfa/isyswasfa/guest/wit/runtime"
)

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

func TestHandle(t *testing.T) {
	h := runtime.MakeHandle(5)
	if h.Use() != 5 || h.Take() != 5 || h.TakeOrNil() != 0 {
		t.Error("the handle is lost")
	}
	if !panics(func() { h.Use() }) || !panics(func() { h.Take() }) || !panics(func() { h.Set(0) }) || !panics(func() { runtime.MakeHandle(0) }) {
		t.Error("an empty handle can be used")
	}
	h.Set(6)
	if !panics(func() { h.Set(7) }) || h.TakeOrNil() != 6 {
		t.Error("a handle was overwritten")
	}
}

func TestArena(t *testing.T) {
	var a runtime.Arena
	for _, align := range []uintptr{1, 2, 4, 8} {
		for size := uintptr(1); size < 100; size += 7 {
			p := a.Alloc(size, align)
			if uintptr(p)%align != 0 {
				t.Fatalf("%d bytes aligned to %d are at %p", size, align, p)
			}
			for i, b := range unsafe.Slice((*byte)(p), size) {
				if b != 0 {
					t.Fatalf("byte %d of %d is not zero", i, size)
				}
			}
		}
	}
	if p := a.Alloc(0, 8); p != nil {
		t.Error("nothing is somewhere")
	}
	if ptr, n := a.String(""); ptr != 0 || n != 0 {
		t.Error("the empty string is somewhere")
	}
	if _, n := a.String("abc"); n != 3 {
		t.Error("wrong length")
	}
	if _, n := runtime.Slice(&a, []uint64{1, 2}); n != 2 {
		t.Error("wrong length")
	}
	a.Free()
}
