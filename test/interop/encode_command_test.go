//go:build interop

package interop

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/build"
)

// TestEncodedCommand has another host run programs for WASI 0.1 as components:
// one that the Go toolchain makes now, and what wazero has of Rust and C.
func TestEncodedCommand(t *testing.T) {
	jco, err := exec.LookPath("jco")
	if err != nil {
		t.Skip("jco is not in PATH")
	}
	dir := t.TempDir()
	goTool := filepath.Join(dir, "tool.core.wasm")
	compile := exec.Command("go", "build", "-o", goTool, "../testdata/tool")
	compile.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wazero, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil {
		t.Fatal(err)
	}
	others := filepath.Join(strings.TrimSpace(string(wazero)), "imports", "wasi_snapshot_preview1", "testdata")
	for _, c := range []struct {
		core, arg, stdin, stdout string
		status                   int
	}{
		{goTool, "x", "one\n", "slept true true true\nONE\nno files\n", 0},
		{goTool, "x", "one\nfail\n", "slept true true true\nONE\n", 1},
		{filepath.Join(others, "cargo-wasi", "wasi.wasm"), "stat", "", "/ isatty: false\n", 0},
		{filepath.Join(others, "zig-cc", "wasi.wasm"), "stat", "", "/ isatty: false\n", 0},
	} {
		core, err := os.ReadFile(c.core)
		if err != nil {
			t.Log(err)
			continue
		}
		e, err := build.Encode(core, build.EncodeOptions{Preview1: true})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "component.wasm")
		if err := os.WriteFile(file, e.Component, 0o666); err != nil {
			t.Fatal(err)
		}
		tool(t, "wasm-tools", "validate", "--features", "wasm2,component-model", file)
		run := exec.Command(jco, "run", file, c.arg)
		var stdout, stderr bytes.Buffer
		run.Stdin, run.Stdout, run.Stderr = strings.NewReader(c.stdin), &stdout, &stderr
		_ = run.Run() // the status tells
		if !strings.HasSuffix(stdout.String(), c.stdout) || run.ProcessState.ExitCode() != c.status {
			t.Errorf("%s %s: status %d\n%s%s", c.core, c.arg, run.ProcessState.ExitCode(), stdout.String(), stderr.String())
		}
	}
}
