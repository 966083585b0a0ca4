package compose

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// check is shown every component that TestRandom composes.
var check = func(*testing.T, []byte) {}

// TestRandom composes components that import random parts of interfaces which
// all agree on. As long as none of them defines types of its own, composition
// must succeed; and whatever it gives must be valid.
func TestRandom(t *testing.T) {
	composed, refused := 0, 0
	for seed := range uint64(400) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), files: map[string]string{}, versions: seed%2 == 0, again: true}
		g.generate()
		r, err := g.compose()
		switch {
		case err == nil:
			composed++
			check(t, r.Component)
		case g.defines && !strings.Contains(err.Error(), "not valid"):
			refused++
		default:
			t.Fatalf("seed %d: %v\n%s", seed, err, g)
		}
	}
	t.Logf("%d composed, %d refused", composed, refused)
	if composed < 250 || refused == 0 {
		t.Errorf("%d composed, %d refused", composed, refused)
	}
}

// universe is how many interfaces there are. Interface k has an enum e, a
// resource s, a record r that mentions an interface before it, and functions.
const universe = 5

// A generator writes a root component and what meets its imports.
type generator struct {
	*rand.Rand
	files   map[string]string
	defs    []string
	defines bool // a component defines types

	versions bool // not all import the same version
	again    bool // some want resources of other interfaces to be named again
}

func (g *generator) String() string {
	var b strings.Builder
	for _, name := range sortedKeys(g.files) {
		fmt.Fprintf(&b, "-- %s --\n%s\n", name, g.files[name])
	}
	return b.String()
}

func (g *generator) chance(p float64) bool { return g.Float64() < p }

func (g *generator) compose() (*Result, error) {
	parse := func(name string) (Input, error) {
		if g.files[name] == "" {
			return Input{}, ErrNotFound
		}
		bin, err := wast.Assemble(g.files[name])
		return Input{Name: name, Data: bin}, err
	}
	o := Options{Find: parse}
	for _, name := range g.defs {
		in, err := parse(name)
		if err != nil {
			return nil, err
		}
		o.Definitions = append(o.Definitions, Definition{Input: in})
	}
	root, err := parse(RootName)
	if err != nil {
		return nil, err
	}
	r, err := Compose(root, o)
	if err != nil {
		return nil, err
	}
	// What was composed is composed once more.
	outer := "(component (import \"inner\" (instance)))"
	bin, err := wast.Assemble(outer)
	if err != nil {
		return nil, err
	}
	return Compose(Input{Name: "outer", Data: bin}, Options{Find: func(name string) (Input, error) {
		if name != "inner" {
			return Input{}, ErrNotFound
		}
		return Input{Name: name, Data: r.Component}, nil
	}})
}

func (g *generator) generate() {
	root := g.imports()
	for d := range 1 + g.IntN(3) {
		name := fmt.Sprintf("d%d", d)
		dep := g.imports()
		k := g.IntN(universe)
		dep.need(k, "f", "g", "m")
		g.files[name] = dep.component(fmt.Sprintf("(export %q (instance $i%d))", "test:p/"+name, k))
		// The root imports a part of what it exports.
		root.need(k, "e", "s", "r")
		root.need(before(k), "s")
		body := root.functions(k, []string{"f", "g", "m"}[:1+g.IntN(2)], false)
		root.more = append(root.more, fmt.Sprintf("(import %q (instance %s))", name, body))
	}
	if g.chance(0.3) {
		g.defines = true
		k := g.IntN(universe)
		g.files["def"] = fmt.Sprintf(`(component
  (type $s (resource (rep i32))) (export $s2 "s" (type $s))
  (component $c
    (import "s" (type $s (sub resource))) (export "s" (type $s))
    (type $e (enum "a" "b")) (export "e" (type $e)))
  (instance $i (instantiate $c (with "s" (type $s2))))
  (export %q (instance $i)))`, interfaceName(k, 1))
		g.defs = append(g.defs, "def")
	}
	g.files[RootName] = root.component("")
}

func interfaceName(k, version int) string { return fmt.Sprintf("test:u/i%d@0.1.%d", k, version) }

