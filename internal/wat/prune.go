package wat

import "github.com/isyswasfa/isyswasfa/internal/sexpr"

// prune leaves out the functions and globals that the exported functions named
// in keep do not reach.
func (a *assembler) prune(fields []*sexpr.Node, keep map[string]bool) []*sexpr.Node {
	defs := map[space]map[string]*sexpr.Node{funcs: {}, globals: {}}
	reached := map[*sexpr.Node]bool{}
	var todo []*sexpr.Node
	reach := func(n *sexpr.Node) {
		if n != nil && !reached[n] {
			reached[n] = true
			todo = append(todo, n)
		}
	}
	for _, f := range fields {
		sp, name, exported := a.symbol(f)
		switch {
		case sp == "":
			reach(f)
		case name != "":
			defs[sp][name] = f
		}
		if keep[exported] && exported != "" {
			reach(f)
		}
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		references(n, func(sp space, name string) { reach(defs[sp][name]) })
	}
	var kept []*sexpr.Node
	for _, f := range fields {
		if reached[f] {
			kept = append(kept, f)
		}
	}
	return kept
}

// symbol gives the index space, name and first export of a field that may be
// left out; sp is "" for other fields.
func (a *assembler) symbol(f *sexpr.Node) (sp space, name, exported string) {
	n := f
	if f.Head() == "import" && len(f.Nodes) > 3 {
		n = f.Nodes[3]
	}
	if h := n.Head(); h != "func" && h != "global" {
		return "", "", ""
	}
	c := a.within(n)
	name = c.optionalName()
	if c.at("export") {
		exported = c.group("export").str()
	}
	return space(n.Head()), name, exported
}

// references reports the functions and globals that the instructions in n name.
func references(n *sexpr.Node, report func(space, string)) {
	for i, c := range n.Nodes {
		references(c, report)
		if c.Kind != sexpr.Atom || i+1 >= len(n.Nodes) || n.Nodes[i+1].Kind != sexpr.Atom {
			continue
		}
		switch c.Text {
		case "call", "ref.func":
			report(funcs, n.Nodes[i+1].Text)
		case "global.get", "global.set":
			report(globals, n.Nodes[i+1].Text)
		case "func", "declare", "start":
			for _, f := range n.Nodes[i+1:] { // segments and the start function
				if f.Kind != sexpr.Atom {
					break
				}
				report(funcs, f.Text)
			}
		}
	}
}
