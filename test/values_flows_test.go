package test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/bindings"
	values "github.com/isyswasfa/isyswasfa/test/cases/values/host"
)

// flowsHost passes on what flows.
type flowsHost struct{}

type (
	seq[T any]    = iter.Seq2[T, error]
	future[T any] = func(context.Context) (T, error)
	outcome       = host.Result[string, values.Shape]
)

func (flowsHost) Bytes(_ context.Context, s io.ReadCloser) (io.Reader, error)   { return s, nil }
func (flowsHost) Numbers(_ context.Context, s seq[uint32]) (seq[uint32], error) { return s, nil }
func (flowsHost) Mixes(_ context.Context, s seq[values.Mixed]) (seq[values.Mixed], error) {
	return s, nil
}
func (flowsHost) Ticks(_ context.Context, s seq[struct{}]) (seq[struct{}], error)    { return s, nil }
func (flowsHost) Number(_ context.Context, f future[uint32]) (future[uint32], error) { return f, nil }
func (flowsHost) Outcome(_ context.Context, f future[outcome]) (future[outcome], error) {
	return f, nil
}
func (flowsHost) Signal(_ context.Context, f future[struct{}]) (future[struct{}], error) {
	return f, nil
}

func (flowsHost) Many(_ context.Context, s []seq[string], f host.Option[future[values.Mixed]]) (host.Tuple2[[]seq[string], host.Option[future[values.Mixed]]], error) {
	return host.Tuple2[[]seq[string], host.Option[future[values.Mixed]]]{F0: s, F1: f}, nil
}

func (flowsHost) RecordOfFlows(_ context.Context, f values.Flow) (values.Flow, error) {
	return f, nil
}

