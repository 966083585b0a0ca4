// Package runtime is what generated guest code needs from the Go runtime:
// memory that the host allocates (cabi_realloc) and that lifting takes over,
// memory that lowering hands out and that stays until it was read, and
// handles of resources.
//
// Programs do not import it; generated bindings do. Everything that touches
// linear memory works in a component only (GOOS=wasip1) and panics elsewhere.
package runtime

import "unsafe"

// A Handle is an index into the component's resource table, held by the Go
// value of the resource. The zero value holds nothing.
type Handle struct {
	value int32
}

// MakeHandle returns a Handle that holds value, which must not be 0.
func MakeHandle(value int32) *Handle {
	if value == 0 {
		panic("resource handle is 0")
	}
	return &Handle{value}
}

// Use returns the index and leaves it in place. It panics when the resource
// was dropped or given away.
func (h *Handle) Use() int32 {
	if h.value == 0 {
		panic("resource was dropped or given away")
	}
	return h.value
}

// Take returns the index and empties h: the caller owns the resource now. It
// panics when the resource was dropped or given away.
func (h *Handle) Take() int32 {
	v := h.Use()
	h.value = 0
	return v
}

// TakeOrNil is Take, with 0 instead of the panic.
func (h *Handle) TakeOrNil() int32 {
	v := h.value
	h.value = 0
	return v
}

// Set puts an index into h, which must be empty.
func (h *Handle) Set(value int32) {
	if value == 0 {
		panic("resource handle is 0")
	}
	if h.value != 0 {
		panic("resource handle is in use")
	}
	h.value = value
}

// An Arena roots the memory of one lowering: what it allocates and what it
// keeps stays where it is until Free. Lowering an import's arguments:
//
//	var a runtime.Arena
//	ptr, n := a.String(s)
//	raw(ptr, n, uint32(uintptr(ret)))
//	a.Free()
//
// Lowering an export's result: allocate the return area with Return, and let
// the cabi_post_ function call Release.
type Arena struct {
	roots []unsafe.Pointer
}

// Alloc returns size zeroed bytes aligned to align (1, 2, 4 or 8), which the
// garbage collector does not scan. Size 0 gives nil.
func (a *Arena) Alloc(size, align uintptr) unsafe.Pointer {
	if size == 0 {
		return nil
	}
	p := allocate(size, align)
	a.roots = append(a.roots, p)
	return p
}

// String keeps s and returns its address and length in bytes.
func (a *Arena) String(s string) (ptr, n uint32) {
	if s == "" {
		return 0, 0
	}
	return a.Keep(unsafe.Pointer(unsafe.StringData(s))), uint32(len(s))
}

// Bytes keeps b and returns its address and length.
func (a *Arena) Bytes(b []byte) (ptr, n uint32) {
	return Slice(a, b)
}

// Slice keeps s, whose elements must lie in memory as the Canonical ABI has
// them (integers and floats), and returns its address and length in elements.
func Slice[T any](a *Arena, s []T) (ptr, n uint32) {
	if len(s) == 0 {
		return 0, 0
	}
	return a.Keep(unsafe.Pointer(unsafe.SliceData(s))), uint32(len(s))
}

// Keep roots p, which must point into the heap, and returns its address.
func (a *Arena) Keep(p unsafe.Pointer) uint32 {
	a.roots = append(a.roots, escape(p))
	return uint32(uintptr(p))
}

// Free ends the life of everything the arena holds. It must be called after
// the import that reads it, even if nothing else is done: it is what keeps the
// memory reachable until then.
//
//go:noinline
func (a *Arena) Free() {
	a.roots = nil
}

// Return allocates the area an export returns the address of. It keeps a and
// all it holds until Release of the same address.
func (a *Arena) Return(size, align uintptr) unsafe.Pointer {
	p := a.Alloc(size, align)
	keepReturned(p, a)
	return p
}

// allocate returns size > 0 bytes of pointer-free memory. Its size is rounded
// up to a multiple of align, which makes Go's allocator align it.
func allocate(size, align uintptr) unsafe.Pointer {
	size = (size + align - 1) &^ (align - 1)
	return escape(unsafe.Pointer(unsafe.SliceData(make([]byte, size))))
}

var (
	never bool
	sink  unsafe.Pointer
)

// escape makes the compiler place what p points to in the heap: stacks move
// when they grow, and the host knows only the address.
func escape(p unsafe.Pointer) unsafe.Pointer {
	if never {
		sink = p
	}
	return p
}
