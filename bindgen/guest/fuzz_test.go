package guest

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
	"golang.org/x/tools/txtar"
)

// FuzzGenerate generates code for the worlds of any WIT text: what is
// generated must be Go, and nothing panics.
func FuzzGenerate(f *testing.F) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range archives {
		ar, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(ar.Files[0].Data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<13 {
			t.Skip()
		}
		_, pkg, err := wit.ParseText(map[string]string{"test.wit": text}, std.Files())
		if err != nil {
			t.Skip()
		}
		for _, w := range pkg.Worlds {
			poly, err := transform.Polyfill(w, transform.Options{})
			if err != nil {
				continue
			}
			_, err = Generate(w, poly, Options{ImportPath: testTree, Existing: WASI, Stubs: always, Package: "fuzz"})
			if err != nil && strings.Contains(err.Error(), ".go: ") {
				t.Errorf("%v\n%s", err, text)
			}
		}
	})
}
