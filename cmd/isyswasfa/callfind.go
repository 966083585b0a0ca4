package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/host"
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
		if x.Func != nil {
			have = append(have, x.Name)
		}
		for _, f := range x.Instance {
			if f.Func != nil && !strings.HasPrefix(f.Name, "[") {
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

// unversioned drops the version of a qualified name.
func unversioned(name string) string {
	iface, f, ok := strings.Cut(name, "#")
	if !ok {
		return name
	}
	iface, _, _ = strings.Cut(iface, "@")
	return iface + "#" + f
}

// nearest gives "; did you mean NAME?" for the name that looks most like the
// one that was asked for, or whose function has its name; "" for none.
func nearest(want string, have []string) string {
	best, bestDistance := "", 1+max(1, len(want)/4)
	for _, name := range have {
		d := distance(unversioned(want), unversioned(name))
		if _, f, ok := strings.Cut(name, "#"); ok && f == want[strings.LastIndexByte(want, '#')+1:] {
			d = min(d, 1)
		}
		if d < bestDistance {
			best, bestDistance = name, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// maxName bounds the names that distance looks at.
const maxName = 256

// distance is the number of letters to add, drop or change that makes b of a.
func distance(a, b string) int {
	a, b = a[:min(len(a), maxName)], b[:min(len(b), maxName)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], change
		}
	}
	return row[len(b)]
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
