package test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/wat"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/compose"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// echoWIT has functions that pass on what they get, of each kind of type.
const echoWIT = `package test:colours;
interface things { resource thing; }
interface echo {
  use things.{thing};
  record row { id: u8, name: string }
  variant choice { none, one(row), many(list<row>) }
  number: async func(v: u32) -> u32;
  text: async func(v: string) -> string;
  rows: async func(v: list<row>) -> list<row>;
  maybe: async func(v: option<string>) -> option<string>;
  outcome: async func(v: result<u32, string>) -> result<u32, string>;
  choose: async func(v: choice) -> choice;
  body: async func(v: stream<u8>) -> stream<u8>;
  given: async func(v: thing) -> thing;
  owned: async func(v: list<thing>) -> list<thing>;
}
world echoes { import echo; export echo; }
`

const echoName = "test:colours/echo"

// echoMemory is what core modules of both colours have. Memory is given out in
// a ring, for nothing lives long.
const echoMemory = `(memory (export "memory") 64)
  (global $top (mut i32) (i32.const 65536))
  (func $alloc (param $size i32) (result i32) (local $p i32)
    (if (i32.gt_u (i32.add (global.get $top) (local.get $size)) (i32.const 4000000)) (then (global.set $top (i32.const 65536))))
    (local.set $p (global.get $top))
    (global.set $top (i32.and (i32.add (i32.add (local.get $p) (local.get $size)) (i32.const 7)) (i32.const -8)))
    (local.get $p))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (call $alloc (local.get 3)))`

// echoTasks is the rest of an async one: see host/async_test.go for what is in
// a slot. +8 is the number of the function, and +16 where its start half puts
// the answer.
const echoTasks = `
  (import "isyswasfa:isyswasfa/isyswasfa" "make-task" (func $make-task (param i32)))
  (import "isyswasfa:isyswasfa/isyswasfa" "[method]ready.state" (func $state (param i32) (result i32)))
  (import "isyswasfa:isyswasfa/isyswasfa" "[resource-drop]cancel" (func $drop-cancel (param i32)))
  (import "isyswasfa:isyswasfa/isyswasfa" "[resource-drop]ready" (func $drop-ready (param i32)))
  (global $outputs (mut i32) (i32.const 0))
  (func $push (param $tag i32) (param $a i32) (param $b i32) (local $p i32)
    (local.set $p (i32.add (i32.const 4096) (i32.mul (global.get $outputs) (i32.const 12))))
    (i32.store8 (local.get $p) (local.get $tag))
    (i32.store offset=4 (local.get $p) (local.get $a))
    (i32.store offset=8 (local.get $p) (local.get $b))
    (global.set $outputs (i32.add (global.get $outputs) (i32.const 1))))
  (func $wait (param $slot i32) (param $pending i32)
    (call $push (i32.const 1) (local.get $slot) (i32.load (local.get $pending)))
    (call $make-task (i32.const 16))
    (i32.store (local.get $slot) (i32.load (i32.const 24)))
    (call $push (i32.const 2) (local.get $slot) (i32.load (i32.const 20)))
    (i32.store (local.get $pending) (i32.load (i32.const 16))))
  (func $slot-of (param $ready i32) (result i32) (local $slot i32)
    (local.set $slot (call $state (local.get $ready)))
    (call $drop-ready (local.get $ready))
    (local.get $slot))
  (func $input (param $e i32) (local $slot i32) (local $h i32)
    (local.set $slot (i32.load offset=4 (local.get $e)))
    (local.set $h (i32.load offset=8 (local.get $e)))
    (block $cancel-complete (block $cancel (block $ready (block $listening
      (br_table $listening $ready $cancel $cancel-complete (i32.load8_u (local.get $e))))
      (if (i32.load offset=12 (local.get $slot))
        (then (call $push (i32.const 3) (local.get $h) (i32.const 0)))
        (else (i32.store offset=4 (local.get $slot) (local.get $h))))
      (return))
      (if (i32.load offset=4 (local.get $slot)) (then (call $drop-cancel (i32.load offset=4 (local.get $slot)))))
      (if (i32.load offset=12 (local.get $slot)) (then (call $drop-cancel (i32.load offset=12 (local.get $slot)))))
      (call $fetch (local.get $slot) (local.get $h))
      (call $push (i32.const 0) (local.get $slot) (i32.load (local.get $slot)))
      (i32.store (local.get $slot) (i32.const 0))
      (return))
      (if (i32.eqz (i32.load (local.get $slot))) (then (call $drop-cancel (local.get $h)) (return)))
      (i32.store offset=12 (local.get $slot) (local.get $h))
      (if (i32.load offset=4 (local.get $slot))
        (then
          (call $push (i32.const 3) (i32.load offset=4 (local.get $slot)) (i32.const 0))
          (i32.store offset=4 (local.get $slot) (i32.const 0))))
      (return))
    (call $drop-ready (i32.load (local.get $slot)))
    (call $push (i32.const 4) (i32.load offset=12 (local.get $slot)) (i32.const 0)))
  (func (export "isyswasfa-poll-echo") (param $p i32) (param $n i32) (result i32)
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $n)))
      (call $input (local.get $p))
      (local.set $p (i32.add (local.get $p) (i32.const 12)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $next)))
    (i32.store (i32.const 32) (i32.const 4096))
    (i32.store (i32.const 36) (global.get $outputs))
    (global.set $outputs (i32.const 0))
    (i32.const 32))`

