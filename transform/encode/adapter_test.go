package encode

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wat"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// A fake is the host of an adapter: WASI 0.2 as lowered core functions.
type fake struct {
	t   *testing.T
	ctx context.Context
	mod api.Module // the adapter
	mem api.Memory

	env       [][2]string
	args      []string
	stdin     string
	stdout    bytes.Buffer
	stderr    bytes.Buffer
	fail      bool // writes fail
	now, wall uint64
	careless  bool // allocate strings in growing pieces, and empty ones not at all
	log       []string
	dropped   int // pollables
	made      int // pollables
	ready     []uint32
}

func (f *fake) logf(format string, args ...any) { f.log = append(f.log, fmt.Sprintf(format, args...)) }

func (f *fake) u32(at uint32) uint32 {
	v, ok := f.mem.ReadUint32Le(at)
	if !ok {
		f.t.Fatalf("read at %d", at)
	}
	return v
}

func (f *fake) bytes(at, n uint32) []byte {
	b, ok := f.mem.Read(at, n)
	if !ok {
		f.t.Fatalf("read of %d bytes at %d", n, at)
	}
	return b
}

func (f *fake) put(at uint32, words ...uint32) {
	for i, w := range words {
		f.mem.WriteUint32Le(at+4*uint32(i), w)
	}
}

func (f *fake) realloc(old, oldSize, align, size uint32) uint32 {
	res, err := f.mod.ExportedFunction(importRealloc).Call(f.ctx, uint64(old), uint64(oldSize), uint64(align), uint64(size))
	if err != nil {
		panic(err)
	}
	return uint32(res[0])
}

// str lowers a string and gives its address and length.
func (f *fake) str(s string) (uint32, uint32) {
	n := uint32(len(s))
	if !f.careless {
		p := f.realloc(0, 0, 1, n)
		f.mem.WriteString(p, s)
		return p, n
	}
	if n == 0 {
		return 1, 0
	}
	p := f.realloc(0, 0, 1, n/2)
	f.mem.WriteString(p, s[:n/2])
	p = f.realloc(p, n/2, 1, n+n/2)
	f.mem.WriteString(p, s)
	return f.realloc(p, n+n/2, 1, n), n
}

func (f *fake) stringList(list []string, count, ret uint32) {
	at := f.realloc(0, 0, 4, uint32(len(list))*8)
	for i, s := range list {
		p, n := f.str(s)
		f.put(at+8*uint32(i), p, n)
	}
	f.put(ret, at, count)
}

func (f *fake) write(to *bytes.Buffer, buf, n, ret uint32) {
	f.logf("write %d", n)
	if f.fail && to.Len() > 0 {
		f.put(ret, 1, 0, 77)
		return
	}
	to.Write(f.bytes(buf, n))
	f.put(ret, 0)
}

