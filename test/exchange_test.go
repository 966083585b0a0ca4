package test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	exchange "github.com/isyswasfa/isyswasfa/test/cases/exchange/host"
)

// A hostShop has things on the host's side.
type hostShop struct{ made, closed atomic.Int32 }

type hostThing struct {
	shop *hostShop
	mu   sync.Mutex
	name string
}

func (t *hostThing) Name(context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.name, nil
}

func (t *hostThing) Rename(_ context.Context, name string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.name = name
	return nil
}

func (t *hostThing) Wait(ctx context.Context, ms uint32) (string, error) {
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return t.Name(ctx)
}

func (t *hostThing) Close() error {
	t.shop.closed.Add(1)
	return nil
}

func (s *hostShop) NewThing(_ context.Context, name string) (exchange.Thing, error) {
	s.made.Add(1)
	return &hostThing{shop: s, name: name}, nil
}

func (s *hostShop) ThingBest(ctx context.Context, things []exchange.Thing) (best host.Option[string], err error) {
	for _, t := range things {
		if name, _ := t.Name(ctx); name > best.Value {
			best = host.Some(name)
		}
	}
	return best, nil
}

func (s *hostShop) ThingMake(ctx context.Context, name string, ms uint32) (exchange.Thing, error) {
	if name == "never" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return s.NewThing(ctx, name)
}

func (s *hostShop) Raise(_ context.Context, o exchange.Offer) (exchange.Offer, error) {
	o.Price++
	return o, nil
}

func (s *hostShop) Reverse(_ context.Context, things []exchange.Thing, ms uint32) ([]exchange.Thing, error) {
	time.Sleep(time.Duration(ms) * time.Millisecond)
	slices.Reverse(things)
	return things, nil
}

type hostFlow struct{ *hostShop }

