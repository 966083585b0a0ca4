package abitest

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"unsafe"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// resources is the number of resource types: the first one is defined by the
// component that a value comes from, the second one by the component that it
// goes to, the third one by neither.
const resources = 3

// A HandleQuestion asks what becomes of the handles in a value that one
// component passes to another.
type HandleQuestion struct {
	Type   Desc            `json:"t"`
	Value  json.RawMessage `json:"v"` // with the numbers of handles
	Result bool            `json:"r"` // it is a result, not a parameter

	// What was done before to the tables of the two components.
	From []HandleOp `json:"from"`
	To   []HandleOp `json:"to"`

	// Keep is the number of borrow handles that the component that was called
	// does not drop.
	Keep int `json:"keep"`
}

// A HandleOp adds a handle for a representation of a resource type, which it
// may have borrowed, or drops a handle.
type HandleOp struct {
	Op       string `json:"op"` // own, borrow or drop
	Resource int    `json:"res"`
	Number   uint32 `json:"n"` // the representation, or the handle to drop
}

// A HandleAnswer tells what becomes of the handles: the lowered value and the
// tables while the call is under way, and the first table after it, if the end
// of the call is no trap.
type HandleAnswer struct {
	Moved *Lowered `json:"move,omitempty"` // nil for a trap
	From  []Handle `json:"from"`
	To    []Handle `json:"to"`

	// Dropped are the borrow handles that are dropped before the end.
	Dropped []Handle  `json:"drop"`
	After   *[]Handle `json:"after,omitempty"`
}

// A Handle is an entry of a table: its number, the number of its resource
// type, the representation, 1 if it is owned, and how often it is lent.
type Handle [5]uint32

// A handleTable simulates a table while it is filled.
type handleTable struct {
	ops   []HandleOp
	list  []Handle // by number, empty ones have the number 0
	free  []uint32
	taken map[uint32]bool
}

func (g *Generator) handleTable(own int) *handleTable {
	t := &handleTable{list: make([]Handle, 1), taken: map[uint32]bool{}}
	for range g.IntN(24) {
		op := HandleOp{pick(g, "own", "own", "own", "borrow", "drop"), g.IntN(resources), g.Uint32() >> g.IntN(32)}
		h := uint32(g.IntN(len(t.list)))
		switch {
		case op.Op == "borrow" && op.Resource == own:
			continue // it gets the representation
		case op.Op != "drop":
			t.add(op)
		case t.list[h][0] != 0:
			op.Resource, op.Number = int(t.list[h][1]), h
			t.list[h], t.free = Handle{}, append(t.free, h)
		default:
			continue
		}
		t.ops = append(t.ops, op)
	}
	return t
}

func (t *handleTable) add(op HandleOp) {
	h := uint32(len(t.list))
	if n := len(t.free); n > 0 {
		h, t.free = t.free[n-1], t.free[:n-1]
	} else {
		t.list = append(t.list, Handle{})
	}
	t.list[h] = Handle{h, uint32(op.Resource), op.Number}
	if op.Op == "own" {
		t.list[h][3] = 1
	}
}

// pick picks a handle for a type, in most cases one that it can be.
func (t *handleTable) pick(g *Generator, typ *abi.Type) uint32 {
	if g.IntN(40) > 0 {
		for range 40 {
			h := uint32(g.IntN(len(t.list)))
			e := t.list[h]
			fits := e[0] != 0 && int(e[1]) == typ.Resource.(int)
			if fits && (typ.Kind == abi.Borrow || e[3] == 1) && !t.taken[h] {
				t.taken[h] = typ.Kind == abi.Own
				return h
			}
		}
	}
	return uint32(g.IntN(len(t.list) + 3))
}

// other is what handles are that are not owned.
func (g *Generator) other() string {
	if g.owned {
		return "own"
	}
	return "borrow"
}

// HandleQuestion makes a question about a value of a random type.
func (g *Generator) HandleQuestion(depth int) *HandleQuestion {
	g.handles, g.owned = g.handleTable(0), g.IntN(3) == 0
	d := g.Type(depth)
	t := TypeOf(d)
	q := &HandleQuestion{Type: d, Result: g.owned, From: g.handles.ops, To: g.handleTable(1).ops, Keep: max(0, g.IntN(6)-4)}
	q.Value = json.RawMessage(Text(t, reflect.ValueOf(g.Value(t))))
	g.handles = nil
	return q
}

// plain gives the type that has numbers for handles.
func plain(d Desc) Desc {
	list, ok := d.([]any)
	if !ok {
		return d
	}
	if list[0] == "own" || list[0] == "borrow" {
		return "u32"
	}
	list = slices.Clone(list)
	for i, op := range list[1:] {
		list[i+1] = plain(op)
	}
	return list
}

// A handleSide is one of the two components.
type handleSide struct {
	*guest
	table abi.Table
	call  *abi.Call
}

func newHandleSide(g *guest) *handleSide {
	s := &handleSide{guest: g, call: g.call(abi.UTF8)}
	s.call.Opts.Table = &s.table
	return s
}

// fill does what was done to the table before. What is borrowed is passed to
// it in a call that does not end.
func (s *handleSide) fill(ops []HandleOp, types []*abi.ResourceType) error {
	other, open := newHandleSide(newGuest(Proper)), s.guest.call(abi.UTF8)
	open.Opts.Table = &s.table
	for _, op := range ops {
		rt := types[op.Resource]
		var err error
		switch op.Op {
		case "own":
			_, err = s.table.AddOwn(rt, op.Number, nil)
		case "drop":
			_, err = s.table.Remove(op.Number, rt)
		default:
			err = other.lend(open, rt, op.Number)
		}
		if err != nil {
			return fmt.Errorf("%v: %w", op, err)
		}
	}
	return nil
}

