package host

import "strings"

// track gives the name of an interface with its version cut down to what
// decides compatibility: the minor version below 1.0.0, the major version from
// there on. Versions that are compatible with themselves alone stay whole.
func track(name string) string {
	base, v, ok := strings.Cut(name, "@")
	if !ok {
		return name
	}
	v, _, _ = strings.Cut(v, "+")
	if strings.Contains(v, "-") {
		return base + "@" + v
	}
	parts := strings.SplitN(v, ".", 3)
	switch {
	case len(parts) != 3 || parts[0] == "0" && parts[1] == "0":
		return base + "@" + v
	case parts[0] == "0":
		return base + "@0." + parts[1]
	}
	return base + "@" + parts[0]
}

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
	want := track(name)
	for _, d := range l.insts {
		if track(d.name) == want {
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

func (l *Linker) resource(inst, name string) (*ResourceType, bool) {
	return lookup(l, inst, func(d *Definitions) (*ResourceType, bool) { r, ok := d.resources[name]; return r, ok })
}

// has tells whether there are any definitions for an instance.
func (l *Linker) has(inst string) bool {
	_, ok := lookup(l, inst, func(d *Definitions) (bool, bool) { return true, true })
	return ok
}
