package abitest

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"unsafe"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// A Question asks what becomes of a value that is a parameter of a call from
// one component, the caller, to another, the callee, and the result of it. It
// is one line of JSON.
type Question struct {
	Type  Desc            `json:"t"`
	Value json.RawMessage `json:"v"` // as Text writes it

	// The string encodings of caller and callee.
	Caller abi.StringEncoding `json:"a"`
	Callee abi.StringEncoding `json:"b"`

	// Damage is done to the lowered value before it is lifted.
	Damage []Damage `json:"d,omitempty"`

	// Realloc is the way of the component that receives a value from the
	// other to allocate.
	Realloc Realloc `json:"m,omitempty"`
}

// A Damage changes a number: a core value if Size is 0, else that of so many
// bytes of the heap, at a multiple of them. At is counted around.
type Damage struct {
	Size  int    `json:"n,omitempty"` // 0, 1, 2 or 4
	At    int    `json:"i"`
	Add   bool   `json:"p,omitempty"` // Value is added, else it is put there
	Value uint64 `json:"x"`
}

// An Answer tells what becomes of the value according to the specification,
// with one part for the parameter and one for the result.
type Answer struct {
	Size  uint32 `json:"size"`
	Align uint32 `json:"align"`
	Core  string `json:"core"` // the core types, i, I, f, F, at most 17
	Param Passed `json:"p"`
	Res   Passed `json:"r"`
}

// A Passed tells how a value went from one component to another.
type Passed struct {
	Lowered Lowered         `json:"low"`
	Lifted  json.RawMessage `json:"lift,omitempty"` // nil for a trap, true if it would take too long
	Moved   *Lowered        `json:"move,omitempty"` // lowered to the other component; nil for a trap
}

// A Lowered is a value that was lowered: core values, floats by their bits,
// and all that was allocated, as hex digits. A result that is returned in
// memory has the address for its core value.
type Lowered struct {
	Flat []uint64 `json:"flat"`
	Heap string   `json:"heap"`
}

// An Exchange is a question with its answer, one line of a recording.
type Exchange struct {
	Q *Question `json:"q"`
	A *Answer   `json:"a"`
}

// Question makes a question about a value of the type t, which d describes.
func (g *Generator) Question(d Desc, t *abi.Type) *Question {
	q := &Question{Type: d, Caller: abi.StringEncoding(g.IntN(3)), Callee: abi.StringEncoding(g.IntN(3))}
	q.Value = json.RawMessage(Text(t, reflect.ValueOf(g.Value(t))))
	if g.IntN(2) == 0 {
		for range 1 + g.IntN(3) {
			q.Damage = append(q.Damage, g.damage(len(t.Flat())))
		}
	}
	if g.IntN(25) == 0 {
		q.Realloc = pick(g, Misaligned, Outside)
	}
	return q
}

func (g *Generator) damage(flat int) Damage {
	d := Damage{Size: pick(g, 0, 1, 2, 4, 4)}
	switch {
	case d.Size == 0:
		d.At = g.IntN(min(flat, abi.MaxFlatParams))
	case g.IntN(2) == 0:
		d.At = g.IntN(8)
	default:
		d.At = g.IntN(1 << 16)
	}
	if d.Add = g.IntN(3) == 0; d.Add {
		d.Value = pick[uint64](g, 1, 2, 4, math.MaxUint64, math.MaxUint64-1, 1<<31)
		return d
	}
	d.Value = pick[uint64](g, 0, 1, 2, 0x7f, 0x80, 0xc0, 0xff, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0x10ffff, 0x110000,
		1<<28-1, 1<<28, 1<<31, math.MaxUint32, g.bits())
	return d
}

// to does the damage to a number.
func (d Damage) to(v uint64) uint64 {
	if d.Add {
		return v + d.Value
	}
	return d.Value
}

// A checker checks all plans for one function, func(p: T) -> T.
type checker struct {
	t        *abi.Type
	dynamic  *abi.GoPlan
	static   *abi.GoPlan
	args     reflect.Type // of the parameter of static
	result   reflect.Type // of its result
	transfer *abi.Transfer
}

// A Checker checks answers. It keeps the plans of the last type, as questions
// about one type follow each other.
type Checker struct {
	desc string
	last *checker
}

// Check compares what the plans do with an answer.
func (c *Checker) Check(q *Question, a *Answer) error {
	desc, err := json.Marshal(q.Type)
	if err != nil {
		return err
	}
	if c.desc != string(desc) {
		if c.last, err = newChecker(TypeOf(q.Type)); err != nil {
			return fmt.Errorf("%s: %w", desc, err)
		}
		c.desc = string(desc)
	}
	if err := c.last.check(q, a); err != nil {
		return fmt.Errorf("type %s, value %s, encodings %d to %d, damage %v, realloc %d: %w",
			desc, q.Value, q.Caller, q.Callee, q.Damage, q.Realloc, err)
	}
	return nil
}

