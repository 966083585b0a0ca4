package compose

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// track gives what versions of an interface that are compatible have in
// common: "wasi:io/poll@0.2" for wasi:io/poll@0.2.3. A name without a version,
// or with one that is compatible with no other, is its own track.
func track(name string) string {
	iface, version, found := strings.Cut(name, "@")
	if !found || strings.Contains(name, "<") {
		return name
	}
	release, _, _ := strings.Cut(version, "+")
	parts := strings.Split(release, ".")
	switch {
	case strings.Contains(release, "-") || len(parts) != 3:
		return name
	case parts[0] != "0":
		return iface + "@" + parts[0]
	case parts[1] != "0":
		return iface + "@0." + parts[1]
	}
	return name
}

// serves tells whether an interface can stand for another: it is the same, or
// a compatible version that is not earlier.
func serves(has, want string) bool {
	return has == want || track(has) == track(want) && compareVersions(has, want) >= 0
}

// compareVersions orders names of one track.
func compareVersions(a, b string) int {
	return slices.Compare(numbers(a), numbers(b))
}

func numbers(name string) []int {
	_, version, _ := strings.Cut(name, "@")
	release, _, _ := strings.Cut(version, "+")
	var list []int
	for part := range strings.SplitSeq(release, ".") {
		n, _ := strconv.Atoi(part)
		list = append(list, n)
	}
	return list
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
