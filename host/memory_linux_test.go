package host

import (
	"bytes"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestMemoryPool wants a range that comes back to be as good as new, whatever
// was written to it, and memories that grow in place.
func TestMemoryPool(t *testing.T) {
	p := newMemoryPool()
	defer p.close()
	const limit = 64 << 20
	for _, used := range []uint64{0, pageSize, keptBytes, keptBytes + pageSize, limit} {
		m := p.Allocate(0, limit)
		b := m.Reallocate(used)
		for i := range b {
			b[i] = 1
		}
		if used > 0 {
			first := &b[0]
			if b = m.Reallocate(limit); &b[0] != first || len(b) != limit {
				t.Errorf("a memory of %d bytes moved when it grew", used)
			}
			b[limit-1] = 1
		}
		if m.Reallocate(limit+1) != nil {
			t.Error("a memory grew beyond its limit")
		}
		m.Free()
		m.Free()
		again := p.Allocate(0, limit)
		if n := p.n; n != 0 {
			t.Errorf("%d ranges are free while the only one is in use", n)
		}
		for i, x := range again.Reallocate(limit) {
			if x != 0 {
				t.Fatalf("after %d bytes were used, byte %d is %d", used, i, x)
			}
		}
		again.Free()
	}
	m := p.sparing().Allocate(0, limit)
	b := m.Reallocate(limit)
	for i := range b {
		b[i] = 1
	}
	m.Free()
	b = p.Allocate(0, limit).Reallocate(limit)
	resident := make([]byte, limit/unix.Getpagesize())
	if _, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&b[0])), limit, uintptr(unsafe.Pointer(&resident[0]))); errno != 0 {
		t.Error(errno)
	} else if n := bytes.Count(resident, []byte{1}); n > 0 {
		t.Errorf("%d pages of a range that came back are still allocated", n)
	}
	var many []interface{ Free() }
	for range keptRanges + 3 {
		m := p.Allocate(0, pageSize)
		m.Reallocate(pageSize)
		many = append(many, m)
	}
	for _, m := range many {
		m.Free()
	}
	if p.n != keptRanges {
		t.Errorf("%d ranges are kept, want %d", p.n, keptRanges)
	}
}
