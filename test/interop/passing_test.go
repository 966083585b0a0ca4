//go:build interop

package interop

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/abi/abitest"
	"github.com/isyswasfa/isyswasfa/test/passing"
)

var passValues = flag.Int("pass-values", 5_000, "pass `N` values through components on this host and by jco")

// jcoLacks are the types that jco does not know.
var jcoLacks = map[string]bool{
	"array": true, // lists of fixed length
}

// TestPassing passes the same values through the same components here and as
// jco transpiles them, and here through components with the encoding that jco
// does not know.
func TestPassing(t *testing.T) {
	const perType, perBatch = 50, 40
	for _, name := range []string{"jco", "node"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not in PATH", name)
		}
	}
	engine, err := host.NewEngine(t.Context(), host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(t.Context())
	start, values, types := time.Now(), 0, 0
	g := abitest.NewGenerator(*abiSeed)
	g.Without = jcoLacks
	for n := 0; values < *passValues && !t.Failed(); n++ {
		b := passing.NewBatch(g, perBatch, perType, 5, jcoMisreads)
		encodings := jcoEncodings[n%len(jcoEncodings)]
		binary, err := b.Component(encodings...)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Run(t.Context(), engine, binary); err != nil {
			t.Errorf("batch %d, encodings %v: here: %.3000v", n, encodings, err)
		}
		if err := runJCO(t, b, binary); err != nil {
			t.Errorf("batch %d, encodings %v: jco: %.3000v", n, encodings, err)
		}
		encodings = []abi.StringEncoding{abi.StringEncoding(n % 3), abi.Latin1UTF16, abi.StringEncoding(n / 3 % 3)}
		if binary, err = b.Component(encodings...); err != nil {
			t.Fatal(err)
		}
		if err := b.Run(t.Context(), engine, binary); err != nil {
			t.Errorf("batch %d, encodings %v: here: %.3000v", n, encodings, err)
		}
		values, types = values+perType*perBatch, types+perBatch
	}
	t.Logf("seed %d: %d values of %d types in %.1f s", *abiSeed, values, types, time.Since(start).Seconds())
}

// jcoEncodings are the encodings of the components of a composition, from the
// outer to the inner one. jco knows no latin1+utf16, nor how to pass strings
// from utf16 to utf16.
var jcoEncodings = [][]abi.StringEncoding{
	{abi.UTF8, abi.UTF16},
	{abi.UTF16, abi.UTF8},
	{abi.UTF8, abi.UTF8},
	{abi.UTF16, abi.UTF8, abi.UTF16},
	{abi.UTF8, abi.UTF16, abi.UTF8},
}

// runJCO transpiles the component and calls it by node.
func runJCO(t *testing.T, b *passing.Batch, binary []byte) error {
	dir := t.TempDir()
	file := filepath.Join(dir, "passing.wasm")
	var in struct {
		Types  []abitest.Desc      `json:"types"`
		Values [][]json.RawMessage `json:"values"`
	}
	in.Types, in.Values = b.Descs, make([][]json.RawMessage, len(b.Types))
	_ = b.Each(func(typ, value int) error {
		in.Values[typ] = append(in.Values[typ], json.RawMessage(b.Text(typ, value)))
		return nil
	})
	text, err := json.Marshal(in)
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{file: binary, filepath.Join(dir, "values.json"): text} {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			return err
		}
	}
	tool(t, "jco", "transpile", file, "-o", dir, "--name", "passing", "--instantiation", "async", "--no-typescript")
	var out, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "node", "testdata/passing.mjs", dir)
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("node: %w\n%s", err, &stderr)
	}
	d := json.NewDecoder(&out)
	return b.Each(func(typ, value int) error {
		var line struct{ Seen, Got, Error string }
		if err := d.Decode(&line); err != nil {
			return err
		}
		if line.Error != "" {
			return fmt.Errorf("%s", line.Error)
		}
		return b.Same(typ, value, line.Seen, line.Got)
	})
}

// jcoMisreads tells of types that jco gets wrong: a signed number that shares
// its core value with one of 64 bits, in another case of a variant, is read as
// if it were unsigned.
func jcoMisreads(t *abi.Type) bool {
	if t == nil {
		return false
	}
	for _, c := range t.Cases {
		if c.Type != nil && jcoMisreads(c.Type) || c.Type != nil && widens(c.Type, t.Flat()[1:]) {
			return true
		}
	}
	for _, f := range t.Fields {
		if jcoMisreads(f.Type) {
			return true
		}
	}
	return jcoMisreads(t.Elem)
}

// widens tells whether a signed number of t lies in one of the core values of 64 bits.
func widens(t *abi.Type, flat []abi.CoreType) bool {
	switch t.Kind {
	case abi.S8, abi.S16, abi.S32:
		return len(flat) > 0 && flat[0] == abi.I64
	case abi.Record, abi.Tuple:
		for _, f := range t.Fields {
			if widens(f.Type, flat) {
				return true
			}
			flat = flat[min(len(flat), len(f.Type.Flat())):]
		}
	case abi.Variant, abi.Option, abi.Result:
		for _, c := range t.Cases {
			if c.Type != nil && len(flat) > 0 && widens(c.Type, flat[1:]) {
				return true
			}
		}
	}
	return false
}