// functions are the host's functions by import.
func (f *fake) functions() map[string]func(p []uint64) {
	pollable := func(format string, arg uint64) uint64 {
		f.logf(format, arg)
		f.made++
		return uint64(f.made)
	}
	return map[string]func(p []uint64){
		"get-environment": func(p []uint64) {
			var list []string
			for _, e := range f.env {
				list = append(list, e[0], e[1])
			}
			f.stringList(list, uint32(len(f.env)), uint32(p[0]))
		},
		"get-arguments":                  func(p []uint64) { f.stringList(f.args, uint32(len(f.args)), uint32(p[0])) },
		"exit":                           func(p []uint64) { f.logf("exit %d", p[0]) },
		"get-stdin":                      func(p []uint64) { p[0] = 10 },
		"get-stdout":                     func(p []uint64) { p[0] = 11 },
		"get-stderr":                     func(p []uint64) { p[0] = 12 },
		"now mono":                       func(p []uint64) { f.logf("now"); p[0] = f.now },
		"now wall":                       func(p []uint64) { f.put(uint32(p[0]), uint32(f.wall/1e9), 0, uint32(f.wall%1e9)) },
		"resolution mono":                func(p []uint64) { p[0] = 7 },
		"resolution wall":                func(p []uint64) { f.put(uint32(p[0]), 1, 0, 2) },
		"subscribe-instant":              func(p []uint64) { p[0] = pollable("instant %d", p[0]) },
		"subscribe-duration":             func(p []uint64) { p[0] = pollable("duration %d", p[0]) },
		"[method]input-stream.subscribe": func(p []uint64) { p[0] = pollable("subscribe %d", p[0]) },
		"[resource-drop]error":           func(p []uint64) { f.logf("drop error %d", p[0]) },
		"[resource-drop]pollable":        func(p []uint64) { f.dropped++ },
		"[method]pollable.block":         func(p []uint64) { f.logf("block %d", p[0]) },
		"poll": func(p []uint64) {
			list, n := f.bytes(uint32(p[0]), 4*uint32(p[1])), uint32(p[1])
			f.logf("poll %d %d", n, binary.LittleEndian.Uint32(list[4*n-4:]))
			at := f.realloc(0, 0, 4, 4*uint32(len(f.ready)))
			f.put(at, f.ready...)
			f.put(uint32(p[2]), at, uint32(len(f.ready)))
		},
		"[method]input-stream.blocking-read": func(p []uint64) {
			if f.stdin == "" {
				f.put(uint32(p[2]), 1, 1)
				return
			}
			n := min(len(f.stdin), int(p[1]), 5)
			at, _ := f.str(f.stdin[:n])
			f.stdin = f.stdin[n:]
			f.put(uint32(p[2]), 0, at, uint32(n))
		},
		"[method]output-stream.blocking-write-and-flush": func(p []uint64) {
			to := &f.stdout
			if p[0] == 12 {
				to = &f.stderr
			}
			f.write(to, uint32(p[1]), uint32(p[2]), uint32(p[3]))
		},
		"get-random-bytes": func(p []uint64) {
			at, n := f.str(strings.Repeat("r", int(p[0])))
			f.put(uint32(p[1]), at, n)
		},
	}
}

// start instantiates the whole adapter over a guest of three pages whose
// cabi_realloc asks for the time.
func start(t *testing.T, f *fake) *fake { return startWith(t, f, "$scratch_fixed") }

