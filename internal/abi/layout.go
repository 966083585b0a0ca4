package abi

type layout struct {
	size, align uint32
	flat        []CoreType
}

// Size gives the bytes a value takes in memory (spec: elem_size).
func (t *Type) Size() uint32 { return t.lay().size }

// Align gives the alignment of a value in memory (spec: alignment).
func (t *Type) Align() uint32 { return t.lay().align }

// Flat gives the core types of a flattened value (spec: flatten_type).
func (t *Type) Flat() []CoreType { return t.lay().flat }

// AlignTo rounds offset up to a multiple of align, a power of two.
func AlignTo(offset, align uint32) uint32 { return (offset + align - 1) &^ (align - 1) }

// DiscriminantSize gives the bytes of the discriminant of a variant with n
// cases: 1, 2 or 4.
func DiscriminantSize(n int) uint32 {
	switch {
	case n <= 1<<8:
		return 1
	case n <= 1<<16:
		return 2
	}
	return 4
}

// PayloadOffset gives the offset of the payload within a variant-like value.
func (t *Type) PayloadOffset() uint32 {
	align := uint32(1)
	for _, c := range t.Cases {
		if c.Type != nil {
			align = max(align, c.Type.Align())
		}
	}
	return AlignTo(DiscriminantSize(len(t.Cases)), align)
}

// FieldOffsets gives the offset of each field of a record or tuple.
func (t *Type) FieldOffsets() []uint32 {
	offs := make([]uint32, len(t.Fields))
	off := uint32(0)
	for i, f := range t.Fields {
		off = AlignTo(off, f.Type.Align())
		offs[i] = off
		off += f.Type.Size()
	}
	return offs
}

func (t *Type) lay() *layout {
	if t.layout == nil {
		t.layout = t.computeLayout()
	}
	return t.layout
}

func (t *Type) computeLayout() *layout {
	one := func(size uint32, c CoreType) *layout { return &layout{size, size, []CoreType{c}} }
	switch t.Kind {
	case Bool, S8, U8:
		return one(1, I32)
	case S16, U16:
		return one(2, I32)
	case S32, U32, Char, Own, Borrow:
		return one(4, I32)
	case S64, U64:
		return one(8, I64)
	case F32:
		return one(4, CF32)
	case F64:
		return one(8, CF64)
	case String:
		return &layout{8, 4, []CoreType{I32, I32}}
	case Flags:
		switch n := len(t.Labels); {
		case n <= 8:
			return one(1, I32)
		case n <= 16:
			return one(2, I32)
		default:
			return one(4, I32)
		}
	case List:
		if t.Len == 0 {
			return &layout{8, 4, []CoreType{I32, I32}}
		}
		l := &layout{size: t.Elem.Size() * t.Len, align: t.Elem.Align()}
		// A list too long to be passed flat needs no exact flattening.
		for range min(t.Len, MaxFlatParams+1) {
			l.flat = append(l.flat, t.Elem.Flat()...)
		}
		return l
	case Record, Tuple:
		l := &layout{align: 1}
		for _, f := range t.Fields {
			l.align = max(l.align, f.Type.Align())
			l.size = AlignTo(l.size, f.Type.Align()) + f.Type.Size()
			l.flat = append(l.flat, f.Type.Flat()...)
		}
		l.size = AlignTo(l.size, l.align)
		return l
	}
	return t.variantLayout()
}

func (t *Type) variantLayout() *layout {
	d := DiscriminantSize(len(t.Cases))
	l := &layout{align: d, flat: []CoreType{I32}}
	payload := uint32(0)
	for _, c := range t.Cases {
		if c.Type == nil {
			continue
		}
		l.align = max(l.align, c.Type.Align())
		payload = max(payload, c.Type.Size())
		for i, f := range c.Type.Flat() {
			if i+1 < len(l.flat) {
				l.flat[i+1] = join(l.flat[i+1], f)
			} else {
				l.flat = append(l.flat, f)
			}
		}
	}
	l.size = AlignTo(t.PayloadOffset()+payload, l.align)
	return l
}

func join(a, b CoreType) CoreType {
	switch {
	case a == b:
		return a
	case a == I32 && b == CF32, a == CF32 && b == I32:
		return I32
	}
	return I64
}

// A Direction tells on which side of a call a signature is: a lifted function
// is one that a core module exports, a lowered one is one that it imports.
type Direction uint8

// The directions of a call.
const (
	Lifted Direction = iota
	Lowered
)

// A CoreSig is a core function signature.
type CoreSig struct {
	Params, Results []CoreType
	IndirectParams  bool // parameters are passed by one pointer
	IndirectResult  bool // the result is in memory: a returned pointer if lifted, a last parameter if lowered
}

// Flatten gives the core signature of a function (spec: flatten_functype).
func (f *FuncType) Flatten(dir Direction) CoreSig {
	var sig CoreSig
	for _, p := range f.Params {
		sig.Params = append(sig.Params, p.Type.Flat()...)
	}
	if len(sig.Params) > MaxFlatParams {
		sig.Params, sig.IndirectParams = []CoreType{I32}, true
	}
	if f.Result == nil {
		return sig
	}
	sig.Results = f.Result.Flat()
	if len(sig.Results) <= MaxFlatResults {
		return sig
	}
	sig.IndirectResult = true
	if dir == Lifted {
		sig.Results = []CoreType{I32}
	} else {
		sig.Params, sig.Results = append(sig.Params, I32), nil
	}
	return sig
}

// ParamTuple gives the parameters as one tuple, the form they have in memory
// when they are too many to be flat.
func (f *FuncType) ParamTuple() *Type { return &Type{Kind: Tuple, Fields: f.Params} }

// HasPointers tells whether a value of the type refers to memory beyond
// itself (strings and lists), so that moving it needs memory and realloc.
func (t *Type) HasPointers() bool {
	switch t.Kind {
	case String:
		return true
	case List:
		return t.Len == 0 || t.Elem.HasPointers()
	}
	for _, f := range t.Fields {
		if f.Type.HasPointers() {
			return true
		}
	}
	for _, c := range t.Cases {
		if c.Type != nil && c.Type.HasPointers() {
			return true
		}
	}
	return false
}
