package host

import (
	"sync"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// A memoryPool lends address ranges to linear memories. A memory gets its
// whole range at once, so that it grows without being copied; pages are
// allocated when they are touched. Ranges that come back are kept for the next
// instance.
type memoryPool struct {
	mu   sync.Mutex
	free map[uint64][][]byte // by size
	n    int                 // ranges in free
}

const (
	// keptRanges bounds the ranges that wait for an instance.
	keptRanges = 16
	// keptBytes is how much of such a range stays allocated as a rule; the rest
	// is given back to the system. Clearing what is there costs less than faulting it in
	// again.
	keptBytes = 8 << 20
)

func newMemoryPool() *memoryPool { return &memoryPool{free: map[uint64][][]byte{}} }

// Allocate implements [experimental.MemoryAllocator].
func (p *memoryPool) Allocate(capacity, limit uint64) experimental.LinearMemory {
	if limit == 0 {
		return &heapMemory{}
	}
	p.mu.Lock()
	if list := p.free[limit]; len(list) > 0 {
		b := list[len(list)-1]
		p.free[limit] = list[:len(list)-1]
		p.n--
		p.mu.Unlock()
		return &pooledMemory{pool: p, all: b, keep: keptBytes}
	}
	p.mu.Unlock()
	b, err := unix.Mmap(-1, 0, int(limit), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil { // the system does not overcommit
		return &heapMemory{b: make([]byte, 0, capacity)}
	}
	return &pooledMemory{pool: p, all: b, keep: keptBytes}
}

// sparing gives an allocator of ranges of which nothing stays allocated when
// they come back: for instances that are rarely made and may grow large.
func (p *memoryPool) sparing() experimental.MemoryAllocator {
	return experimental.MemoryAllocatorFunc(func(capacity, limit uint64) experimental.LinearMemory {
		m := p.Allocate(capacity, limit)
		if m, ok := m.(*pooledMemory); ok {
			m.keep = 0
		}
		return m
	})
}

// release takes a range back whose first used bytes may have been written; the
// first keep bytes stay allocated.
func (p *memoryPool) release(b []byte, used, keep uint64) {
	clear(b[:min(used, keep)])
	if used > keep && unix.Madvise(b[keep:used], unix.MADV_DONTNEED) != nil {
		_ = unix.Munmap(b)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n == keptRanges {
		_ = unix.Munmap(b)
		return
	}
	size := uint64(len(b))
	p.free[size] = append(p.free[size], b)
	p.n++
}

// close gives all ranges that nobody uses back to the system.
func (p *memoryPool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, list := range p.free {
		for _, b := range list {
			_ = unix.Munmap(b)
		}
	}
	clear(p.free)
	p.n = 0
}

// pooledMemory is a linear memory in a range of a pool.
type pooledMemory struct {
	pool *memoryPool
	all  []byte
	used uint64
	keep uint64 // of it, when it comes back
}

// Reallocate implements [experimental.LinearMemory].
func (m *pooledMemory) Reallocate(size uint64) []byte {
	if size > uint64(len(m.all)) {
		return nil
	}
	m.used = max(m.used, size)
	return m.all[:size:size]
}

// Free implements [experimental.LinearMemory].
func (m *pooledMemory) Free() {
	if m.all != nil {
		m.pool.release(m.all, m.used, m.keep)
		m.all = nil
	}
}

// heapMemory is a linear memory of Go's heap.
type heapMemory struct{ b []byte }

// Reallocate implements [experimental.LinearMemory].
func (m *heapMemory) Reallocate(size uint64) []byte {
	if size > uint64(len(m.b)) {
		m.b = append(m.b, make([]byte, size-uint64(len(m.b)))...)
	}
	return m.b[:size]
}

// Free implements [experimental.LinearMemory].
func (m *heapMemory) Free() { m.b = nil }
