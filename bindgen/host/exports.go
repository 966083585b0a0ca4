package host

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A boundExport is a field of Pre with an exported function.
type boundExport struct {
	fn     *function
	field  string
	params string // the name of the struct
}

// exports writes what components export.
func (g *generator) exports() {
	f := g.exportsFile
	for _, in := range g.exportItems {
		if in.iface == nil {
			continue // methods of the world's struct
		}
		if in.hasFuncs() {
			f.exportStruct(in)
		}
		free, methods := g.functions(in)
		for _, fn := range free {
			f.exportMethod(fn, "e", in.typ, "e.w")
		}
		for _, t := range in.types {
			if e := g.byKey[typeKey{t, guests}]; e != nil && isResource(t) {
				f.exportResource(e)
				for _, fn := range methods[t] {
					f.exportMethod(fn, "e", "*"+e.name, "e.w")
				}
			}
		}
	}
}

func (f *file) exportStruct(in *instance) {
	f.docs("", in.typ+" calls the functions of "+in.name+", which components export.")
	if docs := bindgen.Comment(in.docs); docs != "" {
		f.printf("//\n%s", docs)
	}
	f.printf("type %s struct{ w *%s }\n\n", in.typ, f.g.worldName())
}

func (f *file) exportResource(e *entity) {
	f.docs(e.def.Docs, e.name+" is "+describe(e)+".")
	f.printf("//\n// Close it, or pass it on as the WIT says; it ends with its instance at the\n// latest.\ntype %s struct {\nh %sHandle\nw *%s\n}\n\n", e.name, f.bindings(), f.g.worldName())
	f.printf("// Close drops the resource as soon as no call uses it any more. After that, and\n// after it was given away, it does nothing. It waits for the component, so only\n// an async import may call it.\nfunc (e *%s) Close() error { return e.h.Close() }\n\n", e.name)
}

// exportMethod writes the method that calls an exported function, and what it
// needs in Pre.
func (f *file) exportMethod(fn *function, recv, recvType, world string) {
	b := &boundExport{fn: fn}
	base := fn.in.field + fn.name
	if fn.Kind == wit.Method {
		base = fn.in.field + bindgen.UpperCamel(fn.Resource.Name) + fn.name
	}
	b.field = f.g.claim("call" + base)
	f.g.bound = append(f.g.bound, b)
	fields, params := fn.paramStruct(f)
	b.params = "struct{}"
	if len(fields) > 0 {
		b.params = f.g.claim("params" + base)
		f.printf("type %s %s\n\n", b.params, params)
	}
	fn.docs(f, "calls")
	f.printf("func (%s %s) %s%s {\n", recv, recvType, fn.name, fn.signature(f, true))
	call := fmt.Sprintf("%s.pre.%s.Call(ctx, %s.in, ", world, b.field, world)
	var values []string
	names := fn.argNames()
	lower := conversion{f.g, true, gives}
	if fn.Kind == wit.Method {
		values = append(values, "x.Borrow(&e.h)")
	}
	for i, p := range fn.args {
		values = append(values, lower.apply(f, p.Type, guests, names[i]))
	}
	literal := b.params + "{" + strings.Join(values, ", ") + "}"
	if !fn.direct() {
		f.printf("x := &conv{Conv: %sConv{Ctx: ctx, In: %s.in}, w: %s}\n", f.bindings(), world, world)
	}
	if fn.direct() || !fn.lowers() {
		fn.take(f, call+literal+")")
		return
	}
	f.printf("p := %s\nif err = x.Err; err != nil {\nx.Release()\nreturn\n}\n", literal)
	f.printf("defer x.Release()\n")
	fn.take(f, call+"p)")
}

// take writes the call and makes Go values of its result.
func (fn *function) take(f *file, call string) {
	o := fn.outcome()
	lift := conversion{fn.g, false, takes}
	s := fn.in.side
	direct := fn.Result == nil || fn.g.isDirect(fn.Result, s)
	switch {
	case o.whole == nil:
		f.printf("_, err = %s\nreturn err\n}\n\n", call)
		return
	case !o.result && direct:
		f.printf("return %s\n}\n\n", call)
		return
	case !o.result:
		f.printf("r, err := %s\nif err != nil {\nreturn result, err\n}\nreturn %s, nil\n}\n\n", call, lift.apply(f, o.ok, s, "r"))
		return
	}
	zero, value := "result, ", lift.apply(f, o.ok, s, "r.OK")+", "
	if o.ok == nil {
		zero, value = "", ""
	}
	f.printf("r, err := %s\nif err != nil {\nreturn %serr\n}\nif r.IsErr {\n", call, zero)
	switch {
	case o.err == nil:
		f.printf("return %s%sErrFailed\n", zero, f.bindings())
	case fn.g.isError(o.err):
		f.printf("return %s%s\n", zero, lift.apply(f, o.err, s, "r.Err"))
	default:
		f.printf("return %s%sFail(%s)\n", zero, f.bindings(), lift.apply(f, o.err, s, "r.Err"))
	}
	f.printf("}\nreturn %snil\n}\n\n", value)
}
