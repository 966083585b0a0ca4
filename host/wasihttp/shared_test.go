package wasihttp_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/host/wasihttp"
)

// eventually waits until something holds.
func eventually(t *testing.T, otherwise string, holds func() bool) {
	t.Helper()
	for range 10_000 {
		if holds() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal(otherwise)
}

// answered makes a request and checks the status.
func (s *server) answered(t *testing.T, method string, want int) {
	t.Helper()
	if status, content, err := s.do(t, method, nil); status != want || err != nil {
		t.Errorf("%s: %d %q, %v; want %d", method, status, content, err, want)
	}
}

// An echo is a request under way, whose body comes back.
type echo struct {
	in  *io.PipeWriter
	out *http.Response
}

func (s *server) echo(t *testing.T) *echo {
	t.Helper()
	pr, pw := io.Pipe()
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, pr)
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return &echo{pw, res}
}

func (e *echo) says(t *testing.T, text string) {
	t.Helper()
	io.WriteString(e.in, text)
	b := make([]byte, len(text))
	if _, err := io.ReadFull(e.out.Body, b); string(b) != text || err != nil {
		t.Errorf("%q, %v, want %q", b, err, text)
	}
}

// end wants the body to end well.
func (e *echo) end(t *testing.T) {
	t.Helper()
	e.in.Close()
	if b, err := io.ReadAll(e.out.Body); len(b) > 0 || err != nil {
		t.Errorf("%q, %v at the end", b, err)
	}
	e.out.Body.Close()
}

const (
	newMemory   = 64 << 10 // of the guest
	grownMemory = newMemory + 1<<20
)

// An instance that has grown is retired when nothing is left to do, and not
// before it has grown beyond the limit.
func TestRetireIdle(t *testing.T) {
	for limit, kept := range map[int64]bool{newMemory: false, grownMemory - 1: false, grownMemory + 1<<20: true, -1: true, 0: true} {
		s := serve(t, wasihttp.Config{Shared: true, RetireAbove: limit}, host.Config{})
		s.answered(t, "GET", 200)
		eventually(t, "the instance has tasks", func() bool { return s.h.Stats().InstanceStats == (host.InstanceStats{}) })
		if got := s.h.Stats().Memory; got != newMemory {
			t.Errorf("limit %d: %d bytes after the first request", limit, got)
		}
		for range 2 {
			s.answered(t, "MORE", 200)
			if !kept {
				eventually(t, "a grown instance is kept", func() bool { return s.e.Stats().Instances == 0 })
			}
		}
		s.answered(t, "GET", 200)
		want := uint64(newMemory)
		if kept {
			want += 2 << 20
		}
		if got := s.h.Stats().Memory; got != want {
			t.Errorf("limit %d: %d bytes at the end, want %d", limit, got, want)
		}
		if log := s.log.String(); strings.Contains(log, "retired") == kept {
			t.Errorf("limit %d: log %q", limit, log)
		}
	}
}

// A busy instance is kept, whatever it has grown to, until the load falls to a
// quarter; then those that it has go on in it, and others in a new one. No more
// than two drain at a time.
func TestRetireBusy(t *testing.T) {
	s := serve(t, wasihttp.Config{Shared: true, RetireAbove: 512 << 10}, host.Config{})
	var draining []*echo
	for round := range 3 {
		var echoes []*echo
		for range 8 {
			echoes = append(echoes, s.echo(t))
		}
		s.answered(t, "MORE", 200)
		for range 5 { // 8 to 4 are left, of 9
			s.answered(t, "GET", 200)
			if got := s.h.Stats(); got.Memory != grownMemory || got.Draining != round {
				t.Errorf("round %d: %+v with %d requests under way", round, got, len(echoes))
			}
			echoes[0].end(t)
			echoes = echoes[1:]
		}
		echoes[0].end(t)
		echoes = echoes[1:] // 2
		if round < 2 {
			eventually(t, "the instance does not drain", func() bool { return s.h.Stats().Draining == round+1 })
		} else {
			s.answered(t, "GET", 200)
			if got := s.h.Stats(); got.Memory != grownMemory || got.Draining != 2 {
				t.Errorf("a third one drains: %+v", got)
			}
		}
		draining = append(draining, echoes...)
		if got, want := s.e.Stats().Instances, round+1; got != min(want, 3) {
			t.Errorf("round %d: %d instances", round, got)
		}
	}
	for _, e := range draining {
		e.says(t, "still there")
	}
	for _, e := range draining {
		e.end(t)
	}
	eventually(t, "grown instances are left", func() bool { return s.e.Stats().Instances == 0 })
	s.answered(t, "GET", 200)
	if got := s.h.Stats(); got.Memory != newMemory || got.Draining != 0 {
		t.Errorf("at the end: %+v", got)
	}
}

// A held is a writer that takes nothing until it is released.
type held struct{ entered, release chan struct{} }

func (h *held) Write(p []byte) (int, error) {
	h.entered <- struct{}{}
	<-h.release
	return len(p), nil
}

