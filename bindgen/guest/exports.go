package guest

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/wit"
)

// requireExports makes the package not compile as long as its author has not
// written the functions that the component exports.
func (p *goPackage) requireExports() {
	f := p.main
	if len(p.exports) == 0 {
		return
	}
	f.printf("// What this package has to define%s. Something that is\n", p.exportedWhat())
	f.printf("// missing or has another type is an error of the compiler here.\nvar (\n")
	for _, fn := range p.exports {
		name := p.id("func", fn, 0)
		what := name
		if fn.Kind == wit.Method {
			name = "(*" + p.id("type", fn.Resource, 0) + ")." + name
			what = strings.Trim(strings.Replace(name, ")", "", 1), "(*")
		}
		f.docs(fmt.Sprintf("%s is the %s %s.", what, funcKind(fn), fn.ABIName()), fn.Docs, fn.Stability)
		f.printf("_ %s = %s\n\n", f.funcType(fn), name)
	}
	f.printf(")\n\n")
}

func (p *goPackage) exportedWhat() string {
	if p.iface == nil {
		return ": the functions that world " + p.g.world.ID() + " exports"
	}
	return ", so that the component exports " + p.module
}

// funcType gives the Go type of an exported function; a method's receiver is
// its first parameter.
func (f *file) funcType(fn *wit.Function) string {
	e := f.body()
	_, params, result := e.signature(fn)
	if fn.Kind == wit.Method {
		self := "self " + f.goType(&wit.TypeDef{Kind: &wit.Handle{Resource: fn.Resource}})
		params = strings.TrimSuffix(self+", "+params, ", ")
	}
	return "func(" + params + ") " + result
}

// declareExports declares a variable that the program fills in.
func (p *goPackage) declareExports() {
	f := p.main
	what := "of interface " + p.module
	if p.iface == nil {
		what = "of world " + p.g.world.ID()
	}
	f.printf("// Exports holds the functions %s that the component exports. The\n", what)
	f.printf("// program sets all of them, in an init function or a variable's initialization.\n")
	f.printf("var Exports struct {\n")
	for _, fn := range p.exports {
		name := p.id("func", fn, 0)
		_, params, result := f.body().signature(fn)
		f.printf("// %s is the %s %s.\n", name, funcKind(fn), fn.Name)
		if fn.Docs != "" {
			f.printf("//\n%s", bindgen.Comment(fn.Docs))
		}
		f.printf("%s func(%s) %s\n", name, params, result)
	}
	f.printf("}\n")
}

// forwardExports sets the variable of the package that is there already to
// the functions that this package has to define.
func (p *goPackage) forwardExports() {
	p.requireExports()
	f := p.main
	at := f.use(p.existing, "witExports")
	f.printf("func init() {\n")
	for _, fn := range p.exports {
		name := p.id("func", fn, 0)
		f.printf("%sExports.%s = %s\n", at, name, name)
	}
	f.printf("}\n")
}

