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

// A case is a txtar archive: WIT files, and the expected outcome in the file
// "want". The lines of its comment that begin with these words say more:
//
//	world NAME      the world, of wit/std if the case has no WIT files
//	suffix S        and others: the fields of transform.Options
//	dir D           the WIT files are those in testdata/D
//	final OLD|NEW   with OLD replaced by NEW everywhere in the WIT files, and
//	                without the original's rules, the outcome is the same
func TestPolyfill(t *testing.T) {
	for name, ar := range archives(t) {
		t.Run(name, func(t *testing.T) {
			c := readCase(t, ar)
			got := c.outcome()
			if len(c.final) > 0 {
				c.options.OriginalRules = false
				c.replace()
				if final := c.outcome(); final != got {
					t.Errorf("with the keyword async (+) the outcome differs:\n%s", cmp.Diff(got, final))
				}
			}
			compare(t, name, ar, got)
		})
	}
}

// archives gives the cases by name.
func archives(t testing.TB) map[string]*txtar.Archive {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	all := map[string]*txtar.Archive{}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".txtar")] = ar
	}
	return all
}

// compare compares what came out with the file "want" of a case, or updates
// that.
func compare(t *testing.T, name string, ar *txtar.Archive, got string) {
	t.Helper()
	at := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == "want" })
	if *update {
		if at < 0 {
			at = len(ar.Files)
			ar.Files = append(ar.Files, txtar.File{Name: "want"})
		}
		ar.Files[at].Data = []byte(got)
		if err := os.WriteFile("testdata/"+name+".txtar", txtar.Format(ar), 0o644); err != nil {
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
}

type testCase struct {
	world   string
	options transform.Options
	texts   map[string]string
	final   [][2]string
}

func readCase(t testing.TB, ar *txtar.Archive) *testCase {
	t.Helper()
	c := &testCase{texts: map[string]string{}}
	o := &c.options
	flags := map[string]*bool{"nopoll": &o.NoPoll, "noruntime": &o.NoRuntime, "original": &o.OriginalRules, "text": &o.Text}
	for line := range strings.Lines(string(ar.Comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case key == "world":
			c.world = value
		case key == "suffix":
			o.Suffix = value
		case key == "dir":
			c.readDir(t, "testdata/"+value)
		case key == "final":
			old, new, _ := strings.Cut(value, "|")
			c.final = append(c.final, [2]string{old, new})
		case flags[key] != nil && value == "":
			*flags[key] = true
		}
	}
	for _, f := range ar.Files {
		if strings.HasSuffix(f.Name, ".wit") {
			c.texts[f.Name] = string(f.Data)
		}
	}
	return c
}

func (c *testCase) readDir(t testing.TB, dir string) {
	files, _ := filepath.Glob(dir + "/*.wit")
	deps, _ := filepath.Glob(dir + "/deps/*.wit")
	for _, file := range slices.Concat(files, deps) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c.texts[strings.ReplaceAll(file, "/deps/", "-deps/")] = string(text) // the main package comes first
	}
}

// replace makes the WIT files those with the keyword async.
func (c *testCase) replace() {
	for name, text := range c.texts {
		for _, r := range c.final {
			text = strings.ReplaceAll(text, r[0], r[1])
		}
		c.texts[name] = text
	}
}

func (c *testCase) load() (*wit.World, error) {
	if len(c.texts) == 0 {
		r, err := std.Resolve()
		if err != nil {
			return nil, err
		}
		return r.World(c.world)
	}
	r, _, err := wit.ParseText(c.texts, std.Files())
	if err != nil {
		return nil, err
	}
	return r.World(c.world)
}

func (c *testCase) outcome() string {
	w, err := c.load()
	if err != nil {
		return fmt.Sprintf("error: %v\n", err)
	}
	before := wit.PrintWorld(w)
	r, err := transform.Polyfill(w, c.options)
	if err != nil {
		return fmt.Sprintf("error: %v\n", err)
	}
	if wit.PrintWorld(w) != before {
		return "the original was changed\n"
	}
	return describe(r)
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
	same := map[*wit.Interface]bool{}
	for old, copied := range r.Interfaces {
		same[copied] = same[copied] || wit.PrintInterface(old) == wit.PrintInterface(copied)
	}
	shown := map[*wit.Interface]bool{}
	for _, it := range slices.Concat(r.World.Imports, r.World.Exports) {
		if i := it.Interface; i != nil && !same[i] && !shown[i] {
			shown[i] = true
			fmt.Fprintf(&out, "\n%s\n%s", it.Name, wit.PrintInterface(i))
		}
	}
	return out.String()
}
