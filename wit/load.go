package wit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// maxFile bounds the length of one WIT file in bytes.
const maxFile = 16 << 20

// A LoadOption adjusts [ParseDir] and [ParseText]: a [Source], a *[Library],
// [Features] or [Binary].
type LoadOption interface{ apply(*loader) }

// A Source is WIT text, path -> text, in which packages are looked up that
// the parsed text mentions but does not define. Only packages that are
// mentioned come into the result.
type Source map[string]string

// Features are the names of the @unstable features to keep, "*" for all; items
// of other features are left out.
type Features []string

// Binary reads a package in binary form, a file *.wasm, which [ParseDir] finds
// in deps or is given itself. It gives the package as text; packages nested in
// the text may be there in part only, and serve where there is no other of the
// name.
type Binary func(data []byte) (text string, err error)

func (b Binary) apply(l *loader)   { l.binary = b }
func (s Source) apply(l *loader)   { l.sources = append(l.sources, s) }
func (f Features) apply(l *loader) { l.features = append(l.features, f...) }

// ParseDir reads the package whose *.wit files stand in dir. Packages it uses
// are looked up in dir/deps, where each file and each folder of files is a
// package, then in the options' sources and libraries. dir may also be one
// file, which has no deps. It gives all packages and that of
// dir. Every error about text is an [*Error]; of a file in binary form, places
// are those in its text.
func ParseDir(dir string, options ...LoadOption) (*Resolve, *Package, error) {
	l := newLoader(options)
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return l.file(dir)
	}
	root, err := readFolder(dir)
	if err != nil {
		return nil, nil, err
	}
	if len(root) == 0 {
		return nil, nil, fmt.Errorf("%s: no *.wit files", dir)
	}
	if err := l.add(root, true, true); err != nil {
		return nil, nil, err
	}
	if err := l.addDeps(filepath.Join(dir, "deps")); err != nil {
		return nil, nil, err
	}
	return l.resolve(dir)
}

// file reads a package that is one file.
func (l *loader) file(name string) (*Resolve, *Package, error) {
	l.look(name)
	if strings.HasSuffix(name, ".wasm") && l.binary != nil {
		s, err := l.addBinary(name)
		if err != nil {
			return nil, nil, err
		}
		l.main = s
		return l.resolve(name)
	}
	text, err := readFile(name)
	if err != nil {
		return nil, nil, err
	}
	if err := l.add(map[string]string{name: text}, true, true); err != nil {
		return nil, nil, err
	}
	return l.resolve(name)
}

// addDeps adds the packages of a folder deps, if there is one.
func (l *loader) addDeps(deps string) error {
	entries, err := os.ReadDir(deps)
	if errors.Is(err, fs.ErrNotExist) {
		l.look(deps + " (which is not there)")
		return nil
	}
	if err != nil {
		return err
	}
	skipped := ""
	for _, e := range entries {
		name := filepath.Join(deps, e.Name())
		files := map[string]string{}
		switch info, err := os.Stat(name); {
		case err != nil:
			return err
		case info.IsDir():
			if files, err = readFolder(name); err != nil {
				return err
			}
		case strings.HasSuffix(name, ".wit"):
			if files[name], err = readFile(name); err != nil {
				return err
			}
		case strings.HasSuffix(name, ".wasm") && l.binary != nil:
			if _, err := l.addBinary(name); err != nil {
				return err
			}
			continue
		case strings.HasSuffix(name, ".wasm") || strings.HasSuffix(name, ".wat"):
			skipped = " (where " + e.Name() + " is no WIT text, and is not read)"
		}
		if err := l.add(files, true, false); err != nil {
			return err
		}
	}
	l.look(deps + skipped)
	return nil
}

// ParseText reads packages from texts, path -> text. Files of one folder that
// do not say which package they belong to belong to the folder's; one folder
// may hold several packages. The main package, which is returned apart, is
// the one of the first path in sorted order. Other packages are looked up in
// the options' sources and libraries.
func ParseText(files map[string]string, options ...LoadOption) (*Resolve, *Package, error) {
	if len(files) == 0 {
		return nil, nil, errors.New("no WIT files")
	}
	l := newLoader(options)
	l.look("the text")
	if err := l.addText(files, true); err != nil {
		return nil, nil, err
	}
	return l.resolve("WIT text")
}

func readFolder(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".wit") {
			continue
		}
		name := filepath.Join(dir, e.Name())
		if files[name], err = readFile(name); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func readFile(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if info.Size() > maxFile {
		return "", fmt.Errorf("%s: longer than %d bytes", name, maxFile)
	}
	b, err := os.ReadFile(name)
	return string(b), err
}

// A loader collects the packages that may take part in a resolve.
type loader struct {
	features  []string
	sources   []Source // until their packages are needed
	libraries []*Library
	binary    Binary   // may be nil
	places    []string // where packages are looked for, for errors
	packages  map[PackageName]*pkgState
	partial   map[PackageName]*pkgState // what binary packages have of others
	declared  []*pkgState               // those of the text itself, in order
	main      *pkgState
}

func newLoader(options []LoadOption) *loader {
	l := &loader{packages: map[PackageName]*pkgState{}, partial: map[PackageName]*pkgState{}}
	for _, o := range options {
		o.apply(l)
	}
	return l
}

