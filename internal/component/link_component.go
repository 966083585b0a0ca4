package component

import (
	"errors"
	"fmt"
)

// matchComponent checks that a component has a component type: given what the
// type imports, it must be possible to instantiate it, and it must export at
// least what the type does.
func (l *linker) matchComponent(want *typeClosure, given *componentVal) error {
	if given.typ == want {
		return nil
	}
	if err := l.enter(); err != nil {
		return err
	}
	defer l.leave()
	return l.checking(func() error {
		imports := make(map[string]entity)
		_, err := l.declare(want, func(name string, d ExternDesc, s *scope) (entity, error) {
			e, err := l.anything(name, d, s)
			imports[name] = e
			return e, err
		}, l.anything)
		if err != nil {
			return err
		}
		in, err := l.instanceWith(given, imports)
		if err != nil {
			return fmt.Errorf("the component given: %w", err)
		}
		// Once more with the same imports, so that exports are of their types.
		same := func(name string, _ ExternDesc, _ *scope) (entity, error) { return imports[name], nil }
		_, err = l.declare(want, same, l.exportsOf(in, "component"))
		return err
	})
}

// instanceWith instantiates a component, only for checking, with imports of
// which it need not use all.
func (l *linker) instanceWith(cv *componentVal, imports map[string]entity) (*instanceVal, error) {
	supply := func(name string, d ExternDesc, s *scope) (entity, error) {
		e := imports[name]
		if e == nil {
			return nil, errors.New("the type expected does not have it")
		}
		return l.match(s, d, e)
	}
	if cv.ast == nil {
		return l.instanceOf(cv.typ, supply)
	}
	inst, err := l.newInstance("component", -1)
	if err != nil {
		return nil, err
	}
	return l.evaluate(cv, inst, cv.visibility(), supply)
}

// exportsOf supplies what an instance exports, as far as it has the type
// wanted. what names the given thing in errors.
func (l *linker) exportsOf(in *instanceVal, what string) supplier {
	return func(name string, d ExternDesc, s *scope) (entity, error) {
		x := in.exports[name]
		if x == nil {
			return nil, fmt.Errorf("the %s given has no such export", what)
		}
		return l.match(s, d, x)
	}
}

// sameClosure checks that two component or instance types are equal: each is
// a subtype of the other.
func (l *linker) sameClosure(a, b *typeClosure) error {
	if a == b {
		return nil
	}
	if a.component {
		if err := l.matchComponent(a, &componentVal{typ: b}); err != nil {
			return err
		}
		return l.matchComponent(b, &componentVal{typ: a})
	}
	if err := l.matchInstanceType(a, b); err != nil {
		return err
	}
	return l.matchInstanceType(b, a)
}

func (l *linker) matchInstanceType(want, given *typeClosure) error {
	if err := l.enter(); err != nil {
		return err
	}
	defer l.leave()
	return l.checking(func() error {
		in, err := l.instanceOf(given, l.anything)
		if err == nil {
			_, err = l.instanceOf(want, l.exportsOf(in, "instance"))
		}
		return err
	})
}
