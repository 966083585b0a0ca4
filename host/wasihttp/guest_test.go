package wasihttp_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/host/wasihttp"
	"github.com/isyswasfa/isyswasfa/wit"
)

//go:embed testdata/guest.wat
var guestText string

const guestWorld = `package test:guest;
world guest {
	include wasi:http/service@0.3.0;
	import isyswasfa:io/pipe;
	import wasi:cli/exit@0.2.0;
	import wasi:cli/stderr@0.2.0;
}`

// imports gives import declarations for all functions of some interfaces of a
// world, named with the version of the interface's package:
// $poll-0.2.0.method.pollable.ready.
func imports(t *testing.T, w *wit.World, interfaces ...string) string {
	var s strings.Builder
	for _, item := range w.Imports {
		i := item.Interface
		if i == nil || !slices.Contains(interfaces, i.Name) || len(i.Funcs) == 0 || i.ID() == "isyswasfa:io/poll" {
			continue
		}
		prefix := i.Name + "-" + i.Package.Name.Version
		for _, f := range i.Funcs {
			name := strings.NewReplacer("[", "", "]", ".").Replace(f.ABIName())
			fmt.Fprintf(&s, "(import %q %q (func $%s.%s %s))\n", item.Name, f.ABIName(), prefix, name, coreType(t, f))
		}
		for _, d := range i.Types {
			if _, ok := d.Kind.(*wit.Resource); ok {
				fmt.Fprintf(&s, "(import %q \"[resource-drop]%s\" (func $%s.resource-drop.%s (param i32)))\n", item.Name, d.Name, prefix, d.Name)
			}
		}
	}
	return s.String()
}

// A server serves the guest.
type server struct {
	*httptest.Server
	h   *wasihttp.Handler
	e   *host.Engine
	log *syncBuffer
}

func serve(t *testing.T, c wasihttp.Config, ec host.Config) *server {
	return serveWith(t, c, ec, guestWorld, "", func(*host.Linker) {})
}

// serveWith serves the guest in another world, with more text in its module.
func serveWith(t *testing.T, c wasihttp.Config, ec host.Config, world, text string, define func(*host.Linker)) *server {
	t.Helper()
	e, err := host.NewEngine(t.Context(), ec)
	if err != nil {
		t.Fatal(err)
	}
	l := linker{e, host.NewLinker(e)}
	wasi.AddToLinker(l.Linker)
	wasihttp.AddToLinker(l.Linker)
	define(l.Linker)
	w := polyfill(t, world, "guest")
	p := pre(t, l, w, "(module\n"+imports(t, w, "types", "client", "exit", "stderr", "streams", "pipe", "poll", "monotonic-clock")+text+guestText+")")
	s := &server{e: e, log: new(syncBuffer)}
	c.Logger = slog.New(slog.NewTextHandler(s.log, nil))
	if s.h, err = wasihttp.NewHandler(p, c); err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(s.h)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	t.Cleanup(func() {
		s.Client().CloseIdleConnections()
		s.Server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.h.Wait(ctx); err != nil {
			t.Errorf("instances do not end: %v", err)
		}
		if n := e.Stats().Instances; n != 0 {
			t.Errorf("%d instances left", n)
		}
		e.Close(context.Background())
		checkGoroutines(t)
	})
	return s
}

// checkGoroutines makes sure that no goroutine of an exchange is left.
func checkGoroutines(t *testing.T) {
	t.Helper()
	buf := make([]byte, 1<<20)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		stacks := string(buf[:runtime.Stack(buf, true)])
		left := ""
		for _, f := range []string{"host/wasi.(*readerSource)", "wasihttp.(*exchange)", "wasihttp.send", "wasihttp.roundTrip"} {
			if strings.Contains(stacks, f) {
				left += f + " "
			}
		}
		if left == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("goroutines left in %s\n%s", left, stacks)
			return
		}
	}
}

