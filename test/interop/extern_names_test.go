//go:build interop

package interop

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

var randomNames = flag.Int("extern-names", 1500, "check `N` random names of imports")

// nameParts are what names are made of, and what is almost that.
var nameParts = []string{
	"a", "b", "A", "B", "aB", "a1", "1", "-", "-", "--", "a-b", "a-B", "A-b", "a-1", "a:b", ":", "/", "a:b/c", "a:b/C", "A:b/c", "a:b/c/d", "a:b:c/d",
	"@", "@1.0.0", "@0.2", "@1", "@1.2", "@01.0.0", "@1.0.0-rc.1", "@1.0.0-01", "@1.0.0-0a", "@1.0.0+b.01", "@1.0.0-", "@1.0.0-A+b", "@18446744073709551616.0.0",
	"[method]", "[static]", "[constructor]", "[foo]", "a.b", "a.a", "A.a", "b.a", ".", "<", ">", " ", "é", "_",
	"url=<https://a>", "url=<", ",integrity=<sha256-AAAA>", "integrity=<sha256-AAAA>", "relative-url=<a>", "locked-dep=<a:b>", "locked-dep=<a:b@1.0.0>",
	"unlocked-dep=<a:b>", "unlocked-dep=<a:b@*>", "unlocked-dep=<a:b@{>=1.0.0}>", "unlocked-dep=<a:b@{>=1.0.0 <2.0.0}>",
}

var versionParts = []string{"0", "1", "1.0.0", "1.0.0", "0.1.2", "10", "01", ".", ".", "-", "+", "a", "B", "0a", "rc.1", " ", "<", "_"}

// TestExternNames compares what wasm-tools and this project say of names of imports,
// alone and beside each other.
func TestExternNames(t *testing.T) {
	if _, err := exec.LookPath("wasm-tools"); err != nil {
		t.Skip("wasm-tools is not in PATH")
	}
	g := rand.New(rand.NewPCG(1, 0))
	name := func() string {
		s := ""
		if g.IntN(3) == 0 {
			s = []string{"a:b/c@", "unlocked-dep=<a:b@{>=", "locked-dep=<a:b/c@"}[g.IntN(3)]
			for range 1 + g.IntN(6) {
				s += versionParts[g.IntN(len(versionParts))]
			}
			if s[0] != 'a' {
				s += []string{">", "}>", ""}[g.IntN(3)]
			}
			return s
		}
		for range 1 + g.IntN(3)*g.IntN(2) {
			s += nameParts[g.IntN(len(nameParts))]
		}
		return s
	}
	valid := 0
	for range *randomNames {
		names := []string{name()}
		if g.IntN(2) == 0 {
			names = append(names, name())
		}
		bin := importing(names)
		cmd := exec.Command("wasm-tools", "validate", "--features", "all,-cm-nested-names", "-")
		cmd.Stdin = bytes.NewReader(bin)
		theirs, err := cmd.CombinedOutput()
		c, ours := component.Decode(bin)
		if ours == nil {
			ours = component.Validate(c)
		}
		if (ours == nil) != (err == nil) && !slices.ContainsFunc(names, hasTrack) {
			t.Errorf("%q: wasm-tools says %q, but here: %v", names, theirs, ours)
		}
		if err == nil {
			valid++
		}
	}
	t.Logf("%d of %d are valid", valid, *randomNames)
	if valid == 0 {
		t.Error("none is valid")
	}
}

// hasTrack tells whether a name has a version that is cut short, which
// wasm-tools wants to be completed by an attribute.
func hasTrack(name string) bool {
	_, version, _ := strings.Cut(name, "@")
	return version != "" && !strings.HasPrefix(version, "0.0.") && strings.Count(version, ".") < 2
}

// importing gives a component that imports functions of these names, which
// all may have, beside a resource "a".
func importing(names []string) []byte {
	var b component.Builder
	r := b.Import("a", component.ExternDesc{Sort: component.SortType, Bound: component.BoundSub})
	self := b.Type(&component.DefinedType{Kind: component.DefBorrow, Res: r})
	own := b.Type(&component.DefinedType{Kind: component.DefOwn, Res: r})
	f := b.Type(&component.FuncType{Params: []component.Named{{Name: "self", Type: &component.ValType{Index: self}}}, Result: &component.ValType{Index: own}})
	for _, n := range names {
		b.Import(n, component.ExternDesc{Sort: component.SortFunc, Index: f})
	}
	return b.Component.Encode()
}
