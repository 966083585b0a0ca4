package abi

import (
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"
)

// FuzzLift lifts and moves values of random types from arbitrary memory and
// core values: nothing panics, every error is a trap, and no more is allocated
// than the limit allows.
func FuzzLift(f *testing.F) {
	for seed := range uint64(16) {
		r := rand.New(rand.NewPCG(seed, 2))
		mem := make([]byte, 256)
		for i := range mem {
			mem[i] = byte([]int{0, 0, 0, 1, 8, 16, 64, r.IntN(256)}[r.IntN(8)])
		}
		f.Add(seed, mem)
	}
	f.Fuzz(func(t *testing.T, seed uint64, mem []byte) {
		r := rand.New(rand.NewPCG(seed, 3))
		params, result := randomDescs(r, 3, 6), randomDesc(r, 3)
		ft, pg, rg := signature(params, result)
		p, err := BindGo(ft, pg, rg, resolveThing)
		if err != nil {
			t.Fatal(err)
		}
		tr, err := BindTransfer(ft, resolveThing)
		if err != nil {
			t.Fatal(err)
		}
		stack := make([]uint64, 20)
		for i := range stack {
			if 8*i+8 <= len(mem) {
				stack[i] = binary.LittleEndian.Uint64(mem[8*i:])
			}
		}
		cx := (&fakeGuest{mem: mem}).call(StringEncoding(r.IntN(3)))
		cx.Opts.LiftLimit = 1 << 20
		pv, rv := reflect.New(pg), reflect.New(rg)
		checkAlloc(t, 1<<22, func() error { return p.LiftParams(cx, stack, pv.UnsafePointer()) })
		checkAlloc(t, 1<<22, func() error { return p.LiftResult(cx, stack, rv.UnsafePointer()) })
		to := newGuest()
		to.limit = 1 << 12
		cy := to.call(StringEncoding(r.IntN(3)))
		checkAlloc(t, 1<<28, func() error { return tr.Params(cx, cy, stack, make([]uint64, 20)) })
		checkAlloc(t, 1<<28, func() error { return tr.Result(cy, cx, stack, make([]uint64, 20)) })
		checkAlloc(t, 1<<23, func() error { return tr.PackParams(cx, stack, new(Parcel)) })
		checkAlloc(t, 1<<23, func() error { return tr.PackResult(cx, stack, new(Parcel)) })
	})
}

func checkAlloc(t *testing.T, most uint64, f func() error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := f()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > most {
		t.Errorf("%d bytes allocated", n)
	}
	if err != nil && code(err) == 0 {
		t.Errorf("an error that is no trap: %v", err)
	}
}
