package host

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

const addModule = `(module
  (import "" "twice" (func $twice (param i32) (result i32)))
  (func (export "add") (param i32 i32) (result i32)
    (call $twice (i32.add (local.get 0) (local.get 1))))
  (func (export "fail") (result i32) unreachable))`

type pair struct{ A, B uint32 }
type single struct{ A uint32 }

func addProgram(t testing.TB) *program {
	p := newProgram(t)
	twice := p.imported("test:calc/ops@1.2.0", "twice", fn(u32, u32))
	m := p.module(0, addModule, lower("", "twice", 0, twice, memoryless))
	p.export("add", lift(0, m, "add", fn(u32, u32, u32), memoryless))
	p.export("fail", lift(0, m, "fail", fn(u32), memoryless))
	return p
}

func defineTwice(fn func(c *Call, p single) (uint32, error)) func(*Linker) {
	return func(l *Linker) { l.Instance("test:calc/ops@1.0.3").Func("twice", Func(fn)) }
}

func twice(_ *Call, p single) (uint32, error) { return 2 * p.A, nil }

func export[P, R any](t testing.TB, pre *InstancePre, name string) *ExportFunc[P, R] {
	t.Helper()
	f, err := Export[P, R](pre, "", name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestCall(t *testing.T) {
	pre := addProgram(t).link(defineTwice(twice))
	add := export[pair, uint32](t, pre, "add")
	in := instance(t, pre)
	for i := range uint32(3) {
		got, err := add.Call(context.Background(), in, pair{i, 20})
		if err != nil || got != 2*(i+20) {
			t.Fatalf("add(%d, 20) twice: %d, %v", i, got, err)
		}
	}
}

func TestTrapPoisons(t *testing.T) {
	ctx := context.Background()
	boom := errors.New("boom")
	mode := error(nil)
	pre := addProgram(t).link(defineTwice(func(c *Call, p single) (uint32, error) {
		if p.A == 7 {
			panic("seven")
		}
		return 0, mode
	}))
	add, fail := export[pair, uint32](t, pre, "add"), export[struct{}, uint32](t, pre, "fail")
	var trap *Trap

	in := instance(t, pre)
	_, err := fail.Call(ctx, in, struct{}{})
	if !errors.As(err, &trap) || trap.Error() != "test: fail: unreachable" || !strings.Contains(trap.Stack, "()") {
		t.Errorf("unreachable: %v, stack %q", err, trap.Stack)
	}
	if _, again := add.Call(ctx, in, pair{}); !errors.Is(again, err) {
		t.Errorf("after the trap: %v", again)
	}

	mode = boom
	_, err = add.Call(ctx, instance(t, pre), pair{})
	if !errors.Is(err, boom) || !strings.HasSuffix(err.Error(), "add: host function test:calc/ops@1.2.0 twice: boom") {
		t.Errorf("host error: %v", err)
	}

	_, err = add.Call(ctx, instance(t, pre), pair{3, 4})
	if !errors.As(err, &trap) || err.Error() != "test: add: panic in a host function: seven" {
		t.Errorf("panic: %v", err)
	}

	mode = Exit(3)
	var exit *ExitError
	if _, err = add.Call(ctx, instance(t, pre), pair{}); !errors.As(err, &exit) || exit.Code != 3 {
		t.Errorf("exit: %v", err)
	}
}

func TestLinkErrors(t *testing.T) {
	ctx := context.Background()
	p := newProgram(t)
	p.imported("test:calc/ops@0.2.1", "twice", fn(u32, u32))
	p.imported("test:calc/ops@0.2.1", "half", fn(u32, u32))
	p.imported("test:calc/ops@0.2.1", "name", fn(str, u32))
	p.imported("test:calc/later@0.3.0-draft", "f", fn(none))
	p.resource("test:calc/ops@0.2.1", "thing")
	e, err := NewEngine(ctx, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(ctx)
	c, err := compileProgram(ctx, e, "test", &p.prog, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	l := NewLinker(e)
	l.Instance("test:calc/ops@0.2.9").Func("twice", Func(twice)).Func("name", Func(twice))
	l.Instance("test:calc/later@0.3.0").Func("f", Func(twice))
	_, err = l.Link(c)
	want := []string{
		"missing resource test:calc/ops@0.2.1 thing",
		"missing function test:calc/ops@0.2.1 half",
		"function test:calc/ops@0.2.1 name is of another type: ",
		"missing instance test:calc/later@0.3.0-draft (given: 0.3.0)",
	}
	for _, w := range want {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("no %q in %v", w, err)
		}
	}
	if n := strings.Count(err.Error(), "\n"); n != len(want) {
		t.Errorf("%d problems, want %d:\n%v", n, len(want), err)
	}
}

func BenchmarkCallScalar(b *testing.B) {
	p := newProgram(b)
	m := p.module(0, `(module (func (export "add") (param i32 i32) (result i32)
	  (i32.add (local.get 0) (local.get 1))))`)
	p.export("add", lift(0, m, "add", fn(u32, u32, u32), memoryless))
	pre := p.link(nil)
	add := export[pair, uint32](b, pre, "add")
	in := instance(b, pre)
	ctx := context.Background()
	b.Run("host", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := add.Call(ctx, in, pair{1, 2}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("wazero", func(b *testing.B) {
		b.ReportAllocs()
		f := in.mods[m].ExportedFunction("add")
		stack := make([]uint64, 2)
		for b.Loop() {
			stack[0], stack[1] = 1, 2
			if err := f.CallWithStack(ctx, stack); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkHostFunc(b *testing.B) {
	pre := addProgram(b).link(defineTwice(twice))
	add := export[pair, uint32](b, pre, "add")
	in := instance(b, pre)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := add.Call(context.Background(), in, pair{1, 2}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInstantiate(b *testing.B) {
	pre := addProgram(b).link(defineTwice(twice))
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		in, err := pre.Instantiate(ctx, InstanceConfig{})
		if err != nil {
			b.Fatal(err)
		}
		in.Close(ctx)
	}
}

// Busy guests: spin computes for ever, chat calls the host for ever.
func busyProgram(t testing.TB) *program {
	p := newProgram(t)
	f := p.imported("test:busy/host", "tick", fn(none))
	m := p.module(0, `(module
	  (import "h" "tick" (func $tick))
	  (func (export "spin") (loop $l (br $l)))
	  (func (export "chat") (loop $l (call $tick) (br $l))))`, lower("h", "tick", 0, f, memoryless))
	p.export("spin", lift(0, m, "spin", fn(none), memoryless))
	p.export("chat", lift(0, m, "chat", fn(none), memoryless))
	return p
}

func TestInterrupt(t *testing.T) {
	checkGoroutines(t)
	ticks := make(chan struct{}, 1)
	define := func(l *Linker) {
		l.Instance("test:busy/host").Func("tick", Func(func(*Call, struct{}) (r struct{}, err error) {
			select {
			case ticks <- struct{}{}:
			default:
			}
			return
		}))
	}
	pre := busyProgram(t).linkWith(Config{Interruptible: true}, define)
	for _, name := range []string{"spin", "chat"} {
		busy := export[struct{}, struct{}](t, pre, name)
		in := instance(t, pre)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		_, err := busy.Call(ctx, in, struct{}{})
		if !errors.Is(err, errInterrupted) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()

		in = instance(t, pre)
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := busy.Call(context.Background(), in, struct{}{}); !errors.Is(err, ErrClosed) {
				t.Errorf("%s of a closed instance: %v", name, err)
			}
		})
		time.Sleep(5 * time.Millisecond)
		if err := in.Close(context.Background()); err != nil {
			t.Error(err)
		}
		wg.Wait()
	}

	// Without interruption, Close stops a guest where it calls the host.
	pre = busyProgram(t).link(define)
	chat := export[struct{}, struct{}](t, pre, "chat")
	in := instance(t, pre)
	<-ticks
	go func() {
		<-ticks
		in.Close(context.Background())
	}()
	if _, err := chat.Call(context.Background(), in, struct{}{}); !errors.Is(err, ErrClosed) {
		t.Errorf("chat of a closed instance: %v", err)
	}
}

// A host function may close its own instance.
func TestCloseFromHostFunction(t *testing.T) {
	pre := addProgram(t).link(defineTwice(func(c *Call, p single) (uint32, error) {
		return p.A, c.Instance().Close(c.Context())
	}))
	add := export[pair, uint32](t, pre, "add")
	in := instance(t, pre)
	if got, err := add.Call(context.Background(), in, pair{1, 2}); err != nil || got != 3 {
		t.Errorf("got %d, %v", got, err)
	}
	if _, err := add.Call(context.Background(), in, pair{1, 2}); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