// A guest does not come back to the host. Its request fails in time, as do
// those that have begun before; those that wait find a new instance.
func TestSharedStuck(t *testing.T) {
	const limit = time.Second
	out := &held{make(chan struct{}, 1), make(chan struct{})}
	s := serve(t, wasihttp.Config{Shared: true, Timeout: limit, WASI: wasi.Config{Stderr: out}}, host.Config{})
	before := s.echo(t)
	before.says(t, "before")
	stuck := make(chan int)
	go func() {
		status, _, _ := s.do(t, "WRITE", nil)
		stuck <- status
	}()
	<-out.entered
	time.Sleep(limit / 2) // what is left to those that wait until the instance is given up
	waiting := make(chan int)
	for range 3 {
		go func() {
			status, _, _ := s.do(t, "GET", nil)
			waiting <- status
		}()
	}
	for range 3 {
		if status := <-waiting; status != 200 {
			t.Errorf("a request that waited: %d", status)
		}
	}
	if status := <-stuck; status != 504 {
		t.Errorf("the request that is stuck: %d", status)
	}
	if n := s.e.Stats().Instances; n != 2 {
		t.Errorf("%d instances", n)
	}
	before.says(t, "after") // the guest has nothing to do with it
	before.end(t)
	close(out.release)
	eventually(t, "the instance is left", func() bool { return s.e.Stats().Instances == 1 })
	if log := s.log.String(); !strings.Contains(log, "given up") || !strings.Contains(log, "running for longer than 1s") {
		t.Errorf("log: %q", log)
	}
}

// A guest that loops is stopped, if its engine can.
func TestSharedSpin(t *testing.T) {
	s := serve(t, wasihttp.Config{Shared: true, Timeout: 300 * time.Millisecond}, host.Config{Interruptible: true})
	for range 2 {
		s.answered(t, "SPIN", 504)
		eventually(t, "the instance is left", func() bool { return s.e.Stats().Instances == 0 })
		s.answered(t, "GET", 200)
	}
	// One whose client has gone does not end what others wait for.
	ctx, cancel := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, "SPIN", s.URL, nil)
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := s.Client().Do(req); err == nil {
		t.Error("a loop has an end")
	}
	eventually(t, "no answer", func() bool {
		status, _, _ := s.do(t, "GET", nil)
		return status == 200
	})
}

// A component that blocks for longer than a request may take keeps others
// waiting no longer; what else goes on in its instance goes on.
func TestSharedBlocked(t *testing.T) {
	const limit = time.Second
	s := serve(t, wasihttp.Config{Shared: true, Timeout: limit, Linger: time.Millisecond}, host.Config{})
	before := s.echo(t)
	before.says(t, "before")
	blocked := make(chan int)
	go func() {
		status, _, _ := s.do(t, "BLOCK", nil)
		blocked <- status
	}()
	eventually(t, "the guest does not block", func() bool { return s.h.Stats().HostWork > 0 })
	time.Sleep(limit / 2)
	s.answered(t, "GET", 200)
	if status := <-blocked; status != 504 {
		t.Errorf("the request that is blocked: %d", status)
	}
	if n := s.h.Stats().Draining; n != 1 {
		t.Errorf("%d instances drain", n)
	}
	before.says(t, "after")
	before.end(t)
	eventually(t, "the instance is left", func() bool { return s.h.Stats().Draining == 0 && s.e.Stats().Instances == 1 })
	if log := s.log.String(); !strings.Contains(log, "has been blocked") {
		t.Errorf("log: %q", log)
	}
}

// The start function of the guest takes too long. Requests that wait for it are
// answered in time; once it ends, those that have time left, and later ones, get
// another instance.
func TestSharedStart(t *testing.T) {
	const limit = time.Second
	entered, release := make(chan struct{}, 1), make(chan struct{})
	first := true
	s := serveWith(t, wasihttp.Config{Shared: true, Timeout: limit}, host.Config{},
		strings.Replace(guestWorld, "world guest {", "world guest { import pass: func();", 1),
		`(import "$root" "pass" (func $pass)) (start $pass)`,
		func(l *host.Linker) {
			l.Instance("").Func("pass", host.Func(func(*host.Call, struct{}) (struct{}, error) {
				if first {
					first = false
					entered <- struct{}{}
					<-release
				}
				return struct{}{}, nil
			}))
		})
	status := make(chan int)
	go func() {
		got, _, _ := s.do(t, "GET", nil)
		status <- got
	}()
	<-entered
	s.answered(t, "GET", 504)
	if got := <-status; got != 504 {
		t.Errorf("the first request: %d", got)
	}
	go func() {
		got, _, _ := s.do(t, "GET", nil)
		status <- got
	}()
	time.Sleep(limit / 20) // it may wait already
	close(release)
	if got := <-status; got != 200 {
		t.Errorf("a request that waited: %d", got)
	}
	s.answered(t, "GET", 200)
}

// One that loops is stopped, if its engine can.
func TestSharedStartSpins(t *testing.T) {
	s := serveWith(t, wasihttp.Config{Shared: true, Timeout: 100 * time.Millisecond}, host.Config{Interruptible: true},
		guestWorld, `(func $spin (loop $l (br $l))) (start $spin)`, func(*host.Linker) {})
	for range 2 {
		s.answered(t, "GET", 504)
	}
	eventually(t, "an instance is left", func() bool { return s.e.Stats().Instances == 0 })
}
