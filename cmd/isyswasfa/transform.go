package main

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/isyswasfa/isyswasfa/internal/witdir"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

func transformCommand() *cli.Command {
	return &cli.Command{
		Name:      "transform",
		Usage:     "rewrite an async WIT world as one of WASI 0.2",
		ArgsUsage: "[WITDIR]",
		Description: "Prints the world of the WIT package in WITDIR without async functions, streams and\n" +
			"futures, with all that it mentions; or writes a WIT folder, for generators of bindings\n" +
			"that know WASI 0.2. WITDIR is a folder as other tools have it, with deps; packages of\n" +
			"WASI and isyswasfa need not be there. Without WITDIR the world is one of WASI's.\n\n" +
			"Components have a suffix, which is part of the name of their poll function and differs\n" +
			"from that of others they are composed with. Without it there is no poll function in the\n" +
			"world: that is what hosts of the component see.\n\n" +
			"Example:\n   isyswasfa transform --suffix -hello -o polyfilled wit",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "world", Aliases: []string{"w"}, Usage: "the `WORLD` to rewrite (default: the only one of the package)"},
			&cli.StringFlag{Name: "suffix", Usage: "export the poll function, named isyswasfa-poll`SUFFIX`; such as -echo, or empty"},
			&cli.BoolFlag{Name: "original-rules", Usage: "split functions of packages without the keyword async as the original isyswasfa did"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write a WIT folder to `DIR`"},
			&cli.StringSliceFlag{Name: "features", Usage: "keep what is @unstable(feature = `F`)"},
		},
		Action: func(c *cli.Context) error {
			w, err := bindgenWorld(c)
			if err != nil {
				return err
			}
			r, err := transform.Polyfill(w, transform.Options{
				Suffix:        c.String("suffix"),
				NoPoll:        !c.IsSet("suffix"),
				NoRuntime:     true,
				OriginalRules: c.Bool("original-rules"),
				Text:          true,
			})
			if err != nil {
				return err
			}
			dir := c.String("output")
			if dir == "" {
				_, err = io.WriteString(c.App.Writer, wit.PrintResolve(r.Resolve))
				return err
			}
			if err := witdir.Write(dir, r.Resolve); err != nil {
				return err
			}
			fmt.Fprintf(c.App.ErrWriter, "%s: world %s, %d packages\n", filepath.ToSlash(dir), w.ID(), len(r.Resolve.Packages))
			return nil
		},
	}
}
