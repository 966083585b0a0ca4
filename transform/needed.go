package transform

import "github.com/isyswasfa/isyswasfa/wit"

// Needed tells whether a world has async functions, streams or futures:
// whether it must be rewritten to be one of WASI 0.2.
func Needed(w *wit.World) bool {
	for _, items := range [][]*wit.WorldItem{w.Imports, w.Exports} {
		for _, it := range items {
			switch {
			case it.Func != nil && asyncFunc(it.Func), it.Type != nil && carries(it.Type.Kind):
				return true
			case it.Interface == nil:
				continue
			}
			for _, t := range it.Interface.Types {
				if carries(t.Kind) {
					return true
				}
			}
			for _, f := range it.Interface.Funcs {
				if asyncFunc(f) {
					return true
				}
			}
		}
	}
	return false
}

func asyncFunc(f *wit.Function) bool {
	for _, p := range f.Params {
		if mentions(p.Type) {
			return true
		}
	}
	return f.Async || mentions(f.Result)
}

// mentions tells whether a type that is written here, and not named, carries
// a stream or future.
func mentions(t wit.Type) bool {
	d, ok := t.(*wit.TypeDef)
	return ok && d.Name == "" && carries(d.Kind)
}

func carries(kind wit.Kind) bool {
	switch k := kind.(type) {
	case *wit.Stream, *wit.Future:
		return true
	case *wit.Record:
		for _, f := range k.Fields {
			if mentions(f.Type) {
				return true
			}
		}
	case *wit.Variant:
		for _, c := range k.Cases {
			if mentions(c.Type) {
				return true
			}
		}
	case *wit.Tuple:
		for _, t := range k.Types {
			if mentions(t) {
				return true
			}
		}
	case *wit.Option:
		return mentions(k.Type)
	case *wit.Result:
		return mentions(k.OK) || mentions(k.Err)
	case *wit.List:
		return mentions(k.Elem)
	case *wit.Map:
		return mentions(k.Key) || mentions(k.Value)
	case *wit.Alias:
		return mentions(k.Type)
	}
	return false
}
