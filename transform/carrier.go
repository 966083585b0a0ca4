package transform

import (
	"github.com/isyswasfa/isyswasfa/wit"
)

// carrier gives the resource whose handles stand for a stream or future that
// text in ctx mentions (nil: the world itself).
func (c *copier) carrier(d *wit.TypeDef, ctx *wit.Interface) (*wit.TypeDef, error) {
	word, elem, ok := carried(d.Kind)
	if !ok {
		return c.bytes(d, ctx)
	}
	if r := borrowed(elem, func(*wit.TypeDef) bool { return true }); r != nil {
		return nil, c.errorf("a stream or future cannot carry borrow<%s>", r.Name)
	}
	if ctx == nil {
		var err error
		if ctx, err = c.worldTypes(); err != nil {
			return nil, err
		}
	}
	all := c.payloads[ctx]
	key := word + identity(elem)
	p := all.made[key]
	if p == nil {
		p = newPayload(all.names[key], word, ctx)
		all.made[key] = p
		all.order = append(all.order, p)
		helpers := c.future
		if p.Stream {
			helpers = c.stream
		}
		if err := helpers(p, elem); err != nil {
			return nil, err
		}
	}
	c.result.Payloads[d] = p
	return p.Receiver, nil
}

// bytes gives wasi:io's input-stream for a stream of bytes.
func (c *copier) bytes(d *wit.TypeDef, ctx *wit.Interface) (*wit.TypeDef, error) {
	in, err := c.stdType(streamsID, "input-stream", nil)
	if err != nil {
		return nil, err
	}
	c.streams = true
	c.result.Payloads[d] = &Payload{Stream: true, Receiver: in}
	return c.stdType(streamsID, "input-stream", ctx)
}

func newPayload(name, word string, ctx *wit.Interface) *Payload {
	end := func(side string) *wit.TypeDef {
		return &wit.TypeDef{Name: "isyswasfa-" + word + side + "-" + name, Interface: ctx, Kind: &wit.Resource{}}
	}
	p := &Payload{Name: name, Stream: word != "", Interface: ctx, Sender: end("sender"), Receiver: end("receiver")}
	p.Pipe = &wit.Function{
		Name:   "isyswasfa-" + word + "pipe-" + name,
		Result: &wit.TypeDef{Kind: &wit.Tuple{Types: []wit.Type{own(p.Sender), own(p.Receiver)}}},
	}
	return p
}

// future makes the functions of a future. One without a type sends nothing,
// so its receiver cannot tell a value from a dropped sender.
func (c *copier) future(p *Payload, elem wit.Type) error {
	p.Send = &wit.Function{Name: "send", Kind: wit.Static, Resource: p.Sender, Params: []wit.Param{{Name: "sender", Type: own(p.Sender)}}}
	receive := &wit.Function{Name: "receive", Kind: wit.Static, Resource: p.Receiver, Params: []wit.Param{{Name: "receiver", Type: own(p.Receiver)}}}
	if elem != nil {
		value, err := c.typ(elem, p.Interface)
		if err != nil {
			return err
		}
		p.Send.Params = append(p.Send.Params, wit.Param{Name: "result", Type: value})
		receive.Result = &wit.TypeDef{Kind: &wit.Option{Type: value}}
	}
	pair, err := c.pair(receive, p.Interface)
	p.ReceiveStart, p.ReceiveResult = pair.Start, pair.Result
	return err
}

// stream makes the functions of a stream. One without a type carries counts.
func (c *copier) stream(p *Payload, elem wit.Type) error {
	var items wit.Type = wit.U32
	if elem != nil {
		value, err := c.typ(elem, p.Interface)
		if err != nil {
			return err
		}
		items = &wit.TypeDef{Kind: &wit.List{Elem: value}}
	}
	self := func(end *wit.TypeDef) wit.Param {
		return wit.Param{Name: "self", Type: &wit.TypeDef{Kind: &wit.Handle{Borrow: true, Resource: end}}}
	}
	write, err := c.pair(&wit.Function{Name: "write", Kind: wit.Method, Resource: p.Sender,
		Params: []wit.Param{self(p.Sender), {Name: "items", Type: items}},
		Result: wit.Bool}, p.Interface)
	if err != nil {
		return err
	}
	read, err := c.pair(&wit.Function{Name: "read", Kind: wit.Method, Resource: p.Receiver,
		Params: []wit.Param{self(p.Receiver), {Name: "max", Type: wit.U32}},
		Result: &wit.TypeDef{Kind: &wit.Option{Type: items}}}, p.Interface)
	p.ReadStart, p.ReadResult = read.Start, read.Result
	p.WriteStart, p.WriteResult = write.Start, write.Result
	return err
}

// addHelpers puts the helpers of an interface's streams and futures in their
// places: the resources after its types, the functions before its functions.
func (c *copier) addHelpers(i *wit.Interface) {
	var fs []*wit.Function
	for _, p := range c.payloads[i].order {
		i.Types = append(i.Types, p.Sender, p.Receiver)
		for _, f := range []*wit.Function{p.Pipe, p.Send, p.ReceiveStart, p.ReceiveResult, p.WriteStart, p.WriteResult, p.ReadStart, p.ReadResult} {
			if f != nil {
				fs = append(fs, f)
			}
		}
	}
	i.Funcs = append(fs, i.Funcs...)
}