// flow gives a sequence of values with pauses in between.
func flow[T any](list []T) seq[T] {
	return func(yield func(T, error) bool) {
		for i, v := range list {
			if i%50 == 49 {
				time.Sleep(time.Millisecond)
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

// collect reads a sequence to its end.
func collect[T any](s seq[T]) ([]T, error) {
	var list []T
	for v, err := range s {
		if err != nil {
			return list, err
		}
		list = append(list, v)
	}
	return list, nil
}

func soon[T any](v T) future[T] {
	return func(context.Context) (T, error) {
		time.Sleep(time.Millisecond)
		return v, nil
	}
}

// passes sends a list through a function of streams and wants it back.
func passes[T any](t *testing.T, what string, list []T, fn func(context.Context, seq[T]) (seq[T], error)) {
	t.Helper()
	s, err := fn(t.Context(), flow(list))
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	got, err := collect(s)
	if diff := cmp.Diff(list, got); diff != "" || err != nil {
		t.Errorf("%s: %v, sent and got:\n%s", what, err, diff)
	}
}

// arrives is passes for a future.
func arrives[T any](t *testing.T, what string, v T, fn func(context.Context, future[T]) (future[T], error)) {
	t.Helper()
	f, err := fn(t.Context(), soon(v))
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	got, err := f(t.Context())
	if diff := cmp.Diff(v, got); diff != "" || err != nil {
		t.Errorf("%s: %v, sent and got:\n%s", what, err, diff)
	}
}

// TestFlows sends streams and futures through the guest, on to the host, and
// back.
func TestFlows(t *testing.T) {
	w := startValues(t)
	r := random{rand.New(rand.NewPCG(3, 4))}
	var wg sync.WaitGroup
	for range 4 {
		numbers, mixes, texts := list[uint32](r, 500), list[values.Mixed](r, 120), list[string](r, 200)
		shape, mixed := fill[outcome](r), fill[values.Mixed](r)
		wg.Go(func() { passes(t, "numbers", numbers, w.Flows.Numbers) })
		wg.Go(func() { passes(t, "mixes", mixes, w.Flows.Mixes) })
		wg.Go(func() { passes(t, "ticks", make([]struct{}, 300), w.Flows.Ticks) })
		wg.Go(func() { passes(t, "an empty stream", nil, w.Flows.Numbers) })
		wg.Go(func() { arrives(t, "number", 42, w.Flows.Number) })
		wg.Go(func() { arrives(t, "outcome", shape, w.Flows.Outcome) })
		wg.Go(func() { arrives(t, "signal", struct{}{}, w.Flows.Signal) })
		wg.Go(func() { bytesPass(t, w, bytes.Repeat([]byte("brillig "), 40_000)) })
		wg.Go(func() { flowsInValues(t, w, texts, mixed) })
	}
	wg.Wait()
	settled(t, w)
}

func list[T any](r random, n int) []T {
	l := make([]T, n)
	for i := range l {
		l[i] = fill[T](r)
	}
	return l
}

func bytesPass(t *testing.T, w *values.Values, data []byte) {
	s, err := w.Flows.Bytes(t.Context(), bytes.NewReader(data))
	if err != nil {
		t.Errorf("bytes: %v", err)
		return
	}
	defer s.Close()
	if got, err := io.ReadAll(s); err != nil || !bytes.Equal(got, data) {
		t.Errorf("bytes: %d of %d, %v", len(got), len(data), err)
	}
}

// flowsInValues has streams and futures within lists, options and records.
func flowsInValues(t *testing.T, w *values.Values, texts []string, mixed values.Mixed) {
	many, err := w.Flows.Many(t.Context(), []seq[string]{flow(texts), flow(texts[:1]), nil}, host.Some[future[values.Mixed]](soon(mixed)))
	if err != nil || len(many.F0) != 3 || !many.F1.Some {
		t.Errorf("many: %v, %v", many, err)
		return
	}
	for i, want := range [][]string{texts, texts[:1], nil} {
		if got, err := collect(many.F0[i]); err != nil || !slices.Equal(got, want) {
			t.Errorf("many: stream %d: %d of %d, %v", i, len(got), len(want), err)
		}
	}
	if got, err := many.F1.Value(t.Context()); err != nil || !cmp.Equal(got, mixed) {
		t.Errorf("many: future: %v", err)
	}
	back, err := w.Flows.RecordOfFlows(t.Context(), values.ExportedFlow{Name: "river", Items: flow(texts), End: soon(uint32(7))})
	if err != nil || back.Name != "river" {
		t.Errorf("record: %v, %v", back, err)
		return
	}
	if got, err := collect(back.Items); err != nil || !slices.Equal(got, texts) {
		t.Errorf("record: %d of %d, %v", len(got), len(texts), err)
	}
	if n, err := back.End(t.Context()); n != 7 || err != nil {
		t.Errorf("record: %d, %v", n, err)
	}
}

// settled waits until nothing is going on, and wants nothing to be left.
func settled(t *testing.T, w *values.Values) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := w.Instance().WaitIdle(ctx); err != nil {
		t.Errorf("not idle: %v; %v", err, w.Instance().Stats())
	}
	if s := w.Instance().Stats(); s.Tasks != 0 || s.Handles != 0 || s.HostWork != 0 {
		t.Errorf("left over: %v", s)
	}
}

// TestFlowsEndEarly has readers that leave, senders that fail and values that
// never come.
func TestFlowsEndEarly(t *testing.T) {
	w := startValues(t)
	ctx := t.Context()
	endless := func(yield func(uint32, error) bool) {
		for i := uint32(0); yield(i, nil); i++ {
		}
	}
	s, err := w.Flows.Numbers(ctx, endless)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range s {
		if n++; n == 100 || err != nil {
			break
		}
	}
	for _, err := range s {
		if err != bindings.ErrUsed {
			t.Errorf("second loop: %v", err)
		}
	}
	failing := func(context.Context) (uint32, error) { return 0, errors.New("no value") }
	f, err := w.Flows.Number(ctx, failing)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := f(ctx); err != bindings.ErrDropped {
		t.Errorf("a future that fails: %d, %v", v, err)
	}
	if _, err := f(ctx); err != bindings.ErrDropped {
		t.Errorf("the same future again: %v", err)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	forever := func(ctx context.Context) (uint32, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	never, err := w.Flows.Number(ctx, forever)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := never(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a future that never comes: %v", err)
	}
}

// thingsHost counts the things that live.
type thingsHost struct{ live atomic.Int64 }

// A thing of the host.
type thing struct {
	host *thingsHost
	name string
}

func (h *thingsHost) NewThing(_ context.Context, name string) (values.Thing, error) {
	h.live.Add(1)
	return &thing{h, name}, nil
}

func (h *thingsHost) ThingMerge(ctx context.Context, a, b values.Thing) (values.Thing, error) {
	defer a.Close() // it is ours now
	return h.NewThing(ctx, a.(*thing).name+"+"+b.(*thing).name)
}

func (h *thingsHost) ThingOpen(ctx context.Context, name string) (values.Thing, error) {
	if name == "" {
		return nil, bindings.Fail("no name")
	}
	return h.NewThing(ctx, name)
}

func (h *thingsHost) Take(_ context.Context, t values.Thing) (string, error) {
	return t.(*thing).name, t.Close()
}

func (h *thingsHost) Show(_ context.Context, t values.Thing) (string, error) {
	return t.(*thing).name, nil
}

func (h *thingsHost) Boxes(ctx context.Context, names []string) ([]values.Box, error) {
	var boxes []values.Box
	for _, name := range names {
		t, _ := h.NewThing(ctx, name)
		boxes = append(boxes, values.Box{Label: "box of " + name, Thing: t})
	}
	return boxes, nil
}

func (h *thingsHost) Unpack(ctx context.Context, boxes []values.Box) ([]string, error) {
	var names []string
	for _, b := range boxes {
		name, _ := h.Take(ctx, b.Thing)
		names = append(names, b.Label+": "+name)
	}
	return names, nil
}

func (t *thing) Name(context.Context) (string, error) { return t.name, nil }

func (t *thing) Rename(_ context.Context, name string) (string, error) {
	time.Sleep(time.Millisecond)
	old := t.name
	t.name = name
	return old, nil
}

func (t *thing) Close() error {
	t.host.live.Add(-1)
	return nil
}

// TestThings has resources of the guest that stand for resources of the host.
func TestThings(t *testing.T) {
	things := new(thingsHost)
	w := startValuesWith(t, things)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := useThings(t.Context(), w, fmt.Sprint("thing ", i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	settled(t, w)
	if n := things.live.Load(); n != 0 {
		t.Errorf("%d things of the host live on", n)
	}
}

func useThings(ctx context.Context, w *values.Values, name string) error {
	var errs []error
	want := func(what, got string, err error, want string) {
		if err != nil || got != want {
			errs = append(errs, fmt.Errorf("%s: %q, %v; want %q", what, got, err, want))
		}
	}
	a, err := w.Things.NewThing(ctx, name)
	if err != nil {
		return err
	}
	got, err := a.Name(ctx)
	want("name", got, err, name)
	got, err = a.Rename(ctx, "a")
	want("rename", got, err, name)
	got, err = w.Things.Show(ctx, a)
	want("show", got, err, "a")
	busy, err := w.Things.NewThing(ctx, "busy")
	if err != nil {
		return err
	}
	renamed := make(chan error)
	go func() {
		_, err := busy.Rename(ctx, "closed")
		renamed <- err
	}()
	if err := busy.Close(); err != nil { // now, or when the call has ended
		errs = append(errs, err)
	}
	if err := <-renamed; err != nil && err != bindings.ErrGone {
		errs = append(errs, err)
	}
	b, err := w.Things.ThingOpen(ctx, "b")
	if err != nil {
		return err
	}
	defer b.Close()
	_, err = w.Things.ThingOpen(ctx, "")
	message, _ := bindings.AsValue[string](err)
	want("open", message, nil, "no name")
	ab, err := w.Things.ThingMerge(ctx, a, b)
	if err != nil {
		return err
	}
	if _, err := a.Name(ctx); err != bindings.ErrGone {
		errs = append(errs, fmt.Errorf("a thing that was given away: %v", err))
	}
	got, err = w.Things.Take(ctx, ab)
	want("take", got, err, "a+b")
	boxes, err := w.Things.Boxes(ctx, []string{"x", "y"})
	if err != nil {
		return err
	}
	names, err := w.Things.Unpack(ctx, boxes)
	want("unpack", strings.Join(names, ", "), err, "box of x: x, box of y: y")
	if err := a.Close(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// TestRefused gives resources to calls that do not take place.
func TestRefused(t *testing.T) {
	things := new(thingsHost)
	w := startValuesWith(t, things)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	a, err := w.Things.NewThing(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Things.Take(gone, a); err != context.Canceled {
		t.Errorf("take: %v", err)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			b, err := w.Things.NewThing(t.Context(), "b")
			if err != nil {
				t.Error(err)
				return
			}
			short, cancel := context.WithTimeout(t.Context(), 100*time.Microsecond)
			defer cancel()
			if _, err := w.Things.Unpack(short, []values.ExportedBox{{Label: "box", Thing: b}}); err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("unpack: %v", err)
			}
		})
	}
	wg.Wait()
	if _, err := w.Flows.Numbers(gone, flow([]uint32{1, 2, 3})); err != context.Canceled {
		t.Errorf("numbers: %v", err)
	}
	settled(t, w)
	if n := things.live.Load(); n != 0 {
		t.Errorf("%d things of the host live on", n)
	}
}
