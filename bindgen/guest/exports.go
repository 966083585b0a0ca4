package guest

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/wit"
)

// generateExports declares the variable that the program fills in and the
// functions of the core module's exports that call what is in it.
func (p *goPackage) generateExports() {
	f := p.main
	p.declare("Exports")
	what := "of interface " + p.module
	if p.iface == nil {
		what = "of world " + p.g.world.ID()
	}
	f.printf("// Exports holds the functions %s that the component exports. The\n", what)
	f.printf("// program sets all of them, in an init function or a variable's initialization.\n")
	f.printf("var Exports struct {\n")
	names := map[string]bool{}
	for _, fn := range p.exports {
		name := bindgen.UpperCamel(fn.Name)
		for names[name] {
			name += "_"
		}
		names[name] = true
		_, params, result := f.body().signature(fn)
		f.printf("// %s is the %s %s.\n", name, funcKind(fn), fn.Name)
		if fn.Docs != "" {
			f.printf("//\n%s", bindgen.Comment(fn.Docs))
		}
		f.printf("%s func(%s) %s\n", name, params, result)
		if fn.Async {
			p.shims.exportAsync(name, fn)
		} else {
			p.shims.exportSync(name, fn)
		}
	}
	f.printf("}\n")
	if at := Library + "/wit/async"; p.shims.imports[at] == "" {
		p.shims.imports[at] = "_" // it exports the poll function, which every world has
	}
}

func funcKind(fn *wit.Function) string {
	if fn.Async {
		return "async function"
	}
	return "function"
}

// coreName gives the name of an export of the core module.
func (p *goPackage) coreName(fn *wit.Function) string {
	if p.module == "" {
		return fn.ABIName()
	}
	return p.module + "#" + fn.ABIName()
}

// exportFunc writes an exported function, and the one that frees its result.
func (f *file) exportFunc(name, export, params string, sig abi.CoreSig, e *body) {
	f.printf("//go:wasmexport %s\nfunc %s(%s) %s {\n%s}\n\n", export, name, params, resultType(f, sig), e.buf.String())
	if sig.IndirectResult {
		f.printf("//go:wasmexport cabi_post_%s\nfunc %sPost(ret unsafe.Pointer) { %sRelease(ret) }\n\n", export, name, f.witRuntime())
	}
}

func resultType(f *file, sig abi.CoreSig) string {
	switch {
	case sig.IndirectResult:
		return f.unsafe() + "Pointer"
	case len(sig.Results) > 0:
		return coreType(sig.Results[0])
	}
	return ""
}

// liftParams lifts the parameters of an export. It gives the parameters of
// the core function, the names of the values, and the statements' calls that
// have to follow the call.
func (e *body) liftParams(fn *wit.Function, ft *abi.FuncType, sig abi.CoreSig) (params string, names []string) {
	var list, slots []string
	for i, t := range sig.Params {
		slots = append(slots, e.local(fmt.Sprintf("arg%d", i)))
		list = append(list, slots[i]+" "+coreType(t))
	}
	offsets := []uint32(nil)
	area := ""
	if sig.IndirectParams {
		area = e.local("params")
		e.printf("%s := %sTake(uint32(%s))\n", area, e.f.witRuntime(), slots[0])
		offsets = ft.ParamTuple().FieldOffsets()
	}
	for i, p := range fn.Params {
		var value string
		if sig.IndirectParams {
			value = e.load(area, offsets[i], p.Type)
		} else {
			value = e.liftNext(&slots, p.Type)
		}
		name := e.local(bindgen.LowerCamel(p.Name))
		e.printf("%s := %s\n", name, value)
		names = append(names, name)
	}
	return strings.Join(list, ", "), names
}

// checkSet emits the check that the program has set the function.
func (e *body) checkSet(name string) {
	e.printf("if Exports.%s == nil {\npanic(%q)\n}\n", name, e.f.p.name+".Exports."+name+" is not set")
}

func (f *file) exportSync(name string, fn *wit.Function) {
	ft := f.p.g.types.Func(fn)
	sig := ft.Flatten(abi.Lifted)
	e := f.body()
	e.checkSet(name)
	params, names := e.liftParams(fn, ft, sig)
	values := e.callExport(name, fn, names)
	for i, p := range fn.Params {
		e.dropBorrow(names[i], p.Type)
	}
	e.returnValue(sig, ft.Result, fn.Result, values)
	f.exportFunc("export"+name, f.p.coreName(fn), params, sig, e)
}

// dropBorrow gives a borrowed handle back, which an export has to do before
// it returns.
func (e *body) dropBorrow(name string, t wit.Type) {
	if td, ok := structure(t).(*wit.TypeDef); ok {
		if h, ok := td.Kind.(*wit.Handle); ok && h.Borrow {
			e.printf("%s.Drop()\n", name)
		}
	}
}

