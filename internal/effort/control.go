package effort

import (
	"github.com/isyswasfa/isyswasfa/internal/bytecode"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// A place is a basic block as far as the compiler walks from it: up the chain
// of blocks that have one predecessor, where it looks for the value of a local,
// and up the dominators.
type place struct {
	chain  float64 // blocks up to where paths meet
	depth  float64 // dominators, at most
	bounds float64 // addresses that are known to be within memory, at most
}

// next is a block whose only predecessor is p.
func (p place) next() place { return place{p.chain + 1, p.depth + 1, p.bounds} }

// A frame is a block, loop, if or try_table that is open, together with the
// basic block that branches to it reach: the start of a loop, the end of others.
type frame struct {
	op      uint32
	sig     wasm.FuncType
	height  float64 // of the operand stack below its parameters
	start   place   // where it is entered
	tries   float64 // the try_tables around it
	paths   float64 // that reach the basic block
	chains  float64 // of the places where they come from, altogether
	nearest place   // the least of these, in each respect
	then    bool    // an if whose first branch reaches the end
}

// arity is how many operands a branch to the frame passes.
func (f *frame) arity() float64 {
	if f.op == opLoop {
		return float64(len(f.sig.Params))
	}
	return float64(len(f.sig.Results))
}

// path notes that p leads to the basic block.
func (f *frame) path(p place) {
	if f.paths == 0 {
		f.nearest = p
	}
	f.paths++
	f.chains += p.chain + 1
	f.nearest = place{min(f.nearest.chain, p.chain), min(f.nearest.depth, p.depth), min(f.nearest.bounds, p.bounds)}
}

// end is the place of the basic block at the end; both tells whether both
// branches of an if reach it.
func (f *frame) end(both bool) place {
	p := f.nearest.next()
	if f.paths > 1 {
		p.chain = 0
	}
	if both {
		p.depth = min(p.depth, f.start.depth+1)
	}
	return p
}

// block counts n basic blocks whose only predecessor is the current one, and
// goes to one of them.
func (w *walker) block(n float64) {
	w.at = w.at.next()
	w.begin(n)
}

// begin counts n basic blocks at the current place.
func (w *walker) begin(n float64) {
	w.c.blocks += n
	w.c.live += n * (w.height + w.at.bounds)
	w.c.depths += n * w.at.depth
	w.c.bounds += n * w.at.bounds
	w.locals.at++
	w.globals.at++
}

// enter opens a block.
func (w *walker) enter(in bytecode.Instruction) {
	imm := in.Immediates()
	f := frame{op: in.Op, sig: w.m.blockType(&imm), start: w.at, tries: w.tries}
	w.c.args += float64(len(f.sig.Params) + len(f.sig.Results))
	if w.dead > 0 {
		w.dead++
		return
	}
	if in.Op == opIf {
		w.pop(1)
	}
	f.height = max(w.height-float64(len(f.sig.Params)), 0)
	switch in.Op {
	case opIf:
		w.block(2)
	case opLoop:
		f.path(w.at)
		w.c.depths += w.at.depth
		w.c.moves += float64(len(f.sig.Params))
		w.loops++
		w.c.nesting = max(w.c.nesting, w.loops)
		w.block(1)
	case opTryTable:
		w.handlers(&imm)
		w.reload()
		w.tries++
		w.block(1)
	}
	w.frames = append(w.frames, f)
}

// handlers counts the clauses of a try_table.
func (w *walker) handlers(imm *bytecode.Cursor) {
	for n := imm.U32(); n > 0 && imm.Err == nil; n-- {
		if kind := imm.Byte(); kind < 2 {
			w.c.args += float64(len(w.m.tag(imm.U32()).Params))
		}
		w.reload()
		w.c.instrs += 4 // what is read of an exception
		w.aside(imm.U32())
	}
}

// aside counts a basic block that leads from here to a label.
func (w *walker) aside(label uint32) {
	here := w.at
	w.block(1)
	w.branch(label, w.at)
	w.at = here
}

// branch counts a branch to a label.
func (w *walker) branch(label uint32, from place) {
	if uint64(label) >= uint64(len(w.frames)) {
		return // not valid
	}
	f := &w.frames[len(w.frames)-1-int(label)]
	f.path(from)
	w.c.args += f.arity()
	w.c.leaves += w.tries - f.tries
	w.c.depths += from.depth + float64(label)
}

// fall counts the way from the last instruction of a frame to its end, if
// there is one.
func (w *walker) fall(f *frame) bool {
	if w.dead > 0 {
		return false
	}
	w.c.args += float64(len(f.sig.Results))
	w.c.depths += w.at.depth
	if f.op == opTryTable {
		w.c.leaves++
	}
	if f.op != opLoop {
		f.path(w.at)
	}
	return true
}

func (w *walker) orElse() {
	if w.dead > 1 {
		return
	}
	f := &w.frames[len(w.frames)-1]
	f.then = w.fall(f)
	f.op, w.dead = opElse, 0
	w.at, w.height = f.start.next(), f.height+float64(len(f.sig.Params))
	w.begin(0)
}

// leave closes a frame.
func (w *walker) leave() {
	if w.dead > 1 {
		w.dead--
		return
	}
	f := w.frames[len(w.frames)-1]
	w.frames = w.frames[:len(w.frames)-1]
	fell := w.fall(&f)
	w.dead = 0
	w.height, w.tries = f.height+float64(len(f.sig.Results)), f.tries
	switch f.op {
	case opLoop:
		w.loops--
		if !fell {
			w.dead = 1
		}
		w.at = w.at.next()
	case opIf:
		f.then, fell = fell, true
		f.path(f.start.next())
		fallthrough
	default:
		if f.paths == 0 {
			w.dead = 1
		}
		w.at = f.end(f.then && fell)
	}
	w.meet(&f, len(w.frames) == 0)
	w.begin(1)
}

// meet counts what it takes that paths meet at the basic block of a frame.
// Variables that anything takes from other blocks may have to be followed up
// all paths, and become parameters of the block, which the branches pass. Not
// so at the end of the function.
func (w *walker) meet(f *frame, last bool) {
	n := f.arity()
	w.c.crowd += f.paths * f.paths
	w.c.squares += f.paths * n * n
	if f.paths > 1 && !last || f.op == opLoop {
		w.c.meets++
		w.c.paths += f.paths
		w.c.chains += f.chains
		w.c.reach += f.paths * f.nearest.depth
		w.c.passed += f.paths * n
	}
}
