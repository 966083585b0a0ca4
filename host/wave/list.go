package wave

import (
	"slices"

	"github.com/isyswasfa/isyswasfa/host"
)

// A list gathers elements in the slice that package host has for them.
type list interface {
	add(v any)
	slice() any // nil of its type if nothing was added
}

// A typedList is a list of values that all are T.
type typedList[T any] struct{ elems []T }

func (l *typedList[T]) add(v any)  { l.elems = append(l.elems, v.(T)) }
func (l *typedList[T]) slice() any { return slices.Clip(l.elems) }

// An anyList is a list of anything.
type anyList struct{ elems []any }

func (l *anyList) add(v any)  { l.elems = append(l.elems, v) }
func (l *anyList) slice() any { return slices.Clip(l.elems) }

func newList(elem host.Kind) list {
	switch elem {
	case host.KindBool:
		return new(typedList[bool])
	case host.KindS8:
		return new(typedList[int8])
	case host.KindU8:
		return new(typedList[uint8])
	case host.KindS16:
		return new(typedList[int16])
	case host.KindU16:
		return new(typedList[uint16])
	case host.KindS32, host.KindChar:
		return new(typedList[int32])
	case host.KindU32:
		return new(typedList[uint32])
	case host.KindS64:
		return new(typedList[int64])
	case host.KindU64:
		return new(typedList[uint64])
	case host.KindF32:
		return new(typedList[float32])
	case host.KindF64:
		return new(typedList[float64])
	case host.KindString:
		return new(typedList[string])
	}
	return new(anyList)
}
