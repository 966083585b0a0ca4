//go:build interop

package interop

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/build"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// TestLinkRandom links random libraries by wasm-tools and here: both refuse
// them, or what both make of them has one world and gives one answer, which
// depends on every symbol.
func TestLinkRandom(t *testing.T) {
	if _, err := exec.LookPath("wasm-tools"); err != nil {
		t.Skip("wasm-tools is not in PATH")
	}
	linked, refused, crashed := 0, 0, 0
	for seed := range uint64(*linkRounds) {
		g := &linkGenerator{Rand: rand.New(rand.NewPCG(seed, 1)), dir: t.TempDir()}
		args, o, err := g.set()
		if err != nil {
			t.Fatal(err)
		}
		theirs := filepath.Join(g.dir, "theirs.wasm")
		text, err := exec.Command("wasm-tools", append([]string{"component", "link", "-o", theirs}, args...)...).CombinedOutput()
		ours, ourErr := build.Link(o)
		switch {
		case strings.Contains(string(text), "panicked"):
			crashed++
		case err != nil && ourErr != nil:
			refused++
		case err != nil:
			t.Errorf("seed %d: wasm-tools refuses what we link: %s\n%s", seed, text, g.texts)
		case ourErr != nil:
			t.Errorf("seed %d: wasm-tools links what we refuse: %v\n%s", seed, ourErr, g.texts)
		default:
			linked++
			if err := sameComponents(t, theirs, ours.Component); err != nil {
				t.Errorf("seed %d: %v\n%s", seed, err, g.texts)
			}
		}
		if t.Failed() {
			break
		}
	}
	t.Logf("%d sets of libraries: %d linked by both, %d refused by both; wasm-tools panics at %d", *linkRounds, linked, refused, crashed)
}

// sameComponents compares a component of wasm-tools with one of ours.
func sameComponents(t *testing.T, theirs string, ours []byte) error {
	c, err := component.Decode(ours)
	if err != nil {
		return err
	}
	if err := component.Validate(c); err != nil {
		return fmt.Errorf("our validator: %w", err)
	}
	file := filepath.Join(filepath.Dir(theirs), "ours.wasm")
	if err := os.WriteFile(file, ours, 0o666); err != nil {
		return err
	}
	if text, err := exec.Command("wasm-tools", "validate", "--features", "all", file).CombinedOutput(); err != nil {
		return fmt.Errorf("wasm-tools validate: %s", text)
	}
	var worlds, answers [2]string
	for i, file := range []string{theirs, file} {
		if worlds[i], err = worldOf(file); err != nil {
			return err
		}
		bin, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		answers[i] = runAll(t, bin)
	}
	if d := gocmp.Diff(worlds[0], worlds[1]); d != "" {
		return fmt.Errorf("the world differs (- wasm-tools):\n%s", d)
	}
	if d := gocmp.Diff(answers[0], answers[1]); d != "" {
		return fmt.Errorf("what the functions give differs (- wasm-tools):\n%s", d)
	}
	return nil
}

// runAll calls all exported functions of a component, which take nothing.
func runAll(t *testing.T, bin []byte) string {
	t.Helper()
	ctx := t.Context()
	e, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(ctx)
	c, err := e.Compile(ctx, "test", bin)
	if err != nil {
		t.Fatal(err)
	}
	pre, err := host.NewLinker(e).Link(c)
	if err != nil {
		t.Fatal(err)
	}
	var answers []string
	for _, x := range c.Exports() {
		in, err := pre.Instantiate(ctx, host.InstanceConfig{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := pre.Function("", x.Name)
		if err != nil {
			t.Fatal(err)
		}
		result, err := f.Call(ctx, in)
		answers = append(answers, fmt.Sprintf("%s: %v %v", x.Name, result, err != nil))
		in.Close(ctx)
	}
	slices.Sort(answers)
	return strings.Join(answers, "\n")
}
