//go:build interop

package interop

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wave"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/wit"
)

var waveSuite = flag.String("wave-suite", os.Getenv("ISYSWASFA_WAVE_SUITE"), "read the cases of wasm-wave in `DIR`, crates/wasm-wave/tests/ui of wasm-tools")

// callHead is the name of a function in a case, with all that may stand before
// and after it.
var callHead = regexp.MustCompile(`^\s*(?:[a-z:]+/)?(?:ui\.)?([a-z0-9-]+)(?:@0\.1\.0)?\s*$`)

// TestWaveSuite reads the cases that the crate wasm-wave is tested with. What
// that accepts must be the value that it says; what it rejects must be
// rejected.
func TestWaveSuite(t *testing.T) {
	if *waveSuite == "" {
		t.Skip("no -wave-suite")
	}
	funcs := waveFuncs(t)
	files, err := filepath.Glob(filepath.Join(*waveSuite, "*.waves"))
	if err != nil || files == nil {
		t.Fatal("no cases", err)
	}
	accepted, rejected := 0, 0
	for _, file := range files {
		name := filepath.Base(file)
		if name == "reject-funcs.waves" {
			continue // these are about the names of functions
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for input := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSpace(string(text)), ";"), ";\n") {
			got = append(got, readCase(t, funcs, name, input)...)
			if strings.HasPrefix(name, "accept") {
				accepted++
			} else {
				rejected++
			}
		}
		if strings.HasPrefix(name, "accept") {
			compareCases(t, funcs, strings.TrimSuffix(file, ".waves")+".out", got)
		}
	}
	t.Logf("%d cases accepted, %d rejected", accepted, rejected)
}

// waveFuncs gives the parameters of the functions that the cases call.
func waveFuncs(t *testing.T) map[string][]host.NamedType {
	text, err := os.ReadFile(filepath.Join(*waveSuite, "ui.wit"))
	if err != nil {
		t.Fatal(err)
	}
	_, p, err := wit.ParseText(map[string]string{"ui.wit": string(text)})
	if err != nil {
		t.Fatal(err)
	}
	funcs := map[string][]host.NamedType{}
	for _, i := range p.Interfaces {
		for _, f := range i.Funcs {
			ft, err := abi.FuncFromWIT(f)
			if err != nil {
				t.Fatal(err)
			}
			funcs[f.Name] = hostTypes(ft.Params)
		}
	}
	return funcs
}

func hostTypes(fields []abi.Field) (list []host.NamedType) {
	for _, f := range fields {
		list = append(list, host.NamedType{Name: f.Name, Type: hostType(f.Type)})
	}
	return list
}

func hostType(t *abi.Type) *host.Type {
	if t == nil {
		return nil
	}
	out := &host.Type{Kind: t.Kind, Elem: hostType(t.Elem), Fields: hostTypes(t.Fields), Labels: t.Labels}
	for _, c := range t.Cases {
		out.Cases = append(out.Cases, host.NamedType{Name: c.Name, Type: hostType(c.Type)})
	}
	return out
}

// readCase gives each argument of a case, written anew.
func readCase(t *testing.T, funcs map[string][]host.NamedType, file, input string) []string {
	for strings.HasPrefix(input, "//") {
		_, input, _ = strings.Cut(input, "\n")
	}
	open := strings.IndexByte(input, '(')
	head := callHead.FindStringSubmatch(input[:max(open, 0)])
	if head == nil {
		t.Errorf("%s: %q is no call", file, input)
		return nil
	}
	params, ok := funcs[head[1]]
	if !ok {
		t.Errorf("%s: unknown function in %q", file, input)
		return nil
	}
	args, err := wave.ParseArgs(input[open:], params)
	if accept := strings.HasPrefix(file, "accept"); accept != (err == nil) {
		t.Errorf("%s: %q: %v, %v", file, input, args, err)
	}
	var list []string
	for i := range args {
		s, err := wave.Format(args[i], params[i].Type)
		if err != nil {
			t.Error(err)
		}
		list = append(list, s)
	}
	return list
}

// compareCases compares the arguments with what wasm-wave makes of them, read
// and written by us since floats have several forms.
func compareCases(t *testing.T, funcs map[string][]host.NamedType, file string, got []string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "//") {
			continue
		}
		open := strings.IndexByte(line, '(')
		params := funcs[callHead.FindStringSubmatch(line[:open])[1]]
		if len(params) == 0 {
			continue
		}
		v, err := wave.Parse(strings.TrimPrefix(line[open+1:len(line)-1], params[0].Name+": "), params[0].Type)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		s, _ := wave.Format(v, params[0].Type)
		want = append(want, s)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n%s\nwant\n%s", filepath.Base(file), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
