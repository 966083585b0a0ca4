package types

// Take gives away the reading end of a future as one of this vtable: it
// returns its owned handle. If it is a future of another interface, a new one
// is made, which a goroutine passes the value on to.
func (v *FutureVtable[T]) Take(r *FutureReader[T]) (handle int32) {
	if r.vtable == v {
		return r.TakeHandle()
	}
	from := MakeFutureReader(r.vtable, r.TakeHandle())
	to, reader := MakeFuture(v)
	go func() {
		if value, ok := from.Receive(); ok {
			to.Write(value)
		} else {
			to.Drop()
		}
	}()
	return reader.TakeHandle()
}

// passOn is how many items at a time are passed on from one stream to another.
const passOn = 64

// Take gives away the reading end of a stream as one of this vtable: it
// returns its owned handle. If it is a stream of another interface, a new one
// is made, which a goroutine passes the items on to.
func (v *StreamVtable[T]) Take(r *StreamReader[T]) (handle int32) {
	if r.vtable == v {
		return r.TakeHandle()
	}
	from := MakeStreamReader(r.vtable, r.TakeHandle())
	to, reader := MakeStream(v)
	go func() {
		defer from.Drop()
		defer to.Drop()
		items := make([]T, passOn)
		for {
			n := from.Read(items)
			if n == 0 || to.Write(items[:n]) < n {
				return
			}
		}
	}()
	return reader.TakeHandle()
}
