package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/trace"
)

func traceCommand() *cli.Command {
	return &cli.Command{
		Name:      "trace",
		Usage:     "draw a trace as a sequence diagram",
		ArgsUsage: "FILE.json",
		Description: "Draws what serve --trace or call --trace has written: which task of which component\n" +
			"started, what it waited for, who woke it, and when it ended. The file itself can be\n" +
			"opened in https://ui.perfetto.dev, too. With fresh instances each request is an\n" +
			"instance, and the diagram shows one.\n\n" +
			"Example:\n   isyswasfa serve --trace trace.json ./test/cases/hello\n   isyswasfa trace trace.json -o trace.svg",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write the drawing to `FILE.svg` (default: FILE.svg beside FILE.json; - for standard output)"},
			&cli.Uint64Flag{Name: "instance", Usage: "draw instance `N`", DefaultText: "the first"},
		},
		Action: func(c *cli.Context) error {
			file, err := oneArgument(c, "FILE.json")
			if err != nil {
				return err
			}
			return drawTrace(c, file)
		},
	}
}

func drawTrace(c *cli.Context, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	records, err := trace.Read(f)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	instances := trace.Instances(records)
	if len(instances) == 0 {
		return fmt.Errorf("%s: nothing happened in this trace", file)
	}
	instance := c.Uint64("instance")
	if !c.IsSet("instance") {
		instance = instances[0]
	}
	if !slices.Contains(instances, instance) {
		return fmt.Errorf("%s: the trace has no instance %d, but %s", file, instance, numbers(instances))
	}
	var svg bytes.Buffer
	if err := trace.Draw(&svg, records, instance); err != nil {
		return err
	}
	out := c.String("output")
	if out == "" {
		out = strings.TrimSuffix(file, filepath.Ext(file)) + ".svg"
	}
	if out == "-" {
		_, err := c.App.Writer.Write(svg.Bytes())
		return err
	}
	if err := writeFile(out, svg.Bytes()); err != nil {
		return err
	}
	fmt.Fprintf(c.App.ErrWriter, "%s: instance %d", out, instance)
	if len(instances) > 1 && !c.IsSet("instance") {
		fmt.Fprintf(c.App.ErrWriter, "; there are %s: see --instance", numbers(instances))
	}
	fmt.Fprintln(c.App.ErrWriter)
	return nil
}

// numbers lists numbers, but not too many.
func numbers(all []uint64) string {
	const most = 10
	text := strings.ReplaceAll(strings.Trim(fmt.Sprint(all[:min(len(all), most)]), "[]"), " ", ", ")
	if len(all) > most {
		text += fmt.Sprintf(" … %d", all[len(all)-1])
	}
	return text
}

// traceFlag is the flag of the commands that run components.
func traceFlag() cli.Flag {
	return &cli.StringFlag{Name: "trace", Usage: "write what the tasks do to `FILE.json`, for Perfetto and isyswasfa trace"}
}

// tracing opens the file for --trace. The observer is nil without the flag;
// finish must be called when nothing runs any more.
func tracing(c *cli.Context) (observer host.Observer, finish func() error, err error) {
	name := c.String("trace")
	if name == "" {
		return nil, func() error { return nil }, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, nil, err
	}
	w := trace.NewWriter(f)
	finish = func() error {
		err := w.Close()
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return fmt.Errorf("--trace: %w", err)
		}
		return nil
	}
	return w, finish, nil
}
