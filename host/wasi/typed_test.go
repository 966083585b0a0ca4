package wasi_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host/wasi"
)

func TestStreamOrder(t *testing.T) {
	const n = 10_000
	s := new(wasi.Stream[int])
	var wg sync.WaitGroup
	wg.Go(func() {
		defer s.End()
		for i := 0; i < n; i += 10 {
			batch := make([]int, 10)
			for j := range batch {
				batch[j] = i + j
			}
			if !s.Put(t.Context(), batch) {
				t.Errorf("reader gone at %d", i)
			}
		}
	})
	want := 0
	for {
		items, err := s.Next(t.Context(), 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(items) == 0 {
			break
		}
		for _, v := range items {
			if v != want {
				t.Fatalf("%d after %d values", v, want)
			}
			want++
		}
	}
	if want != n {
		t.Errorf("%d values", want)
	}
	wg.Wait()
}

// A writer waits when the stream is full; a write that is taken back is not
// read; one whose reader goes fails.
func TestStreamFull(t *testing.T) {
	s := new(wasi.Stream[int])
	var done []bool
	write := func(items []int) func() { return s.Write(items, func(open bool) { done = append(done, open) }) }
	write(make([]int, 100))
	if !slices.Equal(done, []bool{true}) {
		t.Fatalf("first write: %v", done)
	}
	stop := write([]int{1})
	write([]int{2})
	if len(done) != 1 {
		t.Fatalf("a full stream takes more: %v", done)
	}
	stop()
	if items, _ := s.Pop(1000); len(items) != 100 {
		t.Fatalf("%d values", len(items))
	}
	if items, _ := s.Pop(10); !slices.Equal(items, []int{2}) {
		t.Errorf("after the write that was taken back: %v", items)
	}
	write(make([]int, 100))
	write([]int{3})
	s.Drop()
	write([]int{4})
	if !slices.Equal(done, []bool{true, true, true, false, false}) {
		t.Errorf("writes: %v", done)
	}
}

func TestStreamEnd(t *testing.T) {
	s := new(wasi.Stream[string])
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := s.Next(ctx, 1); err != context.DeadlineExceeded {
		t.Errorf("nothing there: %v", err)
	}
	s.Put(t.Context(), []string{"last"})
	s.End()
	if items, err := s.Next(t.Context(), 5); len(items) != 1 || err != nil {
		t.Errorf("%v, %v", items, err)
	}
	if items, done := s.Pop(5); items != nil || !done {
		t.Errorf("at the end: %v, %t", items, done)
	}
	if s.Put(t.Context(), []string{"late"}) {
		t.Error("an ended stream takes more")
	}
}

// Values without content take no memory, however many there are.
func TestStreamOfNothing(t *testing.T) {
	s := new(wasi.Stream[struct{}])
	s.Write(make([]struct{}, 1<<30), func(bool) {})
	if items, _ := s.Pop(1 << 20); len(items) != 1<<20 {
		t.Errorf("%d values", len(items))
	}
}
