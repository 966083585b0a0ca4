package main

import (
	"cmp"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/isyswasfa/isyswasfa/internal/build"
)

func linkCommand() *cli.Command {
	return &cli.Command{
		Name:      "link",
		Usage:     "make a component of dynamic libraries",
		ArgsUsage: "[NAME=]LIB.wasm...",
		Description: "Joins modules that were compiled as dynamic libraries, such as clang makes with\n" +
			"-shared -fPIC, into one component. They share one memory; they find each other's\n" +
			"functions and data by name, and each other by the names that their files have, or\n" +
			"NAME. Of several libraries that export a symbol the first one counts. Constructors\n" +
			"run in the order of dependencies, and what nothing uses is left out.\n\n" +
			"The component's imports and exports are those of all libraries, which tell their\n" +
			"worlds themselves: in what wit-bindgen has left in them.\n\n" +
			"Libraries given with --dl-openable can be opened by dlopen under their names; with\n" +
			"--use-built-in-libdl there is a library libdl.so that has dlopen, dlsym, dlclose and\n" +
			"dlerror.\n\n" +
			"Example:\n   isyswasfa link -o app.wasm libapp.so libc.so --dl-openable libplugin.so --use-built-in-libdl",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write the component to `OUT.wasm` (default: LIB.component.wasm of the first library, here; - is standard output)"},
			&cli.StringSliceFlag{Name: "dl-openable", Usage: "a further library, as `[NAME=]LIB.wasm`, that can be opened by dlopen"},
			&cli.BoolFlag{Name: "use-built-in-libdl", Usage: "add a library libdl.so that opens libraries"},
			&cli.BoolFlag{Name: "stub-missing-functions", Usage: "let functions that no library has trap when they are called"},
			&cli.StringFlag{Name: "stack-size", Value: "1MiB", Usage: "the `SIZE` of the stack"},
			&cli.StringFlag{Name: "suffix", Usage: "the `SUFFIX` of an async world's poll function, such as -echo (default: derived from the code)"},
			&cli.BoolFlag{Name: "adapt", Usage: "adapt WASI 0.1, and make a command of a library with _start"},
			&cli.StringSliceFlag{Name: "adapter", Usage: "a core module for what libraries import from NAME, as `[NAME=]FILE.wasm` (default: the file's name up to its first dot)"},
			&cli.BoolFlag{Name: "strip", Usage: "leave out custom sections: names, debug information"},
		},
		Action: func(c *cli.Context) error {
			if c.NArg()+len(c.StringSlice("dl-openable")) == 0 {
				return usagef("link takes one library or more, [NAME=]LIB.wasm")
			}
			return linkLibraries(c)
		},
	}
}

func linkLibraries(c *cli.Context) error {
	o := build.LinkOptions{
		Suffix:      c.String("suffix"),
		Preview1:    c.Bool("adapt"),
		Strip:       c.Bool("strip"),
		StubMissing: c.Bool("stub-missing-functions"),
		BuiltinDL:   c.Bool("use-built-in-libdl"),
	}
	stack, err := parseSize(c.String("stack-size"))
	if err != nil {
		return usagef("--stack-size: %v", err)
	}
	if stack == 0 || stack > math.MaxUint32 {
		return usagef("--stack-size: %s is not more than 0 and less than 4GiB", c.String("stack-size"))
	}
	o.StackSize = uint32(stack)
	if o.Libraries, err = readModules("the library", c.Args().Slice(), filepath.Base); err != nil {
		return err
	}
	if o.Openable, err = readModules("--dl-openable", c.StringSlice("dl-openable"), filepath.Base); err != nil {
		return err
	}
	if o.Adapters, err = readAdapters(c.StringSlice("adapter")); err != nil {
		return err
	}
	first := slices.Concat(o.Libraries, o.Openable)[0].Name
	if !o.Strip {
		o.Name, _, _ = strings.Cut(first, ".")
	}
	e, err := build.Link(o)
	if err != nil {
		return err
	}
	out := cmp.Or(c.String("output"), baseName(first)+".component.wasm")
	return writeEncoded(c, out, e)
}
