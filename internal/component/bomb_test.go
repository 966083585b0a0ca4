package component

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/fuzzlimit"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// filled repeats definitions until the component takes about 64 KiB.
func filled(start []Def, more func(i int) []Def) []byte {
	defs := start
	size := len((&Component{Defs: start}).Encode())
	for i := 0; ; i++ {
		next := more(i)
		if size += len((&Component{Defs: next}).Encode()) - len(preamble); size > 64<<10 {
			return (&Component{Defs: defs}).Encode()
		}
		defs = append(defs, next...)
	}
}

func labelled(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("l%x", i)
	}
	return list
}

func inst(args ...Arg) *Instance { return &Instance{Instantiate: true, Args: args} }

func exported(name string, d ExternDesc) Decl { return Decl{Export: &ExportDecl{Name: name, Desc: d}} }

func eq(i uint32) ExternDesc { return ExternDesc{Sort: SortType, Index: i} }

// bombs are components of 64 KiB that ask for as much as they can.
func bombs() map[string][]byte {
	enum := typ(&DefinedType{Kind: DefEnum, Labels: labelled(8000)})
	upper := string(bytes.Repeat([]byte("A"), 30_000))
	moduleType := &CoreModuleType{Types: []*CoreFuncType{{}}}
	for _, l := range labelled(4000) {
		moduleType.Exports = append(moduleType.Exports, CoreExportDecl{Name: l, Desc: CoreDesc{Sort: SortCoreFunc}})
	}
	b := wasm.Builder{Types: []wasm.FuncType{{}}, Funcs: []wasm.Func{{Body: []byte{0x0b}}}}
	for _, l := range labelled(4000) {
		b.Exports = append(b.Exports, wasm.Export{Name: l})
	}
	module := &CoreModule{Data: b.Bytes()}
	name := func(i int) string { return fmt.Sprintf("n%x", i) }
	return map[string][]byte{
		"a component with a large type, again and again": filled([]Def{nest(enum)}, func(int) []Def { return []Def{inst()} }),
		"a large type within an instance type": filled([]Def{typ(&InstanceType{Decls: []Decl{{Type: enum.Type}, exported("e", eq(0))}})},
			func(i int) []Def { return []Def{&Import{Name: name(i), Desc: sortDesc(SortInstance, 0)}} }),
		"a large type that is compared": filled([]Def{enum, &Import{Name: "t", Desc: eq(0)}, nest(enum, &Import{Name: "t", Desc: eq(0)})},
			func(int) []Def { return []Def{inst(Arg{"t", SortType, 1})} }),
		"a large type under many names": filled([]Def{enum}, func(i int) []Def { return []Def{&Export{Name: name(i), Sort: SortType, Index: uint32(i)}} }),
		"a long name": filled([]Def{nest(typ(&DefinedType{Kind: DefPrim, Prim: PrimU8}), &Export{Name: upper, Sort: SortType})},
			func(int) []Def { return []Def{inst()} }),
		"a large core module type, again and again": filled([]Def{nest(&CoreType{Module: moduleType})}, func(int) []Def { return []Def{inst()} }),
		"a large core module that is matched": filled([]Def{&CoreType{Module: &CoreModuleType{}}, module,
			nest(&CoreType{Module: &CoreModuleType{}}, &Import{Name: "m", Desc: sortDesc(SortCoreModule, 0)}, &CoreInstance{Instantiate: true})},
			func(int) []Def { return []Def{inst(Arg{"m", SortCoreModule, 0})} }),
		"a large core module type that is matched": filled([]Def{&CoreType{Module: moduleType}, &Import{Name: "m", Desc: sortDesc(SortCoreModule, 0)},
			nest(&Alias{Target: AliasOuter, Sort: SortCoreType, Count: 1}, &Import{Name: "m", Desc: sortDesc(SortCoreModule, 0)})},
			func(int) []Def { return []Def{inst(Arg{"m", SortCoreModule, 0})} }),
		"instance types that mention what has names": filled(nil, func(i int) []Def {
			return []Def{
				typ(&DefinedType{Kind: DefEnum, Labels: []string{"a"}}), &Export{Name: name(2 * i), Sort: SortType, Index: uint32(4 * i)},
				typ(&InstanceType{}), &Export{Name: name(2*i + 1), Sort: SortType, Index: uint32(4*i + 2)},
			}
		}),
		"instances within instances": filled([]Def{typ(&InstanceType{})}, func(i int) []Def {
			return []Def{typ(&InstanceType{Decls: []Decl{
				{Alias: &Alias{Target: AliasOuter, Sort: SortType, Count: 1, Index: uint32(i)}}, exported("a", sortDesc(SortInstance, 0)),
			}}), &Import{Name: name(i), Desc: sortDesc(SortInstance, uint32(i+1))}}
		}),
		"components within components": filled([]Def{nest()}, func(i int) []Def {
			return []Def{nest(&Alias{Target: AliasOuter, Sort: SortComponent, Count: 1, Index: uint32(i)}, inst()), &Instance{Instantiate: true, Component: uint32(i)}}
		}),
		"tuples of tuples": filled([]Def{typ(&DefinedType{Kind: DefPrim, Prim: PrimU8})}, func(i int) []Def {
			return []Def{typ(&DefinedType{Kind: DefTuple, Fields: []Named{{Type: index(uint32(i))}, {Type: index(uint32(i / 2))}}})}
		}),
		"a record with many fields in functions": filled([]Def{typ(&DefinedType{Kind: DefTuple, Fields: bytesToFields(20_000)})}, func(i int) []Def {
			return []Def{typ(&FuncType{Params: []Named{{"p", index(0)}}, Result: index(0)}), &Import{Name: name(i), Desc: sortDesc(SortFunc, uint32(i+1))}}
		}),
		"constants of more parts than bytes": filled(chainOfTuples(3000), func(i int) []Def {
			return []Def{&Constant{Type: *index(3000), Data: []byte{0}}, &Export{Name: name(i), Sort: SortValue, Index: uint32(2 * i)}}
		}),
		"a large constant, again and again": filled([]Def{nest(
			typ(&DefinedType{Kind: DefResult}), typ(&DefinedType{Kind: DefList, Elem: index(0)}),
			&Constant{Type: *index(1), Data: append([]byte{0x80, 0x80, 2}, make([]byte, 1<<15)...)}, &Export{Name: "v", Sort: SortValue})},
			func(int) []Def { return []Def{inst()} }),
		"many strings, again and again": filled([]Def{nest(
			typ(&DefinedType{Kind: DefList, Elem: prim(PrimString)}),
			&Constant{Type: *index(0), Data: append([]byte{0x80, 0x80, 2}, make([]byte, 1<<15)...)}, &Export{Name: "v", Sort: SortValue})},
			func(int) []Def { return []Def{inst()} }),
		"many flags, again and again": filled([]Def{nest(
			typ(&DefinedType{Kind: DefFlags, Labels: labelled(32)}), &Export{Name: "t", Sort: SortType}, typ(&DefinedType{Kind: DefList, Elem: index(1)}),
			&Constant{Type: *index(2), Data: append([]byte{0x80, 0x40}, bytes.Repeat([]byte{0xff}, 1<<15)...)}, &Export{Name: "v", Sort: SortValue})},
			func(int) []Def { return []Def{inst()} }),
		"value imports of a large type": filled([]Def{typ(&DefinedType{Kind: DefTuple, Fields: bytesToFields(20_000)})}, func(i int) []Def {
			return []Def{&Import{Name: name(i), Desc: ExternDesc{Sort: SortValue, ValTyp: *index(0)}}}
		}),
		"start functions of a large type": filled([]Def{
			typ(&DefinedType{Kind: DefTuple, Fields: bytesToFields(20_000)}), typ(&FuncType{Result: index(0)}), &Import{Name: "f", Desc: sortDesc(SortFunc, 1)},
		}, func(int) []Def { return []Def{&Start{Results: 1}} }),
		"functions of many memories": filled(nil, func(i int) []Def {
			return []Def{&CoreModule{Data: manyMemories()}, &CoreInstance{Instantiate: true, Module: uint32(i)}}
		}),
	}
}

