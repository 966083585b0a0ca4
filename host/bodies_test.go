package host_test

import (
	"context"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// A bodyWriter writes a function as bytes tell it to: much of whatever is
// dear to compile, in any order, and valid.
type bodyWriter struct {
	from    []byte
	out     code
	locals  int
	waiting []int // operands in each open block
}

// next takes a number below n.
func (w *bodyWriter) next(n int) int {
	if len(w.from) < 2 {
		w.from = nil
		return 0
	}
	v := int(w.from[0]) | int(w.from[1])<<8
	w.from = w.from[2:]
	return v % n
}

func (w *bodyWriter) local() int { return w.next(w.locals) }

func (w *bodyWriter) label() int { return w.next(len(w.waiting)) }

func (w *bodyWriter) emit(parts ...code) { w.out = w.out.then(parts...) }

func (w *bodyWriter) open(parts ...code) {
	w.emit(parts...)
	w.waiting = append(w.waiting, 0)
}

// pop stores the operands that wait in the innermost block.
func (w *bodyWriter) pop() {
	last := &w.waiting[len(w.waiting)-1]
	w.emit(code{0x24, 0}.times(*last))
	*last = 0
}

func (w *bodyWriter) close() {
	w.pop()
	w.emit(end)
	w.waiting = w.waiting[:len(w.waiting)-1]
}

// step writes one thing, as often as bytes tell.
func (w *bodyWriter) step() {
	kind, times := w.next(16), 1
	if w.next(2) == 1 {
		times += w.next(1000)
	}
	for range times {
		switch kind {
		case 0:
			w.open(loop)
		case 1:
			w.open(block)
		case 2:
			w.open(get(w.local()), code{0x04, 0x40})
		case 3:
			w.open(code{0x1f, 0x40, 1, 2, 0})
		case 4, 5:
			if len(w.waiting) > 1 {
				w.close()
			}
		case 6:
			w.emit(get(w.local()), local(0x0d, w.label()))
		case 7:
			w.emit(get(w.local()), set(w.local()))
		case 8:
			w.emit(get(w.local()), code{0x41, 1, 0x6a}, set(w.local()))
		case 9:
			w.emit(get(w.local()), code{0x28, 2, 0}, set(w.local()))
		case 10:
			w.emit(get(w.local()), get(w.local()), code{0x36, 2, 0})
		case 11:
			w.emit(code{0x10, 0})
		case 12:
			w.emit(get(w.local()), code{0x28, 2, 0})
			w.waiting[len(w.waiting)-1]++
		case 13:
			w.pop()
		case 14:
			w.emit(get(w.local()), code{0x04, 0x40}, code{0x0f}, end)
		case 15:
			n := w.next(20)
			w.emit(block, get(w.local()), local(0x0e, n), each(n+1, func(int) code { return wasm.AppendU32(nil, uint32(w.next(len(w.waiting)+1))) }), end)
		}
		if len(w.out) > 56<<10 {
			return
		}
	}
}

// body gives the component with the function that bytes tell of.
func body(from []byte) []byte {
	w := &bodyWriter{from: from, waiting: []int{0}}
	w.locals = 1 + w.next(300)
	for len(w.from) > 0 && len(w.out) < 56<<10 {
		w.step()
	}
	for len(w.waiting) > 1 {
		w.close()
	}
	w.pop()
	b := function(wasm.FuncType{}, w.locals, w.out)
	c := &component.Component{Defs: []component.Def{&component.CoreModule{Data: b.Bytes()}, &component.CoreInstance{Instantiate: true}}}
	return c.Encode()
}

// bodySeeds have each kind of code by itself, and in loops.
func bodySeeds() (seeds [][]byte) {
	for kind := range byte(16) {
		seeds = append(seeds, []byte{20, 0, kind, 0, 1, 0, 200, 0, 6, 0, 1, 0, 100, 0},
			[]byte{20, 0, 0, 0, 1, 0, 9, 0, kind, 0, 1, 0, 100, 3, 6, 0, 1, 0, 100, 0})
	}
	return seeds
}

// FuzzBodies compiles functions of all shapes: those that are not refused take
// no more than their size allows.
func FuzzBodies(f *testing.F) {
	for _, from := range bodySeeds() {
		f.Add(from)
	}
	engine, err := host.NewEngine(context.Background(), host.Config{MaxMemory: 1 << 20})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { engine.Close(context.Background()) })
	f.Fuzz(func(t *testing.T, from []byte) { detonate(t, engine, body(from)) })
}
