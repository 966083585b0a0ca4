package async

import "unsafe"

// The imports of the runtime, with the core signatures of the Canonical ABI.

//go:wasmimport isyswasfa:isyswasfa/isyswasfa make-task
func rawMakeTask(ret unsafe.Pointer)

//go:wasmimport isyswasfa:isyswasfa/isyswasfa [method]ready.state
func rawReadyState(ready int32) uint32

//go:wasmimport isyswasfa:isyswasfa/isyswasfa [resource-drop]cancel
func rawDropCancel(cancel int32)

//go:wasmimport isyswasfa:isyswasfa/isyswasfa [resource-drop]ready
func rawDropReady(ready int32)

//go:wasmimport isyswasfa:io/poll block-isyswasfa-start
func rawBlockStart(pollable int32, ret unsafe.Pointer)

//go:wasmimport isyswasfa:io/poll block-isyswasfa-result
func rawBlockResult(ready int32)

//go:wasmimport isyswasfa:io/pipe make-pipe
func rawMakePipe(ret unsafe.Pointer)

//go:wasmimport wasi:io/poll@0.2.0 [resource-drop]pollable
func rawDropPollable(pollable int32)

//go:wasmimport wasi:io/error@0.2.0 [resource-drop]error
func rawDropError(err int32)

//go:wasmimport wasi:io/streams@0.2.0 [method]input-stream.read
func rawRead(stream int32, n uint64, ret unsafe.Pointer)

//go:wasmimport wasi:io/streams@0.2.0 [method]input-stream.subscribe
func rawSubscribeInput(stream int32) int32

//go:wasmimport wasi:io/streams@0.2.0 [resource-drop]input-stream
func rawDropInput(stream int32)

//go:wasmimport wasi:io/streams@0.2.0 [method]output-stream.check-write
func rawCheckWrite(stream int32, ret unsafe.Pointer)

//go:wasmimport wasi:io/streams@0.2.0 [method]output-stream.write
func rawWrite(stream int32, data unsafe.Pointer, n uint32, ret unsafe.Pointer)

//go:wasmimport wasi:io/streams@0.2.0 [method]output-stream.subscribe
func rawSubscribeOutput(stream int32) int32

//go:wasmimport wasi:io/streams@0.2.0 [resource-drop]output-stream
func rawDropOutput(stream int32)

//go:wasmimport wasi:clocks/monotonic-clock@0.2.0 subscribe-duration
func rawSubscribeDuration(ns uint64) int32

//go:linkname nanotime runtime.nanotime
func nanotime() int64

// procPin keeps the goroutine from being preempted until procUnpin: the state
// of this package is changed between the two.
//
//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

//go:linkname getLabel runtime/pprof.runtime_getProfLabel
func getLabel() unsafe.Pointer

//go:linkname setLabel runtime/pprof.runtime_setProfLabel
func setLabel(label unsafe.Pointer)
