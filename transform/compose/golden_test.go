package compose

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden composes root.wat of each archive with the other components in
// it, by config.yml if there is one. The comment of the archive is for
// people; a line "strict" in it composes strictly.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name, got := "composed", ""
			r, err := composeArchive(ar)
			switch {
			case err == nil:
				got = describe(t, r)
			default:
				name, got = "error", err.Error()+"\n"
			}
			if *update {
				ar.Files = slices.DeleteFunc(ar.Files, isOutput)
				ar.Files = append(ar.Files, txtar.File{Name: name, Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			i := slices.IndexFunc(ar.Files, isOutput)
			if i < 0 || ar.Files[i].Name != name {
				t.Fatalf("got %s:\n%s", name, got)
			}
			if d := cmp.Diff(string(ar.Files[i].Data), got); d != "" {
				t.Errorf("%s (-want +got):\n%s", name, d)
			}
			if err == nil {
				again, err := composeArchive(ar)
				if err != nil || string(again.Component) != string(r.Component) {
					t.Errorf("a second composition differs from the first: %v", err)
				}
			}
		})
	}
}

func isOutput(f txtar.File) bool { return f.Name == "composed" || f.Name == "error" }

// composeArchive composes the components of an archive.
func composeArchive(ar *txtar.Archive) (*Result, error) {
	l := Loader{
		ReadFile: func(path string) ([]byte, error) {
			for _, f := range ar.Files {
				if f.Name == filepath.ToSlash(path) && f.Name != "config.yml" {
					return f.Data, nil
				}
			}
			return nil, &fs.PathError{Op: "open", Path: filepath.ToSlash(path), Err: fs.ErrNotExist}
		},
		Text: assemble,
	}
	config := &Config{}
	for _, f := range ar.Files {
		if f.Name == "config.yml" {
			c, err := ParseConfig(f.Data)
			if err != nil {
				return nil, err
			}
			config = c
		}
	}
	return l.Compose("root.wat", config, strings.Contains(string(ar.Comment), "\nstrict\n"))
}

// assemble gives the binary of text; that of a core module is only its head.
func assemble(text []byte) ([]byte, error) {
	if strings.HasPrefix(string(text), "(module") {
		return []byte("\x00asm\x01\x00\x00\x00"), nil
	}
	return wast.Assemble(string(text))
}

// describe writes the composed component: the notes, then how it is wired,
// then, if a host can run it, what is linked where.
func describe(t *testing.T, r *Result) string {
	c, err := component.Decode(r.Component)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, n := range r.Notes {
		b.WriteString("note: " + n + "\n")
	}
	b.WriteString(wiring(c))
	var problem *component.Error
	p, err := component.Link(c)
	if errors.As(err, &problem) {
		b.WriteString("for composers only: " + problem.Msg + "\n")
	} else {
		b.WriteString(p.String())
	}
	return b.String()
}
