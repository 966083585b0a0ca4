package component

import (
	"errors"
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// What a value is, is known at run time only; linking finds out where it comes
// from and goes to, as it does for functions. Two values are known to be one if
// they come from one place. Each index of a component's value space is used
// once, but aliases may make several of one.

// as gives the value once more, as one that is yet to be used.
func (v *value) as(t *abi.Type) *value { return &value{typ: t, src: v.src, opaque: v.opaque} }

// newValue adds a value to the program.
func (l *linker) newValue(v *Value) (*value, error) {
	if info := l.info[v.Type]; !l.scratch && (info.borrow || info.async) {
		return nil, fmt.Errorf("a value of type %s: a host keeps none with borrowed handles, streams, futures or error-contexts", brief(v.Type))
	}
	p := l.out.prog
	v.Index = len(p.Values)
	p.Values = append(p.Values, v)
	return &value{typ: v.Type, src: v}, nil
}

// use is scope.get for what takes a value away: arguments and exports.
func (ev *evaluation) use(sort Sort, i uint32) (entity, error) {
	e, err := ev.s.get(sort, i)
	if v, ok := e.(*value); ok {
		if v.used {
			return nil, fmt.Errorf("value %d is used twice", i)
		}
		v.used = true
	}
	return e, err
}

// unusedValue checks that no value of a component is left, and gives the index
// of one that is.
func (s *scope) unusedValue() (int, error) {
	for i, e := range s.spaces[SortValue] {
		if !e.(*value).used {
			return i, fmt.Errorf("value %d is never used", i)
		}
	}
	return 0, nil
}

// valueType gives the type of a value import or export, and the value that it
// must equal, or nil.
func (l *linker) valueType(s *scope, d ExternDesc) (*abi.Type, *value, error) {
	if !d.ValEq {
		t, err := l.valType(s, &d.ValTyp)
		return t, nil, err
	}
	v, err := lookup[*value](s, SortValue, d.Index)
	if err != nil {
		return nil, nil, err
	}
	return v.typ, v, nil
}

// freshValue makes up a value. One that must equal another is that one.
func (l *linker) freshValue(s *scope, d ExternDesc, path []string, item *ImportItem) (entity, *ImportItem, error) {
	t, equal, err := l.valueType(s, d)
	switch {
	case err != nil:
		return nil, nil, err
	case equal != nil:
		return equal.as(t), nil, nil
	}
	v, err := l.newValue(&Value{Type: t, Import: path})
	if err == nil {
		item.Value, err = v.src, l.spend(l.info[t].nodes)
	}
	return v, item, err
}

// matchValue is match for values.
func (l *linker) matchValue(s *scope, d ExternDesc, got *value) (entity, error) {
	want, equal, err := l.valueType(s, d)
	switch {
	case err != nil:
		return nil, err
	case equal != nil && (equal.src != got.src || equal.opaque != got.opaque):
		return nil, fmt.Errorf("value %d is expected, not one that may differ from it", d.Index)
	}
	return got.as(want), l.sameType(want, got.typ)
}

// handOut checks the values among what a component exports. From the root they
// go to the host.
func (l *linker) handOut(e entity, root bool) error {
	switch e := e.(type) {
	case *value:
		if l.info[e.typ].borrow {
			return errors.New("a value with a borrowed handle cannot be exported")
		}
		if root {
			return l.take(e)
		}
	case *instanceVal:
		if err := l.spend(len(e.names)); err != nil {
			return err
		}
		for _, name := range e.names {
			if err := l.handOut(e.exports[name], root); err != nil {
				return fmt.Errorf("%q: %w", name, err)
			}
		}
	}
	return nil
}

// take notes that a value is at its goal. There is one goal only for what owns
// resources; that aliases of an instance's export may have several, the
// specification leaves open.
func (l *linker) take(v *value) error {
	if l.scratch || !l.info[v.typ].resource {
		return nil
	}
	if v.src.taken {
		return fmt.Errorf("a value of type %s, which owns a resource, is used in two places", brief(v.typ))
	}
	v.src.taken = true
	return nil
}

func (ev *evaluation) start(d *Start) error {
	f, err := lookup[*Func](ev.s, SortFunc, d.Func)
	if err != nil {
		return err
	}
	step := &CallStart{Func: f, Instance: ev.s.inst}
	if step.Args, err = ev.startArgs(d, f); err != nil {
		return err
	}
	switch {
	case d.Results == 1 && f.Type.Result != nil:
		v, err := ev.l.newValue(&Value{Type: f.Type.Result})
		if err != nil {
			return err
		}
		ev.s.add(v)
		step.Result = v.src
	case d.Results > 0 || f.Type.Result != nil:
		return fmt.Errorf("the start function does not have %d results", d.Results)
	}
	if f.Import != nil && !ev.l.scratch {
		if step.Func, err = ev.liftImport(f); err != nil {
			return err
		}
	}
	if err := ev.l.spend(ev.l.nodesOf(f.Type)); err != nil {
		return err
	}
	_, err = ev.l.addStep(step)
	return err
}

func (ev *evaluation) startArgs(d *Start, f *Func) ([]*Value, error) {
	if len(d.Args) != len(f.Type.Params) {
		return nil, fmt.Errorf("the start function has %d parameters, but is given %d arguments", len(f.Type.Params), len(d.Args))
	}
	var args []*Value
	for i, a := range d.Args {
		e, err := ev.use(SortValue, a)
		if err == nil {
			err = ev.l.sameType(f.Type.Params[i].Type, e.(*value).typ)
		}
		if err == nil {
			err = ev.l.take(e.(*value))
		}
		if err != nil {
			return nil, fmt.Errorf("argument %d of the start function: %w", i+1, err)
		}
		args = append(args, e.(*value).src)
	}
	return args, nil
}

// nodesOf is what a host takes to make ready for calls of a function.
func (l *linker) nodesOf(f *abi.FuncType) int {
	n := 0
	for _, p := range f.Params {
		n += l.info[p.Type].nodes
	}
	if f.Result != nil {
		n += l.info[f.Result].nodes
	}
	return n
}
