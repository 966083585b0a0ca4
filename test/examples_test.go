package test

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/host/wasihttp"
	service "github.com/isyswasfa/isyswasfa/test/cases/service/host"
)

// The guests of the original project and the ways in which they are composed.
// All are driven in this process, through generated bindings. Each test wants
// tables without a handle, and no goroutine left, at its end.

// outbound answers the requests that guests send to the network.
type outbound func(*http.Request) *http.Response

func (f outbound) RoundTrip(r *http.Request) (*http.Response, error) {
	if f == nil {
		return nil, errors.New("nobody answers outbound requests here")
	}
	return f(r), nil
}

// startService makes an instance of a component that exports wasi:http/handler.
// out answers the requests that it sends to others; nil if it must send none.
func startService(t testing.TB, name string, out http.RoundTripper) *service.Service {
	t.Helper()
	if out == nil {
		out = outbound(nil)
	}
	engine, c := compiled(t, name)
	before := runtime.NumGoroutine()
	values := wasihttp.With(wasi.With(nil, wasi.Config{Stdout: os.Stdout, Stderr: os.Stderr}), out)
	w, err := service.Instantiate(context.Background(), engine, c, service.Imports{}, host.InstanceConfig{Values: values})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		nothingIsOpen(t, w.Instance())
		if err := w.Close(context.Background()); err != nil {
			t.Error(err)
		}
		goroutinesGone(t, before)
	})
	return w
}

// nothingIsOpen waits until an instance is idle, and wants its tables empty.
func nothingIsOpen(t testing.TB, in *host.Instance) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := in.WaitIdle(ctx)
	if s := in.Stats(); err != nil || s != (host.InstanceStats{}) {
		t.Errorf("left over: %v, %v", s, err)
	}
}

// An exchanged is a response with all that belongs to it.
type exchanged struct {
	status          int
	header, trailer http.Header
	body            []byte
}

// ask sends a request into a component.
func ask(t testing.TB, w *service.Service, r *http.Request) exchanged {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	answer, err := w.Handler.Handle(ctx, wasihttp.NewRequest(r))
	if err != nil {
		t.Fatal(err)
	}
	res := answer.HTTP(ctx)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return exchanged{res.StatusCode, res.Header, res.Trailer, body}
}

func newRequest(method, uri string, body io.Reader) *http.Request {
	r, err := http.NewRequest(method, "http://localhost"+uri, body)
	if err != nil {
		panic(err)
	}
	if body != nil {
		r.ContentLength = -1
	}
	return r
}

const serviceText = "And the mome raths outgrabe"

// serviceTest wants back what it sends: a header, the body, a trailer.
func serviceTest(t *testing.T, w *service.Service, uri string, compressed bool) {
	t.Helper()
	body := []byte(serviceText)
	if compressed {
		body = deflated(t, body)
	}
	r := newRequest(http.MethodPost, uri, bytes.NewReader(body))
	r.Header.Set("foo", "bar")
	r.Trailer = http.Header{"Fizz": {"buzz"}}
	if compressed {
		r.ContentLength = int64(len(body))
		r.Header.Set("content-encoding", "deflate")
		r.Header.Set("accept-encoding", "gzip;q=0.5, Deflate ; q=1")
	}
	got := ask(t, w, r)
	coding := got.header.Get("Content-Encoding")
	if compressed {
		if coding != "deflate" || got.header.Get("Content-Length") != "" {
			t.Errorf("%s: header %v", uri, got.header)
		}
		got.body = inflated(t, got.body)
	} else if coding != "" {
		t.Errorf("%s: content coding %q", uri, coding)
	}
	if got.status != http.StatusOK || got.header.Get("Foo") != "bar" || string(got.body) != serviceText || got.trailer.Get("Fizz") != "buzz" {
		t.Errorf("%s: %d, header %v, %q, trailer %v", uri, got.status, got.header, got.body, got.trailer)
	}
}