func sequence[T any](items ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

func gather[T any](seq iter.Seq2[T, error]) (items []T, err error) {
	for item, err := range seq {
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
	return items, nil
}

func makeItems(n uint32) []exchange.Item {
	var items []exchange.Item
	for i := range n {
		items = append(items, exchange.Item{Name: fmt.Sprint("item ", i), Size: i})
	}
	return items
}

func (f hostFlow) Items(_ context.Context, count uint32) (iter.Seq2[exchange.Item, error], error) {
	return sequence(makeItems(count)...), nil
}

func (f hostFlow) Collect(_ context.Context, items iter.Seq2[exchange.Item, error]) ([]exchange.Item, error) {
	return gather(items)
}

var errNothing = errors.New("nothing was sent")

func (f hostFlow) Later(_ context.Context, text host.Option[string]) (func(context.Context) (string, error), error) {
	return func(context.Context) (string, error) {
		time.Sleep(time.Millisecond)
		if !text.Some {
			return "", errNothing
		}
		return text.Value, nil
	}, nil
}

func (f hostFlow) Shout(ctx context.Context, text func(context.Context) (string, error)) (host.Option[string], error) {
	s, err := text(ctx)
	if err != nil {
		return host.None[string](), nil
	}
	return host.Some(strings.ToUpper(s)), nil
}

func (f hostFlow) Things(ctx context.Context, names []string) (iter.Seq2[exchange.Thing, error], error) {
	return func(yield func(exchange.Thing, error) bool) {
		for _, name := range names {
			if !yield(f.NewThing(ctx, name)) {
				return
			}
		}
	}, nil
}

func (f hostFlow) Names(ctx context.Context, things iter.Seq2[exchange.Thing, error]) ([]string, error) {
	var names []string
	for t, err := range things {
		if err != nil {
			return nil, err
		}
		name, _ := t.Name(ctx)
		names = append(names, name)
		t.Close()
	}
	return names, nil
}

func (f hostFlow) Double(_ context.Context, n iter.Seq2[uint64, error]) (iter.Seq2[uint64, error], error) {
	return func(yield func(uint64, error) bool) {
		for v, err := range n {
			if !yield(2*v, err) {
				return
			}
		}
	}, nil
}

func (f hostFlow) Bytes(_ context.Context, data io.ReadCloser) (io.Reader, error) { return data, nil }

// TestExchange has resources, streams and futures go both ways between a
// guest and its host.
func TestExchange(t *testing.T) {
	engine, c := compiled(t, "exchange")
	for _, tt := range []struct {
		name string
		test func(*testing.T, *exchange.Exchange, *hostShop)
	}{
		{"imports", exchangeImports}, {"resources", exchangeResources}, {"flow", exchangeFlow}, {"relay", exchangeRelay},
		{"sync", exchangeSync}, {"borrows", exchangeBorrows}, {"many", exchangeMany},
	} {
		t.Run(tt.name, func(t *testing.T) {
			shop := &hostShop{}
			w, err := exchange.Instantiate(context.Background(), engine, c, exchange.Imports{Shop: shop, Flow: hostFlow{shop}}, host.InstanceConfig{})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close(context.Background())
			tt.test(t, w, shop)
			nothingLeft(t, w.Instance())
		})
	}
}

// nothingLeft checks that the instance has no handle and no task any more.
func nothingLeft(t *testing.T, in *host.Instance) {
	t.Helper()
	wait, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	if err := in.WaitIdle(wait); err != nil {
		t.Errorf("%v: %v", err, in.Stats())
	}
	if s := in.Stats(); s.Tasks != 0 || s.Listens != 0 || s.HostWork != 0 || s.Handles != 0 {
		t.Errorf("left over: %v", s)
	}
}

// exchangeImports lets the guest use resources, streams and futures of the
// host.
func exchangeImports(t *testing.T, w *exchange.Exchange, shop *hostShop) {
	got, err := w.Tour(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ab", "cctrue", "c2", "d", "c", "[d c]", "e", "f", "3", "TEXT", "latetrue", "false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	nothingLeft(t, w.Instance())
	if made, closed := shop.made.Load(), shop.closed.Load(); made != 5 || closed != made {
		t.Errorf("%d things made, %d closed", made, closed)
	}
}

// exchangeResources uses resources of the guest.
func exchangeResources(t *testing.T, w *exchange.Exchange, _ *hostShop) {
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	name := func(thing *exchange.ExportedThing) string {
		t.Helper()
		s, err := thing.Name(ctx)
		must(err)
		return s
	}
	a, err := w.Shop.NewThing(ctx, "a")
	must(err)
	b, err := w.Shop.ThingMake(ctx, "b", 1)
	must(err)
	must(b.Rename(ctx, "c"))
	if s, err := b.Wait(ctx, 1); err != nil || s != "c" {
		t.Errorf("Wait: %q, %v", s, err)
	}
	best, err := w.Shop.ThingBest(ctx, []*exchange.ExportedThing{a, b, a})
	if must(err); best != host.Some("c") {
		t.Errorf("best: %v", best)
	}
	offer, err := w.Shop.Raise(ctx, exchange.ExportedOffer{Thing: a, Price: 6})
	if must(err); offer.Price != 7 || name(offer.Thing) != "a" {
		t.Errorf("offer: %v", offer)
	}
	for _, ms := range []uint32{0, 2} {
		things, err := w.Shop.Reverse(ctx, []*exchange.ExportedThing{offer.Thing, b}, ms)
		if must(err); len(things) != 2 || name(things[0]) != "c" || name(things[1]) != "a" {
			t.Fatalf("reversed: %v", things)
		}
		offer.Thing, b = things[1], things[0]
	}
	must(offer.Thing.Close())
	must(b.Close())
	nothingLeft(t, w.Instance())
	if n, err := w.Count(ctx); err != nil || n != (host.Tuple2[uint32, uint32]{F0: 2, F1: 2}) {
		t.Errorf("made and ended: %v, %v", n, err)
	}
}

// exchangeFlow uses streams and futures whose ends the guest implements.
func exchangeFlow(t *testing.T, w *exchange.Exchange, _ *hostShop) {
	ctx := t.Context()
	const n = 500
	items, err := w.Flow.Items(ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := gather(items); err != nil || cmp.Diff(makeItems(n), got) != "" {
		t.Errorf("Items: %v, %v", len(got), err)
	}
	if got, err := w.Flow.Collect(ctx, sequence(makeItems(n)...)); err != nil || cmp.Diff(makeItems(n), got) != "" {
		t.Errorf("Collect: %v, %v", len(got), err)
	}
	if items, err = w.Flow.Items(ctx, n); err != nil {
		t.Fatal(err)
	}
	for item, err := range items {
		if err != nil || item.Size == 100 {
			break // the writer learns that nobody reads
		}
	}

	later, err := w.Flow.Later(ctx, host.Some("late"))
	if err != nil {
		t.Fatal(err)
	}
	if s, err := later(ctx); err != nil || s != "late" {
		t.Errorf("Later: %q, %v", s, err)
	}
	if later, err = w.Flow.Later(ctx, host.None[string]()); err != nil {
		t.Fatal(err)
	}
	if s, err := later(ctx); err == nil {
		t.Errorf("a future that was dropped gives %q", s)
	}
	sent := func(context.Context) (string, error) { return "text", nil }
	if s, err := w.Flow.Shout(ctx, sent); err != nil || s != host.Some("TEXT") {
		t.Errorf("Shout: %v, %v", s, err)
	}

	things, err := w.Flow.Things(ctx, []string{"a", "b", "c"})
	if err != nil {
		t.Fatal(err)
	}
	if names, err := w.Flow.Names(ctx, things); err != nil || cmp.Diff([]string{"a", "b", "c"}, names) != "" {
		t.Errorf("Names: %v, %v", names, err)
	}

	double, err := w.Flow.Double(ctx, sequence[uint64](1, 2, 3))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := gather(double); err != nil || cmp.Diff([]uint64{2, 4, 6}, got) != "" {
		t.Errorf("Double: %v, %v", got, err)
	}
	data := bytes.Repeat([]byte("0123456789"), 20_000)
	echo, err := w.Flow.Bytes(ctx, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(echo); err != nil || !bytes.Equal(got, data) {
		t.Errorf("Bytes: %d bytes, %v", len(got), err)
	}
	echo.Close()
	nothingLeft(t, w.Instance())
	if n, err := w.Count(ctx); err != nil || n.F0 != n.F1 {
		t.Errorf("things made and ended: %v, %v", n, err)
	}
}

// exchangeRelay passes streams and futures of one side to the other.
func exchangeRelay(t *testing.T, w *exchange.Exchange, _ *hostShop) {
	const n = 1000
	if got, err := w.Relay(t.Context(), n); err != nil || got != 2*n*(n-1) {
		t.Errorf("%d, %v; want %d", got, err, 2*n*(n-1))
	}
}

type hostJudge string

func (j hostJudge) Name(context.Context) (string, error) { return string(j), nil }
func (j hostJudge) Close() error                         { return nil }

// exchangeBorrows lends resources of the host, alone and in lists of records:
// a guest that keeps one traps.
func exchangeBorrows(t *testing.T, w *exchange.Exchange, _ *hostShop) {
	votes := []exchange.Vote{{By: hostJudge("a"), Points: 1}, {By: hostJudge("b"), Points: 3}, {By: hostJudge("c"), Points: 2}}
	for range 3 {
		if got, err := w.Contest.Winner(t.Context(), votes, host.None[exchange.Judge]()); err != nil || got != host.Some("b") {
			t.Errorf("%v, %v", got, err)
		}
		if got, err := w.Contest.Winner(t.Context(), nil, host.Some[exchange.Judge](hostJudge("d"))); err != nil || got != host.Some("d") {
			t.Errorf("%v, %v", got, err)
		}
	}
}

// exchangeSync waits in functions that are not async.
func exchangeSync(t *testing.T, w *exchange.Exchange, _ *hostShop) {
	start := time.Now()
	if err := w.Nap(t.Context(), 20); err != nil || time.Since(start) < 20*time.Millisecond {
		t.Errorf("a nap of %v: %v", time.Since(start), err)
	}
}

// TestExchangeStuck lets a function that is not async wait for an async one:
// the guest says what is wrong, and the error where.
func TestExchangeStuck(t *testing.T) {
	engine, c := compiled(t, "exchange")
	shop := &hostShop{}
	var stderr bytes.Buffer
	conf := host.InstanceConfig{Values: wasi.With(nil, wasi.Config{Stderr: &stderr})}
	w, err := exchange.Instantiate(context.Background(), engine, c, exchange.Imports{Shop: shop, Flow: hostFlow{shop}}, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close(context.Background())
	err = w.Stuck(t.Context())
	if err == nil || !strings.Contains(err.Error(), "stuck: unreachable: the Go program has panicked in ") || !strings.Contains(stderr.String(), "stuck is not an async function") {
		t.Errorf("%v\n%s", err, stderr.String())
	}
}

// exchangeMany has many streams, futures and resources under way at once.
func exchangeMany(t *testing.T, w *exchange.Exchange, _ *hostShop) {
	ctx := t.Context()
	one := func(n uint32) error {
		items, err := w.Flow.Items(ctx, n)
		if err != nil {
			return err
		}
		got, err := w.Flow.Collect(ctx, items) // from the guest, by way of the host, to the guest
		if err != nil || len(got) != int(n) {
			return fmt.Errorf("%d items of %d: %w", len(got), n, err)
		}
		thing, err := w.Shop.ThingMake(ctx, "x", n%3)
		if err != nil {
			return err
		}
		things, err := w.Shop.Reverse(ctx, []*exchange.ExportedThing{thing}, n%2)
		if err != nil {
			return err
		}
		names, err := w.Flow.Names(ctx, sequence(things...))
		if err != nil || len(names) != 1 {
			return fmt.Errorf("%v: %w", names, err)
		}
		later, err := w.Flow.Later(ctx, host.Some("y"))
		if err != nil {
			return err
		}
		if s, err := w.Flow.Shout(ctx, later); err != nil || s.Value != "Y" {
			return fmt.Errorf("%v: %w", s, err)
		}
		_, err = w.Relay(ctx, n)
		return err
	}
	var wg sync.WaitGroup
	for i := range uint32(50) {
		wg.Go(func() {
			if err := one(i * 7); err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	wg.Wait()
}
