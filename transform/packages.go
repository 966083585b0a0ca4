package transform

import (
	"slices"

	"github.com/isyswasfa/isyswasfa/wit"
)

// resolve collects the copied packages, each after those it mentions. In text
// no package may mention itself through others.
func (c *copier) resolve() error {
	for _, i := range c.order {
		i.Package.Interfaces = append(i.Package.Interfaces, i)
	}
	r := &wit.Resolve{}
	visiting, done := map[*wit.Package]bool{}, map[*wit.Package]bool{}
	var visit func(p *wit.Package) error
	visit = func(p *wit.Package) error {
		visiting[p] = true
		for _, dep := range mentioned(p) {
			switch {
			case dep == p || done[dep]:
			case !visiting[dep]:
				if err := visit(dep); err != nil {
					return err
				}
			case c.options.Text:
				return c.errorf("this world cannot be written as text: packages %s and %s would mention each other", dep.Name, p.Name)
			}
		}
		done[p] = true
		r.Packages = append(r.Packages, p)
		return nil
	}
	for _, i := range c.order {
		if p := i.Package; p != c.result.World.Package && !done[p] {
			if err := visit(p); err != nil {
				return err
			}
		}
	}
	c.result.Resolve = r
	if done[c.result.World.Package] {
		// Only a package that mentions itself through others comes up early.
		at := slices.Index(r.Packages, c.result.World.Package)
		r.Packages = append(slices.Delete(r.Packages, at, at+1), c.result.World.Package)
		return nil
	}
	return visit(c.result.World.Package)
}

// mentioned gives the packages that a package mentions.
func mentioned(p *wit.Package) []*wit.Package {
	var all []*wit.Package
	add := func(i *wit.Interface) {
		if !slices.Contains(all, i.Package) {
			all = append(all, i.Package)
		}
	}
	for _, i := range p.Interfaces {
		for _, m := range wit.Mentions(i) {
			add(m)
		}
	}
	for _, w := range p.Worlds {
		for _, it := range slices.Concat(w.Imports, w.Exports) {
			if it.Interface != nil {
				add(it.Interface)
				for _, m := range wit.Mentions(it.Interface) {
					add(m)
				}
			}
		}
	}
	return all
}
