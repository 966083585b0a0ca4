// Package export_test_exchange_shop has things of its own.
package export_test_exchange_shop

import (
	"slices"
	"time"

	"github.com/isyswasfa/isyswasfa/guest/wit/types"
)

// Made and Ended count things.
var Made, Ended uint32

// A Thing has a name.
type Thing struct{ name string }

// MakeThing makes a thing.
func MakeThing(name string) *Thing {
	Made++
	return &Thing{name}
}

// OnDrop counts.
func (t *Thing) OnDrop() {
	time.Sleep(time.Millisecond) // it may wait
	Ended++
}

// Name gives the name.
func (t *Thing) Name() string { return t.name }

// Rename changes the name.
func (t *Thing) Rename(name string) { t.name = name }

// Wait gives the name that the thing has after a while.
func (t *Thing) Wait(ms uint32) string {
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return t.name
}

// ThingBest gives the name that is last in the alphabet.
func ThingBest(things []*Thing) types.Option[string] {
	if len(things) == 0 {
		return types.None[string]()
	}
	best := slices.MaxFunc(things, func(a, b *Thing) int { return slices.Compare([]byte(a.name), []byte(b.name)) })
	return types.Some(best.name)
}

// ThingMake makes a thing after a while.
func ThingMake(name string, ms uint32) *Thing {
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return MakeThing(name)
}

// Raise adds one to the price.
func Raise(offer Offer) Offer {
	offer.Price++
	return offer
}

// Reverse reverses.
func Reverse(things []*Thing, ms uint32) []*Thing {
	time.Sleep(time.Duration(ms) * time.Millisecond)
	slices.Reverse(things)
	return things
}
