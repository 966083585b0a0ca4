package compose

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/wit"
)

// serves tells whether an interface can stand for another: it is the same, or
// a compatible version that is not earlier.
func serves(has, want string) bool {
	return has == want || wit.Track(has) == wit.Track(want) && compareVersions(has, want) >= 0
}

// compareVersions orders names of one track.
func compareVersions(a, b string) int {
	_, x, _ := strings.Cut(a, "@")
	_, y, _ := strings.Cut(b, "@")
	return wit.CompareVersions(x, y)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
