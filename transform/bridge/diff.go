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
	for _, w := range wanted {
		if w.Func == nil || component.Find(provided, w.Name) != nil {
			continue
		}
		if base, ok := strings.CutSuffix(w.Name, transform.StartName("")); ok && has(provided, base) {
			list = append(list, Difference{base, true})
			continue
		}
		if start, result := halves(w.Name); has(provided, start) && has(provided, result) {
			list = append(list, Difference{w.Name, false})
		}
	}
	return list
}

func has(items []*component.Item, name string) bool {
	i := component.Find(items, name)
	return i != nil && i.Func != nil
}
