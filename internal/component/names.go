package component

import (
	"errors"
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// String gives the sort as messages name it.
func (s Sort) String() string {
	if int(s) < len(sortNames) {
		return sortNames[s]
	}
	return "unknown"
}

var sortNames = [...]string{
	SortCoreFunc:     "core func",
	SortCoreTable:    "core table",
	SortCoreMemory:   "core memory",
	SortCoreGlobal:   "core global",
	SortCoreType:     "core type",
	SortCoreModule:   "core module",
	SortCoreInstance: "core instance",
	SortFunc:         "func",
	SortValue:        "value",
	SortType:         "type",
	SortComponent:    "component",
	SortInstance:     "instance",
	SortCoreTag:      "core tag",
}

// A labelSet holds the labels of a record, variant, enum, flags or parameter
// list, which must be labels and differ in more than case.
type labelSet map[string]bool

func (s *labelSet) add(label string) error {
	if !isLabel(label) {
		return fmt.Errorf("%q is not in kebab case", label)
	}
	if *s == nil {
		*s = make(labelSet)
	}
	key := strings.ToLower(label)
	if (*s)[key] {
		return fmt.Errorf("%q is there twice", label)
	}
	(*s)[key] = true
	return nil
}

// A nameSet holds the names of a component's imports or exports, which must
// be well formed and strongly unique, and the resources among them.
type nameSet struct {
	ofImports bool
	seen      map[string]bool // canonical names
	resources map[string]*Resource
}

func (s *nameSet) add(name string, attrs []Attribute, sort Sort) error {
	if err := checkName(name, sort); err != nil {
		return err
	}
	if !s.ofImports && isDependency(name) {
		return errors.New("only imports can have such a name")
	}
	for _, a := range attrs {
		if err := checkAttribute(a, name, sort); err != nil {
			return err
		}
	}
	if s.seen == nil {
		s.seen = make(map[string]bool)
	}
	key := canonicalName(name)
	if s.seen[key] {
		return errors.New("another name is equal to it, or almost")
	}
	s.seen[key] = true
	return nil
}

func checkAttribute(a Attribute, name string, sort Sort) error {
	switch a.Kind {
	case AttrImplements:
		if sort != SortInstance || !isLabel(name) || !isInterfaceName(a.Value) {
			return fmt.Errorf("an instance with a plain name may implement an interface, but not so: %q", a.Value)
		}
	case AttrVersionSuffix:
		if _, version, _ := strings.Cut(name, "@"); !isTrack(version) && !isOwnTrack(version) || !isVersion(version+a.Value) {
			return fmt.Errorf("%q does not complete the version of the name", a.Value)
		}
	}
	return nil
}

// bind says what a name that was added stands for. The type of a function
// whose name is annotated must be what the annotation says, of a resource
// that was bound before.
func (s *nameSet) bind(name string, e entity) error {
	if t, ok := e.(*typeVal); ok && t.res != nil {
		if s.resources == nil {
			s.resources = make(map[string]*Resource)
		}
		s.resources[name] = t.res
	}
	note, rest, ok := annotation(name)
	f, isFunc := e.(*Func)
	if !ok || !isFunc {
		return nil
	}
	label, _, _ := strings.Cut(rest, ".")
	r := s.resources[label]
	if r == nil {
		return fmt.Errorf("there is no resource %q beside it", label)
	}
	if note == "constructor" && !makes(f.Type.Result, r) {
		return fmt.Errorf("a constructor must return own<%s>, or a result of it", label)
	}
	if note == "method" && !takesSelf(f.Type, r) {
		return fmt.Errorf("the first parameter of a method must be self: borrow<%s>", label)
	}
	return nil
}

// makes tells whether a type is own<r> or result<own<r>, _>.
func makes(t *abi.Type, r *Resource) bool {
	if t != nil && t.Kind == abi.Result {
		t = t.Cases[0].Type
	}
	return t != nil && t.Kind == abi.Own && t.Resource == r
}

func takesSelf(f *abi.FuncType, r *Resource) bool {
	if len(f.Params) == 0 || f.Params[0].Name != "self" {
		return false
	}
	t := f.Params[0].Type
	return t.Kind == abi.Borrow && t.Resource == r
}

// canonicalName gives what must differ between two names of a scope.
func canonicalName(name string) string {
	name = strings.ToLower(name)
	note, rest, ok := annotation(name)
	if !ok || note == "constructor" {
		return name
	}
	if a, b, ok := strings.Cut(rest, "."); ok && a == b {
		return a
	}
	return rest
}

// annotation splits "[method]a.b" into "method" and "a.b".
func annotation(name string) (note, rest string, ok bool) {
	if !strings.HasPrefix(name, "[") {
		return "", name, false
	}
	note, rest, ok = strings.Cut(name[1:], "]")
	return note, rest, ok
}

// checkName checks the form of the name of an import or export.
func checkName(name string, sort Sort) error {
	if note, rest, ok := annotation(name); ok {
		good := false
		switch note {
		case "constructor":
			good = isLabel(rest)
		case "method", "static":
			a, b, _ := strings.Cut(rest, ".")
			good = isLabel(a) && isLabel(b)
		}
		switch {
		case !good:
			return errors.New("it is not a valid name")
		case sort != SortFunc:
			return errors.New("only functions can have such a name")
		}
		return nil
	}
	if isDependency(name) || isLabel(name) || isInterfaceName(name) {
		return nil
	}
	return errors.New("it is not a valid name: neither in kebab case nor namespace:package/interface")
}

// isLabel tells whether s is a label: words of letters and digits joined by
// "-", each all lower or all upper case, the first beginning with a letter.
func isLabel(s string) bool {
	first := true
	for word := range strings.SplitSeq(s, "-") {
		if !isWord(word) || first && word[0] <= '9' {
			return false
		}
		first = false
	}
	return true
}

func isWord(s string) bool {
	lower, upper := false, false
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z':
			lower = true
		case c >= 'A' && c <= 'Z':
			upper = true
		case c < '0' || c > '9':
			return false
		}
	}
	return s != "" && !(lower && upper)
}