func (s *server) do(t *testing.T, method string, body io.Reader) (status int, content string, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/path", body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func TestHandlerAnswers(t *testing.T) {
	s := serve(t, wasihttp.Config{}, host.Config{})
	for _, c := range []struct {
		method, body string
		status       int
		want         string
		logged       string
	}{
		{"GET", "", 200, "hello from the guest", ""},
		{"HEAD", "", 200, "", ""},
		{"POST", "", 200, "", ""},
		{"POST", "some text", 200, "some text", ""},
		{"DELETE", "", 500, "Internal Server Error\n", "unreachable"},
		{"OPTIONS", "", 502, "Bad Gateway\n", "connection-refused"},
		{"TRACE", "", 500, "Internal Server Error\n", "exit status 1"},
	} {
		s.log.Reset()
		status, content, err := s.do(t, c.method, strings.NewReader(c.body))
		if status != c.status || content != c.want || err != nil {
			t.Errorf("%s %q: %d %q, %v", c.method, c.body, status, content, err)
		}
		if log := s.log.String(); (log != "") != (c.logged != "") || !strings.Contains(log, c.logged) {
			t.Errorf("%s: log %q, want %q", c.method, log, c.logged)
		}
	}
}

// The guest passes the body through: it must stream both ways at once.
func TestHandlerEchoInterleaved(t *testing.T) {
	s := serve(t, wasihttp.Config{}, host.Config{})
	pr, pw := io.Pipe()
	req, _ := http.NewRequestWithContext(t.Context(), "POST", s.URL, pr)
	req.Trailer = http.Header{"X-Sum": nil}
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	br := bufio.NewReader(resp.Body)
	for i := range 10 {
		line := fmt.Sprintf("line %d\n", i)
		if _, err := io.WriteString(pw, line); err != nil {
			t.Fatal(err)
		}
		if got, err := br.ReadString('\n'); got != line {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	req.Trailer.Set("X-Sum", "55")
	pw.Close()
	if _, err := br.ReadByte(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	resp.Body.Close()
	if got := resp.Trailer.Get("X-Sum"); got != "55" {
		t.Errorf("trailers: %v", resp.Trailer)
	}
}

func TestHandlerEchoLarge(t *testing.T) {
	s := serve(t, wasihttp.Config{}, host.Config{})
	const size = 32 << 20
	want, got := sha256.New(), sha256.New()
	req, _ := http.NewRequestWithContext(t.Context(), "POST", s.URL, io.TeeReader(io.LimitReader(&counter{}, size), want))
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	n, err := io.Copy(got, resp.Body)
	if n != size || err != nil || !bytes.Equal(got.Sum(nil), want.Sum(nil)) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// The head is sent, then the guest traps: the client must see that.
func TestHandlerTrapInBody(t *testing.T) {
	s := serve(t, wasihttp.Config{}, host.Config{})
	if _, _, err := s.do(t, "PATCH", nil); err == nil {
		t.Error("no error")
	}
	if log := s.log.String(); !strings.Contains(log, "broke off") || !strings.Contains(log, "unreachable") {
		t.Errorf("log: %q", log)
	}
}

// A guest that goes idle without ending its body does not keep the client
// waiting.
func TestHandlerBodyNotEnded(t *testing.T) {
	s := serve(t, wasihttp.Config{}, host.Config{})
	if _, content, err := s.do(t, "LEAVE", nil); err == nil {
		t.Errorf("%q and no error", content)
	}
	if log := s.log.String(); !strings.Contains(log, "broke off") {
		t.Errorf("log: %q", log)
	}
}

// Neither a guest that computes for ever nor one that blocks in the host keeps
// the client waiting, nor the place of the next request.
func TestHandlerTimeout(t *testing.T) {
	for _, method := range []string{"SPIN", "BLOCK"} {
		s := serve(t, wasihttp.Config{Timeout: 100 * time.Millisecond, MaxConcurrency: 1}, host.Config{Interruptible: method == "SPIN"})
		status, content, err := s.do(t, method, nil)
		if status != 504 || content != "Gateway Timeout\n" || err != nil {
			t.Errorf("%s: %d %q, %v", method, status, content, err)
		}
		if log := s.log.String(); !strings.Contains(log, "no response within the time limit") {
			t.Errorf("%s: log: %q", method, log)
		}
		for try := 0; ; try++ {
			if status, _, _ = s.do(t, "GET", nil); status == 200 {
				break
			}
			if try == 300 {
				t.Fatalf("%s: status %d after the timeout", method, status)
			}
		}
	}
}

func TestHandlerClientGone(t *testing.T) {
	s := serve(t, wasihttp.Config{}, host.Config{Interruptible: true})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "SPIN", s.URL, nil)
	if _, err := s.Client().Do(req); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	// In the midst of an echo, too.
	pr, pw := io.Pipe()
	ctx, cancel = context.WithCancel(t.Context())
	req, _ = http.NewRequestWithContext(ctx, "POST", s.URL, pr)
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	io.WriteString(pw, "x")
	if _, err := resp.Body.Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
	cancel()
	pw.Close()
}

func TestHandlerForwards(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Path", r.URL.Path)
		w.Header().Set("X-Length", fmt.Sprint(r.ContentLength))
		w.WriteHeader(http.StatusTeapot)
		io.Copy(w, r.Body)
	}))
	defer backend.Close()
	addr := backend.Listener.Addr().String()
	tr := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	defer tr.CloseIdleConnections()
	s := serve(t, wasihttp.Config{Transport: tr}, host.Config{})
	status, content, err := s.do(t, "PUT", strings.NewReader("forward this"))
	if status != http.StatusTeapot || content != "forward this" || err != nil {
		t.Errorf("%d %q, %v", status, content, err)
	}
	tr.CloseIdleConnections()
	addr = "127.0.0.1:1"
	if status, _, _ := s.do(t, "PUT", strings.NewReader("nobody")); status != 502 {
		t.Errorf("refused connection: %d", status)
	}
}

