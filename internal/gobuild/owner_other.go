//go:build !unix

package gobuild

import "io/fs"

// ownedByUser tells whether a file belongs to the user of this process. The
// temporary folder of such systems belongs to one user.
func ownedByUser(fs.FileInfo) bool { return true }
