package wit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/wit"
)

const suite = "../../shared/suites/wit-parser"

func parseCase(path string, features ...string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		_, _, err = wit.ParseDir(path, wit.Features(features))
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	_, _, err = wit.ParseText(map[string]string{filepath.Base(path): string(text)}, wit.Features(features))
	return err
}

func TestSuite(t *testing.T) {
	entries, err := os.ReadDir(suite)
	if err != nil {
		t.Skip("no suite: ", err)
	}
	for _, e := range entries {
		name := e.Name()
		if name == "parse-fail" || !e.IsDir() && !strings.HasSuffix(name, ".wit") {
			continue
		}
		if err := parseCase(filepath.Join(suite, name), "active"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	entries, err = os.ReadDir(filepath.Join(suite, "parse-fail"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if !e.IsDir() && !strings.HasSuffix(name, ".wit") {
			continue
		}
		err := parseCase(filepath.Join(suite, "parse-fail", name))
		if err == nil {
			t.Errorf("parse-fail/%s: accepted", name)
		}
		t.Logf("%s: %v", name, err)
	}
}
