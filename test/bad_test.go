package test

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ast "github.com/isyswasfa/isyswasfa/internal/component"
)

// write puts content into a file of the test's own folder.
func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// strange is a component that imports two instances which nobody has.
func strange() []byte {
	nothing := &ast.FuncType{}
	c := &ast.Component{}
	for i, name := range []string{"acme:store/kv@1.0.0", "acme:log/sink@0.1.0"} {
		c.Defs = append(c.Defs,
			&ast.TypeDef{Type: &ast.InstanceType{Decls: []ast.Decl{
				{Type: nothing},
				{Export: &ast.ExportDecl{Name: "call", Desc: ast.ExternDesc{Sort: ast.SortFunc}}},
			}}},
			&ast.Import{Name: name, Desc: ast.ExternDesc{Sort: ast.SortInstance, Index: uint32(i)}})
	}
	return c.Encode()
}

// oldHandler is a component that exports the handler of WASI 0.2.
func oldHandler() []byte {
	c := &ast.Component{Defs: []ast.Def{
		&ast.Instance{},
		&ast.Export{Name: "wasi:http/incoming-handler@0.2.0", Sort: ast.SortInstance},
	}}
	return c.Encode()
}

// TestBadInput gives the command things it cannot use: each must end with
// status 1 (2 for a mistake on the command line), one message that says what
// is wrong, and no stack.
func TestBadInput(t *testing.T) {
	binary, err := os.ReadFile(component(t, "hello"))
	if err != nil {
		t.Fatal(err)
	}
	mutated := append([]byte(nil), binary...)
	mutated[20] ^= 0xff
	coreModule := []byte("\x00asm\x01\x00\x00\x00")
	emptyComponent := []byte("\x00asm\x0d\x00\x01\x00")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	outside := t.TempDir() // of any Go module
	broken := filepath.Join("testdata", "broken")
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   []string
	}{
		{"no component", []string{"serve", write(t, "text.wasm", []byte("hello"))}, 1, []string{"text.wasm"}},
		{"core module", []string{"serve", write(t, "core.wasm", coreModule)}, 1, []string{"core.wasm", "core module"}},
		{"truncated", []string{"serve", write(t, "cut.wasm", binary[:len(binary)/2])}, 1, []string{"cut.wasm"}},
		{"mutated", []string{"serve", write(t, "mutated.wasm", mutated)}, 1, []string{"mutated.wasm"}},
		{"no handler", []string{"serve", write(t, "empty.wasm", emptyComponent)}, 1, []string{"empty.wasm", "wasi:http/handler"}},
		{"unknown imports", []string{"serve", write(t, "strange.wasm", strange())}, 1, []string{"strange.wasm", "acme:store/kv@1.0.0", "acme:log/sink@0.1.0"}},
		{"missing file", []string{"serve", "missing.wasm"}, 1, []string{"missing.wasm"}},
		{"does not compile", []string{"serve", "./" + broken}, 1, []string{"undefined: undefinedName"}},
		{"no world", []string{"build", "./testdata/worldless"}, 1, []string{"//isyswasfa:world", "--world", "guest/wasihttp"}},
		{"unknown world", []string{"build", "./cases/hello", "--world", "wasi:http/servise@0.3.0"}, 1, []string{"servise", "service", "middleware"}},
		{"port in use", []string{"serve", "./cases/hello", "--addr", taken.Addr().String()}, 1, []string{"address already in use"}},
		{"no argument", []string{"serve"}, 2, []string{"COMPONENT.wasm"}},
		{"two arguments", []string{"build", "a", "b"}, 2, []string{"one argument"}},
		{"unknown flag", []string{"serve", "x.wasm", "--nope"}, 2, []string{"nope"}},
		{"unknown command", []string{"sevre"}, 2, []string{"sevre"}},
		{"flag without value", []string{"serve", "x.wasm", "--addr"}, 2, []string{"serve:", "--addr"}},
		{"unknown help", []string{"help", "sevre"}, 2, []string{"sevre"}},
		{"address", []string{"serve", "x.wasm", "--addr", "here"}, 2, []string{"--addr", "port"}},
		{"no memory", []string{"serve", "x.wasm", "--max-memory", "0"}, 2, []string{"--max-memory", "64KiB"}},
		{"output nowhere", []string{"build", "./cases/hello", "-o", "no/where/x.wasm"}, 1, []string{"cannot write no/where/x.wasm: "}},
		{"output is a folder", []string{"build", "./cases/hello", "-o", "testdata"}, 1, []string{"cannot write testdata: "}},
		{"stub would do", []string{"call", component(t, "round-trip"), "f()"}, 1, []string{"missing instance component:test/baz", "--stub"}},
		{"handler of WASI 0.2", []string{"serve", write(t, "old.wasm", oldHandler())}, 1, []string{"old.wasm", "wasi:http/incoming-handler@0.2.0", "wasi:http/handler@0.3.0"}},
		{"bad duration", []string{"serve", "x.wasm", "--timeout", "5"}, 2, []string{"--timeout: a duration is needed, such as 30s"}},
		{"bad switch", []string{"link", "x.wasm", "--strip=maybe"}, 2, []string{"--strip: true or false is needed"}},
		{"no value", []string{"link", "x.wasm", "-o"}, 2, []string{"a value is needed after -o"}},
		{"bad number", []string{"serve", "x.wasm", "--max-concurrency", "many"}, 2, []string{"--max-concurrency: a whole number is needed"}},
		{"no module", []string{"inspect", outside}, 1, []string{"cannot build " + outside, "go.mod file not found"}},
		{"a world for a file", []string{"inspect", component(t, "hello"), "-w", "app"}, 2, []string{"--world is for packages"}},
		{"bad size", []string{"serve", "x.wasm", "--max-memory", "many"}, 2, []string{"max-memory"}},
		{"inspect core module", []string{"inspect", write(t, "core2.wasm", coreModule)}, 1, []string{"core module"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := c.args
			if args[0] == "serve" && !slices.Contains(args, "--addr") {
				args = append(args, "--addr=127.0.0.1:0") // the usual port may be in use
			}
			_, stderr, status := isyswasfa(t, args...)
			if status != c.status {
				t.Errorf("exit status %d, want %d", status, c.status)
			}
			for _, s := range c.says {
				if !strings.Contains(stderr, s) {
					t.Errorf("the message does not say %q", s)
				}
			}
			if strings.Contains(stderr, "goroutine ") || strings.Contains(stderr, "panic:") {
				t.Error("the message shows a stack")
			}
			if t.Failed() || testing.Verbose() {
				t.Logf("stderr:\n%s", stderr)
			}
		})
	}
}

