package test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/host/wasihttp"
)

// serveHere serves a component in this process. At the end of the test no
// instance and no goroutine must be left.
func serveHere(t testing.TB, name string, conf wasihttp.Config) (*host.Engine, *wasihttp.Handler, *httptest.Server) {
	t.Helper()
	engine, c := compiled(t, name)
	before := runtime.NumGoroutine()
	linker := host.NewLinker(engine)
	wasi.AddToLinker(linker)
	wasihttp.AddToLinker(linker)
	pre, err := linker.Link(c)
	if err != nil {
		t.Fatal(err)
	}
	conf.WASI = wasi.Config{Stdout: os.Stdout, Stderr: os.Stderr}
	h, err := wasihttp.NewHandler(pre, conf)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		s.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := h.Wait(ctx); err != nil {
			t.Errorf("instances are left: %v", err)
		}
		if stats := engine.Stats(); stats != (host.EngineStats{}) {
			t.Errorf("left in the engine: %+v", stats)
		}
		http.DefaultClient.CloseIdleConnections()
		if c, ok := wasihttp.DefaultTransport.(*http.Transport); ok {
			c.CloseIdleConnections()
		}
		goroutinesGone(t, before)
	})
	return engine, h, s
}

// A slowOrigin reads a request, and answers with a part of a body whose rest
// never comes.
type slowOrigin struct {
	*httptest.Server
	asked, left chan time.Time // when a request has come, when it was given up
}

func newSlowOrigin(t testing.TB) *slowOrigin {
	o := &slowOrigin{asked: make(chan time.Time, 1), left: make(chan time.Time, 1)}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.asked <- time.Now()
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			io.WriteString(w, "line\n")
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
		o.left <- time.Now()
	}))
	t.Cleanup(o.Server.Close)
	return o
}

func within(t *testing.T, what string, c <-chan time.Time) time.Time {
	t.Helper()
	select {
	case at := <-c:
		return at
	case <-time.After(10 * time.Second):
		t.Fatal(what)
		panic("unreachable")
	}
}

// TestDisconnect has clients go away in the middle of everything, behind up to
// five components. The guests may go on for ever, but must not: all tasks are
// cancelled, requests to others are given up, and the instance ends.
func TestDisconnect(t *testing.T) {
	for _, name := range []string{"middleware-routed", "front-routed"} {
		t.Run(name, func(t *testing.T) { disconnect(t, name) })
	}
}

