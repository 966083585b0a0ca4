// Package export_test_exchange_flow has streams and futures of its own.
package export_test_exchange_flow

import (
	"fmt"
	"strings"
	"time"

	"github.com/isyswasfa/isyswasfa/guest/wit/types"
	shop "github.com/isyswasfa/isyswasfa/test/cases/exchange/export_test_exchange_shop"
	"github.com/isyswasfa/isyswasfa/test/cases/exchange/test_exchange_flow"
)

// Item is one on both sides.
type Item = test_exchange_flow.Item

// Items gives items one by one.
func Items(count uint32) *types.StreamReader[Item] {
	tx, rx := MakeStreamItem()
	go func() {
		defer tx.Drop()
		for i := range count {
			if i%100 == 0 {
				time.Sleep(time.Millisecond)
			}
			if tx.Write([]Item{{Name: fmt.Sprint("item ", i), Size: i}}) == 0 {
				return
			}
		}
	}()
	return rx
}

// Collect reads all items.
func Collect(items *types.StreamReader[Item]) []Item { return all(items, 7) }

func all[T any](r *types.StreamReader[T], n int) []T {
	defer r.Drop()
	var found []T
	buf := make([]T, n)
	for !r.WriterDropped() {
		found = append(found, buf[:r.Read(buf)]...)
	}
	return found
}

// Later gives the text after a while, or drops the future.
func Later(text types.Option[string]) *types.FutureReader[string] {
	tx, rx := MakeFutureString()
	go func() {
		time.Sleep(time.Millisecond)
		if text.IsSome() {
			tx.Write(text.Some())
		} else {
			tx.Drop()
		}
	}()
	return rx
}

// Shout waits for a text.
func Shout(text *types.FutureReader[string]) types.Option[string] {
	if s, ok := text.Receive(); ok {
		return types.Some(strings.ToUpper(s))
	}
	return types.None[string]()
}

// Things makes a thing of each name.
func Things(names []string) *types.StreamReader[*shop.Thing] {
	tx, rx := MakeStreamTestExchangeShopThing()
	go func() {
		defer tx.Drop()
		for _, name := range names {
			tx.Write([]*shop.Thing{shop.MakeThing(name)})
		}
	}()
	return rx
}

// Names ends things and gives their names.
func Names(things *types.StreamReader[*shop.Thing]) []string {
	var names []string
	for _, t := range all(things, 2) {
		names = append(names, t.Name())
		t.Drop()
	}
	return names
}

// Double doubles each number, while it reads.
func Double(n *types.StreamReader[uint64]) *types.StreamReader[uint64] {
	tx, rx := MakeStreamU64()
	go func() {
		defer n.Drop()
		defer tx.Drop()
		buf := make([]uint64, 10)
		for !n.WriterDropped() {
			got := buf[:n.Read(buf)]
			for i := range got {
				got[i] *= 2
			}
			if tx.Write(got); tx.ReaderDropped() {
				return
			}
		}
	}()
	return rx
}

// Bytes gives what it gets.
func Bytes(data *types.StreamReader[uint8]) *types.StreamReader[uint8] { return data }
