package wasi

import "slices"

// waiters are those who asked to be told that a condition holds. The lock of
// the condition's owner guards it; the functions it hands out are called
// without that lock.
type waiters struct{ list []*waiter }

type waiter struct{ wake func() }

func (w *waiters) add(wake func()) *waiter {
	x := &waiter{wake}
	w.list = append(w.list, x)
	return x
}

func (w *waiters) remove(x *waiter) {
	if i := slices.Index(w.list, x); i >= 0 {
		w.list = slices.Delete(w.list, i, i+1)
	}
}

// take empties the set and gives what is to be woken.
func (w *waiters) take() []*waiter {
	l := w.list
	w.list = nil
	return l
}

func wakeAll(l []*waiter) {
	for _, x := range l {
		x.wake()
	}
}
