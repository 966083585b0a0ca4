package abitest

import (
	"context"
	"fmt"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// base is where allocation begins in the memory of a guest; nothing that
// counts is below.
const base = 16

// A guest is a linear memory with an allocator that only moves on. The memory
// ends where the last block does, and each realloc moves it and spoils the old
// one, so that a plan that keeps a view is found out.
type guest struct {
	mem  []byte
	mode Realloc
}

// A Realloc tells how a guest allocates.
type Realloc int

// The ways of guests to allocate.
const (
	Proper     Realloc = iota
	Misaligned         // each block begins one byte after where it should
	Outside            // each block lies behind the end of the memory
)

// outside is how far an Outside block is.
const outside = 1 << 20

func newGuest(mode Realloc) *guest { return &guest{make([]byte, base), mode} }

func (g *guest) Size() uint32 { return uint32(len(g.mem)) }

func (g *guest) Read(off, n uint32) ([]byte, bool) {
	if uint64(off)+uint64(n) > uint64(len(g.mem)) {
		return nil, false
	}
	return g.mem[off : off+n : off+n], true
}

func (g *guest) realloc(_ context.Context, old, oldSize, align, size uint32) (uint32, error) {
	if old != 0 || oldSize != 0 {
		return 0, fmt.Errorf("a block is allocated twice")
	}
	ptr := abi.AlignTo(uint32(len(g.mem)), align)
	switch g.mode {
	case Misaligned:
		ptr++
	case Outside:
		return ptr + outside, nil
	}
	moved := make([]byte, ptr+size)
	copy(moved, g.mem)
	for i := range g.mem {
		g.mem[i] = 0xaa
	}
	g.mem = moved
	return ptr, nil
}

func (g *guest) call(enc abi.StringEncoding) *abi.Call {
	return &abi.Call{Ctx: context.Background(), Opts: &abi.Options{Memory: g, Realloc: g.realloc, Encoding: enc}}
}

// heap gives what was allocated.
func (g *guest) heap() []byte { return g.mem[base:] }

// withHeap makes a guest with such a heap.
func withHeap(heap []byte) *guest {
	return &guest{mem: slices.Concat(make([]byte, base), heap)}
}
