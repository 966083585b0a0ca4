package transform

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/wit"
)

// payloads are the futures of one interface.
type payloads struct {
	names map[string]string   // what a type is -> NAME
	made  map[string]*Payload // what a type is -> its helpers
	order []*Payload          // in the order they were first met
}

// namePayloads gives the futures of an interface their names, in text order:
// of different types with one name the later ones get a number.
func namePayloads(i *wit.Interface) *payloads {
	p := &payloads{names: map[string]string{}, made: map[string]*Payload{}}
	taken := map[string]bool{}
	var visit func(t wit.Type)
	visit = func(t wit.Type) {
		d, ok := t.(*wit.TypeDef)
		if !ok {
			return
		}
		if f, ok := d.Kind.(*wit.Future); ok {
			key := identity(f.Elem)
			if _, known := p.names[key]; !known {
				name := PayloadName(f.Elem)
				for n := 2; taken[name]; n++ {
					name = fmt.Sprintf("%s-n%d", PayloadName(f.Elem), n)
				}
				taken[name] = true
				p.names[key] = name
			}
		}
		for _, part := range wit.Parts(d) {
			if named, ok := part.(*wit.TypeDef); !ok || named.Name == "" {
				visit(part)
			}
		}
	}
	for _, t := range i.Types {
		visit(t)
	}
	for _, f := range i.Funcs {
		for _, param := range f.Params {
			if d, ok := param.Type.(*wit.TypeDef); ok && d.Name == "" {
				visit(d)
			}
		}
		if d, ok := f.Result.(*wit.TypeDef); ok && d.Name == "" {
			visit(d)
		}
	}
	return p
}

// identity tells types apart: equal texts mean equal types.
func identity(t wit.Type) string {
	d, ok := t.(*wit.TypeDef)
	switch {
	case t == nil:
		return "_"
	case !ok:
		return wit.PrintType(t)
	case d.Name != "":
		return fmt.Sprintf("%p", d)
	}
	var parts []string
	switch k := d.Kind.(type) {
	case *wit.Handle:
		return fmt.Sprintf("handle %t %p", k.Borrow, k.Resource)
	case *wit.List:
		parts = []string{fmt.Sprint(k.Len)}
	case *wit.Result:
		parts = []string{fmt.Sprint(k.OK != nil, k.Err != nil)}
	}
	for _, part := range wit.Parts(d) {
		parts = append(parts, identity(part))
	}
	return fmt.Sprintf("%T(%s)", d.Kind, strings.Join(parts, ","))
}

// PayloadName gives NAME for a future of t: a named type's own name, else
// words for its structure. nil gives "unit".
func PayloadName(t wit.Type) string {
	d, ok := t.(*wit.TypeDef)
	switch {
	case t == nil:
		return "unit"
	case t == wit.F32:
		return "float32" // the convention's names are older than f32 and f64
	case t == wit.F64:
		return "float64"
	case !ok:
		return wit.PrintType(t)
	case d.Name != "":
		return d.Name
	}
	names := func(word string, types ...wit.Type) string {
		for _, x := range types {
			word += "-" + PayloadName(x)
		}
		return word
	}
	switch k := d.Kind.(type) {
	case *wit.Handle:
		if k.Borrow {
			return "borrow-" + k.Resource.Name
		}
		return "own-" + k.Resource.Name
	case *wit.Tuple:
		return names("tuple", k.Types...)
	case *wit.Option:
		return names("option", k.Type)
	case *wit.Result:
		return names("result", k.OK, k.Err)
	case *wit.List:
		if k.Len > 0 {
			return fmt.Sprintf("%s-n%d", names("list", k.Elem), k.Len)
		}
		return names("list", k.Elem)
	case *wit.Map:
		return names("map", k.Key, k.Value)
	case *wit.Stream:
		return names("stream", k.Elem)
	case *wit.Future:
		return names("future", k.Elem)
	case *wit.Alias:
		return PayloadName(k.Type)
	}
	return "unit"
}

