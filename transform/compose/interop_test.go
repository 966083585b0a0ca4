//go:build interop

package compose

import (
	"bytes"
	"os/exec"
	"testing"
)

// With -tags interop, what TestRandom composes is shown to wasm-tools. WIT is
// read back only if there is one version: two versions of a package that use
// each other are too much for wasm-tools.
func init() {
	check = func(t *testing.T, bin []byte) {
		if _, err := exec.LookPath("wasm-tools"); err != nil {
			t.Skip("wasm-tools is not in PATH")
		}
		for _, args := range [][]string{{"validate", "--features", "wasm2,component-model"}, {"component", "wit"}} {
			if args[0] == "component" && (bytes.Contains(bin, []byte("@0.1.0")) || bytes.Contains(bin, []byte("@0.1.2"))) {
				continue
			}
			cmd := exec.Command("wasm-tools", args...)
			cmd.Stdin = bytes.NewReader(bin)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("wasm-tools %v: %v\n%s", args, err, out)
			}
		}
	}
}
