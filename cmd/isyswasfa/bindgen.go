package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/bindgen/guest"
	"github.com/isyswasfa/isyswasfa/internal/witdir"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

func bindgenCommand() *cli.Command {
	return &cli.Command{
		Name:      "bindgen",
		Usage:     "generate Go code for a WIT world",
		ArgsUsage: "guest|host",
		Subcommands: []*cli.Command{
			bindgenGuestCommand(),
			bindgenHostCommand(),
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("unknown command bindgen %s", c.Args().First())
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}

// bindgenFlags are the flags of every command that generates code.
func bindgenFlags(dir string) []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "world", Aliases: []string{"w"}, Usage: "the `WORLD` to generate code for (default: the only one of the package)"},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: dir, Usage: "write the code to the folder `DIR`, in a Go module"},
		&cli.StringFlag{Name: "wit", Usage: "the folder `DIR` of the WIT package, instead of the argument"},
		&cli.StringSliceFlag{Name: "features", Usage: "keep what is @unstable(feature = `F`)"},
	}
}

func bindgenGuestCommand() *cli.Command {
	return &cli.Command{
		Name:      "guest",
		Usage:     "generate the Go packages that a component's program uses",
		ArgsUsage: "[WITDIR]",
		Description: "Writes a package for each interface that the world imports, and for each one that it\n" +
			"exports files into the package export_..., in which you write the functions: they do not\n" +
			"compile before all are there. The file wit_exports.go makes these packages part of the\n" +
			"program; where DIR is not the program's folder, the program has to import DIR's package.\n" +
			"Packages of WASI that come with isyswasfa are used as they are.\n\n" +
			"Example:\n   //go:generate go run github.com/isyswasfa/isyswasfa/cmd/isyswasfa bindgen guest --world app wit",
		Flags: append(bindgenFlags("."),
			&cli.BoolFlag{Name: "stubs", Usage: "start export_... packages that have no code yet with a file to fill in"}),
		Action: func(c *cli.Context) error {
			w, err := bindgenWorld(c)
			if err != nil {
				return err
			}
			out, err := guest.Output(w, c.String("output"), witDir(c), c.Bool("stubs"))
			if err != nil {
				return err
			}
			return writeBindings(c, w, out)
		},
	}
}

// witDir gives the folder of WIT that the arguments name, or "".
func witDir(c *cli.Context) string { return cmp.Or(c.Args().First(), c.String("wit")) }

// bindgenWorld gives the world that the arguments name: one of the package in
// WITDIR, or without that one of those that come with isyswasfa.
func bindgenWorld(c *cli.Context) (*wit.World, error) {
	if c.NArg() > 1 {
		return nil, usagef("%s takes one argument, WITDIR, but got %d: %s", commandName(c), c.NArg(), strings.Join(c.Args().Slice(), " "))
	}
	dir := witDir(c)
	if c.Args().Present() && c.String("wit") != "" {
		return nil, usagef("give the WIT folder as an argument or as --wit, not both")
	}
	if dir == "" && c.String("world") == "" {
		return nil, usagef("%s needs WITDIR, a folder with WIT files, or --world with one of WASI's worlds", commandName(c))
	}
	if dir == "" {
		return std.World(c.String("world"))
	}
	resolve, err := witdir.Parse(dir, c.StringSlice("features"))
	if err != nil {
		return nil, err
	}
	return resolve.World(c.String("world"))
}

// writeBindings writes generated code and says what it did.
func writeBindings(c *cli.Context, w *wit.World, out *bindgen.Output) error {
	changed, err := out.Write()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.App.ErrWriter, "%s: code for %s, %d files, %d new or changed\n", filepath.ToSlash(out.Dir), w.ID(), len(out.Files), changed)
	return nil
}
