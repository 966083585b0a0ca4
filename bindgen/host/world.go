package host

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/wit"
)

// worldFile writes the struct for the world and what makes it.
func (g *generator) worldFile() {
	f := g.world_
	f.worldStruct()
	for _, in := range g.exportItems {
		if in.iface != nil {
			continue
		}
		var fields []string
		for _, other := range g.exportItems {
			fields = append(fields, other.field)
		}
		free, _ := g.functions(in, append(fields, "Close", "Instance")...)
		for _, fn := range free {
			g.exportsFile.exportMethod(fn, "w", "*"+g.worldName(), "w")
		}
	}
	if g.convFile.body.Len() > 0 || g.usesConv() {
		g.convType()
	}
	f.pre()
	f.instantiate()
}

func (g *generator) usesConv() bool {
	for _, all := range [][]*instance{g.importItems, g.exportItems} {
		for _, in := range all {
			for _, w := range in.funcs {
				fn := &function{Function: w, g: g, in: in, args: w.Params}
				if w.Kind == wit.Method {
					fn.args = w.Params[1:]
				}
				if !fn.direct() {
					return true
				}
			}
		}
	}
	return false
}

func (f *file) worldStruct() {
	name := f.g.worldName()
	docs := bindgen.Comment(fmt.Sprintf("%s is an instance of a component of the world %s.\nIts methods may be called from many goroutines.", name, f.g.world.ID()))
	f.printf("%s//\n// If ctx is cancelled during a call, the component is told, and the call ends at\n// once. An error that the WIT does not mention is that of ctx or of package host;\n// after a trap all calls fail.\ntype %s struct {\n", docs, name)
	for _, in := range f.g.exportItems {
		if in.iface != nil && in.hasFuncs() {
			f.printf("%s %s // %s\n", in.field, in.typ, in.name)
		}
	}
	f.printf("\npre *Pre\nin *%sInstance\n}\n\n", f.host())
	f.printf("// Instance gives the instance.\nfunc (w *%s) Instance() *%sInstance { return w.in }\n\n", name, f.host())
	f.printf("// Close ends the instance; see [host.Instance.Close].\nfunc (w *%s) Close(ctx %s) error { return w.in.Close(ctx) }\n\n", name, f.context())
}

// pre writes Pre, which has what all instances share.
func (f *file) pre() {
	g := f.g
	f.printf("// A Pre is a component with all that its instances share. It may be used from\n// many goroutines.\ntype Pre struct {\npre *%sInstancePre\n", f.host())
	for _, b := range g.bound {
		f.printf("%s *%sExportFunc[%s, %s]\n", b.field, f.host(), b.params, b.fn.rawResult(f))
	}
	for _, c := range g.carriers {
		if c.side == guests {
			f.printf("%s *%sGuest%s\n", c.name, f.bindings(), f.carrierType(c))
		}
	}
	f.printf("}\n\n")
	f.printf("// Link links a component of the world. The linker must have what the component\n// needs of WASI; all else Link adds.\nfunc Link(l *%sLinker, c *%sComponent) (*Pre, error) {\nAddToLinker(l)\npre, err := l.Link(c)\nif err != nil {\nreturn nil, err\n}\np := &Pre{pre: pre}\n", f.host(), f.host())
	for _, b := range g.bound {
		f.printf("if p.%s, err = %sExport[%s, %s](pre, %q, %q); err != nil {\nreturn nil, err\n}\n", b.field, f.host(), b.params, b.fn.rawResult(f), b.fn.in.name, b.fn.ABIName())
	}
	for _, c := range g.carriers {
		if c.side == guests {
			f.bindCarrier(c)
		}
	}
	f.printf("return p, nil\n}\n\n")
}

func (f *file) carrierType(c *carrier) string {
	word := "Future"
	if c.Stream {
		word = "Stream"
	}
	return word + "[" + f.shape().goType(c.elem, guests) + "]"
}

func (f *file) bindCarrier(c *carrier) {
	word := "Future"
	if c.Stream {
		word = "Stream"
	}
	call := fmt.Sprintf("Bind%s[%s]", word, f.shape().goType(c.elem, guests))
	if c.elem == nil {
		call = "BindUnit" + word
	}
	f.printf("if p.%s, err = %s%s(pre, %q, %q); err != nil {\nreturn nil, err\n}\n", c.name, f.bindings(), call, c.inst, c.Name)
}

func (f *file) instantiate() {
	g := f.g
	name := g.worldName()
	f.printf("// Instantiate makes an instance with imports of its own. conf, which may be\n// empty, has what host/wasi and others want to know.\n")
	f.printf("func (p *Pre) Instantiate(ctx %s, imports Imports, conf %sInstanceConfig) (*%s, error) {\n", f.context(), f.host(), name)
	f.printf("if err := imports.check(); err != nil {\nreturn nil, err\n}\nconf.Embedder = &imports\nin, err := p.pre.Instantiate(ctx, conf)\nif err != nil {\nreturn nil, err\n}\nw := &%s{pre: p, in: in}\n", name)
	for _, in := range g.exportItems {
		if in.iface != nil && in.hasFuncs() {
			f.printf("w.%s.w = w\n", in.field)
		}
	}
	f.printf("return w, nil\n}\n\n")
	f.printf("// Instantiate links a component to WASI and to the imports, and makes an\n// instance of it. To make more of them, [Link] once.\n")
	f.printf("func Instantiate(ctx %s, e *%sEngine, c *%sComponent, imports Imports, conf %sInstanceConfig) (*%s, error) {\nl := %sNewLinker(e)\n%sAddToLinker(l)\n",
		f.context(), f.host(), f.host(), f.host(), name, f.host(), f.wasi())
	if g.usesHTTP() {
		f.printf("%sAddToLinker(l)\n", f.use(Library+"/wasihttp"))
	}
	f.printf("pre, err := Link(l, c)\nif err != nil {\nreturn nil, err\n}\nreturn pre.Instantiate(ctx, imports, conf)\n}\n")
}

// usesHTTP tells whether host/wasihttp is wanted.
func (g *generator) usesHTTP() bool {
	for _, it := range g.world.Imports {
		if it.Interface != nil && it.Interface.Package.Name.Namespace == "wasi" && it.Interface.Package.Name.Name == "http" && provided(it.Name) {
			return true
		}
	}
	return false
}
