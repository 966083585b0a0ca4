package test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	ast "github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

// assembled gives the file of a core module.
func assembled(t *testing.T, name, text string) string {
	t.Helper()
	core, err := wat.Assemble(text)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, name, core)
}

// tool gives testdata/tool as a component: built by the Go toolchain as any
// program, then encoded.
func tool(t *testing.T) string {
	t.Helper()
	core := filepath.Join(t.TempDir(), "tool.core.wasm")
	build := exec.Command("go", "build", "-o", core, "./testdata/tool")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file := filepath.Join(t.TempDir(), "tool.wasm")
	if _, stderr, status := isyswasfa(t, "encode", core, "--adapt", "-o", file); status != 0 || !strings.Contains(stderr, "wasi:cli/run@0.2.0") {
		t.Fatalf("encode: status %d: %s", status, stderr)
	}
	return file
}

// TestGoCommand runs an ordinary Go program as a component: by the command,
// and in this process with arguments and environment.
func TestGoCommand(t *testing.T) {
	file := tool(t)
	for input, want := range map[string]struct {
		stdout, stderr string
		status         int
	}{
		"one\ntwo\n":         {"slept true true true\nONE\nTWO\nno files\n", "", 0},
		"one\nfail\nthree\n": {"slept true true true\nONE\n", "told to fail\n", 1},
	} {
		cmd := exec.Command(command, "call", file, "wasi:cli/run@0.2.0#run()")
		var stdout, stderr bytes.Buffer
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &stdout, &stderr
		_ = cmd.Run() // the status tells
		if out, _ := strings.CutPrefix(stdout.String(), "args [\"tool.wasm\"], TOOL=\n"); out != want.stdout || cmd.ProcessState.ExitCode() != want.status || !strings.Contains(stderr.String(), want.stderr) {
			t.Errorf("%q: status %d\n%s%s", input, cmd.ProcessState.ExitCode(), stdout.String(), stderr.String())
		}
	}
	var stdout strings.Builder
	err := runCommand(t, file, wasi.Config{
		Stdin: strings.NewReader(""), Stdout: &stdout, Args: []string{"tool", "a b", ""}, Env: []string{"TOOL=" + strings.Repeat("x", 3000)},
	})
	var exit *host.ExitError
	if !errors.As(err, &exit) || exit.Code != 0 {
		t.Error(err)
	}
	if want := `args ["tool" "a b" ""], TOOL=` + strings.Repeat("x", 3000) + "\n"; !strings.HasPrefix(stdout.String(), want) {
		t.Errorf("it printed %s", stdout.String())
	}
}

// runCommand calls wasi:cli/run of a component in this process.
func runCommand(t *testing.T, file string, config wasi.Config) error {
	t.Helper()
	ctx := t.Context()
	binary, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(ctx)
	c, err := engine.Compile(ctx, file, binary)
	if err != nil {
		t.Fatal(err)
	}
	linker := host.NewLinker(engine)
	wasi.AddToLinker(linker)
	pre, err := linker.Link(c)
	if err != nil {
		t.Fatal(err)
	}
	run, err := host.Export[struct{}, host.Result[struct{}, struct{}]](pre, "wasi:cli/run@0.2.0", "run")
	if err != nil {
		t.Fatal(err)
	}
	in, err := pre.Instantiate(ctx, host.InstanceConfig{Values: wasi.With(nil, config)})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close(ctx)
	_, err = run.Call(ctx, in, struct{}{})
	return err
}

const greeterWIT = `package acme:app@1.0.0;
interface names { get: func(n: u32) -> string; }
interface greeter { greet: func(name: string) -> string; }
world app { import names; import log: func(s: string); export greeter; export twice: func(n: u32) -> u32; }
world other { }
world waits { export later: async func(n: u32) -> u32; }`

const greeterText = `(module
  (import "acme:app/names@1.0.0" "get" (func (param i32 i32)))
  (import "$root" "log" (func (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "acme:app/greeter@1.0.0#greet") (param i32 i32) (result i32)
    (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)) (i32.const 8))
  (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))`

