package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// reorder puts the flags of a command before its positional arguments, so
// that both may be mixed freely: cli stops at the first positional and would
// take later flags for positionals. What stands after "--" stays positional.
func reorder(app *cli.App, args []string) []string {
	at, cmd := findCommand(app, args)
	if cmd == nil {
		return args
	}
	var flags, positionals []string
	rest := args[at+1:]
	for i := 0; i < len(rest); i++ {
		arg := rest[i]
		switch {
		case arg == "--":
			positionals = append(positionals, rest[i+1:]...)
			i = len(rest)
		case len(arg) < 2 || arg[0] != '-':
			positionals = append(positionals, arg)
		default:
			flags = append(flags, arg)
			if takesValue(cmd, arg) && i+1 < len(rest) {
				i++
				flags = append(flags, rest[i])
			}
		}
	}
	out := slices.Concat(args[:at+1], flags)
	if len(positionals) > 0 {
		out = append(append(out, "--"), positionals...)
	}
	return out
}

// findCommand gives the first argument that names a command, and where it is.
func findCommand(app *cli.App, args []string) (int, *cli.Command) {
	for i := 1; i < len(args); i++ {
		if strings.HasPrefix(args[i], "-") {
			continue
		}
		for _, c := range app.Commands {
			if c.HasName(args[i]) {
				return i, c
			}
		}
		return 0, nil
	}
	return 0, nil
}

// takesValue tells whether the argument is a flag of cmd whose value is the
// next argument.
func takesValue(cmd *cli.Command, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range cmd.Flags {
		if slices.Contains(f.Names(), name) {
			_, isBool := f.(*cli.BoolFlag)
			return !isBool
		}
	}
	return false
}
