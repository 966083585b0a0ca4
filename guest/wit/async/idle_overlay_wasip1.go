//go:build isyswasfa_overlay

package async

import _ "unsafe" // for linkname

// waitIdle parks the goroutine until no other can run, and returns the
// nanotime of the next timer, or 0. isyswasfa build adds it to the runtime.
//
//go:linkname waitIdle runtime.isyWaitIdle
func waitIdle() int64
