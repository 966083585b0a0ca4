package link_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/host/wave"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wat"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/transform/link"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// Each file of testdata has libraries, in the order in which they are given to
// the linker, and calls of what they become, with the results; or else the
// error of the linker. A library NAME.wat is built for the world NAME, if
// world.wit has that. A line of it that begins with ";; dylink" has words for
// its section dylink.0; see dylink.
func TestRun(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			libs, o := archived(t, a)
			bin, err := link.Component(libs, o)
			if want := file(a, "error"); want != "" || err != nil {
				if d := cmp.Diff(want, fmt.Sprintln(err)); d != "" {
					t.Error(d)
				}
				return
			}
			runCalls(t, bin, file(a, "calls"))
		})
	}
}

// archived gives the libraries and options of a file.
func archived(t testing.TB, a *txtar.Archive) ([]link.Library, link.Options) {
	t.Helper()
	worlds := map[string]*wit.World{}
	if text := file(a, "world.wit"); text != "" {
		_, pkg, err := wit.ParseText(map[string]string{"world.wit": text}, std.Files())
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range pkg.Worlds {
			worlds[w.Name] = w
		}
	}
	var libs []link.Library
	o := link.Options{}
	for _, f := range a.Files {
		name, ok := strings.CutSuffix(f.Name, ".wat")
		if !ok {
			continue
		}
		core, openable := library(t, string(f.Data))
		lib := link.Library{Module: encode.Module{Name: name, Core: core}, Openable: openable}
		if w := worlds[name]; w != nil {
			lib.Worlds = []*wit.World{w}
		}
		libs = append(libs, lib)
	}
	for _, word := range strings.Fields(file(a, "options")) {
		switch word {
		case "StubMissing":
			o.StubMissing = true
		case "BuiltinDL":
			o.BuiltinDL = true
		case "Command":
			o.Encode.Command = true
		default:
			t.Fatalf("unknown option %s", word)
		}
	}
	return libs, o
}

func file(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// library assembles a dynamic library.
func library(t testing.TB, text string) (core []byte, openable bool) {
	t.Helper()
	core, err := wat.Assemble(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	for line := range strings.Lines(text) {
		if words, ok := strings.CutPrefix(line, ";; dylink"); ok {
			openable = strings.Contains(words, "openable")
			return withSection(core, dylink(t, strings.Fields(words))), openable
		}
	}
	return core, false
}

// withSection puts a section dylink.0 where it belongs, at the beginning.
func withSection(core, dylink []byte) []byte {
	body := append(wasm.AppendName(nil, "dylink.0"), dylink...)
	out := append([]byte(nil), core[:8]...)
	out = append(wasm.AppendU32(append(out, 0), uint32(len(body))), body...)
	return append(out, core[8:]...)
}

// dylink gives the content of a section dylink.0: "memory SIZE ALIGN", "table
// SIZE ALIGN", "needed NAME", "weak MODULE FIELD", "tls EXPORT", and "openable",
// which is not in it.
func dylink(t testing.TB, words []string) []byte {
	t.Helper()
	var memory, table, needed, weak, tls []byte
	var needs, weaks, exports uint32
	numbers := func(b []byte, words []string) []byte {
		for _, w := range words {
			n, err := strconv.ParseUint(w, 0, 32)
			if err != nil {
				t.Fatal(err)
			}
			b = wasm.AppendU32(b, uint32(n))
		}
		return b
	}
	for i := 0; i < len(words); i++ {
		switch words[i] {
		case "memory":
			memory = numbers(nil, words[i+1:i+3])
			i += 2
		case "table":
			table = numbers(nil, words[i+1:i+3])
			i += 2
		case "needed":
			needed = wasm.AppendName(needed, words[i+1])
			needs++
			i++
		case "weak":
			weak = append(wasm.AppendName(wasm.AppendName(weak, words[i+1]), words[i+2]), byte(wasm.SymbolWeak))
			weaks++
			i += 2
		case "tls":
			tls = wasm.AppendU32(wasm.AppendName(tls, words[i+1]), uint32(wasm.SymbolThreadLocal))
			exports++
			i++
		case "openable":
		default:
			t.Fatalf("unknown word %s of a dylink section", words[i])
		}
	}
	var b []byte
	sub := func(id byte, parts ...[]byte) {
		body := []byte{}
		for _, p := range parts {
			body = append(body, p...)
		}
		b = append(wasm.AppendU32(append(b, id), uint32(len(body))), body...)
	}
	none := []byte{0, 0}
	sub(1, append(memory, none[:2*b2i(memory == nil)]...), append(table, none[:2*b2i(table == nil)]...))
	sub(2, wasm.AppendU32(nil, needs), needed)
	sub(3, wasm.AppendU32(nil, exports), tls)
	sub(4, wasm.AppendU32(nil, weaks), weak)
	return b
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// runCalls instantiates a component and makes calls, one a line, "FUNC(ARGS) =
// RESULT" in WAVE, in turn; a call that traps has the result "trap", and those
// after it are of another instance.
func runCalls(t *testing.T, bin []byte, calls string) {
	t.Helper()
	c, err := component.Decode(bin)
	if err != nil {
		t.Fatal(err)
	}
	if err := component.Validate(c); err != nil {
		t.Fatal(err)
	}
	ctx := context.WithoutCancel(t.Context())
	e, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close(ctx) })
	compiled, err := e.Compile(ctx, "test", bin)
	if err != nil {
		t.Fatal(err)
	}
	l := host.NewLinker(e)
	wasi.AddToLinker(l)
	l.Instance("t:t/host").Func("name", host.Func(func(*host.Call, struct{}) (string, error) { return "the host", nil }))
	pre, err := l.Link(compiled)
	if err != nil {
		t.Fatal(err)
	}
	var stdout strings.Builder
	instantiate := func() *host.Instance {
		in, err := pre.Instantiate(ctx, host.InstanceConfig{Values: wasi.With(nil, wasi.Config{Stdout: &stdout})})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { in.Close(ctx) })
		return in
	}
	in := instantiate()
	for line := range strings.Lines(calls) {
		expr, want, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok {
			t.Fatalf("%q is no call", line)
		}
		got := call(t, pre, in, expr)
		switch {
		case expr == "stdout":
			got = strconv.Quote(stdout.String())
		case got == "trap":
			in = instantiate()
		}
		if got != want {
			t.Errorf("%s = %s, not %s", expr, got, want)
		}
	}
}

func call(t *testing.T, pre *host.InstancePre, in *host.Instance, expr string) string {
	t.Helper()
	at := strings.IndexByte(expr, '(')
	if at < 0 {
		return ""
	}
	iface, name, ok := strings.Cut(expr[:at], "#")
	if !ok {
		iface, name = "", iface
	}
	f, err := pre.Function(iface, name)
	if err != nil {
		t.Fatal(err)
	}
	args, err := wave.ParseArgsAt(expr, at, f.Type().Params)
	if err != nil {
		t.Fatal(err)
	}
	result, err := f.Call(t.Context(), in, args...)
	if err != nil {
		t.Log(err)
		return "trap"
	}
	text, err := wave.Format(result, f.Type().Result)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
