//go:build !wasip1

package runtime

import "unsafe"

const onlyInComponent = "only in a component: build with GOOS=wasip1 GOARCH=wasm"

// Pointer converts an address of linear memory.
func Pointer(addr uint32) unsafe.Pointer { panic(onlyInComponent) }

// Take takes over the memory at addr that the host got from cabi_realloc: it
// lives as long as the returned pointer.
func Take(addr uint32) unsafe.Pointer { panic(onlyInComponent) }

// String lifts a string of n bytes at addr without copying, taking over its memory.
func String(addr, n uint32) string { panic(onlyInComponent) }

// Bytes lifts a list<u8> of n bytes at addr without copying, taking over its memory.
func Bytes(addr, n uint32) []byte { panic(onlyInComponent) }

// List lifts a list of n elements at addr without copying, taking over its
// memory. T must lie in memory as the Canonical ABI has it and hold no
// pointers (integers and floats). The empty list is an empty slice, not nil.
func List[T any](addr, n uint32) []T { panic(onlyInComponent) }

// BeginDirect makes cabi_realloc answer the next requests of at most len(buf)
// bytes with buf itself, so that an import's one list arrives there without
// copying. It pins the goroutine: only the import call may follow, and EndDirect.
func BeginDirect(buf []byte) { panic(onlyInComponent) }

// EndDirect ends what BeginDirect began.
func EndDirect() { panic(onlyInComponent) }

func keepReturned(p unsafe.Pointer, a *Arena) { panic(onlyInComponent) }

// Release ends the life of an export's result: p is what [Arena.Return] gave.
func Release(p unsafe.Pointer) { panic(onlyInComponent) }
