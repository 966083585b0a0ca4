package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/isyswasfa/isyswasfa/transform/compose"
)

func composeCommand() *cli.Command {
	return &cli.Command{
		Name:      "compose",
		Usage:     "make one component of several",
		ArgsUsage: "ROOT.wasm|PKGDIR",
		Description: "Meets the imports of a component with what other components export. An import is met,\n" +
			"in this order, by a component given with -d that exports an interface of its name; by the\n" +
			"instance that the configuration names; by the component NAME.wasm beside the\n" +
			"configuration or the root, or in a search path, where NAME is the import's. What nothing\n" +
			"meets stays an import: those of the components in it are merged. The result exports what\n" +
			"the root does, and the poll functions of all. A folder with a Go package is as good as a\n" +
			"component where one is named.\n\n" +
			"Example:\n   isyswasfa compose -o composed.wasm -d hash-all.wasm middleware.wasm",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write the component to `FILE` (default: standard output)"},
			&cli.StringSliceFlag{Name: "definitions", Aliases: []string{"d"}, Usage: "meet imports of the same name with the exports of `FILE`"},
			&cli.StringFlag{Name: "config", Aliases: []string{"c"}, Usage: "read the configuration `FILE`, as wasm-tools compose has it"},
			&cli.StringSliceFlag{Name: "search-path", Aliases: []string{"p"}, Usage: "look for components in `DIR` too"},
			&cli.BoolFlag{Name: "strict", Usage: "fail if the result imports an interface that is neither WASI's nor isyswasfa's"},
			&cli.BoolFlag{Name: "no-imports", Usage: "fail if the result imports any interface"},
			&cli.BoolFlag{Name: "import-components", Usage: "import the components in place of containing them"},
			&cli.BoolFlag{Name: "skip-validation", Usage: "do not validate the result"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "say nothing but errors"},
		},
		Action: composeAction,
	}
}

func composeAction(c *cli.Context) error {
	root, err := oneArgument(c, "ROOT.wasm")
	if err != nil {
		return err
	}
	out := c.String("output")
	if out == "" {
		if isTerminal(os.Stdout) {
			return usagef("a component is not for the terminal: -o FILE says where to write it")
		}
		out = "-"
	}
	config, err := composeConfig(c, root)
	if err != nil {
		return err
	}
	loader := compose.Loader{ReadFile: func(path string) ([]byte, error) { return readOrBuild(c, path) }}
	result, err := loader.Compose(root, config, c.Bool("strict"))
	if err != nil {
		return err
	}
	if !c.Bool("quiet") {
		for _, note := range result.Notes {
			fmt.Fprintf(c.App.ErrWriter, "note: %s\n", note)
		}
	}
	if err := writeFile(out, result.Component); err != nil {
		return err
	}
	if out != "-" && !c.Bool("quiet") {
		fmt.Fprintf(c.App.ErrWriter, "%s: %d bytes\n", out, len(result.Component))
	}
	return nil
}

// readOrBuild reads a component, or builds the package in a folder.
func readOrBuild(c *cli.Context, path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return readComponentFile(path)
	}
	files, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(files, func(f os.DirEntry) bool { return filepath.Ext(f.Name()) == ".go" }) {
		return nil, fmt.Errorf("%s is a folder without Go files; -p looks for components in a folder", path)
	}
	dir, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	built, err := buildPackage(c, dir)
	if err != nil {
		return nil, err
	}
	return built.Component, nil
}

// composeConfig reads the configuration and adds what the flags say, whose
// paths are relative to the working directory.
func composeConfig(c *cli.Context, root string) (*compose.Config, error) {
	config := &compose.Config{Dir: filepath.Dir(root)}
	if file := c.String("config"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if config, err = compose.ParseConfig(text); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		config.Dir = filepath.Dir(file)
	}
	for _, path := range c.StringSlice("search-path") {
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("the search path %s is not a folder", path)
		}
	}
	for flag, list := range map[string]*[]string{"definitions": &config.Definitions, "search-path": &config.SearchPaths} {
		for _, path := range c.StringSlice(flag) {
			*list = append(*list, relativeTo(config.Dir, path))
		}
	}
	config.SkipValidation = config.SkipValidation || c.Bool("skip-validation")
	config.ImportComponents = config.ImportComponents || c.Bool("import-components")
	config.DisallowImports = config.DisallowImports || c.Bool("no-imports")
	return config, nil
}

// relativeTo gives a path as seen from a folder.
func relativeTo(dir, path string) string {
	if rel, err := filepath.Rel(dir, path); err == nil {
		return rel
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// isTerminal tells whether a file is a device that somebody may look at.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}
