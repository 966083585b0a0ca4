package wast

import (
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/sexpr"
)

// A Command is one command of a script.
type Command struct {
	Line int
	Kind Kind

	Name string // $name of the component, instance or module
	Of   string // Instance: the definition; "" for the last one
	As   string // Register: the name to import it by

	Text    *Text   // Component, Definition, Module, Invalid, Malformed, Unlinkable; AssertTrap of an instantiation
	Invoke  *Invoke // Invoke, AssertReturn; AssertTrap of a call
	Want    []*Value
	Message string // the complaint expected
}

// A Kind tells what a command does.
type Kind string

// The kinds of commands, as scripts name them but for the first three.
const (
	Component    Kind = "component"            // define and instantiate
	Definition   Kind = "component definition" // define only
	Instance     Kind = "component instance"   // instantiate a definition
	Module       Kind = "module"
	Register     Kind = "register"
	Call         Kind = "invoke"
	AssertReturn Kind = "assert_return"
	AssertTrap   Kind = "assert_trap"
	Invalid      Kind = "assert_invalid"
	Malformed    Kind = "assert_malformed"
	Unlinkable   Kind = "assert_unlinkable"
)

// A Text is the text of a component or module within a script.
type Text struct {
	src    *sexpr.Source
	node   *sexpr.Node
	Quoted bool // as a string
}

// Module tells that it is a core module.
func (t *Text) Module() bool { return t.node.Head() == "module" }

// Assemble gives the binary. An error is an *[Error].
func (t *Text) Assemble() (bin []byte, err error) {
	defer catch(&err)
	c := within(t.src, t.node)
	if !c.keyword("definition") {
		c.keyword("instance")
	}
	if t.Module() {
		c.optionalName()
		return moduleText(c), nil
	}
	return componentText(c), nil
}

// Source gives the text itself.
func (t *Text) Source() string { return t.src.Text[t.node.Pos:t.node.End] }

// An Invoke is a call of an exported function.
type Invoke struct {
	Instance string // $name; "" for the last instance
	Func     string
	Args     []*Value
}

// Parse reads a script. Components in it are read when they are assembled. An
// error is an *[Error].
func Parse(text string) (list []*Command, err error) {
	defer catch(&err)
	src := &sexpr.Source{Text: text}
	for _, n := range src.All() {
		list = append(list, command(src, n))
	}
	return list, nil
}

func command(src *sexpr.Source, n *sexpr.Node) *Command {
	c := within(src, n)
	cmd := &Command{Line: src.Line(n.Pos), Kind: Kind(n.Head())}
	switch cmd.Kind {
	case Component, Module:
		componentCommand(cmd, c, n)
	case Register:
		cmd.As, cmd.Name = c.str(), c.optionalName()
		c.done()
	case Call:
		cmd.Invoke = invoke(c)
	case AssertReturn:
		cmd.Invoke = invoke(c.group("invoke"))
		for len(c.rest) > 0 {
			cmd.Want = append(cmd.Want, value(c))
		}
	case AssertTrap, Invalid, Malformed, Unlinkable:
		what := c.next("what is asserted")
		switch what.Head() {
		case "invoke":
			cmd.Invoke = invoke(within(src, what))
		case "component", "module":
			cmd.Text = newText(src, what)
		default:
			src.Failf(what.Pos, "unknown assertion about %s", describe(what))
		}
		cmd.Message = c.str()
		c.done()
	default:
		src.Failf(n.Pos, "unknown command %q", n.Head())
	}
	return cmd
}

func componentCommand(cmd *Command, c *cursor, n *sexpr.Node) {
	switch {
	case c.keyword("definition"):
		cmd.Kind = Definition
	case c.keyword("instance"):
		cmd.Kind, cmd.Name, cmd.Of = Instance, c.optionalName(), c.optionalName()
		c.done()
		return
	}
	cmd.Name = c.optionalName()
	cmd.Text = newText(c.src, n)
}

func newText(src *sexpr.Source, n *sexpr.Node) *Text {
	t := &Text{src: src, node: n}
	for _, word := range n.Nodes[1:] {
		if word.Kind != sexpr.Atom {
			break
		}
		t.Quoted = t.Quoted || word.Text == "quote"
	}
	return t
}

func invoke(c *cursor) *Invoke {
	in := &Invoke{Instance: c.optionalName(), Func: c.str()}
	for len(c.rest) > 0 {
		in.Args = append(in.Args, value(c))
	}
	return in
}

// A Value is a constant of a script, such as (u8.const 1) or
// (record.const (field "a" (u32.const 1))).
type Value struct {
	Type  string   // "u8", "str", "list", "record", "variant", "option.some", "result.ok", …
	Text  string   // of a number, bool or char; str: the string; variant, enum: the case
	Names []string // record: of the fields; flags: those that are set
	Parts []*Value // of what has parts; none for an absent payload
}

// value reads a constant. Within another one the parentheses may be left out:
// (field "a" u32.const 1).
func value(c *cursor) *Value {
	if c.atKind(sexpr.Atom) {
		head := c.next("").Text
		g := *c
		c.rest = nil
		return constant(head, &g)
	}
	head, g := c.anyGroup("a value")
	return constant(head, g)
}

func constant(head string, g *cursor) *Value {
	v := &Value{Type: strings.TrimSuffix(head, ".const")}
	switch v.Type {
	case "str", "enum":
		v.Text = g.str()
	case "record":
		for len(g.rest) > 0 {
			f := g
			if g.at("field") {
				f = g.group("field")
			}
			v.Names = append(v.Names, f.str())
			v.Parts = append(v.Parts, value(f))
		}
	case "flags":
		for len(g.rest) > 0 {
			v.Names = append(v.Names, g.str())
		}
	case "variant":
		v.Text = g.str()
		fallthrough
	case "list", "tuple", "option.some", "option.none", "result.ok", "result.err":
		for len(g.rest) > 0 {
			v.Parts = append(v.Parts, value(g))
		}
	default:
		n := g.next("a constant")
		v.Text = n.Text
	}
	g.done()
	return v
}
