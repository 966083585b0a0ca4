package compose

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// wiring writes the outermost level of a component: what it imports, contains
// and exports, and what each instance is given. Instances and components have
// the number of their index.
func wiring(c *component.Component) string {
	var b strings.Builder
	names := make(map[component.Sort][]string)
	add := func(sort component.Sort, name string) { names[sort] = append(names[sort], name) }
	get := func(sort component.Sort, i uint32) string { return names[sort][i] }
	for _, d := range c.Defs {
		switch d := d.(type) {
		case *component.Import:
			fmt.Fprintf(&b, "import %s %s\n", d.Desc.Sort, d.Name)
			add(d.Desc.Sort, "import "+d.Name)
		case *component.Nested:
			name := fmt.Sprintf("component %d", len(names[component.SortComponent]))
			fmt.Fprintf(&b, "%s: %d definitions\n", name, len(d.Component.Defs))
			add(component.SortComponent, name)
		case *component.TypeDef:
			add(component.SortType, "a type")
		case *component.Alias:
			add(d.Sort, fmt.Sprintf("%s of %s", d.Name, get(component.SortInstance, d.Instance)))
		case *component.Instance:
			name := fmt.Sprintf("instance %d", len(names[component.SortInstance]))
			if !d.Instantiate {
				fmt.Fprintf(&b, "%s\n", name)
				for _, x := range d.Exports {
					fmt.Fprintf(&b, "  has %s = %s\n", x.Name, get(x.Sort, x.Index))
				}
				add(component.SortInstance, name)
				continue
			}
			fmt.Fprintf(&b, "%s of %s\n", name, get(component.SortComponent, d.Component))
			for _, a := range d.Args {
				fmt.Fprintf(&b, "  with %s = %s\n", a.Name, get(a.Sort, a.Index))
			}
			add(component.SortInstance, name)
		case *component.Export:
			fmt.Fprintf(&b, "export %s = %s\n", d.Name, get(d.Sort, d.Index))
			add(d.Sort, "export "+d.Name)
		}
	}
	return b.String()
}
