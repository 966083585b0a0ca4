package test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestHello(t *testing.T) {
	s := serve(t, component(t, "hello"))
	status, body := get(t, s.URL+"/")
	if status != http.StatusOK || !strings.HasPrefix(body, "Hello") {
		t.Errorf("got %d %q", status, body)
	}
}

// TestHelloFromSource is the first command of the README.
func TestHelloFromSource(t *testing.T) {
	s := serve(t, "./cases/hello")
	if status, _ := get(t, s.URL+"/"); status != http.StatusOK {
		t.Errorf("got %d", status)
	}
}

// verses are the texts of the hash-all test, with their digests.
var verses = []struct{ path, text, digest string }{
	{"/a", "\u2019Twas brillig, and the slithy toves", "d225c23d89be70b7bd060a27d4e73679d0dc03a1a29121106604411a4a4af727"},
	{"/b", "Did gyre and gimble in the wabe:", "0c4a0fe77bda6b405668f0ee09f0758ce958e22a7152c9e0a40928a6dcc39964"},
	{"/c", "All mimsy were the borogoves,", "59cd64d8a163b823a2ae78a1ad087159485c1234c34da672c180ef2fdc1d5c74"},
	{"/d", "And the mome raths outgrabe.", "79d1065f6fc74aa4ea105f323ff1fa3e1a58829c0399c5a53c714130953e1203"},
}

