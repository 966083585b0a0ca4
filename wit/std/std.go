// Package std has the WIT packages that ship with isyswasfa: isyswasfa's own,
// and those of WASI 0.2.0 and 0.3.0 that it serves.
package std

import (
	"embed"
	"path"
	"sync"

	"github.com/isyswasfa/isyswasfa/wit"
)

//go:embed packages/*.wit
var packages embed.FS

// Files gives the texts, to be an option of [wit.ParseDir] and
// [wit.ParseText]. The map is shared: do not change it.
func Files() wit.Source { return files() }

var files = sync.OnceValue(func() wit.Source {
	entries, err := packages.ReadDir("packages")
	if err != nil {
		panic(err) // an embedded folder is there
	}
	src := wit.Source{}
	for _, e := range entries {
		name := path.Join("packages", e.Name())
		text, err := packages.ReadFile(name)
		if err != nil {
			panic(err) // as above
		}
		src["std/"+e.Name()] = string(text)
	}
	return src
})

// Resolve gives all packages, without unstable features. The model is shared:
// do not change it.
func Resolve() (*wit.Resolve, error) { return resolve() }

var resolve = sync.OnceValues(func() (*wit.Resolve, error) {
	r, _, err := wit.ParseText(Files())
	return r, err
})
