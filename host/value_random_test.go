package host_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
)

// A valueGraph is a component in the making whose values are numbers on random
// ways: through start functions that add one, of its own and of the host, and
// through instances and components within.
type valueGraph struct {
	*rand.Rand
	strings.Builder
	names  int
	values []numbered // that are not used yet
	want   []numbered // the exports
}

// A numbered is a value that has a name.
type numbered struct {
	name string
	v    uint32
}

func (g *valueGraph) name() string {
	g.names++
	return fmt.Sprintf("n%d", g.names)
}

func (g *valueGraph) add(v uint32) string {
	n := g.name()
	g.values = append(g.values, numbered{n, v})
	return n
}

// take gives a value, which may have to be made.
func (g *valueGraph) take() numbered {
	if len(g.values) == 0 {
		g.constant()
	}
	i := g.IntN(len(g.values))
	v := g.values[i]
	g.values = append(g.values[:i], g.values[i+1:]...)
	return v
}

func (g *valueGraph) constant() {
	v := g.Uint32()
	fmt.Fprintf(g, "(value $%s u32 %d)\n", g.add(v), v)
}

func (g *valueGraph) start() {
	v := g.take()
	fmt.Fprintf(g, "(start $%s (value $%s) (result (value $%s)))\n", []string{"own", "host"}[g.IntN(2)], v.name, g.add(v.v+1))
}

func (g *valueGraph) export() {
	v := g.take()
	n := g.name()
	fmt.Fprintf(g, "(export %q (value $%s))\n", n, v.name)
	g.want = append(g.want, numbered{n, v.v})
}

// bundle makes an instance of two values, and takes values out of it: perhaps
// one twice, and one never.
func (g *valueGraph) bundle() {
	pair := []numbered{g.take(), g.take()}
	n := g.name()
	fmt.Fprintf(g, "(instance $%s (export \"v0\" (value $%s)) (export \"v1\" (value $%s)))\n", n, pair[0].name, pair[1].name)
	for range 2 {
		i := g.IntN(2)
		fmt.Fprintf(g, "(alias export $%s \"v%d\" (value $%s))\n", n, i, g.add(pair[i].v))
	}
}

// component has a component within change one of two values, which it imports
// by themselves or in an instance, and gives them out crosswise.
func (g *valueGraph) component() {
	a, b, n, i := g.take(), g.take(), g.name(), g.name()
	imports, args := `(import "a" (value $a u32)) (import "b" (value $b u32))`, fmt.Sprintf(`(with "a" (value $%s)) (with "b" (value $%s))`, a.name, b.name)
	if g.IntN(2) == 0 {
		imports = `(import "i" (instance $i (export "a" (value u32)) (export "b" (value u32)))) (alias export $i "b" (value $b)) (alias export $i "a" (value $a))`
		bundle := g.name()
		fmt.Fprintf(g, "(instance $%s (export \"a\" (value $%s)) (export \"b\" (value $%s)))\n", bundle, a.name, b.name)
		args = fmt.Sprintf(`(with "i" (instance $%s))`, bundle)
	}
	fmt.Fprintf(g, `(component $%s (import "f" (func $f (param "n" u32) (result u32))) %s
		(start $f (value $a) (result (value $c)))
		(export "a" (value $b)) (export "b" (value $c)))
	(instance $%s (instantiate $%[1]s (with "f" (func $%[4]s)) %[5]s))
	(alias export $%[3]s "a" (value $%[6]s)) (alias export $%[3]s "b" (value $%[7]s))
	`, n, imports, i, []string{"own", "host"}[g.IntN(2)], args, g.add(b.v), g.add(a.v+1))
}

// TestRandomValues runs random components with values.
func TestRandomValues(t *testing.T) {
	lab := newValueLab(t)
	for seed := range uint64(100) {
		g := &valueGraph{Rand: rand.New(rand.NewPCG(seed, 0))}
		g.WriteString(`(component
			(core module $m (func (export "inc") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
			(core instance $m (instantiate $m))
			(func $own (param "n" u32) (result u32) (canon lift (core func $m "inc")))
			(import "inc" (func $host (param "n" u32) (result u32)))
			`)
		steps := []func(){g.constant, g.start, g.start, g.export, g.bundle, g.component}
		for range 5 + g.IntN(30) {
			steps[g.IntN(len(steps))]()
		}
		for len(g.values) > 0 {
			g.export()
		}
		g.WriteString(")")
		pre, in, err := lab.instantiate(g.String(), func(l *host.Linker) {
			l.Instance("").Func("inc", host.Func(func(_ *host.Call, p struct{ N uint32 }) (uint32, error) { return p.N + 1, nil }))
		})
		if err != nil {
			t.Fatalf("%v\n%s", err, g)
		}
		for _, want := range g.want {
			if got := lab.get(pre, in, "", want.name); got != want.v {
				t.Fatalf("%s: got %v, want %d\n%s", want.name, got, want.v, g)
			}
		}
		in.Close(lab.ctx)
	}
	if n := lab.engine.Stats().Instances; n != 0 {
		t.Errorf("%d instances are left", n)
	}
}
