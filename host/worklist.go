package host

import "math/bits"

// A workList is the set of components that are to be polled. It answers in the
// order of their numbers; what it costs depends on how many are in it.
type workList struct {
	words []uint64
	n     int // members
}

func newWorkList(comps int) workList { return workList{words: make([]uint64, (comps+63)/64)} }

func (l *workList) add(comp int) {
	w, bit := &l.words[comp/64], uint64(1)<<(comp%64)
	if *w&bit == 0 {
		*w |= bit
		l.n++
	}
}

func (l *workList) remove(comp int) {
	w, bit := &l.words[comp/64], uint64(1)<<(comp%64)
	if *w&bit != 0 {
		*w &^= bit
		l.n--
	}
}

// next gives the first member from comp on, -1 if there is none.
func (l *workList) next(comp int) int {
	if l.n == 0 {
		return -1
	}
	for i := comp / 64; i < len(l.words); i++ {
		w := l.words[i]
		if i == comp/64 {
			w &= ^uint64(0) << (comp % 64)
		}
		if w != 0 {
			return i*64 + bits.TrailingZeros64(w)
		}
	}
	return -1
}
