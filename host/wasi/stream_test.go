package wasi

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
)

func TestPipeVisibleAtOnce(t *testing.T) {
	r, w := NewPipe(64)
	if b, err := r.TryRead(10); b != nil || err != nil || r.Ready() {
		t.Fatalf("empty pipe: %q, %v", b, err)
	}
	mustWrite(t, w, "hello")
	mustWrite(t, w, " world")
	if !r.Ready() {
		t.Error("not ready with data in it")
	}
	wantRead(t, r, 3, "hel")
	wantRead(t, r, 100, "lo world")
	mustWrite(t, w, "rest")
	w.Close()
	wantRead(t, r, 100, "rest")
	for range 2 {
		if _, err := r.TryRead(1); err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
	}
	if err := w.Flush(); err != io.ErrClosedPipe {
		t.Errorf("flush after close: %v", err)
	}
}

func TestPipeBackPressure(t *testing.T) {
	r, w := NewPipe(64)
	if n, err := w.CheckWrite(); n != 64 || err != nil {
		t.Fatalf("permit of an empty pipe: %d, %v", n, err)
	}
	if err := w.TryWrite(make([]byte, 65)); err != errPermit {
		t.Fatalf("write beyond the permit: %v", err)
	}
	if err := w.TryWrite(make([]byte, 64)); err != nil {
		t.Fatal(err)
	}
	if err := w.TryWrite([]byte("x")); err != errPermit {
		t.Fatalf("write after the permit is used up: %v", err)
	}
	woken := 0
	w.Notify(func() { woken++ })
	for range 15 { // less than a quarter
		wantRead(t, r, 1, "\x00")
	}
	if n, _ := w.CheckWrite(); n != 0 || w.Ready() || woken != 0 {
		t.Errorf("permit %d, ready %v, woken %d with little room", n, w.Ready(), woken)
	}
	wantRead(t, r, 1, "\x00")
	if n, _ := w.CheckWrite(); n != 16 || !w.Ready() || woken != 1 {
		t.Errorf("permit %d, ready %v, woken %d with a quarter free", n, w.Ready(), woken)
	}
}

func TestPipeCloseSeenByOtherEnd(t *testing.T) {
	r, w := NewPipe(0)
	woken := 0
	stop := r.Notify(func() { woken++ })
	w.CloseWithError(errors.New("broken"))
	w.Close() // comes too late
	stop()
	if _, err := r.TryRead(1); woken != 1 || err == nil || err.Error() != "broken" {
		t.Errorf("woken %d, %v", woken, err)
	}

	r, w = NewPipe(4)
	done := make(chan error)
	go func() {
		_, err := w.Write(make([]byte, 100))
		done <- err
	}()
	if b, err := r.ReadChunk(); len(b) == 0 || err != nil {
		t.Fatal(b, err)
	}
	r.Close()
	if err := <-done; err != ErrReaderGone {
		t.Errorf("blocked write: %v", err)
	}
	if _, err := w.CheckWrite(); err != ErrReaderGone || !w.Ready() {
		t.Errorf("check-write: %v", err)
	}
	if _, err := r.Read(make([]byte, 1)); err != errReaderClosed {
		t.Errorf("read after close: %v", err)
	}
}

func TestNotifyStop(t *testing.T) {
	r, w := NewPipe(0)
	woken := 0
	stop := r.Notify(func() { woken++ })
	stop()
	stop()
	mustWrite(t, w, "x")
	if woken != 0 {
		t.Error("woken after stop")
	}
	r.Notify(func() { woken++ })
	if woken != 1 {
		t.Error("not woken at once although ready")
	}
}

// Many chunk sizes, both copied and kept, through pipes of many limits.
func TestPipeConcurrent(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 1<<20)
	for i := range data {
		data[i] = byte(rnd.Uint32())
	}
	for _, limit := range []int{1, 3, 100, 5000, 0} {
		size := len(data)
		if limit == 1 {
			size = 10000
		}
		want := sha256.Sum256(data[:size])
		r, w := NewPipe(limit)
		go func() {
			rnd := rand.New(rand.NewPCG(3, 4))
			for b := data[:size]; len(b) > 0; {
				k := 1 + rnd.IntN(10000)
				if k%2 == 0 {
					k = 1 + k%50
				}
				k = min(k, len(b))
				if k%3 == 0 {
					w.Write(b[:k])
				} else {
					n, _ := w.CheckWrite()
					k = min(k, n)
					if k > 0 && w.TryWrite(bytes.Clone(b[:k])) != nil {
						panic("write failed")
					}
					if k == 0 {
						waitOn(w, make(chan struct{}, 1))
					}
				}
				b = b[k:]
			}
			w.Close()
		}()
		h := sha256.New()
		for {
			b, err := r.ReadChunk()
			h.Write(b)
			if err == io.EOF {
				break
			}
		}
		if got := h.Sum(nil); !bytes.Equal(got, want[:]) {
			t.Errorf("limit %d: wrong data", limit)
		}
	}
}

