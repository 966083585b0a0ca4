//go:build interop

package interop

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

var valueComponents = flag.Int("values", 400, "check `N` random components with values")

// TestValues compares what wasm-tools and this project say of random
// components with values, many of which are not valid. Constants and values
// that equal others are left out, and so are further start functions: of those
// wasm-tools knows nothing.
func TestValues(t *testing.T) {
	if _, err := exec.LookPath("wasm-tools"); err != nil {
		t.Skip("wasm-tools is not in PATH")
	}
	var valid int
	for seed := range uint64(*valueComponents) {
		g := &valueGenerator{Rand: rand.New(rand.NewPCG(seed, 0))}
		text := g.component(2).text
		cmd := exec.Command("wasm-tools", "validate", "--features", "all", "-")
		cmd.Stdin = strings.NewReader("(component " + text + ")")
		theirs, err := cmd.CombinedOutput()
		if ours := validateText("(component " + text + ")"); (ours == nil) != (err == nil) {
			t.Errorf("seed %d: wasm-tools says %q, but here: %v\n%s", seed, theirs, ours, text)
		}
		if err == nil {
			valid++
		}
	}
	t.Logf("%d of %d are valid", valid, *valueComponents)
	if valid < *valueComponents/5 || valid > *valueComponents*4/5 {
		t.Error("too few of one kind")
	}
}

func validateText(text string) error {
	bin, err := wast.Assemble(text)
	if err != nil {
		return err
	}
	c, err := component.Decode(bin)
	if err == nil {
		err = component.Validate(c)
	}
	return err
}

// A valueGenerator makes components.
type valueGenerator struct {
	*rand.Rand
	names int
}

// A made is a component, or what is known of an instance: names and types.
type made struct {
	text             string
	imports, exports []item
}

// An item is a value with a name, or an instance of values if items is not nil.
type item struct {
	name, typ string
	items     []item
}

// A body is a component in the making.
type body struct {
	g *valueGenerator
	strings.Builder
	made
	values    []item // not used yet, most of them; name is the identifier
	used      []item
	instances []item
	started   bool
	external  int
}

var someTypes = []string{"u8", "string", "(list u8)", "(tuple u8 string)", "(option string)", "(result u8 (error string))"}

func (g *valueGenerator) typ() string { return someTypes[g.IntN(len(someTypes))] }

func (g *valueGenerator) id() string {
	g.names++
	return fmt.Sprintf("$n%d", g.names)
}

// chance is true once in n times.
func (g *valueGenerator) chance(n int) bool { return g.IntN(n) == 0 }

func (g *valueGenerator) component(depth int) made {
	b := &body{g: g}
	steps := []func(){b.importValue, b.importValue, b.importInstance, b.alias, b.alias, b.export, b.bundle, b.exportInstance, b.start, b.importComponent, b.unusedConsumer}
	if depth > 0 {
		steps = append(steps, func() { b.instantiate(g.component(depth - 1)) })
	}
	for range 2 + g.IntN(5) {
		steps[g.IntN(len(steps))]()
	}
	for len(b.values) > 0 && !g.chance(8) {
		b.export()
	}
	b.text = b.String()
	return b.made
}

// plain gives a name for an import or export.
func (b *body) plain() string {
	b.external++
	return fmt.Sprintf("x%d", b.external)
}

func (b *body) define(typ string) string {
	id := b.g.id()
	b.values = append(b.values, item{name: id, typ: typ})
	return id
}

// take uses a value, now and then one that was used before.
func (b *body) take() (item, bool) {
	if len(b.used) > 0 && b.g.chance(15) {
		return b.used[b.g.IntN(len(b.used))], true
	}
	if len(b.values) == 0 {
		return item{}, false
	}
	i := b.g.IntN(len(b.values))
	v := b.values[i]
	b.values = slices.Delete(b.values, i, i+1)
	b.used = append(b.used, v)
	return v, true
}

// takeOf uses a value of a type, importing one if there is none. Now and then
// it is of any type.
func (b *body) takeOf(typ string) string {
	if b.g.chance(15) {
		if v, ok := b.take(); ok {
			return v.name
		}
	}
	for i, v := range b.values {
		if v.typ == typ {
			b.values = slices.Delete(b.values, i, i+1)
			b.used = append(b.used, v)
			return v.name
		}
	}
	name := b.plain()
	id := b.g.id()
	fmt.Fprintf(b, "(import %q (value %s %s))\n", name, id, typ)
	b.imports = append(b.imports, item{name: name, typ: typ})
	b.used = append(b.used, item{name: id, typ: typ})
	return id
}

func (b *body) importValue() {
	name, typ := b.plain(), b.g.typ()
	fmt.Fprintf(b, "(import %q (value %s %s))\n", name, b.define(typ), typ)
	b.imports = append(b.imports, item{name: name, typ: typ})
}

func (b *body) importInstance() {
	in := item{name: b.plain(), items: []item{}}
	text := ""
	for i := range 1 + b.g.IntN(3) {
		x := item{name: fmt.Sprintf("e%d", i), typ: b.g.typ()}
		text += fmt.Sprintf("(export %q (value %s))", x.name, x.typ)
		in.items = append(in.items, x)
	}
	id := b.g.id()
	fmt.Fprintf(b, "(import %q (instance %s %s))\n", in.name, id, text)
	b.imports = append(b.imports, in)
	b.instances = append(b.instances, item{name: id, items: in.items})
}