// chainOfTuples has tuples of one part, the first one of a bool.
func chainOfTuples(n int) []Def {
	defs := []Def{typ(&DefinedType{Kind: DefPrim, Prim: PrimBool})}
	for i := range n {
		defs = append(defs, typ(&DefinedType{Kind: DefTuple, Fields: []Named{{Type: index(uint32(i))}}}))
	}
	return defs
}

func bytesToFields(n int) []Named {
	list := make([]Named, n)
	for i := range list {
		list[i] = Named{Type: prim(PrimU8)}
	}
	return list
}

// manyMemories has a data segment that all memories want.
func manyMemories() []byte {
	b := wasm.Builder{Memories: make([]wasm.Limits, 16), Types: []wasm.FuncType{{}}}
	var code []byte
	for k := range byte(16) {
		code = append(code, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 0, k)
	}
	for range 2000 {
		code = append(code, 0xfc, 9, 0)
	}
	b.Funcs = []wasm.Func{{Body: append(code, 0x0b)}}
	b.Datas = []wasm.Data{{Mode: wasm.Passive, Bytes: make([]byte, 10_000)}}
	return b.Bytes()
}

// TestBombs links each bomb within the limits of what an input may cost.
func TestBombs(t *testing.T) {
	for name, bin := range bombs() {
		t.Run(name, func(t *testing.T) {
			fuzzlimit.Check(t, len(bin), func() {
				c, err := Decode(bin)
				if err != nil {
					t.Fatal(err)
				}
				_, err = Link(c)
				t.Log(err)
			})
		})
	}
}
