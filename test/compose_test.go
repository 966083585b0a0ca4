package test

import (
	"compress/flate"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCompose composes the middleware over hash-all and serves it: what it
// gives deflated is what it gives without.
func TestCompose(t *testing.T) {
	out := filepath.Join(t.TempDir(), "composed.wasm")
	_, stderr, status := isyswasfa(t, "compose", component(t, "middleware"), "-o", out, "--strict", "-d", component(t, "hash-all"))
	if size, ok := strings.CutPrefix(stderr, out+": "); status != 0 || !ok || strings.Count(size, "\n") != 1 {
		t.Fatalf("exit status %d\n%s", status, stderr)
	}
	stdout, _, _ := isyswasfa(t, "inspect", out)
	_, polls, _ := strings.Cut(stdout, "\npoll functions\n")
	polls, _, _ = strings.Cut(polls, "\n\n")
	if strings.Count(polls, "isyswasfa-poll-") != 2 {
		t.Errorf("two poll functions are expected:\n%s", stdout)
	}
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }))
	defer origin.Close()
	s := serve(t, out)
	fetch := func(accept string) string {
		r, err := http.NewRequest(http.MethodGet, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Url", origin.URL+"/a")
		r.Header.Set("Accept-Encoding", accept)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if got := response.Header.Get("Content-Encoding"); (got == "deflate") != (accept == "deflate") {
			t.Errorf("accepting %s: the content is encoded as %q", accept, got)
		}
		body := io.Reader(response.Body)
		if accept == "deflate" {
			body = flate.NewReader(body)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	plain, deflated := fetch("identity"), fetch("deflate")
	if !strings.HasPrefix(plain, origin.URL+"/a: ") || plain != deflated {
		t.Errorf("got %q, and deflated %q", plain, deflated)
	}
}

// TestComposeCommand composes the middleware with itself over hash-all, by a
// configuration: the poll functions of the two instances get names apart. The
// result goes to standard output, and is what a second run gives.
func TestComposeCommand(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yml")
	text := `
dependencies:
  hash: lib/hash-all.wasm
instantiations:
  root:
    arguments:
      wasi:http/handler@0.3.0: inner
  inner:
    dependency: middleware
    arguments:
      wasi:http/handler@0.3.0: {instance: hash, export: "wasi:http/handler@0.3.0"}
`
	for name, file := range map[string]string{"middleware.wasm": component(t, "middleware"), "lib/hash-all.wasm": component(t, "hash-all")} {
		data, err := os.ReadFile(file)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	first, stderr, status := isyswasfa(t, "compose", "-c", config, component(t, "middleware"))
	if status != 0 || !strings.HasPrefix(stderr, "note: the poll function ") || !strings.Contains(stderr, `-n2"`) {
		t.Fatalf("exit status %d\n%s", status, stderr)
	}
	second, _, _ := isyswasfa(t, "compose", "-q", component(t, "middleware"), "--config="+config)
	if first != second || len(first) == 0 {
		t.Error("two compositions of the same differ")
	}
	nowhere := exec.Command(command, "compose", "-q", component(t, "middleware"), "--config="+config) // to the null device
	if err := nowhere.Run(); err != nil {
		t.Error(err)
	}
	one, err := os.Stat(component(t, "middleware"))
	if err != nil {
		t.Fatal(err)
	}
	two, err := os.Stat(component(t, "hash-all"))
	if err != nil {
		t.Fatal(err)
	}
	if size := int64(len(first)); size > one.Size()+two.Size()+1<<16 {
		t.Errorf("%d bytes, of components of %d and %d", size, one.Size(), two.Size())
	}
}

// TestComposeErrors wants one clear message for what cannot be composed.
func TestComposeErrors(t *testing.T) {
	root, dep := component(t, "middleware"), component(t, "hash-all")
	module := write(t, "module.wasm", []byte("\x00asm\x01\x00\x00\x00"))
	unknown := write(t, "unknown.yml", []byte("instantiations:\n  root:\n    arguments:\n      wasi:http/handler@0.3.0: nobody\n"))
	yaml := write(t, "bad.yml", []byte("dependencies:\n  a: a.wasm\nunknown: 1\n"))
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{}, 2, "compose needs ROOT.wasm"},
		{[]string{root, dep}, 2, "compose takes one argument"},
		{[]string{"missing.wasm"}, 1, "missing.wasm"},
		{[]string{root, "-d", "missing.wasm"}, 1, "missing.wasm"},
		{[]string{root, "-d", module}, 1, "module.wasm: it is a core module, not a component"},
		{[]string{root, "-c", unknown}, 1, `there is no instance "nobody": no such component: looked for `},
		{[]string{root, "-c", yaml}, 1, "bad.yml: line 3: unknown field \"unknown\""},
		{[]string{root, "-d", dep, "--no-imports"}, 1, "\n  wasi:http/types@0.3.0, imported by "},
		{[]string{root, "--strict"}, 1, "no dependencies of "},
		{[]string{"./testdata/broken"}, 1, "undefined: undefinedName"},
		{[]string{root, "-d", filepath.Dir(root)}, 1, "is a folder without Go files; -p "},
		{[]string{root, "-p", dep}, 1, "hash-all.wasm is not a folder"},
		{[]string{root, "-c", dep}, 1, "hash-all.wasm: it is no YAML: control characters"},
		{[]string{root, "-d", root}, 0, ""},
	} {
		stdout, stderr, status := isyswasfa(t, append([]string{"compose", "-o", filepath.Join(t.TempDir(), "out.wasm")}, c.args...)...)
		if status != c.status || !strings.Contains(stderr, c.want) || stdout != "" {
			t.Errorf("%v: exit status %d, %q; want %d and %q", c.args, status, stderr, c.status, c.want)
		}
	}
}
