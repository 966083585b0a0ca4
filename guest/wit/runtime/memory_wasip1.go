package runtime

import "unsafe"

// procPin keeps the goroutine from being preempted and the garbage collector
// from starting or being assisted, until procUnpin.
//
//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

var (
	// lent holds what cabi_realloc gave out and no lifting code took yet.
	lent = map[uint32]unsafe.Pointer{}
	// returned holds the arenas of exports' results by their return area.
	returned = map[uint32]*Arena{}
	// direct, if not empty, is the memory that the next allocation gets.
	direct []byte
)

// realloc serves the host's allocations: arguments of exports, and results of
// imports while the import runs. Nothing here may let the garbage collector or
// another goroutine run: they would call imports (clock, poll), which a
// component may not do now. So not even the prologue may be a preemption point.
//
//go:wasmexport cabi_realloc
//go:nosplit
func realloc(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	procPin()
	p := reallocPinned(old, oldSize, align, size)
	procUnpin()
	return p
}

//go:noinline
func reallocPinned(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	if size == 0 {
		delete(lent, address(old))
		return Pointer(align)
	}
	if oldSize == 0 && int(size) <= len(direct) {
		return unsafe.Pointer(unsafe.SliceData(direct))
	}
	p := allocate(uintptr(size), uintptr(align))
	if oldSize > 0 {
		copy(unsafe.Slice((*byte)(p), size), unsafe.Slice((*byte)(old), oldSize))
		delete(lent, address(old))
	}
	lent[address(p)] = p
	return p
}

// Pointer converts an address of linear memory.
func Pointer(addr uint32) unsafe.Pointer {
	p := uintptr(addr)
	return *(*unsafe.Pointer)(unsafe.Pointer(&p))
}

func address(p unsafe.Pointer) uint32 { return uint32(uintptr(p)) }

// Take takes over the memory at addr that the host got from cabi_realloc: it
// lives as long as the returned pointer.
func Take(addr uint32) unsafe.Pointer {
	procPin()
	p, ok := lent[addr]
	if ok {
		delete(lent, addr)
	} else {
		p = Pointer(addr)
	}
	procUnpin()
	return p
}

// String lifts a string of n bytes at addr without copying, taking over its memory.
func String(addr, n uint32) string {
	if n == 0 {
		return ""
	}
	return unsafe.String((*byte)(Take(addr)), n)
}

// Bytes lifts a list<u8> of n bytes at addr without copying, taking over its memory.
func Bytes(addr, n uint32) []byte {
	return List[byte](addr, n)
}

// List lifts a list of n elements at addr without copying, taking over its
// memory. T must lie in memory as the Canonical ABI has it and hold no
// pointers (integers and floats). The empty list is an empty slice, not nil.
func List[T any](addr, n uint32) []T {
	if n == 0 {
		return []T{}
	}
	return unsafe.Slice((*T)(Take(addr)), n)
}

// BeginDirect makes cabi_realloc answer the next requests of at most len(buf)
// bytes with buf itself, so that an import's one list arrives there without
// copying. It pins the goroutine: only the import call may follow, and EndDirect.
func BeginDirect(buf []byte) {
	procPin()
	direct = buf
}

// EndDirect ends what BeginDirect began.
func EndDirect() {
	direct = nil
	procUnpin()
}

func keepReturned(p unsafe.Pointer, a *Arena) {
	procPin()
	returned[address(p)] = a
	procUnpin()
}

// Release ends the life of an export's result: p is what [Arena.Return] gave.
func Release(p unsafe.Pointer) {
	procPin()
	delete(returned, address(p))
	procUnpin()
}
