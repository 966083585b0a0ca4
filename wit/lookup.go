package wit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// World gives the world of that name: "service", "wasi:http/service" or
// "wasi:http/service@0.3.0". "" means the only world of the main package.
// Where a name fits worlds of several packages, the main package's is meant,
// else the last one's. The error lists the worlds there are.
func (r *Resolve) World(name string) (*World, error) {
	if name == "" {
		return r.onlyWorld()
	}
	if main := r.main(); main != nil {
		if w := main.world(name); w != nil {
			return w, nil
		}
	}
	for _, p := range slices.Backward(r.Packages) {
		if w := p.world(name); w != nil {
			return w, nil
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
	return nil, fmt.Errorf("no world `%s`%s\nthe worlds are: %s", name, Nearest(name, short), strings.Join(names, ", "))
}

// world gives the world that a name may mean, or nil.
func (p *Package) world(name string) *World {
	for _, w := range p.Worlds {
		bare, _, _ := strings.Cut(w.ID(), "@")
		if name == w.Name || name == w.ID() || name == bare {
			return w
		}
	}
	return nil
}

// main gives the main package, or nil if there are no packages.
func (r *Resolve) main() *Package {
	if r.Main != nil || len(r.Packages) == 0 {
		return r.Main
	}
	return r.Packages[len(r.Packages)-1]
}

func (r *Resolve) onlyWorld() (*World, error) {
	main := r.main()
	if main == nil {
		return nil, errors.New("there are no worlds")
	}
	worlds := main.Worlds
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
