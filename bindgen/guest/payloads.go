package guest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

// generatePayloads declares what the streams and futures that an interface
// mentions need: functions to make them and to wrap their handles.
func (p *goPackage) generatePayloads(types []*wit.TypeDef) {
	bytes := false
	for _, t := range payloadTypes(types, p.imports) {
		if _, ok := t.Kind.(*wit.Stream); ok {
			bytes = true
			continue
		}
		pl := p.g.poly.Payloads[t]
		if pl == nil || p.futures[pl] || p.g.payloadOwner(pl) != p {
			continue
		}
		p.futures[pl] = true
		p.future(t, pl)
	}
	if bytes {
		p.byteStream()
	}
}

// payloadTypes gives the streams and futures in types and functions, in the
// order of the text.
func payloadTypes(types []*wit.TypeDef, funcs []*wit.Function) []*wit.TypeDef {
	var found []*wit.TypeDef
	var visit func(t wit.Type)
	visit = func(t wit.Type) {
		td, ok := t.(*wit.TypeDef)
		if !ok || slices.Contains(found, td) {
			return
		}
		for _, part := range wit.Parts(td) {
			visit(part)
		}
		switch td.Kind.(type) {
		case *wit.Stream, *wit.Future:
			found = append(found, td)
		}
	}
	for _, t := range types {
		if isOwn(t) {
			visit(t)
		}
	}
	for _, f := range funcs {
		for _, p := range f.Params {
			visit(p.Type)
		}
		visit(f.Result)
	}
	return found
}

// payloadOwner gives the package of the interface that has the helpers.
func (g *generator) payloadOwner(pl *transform.Payload) *goPackage {
	for _, p := range g.order {
		if p.iface != nil && !p.export && g.poly.Interfaces[p.iface] == pl.Interface {
			return p
		}
	}
	return nil
}

// byteStream declares the functions for stream<u8>.
func (p *goPackage) byteStream() {
	f := p.main
	name := p.declare("MakeStreamU8")
	f.printf("// %s makes a stream<u8>: what is written to one end is read from the other.\n", name)
	f.printf("func %s() (*%sStreamWriter[uint8], *witTypes.StreamReader[uint8]) {\nreturn %sMakeStreamU8()\n}\n\n", name, f.witTypes(), f.witAsync())
	name = p.declare("LiftStreamU8")
	f.printf("// %s wraps the owned handle of a stream's reading end.\n", name)
	f.printf("func %s(handle int32) *witTypes.StreamReader[uint8] {\nreturn witAsync.MakeStreamReaderU8(handle)\n}\n\n", name)
}

// liftFuture wraps the handle of a future's reading end.
func (e *body) liftFuture(t *wit.TypeDef, handle string) string {
	g := e.f.p.g
	pl := g.poly.Payloads[t]
	owner := g.payloadOwner(pl)
	prefix := ""
	if owner != e.f.p {
		prefix = e.f.use(owner.path, owner.name)
	}
	return prefix + "LiftFuture" + g.payloadName(owner, t, pl) + "(" + handle + ")"
}

// payloadName gives the name of a future's element type as part of Go names.
// Where two types that the helpers tell apart are one type in Go, the later
// gets the name that the helpers have.
func (g *generator) payloadName(owner *goPackage, t *wit.TypeDef, pl *transform.Payload) string {
	name := bindgen.UpperCamel(g.mangle(owner, t.Kind.(*wit.Future).Elem))
	types := owner.types
	if owner.iface != nil {
		types = owner.iface.Types
	}
	for _, other := range payloadTypes(types, owner.imports) {
		k, ok := other.Kind.(*wit.Future)
		if !ok || bindgen.UpperCamel(g.mangle(owner, k.Elem)) != name {
			continue
		}
		if g.poly.Payloads[other] != pl {
			return bindgen.UpperCamel(pl.Name)
		}
		break
	}
	return name
}

