package wasm

import "slices"

// maxGap is how many zero bytes between two data segments are written out to
// make them one. Below it a module of Go's linker, which starts a new segment
// after a few zeros, goes from eighty thousand segments to a handful.
const maxGap = 256

const (
	opEnd      = 0x0b
	opI32Const = 0x41
)

// A span is an active data segment of memory 0.
type span struct {
	at   uint32
	data []byte
}

// MergeData joins data segments that lie close together in memory, so that
// instantiating the module costs few copies in place of many. It changes
// m.Sections, or nothing if the module may tell the difference: if its memory
// is imported, or if instructions refer to segments.
func (m *Module) MergeData() {
	i := slices.IndexFunc(m.Sections, func(s Section) bool { return s.ID == secData })
	counted := slices.ContainsFunc(m.Sections, func(s Section) bool { return s.ID == secDataCount })
	if i < 0 || counted || len(m.Memories) != 1 || m.counts[KindMemory] != 1 {
		return
	}
	spans, ok := readSpans(m.Sections[i].Data)
	if !ok {
		return
	}
	merged := mergeSpans(spans)
	if len(merged) < len(spans) {
		m.Sections[i].Data = appendSpans(merged)
	}
}

// readSpans reads a data section all of whose segments are active, in memory
// 0, at constant addresses.
func readSpans(section []byte) ([]span, bool) {
	r := &reader{b: section}
	ok := true
	spans := list(r, func(r *reader) span {
		if r.byte() != 0 || r.byte() != opI32Const {
			ok = false
		}
		at := r.s32()
		if r.byte() != opEnd {
			ok = false
		}
		return span{uint32(at), r.bytes(r.u32())}
	})
	return spans, ok && r.err == nil && r.left() == 0
}

// s32 reads a signed number of 32 bits.
func (r *reader) s32() int32 {
	var v int64
	for shift := uint(0); shift < 35; shift += 7 {
		c := r.byte()
		v |= int64(c&0x7f) << shift
		if c < 0x80 {
			return int32(v << (57 - shift) >> (57 - shift))
		}
	}
	r.failf("number too large for 32 bits")
	return 0
}

func mergeSpans(spans []span) []span {
	var merged []span
	var zeros [maxGap]byte
	for _, s := range spans {
		if n := len(merged); n > 0 {
			last := &merged[n-1]
			end := uint64(last.at) + uint64(len(last.data))
			if gap := uint64(s.at) - end; uint64(s.at) >= end && gap <= maxGap {
				last.data = append(append(last.data, zeros[:gap]...), s.data...)
				continue
			}
		}
		merged = append(merged, span{s.at, slices.Clip(s.data)})
	}
	return merged
}

func appendSpans(spans []span) []byte {
	b := AppendU32(nil, uint32(len(spans)))
	for _, s := range spans {
		b = AppendS64(append(b, 0, opI32Const), int64(int32(s.at)))
		b = append(AppendU32(append(b, opEnd), uint32(len(s.data))), s.data...)
	}
	return b
}
