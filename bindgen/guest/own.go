package guest

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/wit"
)

// ownRaws declares the canonical built-ins of a resource that the component
// itself defines, and gives them as the fields of an Exported.
func (p *goPackage) ownRaws(name, resource string) string {
	raw := func(what string, results ...string) string {
		return p.addRawOf("[export]"+p.module, what+name, "[resource-"+bindgen.Snake(what)+"]"+resource, []string{"int32"}, results)
	}
	return fmt.Sprintf("%sExported{New: %s, Rep: %s, Drop: %s}", p.main.witRuntime(), raw("New", "int32"), raw("Rep", "int32"), raw("Drop"))
}

// ownResource declares what belongs to a resource whose Go type the program's
// author writes.
func (f *file) ownResource(name string, t *wit.TypeDef) {
	p := f.p
	table := p.table(t)
	f.docs(fmt.Sprintf("%s holds the values of the resource %s that others have handles of. The package\n// has to define the type %s; its method OnDrop, if it has one, is called at the end\n// of a value.", table, t.Name, name), t.Docs, t.Stability)
	f.printf("var %s = %sValues[%s]{Exported: %s}\n\n", table, f.witRuntime(), name, p.ownRaws(name, t.Name))
	f.printf("// Drop ends a value that belongs to the program: nobody has a handle of it.\n")
	f.printf("func (r *%s) Drop() {\nif d, ok := any(r).(interface{ OnDrop() }); ok {\nd.OnDrop()\n}\n}\n\n", name)
	own, borrow, give := p.id("own", t, 0), p.id("borrow", t, 0), p.id("give", t, 0)
	f.printf("// %s is for generated code: it takes the value of an owned handle back.\n", own)
	f.printf("func %s(handle int32) *%s { return %s.Own(handle) }\n\n", own, name, table)
	f.printf("// %s is for generated code: it gives the value of a borrowed handle.\n", borrow)
	f.printf("func %s(rep int32) *%s { return %s.Get(rep) }\n\n", borrow, name, table)
	f.printf("// %s is for generated code: it gives a value away and gives its owned handle.\n", give)
	f.printf("func %s(value *%s) (handle int32) { return %s.Give(value) }\n\n", give, name, table)
}

// table gives the name of the variable with the values of a resource.
func (p *goPackage) table(t *wit.TypeDef) string {
	key := use{"table", t, 0}
	if p.ids[key] == "" {
		p.ids[key] = p.private("values" + p.id("type", t, 0))
	}
	return p.ids[key]
}

// exportDestructor writes the destructor of a resource.
func (f *file) exportDestructor(t *wit.TypeDef) {
	f.destructor("end"+f.p.id("type", t, 0), t.Name, f.p.table(t)+".End(rep, "+f.witAsync()+"Finish)")
}

func (f *file) destructor(name, resource, call string) {
	f.printf("//go:wasmexport %s#[dtor]%s\nfunc %s(rep int32) { %s }\n\n", f.p.module, resource, f.p.private(name), call)
}

// ownPayload declares a stream or future of an exported interface: the
// component itself implements its ends.
func (p *goPackage) ownPayload(pl *payload) {
	f := p.main
	kind := "Futures"
	if pl.helpers.Stream {
		kind = "Streams"
	}
	sender, receiver := p.ownRaws(pl.name+"Sender", pl.helpers.Sender.Name), p.ownRaws(pl.name+"Receiver", pl.helpers.Receiver.Name)
	f.printf("var %s = %s%s[%s]{\nSender: %s,\nReceiver: %s,\n}\n\n", pl.table, f.witAsync(), kind, f.goType(pl.elem), sender, receiver)
	p.pipeFuncs(pl)
}

// exportPayload writes the exported functions of a stream or future.
func (f *file) exportPayload(pl *payload) {
	h := pl.helpers
	f.destructor("end"+pl.name+"Sender", h.Sender.Name, pl.table+".DropSender(rep)")
	f.destructor("end"+pl.name+"Receiver", h.Receiver.Name, pl.table+".DropReceiver(rep)")
	f.exportPipe(pl)
	if h.Stream {
		f.exportRead(pl)
		f.exportWrite(pl)
	} else {
		f.exportSend(pl)
		f.exportReceive(pl)
	}
}

