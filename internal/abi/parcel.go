package abi

import "context"

// A Parcel holds the parameters or the result of a call between two component
// instances while they are with neither: if the callee cannot be entered yet,
// or the caller does not wait for the result. It is like a component instance
// of which only the memory and the handle table are there, so that a Transfer
// moves values into it and out of it. What it owns is moved with them; borrowed
// handles stay lent by the caller.
type Parcel struct {
	call  Call
	opts  Options
	table Table
	mem   parcelMemory
	stack [MaxFlatParams + 1]uint64
}

// A parcelMemory is the memory of a Parcel. Nothing in it is freed.
type parcelMemory struct {
	bytes []byte
	limit int
}

func (m *parcelMemory) Size() uint32 { return uint32(len(m.bytes)) }

func (m *parcelMemory) Read(off, n uint32) ([]byte, bool) {
	if uint64(off)+uint64(n) > uint64(len(m.bytes)) {
		return nil, false
	}
	return m.bytes[off : off+n : off+n], true
}

func (m *parcelMemory) realloc(_ context.Context, _, _, align, size uint32) (uint32, error) {
	ptr := AlignTo(uint32(len(m.bytes)), align)
	end := uint64(ptr) + uint64(size)
	if end > uint64(m.limit) {
		return 0, trapf(TrapLiftLimit, "the values take more memory than one call may pass")
	}
	m.bytes = append(m.bytes, make([]byte, end-uint64(len(m.bytes)))...)
	return ptr, nil
}

// begin empties the parcel, for values that come from a component instance.
func (b *Parcel) begin(from *Call) {
	*b = Parcel{}
	b.mem.limit = from.Opts.liftLimit()
	b.opts = Options{Memory: &b.mem, Realloc: b.mem.realloc, Encoding: from.Opts.Encoding, Table: &b.table}
	b.call = Call{Ctx: from.Ctx, Opts: &b.opts, Resources: from.Resources}
}

// Discard empties the parcel and passes on what it owned.
func (b *Parcel) Discard(destroy func(Entry)) {
	slots := b.table.slots
	*b = Parcel{}
	for _, s := range slots {
		if s.Type != nil && s.Own {
			destroy(s.Entry)
		}
	}
}

// TakeOwn takes an owned handle, the only value in the parcel.
func (b *Parcel) TakeOwn(rt *ResourceType) (Entry, error) {
	return b.table.TakeOwn(uint32(b.stack[0]), rt)
}

// PackParams is Params for a callee that cannot be entered yet.
func (p *Transfer) PackParams(caller *Call, in []uint64, to *Parcel) error {
	to.begin(caller)
	return p.Params(caller, &to.call, in, to.stack[:])
}

// UnpackParams moves the parameters on to the callee's stack.
func (p *Transfer) UnpackParams(from *Parcel, callee *Call, out []uint64) error {
	return p.Params(&from.call, callee, from.stack[:], out)
}

// PackResult is Result for a caller that does not wait.
func (p *Transfer) PackResult(callee *Call, in []uint64, to *Parcel) error {
	to.begin(callee)
	switch {
	case p.result == nil:
		return nil
	case !p.Caller.IndirectResult:
		return at(p.result.copyFlat(callee, &to.call, in, to.stack[:]), "result")
	}
	if err := callee.view(); err != nil {
		return at(err, "result")
	}
	return at(to.pack(p.result, callee, uint32(in[0])), "result")
}

// UnpackResult moves the result on to the caller's stack, which still holds the
// caller's parameters.
func (p *Transfer) UnpackResult(from *Parcel, caller *Call, out []uint64) error {
	return p.Result(caller, &from.call, from.stack[:], out)
}

// ResultCase tells which case of a result or variant the callee has answered.
// Its type must be one that is returned in memory.
func (p *Transfer) ResultCase(callee *Call, in []uint64) (uint32, error) {
	if err := callee.view(); err != nil {
		return 0, at(err, "result")
	}
	if err := callee.check(uint32(in[0]), p.result.size, p.result.align); err != nil {
		return 0, at(err, "result")
	}
	return loadUint(callee.mem, uint32(in[0]), p.result.disc), nil
}

// PackCase packs the payload of the case that ResultCase has told, as though a
// function had returned that alone.
func (p *Transfer) PackCase(callee *Call, in []uint64, to *Parcel) error {
	to.begin(callee)
	i, err := p.ResultCase(callee, in)
	if err != nil {
		return err
	}
	s, err := p.result.caseStep(i)
	if err == nil && s.node != nil {
		err = at(to.pack(s.node, callee, uint32(in[0])+p.result.payload), s.name)
	}
	return at(err, "result")
}

// pack packs a value that is in the memory of a component instance, as though
// a function had returned it.
func (b *Parcel) pack(n *node, from *Call, src uint32) error {
	if err := from.check(src, n.size, n.align); err != nil {
		return err
	}
	dst, err := b.call.alloc(n.align, n.size)
	if err != nil {
		return err
	}
	b.stack[0] = uint64(dst)
	if err := n.copy(from, &b.call, src, dst); err != nil || n.flat > MaxFlatResults {
		return err
	}
	b.stack[0] = n.word(&b.call, dst)
	return nil
}

// word flattens the value at off, which is one core value.
func (n *node) word(cx *Call, off uint32) uint64 {
	switch n.op {
	case opRecord:
		return n.steps[0].node.word(cx, off+n.steps[0].mem)
	case opArray:
		return n.elem.word(cx, off)
	case opS8:
		return uint64(uint32(int8(cx.mem[off])))
	case opS16:
		return uint64(uint32(int16(loadUint(cx.mem, off, 2))))
	case op64:
		return uint64(cx.u32(off)) | uint64(cx.u32(off+4))<<32
	case opVariant:
		return uint64(loadUint(cx.mem, off, n.disc))
	}
	return uint64(loadUint(cx.mem, off, n.size))
}
