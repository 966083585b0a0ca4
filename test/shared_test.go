package test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/host/wasihttp"
)

// A site serves a guest in this process.
type site struct {
	*httptest.Server
	handler *wasihttp.Handler
	engine  *host.Engine
	before  int // goroutines
}

func newSite(t *testing.T, guest string, conf wasihttp.Config) *site {
	t.Helper()
	engine, c := compiled(t, guest)
	s := &site{engine: engine, before: runtime.NumGoroutine()}
	conf.WASI = wasi.Config{Stderr: os.Stderr}
	s.handler = handlerOf(t, engine, c, conf)
	s.Server = httptest.NewServer(s.handler)
	return s
}

// end stops serving and looks whether anything is left.
func (s *site) end(t *testing.T) {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	s.Client().CloseIdleConnections()
	s.Server.Close()
	s.gone(t)
	goroutinesGone(t, s.before)
}

// gone waits until all instances have ended.
func (s *site) gone(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := s.handler.Wait(ctx); err != nil {
		t.Errorf("instances are left: %v", err)
	}
	if stats := s.engine.Stats(); stats != (host.EngineStats{}) {
		t.Errorf("left in the engine: %+v", stats)
	}
}

// quiet waits until nothing is going on in the shared instance, and checks
// that its tables are empty.
func (s *site) quiet(t *testing.T) {
	t.Helper()
	var stats host.InstanceStats
	for range 500 {
		if stats = s.handler.Stats().InstanceStats; stats == (host.InstanceStats{}) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("left in the shared instance: %v", stats)
}

// TestClientGoesAwayBehind has a client leave while a guest waits for an
// origin, directly or behind two other components, before its response has
// begun and after. The guest's requests to the origin must end, and nothing be
// left of them.
func TestClientGoesAwayBehind(t *testing.T) {
	for _, c := range []struct {
		guest, path, coding string
		begun               bool // the response
	}{
		{"hash-all", "/", "", true},
		{"middleware-middleware-hash-all", "/", "deflate", true},
		{"middleware-middleware-echo", "/double-echo", "", false},
	} {
		for _, shared := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/shared=%v", c.guest, shared), func(t *testing.T) {
				s := newSite(t, c.guest, wasihttp.Config{Shared: shared})
				ctx, leave := context.WithCancel(t.Context())
				reached, left := make(chan struct{}), make(chan time.Time, 1)
				origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/quick" {
						return
					}
					io.Copy(io.Discard, r.Body) // only then does net/http look whether the client has gone
					close(reached)
					<-r.Context().Done()
					left <- time.Now()
				}))
				request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+c.path, nil)
				if err != nil {
					t.Fatal(err)
				}
				request.Header = http.Header{"Url": {origin.URL + "/slow"}, "Accept-Encoding": {c.coding}}
				if c.begun {
					request.Header.Add("Url", origin.URL+"/quick")
				}
				var gone time.Time
				go func() {
					<-reached
					if !c.begun {
						gone = time.Now()
						leave()
					}
				}()
				response, err := s.Client().Do(request)
				if (err == nil) != c.begun {
					t.Fatalf("%v", err)
				}
				if c.begun {
					line, err := bufio.NewReader(inflater(response)).ReadString('\n')
					if !strings.HasPrefix(line, origin.URL+"/quick: ") {
						t.Fatalf("%q, %v", line, err)
					}
					<-reached
					gone = time.Now()
					leave()
				}
				took := (<-left).Sub(gone)
				s.quiet(t)
				t.Logf("the request to the origin ended %v after the client had gone; all was over after %v", took, time.Since(gone))
				origin.Close()
				s.end(t)
			})
		}
	}
}

