package host

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/wit"
)

// check tells what of a world cannot be generated.
func (g *generator) check() error {
	exported := map[*wit.Interface]string{}
	for _, in := range g.exportItems {
		if first := exported[in.iface]; first != "" && in.iface != nil {
			return fmt.Errorf("world %s: export %s: the interface is exported already, as %s", g.world.ID(), in.name, first)
		}
		exported[in.iface] = in.name
	}
	for _, all := range [][]*instance{g.importItems, g.exportItems} {
		for _, in := range all {
			word := "import"
			if in.side == guests {
				word = "export"
			}
			c := checker{seen: map[*wit.TypeDef]bool{}, place: word}
			if in.name != "" {
				c.place += " " + in.name
			}
			for _, t := range in.types {
				c.value("type "+t.Name, t)
			}
			for _, f := range in.funcs {
				for _, p := range f.Params {
					c.value(f.ABIName()+": parameter "+p.Name, p.Type)
				}
				c.value(f.ABIName()+": result", f.Result)
			}
			if c.err != nil {
				return fmt.Errorf("world %s: %w", g.world.ID(), c.err)
			}
		}
	}
	return nil
}

type checker struct {
	place string
	seen  map[*wit.TypeDef]bool
	err   error
}

func (c *checker) fail(at, format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%s: %s: %s", c.place, at, fmt.Sprintf(format, args...))
	}
}

func (c *checker) value(at string, t wit.Type) {
	if t == wit.Type(wit.ErrorContext) {
		c.fail(at, "error-context is not supported")
	}
	d, ok := t.(*wit.TypeDef)
	if !ok || c.seen[d] {
		return
	}
	c.seen[d] = true
	switch k := d.Kind.(type) {
	case *wit.Flags:
		if len(k.Flags) > 32 {
			c.fail(at, "%d flags; at most 32 are possible", len(k.Flags))
		}
	case *wit.Handle:
		def := resourceOf(k)
		if def.Interface != nil && provided(def.Interface.ID()) {
			if _, _, ok := libraryType(def); !ok {
				c.fail(at, "resource %s of %s has no Go type in the host library", def.Name, def.Interface.ID())
			}
		}
	}
	for _, part := range wit.Parts(d) {
		c.value(at, part)
	}
}
