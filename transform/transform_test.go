package transform_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// A case is a txtar archive: `world` and `suffix` lines in its comment, WIT
// files, and the expected outcome in the file "want". Without WIT files the
// world is one of wit/std.
func TestPolyfill(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := outcome(ar)
			at := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == "want" })
			if *update {
				if at < 0 {
					at = len(ar.Files)
					ar.Files = append(ar.Files, txtar.File{Name: "want"})
				}
				ar.Files[at].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if at < 0 {
				t.Fatal("no file want; run with -update")
			}
			if diff := cmp.Diff(string(ar.Files[at].Data), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func outcome(ar *txtar.Archive) string {
	w, options, err := input(ar)
	if err != nil {
		return fmt.Sprintf("error: %v\n", err)
	}
	before := wit.PrintWorld(w)
	r, err := transform.Polyfill(w, options)
	if err != nil {
		return fmt.Sprintf("error: %v\n", err)
	}
	if wit.PrintWorld(w) != before {
		return "the original was changed\n"
	}
	return describe(r)
}

func input(ar *txtar.Archive) (*wit.World, transform.Options, error) {
	var o transform.Options
	name := ""
	for line := range strings.Lines(string(ar.Comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch key {
		case "world":
			name = value
		case "suffix":
			o.Suffix = value
		case "nopoll":
			o.NoPoll = true
		}
	}
	texts := map[string]string{}
	for _, f := range ar.Files {
		if strings.HasSuffix(f.Name, ".wit") {
			texts[f.Name] = string(f.Data)
		}
	}
	if len(texts) == 0 {
		r, err := std.Resolve()
		if err != nil {
			return nil, o, err
		}
		w, err := r.World(name)
		return w, o, err
	}
	r, _, err := wit.ParseText(texts, std.Files())
	if err != nil {
		return nil, o, err
	}
	w, err := r.World(name)
	return w, o, err
}

// describe lists the world's items and shows the interfaces that changed.
func describe(r *transform.Result) string {
	var out strings.Builder
	line := func(word string, it *wit.WorldItem) {
		switch {
		case it.Func != nil:
			fmt.Fprintf(&out, "%s %s\n", word, wit.PrintFunction(it.Func))
		case it.Type != nil:
			fmt.Fprintf(&out, "%s type %s\n", word, it.Name)
		default:
			fmt.Fprintf(&out, "%s %s\n", word, it.Name)
		}
	}
	for _, it := range r.World.Imports {
		line("import", it)
	}
	for _, it := range r.World.Exports {
		line("export", it)
	}
	changed := map[*wit.Interface]bool{}
	for old, copied := range r.Interfaces {
		changed[copied] = changed[copied] || wit.PrintInterface(old) != wit.PrintInterface(copied)
	}
	shown := map[*wit.Interface]bool{}
	for _, it := range slices.Concat(r.World.Imports, r.World.Exports) {
		if i := it.Interface; i != nil && (changed[i] || it.Name == transform.WorldTypes) && !shown[i] {
			shown[i] = true
			fmt.Fprintf(&out, "\n%s\n%s", it.Name, wit.PrintInterface(i))
		}
	}
	return out.String()
}
