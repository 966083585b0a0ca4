package async

import (
	"unsafe"

	"github.com/isyswasfa/isyswasfa/guest/wit/runtime"
)

// An event is a poll-input or poll-output as it lies in memory: tag, then the
// state and a handle, or only one of them, first.
type event struct {
	tag  uint8
	_    [3]uint8
	a, b uint32
}

// The cases of poll-input and poll-output.
const (
	inListening = iota
	inReady
	inCancel
	inCancelComplete
)

const (
	outReady = iota
	outListen
	outPending
	outCancel
	outCancelComplete
)

var (
	outputs []event // for the next answer to poll
	given   []event // the last answer, until the host has read it
	answer  struct {
		data uint32
		len  uint32
	}
)

// emit adds an output. The goroutine must be pinned.
func emit(tag uint8, a uint32, b int32) {
	outputs = append(outputs, event{tag: tag, a: a, b: uint32(b)})
}

//go:wasmexport isyswasfa-poll
func poll(data, n uint32) unsafe.Pointer {
	for _, e := range runtime.List[event](data, n) {
		input(e)
	}
	settle()
	procPin()
	outputs, given = given[:0], outputs
	procUnpin()
	answer.data = uint32(uintptr(unsafe.Pointer(unsafe.SliceData(given))))
	answer.len = uint32(len(given))
	return unsafe.Pointer(&answer)
}

// maxSpare is how many events' memory is kept for use again.
const maxSpare = 1024

//go:wasmexport cabi_post_isyswasfa-poll
func postPoll(unsafe.Pointer) {
	if cap(given) > maxSpare {
		given = nil
	}
}

func input(e event) {
	switch e.tag {
	case inListening:
		waits.get(e.a).onListening(int32(e.b))
	case inReady:
		waits.take(e.a).onReady(int32(e.b))
	case inCancel:
		tasks.get(e.a).onCancel(int32(e.b))
	case inCancelComplete:
		waits.take(e.a).over()
	default:
		panic("isyswasfa: the host sends an unknown event")
	}
}