// echoComponent makes a component of one colour whose functions call those that
// it imports.
func echoComponent(t *testing.T, async bool) compose.Input {
	t.Helper()
	text, o := strings.ReplaceAll(echoWIT, "async ", ""), transform.Options{NoPoll: true}
	if async {
		text, o = echoWIT, transform.Options{Suffix: "-echo"}
	}
	_, pkg, err := wit.ParseText(map[string]string{"echo.wit": text}, std.Files())
	if err != nil {
		t.Fatal(err)
	}
	r, err := transform.Polyfill(pkg.Worlds[0], o)
	if err != nil {
		t.Fatal(err)
	}
	var funcs []*abi.FuncType
	var names []string
	for _, it := range r.World.Imports {
		if it.Name != echoName {
			continue
		}
		for _, fn := range it.Interface.Funcs {
			ft, err := abi.FuncFromWIT(fn)
			if err != nil {
				t.Fatal(err)
			}
			funcs, names = append(funcs, ft), append(names, fn.ABIName())
		}
	}
	core := echoCore(names, funcs, async)
	module, err := wat.Assemble(core)
	if err != nil {
		t.Fatalf("%v\n%s", err, core)
	}
	bin, err := encode.Component(module, r.World, encode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return compose.Input{Name: map[bool]string{false: "plain", true: "async"}[async], Data: bin}
}

func echoCore(names []string, funcs []*abi.FuncType, async bool) string {
	var imports, code, fetch strings.Builder
	write := func(b *strings.Builder, format string, args ...any) { fmt.Fprintf(b, format+"\n", args...) }
	for i, f := range funcs {
		sig := f.Flatten(abi.Lowered)
		write(&imports, `(import %q %q (func $f%d %s))`, echoName, names[i], i, coreSignature(sig))
		in := f.Flatten(abi.Lifted)
		var locals strings.Builder
		for p := range in.Params {
			fmt.Fprintf(&locals, " (local.get %d)", p)
		}
		write(&code, `(func (export "%s#%s") %s (local $r i32)`, echoName, names[i], coreSignature(in))
		half, isStart := i/2, i%2 == 0
		switch {
		case async && isStart:
			write(&code, `(local.set $r (call $alloc (i32.const %d)))
			  (memory.fill (local.get $r) (i32.const 0) (i32.const 16))
			  (i32.store offset=8 (local.get $r) (i32.const %d))
			  (call $f%d %s (i32.add (local.get $r) (i32.const 16)))
			  (if (i32.load8_u offset=16 (local.get $r)) (then (call $wait (local.get $r) (i32.add (local.get $r) (i32.const %d)))))
			  (i32.add (local.get $r) (i32.const 16)))`, 16+f.Result.Size(), half, i, &locals, 16+f.Result.PayloadOffset())
		case async:
			at := 16 + funcs[i-1].Result.PayloadOffset()
			if sig.IndirectResult {
				write(&code, `(i32.add (call $slot-of (local.get 0)) (i32.const %d)))`, at)
				write(&fetch, `(if (i32.eq (i32.load offset=8 (local.get 0)) (i32.const %d)) (then
				  (call $f%d (local.get 1) (i32.add (local.get 0) (i32.const %d)))))`, half, i, at)
			} else {
				write(&code, `(i32.load (i32.add (call $slot-of (local.get 0)) (i32.const %d))))`, at)
				write(&fetch, `(if (i32.eq (i32.load offset=8 (local.get 0)) (i32.const %d)) (then
				  (i32.store (i32.add (local.get 0) (i32.const %d)) (call $f%d (local.get 1)))))`, half, at, i)
			}
		case sig.IndirectResult:
			write(&code, `(local.set $r (call $alloc (i32.const %d))) (call $f%d %s (local.get $r)) (local.get $r))`, f.Result.Size(), i, &locals)
		default:
			write(&code, `(call $f%d %s))`, i, &locals)
		}
	}
	if async {
		write(&code, `(func $fetch (param i32 i32) %s)`, &fetch)
		code.WriteString(echoTasks[strings.Index(echoTasks, "(global"):])
		imports.WriteString(echoTasks[:strings.Index(echoTasks, "(global")])
	}
	return "(module " + imports.String() + echoMemory + code.String() + ")"
}

func coreSignature(s abi.CoreSig) string {
	names := map[abi.CoreType]string{abi.I32: "i32", abi.I64: "i64", abi.CF32: "f32", abi.CF64: "f64"}
	var b strings.Builder
	for _, p := range s.Params {
		fmt.Fprintf(&b, "(param %s) ", names[p])
	}
	for _, r := range s.Results {
		fmt.Fprintf(&b, "(result %s)", names[r])
	}
	return b.String()
}

// An colourHost has the functions at the end of the chain.
type colourHost struct {
	made, dropped atomic.Int64 // things
	trouble       atomic.Bool  // some calls trap
	late          sync.WaitGroup
}

type (
	echoThing  struct{ h *colourHost }
	echoStream struct{}
)

var (
	errEcho    = errors.New("trouble")
	echoThings = host.NewResource("thing", func(_ *host.Instance, t *echoThing) { t.h.dropped.Add(1) })
	echoBodies = host.NewResource[echoStream]("input-stream", nil)
)

func (h *colourHost) define(l *host.Linker, async bool, names []string) {
	l.Instance("test:colours/things").Resource("thing", echoThings)
	l.Instance("wasi:io/streams@0.2.0").Resource("input-stream", echoBodies)
	d := l.Instance(echoName).Resource("thing", echoThings)
	for _, name := range names {
		if async {
			d.Async(name, host.AsyncFunc(func(_ *host.Call, args []any, done *host.Completion[any]) error {
				if h.trouble.Load() && rand.IntN(100) == 0 {
					return errEcho
				}
				if rand.IntN(2) == 0 {
					done.Resolve(args[0])
					return nil
				}
				h.after(func() { done.Give(args[0]) })
				return nil
			}))
			continue
		}
		d.Func(name, host.BlockingFunc(func(c *host.Call, args []any) (any, error) {
			if rand.IntN(2) == 0 {
				w := new(echoWake)
				h.after(w.set)
				if err := c.Block(w); err != nil {
					return nil, err
				}
			}
			if h.trouble.Load() && rand.IntN(100) == 0 {
				return nil, errEcho
			}
			return args[0], nil
		}))
	}
}

func (h *colourHost) after(f func()) {
	h.late.Add(1)
	time.AfterFunc(time.Duration(rand.IntN(200))*time.Microsecond, func() {
		f()
		h.late.Done()
	})
}

// An echoWake is a poll source that is ready once.
type echoWake struct {
	mu    sync.Mutex
	ready bool
	wake  func()
}

func (w *echoWake) set() {
	w.mu.Lock()
	w.ready = true
	f := w.wake
	w.mu.Unlock()
	if f != nil {
		f()
	}
}

func (w *echoWake) Ready() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ready
}