func deflated(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	d, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func inflated(t testing.TB, data []byte) []byte {
	t.Helper()
	in := bytes.NewReader(data)
	out, err := io.ReadAll(flate.NewReader(in))
	if err != nil || in.Len() > 0 {
		t.Fatalf("what should be deflated is not: %v, %d bytes after the end", err, in.Len())
	}
	return out
}

// inflater reads a response's body, which may be deflated.
func inflater(res *http.Response) io.Reader {
	if res.Header.Get("Content-Encoding") == "deflate" {
		return flate.NewReader(res.Body)
	}
	return res.Body
}

// library answers with the verses.
func library(r *http.Request) *http.Response {
	res := &http.Response{StatusCode: http.StatusMethodNotAllowed, Body: http.NoBody}
	for _, v := range verses {
		if r.Method == http.MethodGet && r.URL.Path == v.path {
			res.StatusCode, res.Body = http.StatusOK, io.NopCloser(strings.NewReader(v.text))
		}
	}
	return res
}

// hashAllTest has all verses fetched, and wants each digest once.
func hashAllTest(t *testing.T, w *service.Service) {
	t.Helper()
	r := newRequest(http.MethodGet, "/hash-all", nil)
	want := map[string]bool{}
	for _, v := range verses {
		r.Header.Add("url", "http://localhost"+v.path)
		want["http://localhost"+v.path+": "+v.digest] = true
	}
	got := ask(t, w, r)
	lines := strings.Split(strings.TrimSuffix(string(got.body), "\n"), "\n")
	for _, line := range lines {
		if !want[line] {
			t.Errorf("unexpected line %q", line)
		}
		delete(want, line)
	}
	if len(want) > 0 || got.status != http.StatusOK || got.header.Get("Content-Type") != "text/plain" {
		t.Errorf("status %d, header %v, missing: %v", got.status, got.header, want)
	}
}

// mirror answers a POST to /echo with the body and trailers that it gets.
func mirror(r *http.Request) *http.Response {
	if r.Method != http.MethodPost || r.URL.Path != "/echo" {
		return &http.Response{StatusCode: http.StatusMethodNotAllowed, Body: http.NoBody}
	}
	return &http.Response{
		StatusCode: http.StatusOK, Body: r.Body, Trailer: r.Trailer,
		Header: http.Header{"Content-Type": r.Header["Content-Type"]},
	}
}

// echoTest sends a mebibyte, in pieces of 16 KiB while the answer is read.
// With url, the component is to send it there and answer what comes back.
func echoTest(t *testing.T, w *service.Service, uri, url string) {
	t.Helper()
	body := echoBody(1 << 20)
	in, out := io.Pipe()
	go func() {
		for i := 0; i < len(body); i += 16 << 10 {
			if _, err := out.Write(body[i : i+16<<10]); err != nil {
				return
			}
		}
		out.Close()
	}()
	r := newRequest(http.MethodPost, uri, in)
	r.Header.Set("content-type", "application/octet-stream")
	if url != "" {
		r.Header.Set("url", url)
	}
	got := ask(t, w, r)
	sum := sha256.Sum256(got.body)
	if hex.EncodeToString(sum[:]) != "60a34e360a6d1675e2f9b71fdd3a092f85929180ba9861e834e4248cd4950719" {
		t.Errorf("%s: body content mismatch (expected length %d; actual length %d)", uri, len(body), len(got.body))
	}
	if ct := got.header.Get("Content-Type"); got.status != http.StatusOK || ct != "application/octet-stream" || len(got.trailer) > 0 {
		t.Errorf("%s: status %d, content type %q, trailers %v", uri, got.status, ct, got.trailer)
	}
}

func TestExampleService(t *testing.T) {
	serviceTest(t, startService(t, "service", nil), "/service", false)
}

func TestExampleHashAll(t *testing.T) {
	hashAllTest(t, startService(t, "hash-all", outbound(library)))
}

func TestExampleEcho(t *testing.T) {
	echoTest(t, startService(t, "echo", nil), "/echo", "")
}

func TestExampleDoubleEcho(t *testing.T) {
	echoTest(t, startService(t, "echo", outbound(mirror)), "/double-echo", "http://localhost/echo")
}

// TestExampleErrorCodes passes on how requests fail that the guests send.
func TestExampleErrorCodes(t *testing.T) {
	w := startService(t, "echo", nil)
	r := newRequest(http.MethodPost, "/double-echo", strings.NewReader(serviceText))
	r.Header.Set("url", "gopher://localhost/")
	_, err := w.Handler.Handle(t.Context(), wasihttp.NewRequest(r))
	var code service.ErrorCode
	if !errors.As(err, &code) || code.Case != service.ErrorCodeCaseHttpRequestUriInvalid {
		t.Errorf("%v", err)
	}
}

// TestFront has a guest of net/http send to an imported handler: what it
// sends, what comes back, and how it fails.
func TestFront(t *testing.T) {
	w := startService(t, "front", outbound(func(r *http.Request) *http.Response {
		if r.URL.String() != "http://localhost/a%20b?c=d" || r.Method != http.MethodPut || !slices.Equal(r.Header["via"], []string{"1.1 front"}) {
			t.Errorf("sent: %s %s, %v", r.Method, r.URL, r.Header)
		}
		return &http.Response{
			StatusCode: http.StatusAccepted, Header: http.Header{"X-Made": {"here"}},
			Body: r.Body, Trailer: http.Header{"Sum": {"27"}},
		}
	}))
	got := ask(t, w, newRequest(http.MethodPut, "/a%20b?c=d", strings.NewReader(serviceText)))
	if got.status != http.StatusAccepted || string(got.body) != serviceText || got.trailer.Get("Sum") != "27" ||
		got.header.Get("X-Made") != "here" || got.header.Get("Via") != "1.1 front" {
		t.Errorf("got %+v", got)
	}

	r := newRequest(http.MethodGet, "/", nil)
	r.URL.Scheme = "gopher"
	_, err := w.Handler.Handle(t.Context(), wasihttp.NewRequest(r))
	var code service.ErrorCode
	if !errors.As(err, &code) || code.Case != service.ErrorCodeCaseHttpRequestUriInvalid {
		t.Errorf("%v", err)
	}
}

// TestFrontBroken has a body break off behind the guest of net/http. The client
// must not take what it has got for the whole.
func TestFrontBroken(t *testing.T) {
	in, out := io.Pipe()
	w := startService(t, "front", outbound(func(r *http.Request) *http.Response {
		go io.WriteString(out, "half")
		return &http.Response{StatusCode: http.StatusOK, Body: in}
	}))
	answer, err := w.Handler.Handle(t.Context(), wasihttp.NewRequest(newRequest(http.MethodGet, "/", nil)))
	if err != nil {
		t.Fatal(err)
	}
	res := answer.HTTP(t.Context())
	defer res.Body.Close()
	half := make([]byte, 4)
	if _, err := io.ReadFull(res.Body, half); err != nil || string(half) != "half" {
		t.Fatalf("%q, %v", half, err)
	}
	out.CloseWithError(errors.New("broken"))
	if rest, err := io.ReadAll(res.Body); !errors.As(err, new(wasihttp.ErrorCode)) || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
}
