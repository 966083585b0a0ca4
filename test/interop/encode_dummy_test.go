//go:build interop

package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/internal/build"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
)

// dummyKinds are the kinds of modules that wasm-tools makes: in its own naming
// scheme, with functions lowered and lifted in each way, and in the standard
// one, which has no names for native async.
var dummyKinds = map[string][]string{
	"legacy":     {"--dummy-names", "legacy"},
	"callback":   {"--dummy-names", "legacy", "--async-callback"},
	"stackful":   {"--dummy-names", "legacy", "--async-stackful"},
	"standard32": {"--dummy-names", "standard32"},
}

// TestEncodeDummies has wasm-tools make a module for every world of the
// corpora, for one of them in both naming schemes. encode must make of it what
// wasm-tools does: a valid component of the same world. Modules for async
// worlds without anything async in them would be taken for ones of the
// isyswasfa convention.
func TestEncodeDummies(t *testing.T) {
	d := newDummies(t)
	d.ledger = readLedger(t, "testdata/encode_dummy.ledger")
	for _, corpus := range []struct {
		name  string
		flat  bool
		kinds []string
	}{
		{"wit-bindgen", false, []string{"legacy", "standard32"}},
		{"wasmtime", false, []string{"legacy"}},
		{"go-modules", true, []string{"legacy"}},
	} {
		for _, c := range witCases(t, corpus.name, corpus.flat) {
			worlds, err := c.load()
			if err != nil {
				continue // TestWITCorpus is about that
			}
			for _, w := range worlds {
				for _, kind := range corpus.kinds {
					d.compare(t, c, w, kind)
				}
			}
		}
	}
	d.done(t)
}

// TestEncodeAsyncDummies has wasm-tools make modules for worlds of which all
// functions were made async. It lowers and lifts all functions of a module
// async, which constructors cannot be, so worlds with these are left out.
func TestEncodeAsyncDummies(t *testing.T) {
	d := newDummies(t)
	for _, c := range slices.Concat(witCases(t, "wit-bindgen", false), witCases(t, "wasmtime", false)) {
		r, worlds, err := c.resolve()
		if err != nil {
			continue
		}
		async := witCase{c.name + " async", filepath.Join(t.TempDir(), "async.wit")}
		all := makeAsync(r)
		if err := os.WriteFile(async.path, []byte(wit.PrintResolve(r)), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, w := range worlds {
			if all {
				d.compare(t, async, w, "callback")
				d.compare(t, async, w, "stackful")
			}
		}
	}
	d.done(t)
}

// makeAsync makes all functions async, and tells whether all can be.
func makeAsync(r *wit.Resolve) bool {
	all := true
	each := func(f *wit.Function) {
		f.Async = f.Kind != wit.Constructor
		all = all && f.Async
	}
	for _, p := range r.Packages {
		for _, i := range p.Interfaces {
			for _, f := range i.Funcs {
				each(f)
			}
		}
		for _, w := range p.Worlds {
			for _, it := range slices.Concat(w.Imports, w.Exports) {
				switch {
				case it.Func != nil:
					each(it.Func)
				case it.Interface != nil:
					for _, f := range it.Interface.Funcs {
						each(f)
					}
				}
			}
		}
	}
	return all
}

// Dummies are modules that wasm-tools makes for worlds, compared with what
// encode makes of them.
type dummies struct {
	ledger         map[string]string
	total, natives int
}

func newDummies(t *testing.T) *dummies {
	t.Helper()
	if *hostCorpus == "" {
		t.Skip("no -host-corpus")
	}
	if _, err := exec.LookPath("wasm-tools"); err != nil {
		t.Skip("wasm-tools is not in PATH")
	}
	return &dummies{ledger: map[string]string{}}
}

// compare compares what encode makes of a module of a kind for a world.
func (d *dummies) compare(t *testing.T, c witCase, w *wit.World, kind string) {
	t.Helper()
	ours, theirs := filepath.Join(t.TempDir(), "ours.wasm"), filepath.Join(t.TempDir(), "theirs.wasm")
	if !dummy(t, c.path, w.ID(), kind, ours, theirs) {
		return
	}
	core, err := os.ReadFile(ours)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := wasm.Parse(core)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case encode.Native(parsed):
		d.natives++
	case transform.Needed(w):
		return
	}
	d.total++
	id := c.name + " " + w.Name + " " + kind
	problem := compareDummy(t, core, theirs)
	switch reason := d.ledger[id]; {
	case problem != "" && reason == "":
		t.Errorf("%s: %s", id, problem)
	case problem == "" && reason != "":
		t.Errorf("%s passes, but is in the ledger: %s", id, reason)
	}
	delete(d.ledger, id)
}

// done tells what was compared.
func (d *dummies) done(t *testing.T) {
	t.Helper()
	for id := range d.ledger {
		t.Errorf("the ledger has %s, but there is no such case", id)
	}
	t.Logf("%d modules, %d with native async", d.total, d.natives)
}

// dummy writes a module for a world and the component that wasm-tools makes of
// it, and tells whether it can.
func dummy(t *testing.T, path, world, kind, module, made string) bool {
	for _, args := range [][]string{
		append([]string{"component", "embed", "--all-features", "--world", world, path, "-o", module}, dummyKinds[kind]...),
		{"component", "new", module, "-o", made},
	} {
		if text, err := exec.Command("wasm-tools", args...).CombinedOutput(); err != nil {
			t.Logf("not compared: wasm-tools %s: %s", strings.Join(args, " "), text)
			return false
		}
	}
	return true
}

// annotated tells whether wasm-tools has annotated imports or exports, as its
// newest versions do.
func annotated(t *testing.T, file string) bool {
	bin, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := component.Decode(bin)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(c.Defs, func(d component.Def) bool {
		switch d := d.(type) {
		case *component.Import:
			return d.Attrs != nil
		case *component.Export:
			return d.Attrs != nil
		}
		return false
	})
}

// compareDummy encodes the module and says how the result differs from the
// component, or is wrong.
func compareDummy(t *testing.T, core []byte, made string) string {
	e, err := build.Encode(core, build.EncodeOptions{Annotate: annotated(t, made)})
	if err != nil {
		return err.Error()
	}
	c, err := component.Decode(e.Component)
	if err == nil {
		err = component.Validate(c)
	}
	if err != nil {
		return "our validator: " + err.Error()
	}
	module := filepath.Join(t.TempDir(), "component.wasm")
	if err := os.WriteFile(module, e.Component, 0o666); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command("wasm-tools", "validate", "--features", "all", module).CombinedOutput(); err != nil {
		return "wasm-tools validate: " + string(text)
	}
	want, err := worldOf(made)
	if err != nil {
		t.Logf("not compared: %v", err)
		return ""
	}
	have, err := worldOf(module)
	if err != nil {
		return err.Error()
	}
	if diff := gocmp.Diff(want, have); diff != "" {
		return "the world differs (- wasm-tools):\n" + diff
	}
	return ""
}
