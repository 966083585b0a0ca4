package wasihttp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/host/wasihttp"
	"github.com/isyswasfa/isyswasfa/internal/build"
)

// A record is what guests and host write.
type record struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *record) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// wait waits until text was written.
func (l *record) wait(t *testing.T, text string) {
	t.Helper()
	for range 1000 {
		l.mu.Lock()
		found := strings.Contains(l.buf.String(), text)
		l.mu.Unlock()
		if found {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%q is not in the log:\n%s", text, l.buf.String())
}

// serve serves a guest of test/cases.
func serve(t *testing.T, name string) (base string, stderr *record) {
	if testing.Short() {
		t.Skip("builds a guest")
	}
	ctx := context.Background()
	built, err := build.Component(ctx, build.Options{Package: "../../test/cases/" + name})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close(ctx) })
	component, err := engine.Compile(ctx, name, built.Component)
	if err != nil {
		t.Fatal(err)
	}
	linker := host.NewLinker(engine)
	wasi.AddToLinker(linker)
	wasihttp.AddToLinker(linker)
	pre, err := linker.Link(component)
	if err != nil {
		t.Fatal(err)
	}
	stderr = &record{}
	handler, err := wasihttp.NewHandler(pre, wasihttp.Config{
		WASI:   wasi.Config{Stderr: stderr},
		Logger: slog.New(slog.NewTextHandler(stderr, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		if err := handler.Wait(ctx); err != nil {
			t.Errorf("instances are left: %v", err)
		}
	})
	return server.URL, stderr
}

type answer struct {
	Status  int
	Body    string
	Trailer http.Header
	header  http.Header
}

func do(t *testing.T, r *http.Request) (answer, error) {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, string(body), res.Trailer, res.Header}, err
}

func request(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestGuest talks to the gauntlet.
func TestGuest(t *testing.T) {
	base, stderr := serve(t, "gauntlet")
	t.Run("answers", func(t *testing.T) { testAnswers(t, base) })
	t.Run("request", func(t *testing.T) { testRequest(t, base) })
	t.Run("broken off", func(t *testing.T) { testBrokenOff(t, base, stderr) })
	t.Run("streams", func(t *testing.T) { testStreams(t, base) })
	t.Run("client", func(t *testing.T) { testClient(t, base, stderr) })
	t.Run("late", func(t *testing.T) { testLate(t, base, stderr) })
}

func testAnswers(t *testing.T, base string) {
	for _, c := range []struct {
		method, path, body string
		want               answer
	}{
		{"GET", "/ok", "", answer{Status: 200, Body: "ok\n"}},
		{"HEAD", "/ok", "", answer{Status: 200}},
		{"GET", "/status?code=404", "", answer{Status: 404, Body: "body"}},
		{"GET", "/status?code=204", "", answer{Status: 204}},
		{"GET", "/status?code=304", "", answer{Status: 304}},
		{"GET", "/odd-header", "", answer{Status: 200, Body: "ok\n"}},
		{"POST", "/size", strings.Repeat("x", 300_000), answer{Status: 200, Body: "300000 <nil>\n"}},
		{"POST", "/garbage", strings.Repeat("\x02", 300_000), answer{Status: 200, Body: "600000\n"}},
		{"POST", "/trailers", "abc", answer{Status: 200, Body: "abc", Trailer: http.Header{"Sum": {"3"}, "Unset": nil}}},
		{"GET", "/prefix-trailers", "", answer{Status: 200, Body: "body", Trailer: http.Header{"Sum": {"4"}}}},
		{"GET", "/bad-header", "", answer{Status: 500, Body: "Internal Server Error\n"}},
		{"GET", "/bad-status", "", answer{Status: 500, Body: "Internal Server Error\n"}},
		{"GET", "/status?code=101", "", answer{Status: 500, Body: "Internal Server Error\n"}},
		{"GET", "/panic", "", answer{Status: 500, Body: "Internal Server Error\n"}},
		{"GET", "/abort", "", answer{Status: 500, Body: "Internal Server Error\n"}},
		{"GET", "/goexit", "", answer{Status: 500, Body: "Internal Server Error\n"}},
		{"GET", "/error-code", "", answer{Status: 500, Body: "Internal Server Error\n"}},
		{"GET", "/sleep-1000", "", answer{Status: 200, Body: "1000\n"}},
		{"GET", "/timeout", "", answer{Status: 200, Body: "context deadline exceeded\n"}},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			got, err := do(t, request(t, c.method, base+c.path, strings.NewReader(c.body)))
			if err != nil {
				t.Error(err)
			}
			header := got.header
			got.header = nil
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(answer{})); diff != "" {
				t.Error(diff)
			}
			switch c.path {
			case "/ok":
				if header.Get("Content-Length") != "3" || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") {
					t.Errorf("header %v", header)
				}
			case "/odd-header":
				if header.Get("Two-Lines") != "one  two: 2" || header["Bad name"] != nil {
					t.Errorf("header %v", header)
				}
			}
		})
	}
}