// mangle names a type in words with hyphens.
func (g *generator) mangle(p *goPackage, t wit.Type) string {
	join := func(parts ...string) string { return strings.Join(parts, "-") }
	switch s := structure(t).(type) {
	case wit.Primitive:
		return s.String()
	case *wit.TypeDef:
		switch k := s.Kind.(type) {
		case *wit.Handle:
			return g.mangle(p, k.Resource)
		case *wit.Option:
			return join("option", g.mangle(p, k.Type))
		case *wit.Result:
			return join("result", g.mangle(p, k.OK), g.mangle(p, k.Err))
		case *wit.List:
			if k.Len > 0 {
				return join("list", g.mangle(p, k.Elem), fmt.Sprintf("n%d", k.Len))
			}
			return join("list", g.mangle(p, k.Elem))
		case *wit.Tuple:
			parts := []string{fmt.Sprintf("tuple%d", len(k.Types))}
			for _, t := range k.Types {
				parts = append(parts, g.mangle(p, t))
			}
			return join(parts...)
		case *wit.Stream:
			return join("stream", g.mangle(p, k.Elem))
		case *wit.Future:
			return join("future", g.mangle(p, k.Elem))
		}
		if owner := g.owner(s); owner != p {
			return join(strings.ReplaceAll(owner.name, "_", "-"), s.Name)
		}
		return s.Name
	}
	return "unit"
}

// future declares the vtable of a future and the functions that use it.
func (p *goPackage) future(t *wit.TypeDef, pl *transform.Payload) {
	f := p.main
	elem := t.Kind.(*wit.Future).Elem
	name := p.g.payloadName(p, t, pl)
	goType, types := f.goType(elem), f.witTypes()
	vtable := p.declare("future" + name)
	raws := p.futureRaws("Future"+name, elem, pl)
	f.printf("var %s = %sFutureVtable[%s]{\n", vtable, types, goType)
	f.printf("Make: func() (sender, receiver int32) {\n%s},\n", raws.pipe(f))
	f.printf("Send: func(sender int32, value %s) {\n%s},\n", goType, raws.send(f, elem))
	f.printf("Receive: func(receiver int32) (%s, bool) {\n%s},\n", goType, raws.receive(f, elem))
	f.printf("DropSender: %s,\nDropReceiver: %s,\n}\n\n", raws.dropSender, raws.dropReceiver)

	make := p.declare("MakeFuture" + name)
	f.printf("// %s makes a future: what is written to one end is read from the other.\n", make)
	f.printf("func %s() (*%sFutureWriter[%s], *%sFutureReader[%s]) {\nreturn %sMakeFuture(&%s)\n}\n\n", make, types, goType, types, goType, types, vtable)
	lift := p.declare("LiftFuture" + name)
	f.printf("// %s wraps the owned handle of a future's reading end.\n", lift)
	f.printf("func %s(handle int32) *%sFutureReader[%s] {\nreturn %sMakeFutureReader(&%s, handle)\n}\n\n", lift, types, goType, types, vtable)
}

// futureRaws are the helper functions of a future.
type futureRaws struct {
	makePipe, sendOne, start, result string
	dropSender, dropReceiver         string
	sendSig, resultSig               abi.CoreSig
	sendType, startType, resultType  *abi.FuncType
}

func (p *goPackage) futureRaws(name string, elem wit.Type, pl *transform.Payload) *futureRaws {
	r := &futureRaws{}
	handle := []string{"int32"}
	r.makePipe = p.addRaw(name+"Pipe", pl.Pipe.ABIName(), []string{"unsafe.Pointer"}, nil)
	et := p.g.types.Type(elem)
	r.sendType = &abi.FuncType{Params: []abi.Field{{Type: bindgen.Handle()}}}
	r.resultType = &abi.FuncType{Params: []abi.Field{{Type: bindgen.Handle()}}}
	if et != nil {
		r.sendType.Params = append(r.sendType.Params, abi.Field{Type: et})
		r.resultType.Result = bindgen.Option(et)
	}
	r.startType = &abi.FuncType{Params: r.resultType.Params, Result: bindgen.Result(r.resultType.Result, bindgen.Handle())}
	r.sendOne, r.sendSig = p.addLowered(name+"Send", pl.Send.ABIName(), r.sendType)
	r.start, _ = p.addLowered(name+"ReceiveStart", pl.ReceiveStart.ABIName(), r.startType)
	r.result, r.resultSig = p.addLowered(name+"ReceiveResult", pl.ReceiveResult.ABIName(), r.resultType)
	r.dropSender = p.addRaw(name+"DropSender", "[resource-drop]"+pl.Sender.Name, handle, nil)
	r.dropReceiver = p.addRaw(name+"DropReceiver", "[resource-drop]"+pl.Receiver.Name, handle, nil)
	return r
}

func (r *futureRaws) pipe(f *file) string {
	e := f.body("sender", "receiver")
	ret := e.local("ret")
	e.printf("%s := %sAlloc(8, 4)\n%s(%s)\n", ret, e.allocate(), r.makePipe, ret)
	e.free()
	e.printf("return %s, %s\n", e.cell("int32", ret, 0), e.cell("int32", ret, 4))
	return e.text()
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
