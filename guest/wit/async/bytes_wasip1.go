package async

import (
	"unsafe"

	"github.com/isyswasfa/isyswasfa/guest/wit/runtime"
)

// ioResult is where the results of wasi:io's functions are put: result's tag,
// then the payload, from word 1 on or, if it needs alignment 8, from word 2.
var ioResult struct {
	_     [0]uint64
	words [4]uint32
}

// failed reads the tag. Whoever calls an import copies ioResult.words at once,
// before anything that might let another goroutine use ioResult.
func failed(words [4]uint32) bool { return words[0]&0xff != 0 }

// dropStreamError drops the error that a stream-error may hold. Why a stream
// broke is told elsewhere, such as by the future next to it.
func dropStreamError(tag, handle uint32) {
	const lastOperationFailed = 0
	if tag&0xff == lastOperationFailed {
		rawDropError(int32(handle))
	}
}

func makePipe() (writer, reader int32) {
	rawMakePipe(unsafe.Pointer(&handles))
	return handles[0], handles[1]
}

func readBytes(stream int32, dst []byte) (n int, closed bool) {
	for {
		runtime.BeginDirect(dst)
		rawRead(stream, uint64(len(dst)), unsafe.Pointer(&ioResult))
		w := ioResult.words
		runtime.EndDirect()
		if failed(w) {
			dropStreamError(w[1], w[2])
			return 0, true
		}
		if addr, n := w[1], w[2]; n > 0 {
			if runtime.Pointer(addr) != unsafe.Pointer(unsafe.SliceData(dst)) {
				copy(dst, runtime.Bytes(addr, n))
			}
			return int(n), false
		}
		if len(dst) == 0 {
			return 0, false
		}
		block(rawSubscribeInput(stream))
	}
}

func writeBytes(stream int32, items []byte) (n int, closed bool) {
	for n < len(items) {
		room, closed := checkWrite(stream)
		if closed {
			return n, true
		}
		if room == 0 {
			block(rawSubscribeOutput(stream))
			continue
		}
		part := items[n:]
		part = part[:min(uint64(len(part)), room)]
		rawWrite(stream, unsafe.Pointer(unsafe.SliceData(part)), uint32(len(part)), unsafe.Pointer(&ioResult))
		if w := ioResult.words; failed(w) {
			dropStreamError(w[1], w[2])
			return n, true
		}
		n += len(part)
	}
	return n, false
}

func checkWrite(stream int32) (room uint64, closed bool) {
	rawCheckWrite(stream, unsafe.Pointer(&ioResult))
	w := ioResult.words
	if failed(w) {
		dropStreamError(w[2], w[3])
		return 0, true
	}
	return uint64(w[3])<<32 | uint64(w[2]), false
}

func dropInputStream(stream int32)  { rawDropInput(stream) }
func dropOutputStream(stream int32) { rawDropOutput(stream) }
