//go:build interop

package encode_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// With -tags interop, every component that the tests make is shown to
// wasm-tools, with no proposal but the component model switched on, unless its
// text has something of others. Releases of today do not read threads, which
// have other opcodes there, and attributes.
func init() {
	check = func(t *testing.T, bin []byte) {
		c, err := component.Decode(bin)
		if err != nil {
			t.Fatal(err)
		}
		text := dump(c)
		if unread.MatchString(text) {
			return
		}
		features := "wasm2,component-model"
		if proposals.MatchString(text) {
			features = "all"
		}
		file := write(t, "component.wasm", bin)
		wasmTools(t, "validate", "--features", features, file)
		wasmTools(t, "component", "wit", file)
	}
}

var (
	unread    = regexp.MustCompile(`: thread\.[^y]|\(attribute `)
	proposals = regexp.MustCompile(`\basync\b|: (task|subtask|waitable|context|stream|future)[.-]|\b(map|stream|future)<`)
)

func write(t *testing.T, name string, bin []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, bin, 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

func wasmTools(t *testing.T, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("wasm-tools"); err != nil {
		t.Skip("wasm-tools is not in PATH")
	}
	if out, err := exec.Command("wasm-tools", args...).CombinedOutput(); err != nil {
		t.Errorf("wasm-tools %v: %v\n%s", args, err, out)
	}
}

// A composer that knows nothing of isyswasfa wires a middleware to a service.
func TestStockComposer(t *testing.T) {
	r, err := std.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, name := range []string{"service", "middleware"} {
		w, err := r.World("wasi:http/" + name + "@0.3.0")
		if err != nil {
			t.Fatal(err)
		}
		res, err := transform.Polyfill(w, transform.Options{Suffix: "-" + name})
		if err != nil {
			t.Fatal(err)
		}
		bin, err := encode.Component(stub(t, res.World), res.World, encode.Options{})
		if err != nil {
			t.Fatal(err)
		}
		files[name] = write(t, name+".wasm", bin)
	}
	out := filepath.Join(t.TempDir(), "composed.wasm")
	wasmTools(t, "compose", files["middleware"], "-d", files["service"], "-o", out)
	wasmTools(t, "validate", "--features", "wasm2,component-model", out)
}
