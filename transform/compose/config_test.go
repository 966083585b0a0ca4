package compose

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An alias stands for any value.
func TestConfigAlias(t *testing.T) {
	c, err := ParseConfig([]byte(`
search-paths: &list [lib]
definitions: *list
dependencies:
  a: &path a.wasm
  b: *path
  c: {path: *path, import: c}
instantiations:
  root: &root
    arguments: {x: &who y, z: *who}
  y: *root
`))
	arguments := Instantiation{Arguments: map[string]Argument{"x": {Instance: "y"}, "z": {Instance: "y"}}}
	want := &Config{
		SearchPaths:    []string{"lib"},
		Definitions:    []string{"lib"},
		Dependencies:   map[string]Dependency{"a": {Path: "a.wasm"}, "b": {Path: "a.wasm"}, "c": {Path: "a.wasm", Import: "c"}},
		Instantiations: map[string]Instantiation{"root": arguments, "y": arguments},
	}
	if diff := cmp.Diff(want, c); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
