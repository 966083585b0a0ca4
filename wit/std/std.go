// Package std has the WIT packages that ship with isyswasfa: isyswasfa's own,
// and all of WASI 0.2 and 0.3.
//
// WASI 0.2 is written once, at its latest version, with @since gates at what
// is younger than 0.2.0. Each version from 0.2.0 on is a view of that text.
// Nothing is parsed before it is asked for.
package std

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/isyswasfa/isyswasfa/wit"
)

//go:embed packages/*.wit
var packages embed.FS

// An entry is a file of the packages folder.
type entry struct {
	file string
	name wit.PackageName // as declared
}

// entries tells the packages from the files' names: NAMESPACE-NAME.wit or
// NAMESPACE-NAME-VERSION.wit.
var entries = sync.OnceValue(func() []entry {
	files, err := packages.ReadDir("packages")
	if err != nil {
		panic(err) // an embedded folder is there
	}
	var all []entry
	for _, f := range files {
		parts := append(strings.Split(strings.TrimSuffix(f.Name(), ".wit"), "-"), "")
		all = append(all, entry{f.Name(), wit.PackageName{Namespace: parts[0], Name: parts[1], Version: parts[2]}})
	}
	return all
})

// versions gives the versions that an entry can be seen as: all of its minor
// version up to its own.
func (e entry) versions() []string {
	minor, patch, _ := cutLast(e.name.Version, ".")
	last, err := strconv.Atoi(patch)
	if err != nil {
		return []string{e.name.Version}
	}
	var all []string
	for n := range last + 1 {
		all = append(all, minor+"."+strconv.Itoa(n))
	}
	return all
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}

var library = &wit.Library{
	Name: "the packages that come with isyswasfa",
	Packages: func() []wit.PackageName {
		var all []wit.PackageName
		for _, e := range entries() {
			for _, v := range e.versions() {
				all = append(all, wit.PackageName{Namespace: e.name.Namespace, Name: e.name.Name, Version: v})
			}
		}
		return all
	},
	Text: func(name wit.PackageName) (string, string, bool) {
		for _, e := range entries() {
			if e.name.Namespace != name.Namespace || e.name.Name != name.Name || !slices.Contains(e.versions(), name.Version) {
				continue
			}
			text, err := packages.ReadFile(path.Join("packages", e.file))
			if err != nil {
				panic(err) // its folder lists it
			}
			return "std/" + e.file, string(text), true
		}
		return "", "", false
	},
}

// Files gives the packages, to be an option of [wit.ParseDir] and
// [wit.ParseText].
func Files() *wit.Library { return library }

// catalog has the packages without unstable features.
var catalog = wit.NewCatalog(library)

// Package gives a package at the name's version, without unstable features.
// The model is shared: do not change it.
func Package(name wit.PackageName) (*wit.Package, error) { return catalog.Package(name) }

// Interface gives the interface of that ID, such as "wasi:io/poll@0.2.0", as
// [Package] does.
func Interface(id string) (*wit.Interface, error) {
	pkg, name, err := split(id)
	if err != nil {
		return nil, err
	}
	p, err := Package(pkg)
	if err != nil {
		return nil, err
	}
	i := p.Interface(name)
	if i == nil {
		return nil, fmt.Errorf("package %s has no interface %s", pkg, name)
	}
	return i, nil
}

// World gives the world of that name as [Package] does:
// "wasi:http/service@0.3.0", or of [Resolve]'s packages also
// "wasi:http/service" and "service". The error lists the worlds of these.
func World(name string) (*wit.World, error) {
	if pkg, world, err := split(name); err == nil && pkg.Version != "" {
		p, err := Package(pkg)
		if err != nil {
			return nil, err
		}
		return (&wit.Resolve{Packages: []*wit.Package{p}}).World(world)
	}
	r, err := Resolve()
	if err != nil {
		return nil, err
	}
	return r.World(name)
}

// split parses "ns:pkg/name@version".
func split(id string) (wit.PackageName, string, error) {
	rest, version, _ := strings.Cut(id, "@")
	ns, rest, ok1 := strings.Cut(rest, ":")
	pkg, name, ok2 := strings.Cut(rest, "/")
	if !ok1 || !ok2 {
		return wit.PackageName{}, "", fmt.Errorf("%q is not of the form namespace:package/name@version", id)
	}
	return wit.PackageName{Namespace: ns, Name: pkg, Version: version}, name, nil
}

// Resolve gives all packages, without unstable features: isyswasfa's own, then
// those of WASI 0.2 as of 0.2.0, which every engine has, then those of 0.3.0.
// It is dearer than the other functions, which parse only what they need. The
// model is shared: do not change it.
func Resolve() (*wit.Resolve, error) { return resolve() }

var resolve = sync.OnceValues(func() (*wit.Resolve, error) {
	all := slices.Clone(entries())
	slices.SortStableFunc(all, func(a, b entry) int { return strings.Compare(a.name.Version, b.name.Version) })
	r := &wit.Resolve{}
	for _, e := range all {
		e.name.Version = e.versions()[0]
		p, err := Package(e.name)
		if err != nil {
			return nil, err
		}
		r.Packages = append(r.Packages, p)
	}
	return r, nil
})