func startWith(t *testing.T, f *fake, scratch string) *fake {
	t.Helper()
	f.t, f.ctx = t, context.Background()
	rt := wazero.NewRuntimeWithConfig(f.ctx, wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { rt.Close(f.ctx) })
	bin, err := wat.Assemble(adapterWith("", "(func $scratch (result i32) (call "+scratch+"))"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := wasm.Parse(bin)
	if err != nil {
		t.Fatal(err)
	}
	hosts := map[string]wazero.HostModuleBuilder{}
	functions := f.functions()
	for _, im := range m.Imports {
		if im.Module == guestModule {
			continue
		}
		if hosts[im.Module] == nil {
			hosts[im.Module] = rt.NewHostModuleBuilder(im.Module)
		}
		fn := functions[im.Name]
		if fn == nil && strings.Contains(im.Module, "wall") {
			fn = functions[im.Name+" wall"]
		} else if fn == nil {
			fn = functions[im.Name+" mono"]
		}
		sig := m.Types[im.Type]
		host := api.GoModuleFunc(func(_ context.Context, _ api.Module, stack []uint64) { fn(stack) })
		hosts[im.Module].NewFunctionBuilder().WithGoModuleFunction(host, apiTypes(sig.Params), apiTypes(sig.Results)).Export(im.Name)
	}
	during := rt.NewHostModuleBuilder("test").NewFunctionBuilder().WithFunc(func() {
		f.call("clock_time_get", 1, 0, 64)
		f.call("clock_time_get", 0, 0, 72)
	})
	hosts["test"] = during.Export("during")
	for _, h := range hosts {
		if _, err := h.Instantiate(f.ctx); err != nil {
			t.Fatal(err)
		}
	}
	guest, err := wat.Assemble(`(import "test" "during" (func $during)) (memory (export "memory") 3)
		(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (call $during) (i32.const 99))
		(func (export "_start"))`)
	if err != nil {
		t.Fatal(err)
	}
	g, err := rt.InstantiateWithConfig(f.ctx, guest, wazero.NewModuleConfig().WithName(guestModule))
	if err != nil {
		t.Fatal(err)
	}
	f.mem = g.Memory()
	if f.mod, err = rt.InstantiateWithConfig(f.ctx, bin, wazero.NewModuleConfig().WithName("adapter")); err != nil {
		t.Fatal(err)
	}
	return f
}

func apiTypes(types []wasm.ValType) []api.ValueType {
	list := make([]api.ValueType, len(types))
	for i, t := range types {
		list[i] = api.ValueType(t)
	}
	return list
}

// call calls a function of the adapter and gives its errno.
func (f *fake) call(name string, args ...uint64) uint32 {
	f.t.Helper()
	res, err := f.mod.ExportedFunction(name).Call(f.ctx, args...)
	if err != nil {
		f.t.Fatalf("%s: %v", name, err)
	}
	return uint32(res[0])
}

func (f *fake) expectLog(want ...string) {
	f.t.Helper()
	if d := cmp.Diff(want, f.log); d != "" {
		f.t.Error(d)
	}
	f.log = nil
}

// cstrings reads count strings that end with a zero byte, by their pointers.
func (f *fake) cstrings(pointers, count uint32) []string {
	var list []string
	for i := range count {
		b := f.bytes(f.u32(pointers+4*i), 16384)
		list = append(list, string(b[:bytes.IndexByte(b, 0)]))
	}
	return list
}

func TestEnvironment(t *testing.T) {
	for _, careless := range []bool{false, true} {
		f := start(t, &fake{careless: careless, args: []string{"prog", "", "x y"}})
		var want []string
		for i := range 150 {
			name, value := fmt.Sprint("NAME", i), strings.Repeat("v", i)
			if i == 7 {
				value = strings.Repeat("long", 700)
			}
			f.env = append(f.env, [2]string{name, value})
			want = append(want, name+"="+value)
		}
		const pointers, buf = 20000, 30000
		if e := f.call("environ_sizes_get", 16, 20); e != 0 || f.u32(16) != 150 || f.u32(20) != uint32(len(strings.Join(want, "\x00"))+1) {
			t.Fatalf("environ_sizes_get: errno %d, %d strings, %d bytes", e, f.u32(16), f.u32(20))
		}
		f.mem.WriteString(buf+f.u32(20), "guard")
		if e := f.call("environ_get", pointers, buf); e != 0 {
			t.Fatal("environ_get: errno", e)
		}
		if d := cmp.Diff(want, f.cstrings(pointers, 150)); d != "" {
			t.Error(d)
		}
		if got := string(f.bytes(buf+f.u32(20), 5)); got != "guard" {
			t.Errorf("behind the buffer is %q", got)
		}
		f.call("args_sizes_get", 16, 20)
		if e := f.call("args_get", pointers, buf); e != 0 || f.u32(16) != 3 || f.u32(20) != 10 {
			t.Errorf("args: errno %d, %d strings, %d bytes", e, f.u32(16), f.u32(20))
		}
		if d := cmp.Diff(f.args, f.cstrings(pointers, 3)); d != "" {
			t.Error(d)
		}
		f.args = append(f.args, "more")
		if e := f.call("args_get", pointers, buf); e != 61 {
			t.Error("a list that has grown since: errno", e)
		}
	}
}

func TestTooLarge(t *testing.T) {
	f := start(t, &fake{env: [][2]string{{"A", strings.Repeat("x", 9000)}}})
	_, err := f.mod.ExportedFunction("environ_sizes_get").Call(f.ctx, 16, 20)
	if err == nil || !strings.Contains(err.Error(), "host_result_exceeds_the_scratch_space") {
		t.Error(err)
	}
}

func TestRandomAndClocks(t *testing.T) {
	f := start(t, &fake{now: 5, wall: 3_000_000_004})
	if e := f.call("random_get", 20000, 50000); e != 0 || strings.Trim(string(f.bytes(20000, 50000)), "r") != "" || f.bytes(70000, 1)[0] != 0 {
		t.Error("random_get: errno", e)
	}
	f.call("clock_time_get", 1, 0, 16)
	f.call("clock_time_get", 0, 0, 24)
	if f.u32(16) != 5 || binary.LittleEndian.Uint64(f.bytes(24, 8)) != 3_000_000_004 {
		t.Errorf("times % x", f.bytes(16, 16))
	}
	f.now, f.wall = 6, 0
	f.expectLog("now")
	if p := f.call(guestRealloc, 0, 0, 1, 8); p != 99 || f.u32(64) != 5 || binary.LittleEndian.Uint64(f.bytes(72, 8)) != 3_000_000_004 {
		t.Errorf("while the guest allocates: times % x", f.bytes(64, 16))
	}
	f.expectLog()
	f.call("clock_time_get", 1, 0, 16)
	if f.u32(16) != 6 {
		t.Error("the clock stands still after an allocation")
	}
	if e := f.call("clock_time_get", 2, 0, 16); e != 28 {
		t.Error("unknown clock: errno", e)
	}
	f.call("clock_res_get", 0, 24)
	if binary.LittleEndian.Uint64(f.bytes(24, 8)) != 1_000_000_002 {
		t.Error("resolution of the wall clock")
	}
	if _, err := f.mod.ExportedFunction("proc_exit").Call(f.ctx, 3); err == nil {
		t.Error("proc_exit returns")
	}
	f.expectLog("now", "exit 1")
	if f.mem.Size() != 3<<16 {
		t.Error("the guest's memory has grown")
	}
}

// Guests that were not built by Go: the scratch is theirs to give.
func TestScratch(t *testing.T) {
	for scratch, pages := range map[string]uint32{"$scratch_allocated": 3, "$scratch_grown": 4} {
		f := startWith(t, &fake{}, scratch)
		for range 3 {
			if e := f.call("random_get", 20000, 10); e != 0 || string(f.bytes(20000, 10)) != "rrrrrrrrrr" {
				t.Errorf("%s: random_get: errno %d", scratch, e)
			}
		}
		if f.mem.Size() != pages<<16 {
			t.Errorf("%s: memory of %d bytes", scratch, f.mem.Size())
		}
	}
}

func TestStreams(t *testing.T) {
	f := start(t, &fake{stdin: "hello, world"})
	text := strings.Repeat("0123456789", 1000)
	f.mem.WriteString(20000, text)
	f.put(64, 20000, 3, 0, 0, 20003, 9997)
	if e := f.call("fd_write", 1, 64, 3, 16); e != 0 || f.u32(16) != 10000 || f.stdout.String() != text {
		t.Errorf("fd_write: errno %d, %d bytes", e, f.u32(16))
	}
	f.expectLog("write 3", "write 4096", "write 4096", "write 1805")
	f.fail = true
	if e := f.call("fd_write", 2, 64, 3, 16); e != 0 || f.u32(16) != 3 || f.stderr.Len() != 3 {
		t.Errorf("a write that fails midway: errno %d, %d bytes", e, f.u32(16))
	}
	if e := f.call("fd_write", 2, 64, 1, 16); e != 29 {
		t.Error("a write that fails: errno", e)
	}
	f.expectLog("write 3", "write 4096", "drop error 77", "write 3", "drop error 77")
	var got string
	f.put(64, 0, 0, 20000, 4)
	for {
		if e := f.call("fd_read", 0, 64, 2, 16); e != 0 {
			t.Fatal("fd_read: errno", e)
		}
		if f.u32(16) == 0 {
			break
		}
		got += string(f.bytes(20000, f.u32(16)))
	}
	if got != "hello, world" {
		t.Errorf("stdin gave %q", got)
	}
}

// sub writes a subscription.
func (f *fake) sub(at uint32, userdata uint32, kind byte, id uint32, timeout uint64, flags uint16) {
	f.put(at, userdata, 0)
	f.mem.WriteByte(at+8, kind)
	f.put(at+16, id)
	f.mem.WriteUint64Le(at+24, timeout)
	f.mem.WriteUint16Le(at+40, flags)
}

// poll calls poll_oneoff and gives the events as "userdata:kind:errno".
func (f *fake) poll(count uint64) string {
	f.t.Helper()
	if e := f.call("poll_oneoff", 20000, 30000, count, 16); e != 0 {
		return fmt.Sprint("errno ", e)
	}
	var list []string
	for i := range f.u32(16) {
		b := f.bytes(30000+32*i, 32)
		list = append(list, fmt.Sprintf("%d:%d:%d", b[0], b[10], b[8]))
	}
	return strings.Join(list, " ")
}

func TestPoll(t *testing.T) {
	f := start(t, &fake{wall: 1000})
	expect := func(count uint64, want string, log ...string) {
		t.Helper()
		if got := f.poll(count); got != want {
			t.Errorf("events %s, want %s", got, want)
		}
		f.expectLog(log...)
		if f.made != f.dropped {
			t.Errorf("%d pollables made, %d dropped", f.made, f.dropped)
		}
	}
	expect(0, "errno 28")
	f.sub(20000, 1, 0, 1, 500, 0)
	expect(1, "1:0:0", "duration 500", "block 1")
	f.sub(20000, 1, 0, 1, 0, 0)
	expect(1, "1:0:0")
	f.sub(20000, 1, 0, 1, 700, 1)
	expect(1, "1:0:0", "instant 700", "block 2")
	f.sub(20000, 1, 0, 0, 1700, 1)
	expect(1, "1:0:0", "duration 700", "block 3")
	f.sub(20000, 1, 0, 0, 300, 1)
	expect(1, "1:0:0", "duration 0", "block 4")
	f.sub(20048, 2, 1, 0, 0, 0)
	f.sub(20096, 3, 0, 1, 9, 0)
	f.ready = []uint32{1, 2}
	expect(3, "2:1:0 3:0:0", "duration 0", "subscribe 10", "duration 9", "poll 3 7")
	f.sub(20096, 3, 2, 1, 0, 0)
	expect(3, "3:2:0")
	f.sub(20048, 2, 1, 5, 0, 0)
	expect(3, "2:1:8 3:2:0")
	f.sub(20000, 1, 0, 9, 5, 0)
	expect(1, "1:0:28")
}

func TestDescriptors(t *testing.T) {
	f := start(t, &fake{})
	for name, sig := range adapterExports() {
		args := make([]uint64, len(sig.Params))
		if len(args) == 0 || name == "proc_raise" {
			continue
		}
		args[0] = 3
		want := uint32(8)
		switch {
		case strings.HasPrefix(name, "path_"):
			want = 44
		case !strings.HasPrefix(name, "fd_") && !strings.HasPrefix(name, "sock_"):
			continue
		}
		if e := f.call(name, args...); e != want {
			t.Errorf("%s of descriptor 3: errno %d, want %d", name, e, want)
		}
	}
	for _, c := range []struct {
		name string
		want uint32
		args []uint64
	}{
		{"fd_close", 0, []uint64{1}},
		{"fd_seek", 70, []uint64{0, 0, 0, 16}},
		{"fd_fdstat_get", 0, []uint64{2, 64}},
		{"fd_prestat_get", 8, []uint64{0, 64}},
		{"sock_shutdown", 57, []uint64{1, 0}},
	} {
		if e := f.call(c.name, c.args...); e != c.want {
			t.Errorf("%s%v: errno %d, want %d", c.name, c.args, e, c.want)
		}
	}
	if len(adapterExports()) != 46 {
		t.Errorf("the adapter has %d functions, WASI 0.1 has 46", len(adapterExports()))
	}
}