// The client sends the body only when it is told to; a guest that does not
// read it answers at once.
func TestHandlerExpectContinue(t *testing.T) {
	s := serve(t, wasihttp.Config{}, host.Config{})
	tr := s.Client().Transport.(*http.Transport)
	tr.ExpectContinueTimeout = time.Hour
	for method, want := range map[string]string{"POST": "body", "GET": "hello from the guest"} {
		req, _ := http.NewRequestWithContext(t.Context(), method, s.URL, strings.NewReader("body"))
		req.Header.Set("Expect", "100-continue")
		resp, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(resp.Body); string(b) != want || err != nil {
			t.Errorf("%s: %q, %v", method, b, err)
		}
		resp.Body.Close()
	}
}

func TestHandlerParallel(t *testing.T) {
	s := serve(t, wasihttp.Config{MaxConcurrency: 3}, host.Config{})
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			want := strings.Repeat(fmt.Sprint(i), 1000)
			if status, got, err := s.do(t, "POST", strings.NewReader(want)); status != 200 || got != want || err != nil {
				t.Errorf("%d, %d bytes, %v", status, len(got), err)
			}
		})
	}
	wg.Wait()
}

func TestNewHandlerWithoutExport(t *testing.T) {
	l := newLinker(t)
	w := polyfill(t, "package test:none; world none { export f: func(); }", "none")
	p := pre(t, l, w, `(module (memory (export "memory") 1) (func (export "f")) (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable) (func (export "isyswasfa-poll") (param i32 i32) (result i32) unreachable))`)
	if _, err := wasihttp.NewHandler(p, wasihttp.Config{}); err == nil || !strings.Contains(err.Error(), "wasi:http/handler") {
		t.Error(err)
	}
}

// counter yields bytes that count.
type counter struct{ n byte }

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = c.n
		c.n++
	}
	return len(p), nil
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (s *syncBuffer) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b.Reset()
}
