package bridge

import (
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/transform"
)

// halves gives the names of the two halves of an async function.
func halves(name string) (start, result string) {
	start, result = transform.StartName(name), transform.ResultName(name)
	if m, ok := strings.CutPrefix(result, "[method]"); ok {
		result = "[static]" + m
	}
	return start, result
}

// A Difference is a function that two sides see in different colours.
type Difference struct {
	Name  string // as a plain function
	Async bool   // it is wanted async, and provided plain
}

// Differences gives the functions of an interface that are wanted in another
// colour than they are provided, in the order in which they are wanted. Types
// are not compared: that is done when the bridge is linked.
func Differences(provided, wanted []*component.Item) []Difference {
	var list []Difference
	given := functions(component.ByName(provided))
	for _, w := range wanted {
		if _, ok := given[w.Name]; ok || w.Func == nil {
			continue
		}
		if base, ok := strings.CutSuffix(w.Name, transform.StartName("")); ok && given.has(base) {
			list = append(list, Difference{base, true})
			continue
		}
		if start, result := halves(w.Name); given.has(start) && given.has(result) {
			list = append(list, Difference{w.Name, false})
		}
	}
	return list
}

// Functions are the items of an interface by name, of which some are functions.
type functions map[string]*component.Item

func (f functions) has(name string) bool { return f[name] != nil && f[name].Func != nil }
