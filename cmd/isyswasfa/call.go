package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/host/wave"
)

func callCommand() *cli.Command {
	return &cli.Command{
		Name:      "call",
		Usage:     "call a function that a component exports",
		ArgsUsage: "COMPONENT.wasm|PKGDIR 'FUNC(ARGS)'",
		Description: "Calls one function, async or not, of a component or of a Go package that it builds\n" +
			"first, and prints the result. FUNC is NAMESPACE:PACKAGE/INTERFACE#NAME, or NAME for a\n" +
			"function of the world; an interface needs its version only if there are several. ARGS\n" +
			"and the result are in WAVE, the text form of component values:\n" +
			"   42, -1.5, true, 'c', \"text\", [1, 2], (1, \"tuple\"), {field: 1, other: [true]},\n" +
			"   case, case(1), some(1), none, ok(1), err(\"no\"), {flag, flag}\n" +
			"The name of an exported value alone prints it.\n" +
			"The component has standard input, output and error; with --stub, imports besides those\n" +
			"of WASI are no error until they are called. Functions that take or give resources\n" +
			"cannot be called in this way.\n\n" +
			"Example:\n   isyswasfa call adder.wasm 'docs:adder/add@0.1.0#add(1, 2)'\n" +
			"   isyswasfa call --stub ./test/cases/values 'sum(40, 2)'",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "stub", Usage: "let imports that nothing provides trap when they are called"},
			maxMemoryFlag("4GiB"),
			traceFlag(),
		}, buildFlags()...),
		Action: func(c *cli.Context) error {
			if c.NArg() != 2 {
				return usagef("call takes two arguments, COMPONENT.wasm or PKGDIR and 'FUNC(ARGS)', but got %d; quote the second one for the shell", c.NArg())
			}
			expr, err := parseCall(c.Args().Get(1))
			if err != nil {
				return err
			}
			return call(c, c.Args().First(), expr)
		},
	}
}

// A callExpr is a call as it was written.
type callExpr struct {
	text  string
	iface string // "" for a function of the world
	name  string
	args  int // where the parentheses begin; -1 for the name of a value
}

func parseCall(text string) (callExpr, error) {
	name, _, _ := strings.Cut(text, "(")
	e := callExpr{text: text, name: strings.TrimSpace(name), args: strings.IndexByte(text, '(')}
	if i := strings.LastIndexByte(e.name, '#'); i >= 0 {
		e.iface, e.name = e.name[:i], e.name[i+1:]
	}
	if e.name == "" {
		return e, usagef("%q is no call: the name of the function is missing", text)
	}
	return e, nil
}

func call(c *cli.Context, arg string, expr callExpr) error {
	memory, err := maxMemory(c)
	if err != nil {
		return err
	}
	name, binary, err := loadComponent(c, arg)
	if err != nil {
		return err
	}
	return withEngine(c, host.Config{MaxMemory: memory}, func(ctx context.Context, engine *host.Engine) error {
		return callIn(ctx, c, engine, name, binary, expr)
	})
}

// callIn compiles and links the component, and calls the function.
func callIn(ctx context.Context, c *cli.Context, engine *host.Engine, name string, binary []byte, expr callExpr) error {
	component, linker, err := compile(ctx, c, engine, name, binary)
	if err != nil {
		return err
	}
	pre, err := linkForCall(linker, component, c.Bool("stub"))
	if err != nil {
		return err
	}
	if expr.args < 0 {
		v, err := findValue(component, pre, expr)
		if err != nil {
			return err
		}
		return withInstance(c, pre, name, func(ctx context.Context, in *host.Instance) error {
			got, err := v.Get(in)
			return printValue(c, got, v.Type(), err)
		})
	}
	f, err := findFunction(component, pre, expr)
	if err != nil {
		return err
	}
	args, err := wave.ParseArgsAt(expr.text, expr.args, f.Type().Params)
	if err != nil {
		return err
	}
	return withInstance(c, pre, name, func(ctx context.Context, in *host.Instance) error {
		v, err := f.Call(ctx, in, args...)
		return printValue(c, v, f.Type().Result, err)
	})
}

// linkForCall links a component; with stub, what is missing traps when it is
// called.
func linkForCall(linker *host.Linker, component *host.Component, stub bool) (*host.InstancePre, error) {
	pre, err := linker.Link(component)
	if err == nil {
		return pre, nil
	}
	linker.DefineMissing(component)
	stubbed, stubErr := linker.Link(component)
	switch {
	case stub:
		return stubbed, stubErr
	case stubErr == nil:
		err = fmt.Errorf("%w\nWith --stub, what is missing traps when it is called.", err)
	}
	return nil, err
}

// withInstance runs f with an instance of its own of the component name.
func withInstance(c *cli.Context, pre *host.InstancePre, name string, f func(ctx context.Context, in *host.Instance) error) error {
	in, err := pre.Instantiate(c.Context, host.InstanceConfig{Values: wasi.With(nil, wasi.Config{
		Stdin:  c.App.Reader,
		Stdout: c.App.Writer,
		Stderr: c.App.ErrWriter,
		Args:   programArgs(name),
	})})
	if err != nil {
		return ended(err)
	}
	// A call that cannot be cancelled fails when nothing could ever end it, so
	// what an interrupt ends is the instance.
	ctx := context.WithoutCancel(c.Context)
	defer in.Close(ctx)
	defer context.AfterFunc(c.Context, func() { in.Close(ctx) })()
	if err = f(ctx, in); errors.Is(err, host.ErrClosed) {
		err = cmp.Or(c.Context.Err(), err)
	}
	return ended(err)
}

// printValue prints what a call gave, nothing if it has no type.
func printValue(c *cli.Context, v any, t *host.Type, err error) error {
	if err != nil || t == nil {
		return err
	}
	text, err := wave.Format(v, t)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.App.Writer, text)
	return err
}

// ended makes success of a component that ended itself with status 0.
func ended(err error) error {
	if exit := (*host.ExitError)(nil); errors.As(err, &exit) && exit.Code == 0 {
		return nil
	}
	return err
}
