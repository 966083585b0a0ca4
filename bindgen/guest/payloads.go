package guest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A payload is a stream or future other than stream<u8>, in the package that
// has the functions to make it and to wrap its handles.
type payload struct {
	helpers *transform.Payload
	elem    wit.Type // nil if there is none
	name    string   // "StreamString": part of Go names

	make, lift, lower string // functions of the package
	table             string // its variable: the vtable or, of an exported interface, the implementation
}

// assignPayloads decides on the names of the streams and futures whose helpers
// are in the package.
func (p *goPackage) assignPayloads() {
	p.byKey = map[*transform.Payload]*payload{}
	if !p.export && p.iface != nil && !p.g.imported(p) {
		return // it has only types, which the exported interface shares
	}
	taken := map[string]bool{}
	for _, t := range p.mentioned() {
		if isBytes(t.Kind) {
			p.bytes = true
			continue
		}
		helpers := p.g.poly.Payloads[t]
		if p.byKey[helpers] != nil || p.g.payloadOwner(helpers, p) != p {
			continue
		}
		pl := &payload{helpers: helpers, elem: element(t), name: p.g.mangledName(p, t)}
		if taken[pl.name] {
			// Two types that the helpers tell apart are one type in Go.
			pl.name = kindWord(t.Kind) + bindgen.UpperCamel(helpers.Name)
		}
		taken[pl.name] = true
		pl.table = p.private("vtable" + pl.name)
		pl.make, pl.lift, pl.lower = p.declare("Make"+pl.name), p.declare("Lift"+pl.name), p.declare("Lower"+pl.name)
		p.byKey[helpers] = pl
		p.payloads = append(p.payloads, pl)
	}
}

// generatePayloads declares what the streams and futures that an interface
// mentions need: functions to make them and to wrap their handles.
func (p *goPackage) generatePayloads() {
	for _, pl := range p.payloads {
		switch {
		case p.export:
			p.ownPayload(pl)
		case pl.helpers.Stream:
			p.stream(pl)
		default:
			p.future(pl)
		}
	}
	if p.bytes {
		p.byteStream()
	}
}

// mentioned gives the streams and futures in the package's types and functions.
func (p *goPackage) mentioned() []*wit.TypeDef {
	types := p.types
	if p.iface != nil {
		types = p.iface.Types
	}
	funcs := slices.Concat(p.imports, p.exports, p.also)
	if p.export && p.iface == nil {
		types, funcs = nil, nil // the world's own are all imported
	}
	return payloadTypes(types, funcs)
}

// payloadTypes gives the streams and futures in types and functions, in the
// order of the text.
func payloadTypes(types []*wit.TypeDef, funcs []*wit.Function) []*wit.TypeDef {
	var found []*wit.TypeDef
	seen := map[*wit.TypeDef]bool{}
	var visit func(t wit.Type)
	visit = func(t wit.Type) {
		td, ok := t.(*wit.TypeDef)
		if !ok || seen[td] {
			return
		}
		seen[td] = true
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

// payloadOwner gives the package that has the helpers of a stream or future,
// for code of the package given.
func (g *generator) payloadOwner(helpers *transform.Payload, from *goPackage) *goPackage {
	has := func(p *goPackage) bool {
		return p != nil && p.iface != nil && g.poly.Interfaces[p.iface] == helpers.Interface
	}
	if has(from) {
		return from
	}
	for i, p := range g.exported {
		if from.export && has(p) {
			return g.exported[i]
		}
	}
	for _, p := range g.pkgs {
		if has(p) {
			return p
		}
	}
	return g.pkgs[nil] // those of the world's own functions
}

// payloadRef gives the function to lift or to lower a stream or future,
// qualified if it is in another package.
func (f *file) payloadRef(t *wit.TypeDef, what string) string {
	helpers := f.p.g.poly.Payloads[t]
	owner := f.p.g.payloadOwner(helpers, f.p)
	pl := owner.byKey[helpers]
	name := pl.lift
	if what == "Lower" {
		name = pl.lower
	}
	if owner == f.p {
		return name
	}
	return f.use(owner.path, owner.name) + name
}

// byteStream declares the functions for stream<u8>.
func (p *goPackage) byteStream() {
	f := p.main
	name := p.declare("MakeStreamU8")
	f.printf("// %s makes a stream<u8>: what is written to one end is read from the other.\n", name)
	f.printf("func %s() (*%sStreamWriter[uint8], *witTypes.StreamReader[uint8]) {\nreturn %sMakeStreamU8()\n}\n\n", name, f.witTypes(), f.witAsync())
	if p.export {
		return
	}
	name = p.declare("LiftStreamU8")
	f.printf("// %s wraps the owned handle of a stream's reading end.\n", name)
	f.printf("func %s(handle int32) *witTypes.StreamReader[uint8] {\nreturn witAsync.MakeStreamReaderU8(handle)\n}\n\n", name)
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
		case *wit.Map:
			return join("map", g.mangle(p, k.Key), g.mangle(p, k.Value))
		case *wit.Stream:
			return join("stream", g.mangle(p, k.Elem))
		case *wit.Future:
			return join("future", g.mangle(p, k.Elem))
		}
		if owner := g.home(s, p); owner != p && s.Interface != p.iface {
			return join(strings.ReplaceAll(strings.TrimPrefix(owner.name, "export_"), "_", "-"), s.Name)
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
	module, handle := p.module, []string{"int32"}
	if p.iface == nil {
		module = transform.WorldTypes
	}
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

// pipeFuncs declares the functions that make a stream or future, that wrap the
// handle of its reading end, and that give one away.
func (p *goPackage) pipeFuncs(pl *payload) {
	f, types, goType := p.main, p.main.witTypes(), p.main.goType(pl.elem)
	kind := pl.name[:len("Stream")] // or "Future"
	word := strings.ToLower(kind)
	make, lift, lower := types+"Make"+kind+"(&"+pl.table+")", types+"Make"+kind+"Reader(&"+pl.table+", handle)", pl.table+".Take(reader)"
	if p.export {
		make, lift, lower = pl.table+".Make()", pl.table+".Lift(handle)", pl.table+".Lower(reader)"
	}
	reader := fmt.Sprintf("*%s%sReader[%s]", types, kind, goType)
	f.printf("// %s makes a %s: what is written to one end is read from the other.\n", pl.make, word)
	f.printf("func %s() (*%s%sWriter[%s], %s) {\nreturn %s\n}\n\n", pl.make, types, kind, goType, reader, make)
	f.printf("// %s wraps the owned handle of a %s's reading end.\n", pl.lift, word)
	f.printf("func %s(handle int32) %s {\nreturn %s\n}\n\n", pl.lift, reader, lift)
	f.printf("// %s gives a %s's reading end away and gives its owned handle.\n", pl.lower, word)
	f.printf("func %s(reader %s) (handle int32) {\nreturn %s\n}\n\n", pl.lower, reader, lower)
}
