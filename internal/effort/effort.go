// Package effort bounds what the host's engine spends on compiling a core
// module, before it does.
//
// The engine's compiler is linear in the size of code as people and compilers
// write it, but not in that of any code: a few kilobytes with many nested
// loops, or with many locals and many branches, keep it busy for minutes. So a
// walk over the instructions, which is linear, counts what the compiler will
// meet, and from that comes a bound of time and memory.
package effort

import (
	"fmt"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/bytecode"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// Workers is how many functions may be compiled at the same time. Each worker
// keeps its memory from function to function.
const Workers = 8

// A Cost is time, in nanoseconds of one processor, and memory, in bytes that
// are allocated.
type Cost struct{ Time, Memory float64 }

// Plus adds up two costs.
func (c Cost) Plus(d Cost) Cost { return Cost{c.Time + d.Time, c.Memory + d.Memory} }

// Within tells whether a cost is within a limit.
func (c Cost) Within(limit Cost) bool { return c.Time <= limit.Time && c.Memory <= limit.Memory }

// String gives a cost as "1.25 s and 34 MiB".
func (c Cost) String() string {
	return fmt.Sprintf("%.2f s and %.0f MiB", c.Time/1e9, c.Memory/(1<<20))
}

// share is how much of a unit of input a cost takes.
func (c Cost) share() float64 {
	unit := Limit(0)
	return max(c.Time/unit.Time, c.Memory/unit.Memory)
}

// Limit is what an input of that many bytes may take: a second and 64 MiB for
// each 64 KiB, and that much in any case.
func Limit(size int) Cost {
	units := max(float64(size)/(64<<10), 1)
	return Cost{Time: units * 1e9, Memory: units * (64 << 20)}
}

// A Bound is what compiling a module takes at most.
type Bound struct {
	Cost
	Function int // the costliest of the functions that the module defines
	Worst    Cost
}

// Of bounds what compiling a module takes.
func Of(wm *wasm.Module) (Bound, error) {
	m := newModule(wm)
	bodies, err := wm.Bodies()
	if err != nil {
		return Bound{}, err
	}
	if len(bodies) != len(wm.Funcs) {
		return Bound{}, fmt.Errorf("%d functions, but the code of %d", len(wm.Funcs), len(bodies))
	}
	var b Bound
	w := &walker{m: m}
	var largest []float64
	for i, body := range bodies {
		c, err := w.function(m.sig(wm.Funcs[i]), body)
		if err != nil {
			return Bound{}, fmt.Errorf("function %d: %w", wm.ImportedFuncs()+uint32(i), err)
		}
		cost := c.cost()
		if cost.share() > b.Worst.share() {
			b.Function, b.Worst = i, cost
		}
		b.Cost = b.Plus(Cost{cost.Time, cost.Memory / 16}) // the code itself
		largest = append(largest, cost.Memory)
	}
	slices.Sort(largest)
	for _, memory := range largest[max(len(largest)-Workers, 0):] {
		b.Memory += memory
	}
	b.Cost = b.Plus(m.cost())
	return b, nil
}

// A module is what functions refer to.
type module struct {
	*wasm.Module
	globals uint64
	memory  float64 // 2, for its base and its length, if there is a memory
	mutable float64 // globals, and these
}

func newModule(wm *wasm.Module) *module {
	m := &module{Module: wm}
	if wm.Count(wasm.KindMemory) > 0 {
		m.memory, m.mutable = 2, 2
	}
	global := func(g wasm.GlobalType) {
		m.globals++
		if g.Mutable {
			m.mutable++
		}
	}
	for _, im := range wm.Imports {
		if im.Kind == wasm.KindGlobal {
			global(im.Global)
		}
	}
	for _, g := range wm.Globals {
		global(g.GlobalType)
	}
	return m
}

// cost is what the module takes besides its functions: types become names bit
// by bit, and each function declares all globals.
func (m *module) cost() Cost {
	var squares float64
	for _, t := range m.Types {
		n := float64(len(t.Params) + len(t.Results))
		squares += n * n
	}
	return Cost{
		Time:   squares + 3*float64(m.globals)*float64(len(m.Funcs)),
		Memory: 3*squares + 32*float64(m.globals) + 128*float64(len(m.Funcs)),
	}
}

// sig gives a type; that of nothing if it is not there.
func (m *module) sig(i uint32) wasm.FuncType {
	if uint64(i) < uint64(len(m.Types)) {
		return m.Types[i]
	}
	return wasm.FuncType{}
}

func (m *module) function(i uint32) wasm.FuncType {
	if i < m.Count(wasm.KindFunc) {
		return m.FuncType(i)
	}
	return wasm.FuncType{}
}

func (m *module) tag(i uint32) wasm.FuncType {
	if i < m.Count(wasm.KindTag) {
		return m.TagType(i)
	}
	return wasm.FuncType{}
}

var one = wasm.FuncType{Results: []wasm.ValType{wasm.I32}}

// blockType reads the type of a block.
func (m *module) blockType(c *bytecode.Cursor) wasm.FuncType {
	rest := c.Rest()
	if len(rest) == 0 || rest[0]&0xc0 != 0x40 { // not one byte that is negative
		return m.sig(c.U32())
	}
	if c.Type(); rest[0] == 0x40 {
		return wasm.FuncType{}
	}
	return one
}
