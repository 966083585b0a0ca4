package host

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// Closing an engine ends its instances, and releases the code in which they
// run only when guests have come back from it.
func TestCloseEngine(t *testing.T) {
	checkGoroutines(t)
	const count = 4
	entered, leave := make(chan struct{}, count), make(chan struct{})
	pre := addProgram(t).link(defineTwice(func(_ *Call, p single) (uint32, error) {
		entered <- struct{}{}
		<-leave
		return 2 * p.A, nil
	}))
	engine := pre.c.e
	add := export[pair, uint32](t, pre, "add")
	ctx := context.Background()
	var calls sync.WaitGroup
	for i := range uint32(count) {
		in := instance(t, pre)
		calls.Go(func() {
			if got, err := add.Call(ctx, in, pair{i, 1}); err != nil || got != 2*(i+1) {
				t.Errorf("the call that runs: %d, %v", got, err)
			}
			if _, err := add.Call(ctx, in, pair{i, 1}); !errors.Is(err, ErrClosed) {
				t.Errorf("a call afterwards: %v", err)
			}
		})
	}
	for range count {
		<-entered
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	err := engine.Close(ended)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "4 instances have not ended") {
		t.Errorf("closing while guests run: %v", err)
	}
	if _, err := pre.Instantiate(ctx, InstanceConfig{}); !errors.Is(err, ErrEngineClosed) {
		t.Errorf("a further instance: %v", err)
	}
	if _, err := engine.Compile(ctx, "late", []byte("\x00asm\x0d\x00\x01\x00")); !errors.Is(err, ErrEngineClosed) {
		t.Errorf("a further component: %v", err)
	}
	close(leave)
	for range 2 {
		if err := engine.Close(ctx); err != nil {
			t.Errorf("closing: %v", err)
		}
	}
	calls.Wait()
}

// A host function that closes the engine does not wait for itself, but has all
// instances end.
func TestCloseEngineFromHostFunction(t *testing.T) {
	checkGoroutines(t)
	pre := addProgram(t).link(defineTwice(func(c *Call, p single) (uint32, error) {
		return p.A, c.Instance().pre.c.e.Close(c.Context())
	}))
	var all []*Instance
	for range 9 {
		all = append(all, instance(t, pre))
	}
	if got, err := export[pair, uint32](t, pre, "add").Call(context.Background(), all[4], pair{1, 2}); err != nil || got != 3 {
		t.Errorf("got %d, %v", got, err)
	}
	for _, in := range all {
		select {
		case <-in.down:
		case <-time.After(10 * time.Second):
			t.Fatal("an instance goes on")
		}
	}
}

// What is compiled and linked while an engine is closed is done before, or not
// at all.
func TestCloseEngineWhileCompiling(t *testing.T) {
	checkGoroutines(t)
	ctx := context.Background()
	bin, err := wast.Assemble(`(component (core module $m (func (export "f") (result i32) (i32.const 3)))
		(core instance $i (instantiate $m))
		(func (export "f") (result u32) (canon lift (core func $i "f"))))`)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		e, err := NewEngine(ctx, Config{})
		if err != nil {
			t.Fatal(err)
		}
		begun, ended := make(chan struct{}, 1), make(chan error)
		go func() {
			for {
				c, err := e.Compile(ctx, "c", bin)
				if err == nil {
					_, err = NewLinker(e).Link(c)
				}
				if err != nil {
					ended <- err
					return
				}
				select {
				case begun <- struct{}{}:
				default:
				}
			}
		}()
		<-begun
		if err := e.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, ErrEngineClosed) {
			t.Error(err)
		}
	}
}
