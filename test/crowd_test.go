package test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasihttp"
)

// A gate holds all who come until a number of them is there.
type gate struct {
	left atomic.Int64
	open chan struct{}
}

func newGate(n int) *gate {
	g := &gate{open: make(chan struct{})}
	g.left.Store(int64(n))
	return g
}

func (g *gate) pass() error {
	if g.left.Add(-1) == 0 {
		close(g.open)
	}
	select {
	case <-g.open:
		return nil
	case <-time.After(time.Minute):
		return fmt.Errorf("%d requests have not come", g.left.Load())
	}
}

// A crowdKind is a request that is under way when it stands at the gate.
type crowdKind struct {
	path, url string
	deflate   bool
}

var crowdKinds = []crowdKind{
	{path: "/service"},
	{path: "/middleware", deflate: true},
	{path: "/echo"},
	{path: "/hash-all", url: "http://localhost/b"},
	{path: "/proxy", url: "http://localhost/echo", deflate: true},
	{path: "/double-echo", url: "http://localhost/echo"},
}

// gatedBody gives its first part, passes the gate and then gives the rest.
type gatedBody struct {
	first, rest io.Reader
	gate        *gate // nil once passed
}

func (b *gatedBody) Read(p []byte) (int, error) {
	if n, err := b.first.Read(p); err != io.EOF {
		return n, err
	}
	if b.gate != nil {
		if err := b.gate.pass(); err != nil {
			return 0, err
		}
		b.gate = nil
	}
	return b.rest.Read(p)
}

// A sender has a request answered, which is for no host in particular.
type sender func(*http.Request) (*http.Response, error)

// A crowd sends many requests, all of which are under way at once.
type crowd struct {
	send sender
	gate atomic.Pointer[gate]
}

// RoundTrip answers what the guests ask of the network, once all have come.
func (c *crowd) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := c.gate.Load().pass(); err != nil {
		return nil, err
	}
	return world(r), nil
}

// run sends n requests and checks every answer.
func (c *crowd) run(t *testing.T, n int) {
	g := newGate(n)
	c.gate.Store(g)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range n {
		wg.Go(func() {
			if err := c.send.one(g, crowdKinds[i%len(crowdKinds)], i); err != nil {
				t.Errorf("request %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	t.Logf("%d requests at once: %v", n, time.Since(start))
}

func (send sender) one(g *gate, kind crowdKind, i int) error {
	text := strings.Repeat(fmt.Sprintf("request %d; ", i), 100)
	r := newRequest(http.MethodPost, kind.path, nil)
	want := text
	switch {
	case kind.path == "/hash-all":
		want = kind.url + ": " + verses[1].digest + "\n"
	case kind.url != "":
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	default:
		half := len(text) / 2
		r.Body, r.ContentLength = io.NopCloser(&gatedBody{strings.NewReader(text[:half]), strings.NewReader(text[half:]), g}), -1
	}
	if kind.url != "" {
		r.Header.Set("url", kind.url)
	}
	if kind.deflate {
		r.Header.Set("accept-encoding", "deflate")
	}
	res, err := send(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(inflater(res))
	if err == nil && (res.StatusCode != http.StatusOK || string(body) != want) {
		err = fmt.Errorf("%s: %d, %q, want %q", kind.path, res.StatusCode, body, want)
	}
	return err
}

const crowdSize = 1000

// rounds sends several crowds. The memory of the guests cannot shrink, and their
// collectors take some rounds to settle; the host needs no more from the first
// round on.
func (c *crowd) rounds(t *testing.T, memory func() uint64) {
	t.Helper()
	var linear, heap []uint64 // in KiB
	for range 3 {
		c.run(t, crowdSize)
		linear, heap = append(linear, memory()>>10), append(heap, settledHeap())
	}
	t.Logf("after each round, in KiB: linear memory %v, heap %v", linear, heap)
	if linear[2] > 2*linear[0] {
		t.Error("linear memory grows")
	}
	if heap[2] > heap[0]+heap[0]/4+1024 {
		t.Error("the heap grows")
	}
}

// TestCrowd has 1,000 requests of all kinds under way in one instance of the
// router with all its components.
func TestCrowd(t *testing.T) {
	c := &crowd{}
	w := startService(t, "routed", c)
	c.send = func(r *http.Request) (*http.Response, error) {
		answer, err := w.Handler.Handle(r.Context(), wasihttp.NewRequest(r))
		if err != nil {
			return nil, err
		}
		return answer.HTTP(r.Context()), nil
	}
	c.rounds(t, func() uint64 {
		nothingIsOpen(t, w.Instance())
		return w.Instance().MemorySize()
	})
}

// TestCrowdServed has them come over HTTP.
func TestCrowdServed(t *testing.T) {
	c := &crowd{}
	_, h, s := serveHere(t, "routed", wasihttp.Config{Shared: true, RetireAbove: -1, Transport: c})
	client := &http.Transport{MaxIdleConnsPerHost: crowdSize, DisableCompression: true}
	c.send = func(r *http.Request) (*http.Response, error) {
		r.URL.Host = s.Listener.Addr().String()
		return client.RoundTrip(r)
	}
	c.rounds(t, func() uint64 {
		client.CloseIdleConnections()
		stats := h.Stats()
		for wait := 0; stats.InstanceStats != (host.InstanceStats{}); wait++ {
			if wait == 500 {
				t.Fatalf("left over: %v", stats)
			}
			time.Sleep(20 * time.Millisecond)
			stats = h.Stats()
		}
		return stats.Memory
	})
}