func (w *echoWake) Notify(f func()) func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ready {
		f()
	}
	w.wake = f
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.wake = nil
	}
}

// echoValue makes an argument for a function.
func (h *colourHost) value(name string) any {
	text := func() string { return strings.Repeat("é", rand.IntN(50)) }
	row := func() any {
		return host.Record{{Name: "id", Value: uint8(rand.IntN(256))}, {Name: "name", Value: text()}}
	}
	list := func(elem func() any) (list []any) {
		for range rand.IntN(4) {
			list = append(list, elem())
		}
		return list
	}
	thing := func() any {
		h.made.Add(1)
		return &echoThing{h}
	}
	switch name {
	case "number":
		return rand.Uint32()
	case "text":
		return text()
	case "rows":
		return list(row)
	case "maybe":
		return []any{host.Option[any]{}, host.Option[any]{Some: true, Value: text()}}[rand.IntN(2)]
	case "outcome":
		return []any{host.Result[any, any]{OK: rand.Uint32()}, host.Result[any, any]{IsErr: true, Err: text()}}[rand.IntN(2)]
	case "choose":
		return []any{host.Variant{Case: "none"}, host.Variant{Case: "one", Value: row()}, host.Variant{Case: "many", Value: list(row)}}[rand.IntN(3)]
	case "body":
		return new(echoStream)
	case "given":
		return thing()
	}
	return list(thing)
}