// TestEncodeCommand makes components of modules of no particular language.
func TestEncodeCommand(t *testing.T) {
	dir := filepath.Dir(write(t, "app.wit", []byte(greeterWIT)))
	core := assembled(t, "greeter.wasm", greeterText)
	out := filepath.Join(t.TempDir(), "out.wasm")
	if stdout, stderr, status := isyswasfa(t, "encode", "-o", out, core, "--wit", dir, "--world", "app"); status != 0 || stdout != "" || !strings.Contains(stderr, "acme:app/app@1.0.0") {
		t.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	if stdout, stderr, status := isyswasfa(t, "call", "--stub", out, `acme:app/greeter#greet("you")`); status != 0 || stdout != "\"you\"\n" {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	stdout, _, status := isyswasfa(t, "encode", core, "-o", "-", "--wit", dir, "--world=app", "--string-encoding", "utf16", "--strip")
	if status != 0 || !ast.IsComponent([]byte(stdout)) {
		t.Errorf("status %d, %d bytes", status, len(stdout))
	}
	later := assembled(t, "later.wasm", `(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "later-isyswasfa-start") (param i32) (result i32)
    (i32.store (i32.const 12) (i32.mul (local.get 0) (i32.const 3))) (i32.const 8))
  (func (export "later-isyswasfa-result") (param i32) (result i32) (unreachable))
  (func (export "isyswasfa-poll") (param i32 i32) (result i32) (i32.const 64)))`)
	if _, stderr, status := isyswasfa(t, "encode", "-o", out, later, "--wit", dir, "--world", "waits", "--suffix", "-mine"); status != 0 || !strings.Contains(stderr, "isyswasfa-poll-mine") {
		t.Fatalf("status %d: %s", status, stderr)
	}
	if stdout, stderr, status := isyswasfa(t, "call", out, "later(7)"); status != 0 || stdout != "21\n" {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	native := assembled(t, "native.wasm", `(module
  (import "[export]$root" "[task-return]later" (func $return (param i32)))
  (func (export "[async-lift-stackful]later") (param i32) (call $return (local.get 0))))`)
	if _, stderr, status := isyswasfa(t, "encode", "-o", out, native, "--wit", dir, "--world", "waits"); status != 0 || !strings.Contains(stderr, "it needs an engine with WASI 0.3") {
		t.Fatalf("status %d: %s", status, stderr)
	}
	if _, stderr, status := isyswasfa(t, "call", out, "later(7)"); status != 1 || !strings.Contains(stderr, "native async is not supported") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

// TestEncodeBadInput names what keeps a module from being a component.
func TestEncodeBadInput(t *testing.T) {
	dir := filepath.Dir(write(t, "app.wit", []byte(greeterWIT)))
	good := assembled(t, "good.wasm", greeterText)
	with := func(old, new string) string {
		return assembled(t, "bad.wasm", strings.Replace(greeterText, old, new, 1))
	}
	empty := assembled(t, "empty.wasm", "(module)")
	command := assembled(t, "command.wasm", `(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (memory (export "memory") 1) (func (export "_start")))`)
	component := write(t, "component.wasm", (&ast.Component{}).Encode())
	app := []string{"--wit", dir, "--world", "app"}
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   []string
	}{
		{"a component", append([]string{component}, app...), 1, []string{"component.wasm", "not a core module"}},
		{"no module", append([]string{write(t, "text.wasm", []byte("text"))}, app...), 1, []string{"text.wasm", "magic"}},
		{"missing export", append([]string{with(`"twice"`, `"thrice"`)}, app...), 1, []string{"twice", "(param i32) (result i32)", "thrice"}},
		{"wrong signature", append([]string{with(`"$root" "log" (func (param i32 i32))`, `"$root" "log" (func (param i64))`)}, app...), 1, []string{`"log"`, "(param i64)", "(param i32 i32)"}},
		{"unknown interface", append([]string{with(`"acme:app/names@1.0.0"`, `"acme:app/nmaes@1.0.0"`)}, app...), 1, []string{"acme:app/nmaes@1.0.0", "did you mean `acme:app/names@1.0.0`"}},
		{"unknown function", append([]string{with(`"get"`, `"gett"`)}, app...), 1, []string{`"gett"`, "did you mean `get`"}},
		{"unknown world", []string{good, "--wit", dir, "--world", "ap"}, 1, []string{"`ap`", "acme:app/app@1.0.0", "acme:app/other@1.0.0"}},
		{"no world said", []string{good, "--wit", dir}, 1, []string{"which world", "acme:app/other@1.0.0"}},
		{"no world at all", []string{empty}, 1, []string{"empty.wasm", "component-type"}},
		{"no memory", append([]string{with(`(memory (export "memory") 1)`, `(memory 1)`)}, app...), 1, []string{"no memory", "acme:app/names@1.0.0 get"}},
		{"no realloc", append([]string{with(`"cabi_realloc"`, `"realloc"`)}, app...), 1, []string{`no function "cabi_realloc"`}},
		{"native async of a plain function", append([]string{with(`"twice"`, `"[async-lift]twice"`)}, app...), 1, []string{"[async-lift]twice", "twice is not async"}},
		{"suffix for native async", []string{with(`"twice"`, `"[async-lift-stackful]later"`), "--suffix", "-x", "--wit", dir, "--world", "waits"}, 1, []string{"native async", "-x"}},
		{"WASI 0.1", []string{command, "--wit", dir, "--world", "other"}, 1, []string{"sched_yield", "--adapt"}},
		{"command", []string{assembled(t, "start.wasm", `(module (func (export "_start")))`)}, 1, []string{"start.wasm", "_start", "--adapt"}},
		{"dynamic library", append([]string{sharedLibrary(t, "lib.so", `(module (import "env" "__memory_base" (global i32)))`)}, app...), 1, []string{"lib.so", "dynamic library", "__memory_base"}},
		{"suffix for nothing", append([]string{good, "--suffix", "-x"}, app...), 1, []string{"nothing async"}},
		{"missing file", []string{"missing.wasm"}, 1, []string{"missing.wasm"}},
		{"missing adapter", append([]string{good, "--adapter", "old=missing.wasm"}, app...), 1, []string{"missing.wasm"}},
		{"no argument", nil, 2, []string{"CORE.wasm"}},
		{"bad adapter", []string{good, "--adapter", "=x"}, 2, []string{"NAME=", "=x"}},
		{"bad encoding", []string{good, "--string-encoding", "utf7"}, 2, []string{"utf7", "utf16"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out.wasm")
			_, stderr, status := isyswasfa(t, append([]string{"encode", "-o", out}, c.args...)...)
			if status != c.status {
				t.Errorf("exit status %d, want %d", status, c.status)
			}
			for _, s := range c.says {
				if !strings.Contains(stderr, s) {
					t.Errorf("the message does not say %q", s)
				}
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("something was written")
			}
			if t.Failed() || testing.Verbose() {
				t.Logf("stderr:\n%s", stderr)
			}
		})
	}
}
