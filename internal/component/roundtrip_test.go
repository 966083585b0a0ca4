package component

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// sameAST compares components but for where they stood in a binary.
var sameAST = cmp.Options{
	cmpopts.IgnoreFields(Component{}, "Offsets"),
	cmpopts.IgnoreFields(CoreModule{}, "Offset"),
	cmpopts.IgnoreFields(Nested{}, "Offset"),
}

func ptr[T any](v T) *T { return &v }

func prim(p PrimType) *ValType { return &ValType{Prim: p} }

func index(i uint32) *ValType { return &ValType{Index: i} }

// everything has every form of definition and type that Decode reads. It
// need not make sense.
func everything() *Component {
	return &Component{Defs: append(everythingElse(), builtins()...)}
}

// builtins has each canonical operation but lift and lower, with all of its
// immediates.
func builtins() []Def {
	var list []Def
	for op := CanonResourceNew; int(op) < len(operations); op++ {
		d := &Canon{Op: op}
		for _, imm := range op.Immediates() {
			switch imm {
			case ImmType:
				d.Type = 300
			case ImmOpts:
				d.Opts = CanonOpts{Async: true, Memory: ptr(uint32(1))}
			case ImmResult:
				d.Result = index(64)
			case ImmAsync:
				d.Async = true
			case ImmCancellable:
				d.Cancellable = true
			case ImmShared:
				d.Shared = true
			case ImmMemory:
				d.Memory = 200
			case ImmCoreType:
				d.CoreType = 3
			case ImmTable:
				d.Table = 4
			case ImmVal:
				d.Val = 0x7f
			case ImmSlot:
				d.Slot = 1
			}
		}
		list = append(list, d)
	}
	return list
}

func everythingElse() []Def {
	maximum := uint64(7)
	funcType := &CoreFuncType{Params: []byte{0x7f, 0x7e}, Results: []byte{0x7d}}
	moduleType := &CoreModuleType{
		Types: []*CoreFuncType{funcType, {Outer: &Alias{Target: AliasOuter, Sort: SortCoreType, Count: 1, Index: 2}}},
		Imports: []CoreImportDecl{
			{"m", "f", CoreDesc{Sort: SortCoreFunc, Func: 1}},
			{"m", "t", CoreDesc{Sort: SortCoreTable, ElemType: 0x70, Min: 1, Max: &maximum}},
		},
		Exports: []CoreExportDecl{
			{"mem", CoreDesc{Sort: SortCoreMemory, Min: 1 << 40, Is64: true}},
			{"g", CoreDesc{Sort: SortCoreGlobal, ValType: 0x7f, Mutable: true}},
			{"tag", CoreDesc{Sort: SortCoreTag}},
		},
	}
	attrs := []Attribute{{AttrImplements, "a:b/c"}, {AttrExternalID, "x"}}
	inner := &Component{Defs: []Def{
		&Import{Name: "r", Desc: ExternDesc{Sort: SortType, Bound: BoundSub}},
		&Alias{Target: AliasOuter, Sort: SortComponent, Count: 1, Index: 3},
	}}
	decls := []Decl{
		{CoreType: &CoreType{Module: moduleType}},
		{Type: &DefinedType{Kind: DefOption, Elem: index(300)}},
		{Alias: &Alias{Target: AliasOuter, Sort: SortType, Count: 1, Index: 5}},
		{Export: &ExportDecl{Name: "e", Attrs: attrs, Desc: ExternDesc{Sort: SortInstance, Index: 4}}},
	}
	return []Def{
		&Custom{Name: "producers", Data: []byte{1, 2, 3}},
		&CoreModule{Data: coreModuleVersion},
		&CoreType{Func: funcType},
		&CoreType{Module: moduleType},
		&CoreInstance{Instantiate: true, Module: 1, Args: []CoreArg{{"env", 2}}},
		&CoreInstance{Exports: []CoreExport{{"f", SortCoreFunc, 1}, {"t", SortCoreTag, 2}}},
		&Nested{Component: inner},
		&Instance{Instantiate: true, Component: 1, Args: []Arg{{"a", SortFunc, 1}, {"m", SortCoreModule, 0}}},
		&Instance{Exports: []InlineExport{{Name: "x", Attrs: attrs, Sort: SortType, Index: 200}}},
		&Alias{Target: AliasExport, Sort: SortFunc, Instance: 1, Name: "f"},
		&Alias{Target: AliasCoreExport, Sort: SortCoreMemory, Instance: 1, Name: "memory"},
		&TypeDef{&DefinedType{Kind: DefPrim, Prim: PrimString}},
		&TypeDef{&DefinedType{Kind: DefRecord, Fields: []Named{{"a", prim(PrimBool)}, {"b", index(64)}}}},
		&TypeDef{&DefinedType{Kind: DefVariant, Fields: []Named{{"a", nil}, {"b", index(63)}}}},
		&TypeDef{&DefinedType{Kind: DefList, Elem: prim(PrimU8)}},
		&TypeDef{&DefinedType{Kind: DefTuple, Fields: []Named{{Type: prim(PrimU8)}, {Type: index(8192)}}}},
		&TypeDef{&DefinedType{Kind: DefFlags, Labels: []string{"a", "b"}}},
		&TypeDef{&DefinedType{Kind: DefEnum, Labels: []string{"a"}}},
		&TypeDef{&DefinedType{Kind: DefResult, Err: prim(PrimChar)}},
		&TypeDef{&DefinedType{Kind: DefOwn, Res: 70}},
		&TypeDef{&DefinedType{Kind: DefBorrow, Res: 7}},
		&TypeDef{&DefinedType{Kind: DefFixed, Elem: prim(PrimF64), Len: 9}},
		&TypeDef{&DefinedType{Kind: DefMap, Key: prim(PrimString), Elem: prim(PrimF32)}},
		&TypeDef{&FuncType{Params: []Named{{"p", prim(PrimS64)}}, Result: index(1)}},
		&TypeDef{&FuncType{}},
		&TypeDef{&ResourceType{}},
		&TypeDef{&ResourceType{Dtor: ptr(uint32(3))}},
		&TypeDef{&InstanceType{Decls: decls}},
		&TypeDef{&ComponentType{Decls: append(decls, Decl{Import: &Import{Name: "i", Desc: ExternDesc{Sort: SortCoreModule, Index: 1}}})}},
		&Canon{Op: CanonLift, CoreFunc: 1, Type: 300, Opts: CanonOpts{Encoding: UTF16, Memory: ptr(uint32(0)), Realloc: ptr(uint32(130)), PostReturn: ptr(uint32(4))}},
		&Canon{Op: CanonLower, Func: 9},
		&Canon{Op: CanonLift, Opts: CanonOpts{Async: true, Callback: ptr(uint32(5))}},
		&TypeDef{&FuncType{Async: true, Params: []Named{{"e", prim(PrimErrorContext)}}}},
		&TypeDef{&DefinedType{Kind: DefStream}},
		&TypeDef{&DefinedType{Kind: DefFuture, Elem: index(7)}},
		&Constant{Type: ValType{Prim: PrimString}, Data: []byte("\x02hi")},
		&Constant{Type: *index(300), Data: []byte{1}},
		&Start{Func: 1, Args: []uint32{1, 2}, Results: 1},
		&Import{Name: "wasi:io/poll@0.2.0", Desc: ExternDesc{Sort: SortInstance, Index: 1}},
		&Import{Name: "t", Desc: ExternDesc{Sort: SortType, Index: 1}},
		&Export{Name: "f", Sort: SortFunc, Index: 1},
		&Export{Name: "m", Attrs: attrs, Sort: SortCoreModule, Index: 1, Desc: &ExternDesc{Sort: SortCoreModule, Index: 2}},
	}
}

