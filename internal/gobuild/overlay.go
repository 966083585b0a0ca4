package gobuild

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// idleSource is added to Go's runtime. It defines the beforeIdle that
// lock_wasip1.go then lacks.
//
//go:embed runtime_idle.go.txt
var idleSource []byte

// beforeIdle is the function of runtime/lock_wasip1.go that the overlay takes
// out: the scheduler's question what to run when nothing is runnable, which
// stock Go answers with nothing.
const beforeIdle = "func beforeIdle(int64, int64) (*g, bool) {\n\treturn nil, false\n}\n"

// The initial value of net/http's DefaultTransport, from the first text to the
// second. Programs with guest/wasihttp replace it before they can use it, but
// it links TLS and HTTP/2 into them: a third of their size.
const (
	defaultTransport    = "var DefaultTransport RoundTripper = &Transport{\n"
	defaultTransportEnd = "\n}\n"
)

// An overlay is a set of files that stand in for files of GOROOT, or are
// added to it, during one build (go build -overlay).
type overlay struct {
	files   map[string][]byte // by path in GOROOT
	warning string            // why there are none
}

// makeOverlay makes the overlay from the sources of the toolchain that will
// build. A text that is not the one this was made for is left alone: then the
// overlay is empty and has a warning. With wasihttp, net/http goes without a
// transport of its own.
func makeOverlay(goroot string, wasihttp bool) (*overlay, error) {
	dir := filepath.Join(goroot, "src", "runtime")
	lock := filepath.Join(dir, "lock_wasip1.go")
	text, err := os.ReadFile(lock)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot read the sources of Go's runtime: %w", err)
	}
	cut, ok := cutOnce(text, beforeIdle)
	if !ok {
		return &overlay{warning: "the runtime's beforeIdle is not the one known here; the component polls its goroutines instead, which is slower and keeps no exact timers"}, nil
	}
	o := &overlay{files: map[string][]byte{
		lock: cut,
		filepath.Join(dir, "isyswasfa_wasip1.go"): idleSource,
	}}
	if wasihttp {
		return o, o.cutTransport(filepath.Join(goroot, "src", "net", "http", "transport.go"))
	}
	return o, nil
}

// cutTransport takes the value out of net/http's DefaultTransport. Where its
// text is another one, programs are just larger.
func (o *overlay) cutTransport(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("cannot read the sources of net/http: %w", err)
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	before, after, ok := bytes.Cut(text, []byte(defaultTransport))
	_, rest, ended := bytes.Cut(after, []byte(defaultTransportEnd))
	if ok && ended && bytes.Count(text, []byte(defaultTransport)) == 1 {
		o.files[file] = slices.Concat(before, []byte("var DefaultTransport RoundTripper\n"), rest)
	}
	return nil
}

// cutOnce takes old out of text, if it is there exactly once.
func cutOnce(text []byte, old string) ([]byte, bool) {
	// A GOROOT checked out on Windows may have other line ends.
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	if bytes.Count(text, []byte(old)) != 1 {
		return nil, false
	}
	return bytes.Replace(text, []byte(old), nil, 1), true
}

// write puts the files and the JSON that -overlay wants into a folder of the
// cache, or of tmp if that fails, and gives the JSON's path. The folder's
// name is a hash of all it holds, so builds that run at once write the same.
func (o *overlay) write(cache, tmp string) (string, error) {
	paths := slices.Sorted(maps.Keys(o.files))
	h := sha256.New()
	for _, p := range paths {
		fmt.Fprintf(h, "%q %d\n%s", p, len(o.files[p]), o.files[p])
	}
	name := hex.EncodeToString(h.Sum(nil)[:16])
	if cache != "" {
		if file, err := o.writeTo(filepath.Join(cache, "overlay", name), paths); err == nil {
			return file, nil
		}
	}
	return o.writeTo(filepath.Join(tmp, "overlay"), paths)
}

func (o *overlay) writeTo(dir string, paths []string) (string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	replace := map[string]string{}
	for _, p := range paths {
		replace[p] = filepath.Join(dir, filepath.Base(p))
		if err := writeAtomic(replace[p], o.files[p]); err != nil {
			return "", err
		}
	}
	text, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	return file, writeAtomic(file, text)
}

// writeAtomic writes a file unless it has that content already. Whoever reads
// it meanwhile sees the old content or the new, never a part.
func writeAtomic(path string, content []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
