package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/isyswasfa/isyswasfa/internal/build"
	"github.com/isyswasfa/isyswasfa/transform/encode"
)

// stringEncodings are the values of --string-encoding.
var stringEncodings = map[string]encode.StringEncoding{"utf8": encode.UTF8, "utf16": encode.UTF16, "latin1+utf16": encode.Latin1UTF16}

func encodeCommand() *cli.Command {
	return &cli.Command{
		Name:      "encode",
		Usage:     "make a component of a core module of any language",
		ArgsUsage: "CORE.wasm",
		Description: "Wraps a core module, whatever compiler made it, as a component of a world. The world is the\n" +
			"one that --wit and --world name, or what wit-bindgen has left in the module. An async world\n" +
			"is rewritten first, as build does, unless the module's bindings are for the native async of\n" +
			"WASI 0.3: what is made of them needs an engine that has that.\n\n" +
			"The module's names are those of wit-bindgen: a function of an imported interface is\n" +
			"   (import \"acme:app/greeter@1.0.0\" \"greet\" (func …))\n" +
			"and one of the world itself is \"$root\" \"greet\"; exported are \"acme:app/greeter@1.0.0#greet\"\n" +
			"or \"greet\", with \"cabi_post_…\" to clean up, \"cabi_realloc\" and \"memory\". Methods are called\n" +
			"\"[method]res.get\", built-ins \"[resource-drop]res\", and those of exported resources are\n" +
			"imported from \"[export]acme:app/greeter@1.0.0\". In an async world \"greet\" becomes\n" +
			"\"greet-isyswasfa-start\" and \"greet-isyswasfa-result\", and \"isyswasfa-poll\" is exported; see\n" +
			"what transform prints. Names of native async are those of wit-bindgen as well, such as\n" +
			"\"[async-lower]greet\", \"[async-lift]greet\" and \"[stream-read-0]greet\". Names of the scheme\n" +
			"cm32p2 are understood, too.\n\n" +
			"With --adapt, a module may use WASI 0.1, but for files and sockets. A command, which is a\n" +
			"module with _start, then exports wasi:cli/run@0.2.0 and needs no other world. An --adapter\n" +
			"is a core module that stands for one that CORE.wasm imports.\n\n" +
			"Example:\n   isyswasfa encode --wit wit --world app -o app.wasm app.core.wasm\n" +
			"   GOOS=wasip1 GOARCH=wasm go build -o tool.core.wasm && isyswasfa encode --adapt -o tool.wasm tool.core.wasm",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write the component to `OUT.wasm` (default: CORE.component.wasm, here; - is standard output)"},
			&cli.StringFlag{Name: "world", Aliases: []string{"w"}, Usage: "the module's `WORLD` (default: the only one of --wit)"},
			&cli.StringFlag{Name: "wit", Usage: "the folder `DIR` of the WIT package that has the world (default: WASI's)"},
			&cli.StringSliceFlag{Name: "features", Usage: "keep what the WIT marks @unstable(feature = `F`)"},
			&cli.StringFlag{Name: "string-encoding", Value: "utf8", Usage: "how strings are encoded in the module's memory: `E` is utf8, utf16 or latin1+utf16"},
			&cli.StringFlag{Name: "suffix", Usage: "the `SUFFIX` of an async world's poll function, such as -echo (default: derived from the code)"},
			&cli.BoolFlag{Name: "adapt", Usage: "adapt WASI 0.1, and make a command of a module with _start"},
			&cli.StringSliceFlag{Name: "adapter", Usage: "a core module for what CORE.wasm imports from NAME, as `[NAME=]FILE.wasm` (default: the file's name up to its first dot)"},
			&cli.BoolFlag{Name: "strip", Usage: "leave out custom sections: names, debug information"},
			&cli.BoolFlag{Name: "annotate", Usage: "note which interface an instance with a plain name implements, and external IDs; tools of WASI 0.2 do not read that"},
		},
		Action: func(c *cli.Context) error {
			name, err := oneArgument(c, "CORE.wasm")
			if err != nil {
				return err
			}
			return encodeModule(c, name)
		},
	}
}

func encodeModule(c *cli.Context, name string) error {
	encoding, ok := stringEncodings[c.String("string-encoding")]
	if !ok {
		return usagef("--string-encoding is utf8, utf16 or latin1+utf16, not %q", c.String("string-encoding"))
	}
	core, err := readComponentFile(name)
	if err != nil {
		return err
	}
	adapters, err := readAdapters(c.StringSlice("adapter"))
	if err != nil {
		return err
	}
	e, err := build.Encode(core, build.EncodeOptions{
		Name:     name,
		World:    c.String("world"),
		WITDir:   c.String("wit"),
		Features: c.StringSlice("features"),
		Strings:  encoding,
		Suffix:   c.String("suffix"),
		Preview1: c.Bool("adapt"),
		Adapters: adapters,
		Strip:    c.Bool("strip"),
		Annotate: c.Bool("annotate"),
	})
	if err != nil {
		return err
	}
	out := cmp.Or(c.String("output"), baseName(name)+".component.wasm")
	return writeEncoded(c, out, e)
}

// writeEncoded writes a component and tells what was made.
func writeEncoded(c *cli.Context, out string, e *build.Encoded) error {
	if err := writeFile(out, e.Component); err != nil {
		return err
	}
	fmt.Fprintln(c.App.ErrWriter, encodedLine(out, e))
	if e.Native {
		fmt.Fprintf(c.App.ErrWriter, "%s uses native async: it needs an engine with WASI 0.3\n", out)
	}
	return nil
}

// encodedLine says what was made.
func encodedLine(out string, e *build.Encoded) string {
	worlds := cmp.Or(strings.Join(e.Worlds, " + "), "no world")
	line := fmt.Sprintf("%s: %s, %d bytes", out, worlds, len(e.Component))
	if e.Suffix != "" {
		line += ", poll function isyswasfa-poll" + e.Suffix
	}
	return line
}

// baseName gives the name of a file without its folder and ending.
func baseName(name string) string {
	return strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
}

func readAdapters(list []string) ([]build.NamedModule, error) {
	return readModules("--adapter", list, func(file string) string {
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		return name
	})
}

// readModules reads the modules of arguments of the form [NAME=]FILE.wasm;
// name gives that of a file.
func readModules(what string, list []string, name func(file string) string) ([]build.NamedModule, error) {
	var modules []build.NamedModule
	for _, text := range list {
		m, file, ok := strings.Cut(text, "=")
		if !ok {
			m, file = name(text), text
		}
		if m == "" || file == "" {
			return nil, usagef("%s %q is not of the form [NAME=]FILE.wasm", what, text)
		}
		core, err := readComponentFile(file)
		if err != nil {
			return nil, err
		}
		modules = append(modules, build.NamedModule{Name: m, Core: core})
	}
	return modules, nil
}
