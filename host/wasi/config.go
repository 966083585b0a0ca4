package wasi

import (
	"io"
	"maps"
	"strings"
	"sync"

	"github.com/isyswasfa/isyswasfa/host"
)

// A Config is what wasi:cli tells a guest and where its standard streams go.
// The zero Config has no arguments, no environment, an empty stdin, and throws
// away what is written.
type Config struct {
	// Stdin is read when a guest first asks for it.
	Stdin io.Reader
	// Stdout and Stderr get what a guest writes, in the call with which it
	// writes; they should not block for long. Writes are never concurrent,
	// unless the same writer is in the Config of another instance: see
	// [SyncWriter].
	Stdout, Stderr io.Writer
	Args           []string // including the program's name
	Env            []string // each "key=value"; of equal keys the last counts
	Cwd            string   // initial working directory; "" for none
}

type configKey struct{}

// settings are a Config made ready for use.
type settings struct {
	stdin          Source // shared by all streams of stdin; nil for none
	stdout, stderr io.Writer
	args           []string
	env            []stringPair
	cwd            host.Option[string]
}

type stringPair struct{ Key, Value string }

// With gives a copy of values, which may be nil, to which the configuration is
// added: the Values of a [host.InstanceConfig].
func With(values map[any]any, c Config) map[any]any {
	s := &settings{args: c.Args, env: environment(c.Env)}
	if c.Stdin != nil {
		s.stdin = &readerSource{r: onlyReader{c.Stdin}, pipe: newPipe(0)}
	}
	var mu sync.Mutex
	s.stdout, s.stderr = lock(c.Stdout, &mu), lock(c.Stderr, &mu)
	if c.Cwd != "" {
		s.cwd = host.Some(c.Cwd)
	}
	values = maps.Clone(values)
	if values == nil {
		values = map[any]any{}
	}
	values[configKey{}] = s
	return values
}

// onlyReader hides Close: the stream's end is not the end of the reader.
type onlyReader struct{ io.Reader }

var defaults = &settings{stdout: io.Discard, stderr: io.Discard}

func settingsOf(c *host.Call) *settings {
	if s, ok := c.Value(configKey{}).(*settings); ok {
		return s
	}
	return defaults
}

func environment(env []string) []stringPair {
	var pairs []stringPair
	index := map[string]int{}
	for _, kv := range env {
		k, v, _ := strings.Cut(kv, "=")
		if i, ok := index[k]; ok {
			pairs[i].Value = v
			continue
		}
		index[k] = len(pairs)
		pairs = append(pairs, stringPair{k, v})
	}
	return pairs
}

// SyncWriter gives a writer whose writes are never concurrent, for several
// instances to share.
func SyncWriter(w io.Writer) io.Writer { return lock(w, new(sync.Mutex)) }

func lock(w io.Writer, mu *sync.Mutex) io.Writer {
	switch w := w.(type) {
	case nil:
		return io.Discard
	case *syncWriter:
		return w
	}
	return &syncWriter{mu: mu, w: w}
}

type syncWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (s *syncWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}
