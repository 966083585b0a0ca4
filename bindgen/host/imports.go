package host

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

// imports writes what the embedder implements.
func (g *generator) imports() {
	f := g.importsFile
	f.printf("// Imports are what components of the world import beyond WASI. All are needed.\ntype Imports struct {\n")
	for _, in := range g.importItems {
		if in.hasFuncs() {
			f.printf("%s %s // %s\n", in.field, in.typ, in.title())
		}
	}
	f.printf("}\n\n")
	f.check(g.importItems)
	written := map[*entity]bool{}
	for _, in := range g.importItems {
		free, methods := g.functions(in)
		if in.hasFuncs() {
			f.importInterface(in, free)
		}
		for _, t := range in.types {
			if e := g.byKey[typeKey{t, hosts}]; e != nil && isResource(t) && e.name != "" && !written[e] {
				f.importResource(e, methods[t])
				written[e] = true // an interface may be imported under several names
			}
		}
	}
	f.addToLinker()
	for _, in := range g.importItems {
		f.definitions(in)
	}
	f.worldTypes()
}

// hasFuncs tells whether the embedder's interface has methods: resources'
// methods are elsewhere.
func (in *instance) hasFuncs() bool {
	for _, fn := range in.funcs {
		if fn.Kind != wit.Method {
			return true
		}
	}
	return false
}

// title names an instance in comments.
func (in *instance) title() string {
	if in.iface == nil {
		return "the functions of the world itself"
	}
	return in.name
}

// check writes the function that finds missing implementations.
func (f *file) check(items []*instance) {
	f.printf("// check finds what is missing.\nfunc (i *Imports) check() error {\n")
	for _, in := range items {
		if in.hasFuncs() {
			f.printf("if i.%s == nil {\nreturn %sNew(%q)\n}\n", in.field, f.use("errors"), f.g.pkg+".Imports."+in.field+" is nil")
		}
	}
	f.printf("return nil\n}\n\n")
}

func (f *file) importInterface(in *instance, free []*function) {
	text := in.typ + " are the functions of " + in.name + ", which components import."
	if in.iface == nil {
		text = in.typ + " are the functions that components of the world import by themselves."
	}
	f.printf("%s", bindgen.Comment(text))
	f.printf("//\n// Errors that the WIT does not mention are traps. Methods are called from many\n// goroutines if the Imports are those of several instances; those of async\n// functions always are. The others hold up the instance until they return: they\n// must not call it, nor wait for its streams and futures.\n")
	if docs := bindgen.Comment(in.docs); docs != "" && in.iface != nil {
		f.printf("//\n%s", docs)
	}
	f.printf("type %s interface {\n", in.typ)
	for _, fn := range free {
		fn.method(f)
	}
	f.printf("}\n\n")
}

func (fn *function) method(f *file) {
	fn.docs(f, "is")
	f.printf("%s%s\n", fn.name, fn.signature(f, false))
}

func (f *file) importResource(e *entity, methods []*function) {
	f.docs(e.def.Docs, e.name+" is "+describe(e)+".")
	f.printf("type %s interface {\n", e.name)
	for _, fn := range methods {
		fn.method(f)
	}
	f.printf("// Close is called when the component drops the resource, or is closed with\n// it. It must not block. Its error does not matter.\nClose() error\n}\n\n")
	f.printf("var %s = %sNewResource[%s](%q)\n\n", f.g.resourceVar(e), f.bindings(), e.name, e.def.Name)
}

// resourceVar gives the name of the variable with the resource type.
func (g *generator) resourceVar(e *entity) string { return "resource" + e.name }

func (f *file) addToLinker() {
	f.printf("// AddToLinker defines the imports of the world, but for those of WASI that\n// packages host/wasi and host/wasihttp define. [Link] does it, too.\n")
	f.printf("func AddToLinker(l *%sLinker) {\n", f.host())
	for _, in := range f.g.importItems {
		f.printf("%s(l)\n", f.g.adder(in))
	}
	if f.g.hasWorldTypes() {
		f.printf("addWorldTypes(l)\n")
	}
	f.printf("}\n\n")
}

func (g *generator) adder(in *instance) string { return "add" + in.typ }

// hasWorldTypes tells of streams and futures in functions of the world.
func (g *generator) hasWorldTypes() bool {
	for _, c := range g.carriers {
		if c.inst == transform.WorldTypes {
			return true
		}
	}
	return false
}

func (f *file) worldTypes() {
	if !f.g.hasWorldTypes() {
		return
	}
	text := wit.Interface{Name: transform.WorldTypes, Package: f.g.world.Package}
	f.printf("// Components that were made from the rewritten text know it by its second name.\n")
	f.printf("func addWorldTypes(l *%sLinker) {\nfor _, name := range []string{%q, %q} {\nd := l.Instance(name)\n", f.host(), transform.WorldTypes, text.ID())
	f.carriers(func(c *carrier) bool { return c.inst == transform.WorldTypes })
	f.printf("}\n}\n\n")
}

