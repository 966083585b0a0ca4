//go:build interop

package interop

import (
	"compress/flate"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/host/wasihttp"
	"github.com/isyswasfa/isyswasfa/internal/build"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/transform/compose"
)

// composers give middleware.wasm over hash-all.wasm of a folder as out.wasm.
// The last two need interfaces that name all resources they mention.
var composers = []struct {
	name  string
	polls int // poll functions that the result exports
	run   func(t *testing.T, dir string)
}{
	{"isyswasfa compose", 2, func(t *testing.T, dir string) {
		c := &compose.Config{Dir: dir, Definitions: []string{"hash-all.wasm"}}
		r, err := compose.Loader{}.Compose(filepath.Join(dir, "middleware.wasm"), c, true)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "out.wasm"), r.Component, 0o644); err != nil {
			t.Fatal(err)
		}
	}},
	{"wasm-tools compose", 1, func(t *testing.T, dir string) {
		tool(t, "wasm-tools", "compose", dir+"/middleware.wasm", "-d", dir+"/hash-all.wasm", "-o", dir+"/out.wasm")
	}},
	{"wac plug", 1, func(t *testing.T, dir string) {
		tool(t, "wac", "plug", "--plug", dir+"/hash-all.wasm", dir+"/middleware.wasm", "-o", dir+"/out.wasm")
	}},
	{"wac compose", 1, func(t *testing.T, dir string) {
		script := `package test:composed;
let inner = new test:hash-all { ... };
let outer = new test:middleware { "wasi:http/handler@0.3.0": inner["wasi:http/handler@0.3.0"], ... };
export outer...;
`
		file := filepath.Join(dir, "script.wac")
		if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
			t.Fatal(err)
		}
		tool(t, "wac", "compose", file, "-o", dir+"/out.wasm",
			"--dep", "test:hash-all="+dir+"/hash-all.wasm", "--dep", "test:middleware="+dir+"/middleware.wasm")
	}},
}

// TestComposers has several composers make one component of two guests and
// runs a request through it, whether or not all poll functions are exported.
func TestComposers(t *testing.T) {
	for _, named := range []bool{false, true} {
		for _, c := range composers {
			if strings.HasPrefix(c.name, "wac") && !named {
				continue
			}
			t.Run(fmt.Sprintf("%s/named=%v", c.name, named), func(t *testing.T) {
				dir := t.TempDir()
				for _, name := range []string{"hash-all", "middleware"} {
					buildInto(t, dir, name, named)
				}
				c.run(t, dir)
				out := filepath.Join(dir, "out.wasm")
				tool(t, "wasm-tools", "validate", "--features", "wasm2,component-model", out)
				binary, err := os.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				if polls := exportedPolls(t, binary); polls != c.polls {
					t.Errorf("%d poll functions are exported, want %d", polls, c.polls)
				}
				runComposed(t, binary)
			})
		}
	}
}

// TestComposeMixed composes a guest that wants resources to be named with one
// that does not name them.
func TestComposeMixed(t *testing.T) {
	dir := t.TempDir()
	buildInto(t, dir, "middleware", true)
	buildInto(t, dir, "hash-all", false)
	composers[0].run(t, dir)
	out := filepath.Join(dir, "out.wasm")
	tool(t, "wasm-tools", "validate", "--features", "wasm2,component-model", out)
	tool(t, "wasm-tools", "component", "wit", out)
	binary, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	runComposed(t, binary)
}

func buildInto(t *testing.T, dir, name string, named bool) {
	r, err := build.Component(t.Context(), build.Options{Package: "../cases/" + name, NameResources: named})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".wasm"), r.Component, 0o644); err != nil {
		t.Fatal(err)
	}
}

func exportedPolls(t *testing.T, binary []byte) int {
	c, err := component.Decode(binary)
	if err != nil {
		t.Fatal(err)
	}
	s, err := component.Describe(c)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range s.Exports {
		if e.IsPoll() {
			n++
		}
	}
	return n
}

// runComposed has the composed component fetch a page and give its digest,
// deflated.
func runComposed(t *testing.T, binary []byte) {
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(ctx)
	c, err := engine.Compile(ctx, "composed", binary)
	if err != nil {
		t.Fatal(err)
	}
	linker := host.NewLinker(engine)
	wasi.AddToLinker(linker)
	wasihttp.AddToLinker(linker)
	pre, err := linker.Link(c)
	if err != nil {
		t.Fatal(err)
	}
	h, err := wasihttp.NewHandler(pre, wasihttp.Config{WASI: wasi.Config{Stderr: os.Stderr}})
	if err != nil {
		t.Fatal(err)
	}
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "abc") }))
	defer origin.Close()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Url", origin.URL)
	r.Header.Set("Accept-Encoding", "deflate")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	text, err := io.ReadAll(flate.NewReader(w.Body))
	want := origin.URL + ": ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"
	if err != nil || string(text) != want || w.Header().Get("Content-Encoding") != "deflate" {
		t.Errorf("got %q, %v, %v; want %q", text, w.Header(), err, want)
	}
	if err := h.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	if stats := engine.Stats(); stats != (host.EngineStats{}) {
		t.Errorf("left behind: %+v", stats)
	}
}
