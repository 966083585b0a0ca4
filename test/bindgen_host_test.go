package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBindgenHost(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "trip")
	for _, want := range []string{"3 files, 3 new or changed", "3 files, 0 new or changed"} {
		_, stderr, status := isyswasfa(t, "bindgen", "host", "cases/round-trip/wit", "-o", dir, "--package", "trip")
		if status != 0 || !strings.Contains(stderr, want) {
			t.Fatalf("exit status %d\n%s", status, stderr)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "world.go"))
	if err != nil || !strings.Contains(string(text), "\npackage trip\n") {
		t.Errorf("%v\n%s", err, text)
	}
	if _, stderr, status := isyswasfa(t, "bindgen", "host", "--world", "wasi:http/service@0.3.0", "-o", filepath.Join(t.TempDir(), "service")); status != 0 {
		t.Errorf("wasi:http/service: exit status %d\n%s", status, stderr)
	}
}

func TestBindgenHostBad(t *testing.T) {
	foreign := t.TempDir()
	mine := filepath.Join(foreign, "mine.go")
	if err := os.WriteFile(mine, []byte("package mine\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"nothing to read", nil, 2, "needs WITDIR"},
		{"no such folder", []string{"nowhere"}, 1, "nowhere"},
		{"no such world", []string{"cases/round-trip/wit", "--world", "round-tripp"}, 1, "round-trip"},
		{"a package name", []string{"cases/round-trip/wit", "--package", "a-b"}, 2, `"a-b" is no name for a Go package`},
		{"a folder of somebody else", []string{"cases/round-trip/wit", "-o", foreign}, 1, "mine.go"},
	} {
		args := append([]string{"bindgen", "host"}, tt.args...)
		if !strings.Contains(strings.Join(args, " "), "-o") {
			args = append(args, "-o", filepath.Join(t.TempDir(), "out"))
		}
		_, stderr, status := isyswasfa(t, args...)
		if status != tt.status || !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: exit status %d\n%s", tt.name, status, stderr)
		}
	}
	entries, err := os.ReadDir(foreign)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder of somebody else: %v, %v", entries, err)
	}
}
