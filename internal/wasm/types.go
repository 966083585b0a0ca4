// Package wasm reads and writes core WebAssembly modules as far as the
// encoder and the composer need: types, imports, function signatures, tables,
// memories, globals, exports and custom sections. Function bodies, element
// and data segments pass through untouched; they are not validated.
package wasm

import (
	"slices"
	"strings"
)

// A ValType is a value type as the binary format encodes it.
type ValType byte

// The value types.
const (
	I32       ValType = 0x7f
	I64       ValType = 0x7e
	F32       ValType = 0x7d
	F64       ValType = 0x7c
	V128      ValType = 0x7b
	FuncRef   ValType = 0x70
	ExternRef ValType = 0x6f
)

// String gives the name of the type in the text format.
func (v ValType) String() string {
	switch v {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	case V128:
		return "v128"
	case FuncRef:
		return "funcref"
	case ExternRef:
		return "externref"
	}
	return "?"
}

// A FuncType is a function signature.
type FuncType struct{ Params, Results []ValType }

// Equal tells whether two signatures are the same.
func (f FuncType) Equal(g FuncType) bool {
	return slices.Equal(f.Params, g.Params) && slices.Equal(f.Results, g.Results)
}

// String gives the signature in the text format: "(param i32 i64) (result i32)",
// or "()" for neither.
func (f FuncType) String() string {
	var parts []string
	part := func(word string, types []ValType) {
		if len(types) == 0 {
			return
		}
		s := "(" + word
		for _, t := range types {
			s += " " + t.String()
		}
		parts = append(parts, s+")")
	}
	part("param", f.Params)
	part("result", f.Results)
	if parts == nil {
		return "()"
	}
	return strings.Join(parts, " ")
}

// A Kind tells what an import or export is.
type Kind byte

// The kinds of imports and exports.
const (
	KindFunc Kind = iota
	KindTable
	KindMemory
	KindGlobal
	KindTag
)

// String gives the keyword of the kind.
func (k Kind) String() string {
	return [...]string{"func", "table", "memory", "global", "tag"}[k]
}

// Limits are the limits of a table or memory. Max counts if HasMax.
type Limits struct {
	Min, Max uint64
	HasMax   bool
	Shared   bool
	Is64     bool
	Bytes    bool // of a memory: its pages are of 1 byte, not of 64 KiB
}

// A Table is the type of a table.
type Table struct {
	Elem ValType
	Limits
}

// A GlobalType is the type of a global.
type GlobalType struct {
	Type    ValType
	Mutable bool
}

// A Global is a global that a module defines. Init is its constant
// expression, with the final end.
type Global struct {
	GlobalType
	Init []byte
}

// An Import is an import of a module. Of the types only the one of its Kind
// counts; Type is the type index of a function or tag.
type Import struct {
	Module, Name string
	Kind         Kind
	Type         uint32
	Table        Table
	Memory       Limits
	Global       GlobalType
}

// An Export is an export of a module; Index is in the index space of its Kind.
type Export struct {
	Name  string
	Kind  Kind
	Index uint32
}
