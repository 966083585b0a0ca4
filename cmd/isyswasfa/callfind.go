package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/wit"
)

// findFunction gives the exported function that a call means.
func findFunction(c *host.Component, pre *host.InstancePre, e callExpr) (*host.Function, error) {
	if strings.HasPrefix(e.name, "[") {
		return nil, fmt.Errorf("%s: methods of resources cannot be called: a resource has no text", e.name)
	}
	exports := c.Exports()
	iface, err := withVersion(exports, e.iface)
	if err != nil {
		return nil, err
	}
	f, err := pre.Function(iface, e.name)
	if err != nil {
		return nil, explain(c.Name(), exports, qualified(iface, e.name), err)
	}
	if t := f.Type().Result; t != nil && hasResource(t, map[*host.Type]bool{}) {
		return nil, fmt.Errorf("%s: %s cannot be called: a resource in the result has no text", qualified(iface, e.name), f.Type())
	}
	return f, nil
}

// findValue gives the exported value that was named.
func findValue(c *host.Component, pre *host.InstancePre, e callExpr) (*host.Value, error) {
	iface, err := withVersion(c.Exports(), e.iface)
	if err != nil {
		return nil, err
	}
	v, err := pre.Value(iface, e.name)
	if err != nil {
		return nil, usagef("%q is no call, and no value is exported under that name: FUNC(ARGS) is needed, such as %s()", e.text, qualified(iface, strings.Fields(e.name)[0]))
	}
	if hasResource(v.Type(), map[*host.Type]bool{}) {
		return nil, fmt.Errorf("%s: a resource in the value has no text", qualified(iface, e.name))
	}
	return v, nil
}

// withVersion gives the exported interface that is meant by a name without a
// version. What is not found stays as it is.
func withVersion(exports []host.Extern, iface string) (string, error) {
	if iface == "" || strings.Contains(iface, "@") {
		return iface, nil
	}
	var found []string
	for _, e := range exports {
		if base, _, _ := strings.Cut(e.Name, "@"); e.Instance != nil && base == iface {
			found = append(found, e.Name)
		}
	}
	switch {
	case len(found) == 0 || slices.Contains(found, iface):
		return iface, nil
	case len(found) > 1:
		return "", fmt.Errorf("%s is exported in several versions: write %s", iface, strings.Join(found, " or "))
	}
	return found[0], nil
}

// explain makes the error of a function that a component does not export, or
// that cannot be called for the reason err.
func explain(component string, exports []host.Extern, want string, err error) error {
	var have []string
	for _, x := range exports {
		if x.Func != nil || x.Value != nil {
			have = append(have, x.Name)
		}
		for _, f := range x.Instance {
			if (f.Func != nil || f.Value != nil) && !strings.HasPrefix(f.Name, "[") {
				have = append(have, qualified(x.Name, f.Name))
			}
		}
	}
	if slices.Contains(have, want) {
		return err
	}
	if have == nil {
		return fmt.Errorf("%s exports no function that could be called", component)
	}
	return fmt.Errorf("%s does not export the function %s%s\nIt exports:\n\t%s", component, want, nearest(want, have), strings.Join(shortened(have), "\n\t"))
}

// maxListed bounds the names that an error lists.
const maxListed = 30

func shortened(list []string) []string {
	if len(list) <= maxListed {
		return list
	}
	return append(list[:maxListed:maxListed], fmt.Sprintf("… and %d more", len(list)-maxListed))
}

func qualified(iface, name string) string {
	if iface == "" {
		return name
	}
	return iface + "#" + name
}

// nearest asks whether the name that looks most like the one that was asked for
// is meant, of those with that function if there are any; "" for none.
func nearest(want string, have []string) string {
	i := strings.LastIndexByte(want, '#') + 1
	iface, function := want[:i], want[i:]
	var same, beside []string // in other interfaces; of this one
	for _, name := range have {
		if strings.HasSuffix(name, "#"+function) {
			same = append(same, name)
		}
		if other, ok := strings.CutPrefix(name, iface); ok {
			beside = append(beside, other)
		}
	}
	switch {
	case len(same) == 0 && len(beside) > 0:
		return strings.Replace(wit.Nearest(function, beside), "`", "`"+iface, 1)
	case len(same) == 0:
		return wit.Nearest(want, have)
	}
	return cmp.Or(wit.Nearest(want, same), "; did you mean `"+same[0]+"`?")
}

// hasResource tells whether a value of the type may hold a resource.
func hasResource(t *host.Type, seen map[*host.Type]bool) bool {
	if t == nil || seen[t] {
		return false
	}
	seen[t] = true
	if t.Kind == host.KindOwn || t.Kind == host.KindBorrow || hasResource(t.Elem, seen) {
		return true
	}
	inside := func(n host.NamedType) bool { return hasResource(n.Type, seen) }
	return slices.ContainsFunc(t.Fields, inside) || slices.ContainsFunc(t.Cases, inside)
}
