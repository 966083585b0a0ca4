package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

// Two libraries that are a command together, and one that it opens.
const (
	helloText = `(module
  (import "env" "memory" (memory 1))
  (import "env" "__memory_base" (global $base i32))
  (import "env" "write" (func $write (param i32 i32)))
  (import "env" "dlopen" (func $dlopen (param i32 i32) (result i32)))
  (data (global.get $base) "plugin.so\00absent.so\00yes\nno\n")
  (func $open (param i32) (result i32) (call $dlopen (i32.add (global.get $base) (local.get 0)) (i32.const 1)))
  (func (export "_start")
    (call $write (i32.add (global.get $base) (select (i32.const 20) (i32.const 24) (call $open (i32.const 0)))) (i32.const 4))
    (call $write (i32.add (global.get $base) (select (i32.const 20) (i32.const 24) (call $open (i32.const 10)))) (i32.const 3))))`
	writeText = `(module
  (import "env" "memory" (memory 1))
  (import "env" "__memory_base" (global $base i32))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (func $write (export "write") (param i32 i32)
    (i32.store (global.get $base) (local.get 0))
    (i32.store offset=4 (global.get $base) (local.get 1))
    (drop (call $fd_write (i32.const 1) (global.get $base) (i32.const 1) (i32.add (global.get $base) (i32.const 8))))))`
)

// sharedLibrary assembles a dynamic library that wants 32 bytes of memory, and
// gives its file.
func sharedLibrary(t *testing.T, name, text string) string {
	t.Helper()
	core, err := wat.Assemble(text)
	if err != nil {
		t.Fatal(err)
	}
	section := append(wasm.AppendName(nil, "dylink.0"), 1, 4, 32, 0, 0, 0)
	core = append(append(wasm.AppendU32(core, 0), byte(len(section))), section...)
	return write(t, name, core)
}

// TestLinkCommand links dynamic libraries and runs what comes out.
func TestLinkCommand(t *testing.T) {
	hello, libc, plugin := sharedLibrary(t, "hello.so", helloText), sharedLibrary(t, "libc.so", writeText), sharedLibrary(t, "plugin.so", "(module)")
	out := filepath.Join(t.TempDir(), "out.wasm")
	stdout, stderr, status := isyswasfa(t, "link", hello, "--adapt", libc, "--dl-openable", plugin, "--use-built-in-libdl", "--stack-size=64KiB", "-o", out)
	if status != 0 || stdout != "" || !strings.Contains(stderr, "wasi:cli/run@0.2.0") {
		t.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	if stdout, stderr, status := isyswasfa(t, "call", out, "wasi:cli/run#run()"); status != 0 || stdout != "yes\nno\nok\n" {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   []string
	}{
		{"a missing symbol", []string{hello, "--adapt"}, 1, []string{"hello.so needs the function write", "hello.so needs the function dlopen"}},
		{"WASI 0.1", []string{hello, libc, "--stub-missing-functions"}, 1, []string{"fd_write", "libc.so", "--adapt"}},
		{"no dynamic library", []string{write(t, "core.wasm", []byte("\x00asm\x01\x00\x00\x00"))}, 1, []string{"core.wasm", "dylink.0"}},
		{"the same name twice", []string{hello, "hello.so=" + libc}, 1, []string{"two libraries are called hello.so"}},
		{"a command that is not adapted", []string{sharedLibrary(t, "start.so", `(module (func (export "_start")))`)}, 1, []string{"start.so", "_start", "--adapt"}},
		{"a large stack", []string{libc, "--stack-size", "4GiB"}, 2, []string{"less than 4GiB"}},
		{"a missing file", []string{"missing.so"}, 1, []string{"missing.so"}},
		{"a suffix for nothing", []string{hello, libc, "--adapt", "--suffix", "-x"}, 1, []string{"nothing async"}},
		{"no library", nil, 2, []string{"LIB.wasm"}},
		{"no name", []string{"=" + hello}, 2, []string{"NAME="}},
		{"a bad stack", []string{hello, "--stack-size", "much"}, 2, []string{"--stack-size", "much"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out.wasm")
			_, stderr, status := isyswasfa(t, append([]string{"link", "-o", out}, c.args...)...)
			if status != c.status {
				t.Errorf("exit status %d, want %d", status, c.status)
			}
			for _, s := range c.says {
				if !strings.Contains(stderr, s) {
					t.Errorf("the message does not say %q", s)
				}
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("something was written")
			}
			if t.Failed() {
				t.Logf("stderr:\n%s", stderr)
			}
		})
	}
}
