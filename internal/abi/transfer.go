package abi

import (
	"errors"
	"fmt"
)

// A Transfer moves the parameters and the result of a call of one component
// instance by another, from memory to memory. It is immutable and safe for
// concurrent use.
type Transfer struct {
	// Caller is the core signature that the caller imports, Callee the one
	// that the callee exports.
	Caller, Callee CoreSig

	// Direct tells that no value needs work: the callee's core function
	// could be the caller's import. This holds for flat numbers of 32 and 64
	// bits only, since narrower ones have to be cut to their width.
	Direct bool

	params, result *node // result is nil for none
	needsMemory    bool  // for the parameters
}

// BindTransfer makes the plan for calls of a function of type ft between two
// component instances. String encodings are those of the Calls' options, and
// resources are those of the caller's side.
func BindTransfer(ft *FuncType, resolve ResolveResource) (*Transfer, error) {
	p := &Transfer{Caller: ft.Flatten(Lowered), Callee: ft.Flatten(Lifted)}
	b := &mover{resolve: resolve, nodes: map[*Type]*node{}}
	t := ft.ParamTuple()
	names := make([]string, len(ft.Params))
	p.needsMemory = p.Caller.IndirectParams
	p.Direct = !p.Caller.IndirectParams && !p.Caller.IndirectResult
	for i, f := range ft.Params {
		names[i] = fmt.Sprintf("param %d (%s)", i+1, f.Name)
		p.needsMemory = p.needsMemory || f.Type.HasPointers()
		p.Direct = p.Direct && isCoreNumber(f.Type)
	}
	var err error
	p.params = &node{op: opRecord, size: t.Size(), align: t.Align(), flat: len(t.Flat())}
	if t.Size() > MaxListBytes {
		return nil, errors.New("parameters: too large")
	}
	if err = b.fields(p.params, t, "", names); err != nil || ft.Result == nil {
		return p, err
	}
	if ft.Result.HasBorrows() {
		return nil, errors.New("result: a result cannot hold borrow handles")
	}
	p.Direct = p.Direct && isCoreNumber(ft.Result)
	p.result, err = b.bind(ft.Result, "result")
	return p, err
}

func isCoreNumber(t *Type) bool {
	switch t.Kind {
	case S32, U32, S64, U64, F32, F64:
		return true
	}
	return false
}

// Params moves the parameters of a call from the caller's stack in to the
// callee's stack out. The two stacks must not overlap.
func (p *Transfer) Params(caller, callee *Call, in, out []uint64) error {
	if p.needsMemory { // the callee's is looked at once something is allocated in it
		if err := caller.view(); err != nil {
			return at(err, "parameters")
		}
	}
	if !p.Caller.IndirectParams {
		return p.params.copyFlat(caller, callee, in, out)
	}
	src := uint32(in[0])
	if err := caller.check(src, p.params.size, p.params.align); err != nil {
		return at(err, "parameters")
	}
	dst, err := callee.alloc(p.params.align, p.params.size)
	if err != nil {
		return at(err, "parameters")
	}
	out[0] = uint64(dst)
	return p.params.copy(caller, callee, src, dst)
}

// Result moves the result of a call from the callee's stack in to the caller's
// stack out, which still holds the caller's parameters. End is due for both
// Calls after it, the callee's before post-return.
func (p *Transfer) Result(caller, callee *Call, in, out []uint64) error {
	if p.result == nil {
		return nil
	}
	if !p.Caller.IndirectResult {
		return at(p.result.copyFlat(callee, caller, in, out), "result")
	}
	if err := caller.view(); err != nil {
		return at(err, "result")
	}
	if err := callee.view(); err != nil {
		return at(err, "result")
	}
	src, dst := uint32(in[0]), uint32(out[len(p.Caller.Params)-1])
	if err := callee.check(src, p.result.size, p.result.align); err != nil {
		return at(err, "result")
	}
	if err := caller.check(dst, p.result.size, p.result.align); err != nil {
		return at(err, "result")
	}
	return at(p.result.copy(callee, caller, src, dst), "result")
}

// A mover makes the nodes of one Transfer. They differ from those of a GoPlan
// in that they know no Go type.
type mover struct {
	resolve ResolveResource
	nodes   map[*Type]*node
}

func (b *mover) bind(t *Type, path string) (*node, error) {
	if n := b.nodes[t]; n != nil {
		return n, nil
	}
	if err := checkType(t, path); err != nil {
		return nil, err
	}
	n := &node{size: t.Size(), align: t.Align(), flat: len(t.Flat())}
	if err := b.fill(n, t, path); err != nil {
		return nil, err
	}
	b.nodes[t] = n
	return n, nil
}

func (b *mover) fill(n *node, t *Type, path string) (err error) {
	if s, ok := scalars[t.Kind]; ok {
		n.op, n.bulk = s.op, isNumber(s.op)
		return nil
	}
	switch t.Kind {
	case List:
		n.op = opList
		n.elem, err = b.bind(t.Elem, path+"[]")
		if t.Len > 0 && err == nil {
			n.op, n.length, n.bulk = opArray, t.Len, n.elem.bulk
		}
		return err
	case Record, Tuple:
		n.op = opRecord
		return b.fields(n, t, path, fieldNames(t))
	case Flags:
		n.op, n.mask = opFlags, flagsMask(t)
		return nil
	case Own, Borrow:
		n.op = opOwn
		if t.Kind == Borrow {
			n.op = opBorrow
		}
		if b.resolve == nil {
			return fmt.Errorf("%s: no resource types are known here", path)
		}
		if n.res, err = b.resolve(t.Resource); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}
	n.op, n.disc, n.payload = opVariant, DiscriminantSize(len(t.Cases)), t.PayloadOffset()
	n.steps = make([]step, len(t.Cases))
	for i, c := range t.Cases {
		n.steps[i].name = "." + c.Name
		if c.Type == nil {
			continue
		}
		if n.steps[i].node, err = b.bind(c.Type, path+"."+c.Name); err != nil {
			return err
		}
	}
	return nil
}

func (b *mover) fields(n *node, t *Type, path string, names []string) error {
	n.bulk = true
	slot, sum := 0, uint32(0)
	for i, f := range t.Fields {
		e, err := b.bind(f.Type, path+names[i])
		if err != nil {
			return err
		}
		n.bulk = n.bulk && e.bulk
		n.inline(step{node: e, mem: t.FieldOffsets()[i], slot: slot, name: names[i]})
		slot += e.flat
		sum += e.size
	}
	n.bulk = n.bulk && sum == n.size
	return nil
}