// carriers defines the streams and futures of an instance.
func (f *file) carriers(of func(*carrier) bool) {
	for _, c := range f.g.carriers {
		if c.side != hosts || !of(c) {
			continue
		}
		word := "Future"
		if c.Stream {
			word = "Stream"
		}
		if c.elem == nil {
			f.printf("%sAddUnit%s(d, %q)\n", f.wasi(), word, c.Name)
		} else {
			f.printf("%sAdd%s[%s](d, %q)\n", f.wasi(), word, f.shape().goType(c.elem, hosts), c.Name)
		}
	}
}

// definitions writes the function that defines an imported instance.
func (f *file) definitions(in *instance) {
	f.printf("func %s(l *%sLinker) {\nd := l.Instance(%q)\n", f.g.adder(in), f.host(), in.name)
	used := f.body.Len()
	for _, t := range in.types {
		f.resourceDefinition(t)
	}
	if in.iface != nil {
		poly := f.g.poly.Interfaces[in.iface]
		f.carriers(func(c *carrier) bool { return c.Interface == poly })
	}
	free, methods := f.g.functions(in)
	for _, fn := range free {
		f.definition(fn)
	}
	for _, t := range in.types {
		for _, fn := range methods[t] {
			f.definition(fn)
		}
	}
	if f.body.Len() == used {
		f.printf("_ = d\n")
	}
	f.printf("}\n\n")
}

// resourceDefinition defines a resource by the name it has in an instance.
func (f *file) resourceDefinition(t *wit.TypeDef) {
	def, ok := t.Resolve().(*wit.TypeDef)
	if !ok || !isResource(def) {
		return
	}
	if e := f.g.byKey[typeKey{def, hosts}]; e != nil && e.name != "" {
		f.printf("d.Resource(%q, %s)\n", t.Name, f.g.resourceVar(e))
	}
}

// definition defines one function.
func (f *file) definition(fn *function) {
	fields, params := fn.paramStruct(f)
	result := fn.rawResult(f)
	target := "imports." + fn.in.field
	if fn.Kind == wit.Method {
		target = "p." + fields[0] + ".Impl"
		fields = fields[1:]
	}
	imports := fmt.Sprintf("imports, err := %sImports[Imports](c)\nif err != nil {\nreturn %s\n}\n", f.bindings(), map[bool]string{true: "err", false: "r, err"}[fn.async])
	if fn.Kind == wit.Method {
		imports = ""
	}
	convert := ""
	if !fn.direct() {
		convert = fmt.Sprintf("x := &conv{Conv: %sConv{In: c.Instance()}}\n", f.bindings())
	}
	args := []string{"ctx"}
	lift := ""
	for i, p := range fn.args {
		expr := "p." + fields[i]
		if !f.g.isDirect(p.Type, hosts) {
			name := fmt.Sprintf("a%d", i)
			lift += name + " := " + conversion{f.g, false, takes}.apply(f, p.Type, hosts, expr) + "\n"
			expr = name
		}
		args = append(args, expr)
	}
	call := target + "." + fn.name + "(" + strings.Join(args, ", ") + ")"
	if !fn.async {
		f.printf("d.Func(%q, %sFunc(func(c *%sCall, p %s) (r %s, err error) {\n%s", fn.ABIName(), f.host(), f.host(), params, result, imports)
		f.printf("ctx := c.Context()\n%s%s%s}))\n", convert, lift, fn.answer(f, call, result))
		return
	}
	f.printf("d.Async(%q, %sAsyncFunc(func(c *%sCall, p %s, done *%sCompletion[%s]) error {\n%s%s%s", fn.ABIName(), f.host(), f.host(), params, f.host(), result, imports, convert, lift)
	f.printf("%sGo(done, func(ctx %s) (r %s, err error) {\n%s})\nreturn nil\n}))\n", f.bindings(), f.context(), result, fn.answer(f, call, result))
}

// answer makes the host's result of what a method answers.
func (fn *function) answer(f *file, call, result string) string {
	o := fn.outcome()
	lower := conversion{fn.g, true, gives}
	direct := fn.Result == nil || fn.g.isDirect(fn.Result, hosts)
	end := "nil"
	if !direct {
		end = "x.Err"
	}
	switch {
	case o.whole == nil:
		return "return r, " + call + "\n"
	case !o.result && direct:
		return "return " + call + "\n"
	case !o.result:
		return "v, err := " + call + "\nif err != nil {\nreturn r, err\n}\nr = " + lower.apply(f, o.ok, hosts, "v") + "\nreturn r, x.Err\n"
	}
	left, value := "v, err := ", lower.apply(f, o.ok, hosts, "v")
	if o.ok == nil {
		left, value = "err = ", "struct{}{}"
	}
	as := f.bindings() + "AsUnit(err)"
	switch {
	case o.err == nil:
	case fn.g.isError(o.err):
		as = f.use("errors") + "AsType[" + f.user(gives).goType(o.err, hosts) + "](err)"
	default:
		as = f.bindings() + "AsValue[" + f.user(gives).goType(o.err, hosts) + "](err)"
	}
	fail := "e"
	if o.err != nil {
		fail = lower.apply(f, o.err, hosts, "e")
	}
	return left + call + "\nif err == nil {\nr.OK = " + value + "\nreturn r, " + end + "\n}\n" +
		"e, ok := " + as + "\nif !ok {\nreturn r, err\n}\nr.IsErr, r.Err = true, " + fail + "\nreturn r, " + end + "\n"
}