// TestMutations flips bytes all over a component; none may make the command
// panic or hang.
func TestMutations(t *testing.T) {
	binary, err := os.ReadFile(component(t, "hello"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 24 {
		mutated := append([]byte(nil), binary...)
		// Half of the places are in the small sections at the end, where the
		// component's own structure is.
		at := 8 + i*(len(binary)-8)/12
		if i >= 12 {
			at = len(binary) - 1 - (i-12)*211
		}
		mutated[at] ^= 0x55
		_, stderr, status := isyswasfa(t, "inspect", write(t, "mutated.wasm", mutated))
		if status > 1 || strings.Contains(stderr, "goroutine ") {
			t.Errorf("byte %d changed: exit status %d\n%s", at, status, stderr)
		}
	}
}

// TestHelp wants an example in the help of each command.
func TestHelp(t *testing.T) {
	for _, cmd := range []string{"serve", "call", "build", "encode", "link", "compose", "inspect", "trace", "bindgen guest", "bindgen host", "transform"} {
		stdout, stderr, status := isyswasfa(t, append(strings.Fields(cmd), "--help")...)
		if status != 0 || !strings.Contains(stdout, "Example:") || strings.Contains(stdout, "(default: false)") || stderr != "" {
			t.Errorf("%s --help: status %d\n%s%s", cmd, status, stdout, stderr)
		}
	}
	if stdout, _, status := isyswasfa(t, "--version"); status != 0 || !strings.Contains(stdout, "isyswasfa version") {
		t.Errorf("--version: status %d %q", status, stdout)
	}
}
