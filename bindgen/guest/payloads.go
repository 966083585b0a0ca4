package guest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

// generatePayloads declares what the streams and futures that an interface
// mentions need: functions to make them and to wrap their handles.
func (p *goPackage) generatePayloads() {
	bytes := false
	for _, t := range p.mentioned() {
		if isBytes(t.Kind) {
			bytes = true
			continue
		}
		pl := p.g.poly.Payloads[t]
		if p.payloads[pl] || p.g.payloadOwner(pl) != p {
			continue
		}
		p.payloads[pl] = true
		if pl.Stream {
			p.stream(t, pl)
		} else {
			p.future(t, pl)
		}
	}
	if bytes {
		p.byteStream()
	}
}

// mentioned gives the streams and futures in the package's types and functions.
func (p *goPackage) mentioned() []*wit.TypeDef {
	return payloadTypes(p.typeDefs(), slices.Concat(p.imports, p.also))
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

// payloadOwner gives the package that has the helpers of a stream or future.
func (g *generator) payloadOwner(pl *transform.Payload) *goPackage {
	for _, p := range g.order {
		if p.iface != nil && !p.export && g.poly.Interfaces[p.iface] == pl.Interface {
			return p
		}
	}
	return g.pkgs[nil] // those of the world's own functions
}

// payloadModule gives the name of the import that has the helpers.
func (g *generator) payloadModule(pl *transform.Payload) string {
	for _, item := range g.poly.World.Imports {
		if item.Interface == pl.Interface {
			return item.Name
		}
	}
	return pl.Interface.ID()
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

// liftPayload wraps the handle of a stream's or future's reading end.
func (e *body) liftPayload(t *wit.TypeDef, handle string) string {
	g := e.f.p.g
	pl := g.poly.Payloads[t]
	owner := g.payloadOwner(pl)
	prefix := ""
	if owner != e.f.p {
		prefix = e.f.use(owner.path, owner.name)
	}
	return prefix + "Lift" + g.payloadName(owner, t, pl) + "(" + handle + ")"
}

// payloadName gives the name of a stream or future as part of Go names. Where
// two types that the helpers tell apart are one type in Go, the later gets the
// name that the helpers have.
func (g *generator) payloadName(owner *goPackage, t *wit.TypeDef, pl *transform.Payload) string {
	name := g.mangledName(owner, t)
	for _, other := range owner.mentioned() {
		if isBytes(other.Kind) || g.mangledName(owner, other) != name {
			continue
		}
		if g.poly.Payloads[other] != pl {
			return kindWord(t.Kind) + bindgen.UpperCamel(pl.Name)
		}
		break
	}
	return name
}

func (g *generator) mangledName(owner *goPackage, t *wit.TypeDef) string {
	return kindWord(t.Kind) + bindgen.UpperCamel(g.mangle(owner, element(t)))
}

func kindWord(k wit.Kind) string {
	if _, ok := k.(*wit.Stream); ok {
		return "Stream"
	}
	return "Future"
}

// element gives what a stream or future carries, or nil.
func element(t *wit.TypeDef) wit.Type {
	switch k := t.Kind.(type) {
	case *wit.Stream:
		return k.Elem
	case *wit.Future:
		return k.Elem
	}
	return nil
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

// pipeRaws are the helper functions that streams and futures have in common.
type pipeRaws struct {
	module                             string
	makePipe, dropSender, dropReceiver string
}

func (p *goPackage) pipeRaws(name string, pl *transform.Payload) pipeRaws {
	module, handle := p.g.payloadModule(pl), []string{"int32"}
	return pipeRaws{
		module:       module,
		makePipe:     p.addRawOf(module, name+"Pipe", pl.Pipe.ABIName(), []string{"unsafe.Pointer"}, nil),
		dropSender:   p.addRawOf(module, name+"DropSender", "[resource-drop]"+pl.Sender.Name, handle, nil),
		dropReceiver: p.addRawOf(module, name+"DropReceiver", "[resource-drop]"+pl.Receiver.Name, handle, nil),
	}
}

// pipe gives the statements that make a pair of ends.
func (r *pipeRaws) pipe(f *file) string {
	e := f.body("sender", "receiver")
	ret := e.local("ret")
	e.printf("%s := %sAlloc(8, 4)\n%s(%s)\n", ret, e.allocate(), r.makePipe, ret)
	e.free()
	e.printf("return %s, %s\n", e.cell("int32", ret, 0), e.cell("int32", ret, 4))
	return e.text()
}

// makeAndLift declares the functions that make a stream or future and that
// wrap the handle of its reading end.
func (p *goPackage) makeAndLift(name, vtable, goType string) {
	f, types := p.main, p.main.witTypes()
	kind := name[:len("Stream")] // or "Future"
	make := p.declare("Make" + name)
	f.printf("// %s makes a %s: what is written to one end is read from the other.\n", make, strings.ToLower(kind))
	f.printf("func %s() (*%s%sWriter[%s], *%s%sReader[%s]) {\nreturn %sMake%s(&%s)\n}\n\n", make, types, kind, goType, types, kind, goType, types, kind, vtable)
	lift := p.declare("Lift" + name)
	f.printf("// %s wraps the owned handle of a %s's reading end.\n", lift, strings.ToLower(kind))
	f.printf("func %s(handle int32) *%s%sReader[%s] {\nreturn %sMake%sReader(&%s, handle)\n}\n\n", lift, types, kind, goType, types, kind, vtable)
}
