package std_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// official has the WIT files of WASI, a folder for each version.
const official = "../../../shared/suites/wasi-wit"

// TestOfficial compares the interfaces and worlds of WASI with the official
// ones: names, shapes, order.
func TestOfficial(t *testing.T) {
	ours, err := std.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []struct{ dir, official, ours string }{
		{"0.2.12", "@0.2.12", "@0.2.0"},
		{"0.3.0", "@0.3.0", "@0.3.0"},
	} {
		theirs := parseAll(t, filepath.Join(official, version.dir))
		rename := strings.NewReplacer(version.official, version.ours)
		for _, p := range ours.Packages {
			name := p.Name
			if "@"+name.Version != version.ours {
				continue
			}
			name.Version = version.official[1:]
			other := theirs.Package(name.String())
			if other == nil {
				t.Errorf("there is no %s", name)
				continue
			}
			for _, i := range p.Interfaces {
				o := other.Interface(i.Name)
				if o == nil {
					t.Errorf("%s: there is no interface %s", name, i.Name)
					continue
				}
				o.Funcs = slices.DeleteFunc(o.Funcs, func(f *wit.Function) bool {
					return version.ours == "@0.2.0" && f.Stability.Since > "0.2.0"
				})
				if diff := cmp.Diff(bare(rename.Replace(wit.PrintInterface(o))), bare(wit.PrintInterface(i))); diff != "" {
					t.Errorf("%s differs (- official):\n%s", i.ID(), diff)
				}
			}
			for _, w := range p.Worlds {
				o, err := theirs.World(name.Namespace + ":" + name.Name + "/" + w.Name)
				if err != nil {
					t.Error(err)
					continue
				}
				if diff := cmp.Diff(bare(rename.Replace(wit.PrintWorld(o))), bare(wit.PrintWorld(w))); diff != "" {
					t.Errorf("%s differs (- official):\n%s", w.ID(), diff)
				}
			}
		}
	}
}

func parseAll(t *testing.T, dir string) *wit.Resolve {
	files, _ := filepath.Glob(filepath.Join(dir, "*", "*.wit"))
	if len(files) == 0 {
		t.Skip("no official files in ", dir)
	}
	texts := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts[f] = string(b)
	}
	r, _, err := wit.ParseText(texts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// bare drops docs, gates and blank lines.
func bare(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if s := strings.TrimSpace(line); s != "" && s[0] != '@' && !strings.HasPrefix(s, "///") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

func TestFallback(t *testing.T) {
	r, p, err := wit.ParseText(map[string]string{"a.wit": `package my:app;
world app {
  include wasi:http/service@0.3.0;
}`}, std.Files())
	if err != nil {
		t.Fatal(err)
	}
	if last := r.Packages[len(r.Packages)-1]; last != p || p.Worlds[0].Exports[0].Name != "wasi:http/handler@0.3.0" {
		t.Errorf("got %v", wit.Print(p))
	}
	_, _, err = wit.ParseText(map[string]string{"a.wit": "package my:app;\nworld app {\n\timport wasi:http/types@0.3.1;\n}"}, std.Files())
	want := "a.wit:3:9: package `wasi:http@0.3.1` not found, but there is `wasi:http@0.3.0`\n    3 | \timport wasi:http/types@0.3.1;\n      | \t       ^--------"
	if err == nil || err.Error() != want {
		t.Errorf("got error\n%v\nwant\n%s", err, want)
	}
}
