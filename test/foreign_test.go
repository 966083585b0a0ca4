package test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
)

// TestForeignCommands runs programs that other compilers have made for WASI
// 0.1, among the test data of wazero, as components.
func TestForeignCommands(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil {
		t.Skip("the module cache has no wazero: ", err)
	}
	root := filepath.Join(strings.TrimSpace(string(out)), "imports", "wasi_snapshot_preview1", "testdata")
	const terminals = "stdin isatty: false\nstdout isatty: false\nstderr isatty: false\n/ isatty: false\n"
	for _, c := range []struct {
		file   string
		args   []string
		stdin  string
		stdout string
		fails  bool
	}{
		{"cargo-wasi/wasi.wasm", []string{"stat"}, "", terminals, false},
		{"cargo-wasi/wasi.wasm", []string{"ls", "."}, "", "", false}, // it says on stderr that there are no files
		{"cargo-wasi/wasi.wasm", []string{"other"}, "", "", true},
		{"zig-cc/wasi.wasm", []string{"stat"}, "", terminals, false},
		{"zig-cc/wasi.wasm", []string{"poll", "0", "50"}, "input", "STDIN\n", false},
		{"zig-cc/wasi.wasm", []string{"sleepmillis", "5"}, "", "OK\n", false},
		{"tinygo/wasi.wasm", []string{"stat"}, "", strings.Replace(terminals, "/ isatty: false", "panic: fstat : errno 8", 1), true}, // no files
		{"zig/wasi.wasm", []string{"stat"}, "", terminals, false},
	} {
		t.Run(c.file+" "+strings.Join(c.args, " "), func(t *testing.T) {
			core := filepath.Join(root, filepath.FromSlash(c.file))
			if _, err := os.Stat(core); err != nil {
				t.Skip(err)
			}
			file := filepath.Join(t.TempDir(), "out.wasm")
			if _, stderr, status := isyswasfa(t, "encode", "--adapt", core, "-o", file); status != 0 {
				t.Fatal(stderr)
			}
			var stdout, stderr strings.Builder
			config := wasi.Config{Stdin: strings.NewReader(c.stdin), Stdout: &stdout, Stderr: &stderr, Args: append([]string{"wasi"}, c.args...)}
			err := runCommand(t, file, config)
			var exit *host.ExitError
			if errors.As(err, &exit) && exit.Code == 0 {
				err = nil
			}
			if stdout.String() != c.stdout || (err != nil) != c.fails {
				t.Errorf("%v: stdout %q, stderr %q", err, stdout.String(), stderr.String())
			}
		})
	}
}
