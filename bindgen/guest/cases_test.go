package guest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// TestCases compares the generated code in the guests of test/cases with what
// is generated now, and writes it with -update.
func TestCases(t *testing.T) {
	exports, err := filepath.Glob(filepath.Join(root, "test", "cases", "*", "wit_exports.go"))
	if err != nil || len(exports) == 0 {
		t.Fatal(exports, err)
	}
	for _, name := range exports {
		dir := filepath.Dir(name)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			resolve, _, err := wit.ParseDir(filepath.Join(dir, "wit"), std.Files())
			if err != nil {
				t.Fatal(err)
			}
			w, err := resolve.World("")
			if err != nil {
				t.Fatal(err)
			}
			out, err := Output(w, dir, "", false)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if _, err := out.Write(); err != nil {
					t.Fatal(err)
				}
			}
			for name, want := range out.Files {
				got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
				if err != nil {
					t.Error(err)
				}
				if _, generated := bindgen.FileStamp(got); !generated {
					t.Errorf("%s was not generated", name)
				}
				if diff := cmp.Diff(string(want), string(got)); diff != "" {
					t.Errorf("%s is not up to date (run go generate ./test/cases/...):\n%s", name, diff)
				}
			}
		})
	}
}

// TestWritten generates for a world with an export that comes with the guest
// library, and whose author has written a package of the name nevertheless.
func TestWritten(t *testing.T) {
	files, err := generate("package test:written; world written { include wasi:http/service@0.3.0; }",
		Options{ImportPath: testTree, Existing: WASI, Written: always, Stubs: always})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 {
		t.Errorf("%d files", len(files))
	}
	compile(t, files)
}