// taken counts the things that have come back.
func (h *colourHost) taken(name string, v any) {
	switch v := v.(type) {
	case *echoThing:
		h.dropped.Add(1)
	case []any:
		if name == "owned" {
			h.dropped.Add(int64(len(v)))
		}
	}
}

var echoNames = []string{"number", "text", "rows", "maybe", "outcome", "choose", "body", "given", "owned"}

// TestColoursRandom composes up to three components of all colours on each
// other, and calls all functions from several clients, some of which give up
// soon: answers are those of the host at the end, nothing is left open, and
// every resource is given back or dropped. Then calls trap at random.
func TestColoursRandom(t *testing.T) {
	ctx := context.Background()
	e, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(ctx)
	before := runtime.NumGoroutine()
	parts := map[rune]compose.Input{'a': echoComponent(t, true), 'p': echoComponent(t, false)}
	for _, colours := range []string{"aa", "ap", "pa", "pp", "aaa", "aap", "apa", "app", "paa", "pap", "ppa", "ppp",
		"aaap", "aapa", "aapp", "apaa", "apap", "appa", "appp", "paap", "papa", "papp", "ppap", "pppa"} {
		t.Run(colours, func(t *testing.T) {
			var list []compose.Input
			for _, c := range colours {
				list = append(list, parts[c])
			}
			h := &colourHost{}
			pre := linkEchoes(t, e, chainOf(t, echoName, list...), func(l *host.Linker) {
				h.define(l, strings.HasSuffix(colours, "a"), echoNames)
			})
			defer pre.Close(ctx)
			h.clients(t, pre)
			h.trouble.Store(true)
			h.clients(t, pre)
		})
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func linkEchoes(t *testing.T, e *host.Engine, r *compose.Result, define func(l *host.Linker)) *host.InstancePre {
	t.Helper()
	ctx := context.Background()
	c, err := e.Compile(ctx, "echoes", r.Component)
	if err != nil {
		t.Fatal(err)
	}
	l := host.NewLinker(e)
	define(l)
	pre, err := l.Link(c)
	if err != nil {
		t.Fatal(err)
	}
	return pre
}

// clients has several goroutines call an instance.
func (h *colourHost) clients(t *testing.T, pre *host.InstancePre) {
	ctx := context.Background()
	in, err := pre.Instantiate(ctx, host.InstanceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 30 {
				h.client(t, pre, in, echoNames[rand.IntN(len(echoNames))])
			}
		})
	}
	wg.Wait()
	h.late.Wait()
	if in.Err() == nil {
		nothingIsOpen(t, in)
	}
	failed := in.Err() != nil
	if err := in.Close(ctx); err != nil {
		t.Error(err)
	}
	if made, dropped := h.made.Load(), h.dropped.Load(); !failed && made != dropped {
		t.Errorf("%d resources, of which %d were given back or dropped", made, dropped)
	}
}

// client makes a call, and may give up.
func (h *colourHost) client(t *testing.T, pre *host.InstancePre, in *host.Instance, name string) {
	f, err := pre.Function(echoName, name)
	if err != nil {
		t.Error(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if rand.IntN(3) == 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(rand.IntN(300))*time.Microsecond)
		defer cancel()
	}
	v := h.value(name)
	got, err := f.Call(ctx, in, v)
	switch {
	case err == nil:
		if d := cmp.Diff(v, got, cmp.AllowUnexported(echoThing{}, colourHost{}, echoStream{}), cmp.Comparer(func(a, b *echoThing) bool { return a == b })); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		h.taken(name, got)
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil:
	case !h.trouble.Load() || !errors.Is(err, errEcho):
		t.Errorf("%s: %v", name, err)
	}
}