// generateShims declares the functions of the core module's exports.
func (p *goPackage) generateShims() {
	for _, fn := range p.exports {
		if fn.Async {
			p.shims.exportAsync(fn)
		} else {
			p.shims.exportSync(fn)
		}
	}
	for _, t := range p.typeDefs() {
		if _, ok := t.Kind.(*wit.Resource); ok {
			p.shims.exportDestructor(t)
		}
	}
	for _, pl := range p.payloads {
		p.shims.exportPayload(pl)
	}
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

// shimName gives the start of the names of what exports a function.
func (f *file) shimName(fn *wit.Function) string {
	return f.p.private("export" + typePrefix(fn) + f.p.id("func", fn, 0))
}

// exportFunc writes an exported function, and the one that frees its result.
func (f *file) exportFunc(name, export, params string, sig abi.CoreSig, e *body) {
	f.printf("//go:wasmexport %s\nfunc %s(%s) %s {\n%s}\n\n", export, name, params, resultType(f, sig), e.text())
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
// the core function and the names of the values.
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

// callee gives the call of the program's function.
func (e *body) callee(fn *wit.Function, args []string) string {
	name := e.f.p.id("func", fn, 0)
	switch {
	case e.f.p.g.opt.Exports:
		name = "Exports." + name
	case fn.Kind == wit.Method:
		name, args = args[0]+"."+name, args[1:]
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

// checkSet emits the check that the program has set the function.
func (e *body) checkSet(fn *wit.Function) {
	if name := e.f.p.id("func", fn, 0); e.f.p.g.opt.Exports {
		e.printf("if Exports.%s == nil {\npanic(%q)\n}\n", name, e.f.p.name+".Exports."+name+" is not set")
	}
}

func (f *file) exportSync(fn *wit.Function) {
	ft := f.p.g.types.Func(fn)
	sig := ft.Flatten(abi.Lifted)
	e := f.body()
	e.checkSet(fn)
	params, names := e.liftParams(fn, ft, sig)
	e.printf("%sEnterSync(%q)\n", f.witAsync(), f.p.coreName(fn))
	values := e.callExport(fn, names)
	e.printf("%sLeaveSync()\n", f.witAsync())
	e.endBorrows()
	e.returnValue(sig, ft.Result, fn.Result, values)
	f.exportFunc(f.shimName(fn), f.p.coreName(fn), params, sig, e)
}

// callExport emits the call of the program's function and gives the names of
// its results.
func (e *body) callExport(fn *wit.Function, args []string) []string {
	var values []string
	for range results(fn.Result) {
		values = append(values, e.local("value"))
	}
	call := e.callee(fn, args) + "\n"
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
			slots := e.lower(v, types[i])
			if len(slots) == 0 {
				e.printf("_ = %s\n", v)
			}
			for _, slot := range slots {
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
func (f *file) exportAsync(fn *wit.Function) {
	g := f.p.g
	pair := g.poly.Pairs[fn]
	start, result := g.types.Halves(fn)
	name := f.shimName(fn)
	e := f.body()
	e.checkSet(fn)
	h := half{name: name + "Start", export: f.p.coreName(pair.Start), ft: start, value: fn.Result}
	f.exportStart(h, e, fn, func(names []string) {
		e.printf("%sRun(func() %s {\n", f.witAsync(), f.taskType(fn))
		e.taskBody(fn, names)
		e.printf("})\n")
	})
	h = half{name: name + "Result", export: f.p.coreName(pair.Result), ft: result, value: fn.Result}
	f.exportResult(h, f.taskType(fn))
}

// taskType is what a task gives: the result, a tuple of the results, or Unit.
func (f *file) taskType(fn *wit.Function) string { return f.goType(fn.Result) }

// A half is one of the two functions that stand for an async one.
type half struct {
	name, export string
	ft           *abi.FuncType
	value        wit.Type                                      // the async function's result, or nil
	store        func(e *body, p string, off uint32, v string) // stores a value; nil for the usual way
}

func (h *half) storeValue(e *body, p string, off uint32, v string) {
	if h.store != nil {
		h.store(e, p, off, v)
		return
	}
	e.store(p, off, v, h.value)
}

// exportStart writes a start half. run emits an expression of three values: a
// task's value, the pending handle, and whether it is done.
func (f *file) exportStart(h half, e *body, fn *wit.Function, run func(params []string)) {
	sig := h.ft.Flatten(abi.Lifted)
	params, names := e.liftParams(fn, h.ft, sig)
	value, pending, done := e.local("value"), e.local("pending"), e.local("done")
	if h.value == nil || len(e.abi(h.value).Flat()) == 0 {
		value = "_" // there is nothing to store
	}
	e.printf("%s, %s, %s := ", value, pending, done)
	run(names)
	ret := e.returnArea(h.ft.Result)
	off := h.ft.Result.PayloadOffset()
	e.printf("if !%s {\n%s = 1\n%s = %s\nreturn %s\n}\n", done, e.cell("uint8", ret, 0), e.cell("int32", ret, off), pending, ret)
	if value != "_" {
		h.storeValue(e, ret, off, value)
	}
	e.printf("return %s\n", ret)
	f.exportFunc(h.name, h.export, params, sig, e)
}

// taskBody emits the call of the program's function and the return of its
// results as one value.
func (e *body) taskBody(fn *wit.Function, args []string) {
	call := e.callee(fn, args)
	types := results(fn.Result)
	switch {
	case fn.Result == nil:
		e.printf("%s\nreturn %sUnit{}\n", call, e.f.witTypes())
	case len(types) == 1 && structure(types[0]) == structure(fn.Result):
		e.printf("return %s\n", call)
	default:
		var fields []string
		values := e.callExport(fn, args)
		for i, v := range values {
			fields = append(fields, fmt.Sprintf("F%d: %s", i, v))
		}
		e.printf("return %s{%s}\n", e.f.taskType(fn), strings.Join(fields, ", "))
	}
}

// exportResult writes a result half; taskType is the Go type of the task's
// value.
func (f *file) exportResult(h half, taskType string) {
	sig := h.ft.Flatten(abi.Lifted)
	e := f.body("ready")
	take := fmt.Sprintf("%sTake[%s](ready)", f.witAsync(), taskType)
	value := e.local("value")
	switch {
	case h.value == nil:
		e.printf("%s\n", take)
	case sig.IndirectResult:
		e.printf("%s := %s\n", value, take)
		ret := e.returnArea(h.ft.Result)
		h.storeValue(e, ret, 0, value)
		e.printf("return %s\n", ret)
	default:
		e.printf("%s := %s\n", value, take)
		slots := e.lower(value, h.value)
		if len(slots) == 0 {
			slots = []string{""}
			e.printf("_ = %s\n", value)
		}
		e.printf("return %s\n", slots[0])
	}
	f.exportFunc(h.name, h.export, "ready int32", sig, e)
}
