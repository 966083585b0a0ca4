package component

import (
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// sampleModule exports a memory "m", a function "f" without parameters and a
// function "g": (i32, i32) -> i32, and imports the imports.
func sampleModule(imports ...wasm.Import) *CoreModule {
	b := wasm.Builder{}
	i32 := wasm.I32
	b.Type(wasm.FuncType{})
	b.Type(wasm.FuncType{Params: []wasm.ValType{i32, i32}, Results: []wasm.ValType{i32}})
	b.Imports = imports
	n := uint32(0)
	for _, im := range imports {
		if im.Kind == wasm.KindFunc {
			n++
		}
	}
	unreachable := []byte{0x00, 0x0b}
	b.Funcs = []wasm.Func{{Type: 0, Body: unreachable}, {Type: 1, Body: unreachable}}
	b.Memories = []wasm.Limits{{Min: 1}}
	b.Exports = []wasm.Export{{Name: "m", Kind: wasm.KindMemory}, {Name: "f", Index: n}, {Name: "g", Index: n + 1}}
	return &CoreModule{Data: b.Bytes()}
}

func sortDesc(s Sort, i uint32) ExternDesc { return ExternDesc{Sort: s, Index: i} }

func coreAlias(s Sort, instance uint32, name string) *Alias {
	return &Alias{Target: AliasCoreExport, Sort: s, Instance: instance, Name: name}
}

func typ(t Type) *TypeDef { return &TypeDef{t} }

func nest(defs ...Def) *Nested { return &Nested{Component: &Component{Defs: defs}} }

func TestLinkErrors(t *testing.T) {
	module := sampleModule()
	start := []Def{module, &CoreInstance{Instantiate: true}, coreAlias(SortCoreFunc, 0, "f"), coreAlias(SortCoreFunc, 0, "g"), coreAlias(SortCoreMemory, 0, "m")}
	with := func(defs ...Def) []Def { return append(start[:len(start):len(start)], defs...) }
	str := typ(&FuncType{Params: []Named{{"s", prim(PrimString)}}, Result: prim(PrimU32)})
	resource := typ(&ResourceType{})
	sub := ExternDesc{Sort: SortType, Bound: BoundSub}
	inst := &Instance{Instantiate: true}
	wide := func(k DefKind, of uint32) *TypeDef {
		return typ(&DefinedType{Kind: k, Fields: []Named{{"a", index(of)}, {"b", index(of)}}})
	}
	double := []Def{typ(&DefinedType{Kind: DefPrim, Prim: PrimU8})}
	for i := range uint32(40) {
		double = append(double, wide(DefVariant, i))
	}
	bomb := []Def{nest()}
	for i := range uint32(30) {
		outer := &Alias{Target: AliasOuter, Sort: SortComponent, Count: 1, Index: i}
		bomb = append(bomb, nest(outer, inst, inst))
	}
	bomb = append(bomb, &Instance{Instantiate: true, Component: 30})

	for _, c := range []struct {
		name string
		defs []Def
		want string
	}{
		{"core func index", []Def{&Canon{Op: CanonLower}}, "canon: there is no func 0: 0 are defined so far (at offset 0xb)"},
		{"sort of alias", with(coreAlias(SortCoreMemory, 0, "f")), `"f" is a core func, not a core memory`},
		{"no such core export", with(coreAlias(SortCoreFunc, 0, "x")), `core instance 0 has no export "x"`},
		{"lift without memory", with(str, &Canon{Op: CanonLift, CoreFunc: 1}), "the function's type needs the canonical option memory"},
		{"lift without realloc", with(str, &Canon{Op: CanonLift, CoreFunc: 1, Opts: CanonOpts{Memory: ptr(uint32(0))}}), "needs the canonical option realloc"},
		{"core signature", with(str, &Canon{Op: CanonLift}), "the function to lift should be a core func (param i32 i32) (result i32), not ()"},
		{"realloc signature", with(str, &Canon{Op: CanonLift, CoreFunc: 1, Opts: CanonOpts{Realloc: ptr(uint32(0))}}), "realloc should be"},
		{"lift a value type", with(typ(&DefinedType{Kind: DefPrim, Prim: PrimU8}), &Canon{Op: CanonLift}), "type 0 is a value type, not a function type"},
		{"core argument", []Def{sampleModule(wasm.Import{Module: "env", Name: "f"}), &CoreInstance{Instantiate: true}}, `without the argument "env"`},
		{"import twice", []Def{sampleModule(wasm.Import{Module: "env", Name: "f"}, wasm.Import{Module: "env", Name: "f"})}, `imports "f" of "env" twice`},
		{"core import signature", with(sampleModule(wasm.Import{Module: "env", Name: "g"}), &CoreInstance{Instantiate: true, Module: 1, Args: []CoreArg{{"env", 0}}}), `import "g" of "env" of the core module: a core func () is expected, not (param i32 i32) (result i32)`},
		{"missing argument", []Def{nest(resource, str, &Import{Name: "f", Desc: sortDesc(SortFunc, 1)}), inst}, `import "f": component 0 is instantiated without the argument "f"`},
		{"argument of another sort", []Def{nest(str, &Import{Name: "f", Desc: sortDesc(SortFunc, 0)}), &Instance{Instantiate: true, Args: []Arg{{"f", SortComponent, 0}}}}, "in root/0: import \"f\": a func is expected, not a component"},
		{"argument of another type", []Def{str, &Import{Name: "f", Desc: sortDesc(SortFunc, 0)}, nest(typ(&FuncType{}), &Import{Name: "f", Desc: sortDesc(SortFunc, 0)}), &Instance{Instantiate: true, Args: []Arg{{"f", SortFunc, 0}}}}, "the function should have 0 parameters, not 1"},
		{"instance lacks export", []Def{&Instance{}, nest(typ(&InstanceType{[]Decl{{Export: &ExportDecl{Name: "r", Desc: sub}}}}), &Import{Name: "i", Desc: sortDesc(SortInstance, 0)}), &Instance{Instantiate: true, Args: []Arg{{"i", SortInstance, 0}}}}, `import "i": export "r": the instance given has no such export`},
		{"foreign resource.new", []Def{&Import{Name: "r", Desc: sub}, &Canon{Op: CanonResourceNew}}, "need a resource type that the component itself defines"},
		{"resource out of a component", []Def{resource, nest(&Alias{Target: AliasOuter, Sort: SortType, Count: 1})}, "refers to a resource"},
		{"outer index too late", []Def{nest(&Alias{Target: AliasOuter, Sort: SortComponent, Count: 1})}, "there is no component 0, 1 levels out"},
		{"outer too far", []Def{&Alias{Target: AliasOuter, Sort: SortType, Count: 4e9}}, "only 0 levels enclose it"},
		{"borrow returned", []Def{resource, typ(&DefinedType{Kind: DefBorrow}), typ(&FuncType{Result: index(1)})}, "a borrowed handle cannot be returned"},
		{"own of a value type", []Def{typ(&DefinedType{Kind: DefPrim, Prim: PrimU8}), typ(&DefinedType{Kind: DefOwn})}, "type 0 is a value type, not a resource type"},
		{"label", []Def{typ(&DefinedType{Kind: DefEnum, Labels: []string{"a", "A"}})}, `"A" is there twice`},
		{"name", []Def{&Import{Name: "a--b", Desc: sub}}, `import "a--b": it is not a valid name`},
		{"names", []Def{&Import{Name: "a", Desc: sub}, &Import{Name: "A", Desc: sub}}, "another name is equal to it, or almost"},
		{"host cannot give", []Def{typ(&ComponentType{}), &Import{Name: "c", Desc: sortDesc(SortComponent, 0)}}, "a host cannot give a component"},
		{"method", []Def{&Import{Name: "r", Desc: sub}, str, &Import{Name: "[method]r.f", Desc: sortDesc(SortFunc, 1)}}, "the first parameter of a method must be self: borrow<r>"},
		{"value of a stream", []Def{typ(&DefinedType{Kind: DefStream}), &Import{Name: "v", Desc: ExternDesc{Sort: SortValue, ValTyp: *index(0)}}, &Export{Name: "v", Sort: SortValue}}, "a host keeps none with"},
		{"never instantiated", []Def{nest(nest(&Alias{Sort: SortFunc, Name: "x"}))}, "there is no instance 0"},
		{"export type", []Def{str, &Import{Name: "f", Desc: sortDesc(SortFunc, 0)}, typ(&FuncType{}), &Export{Name: "f", Sort: SortFunc, Desc: &ExternDesc{Sort: SortFunc, Index: 1}}}, `export "f": the function should have 0 parameters, not 1`},
		{"type of exponential size", double, "a type that written out has more than"},
		{"huge type", []Def{typ(&DefinedType{Kind: DefFixed, Elem: prim(PrimU64), Len: 1 << 29})}, "takes 2^28 bytes or more"},
		{"instances of exponential number", bomb, "more than 10000 component instances"},
	} {
		t.Run(c.name, func(t *testing.T) {
			decoded, err := Decode((&Component{Defs: c.defs}).Encode())
			if err != nil {
				t.Fatal(err)
			}
			_, err = Link(decoded)
			if err == nil {
				t.Fatalf("no error, want %q", c.want)
			}
			got := err.Error()
			if !strings.Contains(got, c.want) || !strings.Contains(got, "at offset 0x") || strings.Contains(got, "\n") {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestLinkTwice links one component twice: linking does not change it.
func TestLinkTwice(t *testing.T) {
	c := &Component{Defs: []Def{
		nest(typ(&DefinedType{Kind: DefOption, Elem: prim(PrimString)}), &Export{Name: "t", Sort: SortType}),
		&Instance{Instantiate: true},
		&Export{Name: "i", Sort: SortInstance},
	}}
	for range 2 {
		p, err := Link(c)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := p.String(), "instance 0: root\ninstance 1: root/0\nexport i: instance\n  type t = option<string>\n"; got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	}
}

// TestMutations links every component of testdata with every byte changed in
// turn: there may be an error, but no panic.
func TestMutations(t *testing.T) {
	valid, total := 0, 0
	for _, b := range goldenBinaries(t) {
		for i := range b {
			was := b[i]
			for _, v := range []byte{0, 1, was - 1, was + 1, was ^ 0x40, 0x7f, 0xff} {
				b[i] = v
				if p, err := decodeAndLink(b); err == nil {
					_ = p.String()
					valid++
				}
				total++
			}
			b[i] = was
		}
	}
	t.Logf("%d of %d are valid", valid, total)
}

// TestValidate checks a component that only a composer can make use of.
func TestValidate(t *testing.T) {
	good := &Component{Defs: []Def{typ(&ComponentType{}), &Import{Name: "c", Desc: sortDesc(SortComponent, 0)}, &Instance{Instantiate: true}}}
	if err := Validate(good); err != nil {
		t.Error(err)
	}
	bad := &Component{Defs: append(good.Defs, &Instance{Instantiate: true, Component: 1})}
	if err := Validate(bad); err == nil {
		t.Error("no error")
	}
}

// TestTypeBomb links instance types that double in size with each level.
func TestTypeBomb(t *testing.T) {
	defs := []Def{typ(&InstanceType{})}
	for i := range uint32(40) {
		outer := Decl{Alias: &Alias{Target: AliasOuter, Sort: SortType, Count: 1, Index: i}}
		export := func(name string) Decl {
			return Decl{Export: &ExportDecl{Name: name, Desc: sortDesc(SortInstance, 0)}}
		}
		defs = append(defs, typ(&InstanceType{Decls: []Decl{outer, export("a"), export("b")}}))
	}
	_, err := Link(&Component{Defs: defs})
	if err == nil || !strings.Contains(err.Error(), "takes too many steps") {
		t.Errorf("got %v", err)
	}
}

func FuzzLink(f *testing.F) {
	f.Add(everything().Encode())
	for _, b := range goldenBinaries(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Decode(b)
		if err != nil {
			return
		}
		if p, err := Link(c); err == nil {
			_ = p.String()
		}
	})
}

func decodeAndLink(b []byte) (*Program, error) {
	c, err := Decode(b)
	if err != nil {
		return nil, err
	}
	return Link(c)
}
