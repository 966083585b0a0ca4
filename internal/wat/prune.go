package wat

// prune leaves out the functions and globals that the exported functions named
// in keep do not reach.
func (a *assembler) prune(fields []*node, keep map[string]bool) []*node {
	defs := map[space]map[string]*node{funcs: {}, globals: {}}
	reached := map[*node]bool{}
	var todo []*node
	reach := func(n *node) {
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
	var kept []*node
	for _, f := range fields {
		if reached[f] {
			kept = append(kept, f)
		}
	}
	return kept
}

// symbol gives the index space, name and first export of a field that may be
// left out; sp is "" for other fields.
func (a *assembler) symbol(f *node) (sp space, name, exported string) {
	n := f
	if f.head() == "import" && len(f.nodes) > 3 {
		n = f.nodes[3]
	}
	if h := n.head(); h != "func" && h != "global" {
		return "", "", ""
	}
	c := a.within(n)
	name = c.optionalName()
	if c.at("export") {
		exported = c.group("export").str()
	}
	return space(n.head()), name, exported
}

// references reports the functions and globals that the instructions in n name.
func references(n *node, report func(space, string)) {
	for i, c := range n.nodes {
		references(c, report)
		if c.kind != atom || i+1 >= len(n.nodes) || n.nodes[i+1].kind != atom {
			continue
		}
		switch c.text {
		case "call", "ref.func":
			report(funcs, n.nodes[i+1].text)
		case "global.get", "global.set":
			report(globals, n.nodes[i+1].text)
		case "func", "declare", "start":
			for _, f := range n.nodes[i+1:] { // segments and the start function
				if f.kind != atom {
					break
				}
				report(funcs, f.text)
			}
		}
	}
}
