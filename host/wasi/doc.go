// Package wasi gives components the parts of WASI 0.2 and of the polyfilled
// WASI 0.3 that need no network and no file system: wasi:io, wasi:clocks,
// wasi:random and wasi:cli, and isyswasfa:io/pipe. One file implements one
// interface, or two versions of it.
//
// It also has the Go sides of what other host packages build on: streams
// ([InputStream], [OutputStream], [NewPipe], [NewReaderStream]) and futures
// ([Future], [AddFuture]).
package wasi

import "github.com/isyswasfa/isyswasfa/host"

// AddToLinker defines all interfaces of the package.
func AddToLinker(l *host.Linker) {
	addIOError(l.Instance("wasi:io/error@0.2.0"))
	addIOPoll(l.Instance("wasi:io/poll@0.2.0"))
	addIOStreams(l.Instance("wasi:io/streams@0.2.0"))
	addPipe(l.Instance("isyswasfa:io/pipe"))
	addClocks(l)
	addRandom(l)
	addCLI(l)
}
