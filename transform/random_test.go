package transform_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// TestRandom polyfills worlds that nobody would write.
func TestRandom(t *testing.T) {
	refused := 0
	for seed := range uint64(100) {
		text := randomPackage(seed)
		r, _, err := wit.ParseText(map[string]string{"random.wit": text}, std.Files())
		if err != nil {
			if !strings.Contains(err.Error(), "once exported and once") {
				t.Fatalf("seed %d: %v", seed, err)
			}
			continue
		}
		w, err := r.World("w")
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []transform.Options{{Suffix: "-random"}, {Text: true, NoRuntime: true}, {Text: true, OriginalRules: true}} {
			result, err := transform.Polyfill(w, o)
			if err != nil {
				refused++
				continue
			}
			checkWorld(t, result)
			if o.Text {
				checkText(t, result)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, text)
		}
	}
	t.Logf("%d of 300 worlds were refused", refused)
}

// A generator writes random WIT.
type generator struct {
	*rand.Rand
	out   strings.Builder
	types []string // names that may be mentioned here
	res   []string // those of resources
	async string   // "async " or "", for a package that does not use it
}

// randomPackage gives a package with a world w.
func randomPackage(seed uint64) string {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 3))}
	if g.IntN(4) > 0 {
		g.async = "async "
	}
	g.out.WriteString("package a:b;\n")
	n := 1 + g.IntN(3)
	var exported [][2][]string // types and resources of each interface
	for i := range n {
		fmt.Fprintf(&g.out, "interface i%c {\n", 'a'+i)
		g.types, g.res = nil, nil
		if i > 0 && g.IntN(2) == 0 {
			g.use(fmt.Sprintf("i%c", 'a'+i-1), exported[i-1])
		}
		g.items()
		exported = append(exported, [2][]string{g.types, g.res})
		g.out.WriteString("}\n")
	}
	g.out.WriteString("world w {\n")
	g.types, g.res = nil, nil
	if g.IntN(2) == 0 {
		g.use("ia", exported[0])
	}
	if g.IntN(3) == 0 {
		g.typeDefs()
	}
	for i := range n {
		for _, word := range []string{"import", "export"} {
			if g.IntN(2) == 0 {
				fmt.Fprintf(&g.out, "  %s i%c;\n", word, 'a'+i)
			}
		}
	}
	for i := range g.IntN(3) {
		fmt.Fprintf(&g.out, "  %s f%c: %s;\n", []string{"import", "export"}[g.IntN(2)], 'a'+i, g.function())
	}
	if g.IntN(3) == 0 {
		g.types, g.res = nil, nil
		g.out.WriteString("  import inline: interface {\n")
		g.items()
		g.out.WriteString("  }\n")
	}
	g.out.WriteString("}\n")
	return g.out.String()
}

// use takes some types of an interface.
func (g *generator) use(from string, names [2][]string) {
	var list []string
	for kind, all := range names {
		for _, name := range all {
			if g.IntN(2) == 0 {
				continue
			}
			local := name
			if g.IntN(3) == 0 {
				local = "my-" + name
				name += " as " + local
			}
			list = append(list, name)
			if kind == 0 {
				g.types = append(g.types, local)
			} else {
				g.res = append(g.res, local)
			}
		}
	}
	if list != nil {
		fmt.Fprintf(&g.out, "  use %s.{%s};\n", from, strings.Join(list, ", "))
	}
}

func (g *generator) items() {
	g.typeDefs()
	for i := range g.IntN(4) {
		fmt.Fprintf(&g.out, "  g%c: %s;\n", 'a'+i, g.function())
	}
}

func (g *generator) typeDefs() {
	for i := range g.IntN(5) {
		name := fmt.Sprintf("t%c%d", 'a'+i, g.IntN(1000))
		switch g.IntN(5) {
		case 0:
			fmt.Fprintf(&g.out, "  record %s { x: %s, y: %s }\n", name, g.typ(2), g.typ(2))
		case 1:
			fmt.Fprintf(&g.out, "  variant %s { x, y(%s) }\n", name, g.typ(2))
		case 2:
			fmt.Fprintf(&g.out, "  enum %s { x, y }\n", name)
		case 3:
			fmt.Fprintf(&g.out, "  type %s = %s;\n", name, g.typ(3))
		case 4:
			fmt.Fprintf(&g.out, "  resource %s {\n    constructor();\n", name)
			g.res = append(g.res, name)
			for j := range g.IntN(3) {
				static := []string{"", "static "}[g.IntN(2)]
				fmt.Fprintf(&g.out, "    m%c: %s%s;\n", 'a'+j, static, g.function())
			}
			g.out.WriteString("  }\n")
			continue
		}
		g.types = append(g.types, name)
	}
}

func (g *generator) function() string {
	async := ""
	if g.IntN(2) == 0 {
		async = g.async
	}
	var params []string
	for i := range g.IntN(4) {
		typ := g.typ(3)
		if len(g.res) > 0 && g.IntN(6) == 0 {
			typ = "borrow<" + g.res[g.IntN(len(g.res))] + ">"
		}
		params = append(params, fmt.Sprintf("p%c: %s", 'a'+i, typ))
	}
	result := ""
	if g.IntN(2) == 0 {
		result = " -> " + g.typ(3)
	}
	return fmt.Sprintf("%sfunc(%s)%s", async, strings.Join(params, ", "), result)
}

// typ gives a type with at most so many levels.
func (g *generator) typ(depth int) string {
	simple := append([]string{"bool", "u8", "u32", "f64", "char", "string", "stream<u8>", "stream", "future"}, g.types...)
	simple = append(simple, g.res...)
	if depth == 0 || g.IntN(3) == 0 {
		return simple[g.IntN(len(simple))]
	}
	a, b := g.typ(depth-1), g.typ(depth-1)
	return []string{
		"list<" + a + ">", "list<" + a + ", 3>", "option<" + a + ">", "result<" + a + ", " + b + ">", "result<_, " + a + ">",
		"tuple<" + a + ", " + b + ">", "map<string, " + a + ">", "stream<" + a + ">", "future<" + a + ">",
	}[g.IntN(9)]
}
