package wit

import (
	"container/heap"
	"slices"
)

// inOrder gives the numbers 0 to n-1 so that each stands after those it
// depends on, and else in order. deps must have no cycles. Orders that are
// right already stay, which keeps text -> model -> text stable.
func inOrder(n int, deps func(int) []int) []int {
	waits := make([]int, n) // how many it still waits for
	waiters := make([][]int, n)
	for i := range n {
		for _, d := range deps(i) {
			if d != i {
				waits[i]++
				waiters[d] = append(waiters[d], i)
			}
		}
	}
	var ready intHeap // in order already, hence a heap
	for i, w := range waits {
		if w == 0 {
			ready = append(ready, i)
		}
	}
	order := make([]int, 0, n)
	for len(ready) > 0 {
		i := heap.Pop(&ready).(int)
		order = append(order, i)
		for _, w := range waiters[i] {
			if waits[w]--; waits[w] == 0 {
				heap.Push(&ready, w)
			}
		}
	}
	return order
}

// An intHeap is a [heap.Interface], least number first.
type intHeap []int

func (h intHeap) Len() int           { return len(h) }
func (h intHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h intHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *intHeap) Push(x any)        { *h = append(*h, x.(int)) }
func (h *intHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}

// sortDecls gives the declarations of a package so that interfaces stand
// after those they use, and worlds after those they include.
func (b *builder) sortDecls(s *pkgState) []*decl {
	index := map[*decl]int{}
	for i, d := range s.order {
		index[d] = i
	}
	order := inOrder(len(s.order), func(i int) []int {
		d := s.order[i]
		var deps []int
		need := func(p *usePath) {
			// A path that leads nowhere is an error found elsewhere, or is
			// part of something that is left out.
			if to, err := b.lookup(s, d.unit, *p); err == nil && to.pkg == s {
				deps = append(deps, index[to])
			}
		}
		if d.gated != "" {
			return nil
		}
		if d.world != nil {
			for _, it := range d.world.items {
				if it.word == "include" && b.gate(s, it.attrs) == "" {
					need(it.path)
				}
			}
			return deps
		}
		for _, it := range d.iface.items {
			if it.use != nil && b.gate(s, it.attrs) == "" {
				need(&it.use.path)
			}
		}
		return deps
	})
	sorted := make([]*decl, len(order))
	for i, n := range order {
		sorted[i] = s.order[n]
	}
	return sorted
}

// sortTypes gives the types of a scope: first those that come by `use`, then
// the others, each after the types it mentions.
func sortTypes(all []*named) []*named {
	index := map[*TypeDef]int{}
	for i, n := range all {
		index[n.def] = i
	}
	order := inOrder(len(all), func(i int) []int {
		if all[i].decl == nil {
			return nil
		}
		var deps []int
		direct(all[i].def, func(d *TypeDef) {
			if j, ok := index[d]; ok {
				deps = append(deps, j)
			}
		})
		return deps
	})
	sorted := make([]*named, 0, len(order))
	for _, used := range []bool{true, false} {
		for _, i := range order {
			if (all[i].decl == nil) == used {
				sorted = append(sorted, all[i])
			}
		}
	}
	return slices.Clip(sorted)
}

// direct calls f for each named type that the structure of d mentions.
func direct(d *TypeDef, f func(*TypeDef)) {
	mention := func(t Type) {
		part, ok := t.(*TypeDef)
		switch {
		case !ok:
		case part.Name != "":
			f(part)
		default:
			direct(part, f)
		}
	}
	if h, ok := d.Kind.(*Handle); ok {
		mention(h.Resource)
	}
	for _, part := range Parts(d) {
		mention(part)
	}
}
