// Package abi implements the Canonical ABI of the component model: how values
// of component types lie in linear memory, how they are flattened to core
// values, and the plans that lift and lower them.
package abi

import "strconv"

// A Kind tells the structure of a [Type].
type Kind uint8

// The kinds of value types. Tuple, Enum, Option, Result and Flags keep kinds
// of their own although they despecialize to others: names and Go shapes
// depend on them.
const (
	Bool Kind = iota
	S8
	U8
	S16
	U16
	S32
	U32
	S64
	U64
	F32
	F64
	Char
	String
	List   // Elem; Len > 0 for a fixed length
	Record // Fields
	Tuple  // Fields without names
	Variant
	Enum
	Option // Cases: none, some
	Result // Cases: ok, error
	Flags  // Labels
	Own    // Resource
	Borrow // Resource

	// Of native async: such values have a place in memory, but nothing here
	// can move them.
	Stream // Elem, or nil
	Future // Elem, or nil
	ErrorContext
)

// String gives the name of the kind in WIT.
func (k Kind) String() string {
	names := [...]string{"bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string",
		"list", "record", "tuple", "variant", "enum", "option", "result", "flags", "own", "borrow", "stream", "future", "error-context"}
	if int(k) < len(names) {
		return names[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// A Type is a value type. Types are immutable once their layout was asked for
// and are compared structurally, with Resource by identity.
type Type struct {
	Kind     Kind
	Elem     *Type    // List, Stream, Future
	Len      uint32   // List: the fixed length, or 0
	Fields   []Field  // Record, Tuple
	Cases    []Case   // Variant, Enum, Option, Result
	Labels   []string // Flags
	Resource any      // Own, Borrow: the identity of the resource type; never dereferenced here

	layout *layout
}

// A Field is a field of a record or tuple.
type Field struct {
	Name string // "" in a tuple
	Type *Type
}

// A Case is a case of a variant; Type is nil without a payload.
type Case struct {
	Name string
	Type *Type
}

// A FuncType is a function of a component. Result is nil for none. Async tells
// that it may block, which changes nothing as long as it is lifted and lowered
// without the canonical option async.
type FuncType struct {
	Params []Field
	Result *Type
	Async  bool
}

// A CoreType is a core value type as the binary format encodes it.
type CoreType byte

// The core value types that flattening yields.
const (
	I32  CoreType = 0x7f
	I64  CoreType = 0x7e
	CF32 CoreType = 0x7d
	CF64 CoreType = 0x7c
)

// Limits of the Canonical ABI.
const (
	MaxFlatParams      = 16
	MaxFlatAsyncParams = 4 // lowered with the option async
	MaxFlatResults     = 1
)
