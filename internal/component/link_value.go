package component

import (
	"errors"
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// Values and start functions are checked, but there is no host for them: Link
// refuses a component that has any.

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

// valuesUsed checks that no value of a component is left.
func (s *scope) valuesUsed() error {
	for i, e := range s.spaces[SortValue] {
		if !e.(*value).used {
			return fmt.Errorf("value %d is never used", i)
		}
	}
	return nil
}

// valueType gives the type of a value import or export.
func (l *linker) valueType(s *scope, d ExternDesc) (*abi.Type, error) {
	if !d.ValEq {
		return l.valType(s, &d.ValTyp)
	}
	v, err := lookup[*value](s, SortValue, d.Index)
	if err != nil {
		return nil, err
	}
	return v.typ, nil
}

func (ev *evaluation) start(d *Start) error {
	f, err := lookup[*Func](ev.s, SortFunc, d.Func)
	if err != nil {
		return err
	}
	if len(d.Args) != len(f.Type.Params) {
		return fmt.Errorf("the start function has %d parameters, but is given %d arguments", len(f.Type.Params), len(d.Args))
	}
	for i, a := range d.Args {
		e, err := ev.use(SortValue, a)
		if err == nil {
			err = ev.l.sameType(f.Type.Params[i].Type, e.(*value).typ)
		}
		if err != nil {
			return fmt.Errorf("argument %d of the start function: %w", i+1, err)
		}
	}
	switch {
	case !ev.l.scratch:
		return errors.New("a host cannot run start functions")
	case d.Results == 0 && f.Type.Result == nil:
		return nil
	case d.Results == 1 && f.Type.Result != nil:
		ev.s.add(&value{typ: f.Type.Result})
		return nil
	}
	return fmt.Errorf("the start function does not have %d results", d.Results)
}
