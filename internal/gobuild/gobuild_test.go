package gobuild

import (
	"bytes"
	"context"
	"errors"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// tiny is a guest that needs the overlay to link if it is said to be there.
const tiny = `
-- go.mod --
module example.com/tiny

go 1.26
-- main.go --
// Package main is a tiny guest.
//
//isyswasfa:world tiny ../wit
package main

func main() {}

//go:wasmexport poll
func poll() int64 { return waitIdle() }
-- overlay.go --
//go:build isyswasfa_overlay

package main

import _ "unsafe"

//go:linkname waitIdle runtime.isyWaitIdle
func waitIdle() int64
-- plain.go --
//go:build !isyswasfa_overlay

package main

func waitIdle() int64 { return 0 }
-- native.go --
//go:build !wasip1

package main

// This file is not part of the build, so it has no say.
//
//isyswasfa:world native
-- empty.s --
`

// unpack writes the files of an archive into a folder.
func unpack(t *testing.T, dir, archive string) string {
	t.Helper()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func build(t *testing.T, o Options) *Result {
	t.Helper()
	r, err := Build(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(r.Core, []byte("\x00asm\x01\x00\x00\x00")) {
		t.Fatal("not a core module")
	}
	return r
}

func TestBuild(t *testing.T) {
	dir := unpack(t, t.TempDir(), tiny)
	var stderr bytes.Buffer
	r := build(t, Options{Dir: dir, Stderr: &stderr})
	if !r.Overlay || len(r.Warnings) > 0 || stderr.Len() > 0 {
		t.Errorf("Overlay = %v, Warnings = %q, stderr = %q", r.Overlay, r.Warnings, &stderr)
	}
	p := r.Package
	if p.ImportPath != "example.com/tiny" || p.UsesWASIHTTP || !strings.HasPrefix(p.GoVersion, "go1.") {
		t.Errorf("Package = %+v", p)
	}
	if p.World == nil || p.World.Name != "tiny" || p.World.Dir != filepath.Join(p.Dir, "../wit") || p.World.Pos.Line != 3 {
		t.Errorf("World = %+v", p.World)
	}
	if !bytes.Contains(r.Core, []byte("\x0ago:buildid")) {
		t.Error("the section that tells Go's modules is missing")
	}
	for _, secret := range []string{dir, "isyswasfa/overlay"} {
		if bytes.Contains(r.Core, []byte(secret)) {
			t.Errorf("the module mentions %q", secret)
		}
	}

	// With a temporary folder that is named from where the user stands.
	t.Chdir(t.TempDir())
	t.Setenv("GOTMPDIR", ".")
	build(t, Options{Dir: dir})
	t.Setenv("GOTMPDIR", "")

	// Elsewhere, in a module within a module, named otherwise, with another
	// cache folder for the overlay: the same bytes.
	outer := unpack(t, t.TempDir(), "-- go.mod --\nmodule outer\n\ngo 1.26\n")
	inner := unpack(t, filepath.Join(outer, "a b", "inner"), tiny)
	t.Setenv("GOCACHE", goEnv(t, "GOCACHE"))
	t.Setenv("GOMODCACHE", goEnv(t, "GOMODCACHE"))
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", "")
	if !bytes.Equal(r.Core, build(t, Options{Dir: outer, Package: filepath.Join("a b", "inner")}).Core) {
		t.Error("a copy in another folder gives other bytes")
	}
	if !bytes.Equal(r.Core, build(t, Options{Dir: inner, Package: "example.com/tiny"}).Core) {
		t.Error("by import path: other bytes")
	}
}

func goEnv(t *testing.T, key string) string {
	t.Helper()
	tool, env, err := newTool(t.Context(), Options{}, t.TempDir(), ".")
	if err != nil {
		t.Fatal(err)
	}
	if v := tool.env.get(key); v != "" {
		return v
	}
	return env[key]
}

// TestHostileEnvironment builds in environments that are set up for native
// programs or are hardly set up at all.
func TestHostileEnvironment(t *testing.T) {
	dir := unpack(t, t.TempDir(), tiny)
	want := build(t, Options{Dir: dir}).Core
	cache, mod := goEnv(t, "GOCACHE"), goEnv(t, "GOMODCACHE")
	config := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(config, []byte("GOFLAGS=-race\nCGO_ENABLED=1\nGOWASM=nonsense\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	tests := map[string][]string{
		"native flags": {"GOFLAGS=-race -cover '-ldflags=-s -w' -gcflags=all=-N -buildmode=pie -o=x -overlay=/none -json -mod=mod"},
		"target":       {"GOOS=plan9", "GOARCH=386", "CGO_ENABLED=1", "GOWASM=nonsense", "GOFIPS140=latest", "GO111MODULE=off"},
		"config file":  {"GOENV=" + config},
	}
	if runtime.GOOS != "windows" {
		tests["bare"] = nil
	}
	for name, env := range tests {
		t.Run(name, func(t *testing.T) {
			env := append([]string{"PATH=" + os.Getenv("PATH"), "GOCACHE=" + cache, "GOMODCACHE=" + mod}, env...)
			if runtime.GOOS == "windows" {
				env = append(os.Environ(), env...)
			}
			if got := build(t, Options{Dir: dir, Env: env}); !bytes.Equal(got.Core, want) {
				t.Error("other bytes")
			}
		})
	}
	t.Run("tags", func(t *testing.T) {
		// The tags of GOFLAGS and of the options add up.
		o := Options{Dir: unpack(t, t.TempDir(), tiny+"-- t.go --\n//go:build one && two && three\n\npackage other\n"), Tags: []string{"three"}}
		o.Env = append(os.Environ(), "GOFLAGS=-tags=one,two")
		if _, err := Inspect(t.Context(), o); err == nil || !strings.Contains(err.Error(), "found packages main (main.go) and other (t.go)") {
			t.Errorf("err = %v", err)
		}
	})
}

// TestNoHome needs the caches of Go to be found without HOME: only that they
// are usable is tested, since filling them would build the standard library.
func TestNoHome(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the temporary folder is found otherwise")
	}
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	t.Setenv("XDG_CACHE_HOME", "")
	file := filepath.Join(tmp, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	dir := unpack(t, t.TempDir(), tiny)
	for _, home := range []string{"", file, filepath.Join(file, "below")} {
		t.Setenv("HOME", home)
		for _, gocache := range []string{"", "off", "relative"} {
			env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GOCACHE=" + gocache}
			p, err := Inspect(t.Context(), Options{Dir: dir, Env: env})
			if err != nil {
				t.Fatalf("HOME=%q GOCACHE=%q: %v", home, gocache, err)
			}
			for _, key := range []string{"GOCACHE", "GOMODCACHE"} {
				if v := p.tool.env.get(key); !strings.HasPrefix(v, tmp) {
					t.Errorf("HOME=%q GOCACHE=%q: %s = %q", home, gocache, key, v)
				}
			}
			if p.tool.cache == "" || !writable(p.tool.cache) {
				t.Errorf("HOME=%q: cache = %q", home, p.tool.cache)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	dir := unpack(t, t.TempDir(), `
-- go.mod --
module example.com/bad

go 1.26
-- lib/lib.go --
package lib
-- broken/main.go --
package main

func main() { undefined() }
-- syntax/main.go --
package main

func main( {}
-- missing/main.go --
package main

import _ "example.com/bad/nowhere"

func main() {}
-- twice/a.go --
package main

//isyswasfa:world one
-- twice/b.go --
package main

//isyswasfa:world two
func main() {}
-- nameless/a.go --
package main

//isyswasfa:world
func main() {}
-- spaced/a.go --
package main

//isyswasfa:world one two three
func main() {}
-- native/a.go --
//go:build linux || windows || darwin

package main

func main() {}
-- cgo/a.go --
package main

import "C"

func main() {}
-- empty/readme --
-- two/a/main.go --
package main
`)
	outside := unpack(t, t.TempDir(), "-- main.go --\npackage main\nfunc main() {}\n")
	tests := []struct {
		pkg  string
		want []string
	}{
		{"./broken", []string{"cannot build example.com/bad/broken:\n", "main.go:3:15: undefined: undefined"}},
		{"./syntax", []string{"main.go:3:12: "}},
		{"./missing", []string{"main.go:3:8: "}},
		{"./lib", []string{"example.com/bad/lib", "is package lib: a component is built from a package main"}},
		{"lib", []string{"is package lib"}},
		{"lib/lib.go", []string{"lib/lib.go is a file"}},
		{"./nowhere", []string{"there is no folder ./nowhere"}},
		{"example.com/nowhere", []string{"example.com/nowhere"}},
		{"./...", []string{`"./..." is not a package`}},
		{"-x", []string{`"-x" is not a package`}},
		{"std", []string{`"std" names`, "packages"}},
		{"./empty", []string{"no Go files"}},
		{"./native", []string{"for GOOS=wasip1 and without cgo:\n", "build constraints exclude all Go files"}},
		{"./cgo", []string{"for GOOS=wasip1 and without cgo:\n", "build constraints exclude all Go files"}},
		{"./twice", []string{filepath.Join("twice", "b.go") + ":3:1: a second", filepath.Join("twice", "a.go") + ":3:1"}},
		{"./nameless", []string{filepath.Join("nameless", "a.go") + ":3:1: want //isyswasfa:world NAME [WITDIR]"}},
		{"./spaced", []string{filepath.Join("spaced", "a.go") + ":3:1: want "}},
		{outside, []string{"go.mod file not found"}},
	}
	for _, tt := range tests {
		_, err := Build(t.Context(), Options{Dir: dir, Package: tt.pkg})
		if err == nil {
			t.Errorf("%s: no error", tt.pkg)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not contain %q", tt.pkg, err, want)
			}
		}
	}
	t.Run("no go", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if _, err := Build(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "no go command in PATH") {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("GOROOT", func(t *testing.T) {
		_, err := Build(t.Context(), Options{Dir: dir, Package: "lib", Env: append(os.Environ(), "GOROOT="+t.TempDir())})
		if err == nil || !strings.Contains(err.Error(), "cannot read the sources of Go's runtime") {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Build(ctx, Options{Dir: dir, Package: "lib"}); !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
	})
}

// TestInterrupted cancels a build in its midst: it leaves no files behind.
func TestInterrupted(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("GOTMPDIR", tmp)
	dir := unpack(t, t.TempDir(), tiny)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	env := append(os.Environ(), "GOMODCACHE="+goEnv(t, "GOMODCACHE"), "GOCACHE="+t.TempDir()) // so that it takes a while
	go func() {
		_, err := Build(ctx, Options{Dir: dir, Env: env})
		done <- err
	}()
	for begun := false; !begun; time.Sleep(time.Millisecond) {
		compiled, _ := filepath.Glob(filepath.Join(tmp, "*", "go-build*", "b*"))
		begun = len(compiled) > 0
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestCutOnce(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		ok         bool
	}{
		{"a\n" + beforeIdle + "b\n", "a\nb\n", true},
		{strings.ReplaceAll("a\n"+beforeIdle+"b\n", "\n", "\r\n"), "a\nb\n", true},
		{beforeIdle + beforeIdle, "", false},
		{"func beforeIdle(now, pollUntil int64) (*g, bool) {\n\treturn nil, false\n}\n", "", false},
		{"", "", false},
	} {
		if got, ok := cutOnce([]byte(tt.text), beforeIdle); string(got) != tt.want || ok != tt.ok {
			t.Errorf("cutOnce(%q) = %q, %v", tt.text, got, ok)
		}
	}
}

// TestUnknownRuntime makes an overlay for a GOROOT whose runtime is another.
func TestUnknownRuntime(t *testing.T) {
	goroot := unpack(t, t.TempDir(), "-- src/runtime/lock_wasip1.go --\npackage runtime\n")
	o, err := makeOverlay(goroot, false)
	if err != nil || o.warning == "" || len(o.files) > 0 {
		t.Errorf("makeOverlay = %+v, %v", o, err)
	}
}

// TestDefaultTransport wants net/http of this toolchain without the value, and
// only that missing.
func TestDefaultTransport(t *testing.T) {
	o, err := makeOverlay(runtime.GOROOT(), true)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(runtime.GOROOT(), "src", "net", "http", "transport.go")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	after := o.files[file]
	if !bytes.Contains(after, []byte("\nvar DefaultTransport RoundTripper\n\n")) {
		t.Error("DefaultTransport is not there, or has a value")
	}
	if n := len(before) - len(after); n < 100 || n > 500 {
		t.Errorf("%d bytes were taken out", n)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), file, after, 0); err != nil {
		t.Error(err)
	}
}

func TestOverlayConcurrently(t *testing.T) {
	cache := filepath.Join(t.TempDir(), `a "quoted" folder`)
	if runtime.GOOS == "windows" {
		cache = t.TempDir()
	}
	o, err := makeOverlay(runtime.GOROOT(), true)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			file, err := o.write(cache, t.TempDir())
			if err != nil {
				t.Error(err)
			}
			if b, err := os.ReadFile(file); err != nil || !bytes.HasSuffix(b, []byte("}\n}")) {
				t.Errorf("%s: %q, %v", file, b, err)
			}
		})
	}
	wg.Wait()
	dirs, _ := filepath.Glob(filepath.Join(cache, "overlay", "*", "*"))
	if len(dirs) != 4 {
		t.Errorf("left %q", dirs)
	}
}

func TestGOFLAGS(t *testing.T) {
	kept, tags, err := splitGOFLAGS(` -mod=mod "-modfile=a b/go.mod" --race -tags=a,b '-ldflags=-X "x"' -v`)
	if err != nil || strings.Join(kept, "|") != "-mod=mod|-modfile=a b/go.mod|-v" || strings.Join(tags, " ") != "a b" {
		t.Errorf("splitGOFLAGS = %q, %q, %v", kept, tags, err)
	}
	if got := joinQuoted(kept); got != "-mod=mod '-modfile=a b/go.mod' -v" {
		t.Errorf("joinQuoted = %s", got)
	}
	if _, _, err := splitGOFLAGS(`'-mod`); err == nil {
		t.Error("no error")
	}
}

func FuzzGOFLAGS(f *testing.F) {
	f.Add(`-mod=mod "-modfile=a b" -tags=x`)
	f.Fuzz(func(t *testing.T, s string) {
		words, err := splitQuoted(s)
		if err != nil {
			return
		}
		for _, w := range words {
			if strings.ContainsAny(w, "'\"") || w == "" {
				return // cannot be quoted, as in the go command
			}
		}
		again, err := splitQuoted(joinQuoted(words))
		if err != nil || !slices.Equal(words, again) {
			t.Errorf("%q: %q became %q, %v", s, words, again, err)
		}
	})
}