func TestReaderStreamIsLazy(t *testing.T) {
	var reads atomic.Int32
	src := func() io.Reader {
		reads.Store(0)
		return readFunc(func(p []byte) (int, error) {
			if reads.Add(1) > 3 {
				return 0, io.EOF
			}
			return copy(p, "abc"), nil
		})
	}
	s := NewReaderStream(src())
	if s.Buffered() || reads.Load() != 0 {
		t.Fatal("read without demand")
	}
	p := make([]byte, 2) // Go code reads directly
	if n, err := s.Read(p); n != 2 || err != nil || reads.Load() != 1 {
		t.Fatalf("%d, %v, %d reads", n, err, reads.Load())
	}
	// Then a guest reads, by demand.
	if b, err := s.TryRead(100); b != nil || err != nil {
		t.Fatalf("%q, %v", b, err)
	}
	got, err := io.ReadAll(s)
	if string(got) != "abcabc" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestReaderStreamWhole(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 50000)
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"whole":    func(r io.Reader) io.Reader { return r },
		"one byte": func(r io.Reader) io.Reader { return iotest.OneByteReader(io.LimitReader(r, 1000)) },
		"half":     iotest.HalfReader,
		"data+err": iotest.DataErrReader,
	} {
		for _, direct := range []bool{true, false} {
			s := NewReaderStream(wrap(bytes.NewReader(data)))
			if !direct {
				s.Ready()
			}
			got, err := io.ReadAll(s)
			if want := data[:len(got)]; err != nil || len(got) < 1000 || !bytes.Equal(got, want) {
				t.Errorf("%s, direct %v: %d bytes, %v", name, direct, len(got), err)
			}
		}
	}
	s := NewReaderStream(iotest.TimeoutReader(strings.NewReader("abc")))
	s.Ready()
	if got, err := io.ReadAll(s); string(got) != "abc" || err != iotest.ErrTimeout {
		t.Errorf("%q, %v", got, err)
	}
}

func TestReaderStreamClose(t *testing.T) {
	pr, _ := io.Pipe()
	s := NewReaderStream(pr)
	done := make(chan error)
	go func() {
		_, err := s.Read(make([]byte, 1))
		done <- err
	}()
	s.Close()
	if err := <-done; err == nil {
		t.Error("blocked read got no error")
	}
	s = NewReaderStream(readFunc(func(p []byte) (int, error) { return len(p), nil }))
	for !s.Ready() { // the pump fills the pipe and ends
	}
	s.Close()
	if _, err := s.TryRead(1); err != errReaderClosed {
		t.Error(err)
	}
}

func TestCopyTo(t *testing.T) {
	r, w := NewPipe(0)
	var out bytes.Buffer
	var got error = errors.New("not called")
	CopyTo(&out, r, func(err error) { got = err })
	mustWrite(t, w, "now")
	if out.String() != "now" {
		t.Errorf("the write is not through at once: %q", &out)
	}
	mustWrite(t, w, " and then")
	w.Close()
	if got != nil || out.String() != "now and then" {
		t.Errorf("%q, %v", &out, got)
	}

	r, w = NewPipe(0)
	CopyTo(failingWriter{}, r, func(err error) { got = err })
	mustWrite(t, w, "x")
	if _, err := w.CheckWrite(); got != errFailing || err != ErrReaderGone {
		t.Errorf("%v, %v", got, err)
	}
}

func TestCopyToConcurrent(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 100000)
	var out bytes.Buffer
	done := make(chan error)
	CopyTo(&out, NewReaderStream(iotest.HalfReader(bytes.NewReader(data))), func(err error) { done <- err })
	if err := <-done; err != nil || !bytes.Equal(out.Bytes(), data) {
		t.Errorf("%d bytes, %v", out.Len(), err)
	}
}

func TestFuture(t *testing.T) {
	var f Future[int]
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if v, sent, err := f.Wait(t.Context()); v != 7 || !sent || err != nil {
				t.Error(v, sent, err)
			}
		})
	}
	calls := 0
	f.OnDone(func(int, bool) { calls++ })()
	if _, _, done := f.Poll(); done || !f.Resolve(7) || f.Resolve(8) {
		t.Error("wrong state")
	}
	f.OnDone(func(v int, sent bool) { calls += v })
	if wg.Wait(); calls != 7 {
		t.Errorf("calls: %d", calls)
	}

	var g Future[string]
	g.Drop()
	if _, sent, err := g.Wait(t.Context()); sent || err != nil || g.Resolve("x") {
		t.Error("dropped sender not seen")
	}
}

func TestEnvironment(t *testing.T) {
	got := fmt.Sprint(environment([]string{"A=1", "B", "C=x=y", "A=2", "D="}))
	if want := "[{A 2} {B } {C x=y} {D }]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func BenchmarkPipe(b *testing.B) {
	for _, limit := range []int{16 << 10, 64 << 10, 128 << 10, 256 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("%dKiB", limit>>10), func(b *testing.B) {
			const size = 64 << 10
			b.SetBytes(size)
			b.ReportAllocs()
			r, w := NewPipe(limit)
			go func() {
				buf := make([]byte, size)
				for range b.N {
					w.Write(buf)
				}
				w.Close()
			}()
			for {
				if _, err := r.ReadChunk(); err != nil {
					break
				}
			}
		})
	}
}

type readFunc func(p []byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

var errFailing = errors.New("failing")

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errFailing }

func mustWrite(t *testing.T, w *OutputStream, s string) {
	t.Helper()
	if _, err := w.CheckWrite(); err != nil {
		t.Fatal(err)
	}
	if err := w.TryWrite([]byte(s)); err != nil {
		t.Fatal(err)
	}
}

func wantRead(t *testing.T, r *InputStream, max int, want string) {
	t.Helper()
	if b, err := r.TryRead(max); string(b) != want || err != nil {
		t.Fatalf("read %q, %v, want %q", b, err, want)
	}
}
