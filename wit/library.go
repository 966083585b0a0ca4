package wit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// A Library has packages that are read when they are first mentioned.
type Library struct {
	Name string // how errors call the library

	// Packages gives the names of what there is.
	Packages func() []PackageName

	// Text gives the one file that a package is written in, and its path for
	// errors. It may declare a later version than the one that was asked for.
	// Then the package is seen as of the version asked for: items with a later
	// @since are left out, later aliases are replaced by what they stand for,
	// and mentions of other packages at the declared version move along.
	Text func(PackageName) (path, text string, ok bool)
}

func (lib *Library) apply(l *loader) { l.libraries = append(l.libraries, lib) }

// fromLibrary gives a package of the libraries, or nil.
func (l *loader) fromLibrary(name PackageName) (*pkgState, error) {
	for _, lib := range l.libraries {
		path, text, ok := lib.Text(name)
		if !ok {
			continue
		}
		units, err := parseFile(path, text, name.Version)
		if err != nil {
			return nil, err
		}
		u := units[0]
		if len(units) > 1 || u.pkg == nil || u.pkg.name.Namespace != name.Namespace || u.pkg.name.Name != name.Name {
			return nil, fmt.Errorf("%s: want package `%s` and no other", path, name)
		}
		declared := u.pkg.name.Version
		for _, ref := range append(u.refs, u.pkg) {
			if declared != "" && ref.name.Version == declared {
				ref.name.Version = name.Version
			}
		}
		s := &pkgState{name: name, docs: u.docs, units: units, past: declared != name.Version}
		l.packages[name] = s
		return s, nil
	}
	return nil, nil
}

// A Catalog resolves packages of libraries as they are asked for, each once:
// two packages that use a third one share it. It is safe for concurrent use,
// and what it gives must not be changed.
type Catalog struct {
	mu sync.Mutex
	b  *builder
}

// NewCatalog makes a catalog of what the options offer.
func NewCatalog(options ...LoadOption) *Catalog {
	return &Catalog{b: newBuilder(newLoader(options))}
}

// Package gives a package; the name's version says which.
func (c *Catalog) Package(name PackageName) (*Package, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.b.find(name)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, errors.New(c.b.notFound(name))
	}
	if err := c.b.visit(s, nil); err != nil {
		return nil, err
	}
	return s.pkg, nil
}

// notFound says that there is no such package, what there is instead, and
// where it was looked for.
func (l *loader) notFound(name PackageName) string {
	var names, versions []string
	for _, p := range l.known() {
		full := p.Namespace + ":" + p.Name
		if full == name.Namespace+":"+name.Name {
			versions = append(versions, p.Version)
		}
		names = append(names, full)
	}
	msg := fmt.Sprintf("package `%s` not found", name)
	if len(l.places) > 0 {
		msg += " in " + strings.Join(l.places, " or ")
	}
	switch bare := name.Namespace + ":" + name.Name; {
	case len(versions) > 0:
		msg += fmt.Sprintf("; of `%s` there is %s", bare, versionList(versions))
	default:
		slices.Sort(names)
		msg += Nearest(bare, names)
	}
	return msg
}

// known gives the names of all packages that could be found.
func (l *loader) known() []PackageName {
	var all []PackageName
	for name := range l.packages {
		all = append(all, name)
	}
	for _, lib := range l.libraries {
		all = append(all, lib.Packages()...)
	}
	return all
}

// versionList writes versions in order; long runs that differ in the last
// number are written as "0.2.0 to 0.2.12".
func versionList(versions []string) string {
	slices.SortFunc(versions, CompareVersions)
	versions = slices.Compact(versions)
	track := func(v string) string { return v[:strings.LastIndexByte(v, '.')+1] }
	var out []string
	for len(versions) > 0 {
		n := 1
		for n < len(versions) && track(versions[0]) != "" && track(versions[n]) == track(versions[0]) {
			n++
		}
		if n > 3 {
			out = append(out, versions[0]+" to "+versions[n-1])
		} else {
			for _, v := range versions[:n] {
				if v == "" {
					v = "one without a version"
				}
				out = append(out, v)
			}
		}
		versions = versions[n:]
	}
	return strings.Join(out, ", ")
}
