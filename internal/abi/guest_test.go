package abi

import (
	"context"
	"errors"
	"unsafe"
)

// A fakeGuest is a memory and an allocator. Each realloc moves the memory and
// spoils the old one, so that a plan that keeps a view is found out.
type fakeGuest struct {
	mem   []byte
	next  uint32
	limit uint32
	table Table
	calls int
}

func newGuest() *fakeGuest { return &fakeGuest{mem: make([]byte, 64), next: 16, limit: 1 << 24} }

func (g *fakeGuest) Size() uint32 { return uint32(len(g.mem)) }

func (g *fakeGuest) Read(off, n uint32) ([]byte, bool) {
	if uint64(off)+uint64(n) > uint64(len(g.mem)) {
		return nil, false
	}
	return g.mem[off : off+n : off+n], true
}

func (g *fakeGuest) realloc(_ context.Context, _, _, align, size uint32) (uint32, error) {
	g.calls++
	ptr := AlignTo(g.next, align)
	if uint64(ptr)+uint64(size) > uint64(g.limit) {
		return 0, errors.New("out of memory")
	}
	g.next = ptr + size
	moved := make([]byte, max(g.next, uint32(len(g.mem))))
	copy(moved, g.mem)
	for i := range g.mem {
		g.mem[i] = 0xaa
	}
	g.mem = moved
	return ptr, nil
}

func (g *fakeGuest) options(enc StringEncoding) *Options {
	return &Options{Memory: g, Realloc: g.realloc, Encoding: enc, Table: &g.table}
}

func (g *fakeGuest) call(enc StringEncoding) *Call {
	return &Call{Ctx: context.Background(), Opts: g.options(enc)}
}

// code gives the TrapCode of an error, 0 for none.
func code(err error) TrapCode {
	var t *Trap
	if errors.As(err, &t) {
		return t.Code
	}
	return 0
}

func ptrTo[T any](v *T) unsafe.Pointer { return unsafe.Pointer(v) }
