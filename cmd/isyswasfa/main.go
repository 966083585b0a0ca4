// Command isyswasfa builds Go programs as WebAssembly components with
// composable async, serves them over HTTP and shows what is in them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"
)

// version is the version of a build from a checkout; an installed module
// knows its own.
const version = "0.1.0-dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args, os.Stdout, os.Stderr))
}

// A usageError is a mistake on the command line: exit status 2.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// run executes one command line and gives the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	app := newApp(stdout, stderr)
	err := app.RunContext(ctx, reorder(app, args))
	if err == nil {
		return 0
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	fmt.Fprintf(stderr, "isyswasfa: %v\n", err)
	var usage *usageError
	var noTopic cli.ExitCoder // what help answers to the name of no command
	if errors.As(err, &usage) || errors.As(err, &noTopic) {
		fmt.Fprintln(stderr, "Run 'isyswasfa help' or 'isyswasfa COMMAND --help' to see how it is used.")
		return 2
	}
	return 1
}

func newApp(stdout, stderr io.Writer) *cli.App {
	app := &cli.App{
		Name:            "isyswasfa",
		Usage:           "build, serve and inspect async WebAssembly components written in Go",
		Version:         moduleVersion(),
		Writer:          stdout,
		ErrWriter:       stderr,
		HideHelpCommand: false,
		OnUsageError:    onUsageError,
		ExitErrHandler:  func(*cli.Context, error) {},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("unknown command %q", c.Args().First())
			}
			return cli.ShowAppHelp(c)
		},
		Commands: []*cli.Command{
			serveCommand(), callCommand(), buildCommand(), encodeCommand(), linkCommand(), composeCommand(), inspectCommand(), traceCommand(), bindgenCommand(), transformCommand(),
		},
	}
	for _, c := range app.Commands {
		for _, sub := range append(c.Subcommands, c) {
			sub.OnUsageError = onUsageError
			sub.HideHelpCommand = true
			for _, f := range sub.Flags {
				if b, ok := f.(*cli.BoolFlag); ok {
					b.DisableDefaultText = true // it is always false
				}
			}
		}
	}
	return app
}

// onUsageError makes a usageError of what cli finds wrong with flags.
func onUsageError(c *cli.Context, err error, _ bool) error {
	msg := err.Error()
	msg = strings.Replace(msg, " for -", " for flag -", 1) // of flags without a value
	for theirs, ours := range map[string]string{
		"flag provided but not defined: -": "unknown flag ",
		"flag needs an argument: -":        "a value is needed after ",
		" for flag -":                      " for flag ",
	} {
		if before, flag, ok := strings.Cut(msg, theirs); ok {
			msg = before + ours + dashed(flag)
		}
	}
	msg = strings.Replace(msg, ": parse error", ": "+wantedValue(c, msg), 1)
	if name := commandName(c); name != "" {
		msg = name + ": " + msg
	}
	return usagef("%s", msg)
}

// dashed puts dashes before what begins with the name of a flag: one if that is
// a letter, else two.
func dashed(flag string) string {
	if name, _, _ := strings.Cut(flag, ":"); len(name) == 1 {
		return "-" + flag
	}
	return "--" + flag
}

// wantedValue says what the flag that msg names wants.
func wantedValue(c *cli.Context, msg string) string {
	for _, f := range c.Command.Flags {
		if !slices.ContainsFunc(f.Names(), func(name string) bool { return strings.Contains(msg, " for flag "+dashed(name)+":") }) {
			continue
		}
		switch f.(type) {
		case *cli.DurationFlag:
			return "a duration is needed, such as 30s or 1m30s"
		case *cli.BoolFlag:
			return "true or false is needed"
		}
	}
	return "a whole number is needed"
}

// commandName gives the name of a command as it was called: "bindgen guest".
// It is empty where no command is.
func commandName(c *cli.Context) string {
	if c.Command == nil {
		return ""
	}
	_, name, _ := strings.Cut(c.Command.HelpName, " ")
	return name
}

// moduleVersion gives the version the binary was built from.
func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return version
	}
	return info.Main.Version
}