// carrier gives the resource whose handles stand for a stream or future that
// text in ctx mentions.
func (c *copier) carrier(d *wit.TypeDef, ctx *wit.Interface) (*wit.TypeDef, error) {
	if s, ok := d.Kind.(*wit.Stream); ok {
		return c.stream(d, s)
	}
	f := d.Kind.(*wit.Future)
	if ctx == nil {
		return nil, c.errorf("not supported yet: %s outside an interface", wit.PrintType(&wit.TypeDef{Kind: f}))
	}
	all := c.payloads[ctx]
	key := identity(f.Elem)
	p := all.made[key]
	if p == nil {
		p = newPayload(all.names[key], ctx)
		all.made[key] = p
		all.order = append(all.order, p)
		if err := c.helpers(p, f.Elem, ctx); err != nil {
			return nil, err
		}
	}
	c.result.Payloads[d] = p
	return p.Receiver, nil
}

// stream gives wasi:io's input-stream for a stream of bytes.
func (c *copier) stream(d *wit.TypeDef, s *wit.Stream) (*wit.TypeDef, error) {
	elem := s.Elem
	if e, ok := elem.(*wit.TypeDef); ok {
		elem = e.Resolve()
	}
	if elem != wit.U8 {
		return nil, c.errorf("not supported yet: %s (only streams of bytes are)", wit.PrintType(&wit.TypeDef{Kind: s}))
	}
	in, err := c.stdType(streamsID, "input-stream")
	if err != nil {
		return nil, err
	}
	c.streams = true
	c.result.Payloads[d] = &Payload{Receiver: in}
	return in, nil
}

func newPayload(name string, ctx *wit.Interface) *Payload {
	end := func(word string) *wit.TypeDef {
		return &wit.TypeDef{Name: "isyswasfa-" + word + "-" + name, Interface: ctx, Kind: &wit.Resource{}}
	}
	return &Payload{Name: name, Interface: ctx, Sender: end("sender"), Receiver: end("receiver")}
}

// helpers makes the functions of a future. A future without a type sends
// nothing, so its receiver cannot tell a value from a dropped sender.
func (c *copier) helpers(p *Payload, elem wit.Type, ctx *wit.Interface) error {
	p.Pipe = &wit.Function{
		Name:   "isyswasfa-pipe-" + p.Name,
		Result: &wit.TypeDef{Kind: &wit.Tuple{Types: []wit.Type{own(p.Sender), own(p.Receiver)}}},
	}
	p.Send = &wit.Function{Name: "send", Kind: wit.Static, Resource: p.Sender, Params: []wit.Param{{Name: "sender", Type: own(p.Sender)}}}
	p.ReceiveStart = &wit.Function{Name: StartName("receive"), Kind: wit.Static, Resource: p.Receiver, Params: []wit.Param{{Name: "receiver", Type: own(p.Receiver)}}}
	p.ReceiveResult = &wit.Function{Name: ResultName("receive"), Kind: wit.Static, Resource: p.Receiver}
	var some wit.Type
	if elem != nil {
		value, err := c.typ(elem, ctx)
		if err != nil {
			return err
		}
		p.Send.Params = append(p.Send.Params, wit.Param{Name: "result", Type: value})
		some = &wit.TypeDef{Kind: &wit.Option{Type: value}}
		p.ReceiveResult.Result = some
	}
	var err error
	if p.ReceiveStart.Result, err = c.orPending(some); err != nil {
		return err
	}
	p.ReceiveResult.Params, err = c.readyParam()
	return err
}

// addHelpers puts the helpers of an interface's futures in their places: the
// resources after its types, the functions before its functions.
func (c *copier) addHelpers(i *wit.Interface) {
	var fs []*wit.Function
	for _, p := range c.payloads[i].order {
		i.Types = append(i.Types, p.Sender, p.Receiver)
		fs = append(fs, p.Pipe, p.Send, p.ReceiveStart, p.ReceiveResult)
	}
	i.Funcs = append(fs, i.Funcs...)
}
