package multimemory_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/isyswasfa/isyswasfa/internal/multimemory"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

// A program is a module, perhaps in parts, in an engine.
type program struct {
	main     api.Module
	memories []api.Memory
}

func newRuntime(t testing.TB) wazero.Runtime {
	ctx := context.Background()
	features := api.CoreFeaturesV2 | experimental.CoreFeaturesTailCall
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(features))
	t.Cleanup(func() { rt.Close(ctx) })
	return rt
}

// start instantiates a module, whose imported memories are given by name.
func start(rt wazero.Runtime, bin []byte, given map[string]api.Module) (*program, error) {
	m, err := wasm.Parse(bin)
	if err != nil {
		return nil, err
	}
	if m.Count(wasm.KindMemory) < 2 {
		main, err := instantiate(rt, bin, given)
		if err != nil {
			return nil, err
		}
		return &program{main, []api.Memory{main.Memory()}}, nil
	}
	split, err := multimemory.Of(m)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, im := range m.Imports {
		if im.Kind == wasm.KindMemory {
			names = append(names, im.Module)
		}
	}
	all := maps.Clone(given)
	if all == nil {
		all = map[string]api.Module{}
	}
	p := &program{memories: []api.Memory{nil}}
	for i, h := range split.Helpers {
		imports := map[string]api.Module{}
		if h.Imported {
			imports[multimemory.Memory] = given[names[i+1]]
		}
		helper, err := instantiate(rt, h.Module, imports)
		if err != nil {
			return nil, err
		}
		all[h.Name] = helper
		p.memories = append(p.memories, helper.ExportedMemory(multimemory.Memory))
	}
	if p.main, err = instantiate(rt, split.Main, all); err == nil {
		p.memories[0] = p.main.Memory()
	}
	return p, err
}

func instantiate(rt wazero.Runtime, bin []byte, imports map[string]api.Module) (api.Module, error) {
	ctx := experimental.WithImportResolver(context.Background(), func(name string) api.Module { return imports[name] })
	compiled, err := rt.CompileModule(ctx, bin)
	if err != nil {
		return nil, err
	}
	return rt.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName(""))
}

func (p *program) call(name string, args ...uint64) ([]uint64, string) {
	results, err := p.main.ExportedFunction(name).Call(context.Background(), args...)
	if err != nil {
		trap, _, _ := strings.Cut(err.Error(), "\n")
		return nil, trap
	}
	return slices.Clone(results), ""
}