func newChecker(t *abi.Type) (c *checker, err error) {
	ft := &abi.FuncType{Params: []abi.Field{{Name: "p", Type: t}}, Result: t}
	c = &checker{t: t, result: GoType(t)}
	c.args = reflect.StructOf([]reflect.StructField{{Name: "P", Type: c.result}})
	if c.dynamic, err = abi.BindGo(ft, reflect.TypeFor[[]any](), reflect.TypeFor[any](), nil); err != nil {
		return nil, err
	}
	if c.static, err = abi.BindGo(ft, c.args, c.result, nil); err != nil {
		return nil, err
	}
	c.transfer, err = abi.BindTransfer(ft, nil)
	return c, err
}

func (c *checker) check(q *Question, a *Answer) error {
	core := ""
	for _, t := range c.t.Flat() {
		core += map[abi.CoreType]string{abi.I32: "i", abi.I64: "I", abi.CF32: "f", abi.CF64: "F"}[t]
	}
	if c.t.Size() != a.Size || c.t.Align() != a.Align || core != a.Core {
		return fmt.Errorf("size %d, align %d, core types %s, want %d, %d, %s", c.t.Size(), c.t.Align(), core, a.Size, a.Align, a.Core)
	}
	v, err := c.value(q.Value)
	if err != nil {
		return err
	}
	for _, w := range []*way{{c: c, q: q, want: &a.Param, from: q.Caller, to: q.Callee},
		{c: c, q: q, want: &a.Res, from: q.Callee, to: q.Caller, result: true}} {
		if err := w.check(v); err != nil {
			return fmt.Errorf("%s: %w", map[bool]string{false: "parameter", true: "result"}[w.result], err)
		}
	}
	return nil
}

// value reads a dynamic value.
func (c *checker) value(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return Parse(c.t, v), nil
}

// A way is that of the parameter to the callee, or that of the result back.
type way struct {
	c        *checker
	q        *Question
	want     *Passed
	from, to abi.StringEncoding
	result   bool
}

func (w *way) check(v any) error {
	low, err := w.lower(w.c.dynamic, unsafe.Pointer(&v), w.from, Proper)
	if w.same(low, &w.want.Lowered, err) != nil {
		return fmt.Errorf("lowered: %w", w.same(low, &w.want.Lowered, err))
	}
	flat, heap := w.damaged()
	if string(w.want.Lifted) == "true" {
		return nil
	}
	dyn, err := w.lift(w.c.dynamic, reflect.TypeFor[any](), flat, heap)
	if err := w.sameValue(dyn, err); err != nil {
		return fmt.Errorf("lifted: %w", err)
	}
	static, err := w.lift(w.c.static, w.c.result, flat, heap)
	if err := w.sameValue(static, err); err != nil {
		return fmt.Errorf("lifted to Go types: %w", err)
	}
	if w.want.Lifted != nil {
		low, err = w.lower(w.c.dynamic, dyn.Addr().UnsafePointer(), w.to, w.q.Realloc)
		if err := w.same(low, w.want.Moved, err); err != nil {
			return fmt.Errorf("lowered again: %w", err)
		}
		low, err = w.lower(w.c.static, static.Addr().UnsafePointer(), w.to, w.q.Realloc)
		if err := w.same(low, w.want.Moved, err); err != nil {
			return fmt.Errorf("lowered from Go types: %w", err)
		}
	}
	low, err = w.move(flat, heap)
	if err := w.same(low, w.want.Moved, err); err != nil {
		return fmt.Errorf("moved: %w", err)
	}
	return nil
}

// damaged gives the lowered value after the damage.
func (w *way) damaged() (flat []uint64, heap []byte) {
	flat = slices.Clone(w.want.Lowered.Flat)
	heap, err := hex.DecodeString(w.want.Lowered.Heap)
	if err != nil {
		panic(err)
	}
	for _, d := range w.q.Damage {
		switch {
		case d.Size == 0:
			d.At %= len(flat)
			flat[d.At] = d.to(flat[d.At])
		case len(heap) >= d.Size:
			var word [8]byte
			field := heap[d.At%(len(heap)/d.Size)*d.Size:][:d.Size]
			copy(word[:], field)
			binary.LittleEndian.PutUint64(word[:], d.to(binary.LittleEndian.Uint64(word[:])))
			copy(field, word[:])
		}
	}
	return flat, heap
}

// stack gives core values as wazero does: those of 32 bits with dirt above.
func (w *way) stack(flat []uint64) []uint64 {
	sig := w.c.dynamic.Host.Params
	if w.result {
		sig = w.c.dynamic.Guest.Results
	}
	stack := make([]uint64, abi.MaxFlatParams+1)
	for i, v := range flat {
		if stack[i] = v; sig[i] == abi.I32 || sig[i] == abi.CF32 {
			stack[i] = v&(1<<32-1) | 0xdead<<32
		}
	}
	return stack
}

