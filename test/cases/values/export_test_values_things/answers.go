// Package export_test_values_things has things that stand for things of the
// host.
package export_test_values_things

import (
	"github.com/isyswasfa/isyswasfa/guest/wit/types"
	host "github.com/isyswasfa/isyswasfa/test/cases/values/test_values_things"
)

// A Thing stands for a thing of the host.
type Thing struct{ of *host.Thing }

// OnDrop drops the host's thing.
func (t *Thing) OnDrop() { t.of.Drop() }

// MakeThing makes a thing.
func MakeThing(name string) *Thing { return &Thing{host.MakeThing(name)} }

// Name gives the name.
func (t *Thing) Name() string { return t.of.Name() }

// Rename gives another name and answers the old one.
func (t *Thing) Rename(name string) string { return t.of.Rename(name) }

// ThingMerge makes one of two.
func ThingMerge(a, b *Thing) *Thing { return &Thing{host.ThingMerge(a.of, b.of)} }

// ThingOpen makes a thing, or does not.
func ThingOpen(name string) types.Result[*Thing, string] {
	r := host.ThingOpen(name)
	if r.IsErr() {
		return types.Err[*Thing](r.Err())
	}
	return types.Ok[*Thing, string](&Thing{r.Ok()})
}

// Take takes a thing away.
func Take(t *Thing) string { return host.Take(t.of) }

// Show shows a thing.
func Show(t *Thing) string { return host.Show(t.of) }

// Boxes makes a box for each name.
func Boxes(names []string) []Box {
	var boxes []Box
	for _, b := range host.Boxes(names) {
		boxes = append(boxes, Box{b.Label, &Thing{b.Thing}})
	}
	return boxes
}

// Unpack takes boxes away.
func Unpack(boxes []Box) []string {
	var all []host.Box
	for _, b := range boxes {
		all = append(all, host.Box{Label: b.Label, Thing: b.Thing.of})
	}
	return host.Unpack(all)
}
