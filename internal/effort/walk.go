package effort

import (
	"github.com/isyswasfa/isyswasfa/internal/bytecode"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// A walker goes through the instructions of functions and sees them become
// basic blocks.
type walker struct {
	m       *module
	c       counts
	at      place // the current basic block
	frames  []frame
	dead    int     // where code is unreachable: 1, and the blocks opened in it
	height  float64 // of the operand stack
	tries   float64 // the try_tables that are open
	loops   float64 // the loops that are open
	copied  bool    // the value on top may be that of a local or parameter
	locals  variables
	globals variables
}

// function counts what the compiler meets in a function.
func (w *walker) function(sig wasm.FuncType, body []byte) (counts, error) {
	w.c = counts{args: float64(len(sig.Params) + len(sig.Results))}
	w.at, w.dead, w.height, w.tries, w.loops = place{}, 0, 0, 0, 0
	w.frames = append(w.frames[:0], frame{op: opBlock, sig: sig})
	c := bytecode.On(body)
	w.locals.function(uint64(len(sig.Params)) + c.Locals())
	w.globals.function(w.m.globals)
	for c.More() && len(w.frames) > 0 {
		if in := c.Next(); c.Err == nil {
			w.step(in)
		}
	}
	w.c.vars, w.c.loaded = w.locals.taken, w.globals.taken+w.m.memory
	return w.c, c.Err
}

func (w *walker) step(in bytecode.Instruction) {
	switch in.Op {
	case opBlock, opLoop, opIf, opTryTable:
		w.enter(in)
		w.copied = true
	case opElse:
		w.orElse()
		w.copied = true
	case bytecode.End:
		w.leave()
		w.copied = true
	case bytecode.Call, bytecode.ReturnCall:
		w.call(w.m.function(in.Index[0]), in.Op != bytecode.Call)
	case bytecode.CallIndirect, bytecode.ReturnCallIndirect, opCallRef, opReturnCallRef:
		imm := in.Immediates()
		w.pop(1)
		w.call(w.m.sig(imm.U32()), in.Op == bytecode.ReturnCallIndirect || in.Op == opReturnCallRef)
	default:
		if w.dead == 0 {
			w.plain(in)
		}
		w.copied = !computes(in.Op)
	}
	w.c.instrs += float64(of(in.Op).weight)
}

// plain counts an instruction that can be reached and that is neither a call
// nor begins or ends a block.
func (w *walker) plain(in bytecode.Instruction) {
	imm := in.Immediates()
	switch in.Op {
	case opUnreachable, opThrow, opThrowRef:
		w.dead = 1
	case opBr:
		w.branch(imm.U32(), w.at)
		w.dead = 1
	case opBrIf, opBrOnNull, opBrOnNonNull:
		w.pop(1)
		w.branch(imm.U32(), w.at)
		w.block(2)
	case opBrTable:
		w.pop(1)
		for n := uint64(imm.U32()) + 1; n > 0 && imm.Err == nil; n-- {
			w.aside(imm.U32())
		}
		w.dead = 1
	case opReturn:
		w.branch(uint32(len(w.frames)-1), w.at)
		w.dead = 1
	case bytecode.LocalGet:
		w.get(&w.locals, imm.U32())
	case bytecode.LocalSet, opLocalTee:
		w.locals.assign(imm.U32())
		if w.copied && w.loops > 0 {
			w.c.moves++
		}
	case bytecode.GlobalGet:
		w.get(&w.globals, imm.U32())
	case opGlobalSet:
		w.globals.assign(imm.U32())
	default:
		if in.MemEnd > 0 || in.Op>>8 == 0xfc {
			w.c.finds += 2 * w.at.chain
			w.at.bounds++
		}
	}
	w.height = max(w.height+float64(of(in.Op).effect), 0)
}

// call counts a call. Where it cannot be reached it is validated.
func (w *walker) call(sig wasm.FuncType, tail bool) {
	w.c.args += float64(len(sig.Params) + len(sig.Results))
	w.copied = len(sig.Results) == 0
	if w.dead > 0 {
		return
	}
	w.pop(float64(len(sig.Params)))
	w.height += float64(len(sig.Results))
	if tail {
		w.c.leaves += w.tries
		w.dead = 1
		return
	}
	w.reload()
}

// reload counts what is read anew after a call.
func (w *walker) reload() {
	w.c.reloads += w.m.mutable
	w.c.bounds += w.at.bounds
}

// get counts a look for the value of a variable.
func (w *walker) get(v *variables, i uint32) {
	if v.take(i) {
		w.c.finds += w.at.chain
		w.c.aliases += w.at.depth
	}
}

func (w *walker) pop(n float64) { w.height = max(w.height-n, 0) }

// Variables are the locals of a function, or the globals. A basic block that
// reads one before it sets it takes the value from others.
type variables struct {
	set   []uint32 // the block that has the value last
	seen  []uint32 // the function in which it was last taken from another block
	at    uint32   // the current block
	in    uint32   // the current function
	taken float64  // variables that are taken from other blocks
}

// maxVariables is more than modules with an acceptable number of locals have.
const maxVariables = 1 << 20

func (v *variables) function(count uint64) {
	for uint64(len(v.set)) < min(count, maxVariables) {
		v.set, v.seen = append(v.set, 0), append(v.seen, 0)
	}
	v.in++
	v.at++
	v.taken = 0
}

// assign notes that the block has a value for variable i.
func (v *variables) assign(i uint32) {
	if uint64(i) < uint64(len(v.set)) {
		v.set[i] = v.at
	}
}

// take tells whether the block has to look elsewhere for variable i.
func (v *variables) take(i uint32) bool {
	if uint64(i) >= uint64(len(v.set)) || v.set[i] == v.at {
		return false
	}
	if v.seen[i] != v.in {
		v.seen[i] = v.in
		v.taken++
	}
	return true
}
