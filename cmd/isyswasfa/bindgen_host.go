package main

import (
	"go/token"

	"github.com/urfave/cli/v2"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/bindgen/host"
	"github.com/isyswasfa/isyswasfa/transform"
)

func bindgenHostCommand() *cli.Command {
	return &cli.Command{
		Name:      "host",
		Usage:     "generate the Go package for programs that run components of a world",
		ArgsUsage: "[WITDIR]",
		Description: "Writes a package with an interface for each interface that the world imports, which\n" +
			"you implement, and a struct for the instances of components, whose methods call what\n" +
			"they export. What host/wasi and host/wasihttp implement of WASI is left to them.\n\n" +
			"Example:\n   //go:generate go run github.com/isyswasfa/isyswasfa/cmd/isyswasfa bindgen host -o app --world app wit",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "package", Aliases: []string{"p"}, Usage: "the `NAME` of the Go package (default: the world's without dashes)"},
		}, bindgenFlags("bindings")...),
		Action: func(c *cli.Context) error {
			pkg := c.String("package")
			if pkg != "" && !token.IsIdentifier(pkg) {
				return usagef("%q is no name for a Go package", pkg)
			}
			w, err := bindgenWorld(c)
			if err != nil {
				return err
			}
			poly, err := transform.Polyfill(w, transform.Options{NoPoll: true})
			if err != nil {
				return err
			}
			out := &bindgen.Output{Dir: c.String("output"), Shared: func(string) bool { return false }}
			out.Stamp = bindgen.MakeStamp(host.Version, w)
			if out.Files, err = host.Generate(w, poly, host.Options{Package: pkg, Stamp: out.Stamp}); err != nil {
				return err
			}
			return writeBindings(c, w, out)
		},
	}
}