// TestHashAll has one guest wait for four servers at once; the last answers
// only after the client has seen the other three lines.
func TestHashAll(t *testing.T) {
	s := serve(t, component(t, "hash-all"))
	const wait = 300 * time.Millisecond
	last := make(chan struct{})
	var urls []string
	want := map[string]bool{}
	for i, v := range verses {
		origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(wait)
			if i == len(verses)-1 {
				<-last
			}
			if r.Method != http.MethodGet || r.URL.Path != v.path {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			io.WriteString(w, v.text)
		}))
		defer origin.Close()
		urls = append(urls, origin.URL+v.path)
		want[origin.URL+v.path+": "+v.digest] = true
	}
	request, err := http.NewRequest(http.MethodGet, s.URL+"/hash-all", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header["Url"] = urls
	start := time.Now()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	seen := 0
	for lines.Scan() {
		if !want[lines.Text()] {
			t.Errorf("unexpected line %q", lines.Text())
		}
		delete(want, lines.Text())
		if seen++; seen == len(verses)-1 {
			close(last)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(want) > 0 || response.StatusCode != http.StatusOK {
		t.Errorf("status %d, missing lines: %v", response.StatusCode, want)
	}
	t.Logf("four servers that wait %v each: %v in all", wait, time.Since(start))
}

// echoBody gives the first n bytes of the echo test's sequence: each byte is
// its predecessor plus 251, the first is 251.
func echoBody(n int) []byte {
	b := make([]byte, n)
	last := byte(0)
	for i := range b {
		last += 251
		b[i] = last
	}
	return b
}

func TestEcho(t *testing.T) {
	s := serve(t, component(t, "echo"))
	body := echoBody(1 << 20)
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != "60a34e360a6d1675e2f9b71fdd3a092f85929180ba9861e834e4248cd4950719" {
		t.Fatal("the test's own body is wrong")
	}
	second := serve(t, component(t, "echo"))
	for _, path := range []string{"/echo", "/double-echo"} {
		request, err := http.NewRequest(http.MethodPost, s.URL+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/octet-stream")
		request.Header.Set("X-Other", "is not echoed")
		if path == "/double-echo" {
			request.Header.Set("Url", second.URL+"/echo")
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: status %d, %v\n%s", path, response.StatusCode, err, s.Stderr())
		}
		if ct := response.Header.Get("Content-Type"); ct != "application/octet-stream" {
			t.Errorf("%s: content type %q", path, ct)
		}
		if response.Header.Get("X-Other") != "" {
			t.Errorf("%s: a header other than the content type came back", path)
		}
		if !bytes.Equal(got, body) {
			t.Errorf("%s: body content mismatch (expected length %d; actual length %d)", path, len(body), len(got))
		}
	}
}

// TestTicker has a guest on the raw bindings write its body after its function
// has returned: the head and each line come when they are written.
func TestTicker(t *testing.T) {
	s := serve(t, component(t, "ticker"))
	start := time.Now()
	response, err := http.Get(s.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	times := []time.Duration{time.Since(start)}
	lines := bufio.NewScanner(response.Body)
	for n := 0; lines.Scan(); n++ {
		if want := fmt.Sprintf("line %d", n); lines.Text() != want {
			t.Errorf("got %q, want %q", lines.Text(), want)
		}
		times = append(times, time.Since(start))
	}
	if err := lines.Err(); err != nil || len(times) != 6 {
		t.Errorf("%d lines, %v", len(times)-1, err)
	}
	if got := response.Trailer.Get("Lines"); got != "5" {
		t.Errorf("trailers %v", response.Trailer)
	}
	t.Logf("head and lines at %v", times)
}

func TestEchoRefuses(t *testing.T) {
	s := serve(t, component(t, "echo"))
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/echo", http.StatusMethodNotAllowed},
		{"POST", "/other", http.StatusMethodNotAllowed},
		{"POST", "/double-echo", http.StatusBadRequest},
	} {
		request, err := http.NewRequest(c.method, s.URL+c.path, strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != c.status {
			t.Errorf("%s %s: got %d, want %d", c.method, c.path, response.StatusCode, c.status)
		}
	}
}

// TestEchoStream sends much more than fits in memory limits: 1 GiB with
// -long, through a guest that may use no more than 32 MiB.
func TestEchoStream(t *testing.T) {
	s := serve(t, component(t, "echo"), "--max-memory=32MiB", "--timeout", "10m")
	total := int64(64 << 20)
	if *long {
		total = 1 << 30
	}
	warmUp(t, s.URL+"/echo")
	before, _ := s.memory(t)
	chunk := echoBody(256 * 251) // the sequence has period 256
	reader := io.LimitReader(&repeat{chunk: chunk[:len(chunk)-len(chunk)%256]}, total)
	sent, got := sha256.New(), sha256.New()
	start := time.Now()
	response, err := http.Post(s.URL+"/echo", "application/octet-stream", io.TeeReader(reader, sent))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	n, err := io.Copy(got, response.Body)
	if err != nil || n != total {
		t.Fatalf("got %d of %d bytes: %v\n%s", n, total, err, s.Stderr())
	}
	if !bytes.Equal(sent.Sum(nil), got.Sum(nil)) {
		t.Error("what came back is not what was sent")
	}
	_, peak := s.memory(t)
	grown := peak - before
	t.Logf("%d MiB in %v; resident memory grew by %d MiB at most", total>>20, time.Since(start), grown>>20)
	if grown > 64<<20 {
		t.Errorf("resident memory grew by %d bytes", grown)
	}
}

func warmUp(t *testing.T, url string) {
	t.Helper()
	for range 3 {
		response, err := http.Post(url, "text/plain", strings.NewReader(strings.Repeat("warm up ", 1<<14)))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
}

// repeat reads a chunk over and over.
type repeat struct {
	chunk []byte
	at    int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := copy(p, r.chunk[r.at:])
	r.at = (r.at + n) % len(r.chunk)
	return n, nil
}

// TestSoak sends many requests at once and wants the server back where it was.
func TestSoak(t *testing.T) {
	s := serve(t, component(t, "hello"))
	total, at := 1000, 16
	if *long {
		total = 10000
	}
	fetch := func(n int) {
		jobs := make(chan struct{})
		errs := make(chan error, at)
		for range at {
			go func() {
				var first error
				for range jobs {
					if err := fetchHello(s.URL); err != nil && first == nil {
						first = err
					}
				}
				errs <- first
			}()
		}
		for range n {
			jobs <- struct{}{}
		}
		close(jobs)
		for range at {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	}
	fetch(200)
	before, _ := s.memory(t)
	start := time.Now()
	fetch(total)
	took := time.Since(start)
	after, _ := s.memory(t)
	t.Logf("%d requests, %d at a time: %.0f a second; resident memory %d MiB before, %d MiB after",
		total, at, float64(total)/took.Seconds(), before>>20, after>>20)
	if after > before+64<<20 {
		t.Errorf("resident memory grew from %d to %d bytes", before, after)
	}
}

func fetchHello(url string) error {
	response, err := http.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || !bytes.HasPrefix(body, []byte("Hello")) {
		return fmt.Errorf("got %s %q", response.Status, body)
	}
	return nil
}
