package wit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/internal/outline"
)

// A ledger has the cases of the suite in which this parser differs, each with
// the reason. A line is "ASPECT CASE: REASON"; the aspects are
//
//	parse   the case should parse
//	shape   the model should be what the .json says
//	docs    so should the docs
//	reject  the case should not parse
type ledger map[string]string

func readLedger(t *testing.T) ledger {
	text, err := os.ReadFile("testdata/suite-ledger.txt")
	if err != nil {
		t.Fatal(err)
	}
	l := ledger{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		entry, reason, ok := strings.Cut(line, ": ")
		if !ok || reason == "" || l[entry] != "" {
			t.Fatalf("ledger: want \"ASPECT CASE: REASON\" and no entry twice: %s", line)
		}
		l[entry] = reason
	}
	return l
}

// check compares an outcome with the ledger; problem is "" for none.
func (l ledger) check(t *testing.T, aspect, name, problem string) {
	t.Helper()
	entry := aspect + " " + name
	reason := l[entry]
	delete(l, entry)
	switch {
	case problem != "" && reason == "":
		t.Errorf("%s: %s", entry, problem)
	case problem == "" && reason != "":
		t.Errorf("%s: passes, but the ledger has it: %s", entry, reason)
	}
}

// rest complains about entries of these aspects that no case had.
func (l ledger) rest(t *testing.T, aspects ...string) {
	for entry := range l {
		for _, a := range aspects {
			if strings.HasPrefix(entry, a+" ") {
				t.Errorf("the ledger has %q, but there is no such case", entry)
			}
		}
	}
}

// TestSuite checks that each valid case gives the model that its .json tells.
func TestSuite(t *testing.T) {
	names, l := cases(t, suite), readLedger(t)
	for _, name := range names {
		r, err := parseCase(filepath.Join(suite, name))
		if err != nil {
			l.check(t, "parse", name, err.Error())
			continue
		}
		l.check(t, "parse", name, "")
		checkStable(t, r)
		text, err := os.ReadFile(filepath.Join(suite, strings.TrimSuffix(name, ".wit")+".wit.json"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, aspect := range []string{"shape", "docs"} {
			want, err := outline.FromJSON(text, aspect == "docs")
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			l.check(t, aspect, name, cmp.Diff(want, outline.FromModel(r, aspect == "docs")))
		}
	}
	l.rest(t, "parse", "shape", "docs")
	t.Logf("%d cases", len(names))
}

// TestSuiteErrors checks that each wrong case is rejected.
func TestSuiteErrors(t *testing.T) {
	dir := filepath.Join(suite, "parse-fail")
	names, l := cases(t, dir), readLedger(t)
	for _, name := range names {
		_, err := parseCase(filepath.Join(dir, name))
		if err == nil {
			l.check(t, "reject", name, "accepted")
			continue
		}
		l.check(t, "reject", name, "")
		t.Logf("%s\n%v", name, err)
	}
	l.rest(t, "reject")
	t.Logf("%d cases", len(names))
}
