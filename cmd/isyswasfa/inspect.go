package main

import (
	"github.com/urfave/cli/v2"

	"github.com/isyswasfa/isyswasfa/internal/inspect"
)

func inspectCommand() *cli.Command {
	return &cli.Command{
		Name:      "inspect",
		Usage:     "show what a component imports and exports",
		ArgsUsage: "COMPONENT.wasm|PKGDIR",
		Description: "Prints the world of a component as its author wrote it: async functions are marked,\n" +
			"the imports that only the runtime needs stand apart, then the poll functions and sizes.\n\n" +
			"Example:\n   isyswasfa inspect hello.wasm",
		Flags: buildFlags(),
		Action: func(c *cli.Context) error {
			arg, err := oneArgument(c, "COMPONENT.wasm or PKGDIR")
			if err != nil {
				return err
			}
			name, binary, err := loadComponent(c, arg)
			if err != nil {
				return err
			}
			return inspect.Describe(c.App.Writer, name, binary)
		},
	}
}
