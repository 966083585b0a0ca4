// Package gobuild builds a Go main package with the user's own toolchain into
// a core module for isyswasfa: a wasip1 reactor (-buildmode=c-shared).
//
// The runtime's idle hook is put in by -overlay (see overlay.go), so nothing
// in GOROOT is touched and no patched toolchain is needed. The environment of
// the go command is made independent of what the user's native builds need
// (see env.go), so that the same source gives the same bytes.
package gobuild

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// GuestModule is the import path that the guest library's packages start with.
const GuestModule = "github.com/isyswasfa/isyswasfa/guest"

// OverlayTag is the build tag that is set if the overlay is in use.
const OverlayTag = "isyswasfa_overlay"

// Options say what to build.
type Options struct {
	Dir     string    // the folder that Package is relative to; "" is the current one
	Package string    // a folder or an import path, as the user typed it; "" is "."
	Tags    []string  // further build tags
	Stderr  io.Writer // what the go command says in a build that succeeds; nil discards it
	Env     []string  // the environment of the go command; nil is that of this process
}

// A Package is a Go package that can be built into a component.
type Package struct {
	ImportPath   string // such as "example.com/app/guest"
	Dir          string // its folder, absolute
	World        *World // the world that a directive names, or nil
	UsesWASIHTTP bool   // whether it imports guest/wasihttp, directly or not
	Parts        []Part // the packages it is made of and itself, but for those of Go and of the guest library
	GoVersion    string // of the toolchain that its folder selects, such as "go1.26.8"

	goroot string
	tool   *tool
	tags   []string
}

// A Part is one of the packages that a program is made of.
type Part struct {
	ImportPath string
	Dir        string   // its folder, absolute
	GoFiles    []string // names of the files that are built
}

// A Result is what a build yields.
type Result struct {
	Package  *Package
	Core     []byte   // the core module
	Overlay  bool     // whether the runtime's idle hook is in it
	Warnings []string // one sentence each
}

// A BuildError holds what the go command said when it failed.
type BuildError struct {
	Package string // the import path or what the user typed
	Output  string // the go command's own message
}

func (e *BuildError) Error() string {
	if strings.Contains(e.Output, "build constraints exclude all Go files") {
		return fmt.Sprintf("cannot build %s for GOOS=wasip1 and without cgo:\n%s", e.Package, e.Output)
	}
	return fmt.Sprintf("cannot build %s:\n%s", e.Package, e.Output)
}

// Build inspects and builds a package.
func Build(ctx context.Context, o Options) (*Result, error) {
	p, err := Inspect(ctx, o)
	if err != nil {
		return nil, err
	}
	return p.Build(ctx)
}

// Build builds the package.
func (p *Package) Build(ctx context.Context) (*Result, error) {
	r := &Result{Package: p}
	tmp, err := os.MkdirTemp(p.tool.env.get("GOTMPDIR"), "isyswasfa-build-")
	if err != nil {
		return nil, fmt.Errorf("cannot make a folder for the build: %w", err)
	}
	defer removeAll(tmp)
	if tmp, err = filepath.Abs(tmp); err != nil { // the go command runs elsewhere
		return nil, err
	}

	tags := p.tags
	// The build ID is a constant: Go's own may depend on where things are. It
	// has to be there, since its section tells that the module is Go's.
	args := []string{"build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-buildid=isyswasfa"}
	ov, err := makeOverlay(p.goroot, p.UsesWASIHTTP)
	if err != nil {
		return nil, err
	}
	if ov.warning != "" {
		r.Warnings = append(r.Warnings, p.GoVersion+": "+ov.warning)
	} else {
		file, err := ov.write(p.tool.cache, tmp)
		if err != nil {
			return nil, err
		}
		tags = append(tags[:len(tags):len(tags)], OverlayTag)
		args = append(args, "-overlay="+file)
		r.Overlay = true
	}
	if len(tags) > 0 {
		args = append(args, "-tags="+strings.Join(tags, ","))
	}
	out := filepath.Join(tmp, "core.wasm")
	if _, err := p.tool.in(tmp).run(ctx, p.ImportPath, append(args, "-o", out, p.tool.pkg)...); err != nil {
		return nil, err
	}
	r.Core, err = os.ReadFile(out)
	if err != nil {
		return nil, fmt.Errorf("go build of %s succeeded but left no module: %w", p.ImportPath, err)
	}
	return r, nil
}

// removeAll removes the folder of a build. Compilers that outlive a cancelled
// go command may write there for a moment.
func removeAll(dir string) {
	for range 50 {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}
