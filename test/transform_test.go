package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// original has the worlds of the original's tests.
const original = "../transform/testdata/original"

// TestTransform prints a polyfilled world, writes one, and transforms what it
// wrote, which changes nothing any more.
func TestTransform(t *testing.T) {
	stdout, stderr, status := isyswasfa(t, "transform", original, "--original-rules", "--world", "round-trip", "--suffix", "-x")
	for _, want := range []string{
		"package component:test;\n",
		"foo-isyswasfa-start: func(s: string) -> result<string, pending>;",
		"export isyswasfa-poll-x: func(input: list<poll-input>) -> list<poll-output>;",
		"package wasi:io@0.2.0 {",
	} {
		if status != 0 || stderr != "" || !strings.Contains(stdout, want) {
			t.Errorf("status %d, stderr %q, no %q in\n%s", status, stderr, want, stdout)
		}
	}
	dir := filepath.Join(t.TempDir(), "wit")
	for range 2 {
		stdout, stderr, status := isyswasfa(t, "transform", "-o", dir, original, "-w", "router", "--original-rules")
		if status != 0 || stdout != "" || !strings.Contains(stderr, "component:test/router, 6 packages") {
			t.Fatalf("status %d, stdout %q\n%s", status, stdout, stderr)
		}
	}
	before, _, _ := isyswasfa(t, "transform", dir)
	after, stderr, status := isyswasfa(t, "transform", original, "-w", "router", "--original-rules")
	if status != 0 || before != after || strings.Contains(after, "isyswasfa-poll") {
		t.Errorf("status %d\n%s; transformed again:\n%s\nwant\n%s", status, stderr, before, after)
	}
	if stdout, _, status := isyswasfa(t, "transform", "-w", "wasi:http/service"); status != 0 || !strings.Contains(stdout, "handle-isyswasfa-start") {
		t.Errorf("wasi:http/service: status %d\n%s", status, stdout)
	}
	if stdout, _, status := isyswasfa(t, "transform", "--help"); status != 0 || !strings.Contains(stdout, "Example:") {
		t.Errorf("--help: status %d\n%s", status, stdout)
	}
}

// TestTransformErrors gives it things it cannot use.
func TestTransformErrors(t *testing.T) {
	folder := func(text string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.wit"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	foreign := folder("package x:y;\n")
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   []string
	}{
		{"mistake in WIT", []string{folder("package a:b;\nworld w {\n  export f: async fun();\n}\n")}, 1, []string{"a.wit:3:19: ", "3 |   export f: async fun();", "^--"}},
		{"unsupported", []string{folder("package a:b;\ninterface i { f: func() -> option<error-context>; }\nworld w { import i; }\n")}, 1, []string{"world a:b/w: a:b/i: function f: result: error-context is not supported"}},
		{"unknown world", []string{original, "-w", "roter"}, 1, []string{"roter", "did you mean `router`?"}},
		{"which world", []string{original}, 1, []string{"component:test/proxy"}},
		{"bad suffix", []string{original, "-w", "proxy", "--suffix", "x"}, 1, []string{`bad suffix "x"`}},
		{"foreign files", []string{original, "-w", "proxy", "-o", foreign}, 1, []string{filepath.Join(foreign, "a.wit"), "was not generated"}},
		{"no folder", []string{"missing-folder"}, 1, []string{"missing-folder"}},
		{"no argument", nil, 2, []string{"WITDIR"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr, status := isyswasfa(t, append([]string{"transform"}, c.args...)...)
			if status != c.status || stdout != "" {
				t.Errorf("exit status %d, want %d; stdout %q", status, c.status, stdout)
			}
			for _, s := range c.says {
				if !strings.Contains(stderr, s) {
					t.Errorf("the message does not say %q:\n%s", s, stderr)
				}
			}
		})
	}
}
