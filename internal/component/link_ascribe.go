package component

// ascribe gives an entity, which has the type given, as one of which nothing
// but that type is known: resources and values are others than those that they
// are, unless the type says what they equal.
func (l *linker) ascribe(s *scope, d ExternDesc, e entity) (entity, error) {
	switch e := e.(type) {
	case *Func:
		t, err := l.funcTypeAt(s, d.Index)
		f := *e
		f.Type = t
		return &f, err
	case *value:
		t, equal, err := l.valueType(s, d)
		if err != nil {
			return nil, err
		}
		v := e.as(t)
		if equal == nil {
			v.opaque = &Value{}
		}
		return v, nil
	case *typeVal:
		if d.Bound == BoundEq {
			return lookup[*typeVal](s, SortType, d.Index)
		}
		return &typeVal{res: e.res, hidden: &Resource{}}, nil
	case *instanceVal:
		tc, err := closureAt(s, d.Index, false)
		if err != nil {
			return nil, err
		}
		return l.instanceOf(tc, func(name string, d ExternDesc, s *scope) (entity, error) {
			return l.ascribe(s, d, e.exports[name])
		})
	}
	return e, nil
}
