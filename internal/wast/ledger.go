package wast

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Folders are those of the component model's reference tests that need no
// native async.
var Folders = []string{"values", "resources", "linking", "binary", "validation"}

// Suite calls each with the scripts of the reference tests in root, by folder.
// It skips the test if they are not there. The place of a command is "name:"
// and its line.
func Suite(t *testing.T, root, folder string, each func(name string, script []*Command)) {
	if _, err := os.Stat(root); err != nil {
		t.Skip("the reference tests are not there")
	}
	files, err := filepath.Glob(filepath.Join(root, folder, "*.wast"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in %s: %v", folder, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := Parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		each(folder+"/"+filepath.Base(file), list)
	}
}

// A Ledger has the cases that are known not to pass, with the reasons: one in
// a line, after its place. Empty lines and those that begin with # are notes.
type Ledger struct {
	file    string
	reasons map[string]string
	met     map[string]bool
}

// ReadLedger reads a ledger.
func ReadLedger(t *testing.T, file string) *Ledger {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l := &Ledger{file, map[string]string{}, map[string]bool{}}
	for s := bufio.NewScanner(f); s.Scan(); {
		place, reason, _ := strings.Cut(strings.TrimSpace(s.Text()), " ")
		if place == "" || place[0] == '#' {
			continue
		}
		if l.reasons[place] = strings.TrimSpace(reason); l.reasons[place] == "" {
			t.Errorf("%s: %s has no reason", file, place)
		}
	}
	return l
}

// Check compares how a case went with the ledger: it fails the test if the
// case failed and is not in the ledger, and if it passed and is.
func (l *Ledger) Check(t *testing.T, name string, line int, err error) {
	place := fmt.Sprintf("%s:%d", name, line)
	_, known := l.reasons[place]
	l.met[place] = true
	switch {
	case err != nil && !known:
		t.Errorf("%s: %v", place, err)
	case err == nil && known:
		t.Errorf("%s passes: it should leave %s", place, l.file)
	}
}

// Unused fails the test if the ledger has cases that were never met.
func (l *Ledger) Unused(t *testing.T) {
	for place := range l.reasons {
		if !l.met[place] {
			t.Errorf("%s has %s, which was not met", l.file, place)
		}
	}
}

// Binaries gives the components of the reference tests in root, valid or not:
// seeds for fuzzing. There are none if the tests are not there.
func Binaries(root string) [][]byte {
	var list [][]byte
	files, _ := filepath.Glob(filepath.Join(root, "*", "*.wast"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		script, err := Parse(string(text))
		if err != nil {
			continue
		}
		for _, cmd := range script {
			if cmd.Text == nil {
				continue
			}
			if bin, err := cmd.Text.Assemble(); err == nil {
				list = append(list, bin)
			}
		}
	}
	return list
}
