package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// reorder puts the flags of a command before its positional arguments, so
// that both may be mixed freely: cli stops at the first positional and would
// take later flags for positionals. What stands after "--" stays positional.
// The name of a subcommand comes before all of them.
func reorder(app *cli.App, args []string) []string {
	at, cmd := findCommand(app, args)
	if cmd == nil {
		return args
	}
	head, rest := args[:at+1], args[at+1:]
	if i, sub := findSubcommand(cmd, rest); sub != nil {
		cmd = sub
		head = append(slices.Clone(head), rest[i])
		rest = slices.Concat(rest[:i], rest[i+1:])
	}
	var flags, positionals []string
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
			if takesValue(cmd, arg) {
				if i++; i == len(rest) { // the flag has no value, which cli says if nothing follows
					return slices.Concat(head, flags)
				}
				flags = append(flags, rest[i])
			}
		}
	}
	out := slices.Concat(head, flags)
	if len(positionals) > 0 {
		out = append(append(out, "--"), positionals...)
	}
	return out
}

// findCommand gives the first argument that names a command, and where it is.
func findCommand(app *cli.App, args []string) (int, *cli.Command) {
	for i := 1; i < len(args); i++ {
		if !strings.HasPrefix(args[i], "-") {
			return i, named(app.Commands, args[i])
		}
	}
	return 0, nil
}

// findSubcommand gives the subcommand that the first positional argument
// names, and where that is.
func findSubcommand(cmd *cli.Command, args []string) (int, *cli.Command) {
	for i := 0; i < len(args) && args[i] != "--"; i++ {
		if len(args[i]) > 1 && args[i][0] == '-' {
			if slices.ContainsFunc(cmd.Subcommands, func(sub *cli.Command) bool { return takesValue(sub, args[i]) }) {
				i++
			}
			continue
		}
		return i, named(cmd.Subcommands, args[i])
	}
	return 0, nil
}

// named gives the command of that name, or nil.
func named(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
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
