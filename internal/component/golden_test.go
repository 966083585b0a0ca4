package component

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var (
	update   = flag.Bool("update", false, "rewrite the golden files")
	assemble = flag.String("assemble", "", "program that assembles input.wat into input.hex (wasm-tools), with -update")
)

// TestLinkGolden links the components of testdata. Each file has the text of a
// component, its binary as hexadecimal digits, and what becomes of it.
func TestLinkGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if *update && *assemble != "" {
				setFile(ar, "input.hex", hexLines(assembled(t, getFile(ar, "input.wat"))))
			}
			got := describe(t, binaryOf(t, ar))
			if *update {
				setFile(ar, "program", []byte(got))
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(string(getFile(ar, "program")), got); d != "" {
				t.Errorf("program (-want +got):\n%s", d)
			}
		})
	}
}

func binaryOf(t testing.TB, ar *txtar.Archive) []byte {
	digits := strings.Join(strings.Fields(string(getFile(ar, "input.hex"))), "")
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// goldenBinaries gives the binaries of all golden files.
func goldenBinaries(t testing.TB) [][]byte {
	files, _ := filepath.Glob("testdata/*.txtar")
	var all [][]byte
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, binaryOf(t, ar))
	}
	return all
}

// describe gives the program of a component, after a round trip of its binary.
func describe(t *testing.T, binary []byte) string {
	c, err := Decode(binary)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	again, err := Decode(c.Encode())
	if err != nil {
		t.Fatalf("decoding what was encoded: %v", err)
	}
	if d := cmp.Diff(c, again, sameAST); d != "" {
		t.Errorf("decoding what was encoded (-want +got):\n%s", d)
	}
	p, err := Link(c)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	return p.String()
}

func getFile(ar *txtar.Archive, name string) []byte {
	for _, f := range ar.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

func setFile(ar *txtar.Archive, name string, data []byte) {
	for i, f := range ar.Files {
		if f.Name == name {
			ar.Files[i].Data = data
			return
		}
	}
	ar.Files = append(ar.Files, txtar.File{Name: name, Data: data})
}

func assembled(t *testing.T, wat []byte) []byte {
	cmd := exec.Command(*assemble, "parse", "-")
	cmd.Stdin = bytes.NewReader(wat)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func hexLines(b []byte) []byte {
	var out bytes.Buffer
	for len(b) > 0 {
		n := min(len(b), 40)
		out.WriteString(hex.EncodeToString(b[:n]) + "\n")
		b = b[n:]
	}
	return out.Bytes()
}
