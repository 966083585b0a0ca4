package encode

import (
	"errors"
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A place is what the module name of a core import stands for: an interface,
// or the world itself if iface is nil, on the side of imports or of exports.
type place struct {
	iface    *iface
	exported bool
}

// id tells places apart.
func (p place) id() string {
	side, name := "", worldModule
	if p.exported {
		side = exportMark
	}
	if p.iface != nil {
		name = p.iface.name
	}
	return side + name + " "
}

// placeNamed gives what the module name of a core import stands for.
func (e *encoder) placeNamed(module string) (p place, err error) {
	module, p.exported = strings.CutPrefix(module, exportMark)
	switch {
	case module == worldModule:
	case p.exported:
		if p.iface = e.exportNamed(module); p.iface == nil {
			err = errors.New("the world does not export this interface")
		}
	default:
		if p.iface = e.findImport(module); p.iface == nil {
			err = fmt.Errorf("the world does not import this interface%s", e.importHint(module))
		}
	}
	return p, err
}

// function finds a function by the name that it has in a component; it is nil
// if there is none.
func (e *encoder) function(p place, name string) *wit.Function {
	switch {
	case p.iface != nil:
		return p.iface.funcs[name]
	case !p.exported:
		return e.worldFuncs[name]
	}
	for _, x := range e.worldExports {
		if x.Func != nil && x.Func.ABIName() == name {
			return x.Func
		}
	}
	return nil
}

// movedTypes finds the interface into which the transform has moved the
// resource of the world that has a function of that name.
func (e *encoder) movedTypes(p place, name string) *iface {
	for _, f := range e.importOrder {
		if p.iface == nil && (f.name == transform.WorldTypes || f.def.Name == transform.WorldTypes) && f.funcs[name] != nil {
			return f
		}
	}
	return nil
}

// noFunction is the error of an import that stands for nothing in its place.
func (e *encoder) noFunction(p place, field string) error {
	var names []string
	if p.iface != nil {
		for _, fn := range p.iface.funcOrder {
			names = append(names, fn.ABIName())
		}
		return fmt.Errorf("the interface has no such function%s", wit.Nearest(field, names))
	}
	for _, it := range e.worldImports {
		if it.Func != nil {
			names = append(names, it.Func.ABIName())
		}
	}
	return fmt.Errorf("the world imports no function %s%s", field, wit.Nearest(field, names))
}

// exportNamed gives the exported interface that a core import names.
func (e *encoder) exportNamed(name string) *iface {
	if f := e.exports[name]; f != nil {
		return f
	}
	for _, f := range e.exportOrder {
		if wit.Track(f.name) == name {
			return f
		}
	}
	return nil
}

// importHint says what the world imports instead of an interface.
func (e *encoder) importHint(name string) string {
	var list []string
	for _, it := range e.worldImports {
		if it.Interface != nil {
			list = append(list, it.Name)
		}
	}
	if list == nil {
		return ", nor any other"
	}
	return wit.Nearest(name, list) + " (it imports " + some(list) + ")"
}

// some lists the first of many names.
func some(list []string) string {
	const limit = 12
	more := ""
	if len(list) > limit {
		more = fmt.Sprintf(" and %d more", len(list)-limit)
		list = list[:limit]
	}
	return strings.Join(list, ", ") + more
}
