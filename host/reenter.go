package host

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// A component instance must not be entered while a call of it is in progress
// (component invariant 2). A call enters the callee and those that it is
// within, but for those that the caller is within as well (spec:
// ComponentInstance.entering_set). What an instance imports was made before
// it, so it takes a parent that calls its children and is called by them for
// an instance to be entered twice; only children of such parents are watched,
// which as a rule are none. The host does not call into a root instance from
// its own imports at all.
type reentry struct {
	parents []int
	watched []bool
}

func newReentry(prog *component.Program) *reentry {
	r := &reentry{parents: make([]int, len(prog.Instances)), watched: make([]bool, len(prog.Instances))}
	for i := range prog.Instances {
		r.parents[i] = prog.Instances[i].Parent
	}
	calls, called := map[int]bool{}, map[int]bool{}
	note := func(caller, callee int) {
		if caller == callee {
			return
		}
		calls[caller] = true
		if r.within(caller, callee) {
			called[callee] = true
		}
	}
	destroys := destroyers(prog)
	for _, s := range prog.Steps {
		in, ok := s.(*component.InstantiateModule)
		if !ok {
			continue
		}
		for _, a := range in.Args {
			switch {
			case a.Ref.Kind == component.CoreLowered && a.Ref.Func.Import == nil:
				note(a.Ref.Instance, a.Ref.Func.Instance)
			case a.Ref.Kind == component.CoreResourceDrop && destroys[a.Ref.Resource]:
				note(a.Ref.Instance, a.Ref.Resource.Owner)
			}
		}
	}
	for i, parent := range r.parents {
		r.watched[i] = calls[parent] && called[parent]
	}
	return r
}

// destroyers gives the resource types that have destructors.
func destroyers(prog *component.Program) map[*component.Resource]bool {
	has := map[*component.Resource]bool{}
	for _, s := range prog.Steps {
		if d, ok := s.(*component.DefineResource); ok && d.Dtor.Kind != component.CoreNone {
			has[d.Resource] = true
		}
	}
	return has
}

// within tells whether a component instance is another one or in it. The host,
// -1, is in none.
func (r *reentry) within(inst, outer int) bool {
	for ; inst >= 0; inst = r.parents[inst] {
		if inst == outer {
			return true
		}
	}
	return false
}

// entering gives the watched component instances that a call enters; nil for
// none. The host is -1.
func (r *reentry) entering(caller, callee int) []int {
	var list []int
	for ; callee >= 0 && !r.within(caller, callee); callee = r.parents[callee] {
		if r.watched[callee] {
			list = append(list, callee)
		}
	}
	return list
}

// checkEntry tells whether a call may enter component instances. The error is a
// trap.
func (in *Instance) checkEntry(subs []int) error {
	for _, s := range subs {
		if in.subs[s].active {
			return fmt.Errorf("component instance %s is entered again during a call of it", in.pre.names[s])
		}
	}
	return nil
}

// enterOnce notes a call that enters component instances. The error is a trap.
func (in *Instance) enterOnce(subs []int) error {
	if err := in.checkEntry(subs); err != nil {
		return err
	}
	in.mark(subs, true)
	if st := in.stack; st != nil {
		st.entered = append(st.entered, subs...)
	}
	return nil
}

func (in *Instance) exit(subs []int) {
	in.mark(subs, false)
	if st := in.stack; st != nil {
		st.entered = st.entered[:len(st.entered)-len(subs)]
	}
}

func (in *Instance) mark(subs []int, active bool) {
	for _, s := range subs {
		in.subs[s].active = active
	}
}
