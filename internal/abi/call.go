package abi

import (
	"context"
	"encoding/binary"
	"slices"
	"unsafe"
)

// A Memory is a linear memory; wazero's api.Memory is one.
type Memory interface {
	// Read gives a view of n bytes at off, or false if they are not all
	// inside. Writing to the view writes to the memory. The view is valid
	// until the memory grows.
	Read(off, n uint32) ([]byte, bool)
	// Size gives the bytes of the memory; 0 also stands for 4 GiB.
	Size() uint32
}

// A Realloc is the guest's allocator (spec: realloc). It runs guest code.
type Realloc func(ctx context.Context, old, oldSize, align, newSize uint32) (uint32, error)

// A StringEncoding is the encoding of strings in a linear memory. The values
// are those of component.StringEncoding.
type StringEncoding uint8

// The string encodings.
const (
	UTF8 StringEncoding = iota
	UTF16
	Latin1UTF16
)

// Limits of the Canonical ABI and of this implementation.
const (
	// MaxListBytes is the most bytes that a list or string may take in
	// linear memory (spec: MAX_LIST_BYTE_LENGTH, MAX_STRING_BYTE_LENGTH).
	MaxListBytes = 1<<28 - 1

	// DefaultLiftLimit is the LiftLimit of options that set none.
	DefaultLiftLimit = 1 << 28
)

// Options are the canonical options of one lifted or lowered function of an
// instance, with what they refer to. They may be shared by all functions that
// have the same ones.
type Options struct {
	Memory   Memory  // nil if the function needs none
	Realloc  Realloc // nil if the function needs none
	Encoding StringEncoding
	Table    *Table // of the component instance whose core function it is

	// LiftLimit bounds the bytes of Go memory that lifting or packing the
	// parameters or the result of one call may allocate; 0 stands for DefaultLiftLimit. A
	// guest can make lists overlap, so the size of its memory is no bound.
	LiftLimit int
}

func (o *Options) liftLimit() int {
	if o.LiftLimit == 0 {
		return DefaultLiftLimit
	}
	return o.LiftLimit
}

// A Call is the state of one call between a component instance and the host,
// or of one side of a call between two component instances. It is used by one
// goroutine at a time. The zero Call is ready after its exported fields are
// set; when End has returned nil it may be used for another call.
//
// A guest that calls (the side of the caller) lends handles to the call; a
// guest that is called (the side of the callee) receives borrow handles which
// it must drop before it returns.
type Call struct {
	Ctx  context.Context // passed to Realloc and to destructors
	Opts *Options

	// Resources are the runtime resource types of the instance, as
	// ResourceRef.Index counts them. It may be nil if every resource of the
	// signature was bound with its Type.
	Resources []*ResourceType

	mem     []byte        // view of the memory, kept from call to call
	lent    []uint32      // handles of Opts.Table lent to the call
	taken   []takenHandle // owned handles that the lifting in progress has removed
	borrows uint32        // borrow handles made in Opts.Table and not dropped yet
	budget  int           // bytes that lifting may still allocate
}

// End ends the call: handles that were lent are free again. It returns a trap
// if the guest that was called still has borrow handles of this call (spec:
// Task.return_); then the Call cannot be used for another one. Of a callee,
// End is due after LiftResult and before post-return.
func (cx *Call) End() error {
	if len(cx.lent) > 0 {
		cx.Opts.Table.unlend(cx.lent)
		cx.lent = cx.lent[:0]
	}
	if cx.borrows > 0 {
		return trapf(TrapBorrowed, "%d borrow handle(s) not dropped before the call returned", cx.borrows)
	}
	return nil
}

// TakeLent has the handles that were lent to the call stay lent when it ends,
// until the function is called that it answers; nil if there are none.
func (cx *Call) TakeLent() (unlend func()) {
	if len(cx.lent) == 0 {
		return nil
	}
	t, lent := cx.Opts.Table, slices.Clone(cx.lent)
	cx.lent = cx.lent[:0]
	return func() { t.unlend(lent) }
}

// view takes a fresh view of the memory. It is called at the start of every
// use of a plan and after every realloc, since both may find it grown.
func (cx *Call) view() error {
	m := cx.Opts.Memory
	if m == nil {
		return trapf(TrapNoMemory, "the function has no memory")
	}
	size := m.Size()
	if size == 0 {
		size = 1<<32 - 1 // 4 GiB, without the last byte; or empty
	}
	mem, _ := m.Read(0, size)
	if len(mem) != len(cx.mem) || unsafe.SliceData(mem) != unsafe.SliceData(cx.mem) {
		cx.mem = mem // rarely: writing pointers is dear while the collector marks
	}
	return nil
}

// alloc calls the guest's realloc for new memory.
func (cx *Call) alloc(align, size uint32) (uint32, error) {
	if cx.Opts.Realloc == nil {
		return 0, trapf(TrapNoMemory, "the function has no realloc")
	}
	ptr, err := cx.Opts.Realloc(cx.Ctx, 0, 0, align, size)
	if err != nil {
		return 0, &Trap{Code: TrapRealloc, Msg: "realloc", Err: err}
	}
	if err := cx.view(); err != nil {
		return 0, err
	}
	return ptr, cx.check(ptr, size, align)
}

// check checks that a value of the size and alignment can be at ptr.
func (cx *Call) check(ptr, size, align uint32) error {
	if ptr&(align-1) != 0 {
		return trapf(TrapAlign, "pointer %#x is not aligned to %d", ptr, align)
	}
	if uint64(ptr)+uint64(size) > uint64(len(cx.mem)) {
		return trapf(TrapBounds, "%d bytes at %#x are outside the memory of %d bytes", size, ptr, len(cx.mem))
	}
	return nil
}

// checkList checks a list that a guest claims to have at ptr.
func (cx *Call) checkList(ptr, length, size, align uint32) error {
	bytes := uint64(length) * uint64(size)
	if bytes > MaxListBytes {
		return trapf(TrapTooLong, "list of %d elements takes %d bytes", length, bytes)
	}
	return cx.check(ptr, uint32(bytes), align)
}

// begin gives the call a new budget for lifting.
func (cx *Call) begin() {
	cx.budget = cx.Opts.liftLimit()
	cx.taken = cx.taken[:0]
}

// spend takes bytes from the budget for lifting.
func (cx *Call) spend(bytes int) error {
	if bytes > cx.budget {
		return trapf(TrapLiftLimit, "the values take more memory than one call may pass")
	}
	cx.budget -= bytes
	return nil
}

func (cx *Call) u32(off uint32) uint32       { return binary.LittleEndian.Uint32(cx.mem[off:]) }
func (cx *Call) putU32(off uint32, v uint32) { binary.LittleEndian.PutUint32(cx.mem[off:], v) }
