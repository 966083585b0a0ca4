package host

import (
	"cmp"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A typeKey identifies a named type of the generated package. Types that are
// the same on both sides count as the embedder's.
type typeKey struct {
	def  *wit.TypeDef
	side side
}

// An entity is a named type to declare.
type entity struct {
	typeKey
	name string // in Go
	raw  string // of its shape, if it is another type
}

// A carrier is what stands for a stream or future on one side.
type carrier struct {
	*transform.Payload
	side side
	elem wit.Type
	inst string // the import or export that has its functions
	name string // in Pre, for those of guests
}

// resourceOf gives the resource that a handle is of.
func resourceOf(h *wit.Handle) *wit.TypeDef { return h.Resource.Resolve().(*wit.TypeDef) }

// sideOf gives who implements an interface that text on side s mentions.
func (g *generator) sideOf(i *wit.Interface, s side) side {
	return side(s == guests && g.exported[i])
}

// inside gives the side on which the parts of a type are to be seen.
func (g *generator) inside(d *wit.TypeDef, s side) side {
	if d.Name == "" {
		return s
	}
	return g.sideOf(d.Interface, s)
}

// isDirect tells whether a type is the same for the user and for the host: it
// has no resource of the embedder or of a guest, no stream, future or map.
func (g *generator) isDirect(t wit.Type, s side) bool {
	d, ok := t.(*wit.TypeDef)
	if !ok {
		return true
	}
	s = g.inside(d, s)
	key := typeKey{d, s}
	if known, ok := g.direct[key]; ok {
		return known
	}
	direct := true
	switch k := d.Kind.(type) {
	case *wit.Handle:
		def := resourceOf(k)
		_, _, known := libraryType(def)
		direct = known && g.sideOf(def.Interface, s) == hosts
	case *wit.Resource, *wit.Stream, *wit.Future, *wit.Map:
		direct = false
	default:
		for _, part := range wit.Parts(d) {
			direct = direct && g.isDirect(part, s)
		}
	}
	g.direct[key] = direct
	return direct
}

// collect finds all types to declare and all streams and futures.
func (g *generator) collect() {
	for _, all := range [][]*instance{g.importItems, g.exportItems} {
		for _, in := range all {
			for _, t := range in.types {
				g.need(t, in.side)
			}
			for _, f := range in.funcs {
				for _, p := range f.Params {
					g.need(p.Type, in.side)
				}
				g.need(f.Result, in.side)
			}
		}
	}
}

// key gives the key of a named type that text on side s mentions.
func (g *generator) key(d *wit.TypeDef, s side) typeKey {
	d = bindgen.Origin(d)
	s = g.sideOf(d.Interface, s)
	if g.isDirect(d, s) {
		s = hosts
	}
	return typeKey{d, s}
}

func (g *generator) need(t wit.Type, s side) {
	d, ok := t.(*wit.TypeDef)
	if !ok {
		return
	}
	if d.Name != "" {
		key := g.key(d, s)
		if g.byKey[key] != nil {
			return
		}
		d = key.def
		e := &entity{typeKey: key}
		g.byKey[key] = e
		s = g.inside(d, s)
		if g.isDeclared(d, s) {
			g.types = append(g.types, e)
		}
	}
	switch k := d.Kind.(type) {
	case *wit.Handle:
		g.need(resourceOf(k), s)
	case *wit.Stream, *wit.Future:
		g.carrier(d, s)
	}
	for _, part := range wit.Parts(d) {
		g.need(part, s)
	}
}

// isDeclared tells whether a named type is a named type in Go, too. Names for
// what is no new type are kept where that costs nothing.
func (g *generator) isDeclared(d *wit.TypeDef, s side) bool {
	switch d.Kind.(type) {
	case *wit.Record, *wit.Variant, *wit.Enum, *wit.Flags:
		return true
	case *wit.Resource:
		_, _, known := libraryType(d)
		return !known || s == guests
	}
	return g.isDirect(d, s)
}

// carrier gives what stands for a stream or future; nil for stream<u8>.
func (g *generator) carrier(d *wit.TypeDef, s side) *carrier {
	elem, stream := elemOf(d)
	p := g.poly.Payloads[d]
	if p == nil {
		// Of types that look alike the transformation visits one.
		for _, c := range g.carriers {
			if c.side == s && c.Stream == stream && c.Name == transform.PayloadName(elem) {
				return c
			}
		}
		g.fail("nothing stands for %s", wit.PrintType(d))
		return &carrier{Payload: &transform.Payload{Stream: stream}, elem: elem}
	}
	if p.Pipe == nil {
		return nil
	}
	inst := g.instances[p.Interface]
	if inst == "" {
		inst, s = cmp.Or(p.Interface.ID(), transform.WorldTypes), hosts
	}
	if s == guests && !g.exportsPoly(p.Interface) {
		s = hosts
	}
	for _, c := range g.carriers {
		if c.Payload == p && c.side == s {
			return c
		}
	}
	c := &carrier{Payload: p, side: s, elem: elem, inst: inst}
	g.carriers = append(g.carriers, c)
	return c
}

// exportsPoly tells whether the polyfilled interface is exported.
func (g *generator) exportsPoly(p *wit.Interface) bool {
	for i := range g.exported {
		if g.poly.Interfaces[i] == p {
			return true
		}
	}
	return false
}

func elemOf(d *wit.TypeDef) (elem wit.Type, stream bool) {
	switch k := d.Kind.(type) {
	case *wit.Stream:
		return k.Elem, true
	case *wit.Future:
		return k.Elem, false
	}
	return nil, false
}

// name gives all types and instances their names in Go. Short names go first
// to what nothing else has the same for; others get the interface's name, and
// then the package's and its version, in front.
func (g *generator) name() {
	for _, n := range []string{"Imports", "Pre", "AddToLinker", "Link", "Instantiate", g.worldName()} {
		g.taken[n] = true
	}
	g.instanceNames(g.importItems, "Imports")
	g.instanceNames(g.exportItems, "Exports")
	left := slices.Clone(g.types)
	for level := 0; len(left) > 0; level++ {
		count := map[string]int{}
		for _, e := range left {
			count[g.candidate(e, level)]++
		}
		last := level == 4
		left = slices.DeleteFunc(left, func(e *entity) bool {
			name := g.candidate(e, level)
			if !last && (count[name] > 1 || g.taken[name]) {
				return false
			}
			e.name = g.claim(name)
			return true
		})
	}
	for _, e := range g.types {
		if !g.isDirect(e.def, e.side) {
			e.raw = g.claim("raw" + e.name)
		}
	}
	for _, c := range g.carriers {
		if c.side == guests {
			word := "future"
			if c.Stream {
				word = "stream"
			}
			c.name = g.claim(word + bindgen.UpperCamel(c.Name))
		}
	}
}

// worldName gives the name of the struct for the world.
func (g *generator) worldName() string {
	name := bindgen.UpperCamel(g.world.Name)
	switch name {
	case "Imports", "Pre", "Link", "Instantiate":
		name += "World"
	}
	return name
}

func (g *generator) candidate(e *entity, level int) string {
	name := bindgen.UpperCamel(e.def.Name)
	i := e.def.Interface
	if level >= 1 && i != nil {
		short := i.Name
		if short == "" {
			short = g.instances[g.poly.Interfaces[i]]
		}
		name = bindgen.UpperCamel(short) + name
	}
	if p := owner(i); level >= 2 && p != nil {
		name = bindgen.UpperCamel(p.Name.Namespace) + bindgen.UpperCamel(p.Name.Name) + name
		if level >= 3 {
			name += versionName(p)
		}
	}
	if twin := (typeKey{e.def, hosts}); e.side == guests && g.byKey[twin] != nil {
		name = "Exported" + name
	}
	return name
}

func owner(i *wit.Interface) *wit.Package {
	if i == nil {
		return nil
	}
	return i.Package
}

// versionName gives the end of a name for a package's version: "V0_3_0".
func versionName(p *wit.Package) string {
	if p.Name.Version == "" {
		return ""
	}
	return "V" + strings.NewReplacer(".", "_", "-", "_", "+", "_").Replace(p.Name.Version)
}

// instanceNames names the fields of Imports or of the world's struct, and
// their types.
func (g *generator) instanceNames(all []*instance, suffix string) {
	taken := map[string]bool{"Close": true, "Instance": true}
	for level := 0; level < 4; level++ {
		count := map[string]int{}
		for _, in := range all {
			count[instanceName(in, level)]++
		}
		for _, in := range all {
			name := instanceName(in, level)
			if in.field != "" || level < 3 && (count[name] > 1 || taken[name]) {
				continue
			}
			for taken[name] {
				name += "_"
			}
			taken[name] = true
			in.field, in.typ = name, g.claim(name+suffix)
		}
	}
}

func instanceName(in *instance, level int) string {
	if in.iface == nil {
		return "World"
	}
	if in.iface.Name == "" || in.name != in.iface.ID() {
		return bindgen.UpperCamel(in.name) // a plain name
	}
	name := bindgen.UpperCamel(in.iface.Name)
	p := in.iface.Package
	if level >= 1 {
		name = bindgen.UpperCamel(p.Name.Name) + name
	}
	if level >= 2 {
		name = bindgen.UpperCamel(p.Name.Namespace) + name + versionName(p)
	}
	return name
}