// everyAccess is a module with a function for each instruction that accesses a
// memory, with several offsets, applied to memory k of n.
func everyAccess(k, n uint32) []byte {
	b := &wasm.Builder{Memories: make([]wasm.Limits, n)}
	for i := range b.Memories {
		b.Memories[i] = wasm.Limits{Min: uint64(i%2) * 2, Max: 5, HasMax: true}
	}
	b.Memories[k] = wasm.Limits{Min: 1, Max: 3, HasMax: true}
	memory := func(code []byte) []byte { return wasm.AppendU32(code, k) }
	add := func(name string, sig wasm.FuncType, code ...byte) {
		b.Exports = append(b.Exports, wasm.Export{Name: name, Index: uint32(len(b.Funcs))})
		b.Funcs = append(b.Funcs, wasm.Func{Type: b.Type(sig), Body: append(code, 0x0b)})
	}
	i32, i64 := wasm.I32, wasm.I64
	for _, offset := range []uint64{0, 3, 65530, 0xffffffff} {
		arg := func(code ...byte) []byte {
			if n == 1 {
				return wasm.AppendU64(append(code, 0), offset)
			}
			return wasm.AppendU64(wasm.AppendU32(append(code, 0x40), k), offset)
		}
		for i, t := range []wasm.ValType{i32, i64, wasm.F32, wasm.F64, i32, i32, i32, i32, i64, i64, i64, i64, i64, i64} {
			add(fmt.Sprintf("load %d+%d", i, offset), wasm.FuncType{Params: []wasm.ValType{i32}, Results: []wasm.ValType{t}},
				slices.Concat([]byte{0x20, 0}, arg(0x28+byte(i)))...)
		}
		for i, t := range []wasm.ValType{i32, i64, wasm.F32, wasm.F64, i32, i32, i64, i64, i64} {
			add(fmt.Sprintf("store %d+%d", i, offset), wasm.FuncType{Params: []wasm.ValType{i32, t}},
				slices.Concat([]byte{0x20, 0, 0x20, 1}, arg(0x36+byte(i)))...)
		}
		fold := []byte{0x22, 2, 0xfd, 0x1d, 0, 0x20, 2, 0xfd, 0x1d, 1, 0x7e} // the product of the lanes
		for _, op := range []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 92, 93} {
			add(fmt.Sprintf("vload %d+%d", op, offset), wasm.FuncType{Params: []wasm.ValType{i32, i32}, Results: []wasm.ValType{i64}},
				slices.Concat([]byte{0x20, 0}, arg(0xfd, op), fold)...)
			b.Funcs[len(b.Funcs)-1].Locals = []wasm.ValType{wasm.V128}
		}
		for lane := range byte(4) {
			value := []byte{0x20, 0, 0x20, 1, 0xfd, 0x12} // i64x2.splat
			sig := wasm.FuncType{Params: []wasm.ValType{i32, i64}, Results: []wasm.ValType{i64}}
			add(fmt.Sprintf("vload lane %d+%d", lane, offset), sig, slices.Concat(value, append(arg(0xfd, 84+lane), 1), fold)...)
			b.Funcs[len(b.Funcs)-1].Locals = []wasm.ValType{wasm.V128}
			sig.Results = nil
			add(fmt.Sprintf("vstore lane %d+%d", lane, offset), sig, slices.Concat(value, append(arg(0xfd, 88+lane), 1))...)
			add(fmt.Sprintf("vstore %d+%d", lane, offset), sig, slices.Concat(value, arg(0xfd, 11))...)
		}
	}
	three := wasm.FuncType{Params: []wasm.ValType{i32, i32, i32}}
	operands := []byte{0x20, 0, 0x20, 1, 0x20, 2}
	add("size", wasm.FuncType{Results: []wasm.ValType{i32}}, memory([]byte{0x3f})...)
	add("grow", wasm.FuncType{Params: []wasm.ValType{i32}, Results: []wasm.ValType{i32}}, memory([]byte{0x20, 0, 0x40})...)
	add("fill", three, memory(append(slices.Clone(operands), 0xfc, 11))...)
	add("copy", three, memory(memory(append(slices.Clone(operands), 0xfc, 10)))...)
	add("init", three, memory(append(slices.Clone(operands), 0xfc, 8, 1))...)
	add("drop", wasm.FuncType{}, 0xfc, 9, 1)
	b.Datas = []wasm.Data{
		{Memory: k, Offset: []byte{0x41, 9, 0x0b}, Bytes: []byte("active")},
		{Mode: wasm.Passive, Bytes: []byte("passive data")},
	}
	return b.Bytes()
}

