package component

// canonCoded gives the operation with that opcode.
func canonCoded(code byte) (CanonOp, bool) {
	for op, o := range operations {
		if o.code == code {
			return CanonOp(op), true
		}
	}
	return 0, false
}

func (r *reader) canon() *Canon {
	at := r.pos
	code := r.byte()
	op, ok := canonCoded(code)
	if !ok {
		r.failf(at, "unknown canonical operation 0x%02x", code)
		return nil
	}
	d := &Canon{Op: op}
	for _, imm := range op.Immediates() {
		r.immediate(d, imm)
	}
	return d
}

func (r *reader) immediate(d *Canon, imm Immediate) {
	switch imm {
	case ImmCoreFunc:
		r.expect(0x00, "canon lift")
		d.CoreFunc = r.u32()
	case ImmFunc:
		r.expect(0x00, "canon lower")
		d.Func = r.u32()
	case ImmType:
		d.Type = r.u32()
	case ImmOpts:
		d.Opts = r.canonOpts()
	case ImmResult:
		d.Result = r.result()
	case ImmAsync:
		d.Async = r.flag("async")
	case ImmCancellable:
		d.Cancellable = r.flag("cancellable")
	case ImmShared:
		d.Shared = r.flag("shared")
	case ImmMemory:
		d.Memory = r.u32()
	case ImmCoreType:
		d.CoreType = r.u32()
	case ImmTable:
		d.Table = r.u32()
	case ImmVal:
		d.Val = r.coreValType()
	case ImmSlot:
		d.Slot = r.u32()
	}
}

func (r *reader) canonOpts() CanonOpts {
	var o CanonOpts
	encoded := false
	index := func(at int, to **uint32, what string) {
		if *to != nil {
			r.failf(at, "canonical option %s is given twice", what)
		}
		i := r.u32()
		*to = &i
	}
	for range r.count(1) {
		at := r.pos
		switch opt := r.byte(); opt {
		case 0x00, 0x01, 0x02:
			if encoded {
				r.failf(at, "canonical option string-encoding is given twice")
			}
			o.Encoding, encoded = StringEncoding(opt), true
		case 0x03:
			index(at, &o.Memory, "memory")
		case 0x04:
			index(at, &o.Realloc, "realloc")
		case 0x05:
			index(at, &o.PostReturn, "post-return")
		case 0x06:
			if o.Async {
				r.failf(at, "canonical option async is given twice")
			}
			o.Async = true
		case 0x07:
			index(at, &o.Callback, "callback")
		default:
			r.failf(at, "unknown canonical option 0x%02x", opt)
		}
	}
	return o
}

func (w *writer) canon(c *Canon) {
	w.byte(operations[c.Op].code)
	for _, imm := range c.Op.Immediates() {
		w.immediate(c, imm)
	}
}

func (w *writer) immediate(c *Canon, imm Immediate) {
	switch imm {
	case ImmCoreFunc:
		w.byte(0x00)
		w.u32(c.CoreFunc)
	case ImmFunc:
		w.byte(0x00)
		w.u32(c.Func)
	case ImmType:
		w.u32(c.Type)
	case ImmOpts:
		w.canonOpts(c.Opts)
	case ImmResult:
		w.result(c.Result)
	case ImmAsync:
		w.byte(bit(c.Async))
	case ImmCancellable:
		w.byte(bit(c.Cancellable))
	case ImmShared:
		w.byte(bit(c.Shared))
	case ImmMemory:
		w.u32(c.Memory)
	case ImmCoreType:
		w.u32(c.CoreType)
	case ImmTable:
		w.u32(c.Table)
	case ImmVal:
		w.byte(c.Val)
	case ImmSlot:
		w.u32(c.Slot)
	}
}

func (w *writer) canonOpts(o CanonOpts) {
	opts := &writer{}
	n := uint32(0)
	if o.Encoding != UTF8 {
		n++
		opts.byte(byte(o.Encoding))
	}
	index := func(code byte, index *uint32) {
		if index != nil {
			n++
			opts.byte(code)
			opts.u32(*index)
		}
	}
	index(0x03, o.Memory)
	index(0x04, o.Realloc)
	index(0x05, o.PostReturn)
	if o.Async {
		n++
		opts.byte(0x06)
	}
	index(0x07, o.Callback)
	w.u32(n)
	w.buf = append(w.buf, opts.buf...)
}
