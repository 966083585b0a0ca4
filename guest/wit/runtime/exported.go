package runtime

// Exported is how generated code reaches a resource that the component
// itself defines: the canonical built-ins for its handles. A rep is the number
// by which the component knows a resource; it is not 0.
type Exported struct {
	New  func(rep int32) (handle int32) // makes an owned handle
	Rep  func(handle int32) (rep int32)
	Drop func(handle int32) // calls the destructor

	taken int32 // the rep whose handle Take drops
}

// Take ends an owned handle but not the resource, and returns its rep.
func (e *Exported) Take(handle int32) (rep int32) {
	rep = e.Rep(handle)
	e.taken = rep
	e.Drop(handle)
	e.taken = 0
	return rep
}

// Ended tells whether a call of the destructor means the end of the resource:
// in Take it does not.
func (e *Exported) Ended(rep int32) bool { return rep != e.taken }

// Values is a resource that the component defines, with the Go values that
// stand behind the handles which others hold. A value whose handle comes back
// belongs to the program alone again.
type Values[T any] struct {
	Exported
	values map[int32]*T
	last   int32
}

// Give gives a value away: it returns a new owned handle.
func (v *Values[T]) Give(value *T) (handle int32) {
	if value == nil {
		panic("a resource that is nil was given away")
	}
	if v.values == nil {
		v.values = map[int32]*T{}
	}
	for v.last++; v.last <= 0 || v.values[v.last] != nil; v.last++ {
	}
	v.values[v.last] = value
	return v.New(v.last)
}

// Get returns the value of a rep, which is what a borrowed handle is in the
// component that defines the resource.
func (v *Values[T]) Get(rep int32) *T {
	value := v.values[rep]
	if value == nil {
		panic("resource was dropped")
	}
	return value
}

// Own takes the value of an owned handle back.
func (v *Values[T]) Own(handle int32) *T {
	rep := v.Take(handle)
	value := v.Get(rep)
	delete(v.values, rep)
	return value
}

// End is the destructor. It calls the value's method OnDrop, if it has one, by
// means of call.
func (v *Values[T]) End(rep int32, call func(onDrop func())) {
	if !v.Ended(rep) {
		return
	}
	value := v.Get(rep)
	delete(v.values, rep)
	if d, ok := any(value).(interface{ OnDrop() }); ok {
		call(d.OnDrop)
	}
}

// Borrows are the borrowed handles that an exported function got. They end
// with it.
type Borrows struct {
	drops []interface{ Drop() }
}

// Borrowed notes a value made of a borrowed handle.
func Borrowed[T interface{ Drop() }](b *Borrows, value T) T {
	b.drops = append(b.drops, value)
	return value
}

// Drop ends them all.
func (b *Borrows) Drop() {
	for _, d := range b.drops {
		d.Drop()
	}
	b.drops = nil
}