// look notes the places where packages are looked for.
func (l *loader) look(first string) {
	l.places = append(l.places, first)
	if len(l.sources) > 0 {
		l.places = append(l.places, "the other files given")
	}
	for _, lib := range l.libraries {
		l.places = append(l.places, lib.Name)
	}
}

// addBinary adds the package of a file in binary form.
func (l *loader) addBinary(name string) (*pkgState, error) {
	data, err := readFile(name)
	if err != nil {
		return nil, err
	}
	text, err := l.binary([]byte(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	units, err := parseFile(name, text, "")
	if err != nil {
		return nil, err
	}
	if units[0].pkg == nil {
		return nil, fmt.Errorf("%s: there is no package in it", name)
	}
	for _, u := range units[1:] {
		if l.partial[u.pkg.name] == nil {
			l.partial[u.pkg.name] = &pkgState{name: u.pkg.name, docs: u.docs, units: []*unit{u}}
		}
	}
	return l.declare(units[0].pkg, units[0])
}

// addText adds files folder by folder.
func (l *loader) addText(files map[string]string, main bool) error {
	folders := map[string]map[string]string{}
	names := make([]string, 0, len(files))
	for name, text := range files {
		if len(text) > maxFile {
			return fmt.Errorf("%s: longer than %d bytes", name, maxFile)
		}
		dir := path.Dir(filepath.ToSlash(name))
		if folders[dir] == nil {
			folders[dir] = map[string]string{}
		}
		folders[dir][name] = text
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		dir := path.Dir(filepath.ToSlash(name))
		if folders[dir] == nil {
			continue
		}
		if err := l.add(folders[dir], false, main && l.main == nil); err != nil {
			return err
		}
		delete(folders, dir)
	}
	return nil
}

// add parses the files of one folder. With one set, they are one package.
func (l *loader) add(files map[string]string, one, main bool) error {
	var bodies, nested []*unit
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		units, err := parseFile(name, files[name], "")
		if err != nil {
			return err
		}
		bodies, nested = append(bodies, units[0]), append(nested, units[1:]...)
	}
	first, err := folderPackage(bodies, one)
	if err != nil {
		return err
	}
	if main && first == nil && len(files) > 0 {
		return fmt.Errorf("%s: no file here says which package it is: write `package namespace:name;` first", strings.Join(names, ", "))
	}
	groups := map[PackageName]*pkgState{}
	for _, u := range bodies {
		ref := u.pkg
		if ref == nil {
			if ref = first; ref == nil {
				if len(u.ifaces)+len(u.worlds)+len(u.uses) > 0 {
					return pos{u.src, 0, 0}.errorf("no file here says which package it is: write `package namespace:name;` first")
				}
				continue
			}
		}
		if s := groups[ref.name]; s != nil {
			s.units = append(s.units, u)
			if s.docs != "" && u.docs != "" {
				return u.pkg.pos.errorf("package `%s` has docs in %s too", s.name, s.units[0].src.path)
			}
			s.docs += u.docs
			continue
		}
		s, err := l.declare(ref, u)
		if err != nil {
			return err
		}
		groups[ref.name] = s
		if main && ref.name == first.name {
			l.main = s
		}
	}
	for _, u := range nested {
		if _, err := l.declare(u.pkg, u); err != nil {
			return err
		}
	}
	return nil
}

// folderPackage gives the package of the files that name none: the only, or
// the first one that is named.
func folderPackage(bodies []*unit, one bool) (*pkgRef, error) {
	var first *pkgRef
	for _, u := range bodies {
		switch {
		case u.pkg == nil:
		case first == nil:
			first = u.pkg
		case one && u.pkg.name != first.name:
			return nil, u.pkg.pos.errorf("package `%s` does not match `%s` of %s: the files of a folder are one package", u.pkg.name, first.name, first.pos.src.path)
		}
	}
	return first, nil
}

// declare adds a package with its first unit.
func (l *loader) declare(ref *pkgRef, u *unit) (*pkgState, error) {
	if old := l.packages[ref.name]; old != nil {
		return nil, ref.pos.errorf("package `%s` is also defined in %s", ref.name, old.units[0].src.path)
	}
	s := &pkgState{name: ref.name, docs: u.docs, units: []*unit{u}}
	l.packages[ref.name] = s
	l.declared = append(l.declared, s)
	return s, nil
}

// find gives the package of that name, from the text, the sources or the
// libraries; nil if there is none.
func (l *loader) find(name PackageName) (*pkgState, error) {
	if s := l.packages[name]; s != nil {
		return s, nil
	}
	if len(l.sources) > 0 {
		other := &loader{packages: map[PackageName]*pkgState{}}
		for _, src := range l.sources {
			if err := other.addText(src, false); err != nil {
				return nil, err
			}
		}
		l.sources = nil
		for _, s := range other.declared {
			if l.packages[s.name] == nil {
				l.packages[s.name] = s
			}
		}
		return l.find(name)
	}
	if s, err := l.fromLibrary(name); s != nil || err != nil {
		return s, err
	}
	if s := l.partial[name]; s != nil {
		l.packages[name] = s
		return s, nil
	}
	return nil, nil
}

// mentioned gives the package that text mentions.
func (l *loader) mentioned(ref *pkgRef) (*pkgState, error) {
	s, err := l.find(ref.name)
	if err == nil && s == nil {
		err = ref.pos.errorf("%s", l.notFound(ref.name))
	}
	return s, err
}
