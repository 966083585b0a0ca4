package wit

import (
	"fmt"
	"slices"
	"strings"
)

// gate says why an item of package s is left out, or "".
func (b *builder) gate(s *pkgState, a attrs) string {
	if f := a.stability.Unstable; f != "" && !slices.Contains(b.features, f) && !slices.Contains(b.features, "*") {
		return fmt.Sprintf("belongs to the unstable feature `%s`, which is not enabled", f)
	}
	if since := a.stability.Since; s.past && since != "" && CompareVersions(since, s.name.Version) > 0 {
		return fmt.Sprintf("exists since version %s, and this is %s", since, s.name.Version)
	}
	return ""
}

// checkGated makes sure that the types of an interface that is left out are
// left out on their own account too, as the gates' rules want it.
func (b *builder) checkGated(d *decl) error {
	if d.iface == nil {
		return nil
	}
	for _, it := range d.iface.items {
		if it.fn != nil || b.gate(d.pkg, it.attrs) != "" {
			continue
		}
		at := it.at()
		return at.pos.errorf("`%s` needs a gate of its own: interface `%s` %s", at.name, d.name.name, d.gated)
	}
	return nil
}

// checkGatedResource does the same for the functions of a resource.
func (b *builder) checkGatedResource(s *pkgState, t *typeDecl, why string) error {
	for _, f := range t.funcs {
		if b.gate(s, f.attrs) == "" {
			return f.name.pos.errorf("`%s` needs a gate of its own: resource `%s` %s", f.name.name, t.name.name, why)
		}
	}
	return nil
}

// at gives the name by which errors know the item.
func (it *itemDecl) at() ident {
	switch {
	case it.typ != nil:
		return it.typ.name
	case it.fn != nil:
		return it.fn.name
	case len(it.use.names) > 0:
		return it.use.names[0].as
	}
	return it.use.path.name
}

// join adds the gates of an item that is included to those of the same item
// that is there already. Since-gates speak of their package's version, so
// across packages they are dropped.
func (s Stability) join(included Stability, foreign bool) (Stability, error) {
	switch {
	case foreign && included.Since != "":
		return Stability{}, nil
	case included == s || included == (Stability{}):
		return s, nil
	case s == (Stability{}):
		return included, nil
	}
	return s, fmt.Errorf("is included with other gates (%s) than it has here (%s)", included, s)
}

// String gives the gates as WIT text, in one line.
func (s Stability) String() string { return strings.Join(s.lines(), " ") }

func (s Stability) lines() []string {
	var gates []string
	if s.Since != "" {
		gates = append(gates, "@since(version = "+s.Since+")")
	}
	if s.Unstable != "" {
		gates = append(gates, "@unstable(feature = "+escape(s.Unstable)+")")
	}
	if s.Deprecated != "" {
		gates = append(gates, "@deprecated(version = "+s.Deprecated+")")
	}
	return gates
}

// checkVersion says what keeps v from being a semantic version, or "".
func checkVersion(v string) string {
	core, build, hasBuild := strings.Cut(v, "+")
	core, pre, hasPre := strings.Cut(core, "-")
	nums := strings.Split(core, ".")
	if len(nums) != 3 {
		return "want MAJOR.MINOR.PATCH"
	}
	for _, n := range nums {
		if !isNumber(n) || len(n) > 19 {
			return "want MAJOR.MINOR.PATCH in decimal numbers"
		}
	}
	for _, part := range []struct {
		has, numbers bool
		text         string
	}{{hasPre, true, pre}, {hasBuild, false, build}} {
		if !part.has {
			continue
		}
		for id := range strings.SplitSeq(part.text, ".") {
			if id == "" {
				return "an empty part after - or +"
			}
			if part.numbers && strings.Trim(id, "0123456789") == "" && !isNumber(id) {
				return "a number with leading zeros"
			}
		}
	}
	return ""
}

// isNumber tells whether s is a decimal number without leading zeros.
func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == "" && (len(s) == 1 || s[0] != '0')
}
