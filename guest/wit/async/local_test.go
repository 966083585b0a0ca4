package async

import (
	"slices"
	"sync"
	"testing"

	"github.com/isyswasfa/isyswasfa/guest/wit/types"
)

type owned struct{ dropped *int }

func (o owned) Drop() { *o.dropped++ }

func TestLocalFuture(t *testing.T) {
	var futures Futures[owned]
	dropped := 0
	tx, rx := futures.Make()
	go tx.Write(owned{&dropped})
	if v, ok := rx.Receive(); !ok || v.dropped == nil {
		t.Error("nothing was received")
	}
	tx, rx = futures.Make()
	tx.Drop()
	if _, ok := rx.Receive(); ok {
		t.Error("a dropped sender has sent")
	}
	tx, rx = futures.Make()
	tx.Write(owned{&dropped})
	rx.Drop()
	if dropped != 1 {
		t.Error("what nobody reads is not dropped")
	}
	tx, rx = futures.Make()
	rx.Drop()
	tx.Write(owned{&dropped})
	if dropped != 2 {
		t.Error("what is sent to nobody is not dropped")
	}
	tx, rx = futures.Make()
	cancelled := make(chan struct{})
	close(cancelled)
	if _, ok := futures.receive(rx.TakeHandle(), cancelled); ok {
		t.Error("a cancelled receive gives a value")
	}
	tx.Write(owned{&dropped})
	if dropped != 3 {
		t.Error("what is sent to one who has given up is not dropped")
	}
	tx, rx = futures.Make()
	rx.Drop()
	tx.Drop()
	if n := len(futures.ends.held); n != 0 {
		t.Errorf("%d ends are left", n)
	}
}

// readAll reads with a buffer of n items.
func readAll[T any](r *types.StreamReader[T], n int) (items []T) {
	buf := make([]T, n)
	for !r.WriterDropped() {
		items = append(items, buf[:r.Read(buf)]...)
	}
	r.Drop()
	return items
}

func TestLocalStream(t *testing.T) {
	var streams Streams[int]
	var want []int
	for i := range 1000 {
		want = append(want, i)
	}
	for _, size := range []int{1, 7, 64, 1000} {
		tx, rx := streams.Make()
		go func() {
			for part := range slices.Chunk(want, size) {
				tx.Write(part)
			}
			tx.Drop()
		}()
		if got := readAll(rx, 10); !slices.Equal(got, want) {
			t.Errorf("written by %d: %d items, %v", size, len(got), got)
		}
	}
	tx, rx := streams.Make()
	var wg sync.WaitGroup
	wg.Go(func() {
		if n := tx.Write(want); n >= 1000 || !tx.ReaderDropped() {
			t.Errorf("%d items for nobody", n)
		}
		tx.Drop()
	})
	rx.Read(make([]int, 5))
	rx.Drop()
	wg.Wait()
	if n := len(streams.ends.held); n != 0 {
		t.Errorf("%d ends are left", n)
	}
}

// TestLocalStreamCancel gives up reads: nothing is lost.
func TestLocalStreamCancel(t *testing.T) {
	l := &localStream[int]{readable: make(chan struct{}, 1), writable: make(chan struct{}, 1)}
	cancelled := make(chan struct{})
	close(cancelled)
	if _, ok := l.read(1, cancelled); ok {
		t.Error("a cancelled read gives items")
	}
	l.write([]int{1, 2, 3}, nil)
	if _, ok := l.read(1, cancelled); ok {
		t.Error("a cancelled read gives items")
	}
	first, _ := l.read(2, nil)
	l.putBack(first)
	if got, ok := l.read(10, nil); !ok || !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("after a read was undone: %v", got)
	}
}

// TestLocalStreamDrops counts the resources in streams that end early.
func TestLocalStreamDrops(t *testing.T) {
	var streams Streams[owned]
	dropped := 0
	items := slices.Repeat([]owned{{&dropped}}, maxBuffered+10)
	cancelled := make(chan struct{})
	close(cancelled)

	w, r := streams.make()
	l := streams.ends.get(w)
	if n, closed := l.write(items, cancelled); n != maxBuffered || closed || dropped != 10 {
		t.Errorf("cancelled write: %d items, closed %v, %d dropped", n, closed, dropped)
	}
	got, _ := l.read(5, nil)
	streams.dropReader(r)
	if dropped != 10+maxBuffered-5 {
		t.Errorf("%d dropped with the reader", dropped)
	}
	l.putBack(got)
	if dropped != 10+maxBuffered {
		t.Errorf("%d dropped with what was put back", dropped)
	}
	streams.dropWriter(w)
}

// TestTake passes a stream and a future on to another implementation.
func TestTake(t *testing.T) {
	var from, to Streams[int]
	tx, rx := from.Make()
	go func() {
		tx.Write([]int{1, 2, 3})
		tx.Drop()
	}()
	passed := types.MakeStreamReader(to.table(), to.table().Take(rx))
	if got := readAll(passed, 2); !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("passed on: %v", got)
	}
	_, rx = to.Make()
	if to.table().Take(rx); len(to.ends.held) != 2 {
		t.Error("a stream of the same kind is passed on by a copy")
	}
	var a, b Futures[int]
	for _, send := range []bool{true, false} {
		sender, receiver := a.Make()
		other := types.MakeFutureReader(b.table(), b.table().Take(receiver))
		if send {
			sender.Write(5)
		} else {
			sender.Drop()
		}
		if v, ok := other.Receive(); ok != send || ok && v != 5 {
			t.Errorf("passed on: %v, %v", v, ok)
		}
	}
}
