//go:build unix

package gobuild

import (
	"io/fs"
	"os"
	"syscall"
)

// ownedByUser tells whether a file belongs to the user of this process.
func ownedByUser(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid()
}