// TestSharedInstance has many requests in flight in one instance, again and
// again: what they need is given back. The guest's memory cannot shrink, and
// its collector takes some rounds to settle; from then on it does not grow.
func TestSharedInstance(t *testing.T) {
	const most = 20 // rounds until memory has not grown for some
	requests, same, slack := 1000, 2, uint64(50)
	if testing.Short() {
		requests = 100
	}
	if *long {
		same, slack = 10, 1<<30
	}
	// The origin answers when all requests have arrived.
	var arrived sync.WaitGroup
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Done()
		arrived.Wait()
		io.WriteString(w, verses[0].text)
	}))
	s := newSite(t, "routed", wasihttp.Config{Shared: true, RetireAbove: -1})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: requests}}
	want := fmt.Sprintf("%s/a: %s\n", origin.URL, verses[0].digest)
	var heap, memory []uint64 // in KiB
	for grown := 0; len(memory)-grown <= same; {
		arrived.Add(requests)
		var wg sync.WaitGroup
		for range requests {
			wg.Go(func() {
				request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/hash-all", nil)
				request.Header.Set("url", origin.URL+"/a")
				response, err := client.Do(request)
				if err != nil {
					t.Error(err)
					return
				}
				defer response.Body.Close()
				if body, err := io.ReadAll(response.Body); string(body) != want || err != nil {
					t.Errorf("%q, %v; want %q", body, err, want)
				}
			})
		}
		wg.Wait()
		s.quiet(t)
		if n := s.engine.Stats().Instances; n != 1 {
			t.Errorf("%d instances", n)
		}
		client.CloseIdleConnections()
		heap, memory = append(heap, settledHeap()), append(memory, s.handler.Stats().Memory>>10)
		if n := len(memory); n == 1 || memory[n-1] > memory[n-2]+memory[n-2]/slack {
			grown = n
		}
		if len(memory) == most+same {
			t.Error("linear memory grows and grows")
			break
		}
	}
	t.Logf("%d requests in flight; after each round, in KiB: heap %v, linear memory %v", requests, heap, memory)
	if last, first := heap[len(heap)-1], heap[0]; last > first+first/4+1024 {
		t.Error("the heap grows from round to round")
	}
	origin.Close()
	s.end(t)
}

// settledHeap gives what lives in this process's heap, in KiB.
func settledHeap() uint64 {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc >> 10
}

// TestSharedInstanceFails has a guest trap: the requests in flight fail with
// it, and the next one finds another instance.
func TestSharedInstanceFails(t *testing.T) {
	s := newSite(t, "gauntlet", wasihttp.Config{Shared: true})
	if status, body := get(t, s.URL+"/ok"); status != http.StatusOK {
		t.Fatalf("%d %q", status, body)
	}
	s.quiet(t)
	var wg sync.WaitGroup
	wg.Go(func() { // its response does not begin
		if status, body := get(t, s.URL+"/hang"); status != http.StatusInternalServerError {
			t.Errorf("%d %q", status, body)
		}
	})
	for s.handler.Stats().Tasks == 0 {
		time.Sleep(time.Millisecond)
	}
	response, err := http.Get(s.URL + "/endless")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	io.ReadFull(response.Body, make([]byte, 10))
	wg.Go(func() { // its response has begun
		if _, err := io.Copy(io.Discard, response.Body); err == nil {
			t.Error("a response of an instance that failed has come to a good end")
		}
	})
	if status, body := get(t, s.URL+"/trap"); status != http.StatusInternalServerError {
		t.Errorf("%d %q", status, body)
	}
	wg.Wait()
	if status, body := get(t, s.URL+"/ok"); status != http.StatusOK {
		t.Errorf("%d %q", status, body)
	}
	s.end(t)
}

// TestServeShared is the flag.
func TestServeShared(t *testing.T) {
	s := serve(t, component(t, "gauntlet"), "--instances=shared")
	get(t, s.URL+"/spawn?ms=1")
	s.says(t, "spawned goroutine ended")
	if _, body := get(t, s.URL+"/spawned"); body != "1\n" {
		t.Errorf("the second request got %q: it is in another instance", body)
	}
	for _, args := range [][]string{{"--instances=many"}, {"--retire-above=1MiB"},
		{"--instances=shared", "--retire-above=much"}, {"--instances=shared", "--retire-above=0"}} {
		_, stderr, status := isyswasfa(t, append([]string{"serve", "none.wasm"}, args...)...)
		if flag, _, _ := strings.Cut(args[len(args)-1], "="); status != 2 || !strings.Contains(stderr, flag) {
			t.Errorf("%v: exit status %d, %s", args, status, stderr)
		}
	}
}