// TestEveryAccess compares each instruction on a memory of several with the
// same on an only memory: results, traps and what is in memory.
func TestEveryAccess(t *testing.T) {
	rt := newRuntime(t)
	for k := range uint32(3) {
		several, err := start(rt, everyAccess(k, 3), nil)
		if err != nil {
			t.Fatal(err)
		}
		only, err := start(rt, everyAccess(0, 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, only, several, int(k), 20_000)
	}
}

func compare(t *testing.T, only, several *program, k, calls int) {
	r := rand.New(rand.NewPCG(1, uint64(k)))
	var names []string
	for name := range only.main.ExportedFunctionDefinitions() {
		names = append(names, name)
	}
	slices.Sort(names)
	traps := 0
	for range calls {
		name := names[r.IntN(len(names))]
		args := make([]uint64, len(only.main.ExportedFunction(name).Definition().ParamTypes()))
		for i := range args {
			args[i] = uint64(r.Uint32N(24))
			if r.IntN(2) == 0 {
				args[i] += uint64(r.Uint32N(4))*65536 - 12
			}
			if r.IntN(16) == 0 {
				args[i] = r.Uint64()
			}
			if only.main.ExportedFunction(name).Definition().ParamTypes()[i] == api.ValueTypeI32 {
				args[i] = uint64(uint32(args[i]))
			}
		}
		if name == "drop" && r.IntN(100) > 0 || name == "grow" && r.IntN(50) > 0 {
			continue
		}
		want, wantTrap := only.call(name, args...)
		got, gotTrap := several.call(name, args...)
		if !slices.Equal(want, got) || wantTrap != gotTrap {
			t.Fatalf("memory %d, %s%v: %v %s, want %v %s", k, name, args, got, gotTrap, want, wantTrap)
		}
		if wantTrap != "" {
			traps++
		}
	}
	a, _ := only.memories[0].Read(0, only.memories[0].Size())
	b, _ := several.memories[k].Read(0, several.memories[k].Size())
	if !bytes.Equal(a, b) {
		t.Errorf("memory %d: its contents differ", k)
	}
	if traps < calls/20 || traps > calls*3/4 {
		t.Errorf("%d of %d calls trapped", traps, calls)
	}
}

// TestModules runs modules whose function "run" gives a number.
func TestModules(t *testing.T) {
	rt := newRuntime(t)
	given, err := instantiate(rt, assemble(t, `(module (memory (export "m") (export "memory") 1) (data (i32.const 5) "\07"))`), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, text string
		want       uint64
		trap       string
	}{
		{"segments in order, one memory under two names", `(module
			(import "a" "m" (memory $a 1)) (import "b" "m" (memory $b 1))
			(data (memory $b) (i32.const 0) "\01\01\01\01") (data (memory $a) (i32.const 1) "\02\02") (data (memory $b) (i32.const 2) "\03")
			(func (export "run") (result i32) (i32.load $a (i32.const 0))))`, 0x01030201, ""},
		{"a copy onto itself by two names", `(module
			(import "a" "m" (memory $a 1)) (import "b" "m" (memory $b 1))
			(data (memory $b) (i32.const 100) "abcdefghijklmnopqrstuvwxyz")
			(func (export "run") (result i32)
				(memory.copy $a $b (i32.const 103) (i32.const 100) (i32.const 20))
				(memory.copy $b $a (i32.const 100) (i32.const 103) (i32.const 19))
				(i32.load8_u $a (i32.const 118))))`, 's', ""},
		{"imported and defined memories", `(module
			(import "a" "m" (memory $a 1)) (memory $b 0 2)
			(global $g i32 (i32.const 0)) (start $start)
			(func $start (drop (memory.grow $b (i32.const 1))) (memory.copy $b $a (i32.const 0) (i32.const 5) (i32.const 1)))
			(func (export "run") (result i32) (i32.add (i32.mul (memory.size $b) (i32.const 100)) (i32.load8_u $b (i32.const 0)))))`, 107, ""},
		{"functions keep their places", `(module
			(memory $a 1) (memory $b 1) (table 3 funcref) (type $f (func (result i32)))
			(elem (i32.const 1) $two $three)
			(global $g (mut i32) (i32.const 0))
			(func $two (result i32) (i32.const 2))
			(func $three (result i32) (i32.load $b (i32.const 0)))
			(data (memory $b) (i32.const 0) "\03")
			(func (export "run") (result i32) (i32.add (call_indirect (type $f) (i32.const 1)) (i32.add (call_indirect (type $f) (i32.const 2)) (call $two)))))`, 7, ""},
		{"a segment in two memories", `(module
			(memory $a 1) (memory $b 1) (memory $c 1) (data $d "xyz")
			(func (export "run") (result i32)
				(memory.init $c $d (i32.const 0) (i32.const 1) (i32.const 2)) (memory.init $a $d (i32.const 0) (i32.const 0) (i32.const 1))
				(data.drop $d)
				(memory.init $c $d (i32.const 0) (i32.const 0) (i32.const 0))
				(i32.add (i32.load16_u $c (i32.const 0)) (i32.load8_u $a (i32.const 0)))))`, 'y' | 'z'<<8 + 'x', ""},
		{"a dropped segment", `(module
			(memory $a 1) (memory $b 1) (data $d "xyz")
			(func (export "run") (result i32) (data.drop $d) (memory.init $b $d (i32.const 0) (i32.const 0) (i32.const 1)) (i32.const 0)))`, 0, "out of bounds memory access"},
		{"an active segment is dropped", `(module
			(memory $a 1) (memory $b 1) (data $d (memory $b) (i32.const 0) "xyz")
			(func (export "run") (result i32) (memory.init $b $d (i32.const 0) (i32.const 0) (i32.const 1)) (i32.const 0)))`, 0, "out of bounds memory access"},
		{"a copy beyond the end changes nothing", `(module
			(memory $a 1) (memory $b 1) (data (memory $a) (i32.const 0) "abc")
			(func (export "run") (result i32) (memory.copy $b $a (i32.const 65534) (i32.const 0) (i32.const 3)) (i32.const 0)))`, 0, "out of bounds memory access"},
		{"a copy from beyond the end", `(module
			(memory $a 1) (memory $b 1)
			(func (export "run") (result i32) (memory.copy $b $a (i32.const 0) (i32.const -1) (i32.const 2)) (i32.const 0)))`, 0, "out of bounds memory access"},
		{"a copy of nothing at the end", `(module
			(memory $a 1) (memory $b 1)
			(func (export "run") (result i32) (memory.copy $b $a (i32.const 65536) (i32.const 65536) (i32.const 0)) (i32.const 1)))`, 1, ""},
		{"a name that an import has", `(module
			(import "memory 1" "m" (memory $a 1)) (memory $b 1)
			(func (export "run") (result i32) (i32.store8 $b (i32.const 0) (i32.const 4)) (i32.load8_u $b (i32.const 0))))`, 4, ""},
	} {
		p, err := start(rt, assemble(t, c.text), map[string]api.Module{"a": given, "b": given, "memory 1": given})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, trap := p.call("run")
		if c.trap == "" && (len(got) != 1 || uint64(uint32(got[0])) != c.want) || !strings.Contains(trap, c.trap) {
			t.Errorf("%s: %v %s, want %d %s", c.name, got, trap, c.want, c.trap)
		}
	}
}

// TestCopy copies between two memories at random, as Go's copy does.
func TestCopy(t *testing.T) {
	rt := newRuntime(t)
	p, err := start(rt, assemble(t, `(module (memory $a 1) (memory $b 1)
		(func (export "ab") (param i32 i32 i32) (memory.copy $b $a (local.get 0) (local.get 1) (local.get 2)))
		(func (export "ba") (param i32 i32 i32) (memory.copy $a $b (local.get 0) (local.get 1) (local.get 2))))`), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(2, 3))
	var want [2][]byte
	for i := range want {
		want[i] = make([]byte, 65536)
		for j := 0; j < len(want[i]); j += 8 {
			binary.LittleEndian.PutUint64(want[i][j:], r.Uint64())
		}
		p.memories[i].Write(0, want[i])
	}
	for range 2000 {
		d, s, n := r.Uint32N(65536+20), r.Uint32N(65536+20), r.Uint32N(100)
		name, from, to := "ab", want[0], want[1]
		if r.IntN(2) == 0 {
			name, from, to = "ba", want[1], want[0]
		}
		_, trap := p.call(name, uint64(d), uint64(s), uint64(n))
		fits := d+n <= 65536 && s+n <= 65536
		if fits != (trap == "") {
			t.Fatalf("%s(%d, %d, %d): %q", name, d, s, n, trap)
		}
		if fits {
			copy(to[d:d+n], from[s:s+n])
		}
	}
	for i := range want {
		if got, _ := p.memories[i].Read(0, 65536); !bytes.Equal(got, want[i]) {
			t.Errorf("memory %d differs", i)
		}
	}
}

func assemble(t testing.TB, text string) []byte {
	bin, err := wat.Assemble(text)
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// TestErrors has modules whose form is wrong where the engine would not see it
// any more.
func TestErrors(t *testing.T) {
	two := wasm.Builder{Memories: []wasm.Limits{{Min: 1}, {Min: 1}}}
	body := func(code ...byte) []byte {
		b := two
		b.Funcs = []wasm.Func{{Type: b.Type(wasm.FuncType{}), Body: append(code, 0x0b)}}
		return b.Bytes()
	}
	segment := func(memory uint32, offset ...byte) []byte {
		b := two
		b.Globals = []wasm.Global{{GlobalType: wasm.GlobalType{Type: wasm.I32, Mutable: true}, Init: []byte{0x41, 0, 0x0b}}}
		b.Datas = []wasm.Data{{Memory: memory, Offset: append(offset, 0x0b), Bytes: []byte("x")}}
		return b.Bytes()
	}
	for _, c := range []struct {
		bin  []byte
		want string
	}{
		{body(0x3f, 2), "code section: an instruction refers to memory 2, of 2"},
		{body(0x41, 0, 0x28, 0x42, 7, 0), "an instruction refers to memory 7, of 2"},
		{body(0xfc, 8, 0, 1), "an instruction refers to data segment 0, of 0"},
		{body(0xff), "code section: unknown instruction ff"},
		{body(0xfe, 0, 0x42, 1, 0), "an atomic access of a memory other than the first"},
		{body(0x43), "code section: unexpected end"},
		{body(0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f), "code section: unexpected end"},
		{segment(2, 0x41, 0), "a data segment is for memory 2, of 2"},
		{segment(1, 0x23, 0), "an offset is of global 0, which is not there or mutable"},
		{segment(1, 0x3f, 0), "instruction 0x3f not allowed in a constant expression"},
	} {
		m, err := wasm.Parse(c.bin)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = multimemory.Of(m); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v\nwant %s", err, c.want)
		}
	}
}

// FuzzOf splits modules: the parts must be modules, and not much larger.
func FuzzOf(f *testing.F) {
	f.Add(everyAccess(1, 3)[:2000])
	f.Add(assemble(f, `(module (memory $a 1) (memory $b 0 7) (memory $c 2) (data $d "xyz") (global i32 (i32.const 1))
		(func $g (export "g") (param i32) (result i64) (local i64 f32)
			(block (br_table 0 0 1 (local.get 0))) (memory.init $c $d (i32.const 0) (i32.const 0) (i32.const 3)) (data.drop $d)
			(i64.load32_s $b offset=70000 (memory.grow $c (memory.size $b)))) (start 1) (func))`))
	f.Add(assemble(f, `(module (import "a" "m" (memory 1)) (memory $b 1) (table 1 funcref) (elem (i32.const 0) $f)
		(data (memory $b) (i32.const 0) "x") (func $f (memory.copy $b 0 (i32.const 0) (i32.const 0) (i32.const 1))))`))
	f.Fuzz(func(t *testing.T, bin []byte) {
		m, err := wasm.Parse(bin)
		if err != nil || m.Count(wasm.KindMemory) < 2 {
			return
		}
		split, err := multimemory.Of(m)
		if err != nil {
			return
		}
		size := len(split.Main)
		for _, h := range split.Helpers {
			size += len(h.Module)
			if _, err := wasm.Parse(h.Module); err != nil {
				t.Fatalf("a helper: %v", err)
			}
		}
		if _, err := wasm.Parse(split.Main); err != nil {
			t.Fatalf("the main module: %v", err)
		}
		if size > 4000+100*len(bin) {
			t.Errorf("%d bytes become %d", len(bin), size)
		}
	})
}
