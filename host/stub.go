package host

import (
	"errors"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// DefineMissing defines everything that c imports and that the linker does not
// have: functions that trap when they are called, and resources of which there
// never is one. It is for components of which only a part will be used. Values
// cannot be made up: they stay missing.
func (l *Linker) DefineMissing(c *Component) { l.defineMissing("", c.prog.Imports) }

func (l *Linker) defineMissing(inst string, items []*component.ImportItem) {
	for _, it := range items {
		path := it.Name
		if inst != "" {
			path = inst + "/" + it.Name
		}
		switch {
		case it.Instance != nil:
			l.defineMissing(path, it.Instance)
		case it.Func != nil:
			if _, ok := l.function(inst, it.Name); !ok {
				l.Instance(inst).Func(it.Name, Func(missing))
			}
		case it.Resource != nil:
			if _, ok := l.resource(inst, it.Name); !ok {
				l.Instance(inst).Resource(it.Name, NewResource[struct{}](it.Name, nil))
			}
		}
	}
}

// missing is a function that nobody defined.
func missing(*Call, []any) (any, error) {
	return nil, errors.New("nothing provides this import")
}
