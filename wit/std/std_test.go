package std_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// official has the WIT files of WASI, a folder for each version.
const official = "../../../shared/suites/wasi-wit"

var features = wit.Features{"*"}

// TestOfficial compares the packages of WASI with the official ones: names,
// shapes, order, and gates other than those of each package's first version.
func TestOfficial(t *testing.T) {
	for _, version := range []struct{ version, first string }{{"0.2.12", "0.2.0"}, {"0.3.0", "0.3.0"}} {
		theirs := parseAll(t, filepath.Join(official, version.version))
		ours := wit.NewCatalog(std.Files(), features)
		for _, p := range theirs.Packages {
			own, err := ours.Package(p.Name)
			if err != nil {
				t.Error(err)
				continue
			}
			if diff := cmp.Diff(bare(wit.Print(p), version.first), bare(wit.Print(own), version.first)); diff != "" {
				t.Errorf("%s differs (- official):\n%s", p.Name, diff)
			}
		}
		t.Logf("%s: %d packages", version.version, len(theirs.Packages))
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
	r, _, err := wit.ParseText(texts, features)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// bare drops docs, blank lines and the gates of the first version.
func bare(text, first string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if s := strings.TrimSpace(line); s != "" && s != "@since(version = "+first+")" && !strings.HasPrefix(s, "///") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// Every version of every package resolves, and its text gives itself.
func TestVersions(t *testing.T) {
	names := std.Files().Packages()
	for _, name := range names {
		p, err := std.Package(name)
		if err != nil {
			t.Error(err)
			continue
		}
		text := wit.Print(p)
		_, again, err := wit.ParseText(map[string]string{"a.wit": text}, std.Files())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(text, wit.Print(again)); diff != "" {
			t.Errorf("%s is not stable:\n%s", name, diff)
		}
	}
	t.Logf("%d packages", len(names))
}

// What came later is not in an earlier version.
func TestViews(t *testing.T) {
	for _, c := range []struct {
		iface, name string
		want        string // the function's or type's text, "" if it is not there
	}{
		{"wasi:cli/exit@0.2.0", "exit", "exit: func(status: result)"},
		{"wasi:cli/exit@0.2.11", "exit-with-code", ""},
		{"wasi:cli/exit@0.2.12", "exit-with-code", "exit-with-code: func(status-code: u8)"},
		{"wasi:http/types@0.2.0", "field-name", ""},
		{"wasi:http/types@0.2.0", "[method]fields.has", "has: func(name: field-key) -> bool"},
		{"wasi:http/types@0.2.1", "field-name", "field-name"},
		{"wasi:http/types@0.2.1", "[method]fields.has", "has: func(name: field-name) -> bool"},
		{"wasi:clocks/monotonic-clock@0.2.7", "subscribe-duration", "subscribe-duration: func(when: duration) -> pollable"},
	} {
		i, err := std.Interface(c.iface)
		if err != nil {
			t.Error(err)
			continue
		}
		got := ""
		for _, f := range i.Funcs {
			if f.ABIName() == c.name {
				got = wit.PrintFunction(f)
			}
		}
		for _, d := range i.Types {
			if d.Name == c.name {
				got = wit.PrintType(d)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s is %q, want %q", c.iface, c.name, got, c.want)
		}
	}
	streams, err := std.Interface("wasi:io/streams@0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	poll, err := std.Interface("wasi:io/poll@0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	if needs := wit.Needs(streams); len(needs) != 2 || needs[1] != poll {
		t.Error("streams@0.2.7 does not use poll@0.2.7, the same")
	}
}

func TestWorld(t *testing.T) {
	for name, want := range map[string]string{
		"wasi:http/proxy@0.2.3": "wasi:http/proxy@0.2.3",
		"wasi:http/proxy":       "wasi:http/proxy@0.2.0",
		"wasi:cli/command":      "wasi:cli/command@0.3.0",
		"service":               "wasi:http/service@0.3.0",
	} {
		if w, err := std.World(name); err != nil || w.ID() != want {
			t.Errorf("%s: got %v, %v", name, w, err)
		}
	}
	for name, want := range map[string]string{
		"wasi:http/proxy@0.2.99": "package `wasi:http@0.2.99` not found; of `wasi:http` there is 0.2.0 to 0.2.12, 0.3.0",
		"wasi:http/prox@0.2.0":   "no world `prox`; did you mean `proxy`?\nthe worlds are: wasi:http/imports@0.2.0, wasi:http/proxy@0.2.0",
		"wasi:htpp/proxy@0.2.0":  "package `wasi:htpp@0.2.0` not found; did you mean `wasi:http`?",
		"servic":                 "no world `servic`; did you mean `service`?\nthe worlds are: ",
	} {
		if _, err := std.World(name); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got error\n%v\nwant\n%s", name, err, want)
		}
	}
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
	want := "a.wit:3:9: package `wasi:http@0.3.1` not found in the text or the packages that come with isyswasfa; of `wasi:http` there is 0.2.0 to 0.2.12, 0.3.0\n" +
		"    3 | \timport wasi:http/types@0.3.1;\n      | \t       ^--------"
	if err == nil || err.Error() != want {
		t.Errorf("got error\n%v\nwant\n%s", err, want)
	}
}

// BenchmarkParse tells what a command pays for the packages it needs, with
// nothing kept from before.
func BenchmarkParse(b *testing.B) {
	for _, use := range []string{"import wasi:io/streams@0.2.0", "include wasi:http/service@0.3.0", "include wasi:cli/command@0.2.0"} {
		b.Run(strings.Fields(use)[1], func(b *testing.B) {
			for range b.N {
				_, _, err := wit.ParseText(map[string]string{"a.wit": fmt.Sprintf("package my:app;\nworld app { %s; }", use)}, std.Files())
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
