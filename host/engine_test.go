package host

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

func TestCacheDir(t *testing.T) {
	dir := t.TempDir()
	pre := addProgram(t).linkWith(Config{CacheDir: dir}, defineTwice(twice))
	add := export[pair, uint32](t, pre, "add")
	if _, err := add.Call(context.Background(), instance(t, pre), pair{1, 2}); err != nil {
		t.Error(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) == 0 {
		t.Errorf("the cache is empty: %v", err)
	}
}

func TestMaxMemory(t *testing.T) {
	ctx := context.Background()
	p := newProgram(t)
	m := p.module(0, `(module (memory 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`)
	p.export("grow", lift(0, m, "grow", fn(&abi.Type{Kind: abi.S32}, u32), memoryless))
	pre := p.linkWith(Config{MaxMemory: 4 * pageSize}, nil)
	grow := export[single, int32](t, pre, "grow")
	in := instance(t, pre)
	for _, c := range []struct {
		by   uint32
		want int32
	}{{2, 1}, {2, -1}, {1, 3}, {1, -1}} {
		if got, err := grow.Call(ctx, in, single{c.by}); err != nil || got != c.want {
			t.Errorf("grow by %d: %d, %v; want %d", c.by, got, err, c.want)
		}
	}
	for _, limit := range []uint64{1, pageSize - 1, 1<<32 + pageSize} {
		if _, err := NewEngine(ctx, Config{MaxMemory: limit}); err == nil {
			t.Errorf("a limit of %d bytes was accepted", limit)
		}
	}
	p = newProgram(t)
	p.module(0, `(module (memory 5))`)
	e, err := NewEngine(ctx, Config{MaxMemory: 4 * pageSize})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(ctx)
	if _, err := compileProgram(ctx, e, "big", &p.prog, 1<<20); err == nil || !strings.HasPrefix(err.Error(), "big: core module 0: ") {
		t.Errorf("a memory beyond the limit: %v", err)
	}
}

func TestCompileCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e, err := NewEngine(ctx, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(t.Context())
	if _, err := compileProgram(ctx, e, "late", &addProgram(t).prog, 1<<20); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

func TestExportErrors(t *testing.T) {
	pre := addProgram(t).link(defineTwice(twice))
	for _, c := range []struct{ iface, name, want string }{
		{"", "sub", "test does not export the function sub, but add, fail"},
		{"test:calc/ops", "add", "test does not export the instance test:calc/ops, but add, fail"},
		{"", "fail", "function fail is of another type: "},
	} {
		if _, err := Export[pair, uint32](pre, c.iface, c.name); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s %s: %v", c.iface, c.name, err)
		}
	}
}

// Everything is freed even if the embedder's functions panic.
func TestClosePanics(t *testing.T) {
	pre := addProgram(t).link(defineTwice(twice))
	in := instance(t, pre)
	closed := 0
	in.OnClose(func() { closed++ })
	in.OnClose(func() { panic("oops") })
	bad := NewResource("bad", func(*Instance, *int) { panic("oops") })
	for range 2 {
		if _, err := in.subs[0].table.AddOwn(bad.rt, 0, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.Close(context.Background()); err != nil || closed != 1 {
		t.Errorf("%v, closed %d", err, closed)
	}
	if got := in.Stats(); got != (InstanceStats{}) {
		t.Errorf("left over: %v", got)
	}
}