func disconnect(t *testing.T, name string) {
	engine, _, s := serveHere(t, name, wasihttp.Config{
		Linger: time.Hour, Logger: slog.New(slog.DiscardHandler),
	})
	for _, tt := range []struct {
		name, path string
		upload     bool // the client goes on sending; it reads what comes back
		outbound   bool // the guests ask an origin; the client reads what that sends
		head       bool // the response has begun
	}{
		{name: "fetching", path: "/hash-all", outbound: true, head: true},
		{name: "streaming", path: "/proxy", outbound: true, head: true},
		{name: "waiting for an answer", path: "/double-echo", upload: true},
		{name: "echoing", path: "/echo", upload: true, head: true},
		{name: "through four components", path: "/middleware", upload: true, head: true},
	} {
		for _, accept := range []string{"", "deflate"} {
			t.Run(tt.name+" "+accept, func(t *testing.T) {
				origin := newSlowOrigin(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				in, out := io.Pipe()
				r := newRequest(http.MethodGet, tt.path, nil)
				if tt.upload {
					r = newRequest(http.MethodPost, tt.path, in)
					go io.WriteString(out, "line\n")
				}
				r = r.WithContext(ctx)
				r.URL.Host = s.Listener.Addr().String()
				r.Header.Set("Accept-Encoding", accept)
				r.Header.Set("Url", origin.URL)
				failed := make(chan error, 1)
				begun := make(chan time.Time, 1)
				go func() {
					res, err := http.DefaultTransport.RoundTrip(r)
					if err == nil {
						defer res.Body.Close()
						body := inflater(res)
						if tt.path != "/hash-all" {
							_, err = bufio.NewReader(body).ReadString('\n')
						}
						begun <- time.Now()
						_, err = io.Copy(io.Discard, body)
					}
					failed <- err
				}()
				if tt.head {
					within(t, "the response has not begun", begun)
				}
				if tt.outbound || !tt.head {
					within(t, "nobody has asked the origin", origin.asked)
				}
				start := time.Now()
				cancel()
				out.CloseWithError(context.Canceled) // net/http waits for it
				if <-failed == nil {
					t.Error("the request did not fail")
				}
				gone := time.Duration(-1)
				if tt.outbound || !tt.head {
					gone = within(t, "the outbound request goes on", origin.left).Sub(start)
				}
				for wait := 0; engine.Stats().Instances > 0; wait++ {
					if wait == 10_000 {
						t.Fatalf("the instance goes on: %+v", engine.Stats())
					}
					time.Sleep(time.Millisecond)
				}
				t.Logf("outbound request given up after %v; all over after %v", gone, time.Since(start))
			})
		}
	}
}

// A dripper sends the first line of a body, or for /wait not even a head, and
// then nothing until it is told to stop.
type dripper struct{ asked, left chan time.Time }

func (d *dripper) RoundTrip(r *http.Request) (*http.Response, error) {
	d.asked <- time.Now()
	context.AfterFunc(r.Context(), func() { d.left <- time.Now() })
	if r.URL.Path == "/wait" {
		<-r.Context().Done()
		return nil, context.Cause(r.Context())
	}
	in, out := io.Pipe()
	context.AfterFunc(r.Context(), func() { out.CloseWithError(context.Cause(r.Context())) })
	go io.WriteString(out, "line\n")
	return &http.Response{StatusCode: http.StatusOK, Body: in}, nil
}

// TestGiveUp has a caller in Go give up calls and responses, again and again on
// one instance, which has nothing left of them each time.
func TestGiveUp(t *testing.T) {
	for _, name := range []string{"middleware-routed", "front-routed"} {
		t.Run(name, func(t *testing.T) { giveUp(t, name) })
	}
}

func giveUp(t *testing.T, name string) {
	d := &dripper{make(chan time.Time, 1), make(chan time.Time, 1)}
	w := startService(t, name, d)
	for _, tt := range []struct{ name, path, url string }{
		{"call", "/double-echo", "http://localhost/wait"},
		{"call through one less", "/proxy", "http://localhost/wait"},
		{"response", "/proxy", "http://localhost/drip"},
		{"response through one more", "/double-echo", "http://localhost/drip"},
		{"response of a guest at work", "/hash-all", "http://localhost/drip"},
	} {
		for _, accept := range []string{"", "deflate"} {
			t.Run(tt.name+" "+accept, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				r := newRequest(http.MethodPost, tt.path, strings.NewReader("text"))
				r.Header.Set("Accept-Encoding", accept)
				r.Header.Set("Url", tt.url)
				var start time.Time
				if strings.HasPrefix(tt.name, "call") {
					go func() {
						select {
						case <-d.asked:
						case <-time.After(10 * time.Second):
							t.Error("nobody has asked")
						}
						start = time.Now()
						cancel()
					}()
					if _, err := w.Handler.Handle(ctx, wasihttp.NewRequest(r)); err != context.Canceled {
						t.Errorf("cancelled call: %v", err)
					}
				} else {
					answer, err := w.Handler.Handle(ctx, wasihttp.NewRequest(r))
					if err != nil {
						t.Fatal(err)
					}
					within(t, "nobody has asked", d.asked)
					res := answer.HTTP(ctx)
					if tt.path != "/hash-all" {
						if _, err := res.Body.Read(make([]byte, 8)); err != nil {
							t.Error(err)
						}
					}
					start = time.Now()
					res.Body.Close()
				}
				gone := within(t, "the outbound request goes on", d.left).Sub(start)
				nothingIsOpen(t, w.Instance())
				t.Logf("outbound request given up after %v; all over after %v", gone, time.Since(start))
			})
		}
	}
}
