package host

// A reuse keeps things of one kind for their next use: the first inUse of them
// are taken. What is given back in the order of a stack moves no pointers,
// which is dear while the collector marks.
type reuse[T any] struct {
	all   []*reused[T]
	inUse int
}

// A reused thing knows its place.
type reused[T any] struct {
	it   T
	slot int
}

// take gives a thing that nobody uses; after it, add is due if that is nil.
func (r *reuse[T]) take() *reused[T] {
	if r.inUse == len(r.all) {
		return nil
	}
	t := r.all[r.inUse]
	r.inUse++
	return t
}

// add adds a new thing, which is taken.
func (r *reuse[T]) add() *reused[T] {
	t := &reused[T]{slot: len(r.all)}
	r.all = append(r.all, t)
	r.inUse++
	return t
}

func (r *reuse[T]) give(t *reused[T]) {
	r.inUse--
	if last := r.inUse; t.slot != last {
		u := r.all[last]
		r.all[t.slot], r.all[last] = u, t
		t.slot, u.slot = last, t.slot
	}
}
