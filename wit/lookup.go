package wit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// World gives the world of that name: "service", "wasi:http/service" or
// "wasi:http/service@0.3.0". "" means the only world of the last package,
// which is the main one of [ParseDir] and [ParseText]. Where a name fits
// worlds of several packages, the last package's is meant. The error lists
// the worlds there are.
func (r *Resolve) World(name string) (*World, error) {
	if name == "" {
		return r.onlyWorld()
	}
	for _, p := range slices.Backward(r.Packages) {
		for _, w := range p.Worlds {
			id, bare := w.ID(), w.ID()
			bare, _, _ = strings.Cut(bare, "@")
			if name == w.Name || name == id || name == bare {
				return w, nil
			}
		}
	}
	names := r.WorldNames()
	if len(names) == 0 {
		return nil, fmt.Errorf("no world `%s`: there are no worlds", name)
	}
	short := slices.Clone(names)
	for _, p := range r.Packages {
		for _, w := range p.Worlds {
			short = append(short, w.Name)
		}
	}
	return nil, fmt.Errorf("no world `%s`%s\nthe worlds are: %s", name, nearest(name, short), strings.Join(names, ", "))
}

func (r *Resolve) onlyWorld() (*World, error) {
	if len(r.Packages) == 0 {
		return nil, errors.New("there are no worlds")
	}
	worlds := r.Packages[len(r.Packages)-1].Worlds
	if len(worlds) == 1 {
		return worlds[0], nil
	}
	var names []string
	for _, w := range worlds {
		names = append(names, w.ID())
	}
	if len(names) == 0 {
		names = r.WorldNames()
	}
	return nil, fmt.Errorf("say which world is meant: %s", strings.Join(names, ", "))
}

// WorldNames gives the full names of all worlds of the packages, in order.
func (r *Resolve) WorldNames() []string {
	var names []string
	for _, p := range r.Packages {
		for _, w := range p.Worlds {
			names = append(names, w.ID())
		}
	}
	return names
}