// before is the interface whose types interface k mentions.
func before(k int) int { return k / 2 }

// An importer is a component that imports parts of the interfaces.
type importer struct {
	g       *generator
	needed  [universe]map[string]bool
	version [universe]int
	again   [universe]bool // name resources of other interfaces again
	more    []string
}

func (g *generator) imports() *importer {
	im := &importer{g: g}
	for k := range universe {
		im.needed[k] = map[string]bool{}
		im.version[k] = 1
		if g.versions {
			im.version[k] = g.IntN(3)
		}
		im.again[k] = g.chance(0.3) && g.again
	}
	for k := range universe {
		for _, item := range []string{"e", "s", "r", "f", "g", "m", "h"} {
			if g.chance(0.25) {
				im.need(k, item)
			}
		}
	}
	return im
}

// need imports items of an interface with what they mention.
func (im *importer) need(k int, items ...string) {
	for _, item := range items {
		if im.needed[k][item] {
			continue
		}
		im.needed[k][item] = true
		switch item {
		case "r":
			im.need(k, "e")
			if k > 0 {
				im.need(before(k), "e", "s")
			}
		case "f":
			im.need(k, "s")
			im.need(before(k), "s")
		case "g":
			im.need(k, "e", "r")
		case "m":
			im.need(k, "s", "r", "e")
		}
	}
}

// component writes the component.
func (im *importer) component(exports string) string {
	var b strings.Builder
	b.WriteString("(component\n")
	for k := range universe {
		need := im.needed[k]
		if len(need) == 0 {
			continue
		}
		fmt.Fprintf(&b, "  (import %q (instance $i%d\n", interfaceName(k, im.version[k]), k)
		if need["e"] {
			b.WriteString("    (type $e' (enum \"a\" \"b\")) (export \"e\" (type $e (eq $e')))\n")
		}
		if need["s"] {
			b.WriteString("    (export \"s\" (type $s (sub resource)))\n")
		}
		if need["r"] {
			more := ""
			if k > 0 {
				more = fmt.Sprintf(` (field "o" (own $s%d)) (field "f" (option $e%d))`, before(k), before(k))
			}
			fmt.Fprintf(&b, "    (type $r' (record (field \"e\" $e)%s)) (export \"r\" (type $r (eq $r')))\n", more)
		}
		var funcs []string
		for _, f := range []string{"m", "f", "g", "h"} {
			if need[f] {
				funcs = append(funcs, f)
			}
		}
		b.WriteString("    " + im.functions(k, funcs, true) + "))\n")
		for _, item := range []string{"e", "s", "r"} {
			if need[item] {
				fmt.Fprintf(&b, "  (alias export $i%d %q (type $%s%d))\n", k, item, item, k)
			}
		}
	}
	for _, m := range im.more {
		b.WriteString("  " + m + "\n")
	}
	return b.String() + "  " + exports + ")"
}

// functions writes functions of interface k, within it or in another one.
func (im *importer) functions(k int, list []string, within bool) string {
	own, earlier := fmt.Sprint(k), fmt.Sprint(before(k))
	if within {
		own = ""
		if before(k) == k {
			earlier = ""
		}
	}
	var b strings.Builder
	for _, f := range list {
		switch f {
		case "m":
			name := "[method]s.m"
			if !within {
				name = "m"
			}
			fmt.Fprintf(&b, `(export %q (func (param "self" (borrow $s%s)) (param "p" (list $r%s)) (result $e%s)))`, name, own, own, own)
		case "f":
			s := "$s" + earlier
			if im.again[k] && s != "$s"+own {
				fmt.Fprintf(&b, `(export "again" (type $again (eq %s)))`, s)
				s = "$again"
			}
			fmt.Fprintf(&b, `(export "f" (func (param "x" (own $s%s)) (result (option (own %s)))))`, own, s)
		case "g":
			fmt.Fprintf(&b, `(export "g" (func (result (tuple $e%s $r%s))))`, own, own)
		case "h":
			b.WriteString(`(export "h" (func (param "x" u64)))`)
		}
	}
	return b.String()
}
