package compose

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// FuzzCompose composes pairs of components: the second meets imports as a
// definition, or under any name.
func FuzzCompose(f *testing.F) {
	for _, pair := range goldenPairs(f) {
		f.Add(pair[0], pair[1], false)
		f.Add(pair[0], pair[1], true)
	}
	f.Fuzz(func(t *testing.T, root, other []byte, define bool) {
		in := Input{Name: "other", Data: other}
		o := Options{Find: func(string) (Input, error) { return in, nil }}
		if define {
			o = Options{Definitions: []Definition{{Input: in}}}
		}
		r, err := Compose(Input{Name: "root", Data: root}, o)
		if err != nil {
			return
		}
		if err := validate(r.Component); err != nil {
			t.Error(err)
		}
		again, err := Compose(Input{Name: "root", Data: root}, o)
		if err != nil || string(again.Component) != string(r.Component) {
			t.Errorf("a second composition differs: %v", err)
		}
	})
}

// FuzzParseConfig reads configurations.
func FuzzParseConfig(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, x := range ar.Files {
			if x.Name == "config.yml" {
				f.Add(x.Data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ParseConfig(text)
		if (c == nil) == (err == nil) {
			t.Errorf("got %v and %v", c, err)
		}
	})
}

// goldenPairs gives the roots of the golden files with each component that is
// beside them.
func goldenPairs(f *testing.F) [][2][]byte {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatal("no golden files", err)
	}
	var pairs [][2][]byte
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var bins [][]byte // the root is the first
		for _, x := range ar.Files {
			bin, err := assemble(x.Data)
			switch {
			case err != nil || !strings.HasSuffix(x.Name, ".wat"):
			case x.Name == "root.wat":
				bins = append([][]byte{bin}, bins...)
			default:
				bins = append(bins, bin)
			}
		}
		for _, bin := range bins[1:] {
			pairs = append(pairs, [2][]byte{bins[0], bin})
		}
	}
	return pairs
}
