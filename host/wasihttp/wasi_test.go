package wasihttp_test

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
)

//go:embed testdata/wasi.wat
var wasiText string

const wasiWorld = `package test:guest;
world guest {
	import isyswasfa:io/pipe;
	import wasi:cli/stdin@0.2.0;
	import wasi:cli/stdout@0.2.0;
	import wasi:cli/stderr@0.2.0;
	import wasi:cli/stdout@0.3.0;
	import wasi:cli/environment@0.2.0;
	import wasi:clocks/monotonic-clock@0.2.0;
	import wasi:clocks/monotonic-clock@0.3.0;
	export cat: func() -> u64;
	export print: func() -> u64;
	export too-much: func();
	export environment: func() -> list<tuple<string, string>>;
	export poll: func(ns: u64) -> u32;
	export sleep: async func(ns: u64);
}`

// A wasiGuest is an instance of the guest in testdata/wasi.wat.
type wasiGuest struct {
	*host.InstancePre
	*host.Instance
	out, err bytes.Buffer
}

func newWASIGuest(t *testing.T, c wasi.Config) *wasiGuest {
	t.Helper()
	l := newLinker(t)
	w := polyfill(t, wasiWorld, "guest")
	g := new(wasiGuest)
	g.InstancePre = pre(t, l, w, "(module\n"+imports(t, w, "stdin", "stdout", "stderr", "environment", "streams", "pipe", "poll", "monotonic-clock")+wasiText+")")
	c.Stdout, c.Stderr = &g.out, &g.err
	in, err := g.Instantiate(t.Context(), host.InstanceConfig{Values: wasi.With(nil, c)})
	if err != nil {
		t.Fatal(err)
	}
	g.Instance = in
	t.Cleanup(func() {
		if s := in.Stats(); in.Err() == nil && (s.Handles != 0 || s.HostWork != 0) {
			t.Errorf("left: %v", s)
		}
		in.Close(context.Background())
		l.Close(context.Background())
	})
	return g
}

func call[P, R any](t *testing.T, g *wasiGuest, name string, p P) (R, error) {
	t.Helper()
	f, err := host.Export[P, R](g.InstancePre, "", name)
	if err != nil {
		t.Fatal(err)
	}
	return f.Call(t.Context(), g.Instance, p)
}

func TestStdio(t *testing.T) {
	text := strings.Repeat("0123456789", 100000)
	g := newWASIGuest(t, wasi.Config{Stdin: strings.NewReader(text)})
	if n, err := call[struct{}, uint64](t, g, "cat", struct{}{}); n != uint64(len(text)) || err != nil || g.out.String() != text {
		t.Errorf("%d bytes of %d, %v", g.out.Len(), n, err)
	}
	g.out.Reset()
	// ok(some(ok)): three bytes of discriminants, the last two from byte 4 on.
	if r, err := call[struct{}, uint64](t, g, "print", struct{}{}); r != 1<<32 || err != nil {
		t.Errorf("%#x, %v", r, err)
	}
	if g.out.String() != "hello" || g.err.String() != "hello" {
		t.Errorf("%q, %q", &g.out, &g.err)
	}
}

func TestEnvironment(t *testing.T) {
	type pair struct{ Key, Value string }
	os.Setenv("ISYSWASFA_SECRET", "x")
	defer os.Unsetenv("ISYSWASFA_SECRET")
	g := newWASIGuest(t, wasi.Config{})
	if env, err := call[struct{}, []pair](t, g, "environment", struct{}{}); len(env) != 0 || err != nil {
		t.Errorf("%v, %v", env, err)
	}
	g = newWASIGuest(t, wasi.Config{Env: []string{"A=1", "B=2"}})
	env, err := call[struct{}, []pair](t, g, "environment", struct{}{})
	if got := fmt.Sprint(env); got != "[{A 1} {B 2}]" || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestWriteWithoutPermit(t *testing.T) {
	g := newWASIGuest(t, wasi.Config{})
	_, err := call[struct{}, struct{}](t, g, "too-much", struct{}{})
	var trap *host.Trap
	if !errors.As(err, &trap) || !strings.Contains(err.Error(), "permitted") {
		t.Error(err)
	}
}

func TestClocks(t *testing.T) {
	type ns struct{ Ns uint64 }
	g := newWASIGuest(t, wasi.Config{})
	if i, err := call[ns, uint32](t, g, "poll", ns{1000}); i != 1 || err != nil {
		t.Error(i, err)
	}
	for _, d := range []uint64{0, 1, uint64(5 * time.Millisecond)} {
		start := time.Now()
		if _, err := call[ns, struct{}](t, g, "sleep", ns{d}); err != nil || time.Since(start) < time.Duration(d) {
			t.Error(d, err)
		}
	}
	f, err := host.Export[ns, struct{}](g.InstancePre, "", "sleep")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := f.Call(ctx, g.Instance, ns{math.MaxUint64}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
