package abi

import (
	"context"
	"reflect"
	"unsafe"
)

// A ResourceType is the identity of a resource type at run time: two resource
// types are the same if their addresses are.
type ResourceType struct {
	Name string // for messages

	// Go is the type of pointers to the objects of a host resource; nil for a
	// resource that a guest defines.
	Go reflect.Type

	// Impl is the table of the component instance that defines the resource;
	// nil for a host resource. A borrow passed to this instance is the rep
	// itself and no handle.
	Impl *Table

	// Destroy runs when an owned handle is dropped; it may be nil. The table
	// is the one that held the handle.
	Destroy func(ctx context.Context, t *Table, e Entry) error
}

// An Entry is what a handle stands for.
type Entry struct {
	Type  *ResourceType
	Obj   unsafe.Pointer // the object, if Type.Go is set
	Rep   uint32         // the representation, otherwise
	Lends uint32         // calls in progress that have borrowed it
	Own   bool           // an owned handle, not a borrowed one
}

// MaxHandles is the largest handle (spec: Table.MAX_LENGTH).
const MaxHandles = 1<<28 - 1

// DefaultTableLimit is the Limit of a table that sets none.
const DefaultTableLimit = 1 << 20

// A Table is the handle table of one component instance. The zero Table is
// empty and ready. It is not safe for concurrent use.
//
// Handles are numbered as the specification's Table numbers them: from 1, and
// a freed number is used again, the last freed first.
type Table struct {
	Limit uint32 // most handles; 0 stands for DefaultTableLimit; at most MaxHandles
	Owner any    // whose table it is, for the use of Destroy functions

	slots  []slot // slots[0] is never used
	free   uint32 // first free slot, 0 for none; linked by slot.next
	live   int
	closed bool
}

type slot struct {
	Entry
	scope *Call  // of a borrow handle: the call that must see it dropped
	next  uint32 // of a free slot, which has a nil Type
}

// Len gives the number of live handles.
func (t *Table) Len() int { return t.live }

// AddOwn makes an owned handle (spec: lower_own, resource.new).
func (t *Table) AddOwn(rt *ResourceType, rep uint32, obj unsafe.Pointer) (uint32, error) {
	return t.add(slot{Entry: Entry{Type: rt, Rep: rep, Obj: obj, Own: true}})
}

func (t *Table) add(s slot) (uint32, error) {
	switch {
	case t.closed:
		return 0, trapf(TrapClosed, "handle table is closed")
	case t.free != 0:
		h := t.free
		t.free = t.slots[h].next
		t.slots[h] = s
		t.live++
		return h, nil
	}
	limit := t.Limit
	if limit == 0 {
		limit = DefaultTableLimit
	}
	if len(t.slots) == 0 {
		t.slots = append(t.slots, slot{})
	}
	h := uint32(len(t.slots))
	if h > min(limit, MaxHandles) {
		return 0, trapf(TrapTableFull, "more than %d handles", min(limit, MaxHandles))
	}
	t.slots = append(t.slots, s)
	t.live++
	return h, nil
}

// Get gives what handle h stands for.
func (t *Table) Get(h uint32) (Entry, error) {
	s, err := t.slot(h)
	if err != nil {
		return Entry{}, err
	}
	return s.Entry, nil
}

// Lookup is Get for a handle that must be of type rt (spec: resource.rep).
func (t *Table) Lookup(h uint32, rt *ResourceType) (Entry, error) {
	s, err := t.typed(h, rt)
	if err != nil {
		return Entry{}, err
	}
	return s.Entry, nil
}

// TakeOwn removes the owned handle h and gives what it stood for; nothing is
// destroyed (spec: lift_own).
func (t *Table) TakeOwn(h uint32, rt *ResourceType) (Entry, error) {
	s, err := t.typed(h, rt)
	if err != nil {
		return Entry{}, err
	}
	if s.Lends != 0 {
		return Entry{}, trapLent(h, s)
	}
	if !s.Own {
		return Entry{}, trapf(TrapNotOwned, "handle %d of resource %s is borrowed, not owned", h, rt.Name)
	}
	e := s.Entry
	t.release(h)
	return e, nil
}

