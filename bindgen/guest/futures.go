package guest

import (
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

// future declares the vtable of a future and the functions that use it.
func (p *goPackage) future(pl *payload) {
	f := p.main
	goType, types := f.goType(pl.elem), f.witTypes()
	raws := p.futureRaws(pl.name, pl.elem, pl.helpers)
	f.printf("var %s = %sFutureVtable[%s]{\n", pl.table, types, goType)
	f.printf("Make: func() (sender, receiver int32) {\n%s},\n", raws.pipe(f))
	f.printf("Send: func(sender int32, value %s) {\n%s},\n", goType, raws.send(f, pl.elem))
	f.printf("Receive: func(receiver int32) (%s, bool) {\n%s},\n", goType, raws.receive(f, pl.elem))
	f.printf("DropSender: %s,\nDropReceiver: %s,\n}\n\n", raws.dropSender, raws.dropReceiver)
	p.pipeFuncs(pl)
}

// futureRaws are the helper functions of a future.
type futureRaws struct {
	pipeRaws
	sendOne, start, result          string
	sendSig, resultSig              abi.CoreSig
	sendType, startType, resultType *abi.FuncType
}

func (p *goPackage) futureRaws(name string, elem wit.Type, pl *transform.Payload) *futureRaws {
	r := &futureRaws{pipeRaws: p.pipeRaws(name, pl)}
	et := p.g.types.Type(elem)
	r.sendType = &abi.FuncType{Params: []abi.Field{{Type: bindgen.Handle()}}}
	r.resultType = &abi.FuncType{Params: []abi.Field{{Type: bindgen.Handle()}}}
	if et != nil {
		r.sendType.Params = append(r.sendType.Params, abi.Field{Type: et})
		r.resultType.Result = bindgen.Option(et)
	}
	r.startType = &abi.FuncType{Params: r.resultType.Params, Result: bindgen.Result(r.resultType.Result, bindgen.Handle())}
	r.sendOne, r.sendSig = p.addLoweredOf(r.module, name+"Send", pl.Send.ABIName(), r.sendType)
	r.start, _ = p.addLoweredOf(r.module, name+"ReceiveStart", pl.ReceiveStart.ABIName(), r.startType)
	r.result, r.resultSig = p.addLoweredOf(r.module, name+"ReceiveResult", pl.ReceiveResult.ABIName(), r.resultType)
	return r
}

func (r *futureRaws) send(f *file, elem wit.Type) string {
	e := f.body("sender", "value")
	args := []string{"sender"}
	switch {
	case r.sendSig.IndirectParams:
		tuple := r.sendType.ParamTuple()
		area := e.local("params")
		e.printf("%s := %sAlloc(%d, %d)\n", area, e.allocate(), tuple.Size(), tuple.Align())
		e.printf("%s = sender\n", e.cell("int32", area, 0))
		e.store(area, tuple.FieldOffsets()[1], "value", elem)
		args = []string{area}
	case elem != nil:
		args = append(args, e.lower("value", elem)...)
	}
	e.printf("%s(%s)\n", r.sendOne, strings.Join(args, ", "))
	e.free()
	return e.text()
}

func (r *futureRaws) receive(f *file, elem wit.Type) string {
	e := f.body("receiver")
	ret := e.resultArea(r.startType.Result)
	e.printf("%s(receiver, %s)\n", r.start, ret)
	e.free()
	off := r.startType.Result.PayloadOffset()
	if elem == nil {
		e.finish(ret, off, r.result, r.resultSig, nil, nil, nil)
		e.printf("return %sUnit{}, true\n", f.witTypes())
		return e.text()
	}
	option := &wit.TypeDef{Kind: &wit.Option{Type: elem}}
	loaded := func(p string, off uint32, _ wit.Type) {
		e.printf("if %s == 0 {\nvar none %s\nreturn none, false\n}\n", e.cell("uint8", p, off), f.goType(elem))
		e.printf("return %s, true\n", e.load(p, off+r.resultType.Result.PayloadOffset(), elem))
	}
	e.finish(ret, off, r.result, r.resultSig, option, loaded, nil)
	return e.text()
}