func TestRoundTrip(t *testing.T) {
	want := everything()
	b := want.Encode()
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, sameAST); d != "" {
		t.Errorf("decoding what was encoded (-want +got):\n%s", d)
	}
	if !bytes.Equal(b, got.Encode()) {
		t.Error("encoding again gives other bytes")
	}
	for i, d := range got.Defs {
		if m, ok := d.(*CoreModule); ok && got.Offsets[i] != m.Offset {
			t.Errorf("offset of the core module: %d and %d", got.Offsets[i], m.Offset)
		}
	}
	for n := range b {
		if _, err := Decode(b[:n]); err == nil && !sectionEnds(b, n) {
			t.Errorf("no error for the first %d bytes", n)
		}
	}
}

// sectionEnds tells whether a section of the component ends at n.
func sectionEnds(b []byte, n int) bool {
	r := &reader{buf: b, pos: len(preamble), end: len(b)}
	for r.pos < n {
		r.byte()
		r.bytes(r.u32())
	}
	return r.pos == n
}

func TestDecodeErrors(t *testing.T) {
	section := func(id byte, body ...byte) string {
		return string(preamble) + string([]byte{id, byte(len(body))}) + string(body)
	}
	deep := &Component{}
	for range maxDepth {
		deep = &Component{Defs: []Def{&Nested{Component: deep}}}
	}
	for _, c := range []struct{ name, in, want string }{
		{"core module", string(coreModuleVersion), "this is a core module, not a component"},
		{"empty", "", "this is not a WebAssembly binary"},
		{"text", "(component)", "this is not a WebAssembly binary"},
		{"magic only", "\x00asm", "unexpected end"},
		{"version", "\x00asm\x0c\x00\x01\x00", "not a component of the supported version"},
		{"section", section(13), "unknown section 13 (at offset 0x8)"},
		{"built-in", section(secCanon, 1, 0x08), "canon: unknown canonical operation 0x08 (at offset 0xb)"},
		{"flag", section(secCanon, 1, 0x06, 2), "canon: async: 0 or 1 expected, found 0x02 (at offset 0xc)"},
		{"huge count", section(secType, 0xff, 0xff, 0xff, 0xff, 0x0f), "a list of 4294967295 items does not fit in the 0 bytes left"},
		{"too much", section(secType, 0, 0), "type: 1 bytes too many (at offset 0xb)"},
		{"option twice", section(secCanon, 1, 0x01, 0, 0, 2, 3, 0, 3, 0), "canonical option memory is given twice"},
		{"name", section(secImport, 1, 0, 1, 0xff, 1, 0), "a name is not valid UTF-8"},
		{"nesting", string(deep.Encode()), "more than 100 levels of nesting"},
		{"nested module", section(secComponent, coreModuleVersion...), "a core module where a component is expected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Decode([]byte(c.in))
			if err == nil {
				t.Fatalf("no error, want %q", c.want)
			}
			if got := err.Error(); !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(everything().Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Decode(c.Encode())
		if err != nil {
			t.Fatalf("decoding what was encoded: %v", err)
		}
		if d := cmp.Diff(c, again, sameAST, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("decoding what was encoded (-want +got):\n%s", d)
		}
	})
}