// lend passes a borrowed resource to a call.
func (s *handleSide) lend(to *abi.Call, rt *abi.ResourceType, rep uint32) error {
	h, err := s.table.AddOwn(rt, rep, nil)
	if err != nil {
		return err
	}
	ft := &abi.FuncType{Params: []abi.Field{{Name: "p", Type: &abi.Type{Kind: abi.Borrow}}}}
	p, err := abi.BindTransfer(ft, func(any) (abi.ResourceRef, error) { return abi.ResourceRef{Type: rt}, nil })
	if err != nil {
		return err
	}
	return p.Params(s.call, to, []uint64{uint64(h)}, make([]uint64, 1))
}

// handles lists what is in the table.
func (s *handleSide) handles(types []*abi.ResourceType) []Handle {
	list := []Handle{}
	for h := uint32(1); len(list) < s.table.Len(); h++ {
		if e, err := s.table.Get(h); err == nil {
			entry := Handle{h, uint32(slices.Index(types, e.Type)), e.Rep, 0, e.Lends}
			if e.Own {
				entry[3] = 1
			}
			list = append(list, entry)
		}
	}
	return list
}

// CheckHandles compares what becomes of handles with an answer.
func CheckHandles(q *HandleQuestion, a *HandleAnswer) error {
	if err := checkHandles(q, a); err != nil {
		text, _ := json.Marshal(q)
		return fmt.Errorf("%s: %w", text, err)
	}
	return nil
}

func checkHandles(q *HandleQuestion, a *HandleAnswer) error {
	flat, heap, err := lowerPlain(q)
	if err != nil {
		return err
	}
	from, to := newHandleSide(withHeap(heap)), newHandleSide(newGuest(Proper))
	types := []*abi.ResourceType{{Name: "r0", Impl: &from.table}, {Name: "r1", Impl: &to.table}, {Name: "r2"}}
	if err := errors.Join(from.fill(q.From, types), to.fill(q.To, types)); err != nil {
		return err
	}
	moved, err := moveHandles(q, from, to, types, flat)
	if err != nil || a.Moved == nil {
		if isTrap(err) && a.Moved == nil {
			return nil
		}
		return fmt.Errorf("%v (%v), want %v", moved, err, a.Moved)
	}
	if !slices.Equal(moved.Flat, a.Moved.Flat) || moved.Heap != a.Moved.Heap {
		return fmt.Errorf("%v, want %v", *moved, *a.Moved)
	}
	if got := from.handles(types); !slices.Equal(got, a.From) {
		return fmt.Errorf("handles left %v, want %v", got, a.From)
	}
	if got := to.handles(types); !slices.Equal(got, a.To) {
		return fmt.Errorf("handles got %v, want %v", got, a.To)
	}
	for _, h := range a.Dropped {
		if err := to.table.Drop(context.Background(), h[0], types[h[1]]); err != nil {
			return err
		}
	}
	if err := to.call.End(); (err == nil) != (a.After != nil) || err != nil {
		if isTrap(err) && a.After == nil {
			return nil
		}
		return fmt.Errorf("the end: %v, want %v", err, a.After)
	}
	if err := from.call.End(); err != nil {
		return err
	}
	if got := from.handles(types); !slices.Equal(got, *a.After) {
		return fmt.Errorf("handles after it %v, want %v", got, *a.After)
	}
	return nil
}

// lowerPlain lowers the value as if its handles were numbers.
func lowerPlain(q *HandleQuestion) ([]uint64, []byte, error) {
	c, err := newChecker(TypeOf(plain(q.Type)))
	if err != nil {
		return nil, nil, err
	}
	v, err := c.value(q.Value)
	if err != nil {
		return nil, nil, err
	}
	w := &way{c: c, q: &Question{}, result: q.Result}
	low, err := w.lower(c.dynamic, unsafe.Pointer(&v), abi.UTF8, Proper)
	if err != nil {
		return nil, nil, err
	}
	heap, err := hex.DecodeString(low.Heap)
	return low.Flat, heap, err
}

// moveHandles moves the value from component to component.
func moveHandles(q *HandleQuestion, from, to *handleSide, types []*abi.ResourceType, flat []uint64) (*Lowered, error) {
	t := TypeOf(q.Type)
	ft := &abi.FuncType{Params: []abi.Field{{Name: "p", Type: t}}}
	if q.Result {
		ft = &abi.FuncType{Result: t}
	}
	p, err := abi.BindTransfer(ft, func(id any) (abi.ResourceRef, error) { return abi.ResourceRef{Type: types[id.(int)]}, nil })
	if err != nil {
		return nil, err
	}
	in, out := make([]uint64, abi.MaxFlatParams+1), make([]uint64, abi.MaxFlatParams+1)
	copy(in, flat)
	w := &way{c: &checker{t: t}, result: q.Result}
	if !q.Result {
		err := p.Params(from.call, to.call, in, out)
		return &Lowered{out[:len(p.Callee.Params)], hex.EncodeToString(to.heap())}, err
	}
	ptr := w.room(to.guest, out, p.Caller)
	err = p.Result(to.call, from.call, in, out)
	return &Lowered{append(ptr, out[0])[:1], hex.EncodeToString(to.heap())}, err
}
