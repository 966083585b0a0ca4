// Package export_wit_world uses what the world imports.
package export_wit_world

import (
	"fmt"
	"time"

	"github.com/isyswasfa/isyswasfa/guest/wit/types"
	exported "github.com/isyswasfa/isyswasfa/test/cases/exchange/export_test_exchange_flow"
	own "github.com/isyswasfa/isyswasfa/test/cases/exchange/export_test_exchange_shop"
	flow "github.com/isyswasfa/isyswasfa/test/cases/exchange/test_exchange_flow"
	shop "github.com/isyswasfa/isyswasfa/test/cases/exchange/test_exchange_shop"
)

// Tour goes through the imports.
func Tour() (found []string) {
	say := func(args ...any) { found = append(found, fmt.Sprint(args...)) }
	a, b := shop.MakeThing("a"), shop.ThingMake("b", 1)
	defer a.Drop()
	say(a.Name(), b.Name())
	b.Rename("c")
	say(b.Wait(1), shop.ThingBest([]*shop.Thing{a, b}).Some(), shop.ThingBest(nil).IsNone())
	offer := shop.Raise(shop.Offer{Thing: b, Price: 1})
	say(offer.Thing.Name(), offer.Price)
	things := shop.Reverse([]*shop.Thing{offer.Thing, shop.MakeThing("d")}, 1)
	for _, t := range things {
		say(t.Name())
	}

	tx, rx := flow.MakeStreamTestExchangeShopThing()
	go func() {
		defer tx.Drop()
		tx.WriteAll(things)
	}()
	say(flow.Names(rx))
	read := flow.Things([]string{"e", "f"})
	defer read.Drop()
	for buf := make([]*shop.Thing, 1); read.Read(buf) == 1; {
		say(buf[0].Name())
		buf[0].Drop()
	}
	items := flow.Items(3)
	say(len(flow.Collect(items)))
	fx, fr := flow.MakeFutureString()
	go fx.Write("text")
	say(flow.Shout(fr).Some())
	value, ok := flow.Later(types.Some("late")).Receive()
	say(value, ok)
	_, ok = flow.Later(types.None[string]()).Receive()
	say(ok)
	return found
}

// Relay gives streams and futures of the exported interface to imports and the
// other way round.
func Relay(items uint32) uint64 {
	sum := uint64(0)
	for _, item := range flow.Collect(exported.Items(items)) {
		sum += uint64(item.Size)
	}
	for _, item := range exported.Collect(flow.Items(items)) {
		sum += uint64(item.Size)
	}
	tx, rx := exported.MakeStreamU64()
	go func() {
		defer tx.Drop()
		tx.Write([]uint64{sum})
	}()
	double := flow.Double(rx)
	defer double.Drop()
	var buf [1]uint64
	double.Read(buf[:])
	if flow.Shout(exported.Later(types.Some("x"))).Some() != "X" || flow.Shout(exported.Later(types.None[string]())).IsSome() {
		return 0
	}
	return buf[0]
}

// Count tells of the exported things.
func Count() (made, ended uint32) { return own.Made, own.Ended }

// Nap sleeps.
func Nap(ms uint32) { time.Sleep(time.Duration(ms) * time.Millisecond) }

// Stuck waits for an async import.
func Stuck() { shop.ThingMake("never", 1) }
