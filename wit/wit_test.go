package wit_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/isyswasfa/isyswasfa/wit"
)

// suite has the cases of wasm-tools' WIT parser.
const suite = "../../shared/suites/wit-parser"

var active = wit.Features{"active", "active1", "active2"}

func parseCase(path string) (*wit.Resolve, error) {
	r, _, err := wit.ParseDir(path, active)
	return r, err
}

func cases(t *testing.T, dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Skip("no suite: ", err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != "parse-fail" && (e.IsDir() || strings.HasSuffix(e.Name(), ".wit")) {
			names = append(names, e.Name())
		}
	}
	return names
}

// checkStable prints, parses and prints again.
func checkStable(t *testing.T, r *wit.Resolve) {
	t.Helper()
	first := wit.PrintResolve(r)
	again, _, err := wit.ParseText(map[string]string{"printed.wit": first}, active)
	if err != nil {
		t.Fatalf("the printed text is wrong: %v\n%s", err, first)
	}
	if diff := cmp.Diff(first, wit.PrintResolve(again)); diff != "" {
		t.Fatalf("printing is not stable:\n%s\n%s", diff, first)
	}
}

func FuzzParse(f *testing.F) {
	for _, dir := range []string{suite, filepath.Join(suite, "parse-fail"), "std/packages"} {
		files, _ := filepath.Glob(filepath.Join(dir, "*.wit"))
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	archives, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range archives {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range ar.Files {
			f.Add(string(file.Data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, _, err := wit.ParseText(map[string]string{"a.wit": text}, active)
		if err != nil {
			var e *wit.Error
			if errors.As(err, &e) && (e.Line < 1 || e.Col < 1 || e.Error() == "") {
				t.Fatalf("bad place in %v", err)
			}
			return
		}
		checkStable(t, r)
	})
}