func (f *file) exportPipe(pl *payload) {
	e := f.body("sender", "receiver")
	pair := &abi.Type{Kind: abi.Tuple, Fields: []abi.Field{{Type: bindgen.Handle()}, {Type: bindgen.Handle()}}}
	e.printf("sender, receiver := %s.Pipe()\n", pl.table)
	ret := e.returnArea(pair)
	e.printf("%s = sender\n%s = receiver\nreturn %s\n", e.cell("int32", ret, 0), e.cell("int32", ret, 4), ret)
	sig := (&abi.FuncType{Result: pair}).Flatten(abi.Lifted)
	f.exportFunc(f.p.private("export"+pl.name+"Pipe"), f.p.coreName(pl.helpers.Pipe), "", sig, e)
}

// handleParam is a parameter that is a handle or rep, as a number.
func handleParam(name string) wit.Param { return wit.Param{Name: name, Type: wit.S32} }

func (f *file) exportSend(pl *payload) {
	fn := &wit.Function{Params: []wit.Param{handleParam("sender")}}
	if pl.elem != nil {
		fn.Params = append(fn.Params, wit.Param{Name: "value", Type: pl.elem})
	}
	ft := f.p.g.types.Func(fn)
	sig := ft.Flatten(abi.Lifted)
	e := f.body()
	params, names := e.liftParams(fn, ft, sig)
	if pl.elem == nil {
		names = append(names, f.witTypes()+"Unit{}")
	}
	e.printf("%s.Send(%s, %s)\n", pl.table, names[0], names[1])
	f.exportFunc(f.p.private("export"+pl.name+"Send"), f.p.coreName(pl.helpers.Send), params, sig, e)
}

// exportHalves writes the two functions of an async helper, whose result is
// of type value in WIT and task in Go.
func (f *file) exportHalves(name string, fn *wit.Function, start, result *wit.Function, task string, store func(*body, string, uint32, string), call func(names []string) string) {
	startType, resultType := f.p.g.types.Halves(fn)
	name = f.p.private("export" + name)
	e := f.body()
	h := half{name: name + "Start", export: f.p.coreName(start), ft: startType, value: fn.Result, store: store}
	f.exportStart(h, e, fn, func(names []string) { e.printf("%s\n", call(names)) })
	h = half{name: name + "Result", export: f.p.coreName(result), ft: resultType, value: fn.Result, store: store}
	f.exportResult(h, task)
}

func (f *file) exportReceive(pl *payload) {
	fn := &wit.Function{Params: []wit.Param{handleParam("receiver")}}
	if pl.elem != nil {
		fn.Result = &wit.TypeDef{Kind: &wit.Option{Type: pl.elem}}
	}
	task := f.witTypes() + "Option[" + f.goType(pl.elem) + "]"
	f.exportHalves(pl.name+"Receive", fn, pl.helpers.ReceiveStart, pl.helpers.ReceiveResult, task, nil, func(names []string) string {
		return pl.table + ".Receive(" + names[0] + ")"
	})
}

func (f *file) exportRead(pl *payload) {
	fn := &wit.Function{Params: []wit.Param{handleParam("receiver"), {Name: "max", Type: wit.U32}}}
	store := (func(*body, string, uint32, string))(nil)
	if pl.elem != nil {
		fn.Result = &wit.TypeDef{Kind: &wit.Option{Type: &wit.TypeDef{Kind: &wit.List{Elem: pl.elem}}}}
	} else {
		fn.Result = &wit.TypeDef{Kind: &wit.Option{Type: wit.U32}}
		store = func(e *body, p string, off uint32, v string) {
			e.printf("if %s.IsSome() {\n%s = 1\n%s = uint32(len(%s.Some()))\n}\n", v, e.cell("uint8", p, off), e.cell("uint32", p, off+4), v)
		}
	}
	task := f.witTypes() + "Option[[]" + f.goType(pl.elem) + "]"
	f.exportHalves(pl.name+"Read", fn, pl.helpers.ReadStart, pl.helpers.ReadResult, task, store, func(names []string) string {
		return pl.table + ".Read(" + names[0] + ", " + names[1] + ")"
	})
}

func (f *file) exportWrite(pl *payload) {
	fn := &wit.Function{Params: []wit.Param{handleParam("sender"), {Name: "items", Type: wit.U32}}, Result: wit.Bool}
	if pl.elem != nil {
		fn.Params[1].Type = &wit.TypeDef{Kind: &wit.List{Elem: pl.elem}}
	}
	f.exportHalves(pl.name+"Write", fn, pl.helpers.WriteStart, pl.helpers.WriteResult, "bool", nil, func(names []string) string {
		items := names[1]
		if pl.elem == nil {
			items = "make([]" + f.witTypes() + "Unit, " + items + ")"
		}
		return pl.table + ".Write(" + names[0] + ", " + items + ")"
	})
}
