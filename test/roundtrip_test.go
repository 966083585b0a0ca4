package test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	roundtrip "github.com/isyswasfa/isyswasfa/test/cases/round-trip/host"
)

// bazHost is what the round-trip component asks.
type bazHost struct{}

func (bazHost) Foo(ctx context.Context, s string) (string, error) {
	select {
	case <-time.After(10 * time.Millisecond):
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return s + " - entered host - exited host", nil
}

var (
	programsMu sync.Mutex
	engine     *host.Engine // of all programs: a guest in several of them is compiled once
	programs   = map[string]*host.Component{}
)

// compiled gives the compiled guest of that name, which tests share.
func compiled(t testing.TB, name string) (*host.Engine, *host.Component) {
	t.Helper()
	programsMu.Lock()
	defer programsMu.Unlock()
	if programs[name] == nil {
		programs[name] = compile(t, name)
	}
	return engine, programs[name]
}

func compile(t testing.TB, name string) *host.Component {
	t.Helper()
	ctx := context.Background()
	if engine == nil {
		var err error
		if engine, err = host.NewEngine(ctx, host.Config{}); err != nil {
			t.Fatal(err)
		}
	}
	binary, err := os.ReadFile(component(t, name))
	if err != nil {
		t.Fatal(err)
	}
	c, err := engine.Compile(ctx, name, binary)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// startRoundTrip makes an instance of the round-trip component.
func startRoundTrip(t testing.TB) *roundtrip.RoundTrip {
	t.Helper()
	engine, c := compiled(t, "round-trip")
	w, err := roundtrip.Instantiate(context.Background(), engine, c, roundtrip.Imports{Baz: bazHost{}}, host.InstanceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(context.Background()) })
	return w
}

const roundTripEnd = " - entered guest - entered host - exited host - exited guest"

func TestRoundTrip(t *testing.T) {
	w := startRoundTrip(t)
	got, err := w.Baz.Foo(t.Context(), "hello, world!")
	if want := "hello, world!" + roundTripEnd; err != nil || got != want {
		t.Fatalf("%q, %v; want %q", got, err, want)
	}
}

// TestRoundTripMany has a thousand calls under way in one instance.
func TestRoundTripMany(t *testing.T) {
	const calls = 1000
	w := startRoundTrip(t)
	before := runtime.NumGoroutine()
	start := time.Now()
	var wg sync.WaitGroup
	errs := make(chan error, calls)
	for i := range calls {
		wg.Go(func() {
			s := fmt.Sprint("call ", i)
			got, err := w.Baz.Foo(context.Background(), s)
			if err == nil && got != s+roundTripEnd {
				err = fmt.Errorf("answer %q to %q", got, s)
			}
			if err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	t.Logf("%d calls at once: %v", calls, time.Since(start))
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	if s := w.Instance().Stats(); s.Tasks != 0 || s.Listens != 0 || s.HostWork != 0 || s.Handles != 0 {
		t.Errorf("left over: %v", s)
	}
	goroutinesGone(t, before)
}

// goroutinesGone waits until there are no more goroutines than before.
func goroutinesGone(t testing.TB, before int) {
	t.Helper()
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks)
}

// TestRoundTripCancel gives up calls; the instance goes on and forgets them.
func TestRoundTripCancel(t *testing.T) {
	w := startRoundTrip(t)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := w.Baz.Foo(ctx, "never"); err != context.Canceled {
				t.Errorf("cancelled call: %v", err)
			}
		})
	}
	time.Sleep(5 * time.Millisecond)
	cancel()
	wg.Wait()
	if got, err := w.Baz.Foo(t.Context(), "after"); err != nil || !strings.HasPrefix(got, "after - entered guest") {
		t.Fatalf("%q, %v", got, err)
	}
	wait, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	if err := w.Instance().WaitIdle(wait); err != nil {
		t.Fatalf("%v: %v", err, w.Instance().Stats())
	}
}
