package encode_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/transform/encode"
)

const guestWorld = `package t:t;
world w {
  export run: func() -> u32;
  export sum: func(bytes: list<u8>) -> u32;
  export quit: func();
}`

// buildGuest builds testdata/guest as a user of the Go toolchain would.
func buildGuest(t *testing.T) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a guest")
	}
	out := filepath.Join(t.TempDir(), "guest.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-o", out, "./testdata/guest")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	core, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return core
}

// A program of the standard library prints and sleeps in init, reads its
// arguments, environment and stdin, looks for files in vain, and exits.
func TestGoGuest(t *testing.T) {
	bin, err := encode.Component(buildGuest(t), world(t, guestWorld), encode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	e, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(ctx)
	c, err := e.Compile(ctx, "guest", bin)
	if err != nil {
		t.Fatal(err)
	}
	l := host.NewLinker(e)
	wasi.AddToLinker(l)
	pre, err := l.Link(c)
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	config := wasi.Config{
		Stdin: strings.NewReader("some input"), Stdout: &stdout, Stderr: &stderr,
		Args: []string{"prog", "", "a b"}, Env: []string{"LONG=" + strings.Repeat("x", 5000), "EMPTY="},
	}
	in, err := pre.Instantiate(ctx, host.InstanceConfig{Values: wasi.With(nil, config)})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close(ctx)
	run, err := host.Export[struct{}, uint32](pre, "", "run")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := run.Call(ctx, in, struct{}{}); got != 7 || err != nil {
		t.Errorf("run: %d, %v", got, err)
	}
	want := "init [prog  a b] true 2\nfile: true\nmkdir: true\nsocket: true\nstdin: \"some input\" <nil>\n" + strings.Repeat("0123456789", 1000) + "\n"
	if stdout.String() != want || stderr.String() != "slept true\n" {
		t.Errorf("stdout %q, stderr %q", stdout.String(), stderr.String())
	}
	sum, err := host.Export[struct{ Bytes []byte }, uint32](pre, "", "sum")
	if err != nil {
		t.Fatal(err)
	}
	bytes := []byte(strings.Repeat("\x01", 300_000))
	for range 100 { // enough for several collections inside the allocation
		if got, err := sum.Call(ctx, in, struct{ Bytes []byte }{bytes}); got != 300_000 || err != nil {
			t.Fatalf("sum: %d, %v", got, err)
		}
	}
	quit, err := host.Export[struct{}, struct{}](pre, "", "quit")
	if err != nil {
		t.Fatal(err)
	}
	var exit *host.ExitError
	if _, err := quit.Call(ctx, in, struct{}{}); !errors.As(err, &exit) || exit.Code != 1 {
		t.Errorf("quit: %v", err)
	}
}
