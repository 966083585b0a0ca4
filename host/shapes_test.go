package host_test

import (
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// Code is written by hand here: what it consists of is what matters.
type code []byte

func (c code) times(n int) code { return slices.Repeat(c, n) }

func (c code) then(more ...code) code { return append(slices.Clip(c), slices.Concat(more...)...) }

// each joins what f makes of the numbers below n.
func each(n int, f func(i int) code) (out code) {
	for i := range n {
		out = append(out, f(i)...)
	}
	return out
}

func local(op byte, i int) code { return wasm.AppendU32([]byte{op}, uint32(i)) }

func get(i int) code { return local(0x20, i) }

func set(i int) code { return local(0x21, i) }

var (
	end   = code{0x0b}
	block = code{0x02, 0x40}
	loop  = code{0x03, 0x40}
	brIf  = code{0x20, 0, 0x0d, 0} // by local 0, to the innermost block
	ifEnd = code{0x20, 0, 0x04, 0x40, 0x0b}
)

func numbers(n int) []wasm.ValType { return slices.Repeat([]wasm.ValType{wasm.I32}, n) }

// function is a module with a function of that type that has a memory, two
// globals that can be set, and a number of locals.
func function(sig wasm.FuncType, locals int, body code) *wasm.Builder {
	global := wasm.Global{GlobalType: wasm.GlobalType{Type: wasm.I32, Mutable: true}, Init: code{0x41, 0}.then(end)}
	return &wasm.Builder{
		Types: []wasm.FuncType{sig, {}}, Memories: []wasm.Limits{{Min: 1}}, Globals: []wasm.Global{global, global},
		Tables: []wasm.Table{{Elem: wasm.FuncRef, Limits: wasm.Limits{Min: 1}}}, Tags: []uint32{1},
		Funcs: []wasm.Func{{Locals: numbers(locals), Body: body.then(end)}},
	}
}

// shapes are functions of about size bytes, which the engine's compiler takes
// more for the more there is of what they have.
var shapes = map[string]func(size int) *wasm.Builder{
	"nested loops":        plainShape(7, func(n int) code { return loop.times(n).then(brIf.then(end).times(n)) }),
	"loops in a row":      plainShape(7, func(n int) code { return loop.then(brIf, end).times(n) }),
	"nested ifs":          plainShape(5, func(n int) code { return code{0x20, 0, 0x04, 0x40}.times(n).then(end.times(n)) }),
	"ifs in a row":        plainShape(5, func(n int) code { return ifEnd.times(n) }),
	"branches in a row":   plainShape(4, func(n int) code { return brIf.times(n) }),
	"returns":             plainShape(6, func(n int) code { return code{0x20, 0, 0x04, 0x40, 0x0f, 0x0b}.times(n) }),
	"a table of branches": plainShape(1, func(n int) code { return block.then(local(0x20, 0), local(0x0e, n), code{0}.times(n+1), end) }),
	"indirect calls":      plainShape(5, func(n int) code { return code{0x41, 0, 0x11, 1, 0}.times(n) }),
	"memory fills":        plainShape(9, func(n int) code { return code{0x20, 0, 0x20, 0, 0x20, 0, 0xfc, 11, 0}.times(n) }),
	"handlers":            plainShape(6, func(n int) code { return code{0x1f, 0x40, 1, 2, 0}.times(n).then(end.times(n)) }),
	"returns in handlers": plainShape(12, func(n int) code {
		return code{0x1f, 0x40, 1, 2, 0}.times(n).then(code{0x20, 0, 0x04, 0x40, 0x0f, 0x0b}.times(n), end.times(n))
	}),
	"operands over branches": plainShape(11, func(n int) code {
		return code{0x41, 0, 0x28, 2, 0}.times(n).then(ifEnd.times(n), code{0x24, 0}.times(n))
	}),
	"locals over branches": localShape(14, func(n int) code {
		return block.then(each(n, func(i int) code { return code{0x41, 1}.then(set(i), brIf) }), end, each(n, func(i int) code { return get(i).then(code{0x24, 0}) }))
	}),
	"locals in loops": localShape(15, func(n int) code {
		return loop.times(n).then(each(n, func(i int) code { return get(i).then(code{0x41, 1, 0x6a}, set(i)) }), brIf.then(end).times(n))
	}),
	"locals that change places": localShape(6, func(n int) code {
		return loop.then(each(n, func(i int) code { return get(i + 1).then(set(i)) }), brIf, end, code{0x20, 0, 0x24, 0})
	}),
	"known addresses": localShape(12, func(n int) code {
		return each(n, func(i int) code { return get(i).then(code{0x28, 2, 0, 0x1a}) }).then(brIf.times(n))
	}),
	"operands of blocks": wideShape(func(n int) code { return code{0x02, 0}.then(end).times(n) }),
	"operands of loops":  wideShape(func(n int) code { return code{0x03, 0}.then(end).times(n) }),
	"operands of calls":  wideShape(func(n int) code { return code{0x10, 0}.times(n) }),
	"operands of branches": wideShape(func(n int) code {
		return code{0x20, 0, 0x0d, 0}.times(n)
	}),
	"globals over calls": func(size int) *wasm.Builder {
		b := function(wasm.FuncType{}, 1, code{0x10, 0}.times(size/4))
		b.Globals = slices.Repeat(b.Globals, size/20)
		return b
	},
	"a large type": func(size int) *wasm.Builder {
		b := function(wasm.FuncType{}, 1, nil)
		b.Types = append(b.Types, wasm.FuncType{Params: numbers(size)})
		return b
	},
	"large types": func(size int) *wasm.Builder {
		b := function(wasm.FuncType{}, 1, nil)
		b.Types = append(b.Types, slices.Repeat([]wasm.FuncType{{Params: numbers(1000)}}, size/1000)...)
		return b
	},
}

// plainShape makes of code, of which each takes that many bytes, the body of a
// function with a local.
func plainShape(bytes int, body func(n int) code) func(size int) *wasm.Builder {
	return func(size int) *wasm.Builder { return function(wasm.FuncType{}, 1, body(size/bytes)) }
}

// localShape is the same with more locals than that.
func localShape(bytes int, body func(n int) code) func(size int) *wasm.Builder {
	return func(size int) *wasm.Builder { return function(wasm.FuncType{}, size/bytes+1, body(size/bytes)) }
}

// wideShape is the same where the function has up to 1,000 parameters and
// results, which are the operands.
func wideShape(body func(n int) code) func(size int) *wasm.Builder {
	return func(size int) *wasm.Builder {
		n := min(size/10, 1000)
		return function(wasm.FuncType{Params: numbers(n), Results: numbers(n)}, 0, each(n, get).then(body(size/10)))
	}
}
