//go:build interop

// Package interop checks what this project emits with the tools of others.
// They are no requirement: run it with
//
//	go test -tags interop ./test/interop
//
// A check whose tool is not in PATH is skipped.
package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/build"
)

// cases are the guests that are checked.
var cases = []string{"hello", "hash-all", "echo", "ticker"}

// built gives the file of a guest built as a component.
func built(t *testing.T, name string) string {
	t.Helper()
	result, err := build.Component(t.Context(), build.Options{Package: "../cases/" + name})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name+".wasm")
	if err := os.WriteFile(file, result.Component, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// tool runs another tool and gives what it prints.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not in PATH", name)
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestValidate wants valid WASI 0.2 components: every proposal beyond the
// component model itself is off.
func TestValidate(t *testing.T) {
	for _, name := range cases {
		t.Run(name, func(t *testing.T) {
			tool(t, "wasm-tools", "validate", "--features", "wasm2,component-model", built(t, name))
		})
	}
}

// TestWIT has two other tools read the world back.
func TestWIT(t *testing.T) {
	for _, name := range cases {
		t.Run(name, func(t *testing.T) {
			file := built(t, name)
			for _, args := range [][]string{{"wasm-tools", "component", "wit", file}, {"jco", "wit", file}} {
				t.Run(args[0], func(t *testing.T) {
					text := tool(t, args[0], args[1:]...)
					wanted := []string{"export wasi:http/handler@0.3.0", "export isyswasfa-poll-"}
					if args[0] == "wasm-tools" { // the other prints the world alone
						wanted = append(wanted, "handle-isyswasfa-start: func(")
					}
					for _, want := range wanted {
						if !strings.Contains(text, want) {
							t.Errorf("the world lacks %q:\n%s", want, text)
						}
					}
					for _, unwanted := range []string{"wasi:filesystem", "wasi:sockets", "async func", "stream<", "future<"} {
						if strings.Contains(text, unwanted) {
							t.Errorf("the world has %q", unwanted)
						}
					}
				})
			}
		})
	}
}

// TestTranspile has an independent implementation of WASI 0.2 components
// compile the component to JavaScript.
func TestTranspile(t *testing.T) {
	for _, name := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			tool(t, "jco", "transpile", built(t, name), "-o", dir, "--no-typescript")
			if files, _ := filepath.Glob(filepath.Join(dir, "*.js")); len(files) == 0 {
				t.Error("no JavaScript came out")
			}
		})
	}
}
