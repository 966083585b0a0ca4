package component

import (
	"errors"
	"fmt"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// fresh makes up an entity of the given type: an import of the root, or when
// only checking, of any component. The item describes it; it is nil for
// entities that mean nothing at run time.
func (l *linker) fresh(s *scope, d ExternDesc, path []string) (entity, *ImportItem, error) {
	item := &ImportItem{Name: path[len(path)-1]}
	switch d.Sort {
	case SortFunc:
		t, err := l.funcTypeAt(s, d.Index)
		item.Func = t
		return &Func{Type: t, Import: path}, item, err
	case SortType:
		return l.freshType(s, d, path, item)
	case SortInstance:
		tc, err := closureAt(s, d.Index, false)
		if err != nil {
			return nil, nil, err
		}
		item.Instance = []*ImportItem{}
		in, err := l.instanceOf(tc, func(name string, d ExternDesc, s *scope) (entity, error) {
			e, sub, err := l.fresh(s, d, append(slices.Clone(path), name))
			if sub != nil {
				item.Instance = append(item.Instance, sub)
			}
			return e, err
		})
		return in, item, err
	case SortValue:
		return l.freshValue(s, d, path, item)
	}
	if !l.scratch {
		return nil, nil, fmt.Errorf("a host cannot give a %s", d.Sort)
	}
	if d.Sort == SortComponent {
		tc, err := closureAt(s, d.Index, true)
		return &componentVal{typ: tc}, nil, err
	}
	m, err := moduleTypeAt(s, d.Index)
	return m, nil, err
}

func (l *linker) freshType(s *scope, d ExternDesc, path []string, item *ImportItem) (entity, *ImportItem, error) {
	if d.Bound == BoundSub {
		r := &Resource{Name: item.Name, Imported: true, Import: path}
		l.out.prog.Resources = append(l.out.prog.Resources, r)
		item.Resource = r
		return &typeVal{res: r}, item, nil
	}
	t, err := lookup[*typeVal](s, SortType, d.Index)
	if err != nil {
		return nil, nil, err
	}
	t = l.renamed(t)
	l.named(item.Name, t)
	if item.Resource, item.Type = t.res, t.val; t.res == nil && t.val == nil {
		item = nil
	}
	return t, item, nil
}

// match checks that an entity has the type wanted and gives it as seen
// through that type: of an instance only the exports that the type has.
func (l *linker) match(s *scope, d ExternDesc, e entity) (entity, error) {
	if e.sort() != d.Sort {
		return nil, fmt.Errorf("a %s is expected, not a %s", d.Sort, e.sort())
	}
	if err := l.spend(1); err != nil {
		return nil, err
	}
	switch d.Sort {
	case SortFunc:
		want, err := l.funcTypeAt(s, d.Index)
		if err == nil {
			err = l.sameFunc(want, e.(*Func).Type)
		}
		f := *e.(*Func)
		f.Type = want
		return &f, err
	case SortValue:
		return l.matchValue(s, d, e.(*value))
	case SortType:
		return e, l.matchType(s, d, e.(*typeVal))
	case SortInstance:
		tc, err := closureAt(s, d.Index, false)
		if err != nil {
			return nil, err
		}
		return l.instanceOf(tc, l.exportsOf(e.(*instanceVal), "instance"))
	case SortComponent:
		tc, err := closureAt(s, d.Index, true)
		if err == nil {
			err = l.matchComponent(tc, e.(*componentVal))
		}
		return e, err
	}
	want, err := moduleTypeAt(s, d.Index)
	if err != nil {
		return nil, err
	}
	given := e.(*coreModule)
	if err := l.spend(len(want.names) + len(want.imports) + len(given.imports)); err != nil {
		return nil, err
	}
	return e, want.accepts(given)
}

func (l *linker) matchType(s *scope, d ExternDesc, got *typeVal) error {
	if d.Bound == BoundSub {
		if got.res == nil {
			return errors.New("a resource type is expected, not another type")
		}
		return nil
	}
	want, err := lookup[*typeVal](s, SortType, d.Index)
	if err != nil {
		return err
	}
	return l.sameTypeVal(want, got)
}

// sameTypeVal checks that two types are equal.
func (l *linker) sameTypeVal(want, got *typeVal) error {
	switch {
	case want.val != nil && got.val != nil:
		return l.sameType(want.val, got.val)
	case want.fn != nil && got.fn != nil:
		return l.sameFunc(want.fn, got.fn)
	case want.res != nil && want.res == got.res && want.hidden == got.hidden:
		return nil
	case want.res != nil && got.res != nil:
		return fmt.Errorf("resource types %s and %s differ", resourceName(want.res), resourceName(got.res))
	case want.closure != nil && got.closure != nil && want.closure.component == got.closure.component:
		return l.sameClosure(want.closure, got.closure)
	}
	return fmt.Errorf("%s is expected, not %s", want.describe(), got.describe())
}

func (t *typeVal) describe() string {
	switch {
	case t.val != nil:
		return "a value type"
	case t.res != nil:
		return "a resource type"
	case t.fn != nil:
		return "a function type"
	case t.closure.component:
		return "a component type"
	}
	return "an instance type"
}

func (l *linker) sameFunc(want, got *abi.FuncType) error {
	switch {
	case want == got:
		return nil
	case want.Async && !got.Async:
		return errors.New("an async function is expected, not one that is not")
	case got.Async && !want.Async:
		return errors.New("a function that is not async is expected, not an async one")
	}
	if len(want.Params) != len(got.Params) {
		return fmt.Errorf("the function should have %d parameters, not %d", len(want.Params), len(got.Params))
	}
	for i, p := range want.Params {
		if p.Name != got.Params[i].Name {
			return fmt.Errorf("parameter %d of the function should be named %q, not %q", i+1, p.Name, got.Params[i].Name)
		}
		if err := l.sameType(p.Type, got.Params[i].Type); err != nil {
			return fmt.Errorf("parameter %q of the function: %w", p.Name, err)
		}
	}
	switch {
	case want.Result == nil && got.Result == nil:
		return nil
	case want.Result == nil || got.Result == nil:
		return errors.New("one function has a result, the other has none")
	}
	if err := l.sameType(want.Result, got.Result); err != nil {
		return fmt.Errorf("result of the function: %w", err)
	}
	return nil
}

// sameType checks that two value types are equal.
func (l *linker) sameType(want, got *abi.Type) error {
	pair := [2]*abi.Type{want, got}
	if want == got || l.same[pair] {
		return nil
	}
	if err := l.spend(1 + len(want.Fields) + len(want.Cases) + len(want.Labels)); err != nil {
		return err
	}
	if want.Kind != got.Kind || want.Len != got.Len || len(want.Fields) != len(got.Fields) ||
		len(want.Cases) != len(got.Cases) || (want.Elem == nil) != (got.Elem == nil) || !slices.Equal(want.Labels, got.Labels) || !l.sameResource(want, got) ||
		l.info[want].isMap != l.info[got].isMap {
		return l.differ(want, got)
	}
	if want.Elem != nil {
		if err := l.sameType(want.Elem, got.Elem); err != nil {
			return err
		}
	}
	for i, f := range want.Fields {
		if f.Name != got.Fields[i].Name {
			return l.differ(want, got)
		}
		if err := l.sameType(f.Type, got.Fields[i].Type); err != nil {
			return err
		}
	}
	for i, c := range want.Cases {
		other := got.Cases[i]
		if c.Name != other.Name || (c.Type == nil) != (other.Type == nil) {
			return l.differ(want, got)
		}
		if c.Type != nil {
			if err := l.sameType(c.Type, other.Type); err != nil {
				return err
			}
		}
	}
	l.same[pair] = true
	return nil
}

// sameResource tells whether two handles are of one resource type; types that
// are none have none.
func (l *linker) sameResource(a, b *abi.Type) bool {
	if a.Resource == nil || b.Resource == nil {
		return a.Resource == b.Resource
	}
	return a.Resource == b.Resource && l.info[a].handle.hidden == l.info[b].handle.hidden
}

func (l *linker) differ(want, got *abi.Type) error {
	return fmt.Errorf("type %s is expected, not %s", brief(want), brief(got))
}

// instanceOf evaluates a component or instance type: its imports are for
// component types only, and its exports come from the supplier in both cases
// but that of a component type's instance, whose exports are made up.
func (l *linker) instanceOf(tc *typeClosure, supply supplier) (*instanceVal, error) {
	if !tc.component {
		return l.declare(tc, nil, supply)
	}
	return l.declare(tc, supply, l.anything)
}

// declare evaluates the declarations of a component or instance type and
// gives the exports.
func (l *linker) declare(tc *typeClosure, imports, exports supplier) (*instanceVal, error) {
	if err := l.enter(); err != nil {
		return nil, err
	}
	defer l.leave()
	if err := l.spend(scopeCost); err != nil {
		return nil, err
	}
	ev := &declaration{l: l, component: tc.component, imports: imports, exports: exports, in: newInstanceVal()}
	ev.imported.ofImports = true
	ev.s = &scope{kind: typeScope, closure: tc.ast, parent: tc.parent, visible: tc.visible, inst: -1}
	if tc.component {
		ev.types = newVisibility() // an instance type has to be so only where it is used
	}
	for _, d := range tc.decls {
		if err := l.spend(1); err != nil {
			return nil, err
		}
		e, err := ev.declare(d)
		if err != nil {
			return nil, err
		}
		ev.s.add(e)
	}
	return ev.in, nil
}

// A declaration is the evaluation of one component or instance type.
type declaration struct {
	l                  *linker
	s                  *scope
	component          bool
	imports, exports   supplier
	imported, exported nameSet
	types              visibility
	in                 *instanceVal
}

// declare evaluates one declaration.
func (ev *declaration) declare(d Decl) (entity, error) {
	switch {
	case d.CoreType != nil:
		return ev.l.coreType(ev.s, d.CoreType)
	case d.Type != nil:
		return ev.l.typeDef(ev.s, d.Type)
	case d.Alias != nil:
		if d.Alias.Target == AliasCoreExport {
			return nil, errors.New("an alias of a core instance's export in a type")
		}
		return ev.l.alias(ev.s, d.Alias)
	case d.Import != nil && ev.imports != nil:
		e, err := ev.named(&ev.imported, ev.imports, d.Import.Name, d.Import.Attrs, d.Import.Desc)
		if err == nil {
			err = ev.types.imported(ev.l, e)
		}
		if err != nil {
			return nil, fmt.Errorf("import %q: %w", d.Import.Name, err)
		}
		return e, nil
	case d.Export != nil:
		e, err := ev.named(&ev.exported, ev.exports, d.Export.Name, d.Export.Attrs, d.Export.Desc)
		if err == nil {
			err = ev.types.exported(ev.l, e)
		}
		if err == nil && ev.component {
			err = ev.l.handOut(e, false)
		}
		if err != nil {
			return nil, fmt.Errorf("export %q: %w", d.Export.Name, err)
		}
		ev.in.add(d.Export.Name, e)
		return e, nil
	}
	return nil, errors.New("a declaration that is not allowed here")
}

// named gives the entity of an import or export.
func (ev *declaration) named(names *nameSet, supply supplier, name string, attrs []Attribute, d ExternDesc) (entity, error) {
	if err := ev.l.spend(textCost(name)); err != nil {
		return nil, err
	}
	if err := names.add(name, attrs, d.Sort); err != nil {
		return nil, err
	}
	e, err := supply(name, d, ev.s)
	if err != nil {
		return nil, err
	}
	return e, names.bind(name, e)
}
