package transform

import (
	"slices"
	"strconv"
	"strings"

	"github.com/isyswasfa/isyswasfa/wit"
)

// wasiIO is the version of wasi:io that rewriting mentions. The zero value is
// the one that ships, 0.2.0.
type wasiIO struct {
	version string
	theirs  map[string]*wit.Interface // the world's own interfaces of that version, by ID
}

const shippedIO = "0.2.0"

// findIO finds the version of wasi:io that the world uses: the one that ships
// if it uses several with that, else the latest. A guest's runtime in Go
// imports the one that ships, so that with it there is no choice.
func findIO(w *wit.World, o Options) wasiIO {
	var used []*wit.Interface
	seen := map[*wit.Interface]bool{}
	var visit func(i *wit.Interface)
	visit = func(i *wit.Interface) {
		if i == nil || seen[i] {
			return
		}
		seen[i] = true
		for _, dep := range wit.Needs(i) {
			visit(dep)
		}
		if p := i.Package.Name; i.Name != "" && p.Namespace == "wasi" && p.Name == "io" && isPatch(p.Version) {
			used = append(used, i)
		}
	}
	if o.NoRuntime {
		for _, it := range slices.Concat(w.Imports, w.Exports) {
			visit(it.Interface)
		}
	}
	if len(used) == 0 || slices.ContainsFunc(used, func(i *wit.Interface) bool { return i.Package.Name.Version == shippedIO }) {
		return wasiIO{}
	}
	io := wasiIO{version: slices.MaxFunc(used, func(a, b *wit.Interface) int { return patch(a) - patch(b) }).Package.Name.Version, theirs: map[string]*wit.Interface{}}
	for _, i := range used {
		if i.Package.Name.Version == io.version {
			io.theirs[i.ID()] = i
		}
	}
	return io
}

// isPatch tells whether v is 0.2 and a plain number.
func isPatch(v string) bool {
	rest, ok := strings.CutPrefix(v, "0.2.")
	_, err := strconv.ParseUint(rest, 10, 16)
	return ok && err == nil
}

func patch(i *wit.Interface) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(i.Package.Name.Version, "0.2."))
	return n
}

// id gives the ID under which an interface is copied.
func (io wasiIO) id(id string) string {
	if base, ok := strings.CutSuffix(id, "@"+shippedIO); ok && io.version != "" && strings.HasPrefix(id, "wasi:io/") {
		return base + "@" + io.version
	}
	return id
}

// packageName gives the name under which a package is copied.
func (io wasiIO) packageName(n wit.PackageName) wit.PackageName {
	if io.version != "" && n.Namespace == "wasi" && n.Name == "io" && n.Version == shippedIO {
		n.Version = io.version
	}
	return n
}
