package async

// A table gives numbers to what the host knows by number. Numbers are used
// again, so it is as large as the most that it ever held at once.
type table[T any] struct {
	items []*T
	free  []uint32
}

// add puts v in. The goroutine must be pinned.
func (t *table[T]) add(v *T) uint32 {
	if n := len(t.free); n > 0 {
		id := t.free[n-1]
		t.free = t.free[:n-1]
		t.items[id] = v
		return id
	}
	t.items = append(t.items, v)
	return uint32(len(t.items) - 1)
}

// get returns what id numbers.
func (t *table[T]) get(id uint32) *T {
	if id >= uint32(len(t.items)) || t.items[id] == nil {
		panic("isyswasfa: the host names a state that does not exist")
	}
	return t.items[id]
}

// take is get, and frees the number.
func (t *table[T]) take(id uint32) *T {
	v := t.get(id)
	procPin()
	t.items[id] = nil
	t.free = append(t.free, id)
	procUnpin()
	return v
}
