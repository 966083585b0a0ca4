package test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/host/wasihttp"
)

// handler gives an HTTP handler that runs a guest in this process.
func handler(tb testing.TB, file string, conf wasihttp.Config) (*host.Engine, *wasihttp.Handler) {
	tb.Helper()
	binary, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { engine.Close(ctx) })
	c, err := engine.Compile(ctx, file, binary)
	if err != nil {
		tb.Fatal(err)
	}
	return engine, handlerOf(tb, engine, c, conf)
}

func handlerOf(tb testing.TB, engine *host.Engine, c *host.Component, conf wasihttp.Config) *wasihttp.Handler {
	tb.Helper()
	linker := host.NewLinker(engine)
	wasi.AddToLinker(linker)
	wasihttp.AddToLinker(linker)
	pre, err := linker.Link(c)
	if err != nil {
		tb.Fatal(err)
	}
	h, err := wasihttp.NewHandler(pre, conf)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// TestNothingIsLeft counts what requests leave behind: nothing.
func TestNothingIsLeft(t *testing.T) {
	engine, h := handler(t, component(t, "hello"), wasihttp.Config{WASI: wasi.Config{Stderr: os.Stderr}})
	s := httptest.NewServer(h)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	total := 500
	if *long {
		total = 10000
	}
	before := runtime.NumGoroutine()
	start := time.Now()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range total / 16 {
				if err := fetch(client, s.URL); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	client.CloseIdleConnections()
	s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := h.Wait(ctx); err != nil {
		t.Errorf("instances are left: %v", err)
	}
	if stats := engine.Stats(); stats != (host.EngineStats{}) {
		t.Errorf("left in the engine: %+v", stats)
	}
	after := runtime.NumGoroutine()
	for wait := 0; after > before && wait < 100; wait++ {
		time.Sleep(20 * time.Millisecond)
		after = runtime.NumGoroutine()
	}
	if after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
	t.Logf("%d requests, 16 at a time: %.0f a second; goroutines before %d, after %d", total, float64(total)/took.Seconds(), before, after)
}

func fetch(client *http.Client, url string) error {
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// BenchmarkRequest answers one request after the other, each by a new
// instance of the net/http guest.
func BenchmarkRequest(b *testing.B) {
	file := os.Getenv("ISYSWASFA_BENCH_COMPONENT")
	if file == "" {
		b.Skip("ISYSWASFA_BENCH_COMPONENT names no component")
	}
	_, h := handler(b, file, wasihttp.Config{WASI: wasi.Config{Stderr: os.Stderr}})
	request := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
