package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/transform/bridge"
)

// addBridges puts a bridge into every link whose ends differ in the colour of
// functions: one calls a function, the other has its start and result halves.
func (c *composer) addBridges() error {
	for _, in := range slices.Clone(c.order) {
		for _, l := range in.links {
			if l.from == nil || l.item.Sort != component.SortInstance {
				continue
			}
			diffs := bridge.Differences(l.exported().Items, l.item.Items)
			if len(diffs) == 0 {
				continue
			}
			if err := c.addBridge(l, diffs); err != nil {
				return fmt.Errorf("%s: %w", in.def.name, err)
			}
		}
	}
	return nil
}

func (c *composer) addBridge(l *link, diffs []bridge.Difference) error {
	data, err := l.in.def.bridges().Build(l.item.Name, diffs)
	if err != nil {
		return err
	}
	d, err := c.parse(Input{Name: fmt.Sprintf("the bridge for the import %q of %s", l.item.Name, l.in.def.name), Data: data})
	if err != nil {
		return err
	}
	between := newInstance(c.bridgeName(l), d)
	c.order = append(c.order, between)
	for _, own := range between.links {
		source := l.in.link(own.item.Name)
		if own.item.Name == l.item.Name {
			source = l
		}
		if source != nil {
			own.from, own.export = source.from, source.export
		}
	}
	c.noteBridge(l, diffs)
	l.from, l.export = between, component.Find(d.surface.Exports, l.item.Name)
	return nil
}

// bridgeName gives a bridge a name for readers.
func (c *composer) bridgeName(l *link) string { return c.label(l.in) + " to " + c.label(l.from) }

// noteBridge says what a bridge is for, and what it means on other hosts.
func (c *composer) noteBridge(l *link, diffs []bridge.Difference) {
	var async, plain []string
	for _, d := range diffs {
		if d.Async {
			async = append(async, d.Name)
		} else {
			plain = append(plain, d.Name)
		}
	}
	if async != nil {
		c.note("%s of %q: async for %s, but not in %s; a bridge joins them, which blocks the caller on hosts other than isyswasfa's",
			strings.Join(async, ", "), l.item.Name, l.in.def.name, l.from.def.name)
	}
	if plain != nil {
		c.note("%s of %q: async in %s, but not for %s; a bridge joins them, which needs isyswasfa:bridge/bridge of the host, as isyswasfa's has",
			strings.Join(plain, ", "), l.item.Name, l.from.def.name, l.in.def.name)
	}
}