// callExport emits the call of the program's function and gives the names of
// its results.
func (e *body) callExport(name string, fn *wit.Function, args []string) []string {
	var values []string
	for range results(fn.Result) {
		values = append(values, e.local("value"))
	}
	call := "Exports." + name + "(" + strings.Join(args, ", ") + ")\n"
	if len(values) > 0 {
		call = strings.Join(values, ", ") + " := " + call
	}
	e.printf("%s", call)
	return values
}

// returnValue lowers the results and returns them.
func (e *body) returnValue(sig abi.CoreSig, t *abi.Type, result wit.Type, values []string) {
	types := results(result)
	switch {
	case result == nil:
	case sig.IndirectResult:
		ret := e.returnArea(t)
		e.storeResults(ret, 0, result, values)
		e.printf("return %s\n", ret)
	default:
		for i, v := range values {
			for _, slot := range e.lower(v, types[i]) {
				e.printf("return %s\n", slot)
			}
		}
	}
}

// returnArea allocates what an export returns the address of.
func (e *body) returnArea(t *abi.Type) string {
	ret := e.local("ret")
	e.arena = "arena"
	e.printf("arena := new(%sArena)\n%s := arena.Return(%d, %d)\n", e.f.witRuntime(), ret, t.Size(), t.Align())
	return ret
}

// storeResults stores the results of a Go function as the one result that the
// WIT function has.
func (e *body) storeResults(p string, off uint32, result wit.Type, values []string) {
	types := results(result)
	if len(types) == 1 && structure(types[0]) == structure(result) {
		e.store(p, off, values[0], result)
		return
	}
	for i, at := range e.abi(result).FieldOffsets() {
		e.store(p, off+at, values[i], types[i])
	}
}

// exportAsync writes both halves of an async function.
func (f *file) exportAsync(name string, fn *wit.Function) {
	g := f.p.g
	pair := g.poly.Pairs[fn]
	start, result := g.types.Halves(fn)
	f.exportStart(name, fn, pair.Start, start)
	f.exportResult(name, fn, pair.Result, result)
}

// taskType is what a task gives: the result, a tuple of the results, or Unit.
func (f *file) taskType(fn *wit.Function) string { return f.goType(fn.Result) }

func (f *file) exportStart(name string, fn, half *wit.Function, ft *abi.FuncType) {
	sig := ft.Flatten(abi.Lifted)
	e := f.body()
	e.checkSet(name)
	params, names := e.liftParams(fn, ft, sig)
	value, pending, done := e.local("value"), e.local("pending"), e.local("done")
	if fn.Result == nil {
		value = "_"
	}
	e.printf("%s, %s, %s := %sRun(func() %s {\n", value, pending, done, f.witAsync(), f.taskType(fn))
	e.taskBody(name, fn, names)
	e.printf("})\n")
	ret := e.returnArea(ft.Result)
	off := ft.Result.PayloadOffset()
	e.printf("if !%s {\n%s = 1\n%s = %s\nreturn %s\n}\n", done, e.cell("uint8", ret, 0), e.cell("int32", ret, off), pending, ret)
	if fn.Result != nil {
		e.store(ret, off, value, fn.Result)
	}
	e.printf("return %s\n", ret)
	f.exportFunc("export"+name+"Start", f.p.coreName(half), params, sig, e)
}

// taskBody emits the call of the program's function and the return of its
// results as one value.
func (e *body) taskBody(name string, fn *wit.Function, args []string) {
	call := "Exports." + name + "(" + strings.Join(args, ", ") + ")"
	types := results(fn.Result)
	switch {
	case fn.Result == nil:
		e.printf("%s\nreturn %sUnit{}\n", call, e.f.witTypes())
	case len(types) == 1 && structure(types[0]) == structure(fn.Result):
		e.printf("return %s\n", call)
	default:
		var fields []string
		values := e.callExport(name, fn, args)
		for i, v := range values {
			fields = append(fields, fmt.Sprintf("F%d: %s", i, v))
		}
		e.printf("return %s{%s}\n", e.f.taskType(fn), strings.Join(fields, ", "))
	}
}

func (f *file) exportResult(name string, fn, half *wit.Function, ft *abi.FuncType) {
	sig := ft.Flatten(abi.Lifted)
	e := f.body("ready")
	take := fmt.Sprintf("%sTake[%s](ready)", f.witAsync(), f.taskType(fn))
	switch {
	case fn.Result == nil:
		e.printf("%s\n", take)
	case sig.IndirectResult:
		value := e.local("value")
		e.printf("%s := %s\n", value, take)
		ret := e.returnArea(ft.Result)
		e.store(ret, 0, value, fn.Result)
		e.printf("return %s\n", ret)
	default:
		value := e.local("value")
		e.printf("%s := %s\n", value, take)
		e.printf("return %s\n", e.lower(value, fn.Result)[0])
	}
	f.exportFunc("export"+name+"Result", f.p.coreName(half), "ready int32", sig, e)
}
