package guest

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/wit"
)

// importFunc declares the Go function for an imported function.
func (f *file) importFunc(fn *wit.Function) {
	head, name := f.funcName(fn)
	e := f.body()
	names, params, result := e.signature(fn)
	if fn.Async {
		e.asyncCall(name, fn, names)
	} else {
		e.syncCall(name, fn, names)
	}
	kind := "function"
	if fn.Async {
		kind = "async function"
	}
	f.docs(fmt.Sprintf("%s calls the %s %s.", strings.TrimPrefix(name, typePrefix(fn)), kind, fn.ABIName()), fn.Docs, fn.Stability)
	f.printf("func %s(%s) %s {\n%s}\n\n", head, params, result, e.text())
}

// typePrefix is what funcName puts before a method's name to tell methods of
// two resources apart.
func typePrefix(fn *wit.Function) string {
	if fn.Kind == wit.Method {
		return bindgen.UpperCamel(fn.Resource.Name)
	}
	return ""
}

// funcName gives what stands between func and the parameters, and a name that
// is the package's only.
func (f *file) funcName(fn *wit.Function) (head, name string) {
	name = f.p.id("func", fn, 0)
	if fn.Kind != wit.Method {
		return name, name
	}
	return "(self *" + f.p.id("type", fn.Resource, 0) + ") " + name, typePrefix(fn) + name
}

// resultArea emits the allocation of the memory that an import's result goes
// to, and gives its name.
func (e *body) resultArea(t *abi.Type) string {
	ret := e.local("ret")
	e.printf("%s := %sAlloc(%d, %d)\n", ret, e.allocate(), t.Size(), t.Align())
	return ret
}

// lowerParams lowers the arguments of an import.
func (e *body) lowerParams(fn *wit.Function, ft *abi.FuncType, sig abi.CoreSig, names []string) []string {
	var args []string
	if !sig.IndirectParams {
		for i, p := range fn.Params {
			args = append(args, e.lower(names[i], p.Type)...)
		}
		return args
	}
	tuple := ft.ParamTuple()
	area := e.local("params")
	e.printf("%s := %sAlloc(%d, %d)\n", area, e.allocate(), tuple.Size(), tuple.Align())
	for i, at := range tuple.FieldOffsets() {
		e.store(area, at, names[i], fn.Params[i].Type)
	}
	return []string{area}
}

// keepAlive keeps borrowed resources from being dropped during the call.
func (e *body) keepAlive(fn *wit.Function, names []string) {
	for i, p := range fn.Params {
		if e.hasBorrow(p.Type) {
			e.printf("%sKeepAlive(%s)\n", e.f.use("runtime", "runtime"), names[i])
		}
	}
}

// syncCall emits the call of an import and the return of its result.
func (e *body) syncCall(name string, fn *wit.Function, names []string) {
	ft := e.f.p.g.types.Func(fn)
	raw, sig := e.f.p.addLowered(name, fn.ABIName(), ft)
	args := e.lowerParams(fn, ft, sig, names)
	switch {
	case sig.IndirectResult:
		ret := e.resultArea(ft.Result)
		e.printf("%s(%s)\n", raw, strings.Join(append(args, ret), ", "))
		e.free()
		e.keepAlive(fn, names)
		e.returnLoaded(ret, 0, fn.Result)
	case len(sig.Results) > 0:
		flat := e.local("result")
		e.printf("%s := %s(%s)\n", flat, raw, strings.Join(args, ", "))
		e.free()
		e.keepAlive(fn, names)
		e.returnLifted(flat, fn.Result)
	default:
		e.printf("%s(%s)\n", raw, strings.Join(args, ", "))
		e.free()
		e.keepAlive(fn, names)
		if fn.Result != nil {
			e.returnLifted("", fn.Result) // a value of no core values
		}
	}
}

// asyncCall emits the call of an async import: its start half, and unless
// that gave the result the wait and the result half.
func (e *body) asyncCall(name string, fn *wit.Function, names []string) {
	g := e.f.p.g
	pair := g.poly.Pairs[fn]
	start, result := g.types.Halves(fn)
	rawStart, sig := e.f.p.addLowered(name+"Start", pair.Start.ABIName(), start)
	rawResult, resultSig := e.f.p.addLowered(name+"Result", pair.Result.ABIName(), result)
	args := e.lowerParams(fn, start, sig, names)
	ret := e.resultArea(start.Result)
	e.printf("%s(%s)\n", rawStart, strings.Join(append(args, ret), ", "))
	e.free()
	e.keepAlive(fn, names)
	e.finish(ret, start.Result.PayloadOffset(), rawResult, resultSig, fn.Result, e.returnLoaded, e.returnLifted)
}

// finish emits what follows a start half: where ret says pending, the wait
// and the call of the result half. The result is handed to loaded or lifted.
func (e *body) finish(ret string, off uint32, rawResult string, sig abi.CoreSig, t wit.Type,
	loaded func(p string, off uint32, t wit.Type), lifted func(flat string, t wit.Type)) {
	ready := e.f.witAsync() + "Await(" + e.cell("int32", ret, off) + ")"
	pending := e.cell("uint8", ret, 0) + " != 0"
	switch {
	case t == nil:
		e.printf("if %s {\n%s(%s)\n}\n", pending, rawResult, ready)
	case sig.IndirectResult:
		value := e.local("value")
		e.printf("%s := %s\nif %s {\n%s(%s, %s)\n%s = %s\n}\n", value, e.at(ret, off), pending, rawResult, ready, ret, value, ret)
		loaded(value, 0, t)
	default:
		e.printf("if %s {\n", pending)
		flat := ""
		if len(sig.Results) > 0 {
			flat = e.local("result")
			e.printf("%s := ", flat)
		}
		e.printf("%s(%s)\n", rawResult, ready)
		lifted(flat, t)
		e.printf("}\n")
		loaded(ret, off, t)
	}
}

// returnLoaded returns a value that is in memory.
func (e *body) returnLoaded(p string, off uint32, t wit.Type) {
	types := results(t)
	if len(types) == 1 && structure(types[0]) == structure(t) {
		e.printf("return %s\n", e.load(p, off, t))
		return
	}
	var values []string
	tuple := structure(t)
	for i, at := range e.abi(tuple).FieldOffsets() {
		values = append(values, e.load(p, off+at, types[i]))
	}
	e.printf("return %s\n", strings.Join(values, ", "))
}

// returnLifted returns a value that is one core value.
func (e *body) returnLifted(flat string, t wit.Type) {
	types := results(t)
	var values []string
	for slots := []string{flat}; len(values) < len(types); {
		values = append(values, e.liftNext(&slots, types[len(values)]))
	}
	e.printf("return %s\n", strings.Join(values, ", "))
}