// testRequest checks what the handler is told of a request.
func testRequest(t *testing.T, base string) {
	r := request(t, "PATCH", base+"/request?a=%20b&c", struct{ io.Reader }{strings.NewReader("the body")})
	r.Header = http.Header{"User-Agent": nil, "Accept-Encoding": {"identity"}, "Two": {"1", "2"}}
	r.Trailer = http.Header{"After": {"all"}}
	r.Host = "example.com"
	got, err := do(t, r)
	if err != nil {
		t.Fatal(err)
	}
	var have map[string]any
	if err := json.Unmarshal([]byte(got.Body), &have); err != nil {
		t.Fatalf("%v in %q", err, got.Body)
	}
	want := map[string]any{
		"method": "PATCH", "url": "/request?a=%20b&c", "uri": "/request?a=%20b&c", "host": "example.com",
		"header": map[string]any{"Accept-Encoding": []any{"identity"}, "Two": []any{"1", "2"}},
		"length": -1.0, "body": "the body", "error": false,
		"trailer": map[string]any{"After": []any{"all"}},
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

// testBrokenOff has the handler fail when the response has begun: the client
// must not take what it got for the whole.
func testBrokenOff(t *testing.T, base string, stderr *record) {
	for _, path := range []string{"/short", "/late-error", "/panic-late"} {
		res, err := http.Get(base + path)
		if err != nil {
			continue // broken off before the head was sent
		}
		if body, err := io.ReadAll(res.Body); err == nil {
			t.Errorf("%s: got all of %q", path, body)
		}
		res.Body.Close()
	}
	stderr.wait(t, "panic in the handler: gauntlet panics late")
}

// testStreams sees parts of bodies arrive before the rest exists.
func testStreams(t *testing.T, base string) {
	read, write := io.Pipe()
	res, err := http.DefaultClient.Do(request(t, "POST", base+"/echo", read))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	buf := make([]byte, 100)
	for _, part := range []string{"first", "second", "third"} {
		io.WriteString(write, part)
		if _, err := io.ReadFull(res.Body, buf[:len(part)]); err != nil || string(buf[:len(part)]) != part {
			t.Fatalf("got %q, %v", buf[:len(part)], err)
		}
	}
	write.Close()
	if n, err := res.Body.Read(buf); n != 0 || err != io.EOF {
		t.Errorf("got %d, %v at the end", n, err)
	}
}

// testClient has the guest send requests.
func testClient(t *testing.T, base string, stderr *record) {
	gone := make(chan struct{}, 2)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/here?moved=yes", http.StatusFound)
		case "/slow":
			<-r.Context().Done()
			gone <- struct{}{}
		case "/cut":
			w.Header().Set("Content-Length", "10")
			io.WriteString(w, "cut")
		default:
			w.Header().Set("Trailer", "Sum")
			w.WriteHeader(http.StatusAccepted)
			n, _ := io.Copy(w, r.Body)
			io.WriteString(w, " "+r.Method+" "+r.URL.String()+" "+r.Header.Get("Via-Guest"))
			w.Header().Set("Sum", string(rune('0'+n%10)))
		}
	}))
	defer origin.Close()
	fetch := func(method, target, more, body string) answer {
		t.Helper()
		got, err := do(t, request(t, "POST", base+"/fetch?method="+method+more+"&url="+url.QueryEscape(target), strings.NewReader(body)))
		if err != nil {
			t.Error(err)
		}
		return got
	}
	big := strings.Repeat("0123456789", 50_000) + "x"
	if got := fetch("PUT", origin.URL+"/a?b=c", "", big); got.Status != 202 || got.Body != big+" PUT /a?b=c gauntlet" {
		t.Errorf("got %d and %d bytes", got.Status, len(got.Body))
	}
	stderr.wait(t, "map[Sum:[1]]")
	if got := fetch("GET", origin.URL+"/moved", "", ""); got.Body != " GET /here?moved=yes gauntlet" {
		t.Errorf("redirect: got %+v", got)
	}
	if got := fetch("GET", "http://127.0.0.1:1/", "", ""); got.Status != 502 || !strings.Contains(got.Body, "connection-refused\ncode true") {
		t.Errorf("refused: got %+v", got)
	}
	for limit, want := range map[string]string{
		"&ms=50":    "context deadline exceeded\ncode false\ntimeout true",
		"&first=50": "wasi:http: connection-read-timeout\ncode true\ntimeout true",
	} {
		if got := fetch("GET", origin.URL+"/slow", limit, ""); got.Status != 502 || !strings.Contains(got.Body, want) {
			t.Errorf("slow: got %+v", got)
		}
		select {
		case <-gone:
		case <-time.After(10 * time.Second):
			t.Error("the cancelled request was not ended")
		}
	}
	fetch("GET", origin.URL+"/cut", "", "")
	stderr.wait(t, "fetched 3 ")
}

// testLate looks at what goroutines do when their call is over.
func testLate(t *testing.T, base string, stderr *record) {
	for path, text := range map[string]string{
		"/spawn?ms=30": "spawned goroutine ended",
		"/late-write":  "late write: wasihttp: write after the handler returned",
	} {
		do(t, request(t, "GET", base+path, nil))
		stderr.wait(t, text)
	}
	for path, text := range map[string]string{
		"/endless":         "endless: wasihttp: the client is gone",
		"/wait-for-client": "client went away: context canceled",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		res, err := http.DefaultClient.Do(request(t, "GET", base+path, nil).WithContext(ctx))
		if err == nil {
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		cancel()
		stderr.wait(t, text)
	}
}
