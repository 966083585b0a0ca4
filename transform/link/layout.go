package link

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

const (
	pageSize      = 1 << 16
	stackAlign    = 16
	heapAlign     = 4                // its logarithm
	maxTableSize  = 2 << 20          // half of what all tables of a component may begin with here; the encoder has another one
	maxMemorySize = 1<<32 - pageSize // its end is an address, too
)

// Data of the linker's that libraries import of GOT.mem.
const (
	heapBase  = "__heap_base"
	heapEnd   = "__heap_end"
	stackHigh = "__stack_high"
	stackLow  = "__stack_low"
)

var linkerData = map[string]bool{heapBase: true, heapEnd: true, stackHigh: true, stackLow: true, dlData: true, programTLS: true}

// A span is where the next thing goes in the memory or table.
type span struct {
	what       string
	next, most uint64
}

// take gives the place for something of that size and alignment.
func (s *span) take(size, align uint32, of string) (uint32, error) {
	a := uint64(1) << align
	at := (s.next + a - 1) &^ (a - 1)
	s.next = at + uint64(size)
	if s.next > s.most {
		return 0, fmt.Errorf("there is no room in the %s for %s", s.what, of)
	}
	return uint32(at), nil
}

// layOut gives everything its place. In the memory there is the stack, which
// grows down to address 0, then the data of the libraries, then that of the
// linker, then the heap. In the table there is nothing at 0, the null pointer,
// then come the entries of the libraries, then all others.
func (l *linker) layOut() error {
	l.env = newEnv()
	table := span{"table", 1, maxTableSize}
	memory := span{"memory", l.stackSize(), maxMemorySize}
	if memory.next > memory.most {
		return fmt.Errorf("there is no room in the memory for a stack of %d bytes", l.o.StackSize)
	}
	for _, lib := range l.order {
		var err error
		if lib.memoryBase, err = memory.take(lib.dylink.Memory.Size, lib.dylink.Memory.Align, "the data of the library "+lib.Name); err != nil {
			return err
		}
		if lib.tableBase, err = table.take(lib.dylink.Table.Size, lib.dylink.Table.Align, "the functions of the library "+lib.Name); err != nil {
			return err
		}
	}
	l.env.slotBase = uint32(table.next)
	if err := l.shareImported(); err != nil {
		return err
	}
	for _, place := range []func(*span) error{l.placeTLS, l.placeLibraries, l.placeHeap} {
		if err := place(&memory); err != nil {
			return err
		}
	}
	return nil
}

// shareImported has env export a memory and a table that are at least as large
// as libraries want to import them.
func (l *linker) shareImported() error {
	table, memory := wasm.Table{Elem: wasm.FuncRef}, wasm.Limits{}
	for _, lib := range l.order {
		if lib.limits.table > maxTableSize {
			return fmt.Errorf("the library %s imports a table of %d entries, which is too large", lib.Name, lib.limits.table)
		}
		if lib.limits.memory > maxMemorySize/pageSize {
			return fmt.Errorf("the library %s imports a memory of %d pages, which is too large", lib.Name, lib.limits.memory)
		}
		table.Min = max(table.Min, lib.limits.table)
		memory.Min = max(memory.Min, lib.limits.memory)
	}
	l.env.Tables, l.env.Memories = []wasm.Table{table}, []wasm.Limits{memory}
	l.env.export(memoryName, wasm.KindMemory, 0)
	l.env.export(tableName, wasm.KindTable, 0)
	return nil
}

// stackSize gives the size of the stack, which ends at a multiple of its
// alignment.
func (l *linker) stackSize() uint64 {
	size := uint64(l.o.StackSize)
	if size == 0 {
		size = DefaultStackSize
	}
	return (size + stackAlign - 1) &^ (stackAlign - 1)
}

// placeHeap gives the rest of the memory's pages to the heap.
func (l *linker) placeHeap(memory *span) error {
	base, err := memory.take(0, heapAlign, "the data of all libraries")
	if err != nil {
		return err
	}
	limits := &l.env.Memories[0]
	limits.Min = max(limits.Min, (uint64(base)+pageSize-1)/pageSize)
	l.data[heapBase], l.data[heapEnd] = base, uint32(limits.Min*pageSize)
	l.data[stackHigh], l.data[stackLow] = uint32(l.stackSize()), 0
	return nil
}