// Remove removes handle h, owned or borrowed, and gives what it stood for;
// the destructor is left to the caller (spec: resource.drop).
func (t *Table) Remove(h uint32, rt *ResourceType) (Entry, error) {
	s, err := t.typed(h, rt)
	if err != nil {
		return Entry{}, err
	}
	if s.Lends != 0 {
		return Entry{}, trapLent(h, s)
	}
	if s.scope != nil {
		s.scope.borrows--
	}
	e := s.Entry
	t.release(h)
	return e, nil
}

// Drop removes handle h and runs the destructor if the handle was owned (spec:
// resource.drop).
func (t *Table) Drop(ctx context.Context, h uint32, rt *ResourceType) error {
	e, err := t.Remove(h, rt)
	if err != nil {
		return err
	}
	return t.destroy(ctx, e)
}

func (t *Table) destroy(ctx context.Context, e Entry) error {
	if !e.Own || e.Type.Destroy == nil {
		return nil
	}
	if err := e.Type.Destroy(ctx, t, e); err != nil {
		return &Trap{Code: TrapDestroy, Msg: "destructor of resource " + e.Type.Name, Err: err}
	}
	return nil
}

// Drain closes the table: every handle is removed in the order of the handle
// numbers, lent or not, and the destructors of the owned ones run. It goes on
// after an error and returns the first one. Destructors may drop handles of
// the table; they cannot add any.
func (t *Table) Drain(ctx context.Context) error {
	t.closed = true
	var first error
	for h := 1; h < len(t.slots); h++ {
		e := t.slots[h].Entry
		if e.Type == nil {
			continue
		}
		t.release(uint32(h))
		if err := t.destroy(ctx, e); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Reset makes a table as good as new, keeping its storage. Entries that are
// left are forgotten without running destructors.
func (t *Table) Reset() {
	clear(t.slots)
	t.slots, t.free, t.live, t.closed = t.slots[:0], 0, 0, false
}

func (t *Table) slot(h uint32) (*slot, error) {
	if h == 0 || uint64(h) >= uint64(len(t.slots)) || t.slots[h].Type == nil {
		return nil, trapf(TrapHandle, "unknown handle %d", h)
	}
	return &t.slots[h], nil
}

func (t *Table) typed(h uint32, rt *ResourceType) (*slot, error) {
	s, err := t.slot(h)
	if err != nil {
		return nil, err
	}
	if s.Type != rt {
		return nil, trapf(TrapResourceType, "handle %d is of resource %s, want %s", h, s.Type.Name, rt.Name)
	}
	return s, nil
}

func (t *Table) release(h uint32) {
	t.slots[h] = slot{next: t.free}
	t.free = h
	t.live--
}

// lend marks a handle as borrowed by the call that cx is the caller's side of
// (spec: lift_borrow).
func (t *Table) lend(cx *Call, h uint32, rt *ResourceType) (Entry, error) {
	s, err := t.typed(h, rt)
	if err != nil {
		return Entry{}, err
	}
	s.Lends++
	cx.lent = append(cx.lent, h)
	return s.Entry, nil
}

// unlend takes back lends. A lent handle cannot have been removed by anything
// but Drain or Reset, so the numbers still mean the same handles.
func (t *Table) unlend(lent []uint32) {
	if t.closed {
		return
	}
	for _, h := range lent {
		if uint64(h) < uint64(len(t.slots)) && t.slots[h].Lends > 0 {
			t.slots[h].Lends--
		}
	}
}

// addBorrow makes a borrow handle that must be dropped before the call that cx
// is the callee's side of returns (spec: lower_borrow). The instance that
// defines the resource is given the rep instead.
func (t *Table) addBorrow(cx *Call, e Entry) (uint32, error) {
	if e.Type.Impl == t {
		return e.Rep, nil
	}
	h, err := t.add(slot{Entry: Entry{Type: e.Type, Rep: e.Rep, Obj: e.Obj}, scope: cx})
	if err != nil {
		return 0, err
	}
	cx.borrows++
	return h, nil
}

func trapLent(h uint32, s *slot) error {
	return trapf(TrapLent, "handle %d of resource %s is lent to a call in progress", h, s.Type.Name)
}
