package component

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
