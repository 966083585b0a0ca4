package host

import "github.com/isyswasfa/isyswasfa/wit"

// lookup finds what get finds in the definitions for an instance: in those of
// the very name first, then in those of the same track.
func lookup[T any](l *Linker, name string, get func(*Definitions) (T, bool)) (v T, ok bool) {
	for _, d := range l.insts {
		if d.name == name {
			if v, ok = get(d); ok {
				return v, true
			}
		}
	}
	want := wit.Track(name)
	for _, d := range l.insts {
		if wit.Track(d.name) == want {
			if v, ok = get(d); ok {
				return v, true
			}
		}
	}
	return v, false
}

func (l *Linker) function(inst, name string) (funcDef, bool) {
	return lookup(l, inst, func(d *Definitions) (funcDef, bool) { f, ok := d.funcs[name]; return f, ok })
}

func (l *Linker) value(inst, name string) (valueDef, bool) {
	return lookup(l, inst, func(d *Definitions) (valueDef, bool) { v, ok := d.values[name]; return v, ok })
}

func (l *Linker) resource(inst, name string) (*ResourceType, bool) {
	return lookup(l, inst, func(d *Definitions) (*ResourceType, bool) { r, ok := d.resources[name]; return r, ok })
}

// has tells whether there are any definitions for an instance.
func (l *Linker) has(inst string) bool {
	_, ok := lookup(l, inst, func(d *Definitions) (bool, bool) { return true, true })
	return ok
}
