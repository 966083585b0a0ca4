package abi

import "unsafe"

// A takenHandle is an owned handle that was removed from its table. If the
// rest of the parameters cannot be lifted, it is put back, so that what it
// stands for is destroyed with the table and not lost.
type takenHandle struct {
	handle uint32
	entry  Entry
}

// resource gives the runtime type that the resource of a plan has in a call.
func (cx *Call) resource(ref ResourceRef) (*ResourceType, error) {
	switch {
	case cx.Opts.Table == nil:
		return nil, trapf(TrapHandle, "the function has no handle table")
	case ref.Type != nil:
		return ref.Type, nil
	case ref.Index < 0 || ref.Index >= len(cx.Resources) || cx.Resources[ref.Index] == nil:
		return nil, trapf(TrapResourceType, "resource type %d is not defined", ref.Index)
	}
	return cx.Resources[ref.Index], nil
}

// takeOwn lifts an owned handle.
func (cx *Call) takeOwn(h uint32, rt *ResourceType) (Entry, error) {
	e, err := cx.Opts.Table.TakeOwn(h, rt)
	if err != nil {
		return Entry{}, err
	}
	cx.taken = append(cx.taken, takenHandle{h, e})
	return e, nil
}

// settle ends a lifting: on an error it puts owned handles back.
func (cx *Call) settle(err error) error {
	if len(cx.taken) == 0 {
		return err
	}
	return cx.settleTaken(err)
}

func (cx *Call) settleTaken(err error) error {
	if err != nil {
		// Last taken first, so that each gets its number again.
		for i := len(cx.taken) - 1; i >= 0; i-- {
			e := cx.taken[i].entry
			// It was there before, so there is room.
			_, _ = cx.Opts.Table.AddOwn(e.Type, e.Rep, e.Obj)
		}
	}
	clear(cx.taken)
	cx.taken = cx.taken[:0]
	return err
}

func (n *node) liftHandle(cx *Call, h uint32, p unsafe.Pointer) error {
	rt, err := cx.resource(n.res)
	if err != nil {
		return err
	}
	var e Entry
	if n.op == opOwn {
		e, err = cx.takeOwn(h, rt)
	} else {
		e, err = cx.Opts.Table.lend(cx, h, rt)
	}
	if err != nil {
		return err
	}
	if n.ref {
		*(*Ref)(p) = Ref{Type: rt, Obj: e.Obj, Rep: e.Rep}
	} else {
		*(*unsafe.Pointer)(p) = e.Obj
	}
	return nil
}

func (n *node) lowerHandle(cx *Call, p unsafe.Pointer) (uint32, error) {
	rt, err := cx.resource(n.res)
	if err != nil {
		return 0, err
	}
	ref := Ref{Type: rt}
	if n.ref {
		ref = *(*Ref)(p)
	} else {
		ref.Obj = *(*unsafe.Pointer)(p)
	}
	switch {
	case ref.Type == nil, rt.Go != nil && ref.Obj == nil:
		return 0, trapf(TrapNil, "nil where a resource %s is needed", rt.Name)
	case ref.Type != rt:
		return 0, trapf(TrapResourceType, "have resource %s, want %s", ref.Type.Name, rt.Name)
	case n.op == opOwn:
		return cx.Opts.Table.AddOwn(rt, ref.Rep, ref.Obj)
	}
	return cx.Opts.Table.addBorrow(cx, Entry{Type: rt, Rep: ref.Rep, Obj: ref.Obj})
}
