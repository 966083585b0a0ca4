package wit_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/isyswasfa/isyswasfa/wit"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden parses the files of each archive in testdata and compares what
// is printed, or the error. In archives whose name starts with "each" every
// file is parsed by itself, in those with "dirs" every folder is, as a folder.
func TestGolden(t *testing.T) {
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
			var got strings.Builder
			all := map[string]string{}
			for _, f := range ar.Files {
				if f.Name == "want" {
					continue
				}
				all[f.Name] = string(f.Data)
				if strings.HasPrefix(filepath.Base(file), "each") {
					got.WriteString(outcome(map[string]string{f.Name: string(f.Data)}))
				}
			}
			switch {
			case got.Len() > 0:
			case strings.HasPrefix(filepath.Base(file), "dirs"):
				got.WriteString(folderOutcomes(t, all))
			default:
				got.WriteString(outcome(all))
			}
			at := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == "want" })
			if *update {
				if at < 0 {
					at = len(ar.Files)
					ar.Files = append(ar.Files, txtar.File{Name: "want"})
				}
				ar.Files[at].Data = []byte(got.String())
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if at < 0 {
				t.Fatal("no file want; run with -update")
			}
			if diff := cmp.Diff(string(ar.Files[at].Data), got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// folderOutcomes writes the files to a folder, which errors show as DIR, and
// parses each folder in it.
func folderOutcomes(t *testing.T, files map[string]string) string {
	root := writeFiles(t, files)
	folders := map[string]bool{}
	for name := range files {
		folder, _, _ := strings.Cut(name, "/")
		folders[folder] = true
	}
	var got strings.Builder
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		r, _, err := wit.ParseDir(filepath.Join(root, folder), active)
		if err != nil {
			fmt.Fprintf(&got, "%s\n\n", strings.ReplaceAll(strings.ReplaceAll(err.Error(), root, "DIR"), `\`, "/"))
			continue
		}
		got.WriteString(wit.PrintResolve(r))
	}
	return got.String()
}

func outcome(files map[string]string) string {
	r, _, err := wit.ParseText(files, active)
	if err != nil {
		return fmt.Sprintf("%v\n\n", err)
	}
	return wit.PrintResolve(r)
}

// TestNesting makes sure that deep or long texts end in an error or a model.
func TestNesting(t *testing.T) {
	const n = 200_000
	deep := "package a:b;\ninterface i {\n  type t = " + strings.Repeat("list<", n) + "u8" + strings.Repeat(">", n) + ";\n}\n"
	var chain, uses strings.Builder
	chain.WriteString("package a:b;\ninterface i {\n")
	uses.WriteString("package a:b;\n")
	for i := range 5000 {
		fmt.Fprintf(&chain, "  type t%d = t%d;\n", i, i+1)
		fmt.Fprintf(&uses, "interface i%d { use i%d.{t}; }\n", i, i+1)
	}
	for name, text := range map[string]string{"types": deep, "aliases": chain.String() + "  type t5000 = u8;\n}\n", "uses": uses.String() + "interface i5000 { type t = u8; }"} {
		if _, _, err := wit.ParseText(map[string]string{"a.wit": text}); err == nil || len(err.Error()) > 1000 {
			t.Errorf("%s: want a short error, got %.1000v", name, err)
		}
	}
	comment := "package a:b;\n" + strings.Repeat("/*", n) + strings.Repeat("*/", n)
	if _, _, err := wit.ParseText(map[string]string{"a.wit": comment}); err != nil {
		t.Error(err)
	}
}
