package host_test

import (
	"context"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/effort"
	"github.com/isyswasfa/isyswasfa/internal/fuzzlimit"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// bombs are components of up to 64 KiB with core modules that ask for as much
// as they can.
func bombs() map[string][]byte {
	of := func(instances int, b *wasm.Builder) []byte {
		c := &component.Component{Defs: []component.Def{&component.CoreModule{Data: b.Bytes()}}}
		for range instances {
			c.Defs = append(c.Defs, &component.CoreInstance{Instantiate: true})
		}
		return c.Encode()
	}
	funcs := func(n int, f wasm.Func) *wasm.Builder {
		return &wasm.Builder{Types: []wasm.FuncType{{}}, Funcs: slices.Repeat([]wasm.Func{f}, n)}
	}
	locals := wasm.AppendU32([]byte{1}, 50_000)
	all := map[string][]byte{
		"large tables":      of(1000, &wasm.Builder{Tables: []wasm.Table{{Elem: wasm.FuncRef, Limits: wasm.Limits{Min: 1 << 27}}}}),
		"large memories":    of(9000, &wasm.Builder{Memories: []wasm.Limits{{Min: 1 << 16}}}),
		"many functions":    of(1, funcs(16_000, wasm.Func{Body: []byte{0x0b}})),
		"many locals":       of(1, funcs(5000, wasm.Func{Raw: append(slices.Clone(locals), 0x7f, 0x0b)})),
		"many instances":    of(9000, funcs(1, wasm.Func{Body: []byte{0x0b}})),
		"instances of code": of(8000, funcs(4000, wasm.Func{Body: []byte{0x0b}})),
		"calls in a row":    behindRealloc(8000),
		"many wirings":      wirings(900),
	}
	for name, shape := range shapes {
		all[name] = of(1, shape(64<<10))
	}
	return all
}

// wirings is a component that instantiates a core module of 16 KiB n times,
// each time with other imports.
func wirings(n int) []byte {
	give := &wasm.Builder{Types: []wasm.FuncType{{}}, Funcs: []wasm.Func{{Body: end}, {Body: end}}}
	take := &wasm.Builder{Types: []wasm.FuncType{{}}, Funcs: []wasm.Func{{Body: code{0x41, 0, 0x1a}.times(5000).then(end)}}}
	args := &component.CoreInstance{}
	for i := range 10 {
		name := strconv.Itoa(i)
		take.Imports = append(take.Imports, wasm.Import{Name: name, Kind: wasm.KindFunc})
		args.Exports = append(args.Exports, component.CoreExport{Name: name, Sort: component.SortCoreFunc})
	}
	for i := range 2 {
		give.Exports = append(give.Exports, wasm.Export{Name: strconv.Itoa(i), Index: uint32(i)})
	}
	c := &component.Component{Defs: []component.Def{
		&component.CoreModule{Data: give.Bytes()}, &component.CoreModule{Data: take.Bytes()}, &component.CoreInstance{Instantiate: true},
		&component.Alias{Target: component.AliasCoreExport, Sort: component.SortCoreFunc, Name: "0"},
		&component.Alias{Target: component.AliasCoreExport, Sort: component.SortCoreFunc, Name: "1"},
	}}
	for i := range n {
		exports := slices.Clone(args.Exports)
		for bit := range exports {
			exports[bit].Index = uint32(i >> bit & 1)
		}
		c.Defs = append(c.Defs, &component.CoreInstance{Exports: exports},
			&component.CoreInstance{Instantiate: true, Module: 1, Args: []component.CoreArg{{Instance: uint32(2*i + 1)}}})
	}
	return c.Encode()
}

// TestBombs compiles and instantiates each bomb within the limits of what an
// input may cost; it may be refused.
func TestBombs(t *testing.T) {
	engine, err := host.NewEngine(context.Background(), host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(context.Background())
	for name, bin := range bombs() {
		t.Run(name, func(t *testing.T) { detonate(t, engine, bin) })
	}
}

// TestShapes does so with as much of each shape as may take all the memory
// that is allowed, or a quarter of the time.
func TestShapes(t *testing.T) {
	engine, err := host.NewEngine(context.Background(), host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(context.Background())
	limit := effort.Limit(0)
	limit.Time /= 4
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			size := sort.Search(64<<10, func(size int) bool {
				m, err := wasm.Parse(shape(size).Bytes())
				if err != nil {
					return true // it is too large for the reader
				}
				b, err := effort.Of(m)
				return err != nil || !b.Within(limit)
			}) - 1
			b := shape(size)
			c := &component.Component{Defs: []component.Def{&component.CoreModule{Data: b.Bytes()}, &component.CoreInstance{Instantiate: true}}}
			if !detonate(t, engine, c.Encode()) {
				t.Errorf("%d bytes are refused", size)
			}
		})
	}
}

// detonate compiles and instantiates a component, unless it is refused.
func detonate(t *testing.T, engine *host.Engine, bin []byte) (ok bool) {
	ctx := context.Background()
	fuzzlimit.Check(t, len(bin), func() {
		c, err := engine.Compile(ctx, "bomb", bin)
		if err != nil {
			t.Log(err)
			return
		}
		pre, err := host.NewLinker(engine).Link(c)
		if err != nil {
			t.Fatal(err)
		}
		defer pre.Close(ctx)
		in, err := pre.Instantiate(ctx, host.InstanceConfig{})
		if err != nil {
			t.Fatal(err)
		}
		in.Close(ctx)
		ok = true
	})
	return ok
}

// TestTailCalls refuses tail calls where guests are to be interruptible.
func TestTailCalls(t *testing.T) {
	bin, err := wast.Assemble(`(component (core module $m (func $f (export "f") (return_call $f))) (core instance (instantiate $m)))`)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, interruptible := range []bool{false, true} {
		engine, err := host.NewEngine(ctx, host.Config{Interruptible: interruptible})
		if err != nil {
			t.Fatal(err)
		}
		defer engine.Close(ctx)
		_, err = engine.Compile(ctx, "around", bin)
		if interruptible != (err != nil) || err != nil && !strings.Contains(err.Error(), "tail-call") {
			t.Errorf("interruptible %v: %v", interruptible, err)
		}
	}
}
