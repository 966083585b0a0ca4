package abi

import "slices"

// A layout is all that follows from a type alone. It is computed at once, also
// for the types below, so that a type whose Size was asked for is not written
// to any more and may be used by several goroutines.
type layout struct {
	size, align uint32
	flat        []CoreType
	offsets     []uint32 // Record, Tuple: of the fields
	payload     uint32   // variant-like: offset of the payload
	pointers    bool
	borrows     bool
}

// Sizes that do not fit are kept at this value, which no memory can hold; such
// types cannot be bound.
const maxSize = 1 << 30

// Size gives the bytes a value takes in memory (spec: elem_size). After one
// call of Size (or of another method here) a type is safe for concurrent use.
func (t *Type) Size() uint32 { return t.lay().size }

// Align gives the alignment of a value in memory (spec: alignment).
func (t *Type) Align() uint32 { return t.lay().align }

// Flat gives the core types of a flattened value (spec: flatten_type). It
// stops after MaxFlatParams+1: what is longer is never passed flat.
func (t *Type) Flat() []CoreType { return t.lay().flat }

// PayloadOffset gives the offset of the payload within a variant-like value.
func (t *Type) PayloadOffset() uint32 { return t.lay().payload }

// FieldOffsets gives the offset of each field of a record or tuple. The slice
// must not be changed.
func (t *Type) FieldOffsets() []uint32 { return t.lay().offsets }

// HasPointers tells whether a value of the type refers to memory beyond
// itself (strings and lists), so that moving it needs memory and realloc.
func (t *Type) HasPointers() bool { return t.lay().pointers }

// HasBorrows tells whether a value of the type holds borrow handles.
func (t *Type) HasBorrows() bool { return t.lay().borrows }

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

// FlagsSize gives the bytes of flags with n labels: 1, 2 or 4.
func FlagsSize(n int) uint32 {
	switch {
	case n <= 8:
		return 1
	case n <= 16:
		return 2
	}
	return 4
}

func (t *Type) lay() *layout {
	if t.layout == nil {
		t.layout = t.computeLayout()
	}
	return t.layout
}

func (t *Type) computeLayout() *layout {
	one := func(size uint32, c CoreType) *layout {
		return &layout{size: size, align: size, flat: []CoreType{c}}
	}
	switch t.Kind {
	case Bool, S8, U8:
		return one(1, I32)
	case S16, U16:
		return one(2, I32)
	case S32, U32, Char, Own, Stream, Future, ErrorContext:
		return one(4, I32)
	case Borrow:
		l := one(4, I32)
		l.borrows = true
		return l
	case S64, U64:
		return one(8, I64)
	case F32:
		return one(4, CF32)
	case F64:
		return one(8, CF64)
	case String:
		return &layout{size: 8, align: 4, flat: []CoreType{I32, I32}, pointers: true}
	case Flags:
		return one(FlagsSize(len(t.Labels)), I32)
	case List:
		return t.listLayout()
	case Record, Tuple:
		return t.recordLayout()
	}
	return t.variantLayout()
}

func (t *Type) listLayout() *layout {
	e := t.Elem.lay()
	if t.Len == 0 {
		return &layout{size: 8, align: 4, flat: []CoreType{I32, I32}, pointers: true, borrows: e.borrows}
	}
	l := &layout{align: e.align, pointers: e.pointers, borrows: e.borrows}
	l.size = uint32(min(uint64(e.size)*uint64(t.Len), maxSize))
	for range min(t.Len, MaxFlatParams+1) {
		l.flat = appendFlat(l.flat, e.flat)
	}
	return l
}

func (t *Type) recordLayout() *layout {
	l := &layout{align: 1, offsets: make([]uint32, len(t.Fields))}
	for i, f := range t.Fields {
		e := f.Type.lay()
		l.align = max(l.align, e.align)
		l.offsets[i] = min(AlignTo(l.size, e.align), maxSize)
		l.size = min(l.offsets[i]+e.size, maxSize)
		l.flat = appendFlat(l.flat, e.flat)
		l.pointers = l.pointers || e.pointers
		l.borrows = l.borrows || e.borrows
	}
	l.size = AlignTo(l.size, l.align)
	return l
}

func (t *Type) variantLayout() *layout {
	d := DiscriminantSize(len(t.Cases))
	l := &layout{align: d, flat: []CoreType{I32}}
	align, size := uint32(1), uint32(0) // of the payload
	for _, c := range t.Cases {
		if c.Type == nil {
			continue
		}
		e := c.Type.lay()
		align = max(align, e.align)
		size = max(size, e.size)
		l.pointers = l.pointers || e.pointers
		l.borrows = l.borrows || e.borrows
		for i, f := range e.flat {
			if i+1 < len(l.flat) {
				l.flat[i+1] = join(l.flat[i+1], f)
			} else {
				l.flat = appendFlat(l.flat, []CoreType{f})
			}
		}
	}
	l.align = max(d, align)
	l.payload = AlignTo(d, align)
	l.size = AlignTo(min(l.payload+size, maxSize), l.align)
	return l
}

func appendFlat(flat, more []CoreType) []CoreType {
	return append(flat, more[:min(len(more), MaxFlatParams+1-len(flat))]...)
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
		sig.Params = appendFlat(sig.Params, p.Type.Flat())
	}
	if len(sig.Params) > MaxFlatParams {
		sig.Params, sig.IndirectParams = []CoreType{I32}, true
	}
	if f.Result == nil {
		return sig
	}
	if flat := f.Result.Flat(); len(flat) <= MaxFlatResults {
		sig.Results = slices.Clone(flat)
		return sig
	}
	sig.IndirectResult = true
	if dir == Lifted {
		sig.Results = []CoreType{I32}
	} else {
		sig.Params = append(sig.Params, I32)
	}
	return sig
}

// FlattenAsync gives the core signature of a function that is lifted or
// lowered with the canonical option async (spec: flatten_functype). A lifted
// one has a callback or blocks its stack; it returns no result.
func (f *FuncType) FlattenAsync(dir Direction, callback bool) CoreSig {
	most := MaxFlatParams
	if dir == Lowered {
		most = MaxFlatAsyncParams
	}
	var sig CoreSig
	for _, p := range f.Params {
		sig.Params = appendFlat(sig.Params, p.Type.Flat())
	}
	if len(sig.Params) > most {
		sig.Params, sig.IndirectParams = []CoreType{I32}, true
	}
	if sig.IndirectResult = dir == Lowered && f.Result != nil; sig.IndirectResult {
		sig.Params = append(sig.Params, I32)
	}
	if dir == Lowered || callback {
		sig.Results = []CoreType{I32}
	}
	return sig
}

// ParamTuple gives the parameters as one tuple, the form they have in memory
// when they are too many to be flat.
func (f *FuncType) ParamTuple() *Type { return &Type{Kind: Tuple, Fields: f.Params} }