// lift lifts the value to a Go shape.
func (w *way) lift(p *abi.GoPlan, g reflect.Type, flat []uint64, heap []byte) (reflect.Value, error) {
	cx, stack := withHeap(heap).call(w.from), w.stack(flat)
	if w.result {
		v := reflect.New(g)
		err := p.LiftResult(cx, stack, v.UnsafePointer())
		return v.Elem(), errors.Join(err, cx.End())
	}
	if p == w.c.dynamic {
		var args []any
		err := errors.Join(p.LiftParams(cx, stack, unsafe.Pointer(&args)), cx.End())
		if err != nil {
			args = make([]any, 1)
		}
		return reflect.ValueOf(&args[0]).Elem(), err
	}
	v := reflect.New(w.c.args)
	err := p.LiftParams(cx, stack, v.UnsafePointer())
	return v.Elem().Field(0), errors.Join(err, cx.End())
}

// sameValue compares a value that was lifted with what the answer says.
func (w *way) sameValue(v reflect.Value, err error) error {
	switch {
	case err != nil && !isTrap(err):
		return err
	case err != nil && w.want.Lifted != nil:
		return fmt.Errorf("%w, want %s", err, w.want.Lifted)
	case err != nil:
		return nil
	case w.want.Lifted == nil:
		return fmt.Errorf("%s, want a trap", Text(w.c.t, v))
	case Text(w.c.t, v) != string(w.want.Lifted):
		return fmt.Errorf("%s, want %s", Text(w.c.t, v), w.want.Lifted)
	}
	return nil
}

func isTrap(err error) bool {
	var t *abi.Trap
	return errors.As(err, &t) && t.Code != abi.TrapLiftLimit
}

// lower lowers the value at p.
func (w *way) lower(plan *abi.GoPlan, p unsafe.Pointer, enc abi.StringEncoding, mode Realloc) (*Lowered, error) {
	g := newGuest(Proper)
	cx, stack := g.call(enc), make([]uint64, abi.MaxFlatParams+2)
	n := len(plan.Guest.Params)
	if !w.result {
		g.mode = mode
		if plan == w.c.dynamic {
			args := []any{*(*any)(p)}
			p = unsafe.Pointer(&args)
		}
		err := plan.LowerParams(cx, stack, p)
		return w.lowered(g, stack[:n], err)
	}
	out := w.room(g, stack, plan.Host)
	g.mode = mode
	if err := plan.LowerResult(cx, stack, p); err != nil {
		return nil, err
	}
	return w.lowered(g, append(out, stack[0])[:1], cx.End())
}

// room makes room for a result in memory and gives its address.
func (w *way) room(g *guest, stack []uint64, sig abi.CoreSig) []uint64 {
	if !sig.IndirectResult {
		return nil
	}
	ptr, _ := g.realloc(nil, 0, 0, w.c.t.Align(), w.c.t.Size())
	stack[len(sig.Params)-1] = uint64(ptr)
	return []uint64{uint64(ptr)}
}

// move moves the value from component to component.
func (w *way) move(flat []uint64, heap []byte) (*Lowered, error) {
	g := newGuest(Proper)
	from, to, out := withHeap(heap).call(w.from), g.call(w.to), make([]uint64, abi.MaxFlatParams+2)
	p := w.c.transfer
	if !w.result {
		g.mode = w.q.Realloc
		err := p.Params(from, to, w.stack(flat), out)
		return w.lowered(g, out[:len(p.Callee.Params)], errors.Join(err, from.End(), to.End()))
	}
	ptr := w.room(g, out, p.Caller)
	g.mode = w.q.Realloc
	err := p.Result(to, from, w.stack(flat), out)
	return w.lowered(g, append(ptr, out[0])[:1], errors.Join(err, from.End(), to.End()))
}

// lowered gives what was lowered, with canonical NaNs.
func (w *way) lowered(g *guest, flat []uint64, err error) (*Lowered, error) {
	if err != nil {
		return nil, err
	}
	sig := w.c.dynamic.Guest
	if w.result && sig.IndirectResult || !w.result && sig.IndirectParams {
		calmMemory(w.c.t, g.mem, uint32(flat[0]))
	} else {
		calmFlat(w.c.t, flat, g.mem)
	}
	return &Lowered{flat, hex.EncodeToString(g.heap())}, nil
}

// same compares what was lowered with what should have been, nil for a trap.
func (w *way) same(got, want *Lowered, err error) error {
	switch {
	case err != nil && !isTrap(err):
		return err
	case err != nil && want != nil:
		return fmt.Errorf("%w, want %v", err, *want)
	case err != nil:
		return nil
	case want == nil:
		return fmt.Errorf("%v, want a trap", *got)
	case !slices.Equal(got.Flat, want.Flat) || got.Heap != want.Heap:
		return fmt.Errorf("%v, want %v", *got, *want)
	}
	return nil
}

// Liftable lifts a parameter, at most two core values, from a memory of zeros.
func Liftable(t *abi.Type, enc abi.StringEncoding, flat []uint64, size uint32) error {
	c, err := newChecker(t)
	if err != nil {
		return err
	}
	w := &way{c: c, q: &Question{}, from: enc}
	_, err = w.lift(c.static, c.result, flat, make([]byte, size-base))
	_, moved := w.move(flat, make([]byte, size-base))
	if (err == nil) != (moved == nil) {
		return fmt.Errorf("lifted: %v, but moved: %v", err, moved)
	}
	return err
}
