// Package abitest makes random component types and values and checks what
// package abi does with them against answers of an independent implementation
// of the Canonical ABI. It is machinery of tests: nothing that is shipped
// imports it.
package abitest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// A Desc describes a type in the form that encoding/json gives: the name of a
// scalar, or a list of a constructor and its operands,
//
//	["list", T]  ["array", n, T]  ["map", K, V]  ["option", T]  ["result", T, E]
//	["record", T...]  ["tuple", T...]  ["variant", T...]  ["enum", n]  ["flags", n]
//	["own", n]  ["borrow", n]
//
// where null stands for no payload, numbers are json.Number or int, and
// resource types are numbered (see [HandleQuestion]).
type Desc any

// ScalarNames are the names of scalars, strings among them, in a [Desc].
var ScalarNames = []string{"bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string"}

// A Generator makes random types and values.
type Generator struct {
	*rand.Rand

	// Without excludes constructors of types by their name in a Desc.
	Without map[string]bool

	nodes   int          // what is left for the type in the making
	leaves  int          // what is left for the value in the making
	handles *handleTable // which values may have, nil for none
	owned   bool         // whether handles must be owned
}

// NewGenerator gives the generator of a seed.
func NewGenerator(seed uint64) *Generator {
	return &Generator{Rand: rand.New(rand.NewPCG(seed, 0x15f5))}
}

// constructors of types, the frequent ones several times.
var constructors = []string{"list", "list", "list", "array", "map", "option", "option", "result", "result",
	"record", "record", "record", "tuple", "tuple", "variant", "variant", "enum", "flags"}

// Type makes a type with at most depth constructors within each other.
func (g *Generator) Type(depth int) Desc {
	const most = 1 << 12 // bytes, so that values stay small
	for {
		g.nodes = 40
		if d := g.desc(depth); TypeOf(d).Size() <= most {
			return d
		}
	}
}

func (g *Generator) desc(depth int) Desc {
	g.nodes--
	if depth == 0 || g.nodes <= 0 || g.IntN(6) == 0 {
		if g.handles != nil && g.IntN(3) > 0 {
			return []any{pick(g, "own", g.other()), g.IntN(resources)}
		}
		return ScalarNames[g.IntN(len(ScalarNames))]
	}
	name := constructors[g.IntN(len(constructors))]
	for g.Without[name] {
		name = constructors[g.IntN(len(constructors))]
	}
	depth--
	switch name {
	case "array":
		return []any{name, 1 + g.IntN(5), g.desc(depth)}
	case "map":
		return []any{name, g.key(), g.desc(depth)}
	case "result":
		return []any{name, g.payload(depth), g.payload(depth)}
	case "enum":
		return []any{name, pick(g, 1, 2, 7, 255, 256, 257, 300)}
	case "flags":
		return []any{name, pick(g, 1, 7, 8, 9, 15, 16, 17, 31, 32)}
	case "variant":
		return append([]any{name}, g.cases(depth)...)
	case "record", "tuple":
		d := []any{name}
		for range 1 + g.IntN(5) {
			d = append(d, g.desc(depth))
		}
		return d
	}
	return []any{name, g.desc(depth)}
}

// key makes the type of a map's keys.
func (g *Generator) key() Desc {
	return pick(g, "bool", "u8", "s16", "u32", "s64", "u64", "char", "string")
}

func (g *Generator) payload(depth int) Desc {
	if g.IntN(4) == 0 {
		return nil
	}
	return g.desc(depth)
}

func (g *Generator) cases(depth int) []any {
	list := make([]any, 1+g.IntN(5))
	if g.IntN(25) == 0 {
		list = make([]any, 257)
	}
	for i := range list {
		if i < 5 || i == len(list)-1 {
			list[i] = g.payload(depth)
		}
	}
	return list
}

func pick[T any](g *Generator, of ...T) T { return of[g.IntN(len(of))] }

// number gives a number in a Desc or a value.
func number(v any) int {
	switch v := v.(type) {
	case int:
		return v
	case json.Number:
		n, _ := v.Int64()
		return int(n)
	}
	panic(fmt.Sprintf("abitest: %v is no number", v))
}

var scalarKinds = map[string]abi.Kind{}

func init() {
	for k := abi.Bool; k <= abi.String; k++ {
		scalarKinds[k.String()] = k
	}
}

// TypeOf gives the type that is described, nil for nil. Fields, cases and
// labels are named f0, c0 and l0 and so on.
func TypeOf(d Desc) *abi.Type {
	switch d := d.(type) {
	case nil:
		return nil
	case string:
		return &abi.Type{Kind: scalarKinds[d]}
	case []any:
		return compound(d[0].(string), d[1:])
	}
	panic(fmt.Sprintf("abitest: %v describes no type", d))
}

func compound(name string, ops []any) *abi.Type {
	switch name {
	case "own":
		return &abi.Type{Kind: abi.Own, Resource: number(ops[0])}
	case "borrow":
		return &abi.Type{Kind: abi.Borrow, Resource: number(ops[0])}
	case "list":
		return &abi.Type{Kind: abi.List, Elem: TypeOf(ops[0])}
	case "array":
		return &abi.Type{Kind: abi.List, Len: uint32(number(ops[0])), Elem: TypeOf(ops[1])}
	case "map":
		return &abi.Type{Kind: abi.List, Elem: compound("tuple", ops)}
	case "record", "tuple":
		t := &abi.Type{Kind: abi.Tuple}
		for i, op := range ops {
			f := abi.Field{Type: TypeOf(op)}
			if name == "record" {
				t.Kind, f.Name = abi.Record, fmt.Sprint("f", i)
			}
			t.Fields = append(t.Fields, f)
		}
		return t
	case "flags":
		t := &abi.Type{Kind: abi.Flags}
		for i := range number(ops[0]) {
			t.Labels = append(t.Labels, fmt.Sprint("l", i))
		}
		return t
	}
	return variant(name, ops)
}

func variant(name string, ops []any) *abi.Type {
	switch name {
	case "option":
		return &abi.Type{Kind: abi.Option, Cases: []abi.Case{{Name: "none"}, {Name: "some", Type: TypeOf(ops[0])}}}
	case "result":
		return &abi.Type{Kind: abi.Result, Cases: []abi.Case{{Name: "ok", Type: TypeOf(ops[0])}, {Name: "error", Type: TypeOf(ops[1])}}}
	case "enum":
		t := &abi.Type{Kind: abi.Enum}
		for i := range number(ops[0]) {
			t.Cases = append(t.Cases, abi.Case{Name: fmt.Sprint("c", i)})
		}
		return t
	}
	t := &abi.Type{Kind: abi.Variant}
	for i, op := range ops {
		t.Cases = append(t.Cases, abi.Case{Name: fmt.Sprint("c", i), Type: TypeOf(op)})
	}
	return t
}