func (b *body) alias() {
	if len(b.instances) == 0 {
		return
	}
	in := b.instances[b.g.IntN(len(b.instances))]
	var values []item
	for _, x := range in.items {
		if x.items == nil {
			values = append(values, x)
		}
	}
	if len(values) == 0 {
		return
	}
	x := values[b.g.IntN(len(values))]
	fmt.Fprintf(b, "(alias export %s %q (value %s))\n", in.name, x.name, b.define(x.typ))
}

func (b *body) export() {
	v, ok := b.take()
	if !ok {
		return
	}
	name, typ := b.plain(), ""
	switch {
	case b.g.chance(8):
		typ = fmt.Sprintf(" (value %s)", v.typ)
	case b.g.chance(20):
		typ = fmt.Sprintf(" (value %s)", b.g.typ())
	}
	fmt.Fprintf(b, "(export %q (value %s)%s)\n", name, v.name, typ)
	b.exports = append(b.exports, item{name: name, typ: v.typ})
}

// bundle makes an instance of values.
func (b *body) bundle() {
	in := item{name: b.g.id(), items: []item{}}
	text := ""
	for i := range 1 + b.g.IntN(2) {
		if v, ok := b.take(); ok {
			x := item{name: fmt.Sprintf("e%d", i), typ: v.typ}
			text += fmt.Sprintf("(export %q (value %s))", x.name, v.name)
			in.items = append(in.items, x)
		}
	}
	fmt.Fprintf(b, "(instance %s %s)\n", in.name, text)
	b.instances = append(b.instances, in)
}

func (b *body) exportInstance() {
	if len(b.instances) == 0 {
		return
	}
	in := b.instances[b.g.IntN(len(b.instances))]
	name := b.plain()
	fmt.Fprintf(b, "(export %q (instance %s))\n", name, in.name)
	b.exports = append(b.exports, item{name: name, items: in.items})
}

// start imports a function and has it run.
func (b *body) start() {
	if b.started {
		return
	}
	b.started = true
	params, args := "", ""
	for i := range b.g.IntN(3) {
		typ := b.g.typ()
		params += fmt.Sprintf(" (param \"p%d\" %s)", i, typ)
		args += fmt.Sprintf(" (value %s)", b.takeOf(typ))
	}
	result, typ := "", ""
	if b.g.chance(2) {
		typ = b.g.typ()
		params += fmt.Sprintf(" (result %s)", typ)
	}
	f := b.g.id()
	fmt.Fprintf(b, "(import %q (func %s %s))\n", b.plain(), f, params)
	b.imports = append(b.imports, item{name: "function"}) // what imports it is not instantiated
	if typ != "" && !b.g.chance(12) {
		result = fmt.Sprintf(" (result (value %s))", b.define(typ))
	}
	fmt.Fprintf(b, "(start %s%s%s)\n", f, args, result)
}

// importComponent imports a component and instantiates it.
func (b *body) importComponent() {
	in, out := b.g.typ(), b.g.typ()
	c, i, arg := b.g.id(), b.g.id(), b.takeOf(in)
	if b.g.chance(12) {
		in = b.g.typ()
	}
	fmt.Fprintf(b, "(import %q (component %s (import \"in\" (value %s)) (export \"out\" (value %s))))\n", b.plain(), c, in, out)
	b.imports = append(b.imports, item{name: "component"})
	fmt.Fprintf(b, "(instance %s (instantiate %s (with \"in\" (value %s))))\n", i, c, arg)
	b.instances = append(b.instances, item{name: i, items: []item{{name: "out", typ: out}}})
}

// unusedConsumer defines a component that nobody instantiates.
func (b *body) unusedConsumer() {
	use := "(export \"b\" (value $v))"
	if b.g.chance(20) {
		use = ""
	}
	fmt.Fprintf(b, "(component (import \"a\" (value $v %s)) %s)\n", b.g.typ(), use)
}

// instantiate defines a component, and instantiates it if it imports nothing
// but values and instances.
func (b *body) instantiate(c made) {
	id := b.g.id()
	fmt.Fprintf(b, "(component %s\n%s)\n", id, c.text)
	if slices.ContainsFunc(c.imports, func(i item) bool { return i.typ == "" && i.items == nil }) {
		return
	}
	args := ""
	for _, im := range c.imports {
		switch {
		case b.g.chance(15): // it is missing
		case im.items == nil:
			args += fmt.Sprintf(" (with %q (value %s))", im.name, b.takeOf(im.typ))
		default:
			in, text := b.g.id(), ""
			for _, x := range im.items {
				text += fmt.Sprintf("(export %q (value %s))", x.name, b.takeOf(x.typ))
			}
			fmt.Fprintf(b, "(instance %s %s)\n", in, text)
			args += fmt.Sprintf(" (with %q (instance %s))", im.name, in)
		}
	}
	i := b.g.id()
	fmt.Fprintf(b, "(instance %s (instantiate %s%s))\n", i, id, args)
	b.instances = append(b.instances, item{name: i, items: c.exports})
}
