package test

import (
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// composer is what makes the compositions of the guests. The tests of
// test/interop have others make them.
var composer = flag.String("composer", "isyswasfa", "compose with `TOOL`: isyswasfa, wasm-tools, wac-plug or wac-compose")

// A composition is a component made of others.
type composition struct {
	root, definition string   // components; no definition means the folder of the root has a configuration
	parts            []string // components that the configuration mentions
}

var compositions = map[string]composition{
	"routed":              {root: "router", parts: []string{"echo", "hash-all", "service", "middleware"}},
	"middleware-service":  {root: "middleware", definition: "service"},
	"middleware-hash-all": {root: "middleware", definition: "hash-all"},
	"middleware-routed":   {root: "middleware", definition: "routed"},
	"front-routed":        {root: "front", definition: "middleware-routed"},
	"middleware-echo":     {root: "middleware", definition: "echo"},

	"middleware-middleware-echo":     {root: "middleware", definition: "middleware-echo"},
	"middleware-middleware-hash-all": {root: "middleware", definition: "middleware-hash-all"},
}

var (
	builtMu sync.Mutex
	built   = map[string]string{}
)

// component gives the file of a built guest of test/cases, or of a composition
// of such.
func component(t testing.TB, name string) string {
	t.Helper()
	builtMu.Lock()
	defer builtMu.Unlock()
	return build(t, name)
}

func build(t testing.TB, name string) string {
	t.Helper()
	if built[name] != "" {
		return built[name]
	}
	file := filepath.Join(folder, name+".wasm")
	args := []string{command, "build", "./cases/" + name}
	if c, ok := compositions[name]; ok {
		args = c.compose(t)
	}
	args = append(args, "-o", file)
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	built[name] = file
	return file
}

// compose gives the command line that composes, but for the name of the
// result. It builds what is composed.
func (c composition) compose(t testing.TB) []string {
	t.Helper()
	root := build(t, c.root)
	for _, part := range c.parts {
		build(t, part)
	}
	config := filepath.Join("cases", c.root, "compose")
	switch {
	case *composer == "isyswasfa" && c.definition != "":
		return []string{command, "compose", root, "-d", build(t, c.definition)}
	case *composer == "isyswasfa":
		return []string{command, "compose", root, "-c", config + ".yml", "-p", folder}
	case *composer == "wasm-tools" && c.definition != "":
		return []string{"wasm-tools", "compose", root, "-d", build(t, c.definition)}
	case *composer == "wasm-tools":
		return []string{"wasm-tools", "compose", root, "-c", config + ".yml", "-p", folder}
	case *composer == "wac-plug" && c.definition != "":
		return []string{"wac", "plug", root, "--plug", build(t, c.definition)}
	case strings.HasPrefix(*composer, "wac-") && c.definition != "":
		return []string{"wac", "compose", "testdata/link.wac", "--dep", "test:outer=" + root, "--dep", "test:inner=" + build(t, c.definition)}
	case strings.HasPrefix(*composer, "wac-"): // plugs have the names of imports
		args := []string{"wac", "compose", config + ".wac"}
		for _, name := range append(c.parts, c.root) {
			args = append(args, "--dep", fmt.Sprintf("test:%s=%s", name, build(t, name)))
		}
		return args
	}
	t.Fatalf("there is no composer %q", *composer)
	return nil
}
