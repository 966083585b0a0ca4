package gobuild

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Inspect finds the package and what the build of a component needs to know
// of it, without compiling anything. The errors name the package as the user
// typed it, or are the go command's own.
func Inspect(ctx context.Context, o Options) (*Package, error) {
	dir, pkg, err := locate(o.Dir, o.Package)
	if err != nil {
		return nil, err
	}
	t, env, err := newTool(ctx, o, dir, pkg)
	if err != nil {
		return nil, err
	}
	p := &Package{GoVersion: env["GOVERSION"], goroot: env["GOROOT"], tool: t, tags: t.tags(o.Tags)}
	if err := checkGOROOT(p.goroot); err != nil {
		return nil, err
	}
	all, err := t.list(ctx, p.tags)
	if err != nil {
		return nil, err
	}
	listed := all[len(all)-1]
	p.ImportPath, p.Dir = listed.ImportPath, listed.Dir
	for _, dep := range all {
		switch {
		case dep.ImportPath == GuestModule+"/wasihttp":
			p.UsesWASIHTTP = true
		case !dep.Standard && !strings.HasPrefix(dep.ImportPath, GuestModule+"/"):
			p.Parts = append(p.Parts, Part{dep.ImportPath, dep.Dir, dep.GoFiles})
		}
	}
	if listed.Name != "main" {
		return nil, fmt.Errorf("%s (%s) is package %s: a component is built from a package main", p.ImportPath, p.Dir, listed.Name)
	}
	p.World, err = findWorld(p.Dir, listed.GoFiles)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// locate tells in which folder the go command has to run and with which
// package, for a package as the user typed it. A folder is built from within,
// so that its own module counts wherever the user stands.
func locate(dir, pkg string) (runIn, arg string, err error) {
	if pkg == "" {
		pkg = "."
	}
	if strings.HasPrefix(pkg, "-") || strings.Contains(pkg, "...") {
		return "", "", fmt.Errorf("%q is not a package: give one folder or import path", pkg)
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", "", err
	}
	folder := filepath.FromSlash(pkg)
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(dir, folder)
	}
	switch info, err := os.Stat(folder); {
	case err == nil && info.IsDir():
		return folder, ".", nil
	case err == nil:
		return "", "", fmt.Errorf("%s is a file: give the folder of the package", pkg)
	case !errors.Is(err, fs.ErrNotExist) && !looksLikeImportPath(pkg):
		return "", "", fmt.Errorf("cannot read %s: %w", pkg, err)
	case !looksLikeImportPath(pkg):
		return "", "", fmt.Errorf("there is no folder %s", pkg)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", "", fmt.Errorf("there is no folder %s", dir)
	}
	return dir, pkg, nil
}

func looksLikeImportPath(pkg string) bool {
	return !filepath.IsAbs(pkg) && !strings.HasPrefix(pkg, ".") && !strings.HasPrefix(pkg, "/") && !strings.Contains(pkg, `\`)
}

func checkGOROOT(goroot string) error {
	if goroot == "" {
		return errors.New("the go command does not know its GOROOT (go env GOROOT is empty)")
	}
	if _, err := os.ReadDir(filepath.Join(goroot, "src", "runtime")); err != nil {
		return fmt.Errorf("cannot read the sources of Go's runtime, which a build needs: %w", err)
	}
	return nil
}

type listedPackage struct {
	ImportPath, Name, Dir string
	GoFiles               []string
	Standard, DepOnly     bool
}

// list gives the package and all that it is made of, itself last.
func (t *tool) list(ctx context.Context, tags []string) ([]listedPackage, error) {
	args := []string{"list", "-deps", "-json=ImportPath,Name,Dir,GoFiles,Standard,DepOnly", "-buildvcs=false"}
	if len(tags) > 0 {
		args = append(args, "-tags="+strings.Join(tags, ","))
	}
	out, err := t.run(ctx, t.asked, append(args, t.pkg)...)
	if err != nil {
		return nil, err
	}
	var found []listedPackage
	named := 0
	for d := json.NewDecoder(strings.NewReader(out)); ; {
		var p listedPackage
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list %s: %w", t.pkg, err)
		}
		if !p.DepOnly {
			named++
		}
		found = append(found, p)
	}
	if named != 1 || found[len(found)-1].DepOnly {
		return nil, fmt.Errorf("%q names %d packages: give one folder or import path", t.pkg, named)
	}
	return found, nil
}
