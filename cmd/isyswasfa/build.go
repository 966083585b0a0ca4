package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/isyswasfa/isyswasfa/internal/build"
)

// buildFlags are the flags of every command that builds a package.
func buildFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "world", Aliases: []string{"w"}, Usage: "the component's `WORLD` (default: the package's //isyswasfa:world directive)"},
		&cli.StringFlag{Name: "wit", Usage: "the folder `DIR` of the WIT package that has the world"},
		&cli.StringSliceFlag{Name: "features", Usage: "keep what the WIT marks @unstable(feature = `F`)"},
		&cli.StringFlag{Name: "suffix", Usage: "the `SUFFIX` of the poll function, such as -echo (default: derived from the code)"},
		&cli.StringFlag{Name: "tags", Usage: "build tags `T`, separated by commas"},
	}
}

func buildCommand() *cli.Command {
	return &cli.Command{
		Name:      "build",
		Usage:     "build a Go package as a component",
		ArgsUsage: "PKG",
		Description: "Compiles the package with the Go toolchain in PATH and wraps it as a WASI 0.2 component.\n\n" +
			"Example:\n   isyswasfa build -o hello.wasm ./test/cases/hello",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write the component to `OUT.wasm` (default: the package's name with .wasm, here)"},
		}, buildFlags()...),
		Action: func(c *cli.Context) error {
			pkg, err := oneArgument(c, "PKG")
			if err != nil {
				return err
			}
			built, err := buildPackage(c, pkg)
			if err != nil {
				return err
			}
			out := c.String("output")
			if out == "" {
				out = filepath.Base(built.Package) + ".wasm"
			}
			if err := writeFile(out, built.Component); err != nil {
				return err
			}
			fmt.Fprintf(c.App.ErrWriter, "%s: %s, %d bytes, poll function isyswasfa-poll%s\n",
				out, built.World.ID(), len(built.Component), built.Suffix)
			return nil
		},
	}
}

// writeFile writes data to the named file at once or not at all; "-" is
// standard output. What is no regular file, such as a device or a link, is
// written to, not replaced.
func writeFile(name string, data []byte) error {
	if name == "-" {
		_, err := os.Stdout.Write(data)
		return err
	}
	var err error
	if info, statErr := os.Lstat(name); statErr == nil && !info.Mode().IsRegular() {
		err = os.WriteFile(name, data, 0o644)
	} else {
		err = replaceFile(name, data)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", name, reason(err))
	}
	return nil
}

// replaceFile writes a file beside the named one and gives it that name.
func replaceFile(name string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Chmod(0o644), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}

// reason gives what went wrong without the name of the file it went wrong
// with, which may be that of a temporary one.
func reason(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// oneArgument gives the only positional argument of a command.
func oneArgument(c *cli.Context, what string) (string, error) {
	switch c.NArg() {
	case 0:
		return "", usagef("%s needs %s", commandName(c), what)
	case 1:
		return c.Args().First(), nil
	}
	return "", usagef("%s takes one argument, %s, but got %d: %s", commandName(c), what, c.NArg(), strings.Join(c.Args().Slice(), " "))
}

// buildPackage builds pkg as the flags of c say.
func buildPackage(c *cli.Context, pkg string) (*build.Result, error) {
	p := &progress{w: c.App.ErrWriter}
	return build.Component(c.Context, build.Options{
		Package:  pkg,
		World:    c.String("world"),
		WITDir:   c.String("wit"),
		Features: c.StringSlice("features"),
		Suffix:   c.String("suffix"),
		Tags:     strings.FieldsFunc(c.String("tags"), func(r rune) bool { return r == ',' || r == ' ' }),
		Warn:     func(msg string) { fmt.Fprintf(c.App.ErrWriter, "warning: %s\n", msg) },
		Step:     p.step,
	})
}

// loadComponent gives the bytes of the component that arg names: a file, or a
// package to build.
func loadComponent(c *cli.Context, arg string) (name string, binary []byte, err error) {
	info, err := os.Stat(arg)
	if err == nil && !info.IsDir() {
		for _, f := range buildFlags() {
			if flag := f.Names()[0]; c.IsSet(flag) {
				return "", nil, usagef("--%s is for packages that are built, and %s is a file", flag, arg)
			}
		}
		binary, err = readComponentFile(arg)
		return arg, binary, err
	}
	if strings.HasSuffix(arg, ".wasm") {
		return "", nil, err
	}
	built, err := buildPackage(c, arg)
	if err != nil {
		return "", nil, err
	}
	return built.Package, built.Component, nil
}

// maxComponentSize bounds what is read as a component.
const maxComponentSize = 1 << 30

func readComponentFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxComponentSize+1))
	if err == nil && len(b) > maxComponentSize {
		err = fmt.Errorf("%s: larger than 1 GiB", name)
	}
	return b, err
}
