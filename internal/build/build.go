// Package build turns a Go package into a component: it finds the package's
// world, rewrites it, compiles the package with the stock toolchain and wraps
// the core module.
package build

import (
	"cmp"
	"context"
	"fmt"
	"path"

	"github.com/isyswasfa/isyswasfa/internal/gobuild"
	"github.com/isyswasfa/isyswasfa/internal/witdir"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// DefaultWorld is the world of a package that names none but uses
// guest/wasihttp.
const DefaultWorld = "wasi:http/service@0.3.0"

// Options say what to build.
type Options struct {
	Package  string                          // a folder or an import path, as `go build` takes it
	World    string                          // overrides the package's directive; "" if it need not
	WITDir   string                          // likewise, the folder of WIT that has the world
	Suffix   string                          // of the poll function, such as "-echo"; "" derives one from the module
	Tags     []string                        // build tags
	Features []string                        // of the WIT's @unstable items, those to keep
	Warn     func(msg string)                // told what the user should know; may be nil
	Step     func(what string) (done func()) // told what is being done; may be nil
}

// A Result is a built component.
type Result struct {
	Component []byte
	Package   string     // import path
	World     *wit.World // as its author wrote it
	Suffix    string     // of the poll function
	GoVersion string
}

// Component builds the package. Errors name the package, the WIT or the
// function that is wrong; those of the Go compiler are its own text.
func Component(ctx context.Context, o Options) (*Result, error) {
	step := o.Step
	if step == nil {
		step = func(string) func() { return func() {} }
	}
	opts := gobuild.Options{Package: o.Package, Tags: o.Tags}
	pkg, err := gobuild.Inspect(ctx, opts)
	if err != nil {
		return nil, err
	}
	world, err := findWorld(pkg, o)
	if err != nil {
		return nil, err
	}
	if err := checkFresh(pkg, world); err != nil {
		return nil, err
	}
	done := step("compiling " + pkg.ImportPath + " for wasip1")
	built, err := pkg.Build(ctx)
	done()
	if err != nil {
		return nil, err
	}
	if o.Warn != nil {
		for _, w := range built.Warnings {
			o.Warn(w)
		}
	}
	suffix := o.Suffix
	if suffix == "" {
		suffix = encode.DefaultSuffix(built.Core)
	}
	polyfilled, err := transform.Polyfill(world, transform.Options{Suffix: suffix})
	if err != nil {
		return nil, fmt.Errorf("world %s: %w", world.ID(), err)
	}
	binary, err := encode.Component(built.Core, polyfilled.World, encode.Options{Name: path.Base(pkg.ImportPath)})
	if err != nil {
		return nil, fmt.Errorf("wrapping %s as %s: %w", pkg.ImportPath, world.ID(), err)
	}
	return &Result{Component: binary, Package: pkg.ImportPath, World: world, Suffix: suffix, GoVersion: pkg.GoVersion}, nil
}

// findWorld gives the world that the options, the package's directive or its
// imports name, in this order.
func findWorld(pkg *gobuild.Package, o Options) (*wit.World, error) {
	name, dir := o.World, o.WITDir
	if pkg.World != nil {
		name = cmp.Or(name, pkg.World.Name)
		dir = cmp.Or(dir, pkg.World.Dir)
	}
	if name == "" && dir == "" {
		if !pkg.UsesWASIHTTP {
			return nil, fmt.Errorf("package %s names no world: write a directive comment such as\n\n\t//isyswasfa:world %s\n\nin one of its files, give --world, or import github.com/isyswasfa/isyswasfa/guest/wasihttp to serve HTTP", pkg.ImportPath, DefaultWorld)
		}
		name = DefaultWorld
	}
	if dir == "" {
		return std.World(name)
	}
	resolve, err := witdir.Parse(dir, o.Features)
	if err != nil {
		return nil, err
	}
	return resolve.World(name)
}
